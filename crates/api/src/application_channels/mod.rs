//! What the servers of apps' channels tell: the Channel API (contract/channels.md sections 7 to 10).

use desk::channels::Which;

use crate::call::{Call, Result};
use crate::edge::error::Problem;

pub(crate) mod calls;
mod sync;
pub(crate) mod templates;

pub(crate) use sync::{Inbound, Outbound, Status};
pub use sync::{bounce, bounce_own, inbound, outbound};

/// The channel of the path, by id or alias.
fn which(call: &Call) -> Result<Which> {
    Ok(call.segment(0).parse().map_err(|_: desk::Error| Problem::unknown_resource())?)
}

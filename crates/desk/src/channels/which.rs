//! How requests name a channel: by its id, or by its address.

use std::str::FromStr;

use super::sees;
use crate::error::{Error, Result};
use crate::ids::ChannelId;
use crate::work::Work;

/// Which channel an id or alias in a request stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// `cha_…`
    Id(ChannelId),
    /// `alt:address:…`. Several channels may have one address, as it is unique among those of one app alone.
    Address(String),
}

impl FromStr for Which {
    type Err = Error;
    fn from_str(text: &str) -> Result<Which> {
        match text.strip_prefix("alt:address:") {
            Some(address) => Ok(Which::Address(address.to_string())),
            None => text.parse().map(Which::Id).map_err(|_| Error::NotFound("channel")),
        }
    }
}

/// The channel that is meant: of those that the caller may see, the company's own before an app's, and the oldest.
pub fn resolve(work: &mut Work<'_>, which: &Which) -> Result<ChannelId> {
    let directory = work.directory()?;
    let found = match which {
        Which::Id(id) => directory.channel(*id).filter(|channel| sees(work, &directory, channel)),
        Which::Address(address) => directory.channels_at(address).find(|channel| sees(work, &directory, channel)),
    };
    found.map(|channel| channel.id).ok_or(Error::NotFound("channel"))
}

/// Whether a channel may be called so. Its own server means no other channel by its address.
pub fn is_called(work: &mut Work<'_>, id: ChannelId, which: &Which) -> Result<bool> {
    Ok(match which {
        Which::Id(named) => *named == id,
        Which::Address(address) => work.directory()?.channels_at(address).any(|channel| channel.id == id),
    })
}

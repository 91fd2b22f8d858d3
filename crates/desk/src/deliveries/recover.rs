//! Bringing back an endpoint that was switched off: what it missed is sent once more, in order, and only then what
//! happens from now on.

use super::Subscriber;
use super::log::{self, Filter, MOST_REPLAYED, State};
use crate::endpoints;
use crate::error::{Error, Result};
use crate::ids::EndpointId;
use crate::paging::{Position, Window};
use crate::work::Work;

/// How far a recovery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovered {
    /// Deliveries that this call has put in once more.
    pub replayed: usize,
    /// Whether the endpoint is on again. If not, there is more to do.
    pub is_enabled: bool,
}

/// Does a slice of a recovery, at most [`MOST_REPLAYED`] deliveries. While it is under way, new events wait as missed
/// ones, so that the receiver hears of everything in the order in which it happened.
pub fn recover(work: &mut Work<'_>, id: EndpointId) -> Result<Recovered> {
    work.access.require_global()?;
    let endpoint = endpoints::get(work, id)?;
    if endpoint.disabled_at.is_none() {
        return Err(Error::Conflict(format!("{id} is not switched off")));
    }
    let missed = Filter {
        subscriber: Some(Subscriber::Endpoint(id)),
        // A delivery is older than its first failure.
        ended_since: endpoint.failing_since,
        state: Some(State::Dead),
        ..Filter::default()
    };
    let after = endpoint.recovered_to.map(|delivery| Position { key: 0, id: delivery });
    let page = log::list(work, &missed, &Window { limit: MOST_REPLAYED, after, ascending: true })?;
    let mut replayed = 0;
    for old in page.rows.iter().filter(|old| old.replay_of.is_none()) {
        log::again(work, old)?;
        replayed += 1;
    }
    if let Some(last) = page.rows.last() {
        endpoints::recovered_to(work, id, last.id)?;
    }
    // What waits in a lane was put in while the endpoint was off: it is about to be missed, and then belongs here.
    let waiting = Filter { state: Some(State::Pending), ended_since: None, ..missed };
    let waiting = log::list(work, &waiting, &Window { limit: MOST_REPLAYED, after: None, ascending: true })?;
    let is_enabled = page.next.is_none() && waiting.rows.iter().all(|row| row.replay_of.is_some());
    if is_enabled {
        endpoints::enable(work, id)?;
    }
    Ok(Recovered { replayed, is_enabled })
}

//! How requests name a channel: by its id, or by its address.

use std::str::FromStr;

use crate::error::{Error, Result};
use crate::ids::ChannelId;
use crate::work::Work;

/// Which channel an id or alias in a request stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// `cha_…`
    Id(ChannelId),
    /// `alt:address:…`
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

/// The channel that is meant, if the caller may see it.
pub fn resolve(work: &mut Work<'_>, which: &Which) -> Result<ChannelId> {
    let directory = work.directory()?;
    let found = match which {
        Which::Id(id) => directory.channel(*id),
        Which::Address(address) => directory.channel_at(address),
    };
    let seen = found.filter(|channel| {
        let inbox = directory.inbox(channel.inbox);
        inbox.is_some_and(|inbox| work.access.sees_owner(&directory, inbox.team, inbox.owner))
    });
    seen.map(|channel| channel.id).ok_or(Error::NotFound("channel"))
}

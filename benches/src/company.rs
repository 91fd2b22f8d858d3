//! What the measured company needs: a workspace, an inbox, a channel, a tag.

use desk::access::Owner;
use desk::ids::{ChannelId, TagId};
use desk::tags::{self, Place};
use desk::{Error, Result, Work};

/// Fills a company that is being founded.
pub fn fill(work: &mut Work<'_>) -> Result<(ChannelId, TagId)> {
    portico::founding::furnish(work)?;
    let tag = tags::create(
        work,
        &tags::New {
            place: Place::Of(Owner::Company),
            name: "Urgent".to_string(),
            description: None,
            highlight: None,
            is_visible: true,
        },
    )?;
    let channel = work.directory()?.channels().next().map(|channel| channel.id);
    Ok((channel.ok_or(Error::NotFound("channel"))?, tag))
}

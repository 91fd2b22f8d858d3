//! Conversations that follow their channel to another inbox.

use super::store;
use crate::error::Result;
use crate::ids::{ChannelId, InboxId};
use crate::inboxes::Inbox;
use crate::work::Work;

/// Moves a channel's conversations from the inbox it leaves to the one it posts into from now on. This is part of one
/// change of the configuration, told by its line in the log: they get no event of their own, however many there are.
pub(crate) fn follow_channel(work: &mut Work<'_>, channel: ChannelId, from: InboxId, to: &Inbox) -> Result<()> {
    store::raise_followers_of_channel(work.conn, work.company, channel, from, to.is_private())?;
    store::enter_with_channel(work.conn, work.company, channel, from, to.id)?;
    store::leave_with_channel(work.conn, work.company, channel, from)?;
    work.conversations_changed();
    Ok(())
}

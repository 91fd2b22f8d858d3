//! Writing to somebody first: a message from a channel that begins a conversation.

use super::outgoing::{self, Accepted, Letter, Options, author, compose, dispatch};
use crate::channels::Channel;
use crate::conversations::{Conversation, Held};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, ConversationId};
use crate::statuses;
use crate::teammates::Who;
use crate::work::Work;

/// A message that begins a conversation.
#[derive(Debug, Clone)]
pub struct New {
    /// Where it leaves.
    pub channel: ChannelId,
    /// What it says.
    pub letter: Letter,
    /// On whose behalf; otherwise whoever asks is the author.
    pub author: Option<Who>,
    /// What happens to the conversation.
    pub options: Options,
}

/// Sends a message in a new conversation.
pub fn send(work: &mut Work<'_>, new: &New) -> Result<Accepted> {
    let channel = outgoing::channel(work, new.channel)?;
    if new.letter.to.is_empty() {
        return Err(Error::invalid("to", "one of to, cc or bcc is required"));
    }
    if channel.settings.get("compose_mode").and_then(serde_json::Value::as_str) == Some("unsupported") {
        return Err(Error::Forbidden("this channel does not start conversations".to_string()));
    }
    let signature = outgoing::signing(&new.letter, new.author.as_ref());
    let letter = outgoing::fitted(work, &channel, Letter { signature, ..new.letter.clone() })?;
    let author = author(work, new.author.as_ref())?;
    work.acting(author, |work| {
        let mut held = begin(work, &channel, letter.subject.as_deref().unwrap_or_default())?;
        let message = compose(work, &held, &channel, &letter, None)?;
        outgoing::address(&mut held, &message);
        dispatch(work, &mut held, &channel, message, (&letter.uploads, &new.options))
    })
}

/// A conversation that begins on a channel, in the channel's inbox.
pub(super) fn begin(work: &mut Work<'_>, channel: &Channel, subject: &str) -> Result<Held> {
    let directory = work.directory()?;
    let inbox = directory.inbox(channel.inbox).ok_or(Error::NotFound("inbox"))?;
    let id = ConversationId(work.new_id());
    let mut row = Conversation::new(id, "conversation", subject, work.now);
    row.is_private = inbox.is_private();
    row.channel = Some(channel.id);
    statuses::start(work, &mut row)?;
    Ok(Held::new(row, vec![inbox.id]))
}

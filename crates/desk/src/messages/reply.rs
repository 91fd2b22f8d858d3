//! Answering in a conversation, through the channel on which the other side wrote.

use super::outgoing::{self, Accepted, Addressees, Letter, Options, author, compose, dispatch};
use super::{Message, store};
use crate::channels::Channel;
use crate::conversations::{self, Held, hold};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, ConversationId};
use crate::teammates::Who;
use crate::work::Work;

/// A message into a conversation that there is already.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Where it belongs.
    pub conversation: ConversationId,
    /// Where it leaves; otherwise where the last message came in or left.
    pub channel: Option<ChannelId>,
    /// What it says. Without addressees it goes to the conversation's main recipient.
    pub letter: Letter,
    /// On whose behalf; otherwise whoever asks is the author.
    pub author: Option<Who>,
    /// What happens to the conversation.
    pub options: Options,
}

/// Sends a reply.
pub fn reply(work: &mut Work<'_>, reply: &Reply) -> Result<Accepted> {
    let mut held = hold(work, reply.conversation)?;
    held.takes_messages()?;
    let answered = answered(work, &held)?;
    let channel = channel(work, &held, reply.channel, answered.as_ref())?;
    let signature = outgoing::signing(&reply.letter, reply.author.as_ref());
    let letter = Letter { signature, ..addressed(&held, &reply.letter)? };
    let letter = outgoing::fitted(work, &channel, letter)?;
    let author = author(work, reply.author.as_ref())?;
    work.acting(author, |work| {
        let message = compose(work, &held, &channel, &letter, answered.as_ref())?;
        if held.row.channel.is_none() {
            held.row.channel = Some(channel.id);
        }
        dispatch(work, &mut held, &channel, message, (&letter.uploads, &reply.options))
    })
}

/// The message that a reply answers: the last one from outside, else the last one at all.
pub(super) fn answered(work: &mut Work<'_>, held: &Held) -> Result<Option<Message>> {
    match held.row.last_inbound.or(held.row.last_message) {
        Some(id) => Ok(store::get(work.conn, work.company, id)?),
        None => Ok(None),
    }
}

/// The channel of a reply: the one that is asked for, else the one of the message that is answered, else the
/// conversation's, else the only one at hand. Only e-mail may be answered from another channel, as long as that is e-mail too.
pub(super) fn channel(
    work: &mut Work<'_>,
    held: &Held,
    asked: Option<ChannelId>,
    answered: Option<&Message>,
) -> Result<Channel> {
    let usual = answered.and_then(|message| message.channel).or(held.row.channel);
    let at_hand = match (asked, usual) {
        (None, None) => at_hand(work, held, answered)?,
        _ => None,
    };
    let id = asked
        .or(usual)
        .or(at_hand)
        .ok_or_else(|| Error::invalid("channel_id", "this conversation has no channel yet"))?;
    let chosen = match (asked, outgoing::channel(work, id)) {
        (None, Err(Error::NotFound(_))) => {
            return Err(Error::invalid("channel_id", "the channel of this conversation is gone; name another one"));
        }
        (_, chosen) => chosen?,
    };
    let directory = work.directory()?;
    if let Some(usual) = usual.filter(|usual| *usual != chosen.id).and_then(|usual| directory.channel(usual))
        && !(outgoing::is_email(usual) && outgoing::is_email(&chosen))
    {
        let why = format!("a message received on {} can only be answered through the same channel", usual.id);
        return Err(Error::invalid("channel_id", why));
    }
    if chosen.settings.get("reply_mode").and_then(serde_json::Value::as_str) == Some("unsupported") {
        return Err(Error::Forbidden("this channel takes no replies".to_string()));
    }
    Ok(chosen)
}

/// The channel to answer what came on none, as imported messages did: of those of the conversation's inboxes the one that
/// the message names as its recipient, or the only one there is.
fn at_hand(work: &mut Work<'_>, held: &Held, answered: Option<&Message>) -> Result<Option<ChannelId>> {
    let inboxes = conversations::inboxes_of(work, held.row.id)?;
    let directory = work.directory()?;
    let near: Vec<&Channel> = directory.channels().filter(|channel| inboxes.contains(&channel.inbox)).collect();
    let named = answered.map(Message::recipients).unwrap_or_default();
    let is_named = |channel: &&&Channel| named.iter().any(|one| one.handle.eq_ignore_ascii_case(&channel.address));
    let only = match near.as_slice() {
        [only] => Some(*only),
        several => several.iter().find(is_named).copied(),
    };
    Ok(only.map(|channel| channel.id))
}

/// The letter with the conversation's main recipient, where nobody is named.
pub(super) fn addressed(held: &Held, letter: &Letter) -> Result<Letter> {
    let mut letter = letter.clone();
    if letter.to.is_empty() {
        let main = held.row.recipient_handle.clone();
        let main = main.ok_or_else(|| Error::invalid("to", "this conversation has nobody to answer to"))?;
        letter.to = Addressees { to: vec![main], ..Addressees::default() };
    }
    Ok(letter)
}

//! What those who write to somebody who is away are told, by itself.

use std::sync::Arc;

use serde_json::json;

use super::{Absence, store};
use crate::access::Access;
use crate::contacts;
use crate::conversations::{self, Status};
use crate::error::{Error, Result};
use crate::events::{self, Event, Kind};
use crate::ids::{ChannelId, ConversationId, MessageId, TimeOffId};
use crate::messages::{self, Addressees, Content, Letter, Options, Reply, Signing};
use crate::rules::machines;
use crate::teammates::Who;
use crate::work::Work;

/// Answers a message that came in, in the name of who is away and has its channel answered: once in each conversation as
/// long as the time off lasts, whoever else is away. Machines are not answered, nor is what the rules have thrown away by
/// then. An answer that cannot be sent is undone alone, and the log says why.
pub(crate) fn answer(work: &mut Work<'_>, event: &Event) -> Result<()> {
    let (Kind::Inbound, Some(conversation), Some(target)) = (event.kind, event.conversation, event.target) else {
        return Ok(());
    };
    let directory = work.directory()?;
    let away: Vec<&Absence> =
        directory.absences().filter(|absence| absence.answers && absence.covers(work.now)).collect();
    if event.skips_rules || away.is_empty() {
        return Ok(());
    }
    let Some(message) = messages::row(work, MessageId(target.id))? else { return Ok(()) };
    let Some(channel) = message.channel.filter(|_| !message.is_auto_reply && !machines::wrote(&message)) else {
        return Ok(());
    };
    let is_here = |absence: &&Absence| directory.teammate(absence.teammate).is_some_and(|row| !row.is_blocked);
    let away: Vec<&Absence> = away.into_iter().filter(|absence| absence.answers_on(channel)).filter(is_here).collect();
    if away.is_empty() || is_answered(work, conversation, &away)? {
        return Ok(());
    }
    let Some(row) = conversations::row(work, conversation)? else { return Ok(()) };
    if matches!(row.status(), Status::Deleted | Status::Spam) {
        return Ok(());
    }
    let known = match row.recipient_contact {
        // Whoever writes for the first time becomes a contact by that, in the same instant.
        Some(contact) => {
            contacts::born(work, contact)?.is_some_and(|born| born < event.at) || messages::has_earlier(work, &message)?
        }
        None => false,
    };
    let Some(first) = away.into_iter().find(|absence| known || !absence.answers_contacts_only) else { return Ok(()) };
    let access = std::mem::replace(&mut work.access, Arc::new(Access::everything()));
    let sent = work.attempt(|work| send(work, first, (conversation, channel)));
    work.access = access;
    match sent {
        Ok(()) => Ok(()),
        Err(Error::Store(error)) if error.is_retryable() => Err(Error::Store(error)),
        Err(error) => unsent(work, first.id, conversation, &error),
    }
}

/// Whether one of those who are away has told them already, since the time off began.
fn is_answered(work: &mut Work<'_>, conversation: ConversationId, away: &[&Absence]) -> Result<bool> {
    let sent = messages::sent_from(work, conversation)?;
    let has_told = |absence: &&Absence| {
        let own = sent.iter().filter(|sent| sent.is_auto_reply && sent.author == Some(absence.teammate));
        own.into_iter().any(|sent| sent.at >= absence.start_at)
    };
    Ok(away.iter().any(has_told))
}

fn send(work: &mut Work<'_>, absence: &Absence, (conversation, channel): (ConversationId, ChannelId)) -> Result<()> {
    let Some(time_off) = store::get(work.conn, work.company, absence.id)? else { return Ok(()) };
    if time_off.answer.trim().is_empty() {
        return Ok(());
    }
    let letter = Letter {
        to: Addressees::default(),
        sender_name: None,
        subject: None,
        content: Content::outgoing(&time_off.answer),
        quote: None,
        signature: Signing::Nothing,
        uploads: Vec::new(),
    };
    let options = Options { archive: false, is_auto_reply: true, ..Options::default() };
    let author = Some(Who::Id(absence.teammate));
    messages::reply(work, &Reply { conversation, channel: Some(channel), letter, author, options })?;
    Ok(())
}

fn unsent(work: &mut Work<'_>, id: TimeOffId, conversation: ConversationId, error: &Error) -> Result<()> {
    tracing::warn!(time_off = %id, %conversation, %error, "somebody who is away could not be answered for");
    let change = json!({"time_off": id, "conversation": conversation, "unanswered": error.to_string()});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(())
}

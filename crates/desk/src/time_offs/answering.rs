//! What those who write to somebody who is away are told, by itself.

use std::sync::Arc;

use serde_json::json;

use super::{Absence, store};
use crate::access::Access;
use crate::contacts;
use crate::conversations::{self, Status};
use crate::error::{Error, Result};
use crate::events::{self, Event, Kind};
use crate::ids::{ChannelId, ContactId, ConversationId, MessageId, TimeOffId};
use crate::inboxes;
use crate::messages::{self, Addressees, Content, Letter, Options, Reply, Signing};
use crate::rules::{machines, pauses};
use crate::teammates::Who;
use crate::work::Work;

/// Answers a message that came in, in the name of who is away and has its channel answered, if the channel's inbox is open
/// to them: once in each conversation as long as the time off lasts, whoever else is away, and each contact once a day in
/// whatever conversations. Machines are not answered, nor is what the rules have thrown away by then. An answer that cannot
/// be sent is undone alone, and the log says why.
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
    let inbox = directory.channel(channel).map(|channel| channel.inbox);
    let is_here = |absence: &&Absence| {
        directory.teammate(absence.teammate).is_some_and(|row| !row.is_blocked)
            && inbox.is_some_and(|inbox| inboxes::any_open_to(&directory, &[inbox], absence.teammate))
    };
    let away: Vec<&Absence> = away.into_iter().filter(|absence| absence.answers_on(channel)).filter(is_here).collect();
    if away.is_empty() || is_answered(work, conversation, &away)? {
        return Ok(());
    }
    let Some(row) = conversations::row(work, conversation)? else { return Ok(()) };
    if matches!(row.status(), Status::Deleted | Status::Spam) {
        return Ok(());
    }
    let Some(contact) = row.recipient_contact else { return Ok(()) };
    // Whoever writes for the first time becomes a contact by that, in the same instant.
    let known =
        contacts::born(work, contact)?.is_some_and(|born| born < event.at) || messages::has_earlier(work, &message)?;
    let telling = away.into_iter().filter(|absence| known || !absence.answers_contacts_only);
    let Some((first, content)) = first_with_words(work, telling)? else { return Ok(()) };
    let place = (conversation, channel, contact);
    let access = std::mem::replace(&mut work.access, Arc::new(Access::everything()));
    let sent = work.attempt(|work| send(work, first, content, place));
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

/// The first of those who are away whose answer says something, and what.
fn first_with_words<'a>(
    work: &mut Work<'_>,
    away: impl Iterator<Item = &'a Absence>,
) -> Result<Option<(&'a Absence, Content)>> {
    for absence in away {
        let Some(time_off) = store::get(work.conn, work.company, absence.id)? else { continue };
        let content = Content::outgoing(&time_off.answer);
        if !content.text.trim().is_empty() || content.body.contains("<img") {
            return Ok(Some((absence, content)));
        }
    }
    Ok(None)
}

fn send(
    work: &mut Work<'_>,
    absence: &Absence,
    content: Content,
    (conversation, channel, contact): (ConversationId, ChannelId, ContactId),
) -> Result<()> {
    // Nobody who was told before this time off is kept in the dark about it.
    let since = work.now.plus(-pauses::PAUSE).max(absence.start_at.plus(-1));
    if !pauses::may_answer(work, pauses::AWAY, contact, since)? {
        return Ok(());
    }
    let letter = Letter {
        to: Addressees::default(),
        sender_name: None,
        subject: None,
        content,
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

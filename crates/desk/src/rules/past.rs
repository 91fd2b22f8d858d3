//! What rules ask of a conversation's past: who wrote last and when, who was there before, who takes part.

use super::facts::{Field, Known};
use super::gather::{Asked, Gathered};
use crate::conversations;
use crate::error::Result;
use crate::ids::{ContactId, MessageId, TeammateId};
use crate::messages;
use crate::time::Timestamp;
use crate::work::Work;

impl Asked<'_, '_, '_> {
    /// The facts that the conversation's row alone does not tell.
    pub(super) fn of_past(&mut self, field: &Field) -> Result<Option<Known>> {
        let Some(row) = self.gathered.row(self.work)? else { return Ok(None) };
        let (last, last_inbound, contact) = (row.last_message, row.last_inbound, row.recipient_contact);
        let waits_for_contact = !row.is_unreplied && last.is_some();
        let at = match field {
            Field::LastMessageAt => written_at(self.work, last)?,
            Field::LastInboundAt => written_at(self.work, last_inbound)?,
            Field::LastOutboundAt => sent_at(self.gathered, self.work)?,
            Field::ContactSilentSince if waits_for_contact => sent_at(self.gathered, self.work)?,
            Field::Replied => {
                let sent = self.gathered.sent(self.work)?;
                return Ok(Some(Known::Flag(sent.iter().any(|sent| sent.is_answer && !sent.is_auto_reply))));
            }
            Field::IsReply => return self.is_reply(),
            Field::ContactExists => {
                let exists = match contact {
                    Some(contact) => self.was_contact(contact)?,
                    None => false,
                };
                return Ok(Some(Known::Flag(exists)));
            }
            Field::Participant => {
                let all = participants(self.work, self.gathered)?;
                return Ok(Some(Known::Ids(all.into_iter().map(|who| who.0).collect())));
            }
            _ => None,
        };
        Ok(at.map(|at| Known::Time(at.0)))
    }

    fn is_reply(&mut self) -> Result<Option<Known>> {
        let Some(message) = self.gathered.message(self.work)?.cloned() else { return Ok(None) };
        let answers = message.replied_to.is_some() || messages::has_earlier(self.work, &message)?;
        Ok(Some(Known::Flag(answers)))
    }

    /// Whether a contact was one before the event. Whoever writes for the first time becomes one by that, in the same
    /// instant; with a clock that stands still, so does everything, and earlier messages tell.
    fn was_contact(&mut self, contact: ContactId) -> Result<bool> {
        let Some(born) = crate::contacts::born(self.work, contact)? else { return Ok(false) };
        if born < self.gathered.event.at {
            return Ok(true);
        }
        match self.gathered.message(self.work)?.cloned() {
            Some(message) => messages::has_earlier(self.work, &message),
            None => Ok(false),
        }
    }
}

/// The teammates who take part in a conversation, each once: assignee, followers, authors, mentioned.
pub(super) fn participants(work: &mut Work<'_>, facts: &mut Gathered) -> Result<Vec<TeammateId>> {
    let directory = work.directory()?;
    let assignee = facts.row(work)?.and_then(|row| row.assignee);
    let mut all = conversations::followers_of(work, facts.conversation)?;
    all.extend(messages::partakers(work, facts.conversation)?);
    all.extend(assignee);
    all.sort_unstable();
    all.dedup();
    all.retain(|id| directory.teammate(*id).is_some_and(|teammate| teammate.is_person()));
    Ok(all)
}

/// The person who was the last of us to write to the other side; what was answered in somebody's name by itself, nobody
/// wrote.
pub(super) fn last_replier(work: &mut Work<'_>, facts: &mut Gathered) -> Result<Option<TeammateId>> {
    let directory = work.directory()?;
    let written = facts.sent(work)?.iter().filter(|sent| !sent.is_auto_reply);
    let mut authors = written.filter_map(|sent| sent.author);
    Ok(authors.find(|id| directory.teammate(*id).is_some_and(|teammate| teammate.is_person())))
}

fn written_at(work: &mut Work<'_>, id: Option<MessageId>) -> Result<Option<Timestamp>> {
    let message = match id {
        Some(id) => messages::row(work, id)?,
        None => None,
    };
    Ok(message.map(|message| message.created_at))
}

fn sent_at(facts: &mut Gathered, work: &mut Work<'_>) -> Result<Option<Timestamp>> {
    Ok(facts.sent(work)?.first().map(|sent| sent.at))
}

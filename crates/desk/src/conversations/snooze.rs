//! Snoozing: a conversation leaves the open lists until an instant, or until somebody writes.

use super::standing::{act, act_with};
use super::transition::Action;
use super::{Held, Status, followers_of, hold, hold_any};
use crate::error::{Error, Result};
use crate::ids::{ConversationId, StatusId, TeammateId};
use crate::inboxes;
use crate::messages;
use crate::statuses;
use crate::teammates::{self, Who};
use crate::time::{DAY, Timestamp};
use crate::work::{Actor, ActorKind, Work};

/// The longest snooze: 50 years.
const LONGEST: i64 = 50 * 366 * DAY;

/// A wish to be reminded.
#[derive(Debug, Clone)]
pub struct Snooze {
    /// For whom: the owner of a private conversation, anybody with access to a shared one, anybody who takes part in what
    /// is in no inbox.
    pub teammate: Who,
    /// When; `None` calls a snooze off.
    pub until: Option<Timestamp>,
    /// A waiting ticket status, if not the default one.
    pub status: Option<StatusId>,
}

/// Snoozes a conversation that the caller may see, or calls its snooze off.
pub fn snooze(work: &mut Work<'_>, id: ConversationId, wish: &Snooze) -> Result<()> {
    let mut held = hold(work, id)?;
    let teammate = teammates::resolve(work, &wish.teammate)?;
    check(work, &held, teammate)?;
    match wish.until {
        Some(until) => begin(work, &mut held, (teammate, until), wish.status)?,
        None => act(work, &mut held, Action::Unsnooze)?,
    };
    held.save(work)
}

/// Refuses to remind somebody of what is none of their business.
fn check(work: &mut Work<'_>, held: &Held, teammate: TeammateId) -> Result<()> {
    if held.row.assignee == Some(teammate) {
        return Ok(());
    }
    let (may, lacks) = match held.inboxes.is_empty() {
        true => (takes_part(work, held, teammate)?, "takes no part in the conversation"),
        false => {
            let directory = work.directory()?;
            let may = inboxes::any_open_to(&directory, &held.inboxes, teammate);
            (may, "has no access to the conversation's inbox")
        }
    };
    match may {
        true => Ok(()),
        false => Err(Error::invalid("teammate_id", format!("{teammate} {lacks}"))),
    }
}

/// Whether somebody follows a conversation, or wrote or was mentioned in it.
fn takes_part(work: &mut Work<'_>, held: &Held, teammate: TeammateId) -> Result<bool> {
    let follows = followers_of(work, held.row.id)?.contains(&teammate);
    Ok(follows || messages::partakers(work, held.row.id)?.contains(&teammate))
}

/// Snoozes a conversation in one's hands, for a teammate and until an instant. Answers whether anything changed. The
/// caller saves it.
pub fn begin(
    work: &mut Work<'_>,
    held: &mut Held,
    (teammate, until): (TeammateId, Timestamp),
    status: Option<StatusId>,
) -> Result<bool> {
    if until <= work.now {
        return Err(Error::invalid("scheduled_at", "expected a time in the future"));
    }
    if until > work.now.plus(LONGEST) {
        return Err(Error::invalid("scheduled_at", "expected a time within 50 years"));
    }
    if matches!(held.row.status(), Status::Deleted | Status::Spam) {
        return Err(Error::invalid("", "a conversation in the trash cannot be snoozed"));
    }
    if let Some(id) = status {
        let directory = work.directory()?;
        let category = &statuses::usable(&directory, id)?.category;
        if category != "waiting" {
            return Err(Error::invalid("status_id", format!("expected a waiting status, {id} is one of {category}")));
        }
    }
    if held.row.snoozed_until != Some(until) {
        held.row.snoozed_by = Some(teammate);
        held.row.snoozed_at = Some(work.now);
    }
    act_with(work, held, Action::Wait(Some(until)), status)
}

/// The snooze of a conversation is over: it is open again, on top of the lists. One that was called off or put off
/// meanwhile stays as it is.
pub fn end(work: &mut Work<'_>, id: ConversationId) -> Result<()> {
    let Some(mut held) = hold_any(work, id)? else { return Ok(()) };
    if held.row.merged_into.is_some() || held.row.snoozed_until.is_none_or(|until| until > work.now) {
        return Ok(());
    }
    let actor = Actor { kind: ActorKind::Reminder, teammate: None };
    work.acting(actor, |work| {
        held.bump(work);
        act(work, &mut held, Action::Remind)?;
        held.save(work)
    })
}

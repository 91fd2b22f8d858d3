//! Where a conversation stands: archiving, reopening, trash, spam and ticket statuses, all through one state machine.

use serde_json::{Map, Value, json};

use super::transition::{Action, State, transition};
use super::{Conversation, Held, Status, hold};
use crate::directory::Directory;
use crate::error::Result;
use crate::events::{Kind, Record};
use crate::ids::{ConversationId, StatusId};
use crate::rules::action::Step;
use crate::rules::demands;
use crate::statuses;
use crate::timers::{self, Timer};
use crate::work::Work;

impl Conversation {
    /// Its place in its life.
    pub fn state(&self, directory: &Directory) -> State {
        let category = self.ticket_status.and_then(|id| directory.status(id)).map(|status| status.category.as_str());
        let waits = directory.company.has_ticketing && category == Some("waiting");
        match self.status() {
            Status::Open => State::Open,
            Status::Archived if self.snoozed_until.is_some() || waits => State::Waiting(self.snoozed_until),
            Status::Archived => State::Archived,
            Status::Deleted => State::Deleted,
            Status::Spam => State::Spam,
        }
    }
}

impl Status {
    /// What brings a conversation to this status.
    pub fn action(self) -> Action {
        match self {
            Status::Open => Action::Reopen,
            Status::Archived => Action::Archive,
            Status::Deleted => Action::Trash,
            Status::Spam => Action::Spam,
        }
    }

    /// Reads the name of a write.
    pub fn parse(name: &str) -> Option<Status> {
        let all = [Status::Open, Status::Archived, Status::Deleted, Status::Spam];
        all.into_iter().find(|status| status.as_str() == name)
    }
}

/// Does something to a conversation that the caller may see, and saves it.
pub fn act_on(work: &mut Work<'_>, id: ConversationId, action: Action) -> Result<()> {
    let mut held = hold(work, id)?;
    act(work, &mut held, action)?;
    held.save(work)
}

/// Does something to a conversation in one's hands: state, ticket status, snooze timer and events. Answers whether it
/// changed anything. The caller saves it.
pub fn act(work: &mut Work<'_>, held: &mut Held, action: Action) -> Result<bool> {
    act_with(work, held, action, None)
}

/// The same with the ticket status that it ends in, where that is not the default one.
pub(super) fn act_with(work: &mut Work<'_>, held: &mut Held, action: Action, to: Option<StatusId>) -> Result<bool> {
    let state = held.row.state(&*work.directory()?);
    if action == Action::Archive && state != State::Archived {
        demands::meet(work, held, Step::Archive)?;
    }
    let Some(Moved { kinds, change }) = change(work, held, action, to)? else { return Ok(false) };
    let is_about_tickets = change.contains_key("status_id");
    for kind in kinds {
        held.record(work, Record::plain(*kind).changing(Value::Object(change.clone())))?;
    }
    if is_about_tickets && !kinds.contains(&Kind::TicketStatusUpdate) {
        let only = json!({"status_id": change.get("status_id")});
        held.record(work, Record::plain(Kind::TicketStatusUpdate).changing(only))?;
    }
    Ok(true)
}

/// Brings a conversation back because a message arrived or bounced. The caller records the message's event with the
/// change that is answered, saves, and then a new ticket status is told of by [`tell_ticket_status`].
pub(crate) fn wake(work: &mut Work<'_>, held: &mut Held) -> Result<Option<Value>> {
    let moved = change(work, held, Action::Wake, None)?;
    take_up(work, held);
    Ok(moved.map(|moved| Value::Object(moved.change)))
}

/// A live message is in an open conversation: it is to be resolved from now on, if it was only imported before.
pub(crate) fn take_up(work: &Work<'_>, held: &mut Held) {
    if held.row.status() == Status::Open {
        held.row.unresolved_since = held.row.unresolved_since.or(Some(work.now));
    }
}

/// Records the new ticket status that a change speaks of, if it does.
pub(crate) fn tell_ticket_status(work: &mut Work<'_>, held: &mut Held, change: Option<&Value>) -> Result<()> {
    if let Some(status) = change.and_then(|change| change.get("status_id")) {
        held.record(work, Record::plain(Kind::TicketStatusUpdate).changing(json!({"status_id": status})))?;
    }
    Ok(())
}

/// Sets a ticket status by its id: the conversation's place in its life follows the category. The caller saves it.
pub fn set_ticket_status(work: &mut Work<'_>, held: &mut Held, id: StatusId) -> Result<bool> {
    let directory = work.directory()?;
    let status = statuses::usable(&directory, id)?;
    let action = match status.category.as_str() {
        "waiting" => Action::Wait(held.row.snoozed_until),
        "resolved" => Action::Archive,
        _ => Action::Reopen,
    };
    act_with(work, held, action, Some(id))
}

struct Moved {
    kinds: &'static [Kind],
    change: Map<String, Value>,
}

/// Applies an action to the row and the timer; says what changed.
fn change(work: &mut Work<'_>, held: &mut Held, action: Action, to: Option<StatusId>) -> Result<Option<Moved>> {
    let directory = work.directory()?;
    let before = held.row.clone();
    let earlier = before.state(&directory);
    let (state, mut kinds) = transition(earlier, action);
    if earlier.is_over() != state.is_over() {
        held.row.unresolved_since = (!state.is_over()).then_some(work.now);
    }
    let until = state.snoozed_until();
    held.row.status = state.status().code();
    held.row.ticket_status = ticket_status(&directory, &before, state, to);
    held.row.snoozed_until = until;
    if until.is_none() {
        held.row.snoozed_by = None;
        held.row.snoozed_at = None;
    }
    if until != before.snoozed_until {
        match until {
            Some(at) => timers::set(work, Timer::Snooze, 0, held.row.id.0, at, &json!({}))?,
            None => drop(timers::cancel(work, Timer::Snooze, 0, held.row.id.0)?),
        }
    }
    let mut change = Map::new();
    if before.status != held.row.status {
        change.insert("status".into(), json!([before.status().as_str(), held.row.status().as_str()]));
    }
    if before.snoozed_until != until {
        change.insert("snoozed_until".into(), json!([before.snoozed_until, until]));
    }
    if before.ticket_status != held.row.ticket_status {
        let name = |status: Option<StatusId>| status.map(|id| id.to_string());
        change.insert("status_id".into(), json!([name(before.ticket_status), name(held.row.ticket_status)]));
        if kinds.is_empty() && action != Action::Wake {
            kinds = &[Kind::TicketStatusUpdate];
        }
    }
    Ok((!change.is_empty()).then_some(Moved { kinds, change }))
}

/// The ticket status that goes with a state: the one that is asked for, else the present one if it fits, else the
/// default of the category.
fn ticket_status(
    directory: &Directory,
    before: &Conversation,
    state: State,
    asked: Option<StatusId>,
) -> Option<StatusId> {
    let present = before.ticket_status;
    let Some(category) = state.category().filter(|_| directory.company.has_ticketing) else { return present };
    let fits = |id: &StatusId| directory.status(*id).is_some_and(|status| status.category == category);
    asked.filter(fits).or(present.filter(fits)).or_else(|| statuses::default_of(directory, category)).or(present)
}

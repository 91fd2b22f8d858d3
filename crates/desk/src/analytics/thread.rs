//! A conversation with what analytics need of it.

use std::collections::HashMap;
use std::sync::Arc;

use super::store::{self, Sent};
use crate::conversations::{self, Conversation, Status};
use crate::directory::Directory;
use crate::error::Result;
use crate::events::{self, Event, Kind};
use crate::ids::{AccountId, ContactId, ConversationId, InboxId, MessageId, StatusId, TagId, TeammateId};
use crate::statuses::Status as TicketStatus;
use crate::time::Timestamp;
use crate::work::Work;

/// What happens inside, beside what everybody is told of.
const INTERNAL: [Kind; 4] = [Kind::Snoozed, Kind::Unsnoozed, Kind::Imported, Kind::Draft];

/// Where a conversation stands, as far as work on it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Archived,
    Snoozed,
    Trashed,
}

impl State {
    /// The name in exports.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Archived => "archived",
            State::Snoozed => "snoozed",
            State::Trashed => "trashed",
        }
    }

    fn of(row: &Conversation) -> State {
        match row.status() {
            Status::Open => State::Open,
            Status::Archived if row.snoozed_until.is_some() => State::Snoozed,
            Status::Archived => State::Archived,
            Status::Deleted | Status::Spam => State::Trashed,
        }
    }

    /// What the log calls a status.
    fn named(name: &str) -> Option<State> {
        Some(match Status::parse(name)? {
            Status::Open => State::Open,
            Status::Archived => State::Archived,
            Status::Deleted | Status::Spam => State::Trashed,
        })
    }
}

/// A conversation, its activities and its messages.
pub(super) struct Thread {
    pub(super) row: Conversation,
    pub(super) directory: Arc<Directory>,
    /// What happened, in order.
    pub(super) events: Vec<Event>,
    /// Where it stood before, and after each of them.
    pub(super) states: Vec<State>,
    /// The ticket status that it began with.
    pub(super) first_status: Option<StatusId>,
    /// Its messages; drafts are none yet.
    pub(super) messages: HashMap<MessageId, Sent>,
    /// When somebody began to write a message that was sent later.
    pub(super) begun: HashMap<MessageId, Timestamp>,
    /// Its tags now.
    pub(super) tags: Vec<TagId>,
    /// The inboxes that it is in now.
    pub(super) inboxes: Vec<InboxId>,
    /// The account of whom it is with, and what that is called.
    pub(super) account: Option<(AccountId, String)>,
}

impl Thread {
    /// When something happened: a message when it was written, as imported ones are older than their line in the log.
    pub(super) fn at(&self, event: &Event) -> Timestamp {
        self.message(event).map_or(event.at, |message| message.created_at.min(event.at))
    }

    /// What happened: of an imported message what it was when it was written.
    pub(super) fn kind(&self, event: &Event) -> Kind {
        match (event.kind, self.message(event)) {
            (Kind::Imported, Some(message)) if message.is_inbound => Kind::Inbound,
            (Kind::Imported, Some(_)) => Kind::OutReply,
            (kind, _) => kind,
        }
    }

    /// Where it stood before anything happened, and after each event. The log tells each change from what to what; only a
    /// merge, which brings the other conversations' lines with it, is looked up in what comes next.
    fn standings(&self) -> Vec<State> {
        let told = |event: &Event, at: usize| {
            let status = event.change.as_ref()?.get("status")?.get(at)?.as_str()?;
            State::named(status)
        };
        let next = |from: usize| {
            let known = self.events[from..].iter().find_map(|event| told(event, 0));
            known.unwrap_or_else(|| State::of(&self.row))
        };
        let mut state = next(0);
        let mut states = vec![state];
        for (index, event) in self.events.iter().enumerate() {
            state = match event.kind {
                Kind::Snoozed => State::Snoozed,
                Kind::ConversationsMerged => next(index + 1),
                _ => told(event, 1).unwrap_or(state),
            };
            states.push(state);
        }
        states
    }

    /// The ticket status that it began with: a ticket has had one since it was made, and its first change tells which.
    fn beginning(&self) -> Option<StatusId> {
        let first = self.events.iter().find_map(|event| self.statuses(event).0);
        first.map(|status| status.id).or(self.row.ticket_status)
    }

    /// The message that an event tells of.
    pub(super) fn message(&self, event: &Event) -> Option<&Sent> {
        match event.kind {
            Kind::Inbound | Kind::Outbound | Kind::OutReply | Kind::Imported => {
                event.target.and_then(|target| self.messages.get(&MessageId(target.id)))
            }
            _ => None,
        }
    }

    /// Who did it: of a message its author, as whoever hands a customer's message in did nothing.
    pub(super) fn who(&self, event: &Event) -> Option<TeammateId> {
        match self.message(event) {
            Some(message) => message.author,
            None => event.actor.teammate,
        }
    }

    /// The ticket statuses that an event tells of: before and after it.
    pub(super) fn statuses(&self, event: &Event) -> (Option<&TicketStatus>, Option<&TicketStatus>) {
        let at = |index: usize| {
            let id = event.change.as_ref()?.get("status_id")?.get(index)?.as_str()?;
            self.directory.status(id.parse().ok()?)
        };
        match event.kind {
            Kind::TicketStatusUpdate => (at(0), at(1)),
            _ => (None, None),
        }
    }
}

/// The next conversations in which something may have happened since an instant.
pub(super) struct Next {
    /// They, with all of their activities up to another instant.
    pub(super) threads: Vec<Thread>,
    /// Up to where was looked.
    pub(super) after: ConversationId,
    /// Whether there are none behind them.
    pub(super) is_last: bool,
}

/// Looks through at most so many conversations, as most may be older.
const WINDOW: i64 = 2_000;

/// So many messages, comments and other changes are looked at in one unit, if the next conversation alone does not have more.
const LINES: i64 = 5_000;

/// Looks behind a conversation for up to `limit` of them.
pub(super) fn next(
    work: &mut Work<'_>,
    behind: ConversationId,
    (from, until): (Timestamp, Timestamp),
    limit: usize,
) -> Result<Next> {
    let seen = store::conversations(work.conn, work.company, behind, WINDOW)?;
    let mut recent = seen.iter().filter(|row| row.changed >= from).peekable();
    let (mut ids, mut lines) = (Vec::new(), 0);
    while let Some(row) = recent.next_if(|row| ids.is_empty() || (ids.len() < limit && lines + row.lines <= LINES)) {
        ids.push(row.id);
        lines += row.lines;
    }
    let are_more = recent.next().is_some();
    let after = match are_more {
        true => ids.last().copied(),
        false => seen.last().map(|row| row.id),
    };
    let is_last = !are_more && i64::try_from(seen.len()).unwrap_or(WINDOW) < WINDOW;
    Ok(Next { threads: load(work, &ids, until)?, after: after.unwrap_or(behind), is_last })
}

fn load(work: &mut Work<'_>, ids: &[ConversationId], until: Timestamp) -> Result<Vec<Thread>> {
    let directory = work.directory()?;
    let rows = conversations::rows(work, ids)?;
    let mut threads: Vec<Thread> = Vec::with_capacity(rows.len());
    for row in rows {
        threads.push(Thread {
            row,
            directory: directory.clone(),
            events: Vec::new(),
            states: Vec::new(),
            first_status: None,
            messages: HashMap::new(),
            begun: HashMap::new(),
            tags: Vec::new(),
            inboxes: Vec::new(),
            account: None,
        });
    }
    threads.sort_by_key(|thread| thread.row.id);
    let mut at: HashMap<ConversationId, &mut Thread> =
        threads.iter_mut().map(|thread| (thread.row.id, thread)).collect();
    for sent in store::messages(work.conn, work.company, ids)? {
        if let Some(thread) = at.get_mut(&sent.conversation) {
            thread.messages.insert(sent.id, sent);
        }
    }
    let kinds: Vec<Kind> = Kind::PUBLIC.iter().chain(&INTERNAL).copied().collect();
    for event in events::of(work, ids, &kinds)? {
        let Some(thread) = event.conversation.and_then(|id| at.get_mut(&id)) else { continue };
        match (event.kind, event.target) {
            (Kind::Draft, Some(target)) => {
                thread.begun.entry(MessageId(target.id)).or_insert(event.at);
            }
            (Kind::Draft, None) => {}
            _ => thread.events.push(event),
        }
    }
    for (conversation, tag) in store::tags(work.conn, work.company, ids)? {
        if let Some(thread) = at.get_mut(&conversation) {
            thread.tags.push(tag);
        }
    }
    for (conversation, inbox) in store::inboxes(work.conn, work.company, ids)? {
        if let Some(thread) = at.get_mut(&conversation) {
            thread.inboxes.push(inbox);
        }
    }
    let contacts: Vec<ContactId> = threads.iter().filter_map(|thread| thread.row.recipient_contact).collect();
    let accounts = store::accounts(work.conn, work.company, &contacts)?;
    for thread in &mut threads {
        let account = accounts.iter().find(|(contact, ..)| thread.row.recipient_contact == Some(*contact));
        thread.account = account.map(|(_, id, name)| (*id, name.clone()));
        // Ids follow the log; what was imported belongs where it was written.
        let mut events = std::mem::take(&mut thread.events);
        events.sort_by_key(|event| (thread.at(event), event.id));
        thread.events = events;
        // What came later tells where it stood before, and is not looked at otherwise.
        thread.states = thread.standings();
        thread.first_status = thread.beginning();
        let kept = thread.events.partition_point(|event| thread.at(event) < until);
        thread.events.truncate(kept);
        thread.states.truncate(kept + 1);
    }
    // What is nothing but drafts is its writers' own business.
    threads.retain(|thread| !thread.messages.is_empty() || thread.row.comment_count > 0);
    Ok(threads)
}

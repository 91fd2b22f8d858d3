//! A conversation with what analytics need of it.

use std::collections::HashMap;
use std::sync::Arc;

use super::store::{self, Sent};
use crate::conversations::{self, Conversation};
use crate::directory::Directory;
use crate::error::Result;
use crate::events::{self, Event, Kind};
use crate::ids::{AccountId, ContactId, ConversationId, InboxId, MessageId, TagId, TeammateId};
use crate::statuses::Status;
use crate::time::Timestamp;
use crate::work::Work;

/// The activities, in the words of the log.
pub(super) const ACTIVITIES: &[Kind] = &[
    Kind::Inbound,
    Kind::Outbound,
    Kind::OutReply,
    Kind::Forward,
    Kind::Archive,
    Kind::Reopen,
    Kind::Reminder,
    Kind::Trash,
    Kind::Restore,
    Kind::Assign,
    Kind::Unassign,
    Kind::Tag,
    Kind::Untag,
    Kind::Move,
    Kind::Comment,
    Kind::Mention,
    Kind::Snoozed,
    Kind::Unsnoozed,
    Kind::TicketStatusUpdate,
    Kind::CustomFieldUpdated,
];

/// A conversation, its activities and its messages.
pub(super) struct Thread {
    pub(super) row: Conversation,
    pub(super) directory: Arc<Directory>,
    /// What happened, in the order of the log.
    pub(super) events: Vec<Event>,
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

    /// The message that an event tells of.
    pub(super) fn message(&self, event: &Event) -> Option<&Sent> {
        match event.kind {
            Kind::Inbound | Kind::Outbound | Kind::OutReply => {
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

    /// The ticket status that an event changed to.
    pub(super) fn status_after(&self, event: &Event) -> Option<&Status> {
        let after = event.change.as_ref()?.get("status_id")?.get(1)?.as_str()?;
        self.directory.status(after.parse().ok()?)
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

/// Looks behind a conversation for up to `limit` of them.
pub(super) fn next(
    work: &mut Work<'_>,
    behind: ConversationId,
    (from, until): (Timestamp, Timestamp),
    limit: usize,
) -> Result<Next> {
    let seen = store::conversations(work.conn, work.company, behind, WINDOW)?;
    let mut recent = seen.iter().filter(|(_, changed)| *changed >= from).map(|(id, _)| *id);
    let ids: Vec<ConversationId> = recent.by_ref().take(limit).collect();
    let are_more = recent.next().is_some();
    let after = match are_more {
        true => ids.last().copied(),
        false => seen.last().map(|(id, _)| *id),
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
    let kinds: Vec<Kind> = ACTIVITIES.iter().chain([&Kind::Draft]).copied().collect();
    for event in events::of(work, ids, &kinds, until)? {
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
    }
    Ok(threads)
}

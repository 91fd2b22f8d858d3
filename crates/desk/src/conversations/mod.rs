//! Conversations: a thread of messages, comments and events that a team works on.
//!
//! An operation holds the conversation ([`hold`]), changes its row, records what happened and saves it once:
//! the row's version, newest event and place in the lists follow from that.

use std::collections::HashSet;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::ids::{ChannelId, ContactId, ConversationId, EventId, InboxId, MessageId, StatusId, TagId, TeammateId};
use crate::links::Link;
use crate::paging::{Page, Position};
use crate::time::Timestamp;
use crate::work::Work;

pub mod assign;
mod begin_tickets;
mod create;
mod delete;
pub mod fields;
mod follow_channel;
pub mod following;
mod guard;
mod held;
pub mod linking;
mod list;
pub mod merge;
pub mod moving;
pub(crate) mod secluded;
pub mod snooze;
pub mod standing;
pub(crate) mod store;
pub mod tagging;
#[cfg(test)]
mod tests;
mod transition;
mod update;

pub(crate) use begin_tickets::begin_tickets;
pub use create::{Kind as NewKind, New, Place, create};
pub use delete::delete;
pub(crate) use follow_channel::follow_channel;
pub use guard::guard;
pub(crate) use held::hold_any;
pub use held::{Held, hold};
pub use list::{Filter, list};
pub use merge::merge;
pub use standing::{act, act_on};
pub use transition::{Action, State};
pub use update::{Standing, Tags, Update, update};

/// Where a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// To be dealt with.
    Open,
    /// Done, or snoozed.
    Archived,
    /// In the trash.
    Deleted,
    /// In the trash, as spam.
    Spam,
}

impl Status {
    /// The number in the store.
    pub fn code(self) -> i64 {
        match self {
            Status::Open => 0,
            Status::Archived => 1,
            Status::Deleted => 2,
            Status::Spam => 3,
        }
    }

    /// Reads the number in the store.
    pub fn from_code(code: i64) -> Status {
        match code {
            0 => Status::Open,
            1 => Status::Archived,
            2 => Status::Deleted,
            _ => Status::Spam,
        }
    }

    /// The name of a write (`PATCH /conversations/{id}`).
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Archived => "archived",
            Status::Deleted => "deleted",
            Status::Spam => "spam",
        }
    }
}

/// What lists filter by; one per conversation, derived from status and assignee (domain.md section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// Open, nobody's.
    Unassigned,
    /// Open, somebody's.
    Assigned,
    /// Done or snoozed.
    Archived,
    /// In the trash or spam.
    Trashed,
}

impl Shelf {
    /// Where a conversation belongs.
    pub fn of(status: Status, assignee: Option<TeammateId>) -> Shelf {
        match (status, assignee) {
            (Status::Open, None) => Shelf::Unassigned,
            (Status::Open, Some(_)) => Shelf::Assigned,
            (Status::Archived, _) => Shelf::Archived,
            (Status::Deleted | Status::Spam, _) => Shelf::Trashed,
        }
    }

    /// The number in the store.
    pub fn code(self) -> i64 {
        match self {
            Shelf::Unassigned => 0,
            Shelf::Assigned => 1,
            Shelf::Archived => 2,
            Shelf::Trashed => 3,
        }
    }

    /// The status that the public API reports.
    pub fn reported(self) -> &'static str {
        match self {
            Shelf::Unassigned => "unassigned",
            Shelf::Assigned => "assigned",
            Shelf::Archived => "archived",
            Shelf::Trashed => "deleted",
        }
    }

    /// Reads a name of the `q[statuses]` filter.
    pub fn parse(name: &str) -> Option<Shelf> {
        match name {
            "unassigned" => Some(Shelf::Unassigned),
            "assigned" => Some(Shelf::Assigned),
            "archived" => Some(Shelf::Archived),
            "trashed" | "deleted" => Some(Shelf::Trashed),
            _ => None,
        }
    }
}

db::record! {
    /// A conversation as stored.
    #[derive(Debug, Clone)]
    pub struct Conversation {
        pub id: ConversationId,
        pub r#type: String,
        pub subject: String,
        pub status: i64,
        pub assignee: Option<TeammateId>,
        pub ticket_status: Option<StatusId>,
        pub ticket_number: Option<i64>,
        pub is_private: bool,
        pub channel: Option<ChannelId>,
        pub recipient_name: Option<String>,
        pub recipient_handle: Option<String>,
        pub recipient_role: Option<String>,
        pub recipient_contact: Option<ContactId>,
        pub description: Option<String>,
        pub due_at: Option<Timestamp>,
        pub custom_fields: Value,
        pub version: i64,
        pub message_count: i64,
        pub comment_count: i64,
        pub tag_count: i64,
        pub link_count: i64,
        pub last_message: Option<MessageId>,
        pub last_inbound: Option<MessageId>,
        pub is_unreplied: bool,
        pub waiting_since: Option<Timestamp>,
        pub status_since: Timestamp,
        pub unresolved_since: Option<Timestamp>,
        pub snoozed_until: Option<Timestamp>,
        pub snoozed_by: Option<TeammateId>,
        pub snoozed_at: Option<Timestamp>,
        pub merged_into: Option<ConversationId>,
        pub last_event: EventId,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub bumped_at: Timestamp,
    }
}

impl Conversation {
    /// Where it stands.
    pub fn status(&self) -> Status {
        Status::from_code(self.status)
    }

    /// What lists filter it by.
    pub fn shelf(&self) -> Shelf {
        Shelf::of(self.status(), self.assignee)
    }

    /// Its place in lists ordered by activity.
    pub fn position(&self) -> Position {
        Position { key: self.bumped_at.0, id: self.id.0 }
    }

    /// A conversation that does not exist yet: open, empty, nobody's.
    pub fn new(id: ConversationId, r#type: &str, subject: &str, now: Timestamp) -> Conversation {
        Conversation {
            id,
            r#type: r#type.to_string(),
            subject: subject.to_string(),
            status: Status::Open.code(),
            assignee: None,
            ticket_status: None,
            ticket_number: None,
            is_private: false,
            channel: None,
            recipient_name: None,
            recipient_handle: None,
            recipient_role: None,
            recipient_contact: None,
            description: None,
            due_at: None,
            custom_fields: Value::Object(serde_json::Map::new()),
            version: 0,
            message_count: 0,
            comment_count: 0,
            tag_count: 0,
            link_count: 0,
            last_message: None,
            last_inbound: None,
            is_unreplied: false,
            waiting_since: None,
            status_since: now,
            unresolved_since: Some(now),
            snoozed_until: None,
            snoozed_by: None,
            snoozed_at: None,
            merged_into: None,
            last_event: EventId(0),
            created_at: now,
            updated_at: now,
            bumped_at: now,
        }
    }
}

/// A conversation with what every answer shows beside its row.
#[derive(Debug, Clone)]
pub struct View {
    /// The row.
    pub row: Conversation,
    /// Its tags, oldest first.
    pub tags: Vec<TagId>,
    /// Its links, oldest first.
    pub links: Vec<Link>,
    /// The external ids its channel knows it by; filled only for callers that may see them.
    pub external_ids: Vec<String>,
}

/// The row of a conversation that the caller may see. Unknown, foreign and hidden ones are all simply not found;
/// a merged one says where it went.
pub fn see(work: &mut Work<'_>, id: ConversationId) -> Result<Conversation> {
    let row = store::get(work.conn, work.company, id)?.ok_or(Error::NotFound("conversation"))?;
    visible(work, row)
}

fn visible(work: &mut Work<'_>, row: Conversation) -> Result<Conversation> {
    let directory = work.directory()?;
    if let Some(inboxes) = work.access.inboxes(&directory) {
        let of = store::inboxes(work.conn, work.company, row.id)?;
        if !among(&inboxes, &of, work) {
            return Err(Error::NotFound("conversation"));
        }
    }
    if secluded::hides(work, &row)? {
        return Err(Error::NotFound("conversation"));
    }
    match row.merged_into {
        Some(survivor) => Err(Error::Moved(survivor)),
        None => Ok(row),
    }
}

/// Whether a conversation in some inboxes is visible to one who sees others. Discussions among teammates are in no inbox:
/// they are things of individuals.
pub(crate) fn among(visible: &[InboxId], of: &[InboxId], work: &Work<'_>) -> bool {
    of.iter().any(|inbox| visible.contains(inbox)) || (of.is_empty() && work.access.private)
}

/// Those of some conversations that the caller may not see. Where anything is hidden from them, so is what is gone: nobody
/// knows any more whose it was.
pub(crate) fn hidden(work: &mut Work<'_>, ids: &[ConversationId]) -> Result<HashSet<ConversationId>> {
    let mut hidden = secluded::among(work, ids)?;
    let directory = work.directory()?;
    let Some(visible) = work.access.inboxes(&directory) else { return Ok(hidden) };
    if ids.is_empty() {
        return Ok(hidden);
    }
    let mut elsewhere: HashSet<ConversationId> = ids.iter().copied().collect();
    for (id, inbox) in store::places(work.conn, work.company, ids)? {
        if among(&visible, inbox.as_slice(), work) {
            elsewhere.remove(&id);
        }
    }
    hidden.extend(elsewhere);
    Ok(hidden)
}

/// One conversation as answers show it.
pub fn get(work: &mut Work<'_>, id: ConversationId) -> Result<View> {
    let row = see(work, id)?;
    let mut views = views(work, vec![row])?;
    views.pop().ok_or(Error::NotFound("conversation"))
}

/// The inboxes a conversation is in.
pub fn inboxes(work: &mut Work<'_>, id: ConversationId) -> Result<Vec<InboxId>> {
    see(work, id)?;
    Ok(store::inboxes(work.conn, work.company, id)?)
}

/// Conversations by id, for those who show them beside something else; absent ones are left out.
pub fn load(work: &mut Work<'_>, ids: &[ConversationId]) -> Result<Vec<View>> {
    let rows = store::by_ids(work.conn, work.company, ids)?;
    views(work, rows)
}

/// Rows with their tags and links: two more statements, whatever the number of rows, and none if there are none. Tags of
/// workspaces and people whom the caller does not reach are left out.
pub fn views(work: &mut Work<'_>, rows: Vec<Conversation>) -> Result<Vec<View>> {
    let tagged: Vec<ConversationId> = rows.iter().filter(|row| row.tag_count > 0).map(|row| row.id).collect();
    let linked: Vec<ConversationId> = rows.iter().filter(|row| row.link_count > 0).map(|row| row.id).collect();
    let mut tags = store::tags_of(work.conn, work.company, &tagged)?;
    if !tags.is_empty() {
        let directory = work.directory()?;
        let shown = |id: &TagId| directory.tag(*id).is_some_and(|tag| tagging::is_shown(work, &directory, tag));
        tags.values_mut().for_each(|tags| tags.retain(shown));
    }
    let mut links = crate::links::of(work, &linked)?;
    let view = |row: Conversation| View {
        tags: tags.remove(&row.id).unwrap_or_default(),
        links: links.remove(&row.id).unwrap_or_default(),
        external_ids: Vec::new(),
        row,
    };
    Ok(rows.into_iter().map(view).collect())
}

/// A page of rows as a page of views.
pub fn view_page(work: &mut Work<'_>, page: Page<Conversation>) -> Result<Page<View>> {
    Ok(Page { rows: views(work, page.rows)?, next: page.next })
}

/// A conversation's row, whoever asks: for rules and renderers. Merged and deleted ones included while they exist.
pub(crate) fn row(work: &mut Work<'_>, id: ConversationId) -> Result<Option<Conversation>> {
    match work.saved(id) {
        Some(row) => Ok(Some(row.clone())),
        None => Ok(store::get(work.conn, work.company, id)?),
    }
}

/// The rows of conversations by id, whoever asks; absent ones are left out.
pub(crate) fn rows(work: &mut Work<'_>, ids: &[ConversationId]) -> Result<Vec<Conversation>> {
    Ok(store::by_ids(work.conn, work.company, ids)?)
}

/// The inboxes of a conversation, whoever asks.
pub(crate) fn inboxes_of(work: &mut Work<'_>, id: ConversationId) -> Result<Vec<InboxId>> {
    Ok(store::inboxes(work.conn, work.company, id)?)
}

/// The tags of a conversation, whoever asks.
pub(crate) fn tags_of(work: &mut Work<'_>, id: ConversationId) -> Result<Vec<TagId>> {
    Ok(store::tags_of(work.conn, work.company, &[id])?.remove(&id).unwrap_or_default())
}

/// The followers of a conversation, whoever asks.
pub(crate) fn followers_of(work: &mut Work<'_>, id: ConversationId) -> Result<Vec<TeammateId>> {
    Ok(store::followers(work.conn, work.company, id)?)
}

/// The columns of a conversation, each behind a prefix, for those who assemble a list of their own.
pub(crate) fn columns(prefix: &str) -> String {
    store::COLUMNS.split(", ").map(|column| format!("{prefix}{column}")).collect::<Vec<_>>().join(", ")
}

//! A conversation in the hands of one unit: locked, changed, recorded, saved.

use super::{Conversation, Shelf, store};
use crate::error::{Error, Result};
use crate::events::{self, Record};
use crate::ids::{ConversationId, EventId, InboxId};
use crate::time::{MINUTE, Timestamp};
use crate::work::Work;

/// How far the clocks of two nodes may be apart.
const FARTHEST: i64 = 10 * MINUTE;

/// A conversation that this unit has locked.
#[derive(Debug)]
pub struct Held {
    /// The row, to be changed at will and then saved.
    pub row: Conversation,
    /// The inboxes it is in.
    pub inboxes: Vec<InboxId>,
    listed: Option<Listed>,
}

/// Where the row stood in the lists when it was read; lists are only rewritten if this changes.
#[derive(Debug, PartialEq, Eq)]
struct Listed {
    shelf: i64,
    bumped_at: Timestamp,
    keys: (Option<i64>, Option<i64>, Option<i64>),
    inboxes: Vec<InboxId>,
}

fn listed(row: &Conversation, inboxes: &[InboxId]) -> Listed {
    Listed {
        shelf: row.shelf().code(),
        bumped_at: row.bumped_at,
        keys: (row.assignee.map(|id| id.0), row.recipient_contact.map(|id| id.0), row.merged_into.map(|id| id.0)),
        inboxes: inboxes.to_vec(),
    }
}

/// Locks a conversation that the caller may see. Merged ones say where they went.
pub fn hold(work: &mut Work<'_>, id: ConversationId) -> Result<Held> {
    let row = store::lock(work.conn, work.company, id)?.ok_or(Error::NotFound("conversation"))?;
    let inboxes = store::inboxes(work.conn, work.company, id)?;
    let directory = work.directory()?;
    if let Some(visible) = work.access.inboxes(&directory)
        && !super::among(&visible, &inboxes, work)
    {
        return Err(Error::NotFound("conversation"));
    }
    if super::secluded::hides(work, &row)? {
        return Err(Error::NotFound("conversation"));
    }
    if let Some(survivor) = row.merged_into {
        return Err(Error::Moved(survivor));
    }
    Ok(Held { listed: Some(listed(&row, &inboxes)), row, inboxes })
}

/// Locks a conversation whoever asks, also a merged one; `None` if it is gone.
pub(crate) fn hold_any(work: &mut Work<'_>, id: ConversationId) -> Result<Option<Held>> {
    let Some(row) = store::lock(work.conn, work.company, id)? else { return Ok(None) };
    let inboxes = store::inboxes(work.conn, work.company, id)?;
    Ok(Some(Held { listed: Some(listed(&row, &inboxes)), row, inboxes }))
}

impl Held {
    /// A conversation that is not in the store yet; the first save puts it there.
    pub fn new(row: Conversation, inboxes: Vec<InboxId>) -> Held {
        Held { row, inboxes, listed: None }
    }

    /// Whether it is new in this unit.
    pub fn is_new(&self) -> bool {
        self.listed.is_none()
    }

    /// Refuses what would put a message into a discussion or a task: teammates alone write in them, and comments.
    pub(crate) fn takes_messages(&self) -> Result<()> {
        match self.row.r#type.as_str() {
            "conversation" => Ok(()),
            among_us => Err(Error::invalid("", format!("a {among_us} takes comments, not messages"))),
        }
    }

    /// When what this unit does to it happens: now, and never before what happened to it last. A unit reads the clock
    /// before it is its turn, and the clocks of nodes differ, so that the plain present may lie before another's change.
    /// What is further ahead than clocks differ was written before a clock was put back, and holds nobody up.
    pub fn instant(&self, work: &Work<'_>) -> Timestamp {
        match self.row.updated_at <= work.now.plus(FARTHEST) {
            true => work.now.max(self.row.updated_at),
            false => work.now,
        }
    }

    /// A new id for what is said in it: greater than those of all that happened to it before, as [`Held::instant`] is later.
    pub fn new_id(&self, work: &mut Work<'_>) -> i64 {
        work.new_id_after(self.row.last_event.0)
    }

    /// Records what happened to it and raises its version.
    pub fn record(&mut self, work: &mut Work<'_>, record: Record) -> Result<EventId> {
        let at = self.instant(work);
        let id = events::record(work, self.row.id, &self.inboxes, (self.row.last_event, at), record)?;
        self.row.last_event = id;
        self.row.version += 1;
        self.row.updated_at = at;
        Ok(id)
    }

    /// Moves it to the top of the lists.
    pub fn bump(&mut self, work: &Work<'_>) {
        self.row.bumped_at = self.row.bumped_at.max(self.instant(work));
    }

    /// Writes the row, and the lists if its place in them changed.
    pub fn save(&mut self, work: &mut Work<'_>) -> Result<()> {
        let shelf = self.row.shelf();
        if self.listed.as_ref().is_some_and(|before| before.shelf != shelf.code()) {
            self.row.status_since = work.now;
        }
        let now = listed(&self.row, &self.inboxes);
        match &self.listed {
            None => {
                store::insert(work.conn, work.company, &self.row)?;
                self.list(work, shelf)?;
            }
            Some(before) if *before == now => {
                store::update(work.conn, work.company, &self.row)?;
            }
            Some(before) => {
                let moved = before.inboxes != now.inboxes;
                match (before.shelf, before.keys) == (now.shelf, now.keys) {
                    true => store::update_bumped(work.conn, work.company, &self.row)?,
                    false => store::update_listed(work.conn, work.company, &self.row)?,
                };
                if moved {
                    store::unlist(work.conn, work.company, self.row.id)?;
                    self.list(work, shelf)?;
                } else {
                    store::relist(work.conn, work.company, self.row.id, shelf.code(), self.row.bumped_at)?;
                }
            }
        }
        self.listed = Some(now);
        work.save(&self.row);
        Ok(())
    }

    fn list(&self, work: &mut Work<'_>, shelf: Shelf) -> Result<()> {
        for inbox in &self.inboxes {
            store::enlist(work.conn, work.company, &self.row, *inbox, shelf.code())?;
        }
        Ok(())
    }
}

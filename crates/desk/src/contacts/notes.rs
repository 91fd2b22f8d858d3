//! What teammates note about a contact.

use super::{see, store};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{ContactId, NoteId, TeammateId};
use crate::teammates;
use crate::time::Timestamp;
use crate::work::Work;

db::record! {
    /// A note as stored.
    #[derive(Debug, Clone)]
    pub struct Note {
        pub id: NoteId,
        pub contact: ContactId,
        pub author: TeammateId,
        pub body: String,
        pub is_private: bool,
        pub created_at: Timestamp,
    }
}

/// The notes on a contact that the caller may see, the newest first.
pub fn list(work: &mut Work<'_>, contact: ContactId) -> Result<Vec<Note>> {
    see(work, contact)?;
    Ok(store::notes(work.conn, work.company, contact)?)
}

/// Adds a note.
pub fn add(work: &mut Work<'_>, contact: ContactId, author: TeammateId, body: &str) -> Result<Note> {
    let row = see(work, contact)?;
    if body.trim().is_empty() {
        return Err(Error::invalid("body", "a note needs text"));
    }
    teammates::may_write(work, author)?;
    let note = Note {
        id: NoteId(work.new_id()),
        contact,
        author,
        body: body.to_string(),
        is_private: row.owner.is_some(),
        created_at: work.now,
    };
    store::insert_note(work.conn, work.company, &note)?;
    let change = serde_json::json!({"contact": contact.to_string(), "note": [null, note.id.to_string()]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(note)
}

//! Files on messages, comments and contacts. The content is on disk before a unit begins; rows refer to it.

use std::collections::HashMap;

use crate::error::Result;
use crate::ids::{AttachmentId, CommentId, ContactId, MessageId};
use crate::work::Work;

pub(crate) mod store;

db::record! {
    /// A file as stored: where the content is, and what it is.
    #[derive(Debug, Clone)]
    pub struct Attachment {
        pub id: AttachmentId,
        pub owner_kind: String,
        pub owner: i64,
        pub filename: String,
        pub content_type: String,
        pub size: i64,
        pub digest: String,
        pub is_inline: bool,
        pub cid: Option<String>,
    }
}

/// A file that the edge has put on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The name it was given.
    pub filename: String,
    /// Its media type.
    pub content_type: String,
    /// Its length in bytes.
    pub size: i64,
    /// SHA-256 of the content, hexadecimal: also its name on disk.
    pub digest: String,
    /// Whether it belongs inside the body.
    pub cid: Option<String>,
}

/// What a file hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A message or draft.
    Message(MessageId),
    /// A comment.
    Comment(CommentId),
    /// A contact's picture.
    Contact(ContactId),
}

impl Owner {
    /// The name and number in the store.
    pub fn key(self) -> (&'static str, i64) {
        match self {
            Owner::Message(id) => ("message", id.0),
            Owner::Comment(id) => ("comment", id.0),
            Owner::Contact(id) => ("contact", id.0),
        }
    }
}

/// Hangs files on their owner, in order.
pub fn attach(work: &mut Work<'_>, owner: Owner, uploads: &[Upload]) -> Result<Vec<AttachmentId>> {
    let mut ids = Vec::with_capacity(uploads.len());
    for upload in uploads {
        let id = AttachmentId(work.new_id());
        store::insert(work.conn, work.company, id, owner, upload, work.now)?;
        ids.push(id);
    }
    Ok(ids)
}

/// The files of several owners of one kind (`message`, `comment`), by owner, in the order they were hung on.
pub fn of(work: &mut Work<'_>, owner_kind: &str, owners: &[i64]) -> Result<HashMap<i64, Vec<Attachment>>> {
    Ok(store::of(work.conn, work.company, owner_kind, owners)?)
}

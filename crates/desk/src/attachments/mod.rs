//! Files on messages, comments, contacts, articles and message templates. The content is on disk before a unit begins; rows
//! refer to it.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::ids::{AttachmentId, CommentId, ContactId, KnowledgeBaseArticleId, MessageId, MessageTemplateId};
use crate::work::Work;
use crate::{comments, conversations, knowledge_base_articles, message_templates, messages};

mod blobs;
pub(crate) mod store;

pub use blobs::Blobs;

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
    /// An article of a knowledge base.
    Article(KnowledgeBaseArticleId),
    /// A message template.
    Template(MessageTemplateId),
}

impl Owner {
    /// The name and number in the store.
    pub fn key(self) -> (&'static str, i64) {
        match self {
            Owner::Message(id) => ("message", id.0),
            Owner::Comment(id) => ("comment", id.0),
            Owner::Contact(id) => ("contact", id.0),
            Owner::Article(id) => ("article", id.0),
            Owner::Template(id) => (TEMPLATE, id.0),
        }
    }
}

/// What message templates are called among the owners.
pub(crate) const TEMPLATE: &str = "message_template";

/// The same file once more: the content on disk is shared.
pub(crate) fn again(file: Attachment) -> Upload {
    let Attachment { filename, content_type, size, digest, cid, .. } = file;
    Upload { filename, content_type, size, digest, cid }
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

/// The files of several owners of one kind (`message`, `comment`, `article`), by owner, in the order they were hung on.
pub fn of(work: &mut Work<'_>, owner_kind: &str, owners: &[i64]) -> Result<HashMap<i64, Vec<Attachment>>> {
    Ok(store::of(work.conn, work.company, owner_kind, owners)?)
}

/// Takes all files off an owner that goes away.
pub fn detach(work: &mut Work<'_>, owner: Owner) -> Result<()> {
    store::detach(work.conn, work.company, owner)?;
    Ok(())
}

/// The same for several owners of one kind.
pub(crate) fn detach_all(work: &mut Work<'_>, owner_kind: &str, owners: &[i64]) -> Result<()> {
    if !owners.is_empty() {
        store::detach_all(work.conn, work.company, owner_kind, owners)?;
    }
    Ok(())
}

/// A file that the caller may see, because it may see what the file hangs on.
pub fn get(work: &mut Work<'_>, id: AttachmentId) -> Result<Attachment> {
    let file = store::get(work.conn, work.company, id)?.ok_or(Error::NotFound("attachment"))?;
    let hidden = |error: Error| match error {
        Error::NotFound(_) => Error::NotFound("attachment"),
        other => other,
    };
    match file.owner_kind.as_str() {
        "message" => messages::get(work, MessageId(file.owner)).map(drop).map_err(hidden)?,
        "comment" => {
            let comment = comments::load(work, &[CommentId(file.owner)])?.pop().ok_or(Error::NotFound("attachment"))?;
            match conversations::see(work, comment.row.conversation) {
                Ok(_) | Err(Error::Moved(_)) => {}
                Err(other) => return Err(hidden(other)),
            }
        }
        "contact" if work.access.global => {}
        "article" => {
            let article = KnowledgeBaseArticleId(file.owner);
            knowledge_base_articles::get(work, article).map(drop).map_err(hidden)?;
        }
        TEMPLATE => message_templates::entry(work, MessageTemplateId(file.owner)).map(drop).map_err(hidden)?,
        _ => return Err(Error::NotFound("attachment")),
    }
    Ok(file)
}

/// The same for a file that is asked for below its owner.
pub fn get_of(work: &mut Work<'_>, owner: Owner, id: AttachmentId) -> Result<Attachment> {
    let file = get(work, id)?;
    match (file.owner_kind.as_str(), file.owner) == owner.key() {
        true => Ok(file),
        false => Err(Error::NotFound("attachment")),
    }
}

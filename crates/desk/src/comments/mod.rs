//! Internal notes in conversations. Always for the team, never for the customer.

use crate::attachments::{self, Attachment};
use crate::conversations;
use crate::error::{Error, Result};
use crate::ids::{CommentId, ConversationId, TeammateId};
use crate::time::Timestamp;
use crate::work::Work;

mod add;
mod change;
mod mentions;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub use add::{LONGEST, New, add, add_to};
pub use change::{Change, change};

db::record! {
    /// A comment as stored.
    #[derive(Debug, Clone)]
    pub struct Comment {
        pub id: CommentId,
        pub conversation: ConversationId,
        pub author: Option<TeammateId>,
        pub posted_by: Option<TeammateId>,
        pub body: String,
        pub replied_to: Option<CommentId>,
        pub is_pinned: bool,
        pub attachment_count: i64,
        pub posted_at: Timestamp,
        pub edited_at: Option<Timestamp>,
    }
}

/// A comment with what every answer shows beside its row.
#[derive(Debug, Clone)]
pub struct View {
    /// The row.
    pub row: Comment,
    /// Its files, in order.
    pub attachments: Vec<Attachment>,
}

/// Comments with their files: one more statement, and none if there are no files.
pub fn views(work: &mut Work<'_>, rows: Vec<Comment>) -> Result<Vec<View>> {
    let with_files: Vec<i64> = rows.iter().filter(|row| row.attachment_count > 0).map(|row| row.id.0).collect();
    let mut files = attachments::of(work, "comment", &with_files)?;
    let view = |row: Comment| View { attachments: files.remove(&row.id.0).unwrap_or_default(), row };
    Ok(rows.into_iter().map(view).collect())
}

/// Comments by id, for those who show them beside something else; absent ones are left out.
pub fn load(work: &mut Work<'_>, ids: &[CommentId]) -> Result<Vec<View>> {
    let rows = store::by_ids(work.conn, work.company, ids)?;
    views(work, rows)
}

/// Whom a comment mentions.
pub(crate) fn mentioned(work: &mut Work<'_>, id: CommentId) -> Result<Vec<TeammateId>> {
    Ok(store::mentioned(work.conn, work.company, id)?)
}

/// A comment that the caller may see.
pub fn get(work: &mut Work<'_>, id: CommentId) -> Result<Comment> {
    let comment = store::by_ids(work.conn, work.company, &[id])?.pop().ok_or(Error::NotFound("comment"))?;
    match conversations::see(work, comment.conversation) {
        Ok(_) | Err(Error::Moved(_)) => Ok(comment),
        Err(Error::NotFound(_)) => Err(Error::NotFound("comment")),
        Err(other) => Err(other),
    }
}

/// The comments of a conversation that the caller may see, the newest first.
pub fn list(work: &mut Work<'_>, conversation: ConversationId) -> Result<Vec<View>> {
    conversations::see(work, conversation)?;
    let rows = store::of(work.conn, work.company, conversation)?;
    views(work, rows)
}

/// Whom a comment that the caller may see mentions.
pub fn mentions(work: &mut Work<'_>, id: CommentId) -> Result<Vec<TeammateId>> {
    get(work, id)?;
    mentioned(work, id)
}

/// The comments of a conversation belong to another one from now on.
pub(crate) fn relocate(work: &mut Work<'_>, from: ConversationId, to: ConversationId) -> Result<()> {
    store::relocate(work.conn, work.company, from, to)?;
    Ok(())
}

/// Forgets all comments of a conversation, with their files and mentions.
pub(crate) fn erase(work: &mut Work<'_>, conversation: ConversationId) -> Result<()> {
    for id in store::with_files(work.conn, work.company, conversation)? {
        attachments::detach(work, attachments::Owner::Comment(id))?;
    }
    store::erase_mentions(work.conn, work.company, conversation)?;
    store::erase(work.conn, work.company, conversation)?;
    Ok(())
}

/// When somebody last commented.
pub(crate) fn latest(work: &mut Work<'_>, conversation: ConversationId) -> Result<Option<Timestamp>> {
    Ok(store::latest(work.conn, work.company, conversation)?)
}

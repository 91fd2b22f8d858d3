//! Internal notes in conversations. Always for the team, never for the customer.

use crate::attachments::{self, Attachment};
use crate::error::Result;
use crate::ids::{CommentId, ConversationId, TeammateId};
use crate::time::Timestamp;
use crate::work::Work;

pub(crate) mod store;

db::record! {
    /// A comment as stored.
    #[derive(Debug, Clone)]
    pub struct Comment {
        pub id: CommentId,
        pub conversation: ConversationId,
        pub author: Option<TeammateId>,
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

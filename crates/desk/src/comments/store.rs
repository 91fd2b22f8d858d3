//! The statements about comments.

use db::{Conn, args, list};

use super::Comment;
use crate::ids::{CommentId, CompanyId, ConversationId, TeammateId};
use crate::time::Timestamp;

pub(crate) const COLUMNS: &str =
    "id, conversation, author, posted_by, body, replied_to, is_pinned, attachment_count, posted_at, edited_at";

pub(crate) fn by_ids(conn: &mut Conn, company: CompanyId, ids: &[CommentId]) -> db::Result<Vec<Comment>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let among = conn.among(2);
    let sql = format!("SELECT {COLUMNS} FROM comments WHERE company = $1 AND id IN {among}");
    conn.all(&sql, args![company, list(ids.iter().map(|id| id.0))])
}

pub(crate) fn mentioned(conn: &mut Conn, company: CompanyId, id: CommentId) -> db::Result<Vec<TeammateId>> {
    let rows: Vec<(TeammateId,)> = conn.all(
        "SELECT teammate FROM mentions WHERE company = $1 AND comment = $2 ORDER BY teammate",
        args![company, id],
    )?;
    Ok(rows.into_iter().map(|(teammate,)| teammate).collect())
}

/// How many comments of one conversation are listed; it is answered whole.
const MOST: i64 = 5_000;

pub(super) fn of(conn: &mut Conn, company: CompanyId, conversation: ConversationId) -> db::Result<Vec<Comment>> {
    conn.all(
        &format!("SELECT {COLUMNS} FROM comments WHERE company = $1 AND conversation = $2 ORDER BY id DESC LIMIT $3"),
        args![company, conversation, MOST],
    )
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, comment: &Comment) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO comments (company, id, conversation, author, posted_by, body, replied_to, is_pinned, \
         attachment_count, posted_at, edited_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        args![
            company,
            comment.id,
            comment.conversation,
            comment.author,
            comment.posted_by,
            comment.body,
            comment.replied_to,
            comment.is_pinned,
            comment.attachment_count,
            comment.posted_at,
            comment.edited_at
        ],
    )
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, comment: &Comment) -> db::Result<u64> {
    conn.exec(
        "UPDATE comments SET body = $3, is_pinned = $4, edited_at = $5 WHERE company = $1 AND id = $2",
        args![company, comment.id, comment.body, comment.is_pinned, comment.edited_at],
    )
}

pub(super) fn mention(
    conn: &mut Conn,
    company: CompanyId,
    comment: CommentId,
    teammate: TeammateId,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO mentions (company, comment, teammate) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        args![company, comment, teammate],
    )
}

pub(super) fn unmention(
    conn: &mut Conn,
    company: CompanyId,
    comment: CommentId,
    teammate: TeammateId,
) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM mentions WHERE company = $1 AND comment = $2 AND teammate = $3",
        args![company, comment, teammate],
    )
}

/// Whether a comment of a conversation mentions somebody.
pub(super) fn is_mentioned(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
    teammate: TeammateId,
) -> db::Result<bool> {
    let found: Option<(i64,)> = conn.opt(
        "SELECT c.id FROM comments c JOIN mentions m ON m.company = c.company AND m.comment = c.id \
         WHERE c.company = $1 AND c.conversation = $2 AND m.teammate = $3 LIMIT 1",
        args![company, conversation, teammate],
    )?;
    Ok(found.is_some())
}

pub(super) fn relocate(
    conn: &mut Conn,
    company: CompanyId,
    from: ConversationId,
    to: ConversationId,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE comments SET conversation = $3 WHERE company = $1 AND conversation = $2",
        args![company, from, to],
    )
}

pub(super) fn erase_mentions(conn: &mut Conn, company: CompanyId, conversation: ConversationId) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM mentions WHERE company = $1 AND comment IN \
         (SELECT id FROM comments WHERE company = $1 AND conversation = $2)",
        args![company, conversation],
    )
}

pub(super) fn erase(conn: &mut Conn, company: CompanyId, conversation: ConversationId) -> db::Result<u64> {
    conn.exec("DELETE FROM comments WHERE company = $1 AND conversation = $2", args![company, conversation])
}

/// When the newest comment was posted.
pub(super) fn latest(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
) -> db::Result<Option<Timestamp>> {
    let (latest,): (Option<Timestamp>,) = conn.one(
        "SELECT max(posted_at) FROM comments WHERE company = $1 AND conversation = $2",
        args![company, conversation],
    )?;
    Ok(latest)
}

/// The comments of a conversation that have files.
pub(super) fn with_files(
    conn: &mut Conn,
    company: CompanyId,
    conversation: ConversationId,
) -> db::Result<Vec<CommentId>> {
    let rows: Vec<(CommentId,)> = conn.all(
        "SELECT id FROM comments WHERE company = $1 AND conversation = $2 AND attachment_count > 0",
        args![company, conversation],
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

//! The statements about comments.

use db::{Conn, args, list};

use super::Comment;
use crate::ids::{CommentId, CompanyId, TeammateId};

pub(crate) const COLUMNS: &str =
    "id, conversation, author, body, replied_to, is_pinned, attachment_count, posted_at, edited_at";

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

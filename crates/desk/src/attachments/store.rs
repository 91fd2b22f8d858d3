//! The statements about attachments.

use std::collections::HashMap;

use db::{Conn, args, list};

use super::{Attachment, Owner, Upload};
use crate::ids::{AttachmentId, CompanyId};
use crate::time::Timestamp;

pub(crate) fn insert(
    conn: &mut Conn,
    company: CompanyId,
    id: AttachmentId,
    owner: Owner,
    upload: &Upload,
    now: Timestamp,
) -> db::Result<u64> {
    let (kind, owner) = owner.key();
    conn.exec(
        "INSERT INTO attachments (company, id, owner_kind, owner, filename, content_type, size, digest, is_inline, cid, \
         created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        args![
            company,
            id,
            kind,
            owner,
            upload.filename,
            upload.content_type,
            upload.size,
            upload.digest,
            upload.cid.is_some(),
            upload.cid,
            now
        ],
    )
}

/// The files of several owners of one kind, by owner, in the order they were hung on.
pub(crate) fn of(
    conn: &mut Conn,
    company: CompanyId,
    owner_kind: &str,
    owners: &[i64],
) -> db::Result<HashMap<i64, Vec<Attachment>>> {
    let mut found: HashMap<i64, Vec<Attachment>> = HashMap::new();
    if owners.is_empty() {
        return Ok(found);
    }
    let among = conn.among(3);
    let sql = format!(
        "SELECT id, owner_kind, owner, filename, content_type, size, digest, is_inline, cid FROM attachments \
         WHERE company = $1 AND owner_kind = $2 AND owner IN {among} ORDER BY owner, id"
    );
    let rows: Vec<Attachment> = conn.all(&sql, args![company, owner_kind, list(owners.iter().copied())])?;
    for row in rows {
        found.entry(row.owner).or_default().push(row);
    }
    Ok(found)
}

/// Takes all files off an owner. Their content stays until a sweep finds that nothing refers to it.
pub(super) fn detach(conn: &mut Conn, company: CompanyId, owner: Owner) -> db::Result<u64> {
    let (kind, owner) = owner.key();
    conn.exec(
        "DELETE FROM attachments WHERE company = $1 AND owner_kind = $2 AND owner = $3",
        args![company, kind, owner],
    )
}

/// The same for several owners of one kind.
pub(super) fn detach_all(conn: &mut Conn, company: CompanyId, owner_kind: &str, owners: &[i64]) -> db::Result<u64> {
    let among = conn.among(3);
    let sql = format!("DELETE FROM attachments WHERE company = $1 AND owner_kind = $2 AND owner IN {among}");
    conn.exec(&sql, args![company, owner_kind, list(owners.iter().copied())])
}

pub(super) fn get(conn: &mut Conn, company: CompanyId, id: AttachmentId) -> db::Result<Option<Attachment>> {
    conn.opt(
        "SELECT id, owner_kind, owner, filename, content_type, size, digest, is_inline, cid FROM attachments \
         WHERE company = $1 AND id = $2",
        args![company, id],
    )
}

/// Whether any row refers to a content.
/// The contents that a company's rows refer to, in their order, behind one of them.
pub(super) fn digests(conn: &mut Conn, company: CompanyId, after: &str, most: i64) -> db::Result<Vec<String>> {
    let rows: Vec<(String,)> = conn.all(
        "SELECT digest FROM attachments WHERE company = $1 AND digest > $2 GROUP BY digest ORDER BY digest LIMIT $3",
        args![company, after, most],
    )?;
    Ok(rows.into_iter().map(|(digest,)| digest).collect())
}

pub(super) fn is_used(conn: &mut Conn, company: CompanyId, digest: &str) -> db::Result<bool> {
    let row: Option<(i64,)> =
        conn.opt("SELECT id FROM attachments WHERE company = $1 AND digest = $2 LIMIT 1", args![company, digest])?;
    Ok(row.is_some())
}

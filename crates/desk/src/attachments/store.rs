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

//! The statements about sign-in links and sessions.

use db::{Conn, args};

use crate::ids::{CompanyId, TeammateId};
use crate::time::Timestamp;

pub(super) fn insert_link(
    conn: &mut Conn,
    company: CompanyId,
    digest: &[u8],
    teammate: TeammateId,
    expires_at: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO login_links (company, digest, teammate, expires_at) VALUES ($1, $2, $3, $4)",
        args![company, digest, teammate, expires_at],
    )
}

/// Takes a link away, and answers whose it was.
pub(super) fn take_link(
    conn: &mut Conn,
    company: CompanyId,
    digest: &[u8],
    now: Timestamp,
) -> db::Result<Option<TeammateId>> {
    let row: Option<(TeammateId,)> = conn.opt(
        "DELETE FROM login_links WHERE company = $1 AND digest = $2 AND expires_at > $3 RETURNING teammate",
        args![company, digest, now],
    )?;
    Ok(row.map(|(teammate,)| teammate))
}

pub(super) fn forget_links(conn: &mut Conn, company: CompanyId, now: Timestamp) -> db::Result<u64> {
    conn.exec("DELETE FROM login_links WHERE company = $1 AND expires_at <= $2", args![company, now])
}

pub(super) fn insert(
    conn: &mut Conn,
    company: CompanyId,
    digest: &[u8],
    teammate: TeammateId,
    (created_at, expires_at): (Timestamp, Timestamp),
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO sessions (company, digest, teammate, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        args![company, digest, teammate, created_at, expires_at],
    )
}

pub(super) fn find(
    conn: &mut Conn,
    company: CompanyId,
    digest: &[u8],
    now: Timestamp,
) -> db::Result<Option<TeammateId>> {
    let row: Option<(TeammateId,)> = conn.opt(
        "SELECT teammate FROM sessions WHERE company = $1 AND digest = $2 AND expires_at > $3",
        args![company, digest, now],
    )?;
    Ok(row.map(|(teammate,)| teammate))
}

pub(super) fn delete(conn: &mut Conn, company: CompanyId, digest: &[u8]) -> db::Result<u64> {
    conn.exec("DELETE FROM sessions WHERE company = $1 AND digest = $2", args![company, digest])
}

pub(super) fn forget(conn: &mut Conn, company: CompanyId, now: Timestamp) -> db::Result<u64> {
    conn.exec("DELETE FROM sessions WHERE company = $1 AND expires_at <= $2", args![company, now])
}

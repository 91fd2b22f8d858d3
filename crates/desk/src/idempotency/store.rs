//! The statements about kept answers.

use db::{Conn, args};

use super::Kept;
use crate::ids::{CompanyId, TokenId};
use crate::time::Timestamp;

pub(super) fn find(
    conn: &mut Conn,
    company: CompanyId,
    token: TokenId,
    key: &str,
    since: Timestamp,
) -> db::Result<Option<Kept>> {
    conn.opt(
        "SELECT fingerprint, status, location, body FROM idempotency \
         WHERE company = $1 AND token = $2 AND key = $3 AND created_at > $4",
        args![company, token, key, since],
    )
}

pub(super) fn keep(
    conn: &mut Conn,
    company: CompanyId,
    token: TokenId,
    key: &str,
    kept: &Kept,
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO idempotency (company, token, key, fingerprint, status, location, body, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![company, token, key, kept.fingerprint, kept.status, kept.location, kept.body, now],
    )
}

pub(super) fn forget(conn: &mut Conn, company: CompanyId, before: Timestamp) -> db::Result<u64> {
    conn.exec("DELETE FROM idempotency WHERE company = $1 AND created_at <= $2", args![company, before])
}

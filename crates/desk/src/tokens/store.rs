//! The statements about tokens.

use db::{Conn, args};

use super::Token;
use crate::ids::{CompanyId, TokenId};
use crate::time::Timestamp;

const COLUMNS: &str = "id, name, digest, scopes, namespaces, bot, created_at, last_used_at, revoked_at";

pub(crate) fn get(conn: &mut Conn, company: CompanyId, id: TokenId) -> db::Result<Option<Token>> {
    conn.opt(&format!("SELECT {COLUMNS} FROM tokens WHERE company = $1 AND id = $2"), args![company, id])
}

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Token>> {
    conn.all(
        &format!("SELECT {COLUMNS} FROM tokens WHERE company = $1 AND revoked_at IS NULL ORDER BY id"),
        args![company],
    )
}

pub(crate) fn insert(conn: &mut Conn, company: CompanyId, token: &Token) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO tokens (company, id, name, digest, scopes, namespaces, bot, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![company, token.id, token.name, token.digest, token.scopes, token.namespaces, token.bot, token.created_at],
    )
}

pub(crate) fn note_use(conn: &mut Conn, company: CompanyId, id: TokenId, now: Timestamp) -> db::Result<u64> {
    conn.exec("UPDATE tokens SET last_used_at = $3 WHERE company = $1 AND id = $2", args![company, id, now])
}

pub(crate) fn revoke(conn: &mut Conn, company: CompanyId, id: TokenId, now: Timestamp) -> db::Result<u64> {
    conn.exec(
        "UPDATE tokens SET revoked_at = $3 WHERE company = $1 AND id = $2 AND revoked_at IS NULL",
        args![company, id, now],
    )
}

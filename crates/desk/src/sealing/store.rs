//! The statements about the key of a store.

use db::{Conn, args};

use crate::ids::CompanyId;

/// Where the row is that belongs to no company.
const SERVER: CompanyId = CompanyId(0);

pub(super) fn check(conn: &mut Conn) -> db::Result<Option<Vec<u8>>> {
    let row: Option<(Vec<u8>,)> = conn.opt("SELECT sealed FROM key_checks WHERE company = $1", args![SERVER])?;
    Ok(row.map(|(sealed,)| sealed))
}

/// Keeps it unless there is one. Answers whether there was none.
pub(super) fn insert_check(conn: &mut Conn, sealed: &[u8]) -> db::Result<u64> {
    let sql = "INSERT INTO key_checks (company, sealed) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    conn.exec(sql, args![SERVER, sealed.to_vec()])
}

/// Writes the row as it is.
pub(super) fn touch_check(conn: &mut Conn) -> db::Result<u64> {
    conn.exec("UPDATE key_checks SET sealed = sealed WHERE company = $1", args![SERVER])
}

pub(super) fn replace_check(conn: &mut Conn, sealed: &[u8]) -> db::Result<u64> {
    let sql = "INSERT INTO key_checks (company, sealed) VALUES ($1, $2) \
               ON CONFLICT (company) DO UPDATE SET sealed = excluded.sealed";
    conn.exec(sql, args![SERVER, sealed.to_vec()])
}

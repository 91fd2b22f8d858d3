//! The directory's version.

use db::{Conn, args};

use crate::ids::CompanyId;

pub(crate) fn version(conn: &mut Conn, company: CompanyId) -> db::Result<i64> {
    let (version,): (i64,) = conn.one("SELECT version FROM directory_versions WHERE company = $1", args![company])?;
    Ok(version)
}

pub(crate) fn raise(conn: &mut Conn, company: CompanyId) -> db::Result<u64> {
    conn.exec("UPDATE directory_versions SET version = version + 1 WHERE company = $1", args![company])
}

//! The statements about endpoints.

use db::{Conn, args, list};

use super::{Endpoint, Wanted};
use crate::ids::{CompanyId, EndpointId};
use crate::time::Timestamp;

const COLUMNS: &str = "id, kind, owner, url, shape, retries, created_at";

pub(super) fn find(conn: &mut Conn, company: CompanyId, wanted: Wanted<'_>) -> db::Result<Option<EndpointId>> {
    let row: Option<(EndpointId,)> = conn.opt(
        "SELECT id FROM endpoints WHERE company = $1 AND kind = $2 AND owner = $3 AND url = $4 AND shape = $5 \
         AND retries = $6",
        args![company, wanted.kind, wanted.owner, wanted.url, wanted.shape, wanted.retries],
    )?;
    Ok(row.map(|(id,)| id))
}

/// Adds it, and answers with the one that was there if somebody else was first.
pub(super) fn insert(
    conn: &mut Conn,
    company: CompanyId,
    id: EndpointId,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> db::Result<EndpointId> {
    let (id,): (EndpointId,) = conn.one(
        "INSERT INTO endpoints (company, id, kind, owner, url, shape, retries, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (company, kind, owner, url, shape, retries) DO UPDATE SET kind = excluded.kind RETURNING id",
        args![company, id, wanted.kind, wanted.owner, wanted.url, wanted.shape, wanted.retries, now],
    )?;
    Ok(id)
}

pub(super) fn get(conn: &mut Conn, company: CompanyId, id: EndpointId) -> db::Result<Option<Endpoint>> {
    conn.opt(&format!("SELECT {COLUMNS} FROM endpoints WHERE company = $1 AND id = $2"), args![company, id])
}

pub(super) fn by_ids(conn: &mut Conn, company: CompanyId, ids: &[EndpointId]) -> db::Result<Vec<Endpoint>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let among = conn.among(2);
    let sql = format!("SELECT {COLUMNS} FROM endpoints WHERE company = $1 AND id IN {among} ORDER BY id");
    conn.all(&sql, args![company, list(ids.iter().map(|id| id.0))])
}

pub(super) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Endpoint>> {
    conn.all(&format!("SELECT {COLUMNS} FROM endpoints WHERE company = $1 ORDER BY id"), args![company])
}

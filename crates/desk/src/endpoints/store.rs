//! The statements about endpoints.

use db::{Conn, args, list};

use super::{Endpoint, Wanted};
use crate::ids::{CompanyId, DeliveryId, EndpointId};
use crate::time::Timestamp;

const COLUMNS: &str = "id, kind, owner, url, shape, retries, created_at, failing_since, disabled_at, recovered_to";

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

/// The one endpoint of an owner that has just one.
pub(super) fn of_owner(conn: &mut Conn, company: CompanyId, kind: &str, owner: i64) -> db::Result<Option<Endpoint>> {
    let sql =
        format!("SELECT {COLUMNS} FROM endpoints WHERE company = $1 AND kind = $2 AND owner = $3 ORDER BY id LIMIT 1");
    conn.opt(&sql, args![company, kind, owner])
}

pub(super) fn follow(conn: &mut Conn, company: CompanyId, id: EndpointId, url: &str, retries: &str) -> db::Result<u64> {
    conn.exec(
        "UPDATE endpoints SET url = $3, retries = $4 WHERE company = $1 AND id = $2",
        args![company, id, url, retries],
    )
}

pub(super) fn set_failing(conn: &mut Conn, company: CompanyId, id: EndpointId, since: Timestamp) -> db::Result<u64> {
    conn.exec("UPDATE endpoints SET failing_since = $3 WHERE company = $1 AND id = $2", args![company, id, since])
}

pub(super) fn set_well(conn: &mut Conn, company: CompanyId, id: EndpointId) -> db::Result<u64> {
    conn.exec(
        "UPDATE endpoints SET failing_since = NULL WHERE company = $1 AND id = $2 AND disabled_at IS NULL",
        args![company, id],
    )
}

/// Switches it off since an instant, or on; then it begins anew.
pub(super) fn set_disabled(
    conn: &mut Conn,
    company: CompanyId,
    id: EndpointId,
    since: Option<Timestamp>,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE endpoints SET disabled_at = $3, recovered_to = NULL, \
         failing_since = CASE WHEN $4 THEN NULL ELSE failing_since END WHERE company = $1 AND id = $2",
        args![company, id, since, since.is_none()],
    )
}

pub(super) fn set_recovered(
    conn: &mut Conn,
    company: CompanyId,
    id: EndpointId,
    delivery: DeliveryId,
) -> db::Result<u64> {
    conn.exec("UPDATE endpoints SET recovered_to = $3 WHERE company = $1 AND id = $2", args![company, id, delivery])
}

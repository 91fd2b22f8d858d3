//! The statements about views.

use db::{Conn, args};

use super::Stored;
use crate::ids::{CompanyId, TeamId, TeammateId, ViewId};
use crate::time::Timestamp;

/// The columns of a view, in the order of the record.
pub(super) const COLUMNS: &str = "id, team, name, highlight, filter";

pub(super) fn get(conn: &mut Conn, company: CompanyId, id: ViewId) -> db::Result<Option<Stored>> {
    conn.opt(&format!("SELECT {COLUMNS} FROM views WHERE company = $1 AND id = $2"), args![company, id])
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, row: &Stored, now: Timestamp) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO views (company, id, team, name, highlight, filter, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        args![company, row.id, row.team, row.name, row.highlight, row.filter, now],
    )
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, row: &Stored, now: Timestamp) -> db::Result<u64> {
    conn.exec(
        "UPDATE views SET name = $3, highlight = $4, filter = $5, updated_at = $6 WHERE company = $1 AND id = $2",
        args![company, row.id, row.name, row.highlight, row.filter, now],
    )
}

/// Puts a view into a sidebar; 0 if it is there already.
pub(super) fn add_teammate(conn: &mut Conn, company: CompanyId, view: ViewId, teammate: TeammateId) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO view_teammates (company, view, teammate) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        args![company, view, teammate],
    )
}

pub(super) fn teammates(conn: &mut Conn, company: CompanyId, view: ViewId) -> db::Result<Vec<TeammateId>> {
    let rows: Vec<(TeammateId,)> = conn.all(
        "SELECT teammate FROM view_teammates WHERE company = $1 AND view = $2 ORDER BY teammate",
        args![company, view],
    )?;
    Ok(rows.into_iter().map(|(teammate,)| teammate).collect())
}

/// Takes every view of a workspace out of a sidebar.
pub(super) fn leave(conn: &mut Conn, company: CompanyId, team: TeamId, teammate: TeammateId) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM view_teammates WHERE company = $1 AND teammate = $3 \
         AND view IN (SELECT id FROM views WHERE company = $1 AND team = $2)",
        args![company, team, teammate],
    )
}

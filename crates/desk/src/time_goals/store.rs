//! The statements about time goals.

use db::{Conn, args};

use super::Stored;
use crate::ids::{CompanyId, TimeGoalId};
use crate::time::Timestamp;

const COLUMNS: &str = "id, team, name, is_enabled, definition, applies_tag, warning_tag, breach_tag";

pub(super) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Stored>> {
    conn.all(&format!("SELECT {COLUMNS} FROM time_goals WHERE company = $1 ORDER BY id"), args![company])
}

pub(super) fn get(conn: &mut Conn, company: CompanyId, id: TimeGoalId) -> db::Result<Option<Stored>> {
    conn.opt(&format!("SELECT {COLUMNS} FROM time_goals WHERE company = $1 AND id = $2"), args![company, id])
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, row: &Stored, now: Timestamp) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO time_goals (company, id, team, name, is_enabled, definition, applies_tag, warning_tag, breach_tag, \
         created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        args![
            company,
            row.id,
            row.team,
            row.name,
            row.is_enabled,
            row.definition,
            row.applies_tag,
            row.warning_tag,
            row.breach_tag,
            now
        ],
    )
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, row: &Stored, now: Timestamp) -> db::Result<u64> {
    conn.exec(
        "UPDATE time_goals SET name = $3, is_enabled = $4, definition = $5, applies_tag = $6, warning_tag = $7, \
         breach_tag = $8, updated_at = $9 WHERE company = $1 AND id = $2",
        args![
            company,
            row.id,
            row.name,
            row.is_enabled,
            row.definition,
            row.applies_tag,
            row.warning_tag,
            row.breach_tag,
            now
        ],
    )
}

pub(super) fn delete(conn: &mut Conn, company: CompanyId, id: TimeGoalId) -> db::Result<u64> {
    conn.exec("DELETE FROM time_goals WHERE company = $1 AND id = $2", args![company, id])
}

//! The statements about shifts.

use db::{Conn, Json, args};
use serde_json::Value;

use super::Shift;
use crate::ids::{CompanyId, ShiftId, TeamId, TeammateId};
use crate::time::Timestamp;

db::record! {
    /// A shift as stored.
    pub(super) struct Stored {
        pub(super) id: ShiftId,
        pub(super) team: TeamId,
        pub(super) name: String,
        pub(super) color: String,
        pub(super) zone: String,
        pub(super) times: Value,
        pub(super) created_at: Timestamp,
        pub(super) updated_at: Timestamp,
    }
}

pub(super) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Stored>> {
    conn.all(
        "SELECT id, team, name, color, zone, times, created_at, updated_at FROM shifts WHERE company = $1 ORDER BY id",
        args![company],
    )
}

/// Who works when, by shift and teammate.
pub(super) fn members(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<(ShiftId, TeammateId)>> {
    conn.all("SELECT shift, teammate FROM shift_members WHERE company = $1 ORDER BY shift, teammate", args![company])
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, shift: &Shift) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO shifts (company, id, team, name, color, zone, times, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            company,
            shift.id,
            shift.team,
            shift.name,
            shift.color,
            shift.zone,
            Json::of(&shift.times),
            shift.created_at,
            shift.updated_at
        ],
    )
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, shift: &Shift) -> db::Result<u64> {
    conn.exec(
        "UPDATE shifts SET name = $3, color = $4, zone = $5, times = $6, updated_at = $7 WHERE company = $1 AND id = $2",
        args![company, shift.id, shift.name, shift.color, shift.zone, Json::of(&shift.times), shift.updated_at],
    )
}

/// Adds a member; 0 if they worked in it.
pub(super) fn add(conn: &mut Conn, company: CompanyId, shift: ShiftId, teammate: TeammateId) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO shift_members (company, shift, teammate) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        args![company, shift, teammate],
    )
}

/// Removes a member; 0 if there was none.
pub(super) fn remove(conn: &mut Conn, company: CompanyId, shift: ShiftId, teammate: TeammateId) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM shift_members WHERE company = $1 AND shift = $2 AND teammate = $3",
        args![company, shift, teammate],
    )
}

/// Takes a teammate out of every shift of a workspace.
pub(super) fn leave(conn: &mut Conn, company: CompanyId, team: TeamId, teammate: TeammateId) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM shift_members WHERE company = $1 AND teammate = $3 \
         AND shift IN (SELECT id FROM shifts WHERE company = $1 AND team = $2)",
        args![company, team, teammate],
    )
}

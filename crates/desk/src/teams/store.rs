//! The statements about workspaces.

use db::{Conn, args};

use super::{Member, Team};
use crate::ids::{CompanyId, TeamId, TeammateId};
use crate::time::Timestamp;

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Team>> {
    conn.all("SELECT id, name, assign_limit FROM teams WHERE company = $1 ORDER BY id", args![company])
}

pub(crate) fn members(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Member>> {
    conn.all(
        "SELECT team, teammate, is_admin FROM team_members WHERE company = $1 ORDER BY team, teammate",
        args![company],
    )
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, team: &Team, now: Timestamp) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO teams (company, id, name, assign_limit, created_at) VALUES ($1, $2, $3, $4, $5)",
        args![company, team.id, team.name, team.assign_limit, now],
    )
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, team: &Team) -> db::Result<u64> {
    conn.exec(
        "UPDATE teams SET name = $3, assign_limit = $4 WHERE company = $1 AND id = $2",
        args![company, team.id, team.name, team.assign_limit],
    )
}

/// Adds a member; 0 if they belonged to it.
pub(super) fn add(conn: &mut Conn, company: CompanyId, member: &Member) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO team_members (company, team, teammate, is_admin) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        args![company, member.team, member.teammate, member.is_admin],
    )
}

/// Removes a member; 0 if there was none.
pub(super) fn remove(conn: &mut Conn, company: CompanyId, team: TeamId, teammate: TeammateId) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM team_members WHERE company = $1 AND team = $2 AND teammate = $3",
        args![company, team, teammate],
    )
}

/// Ends a teammate's access by name to the inboxes of a workspace.
pub(super) fn shut_out(conn: &mut Conn, company: CompanyId, team: TeamId, teammate: TeammateId) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM inbox_access WHERE company = $1 AND teammate = $3 \
         AND inbox IN (SELECT id FROM inboxes WHERE company = $1 AND team = $2)",
        args![company, team, teammate],
    )
}

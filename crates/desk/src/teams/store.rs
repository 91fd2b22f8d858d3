//! The statements about workspaces.

use db::{Conn, args};

use super::{Member, Team};
use crate::ids::CompanyId;

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Team>> {
    conn.all("SELECT id, name, assign_limit FROM teams WHERE company = $1 ORDER BY id", args![company])
}

pub(crate) fn members(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Member>> {
    conn.all(
        "SELECT team, teammate, is_admin FROM team_members WHERE company = $1 ORDER BY team, teammate",
        args![company],
    )
}

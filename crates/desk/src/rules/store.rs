//! The statements about rules.

use db::{Conn, args};
use serde_json::Value;

use crate::ids::{CompanyId, RuleId, TeamId, TeammateId};

db::record! {
    /// A rule as stored.
    #[derive(Debug, Clone)]
    pub struct Stored {
        pub id: RuleId,
        pub team: Option<TeamId>,
        pub owner: Option<TeammateId>,
        pub name: String,
        pub position: i64,
        pub is_enabled: bool,
        pub is_macro: bool,
        pub version: i64,
        pub definition: Value,
        pub bot: TeammateId,
    }
}

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Stored>> {
    conn.all(
        "SELECT id, team, owner, name, position, is_enabled, is_macro, version, definition, bot FROM rules \
         WHERE company = $1 AND deleted_at IS NULL ORDER BY id",
        args![company],
    )
}

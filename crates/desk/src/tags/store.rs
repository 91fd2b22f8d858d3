//! The statements about tags.

use db::{Conn, args};

use super::Tag;
use crate::ids::CompanyId;

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Tag>> {
    conn.all(
        "SELECT id, team, owner, parent, name, description, highlight, is_visible, created_at, updated_at \
         FROM tags WHERE company = $1 ORDER BY id",
        args![company],
    )
}

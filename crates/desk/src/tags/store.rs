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

pub(super) fn insert(conn: &mut Conn, company: CompanyId, tag: &Tag) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO tags (company, id, team, owner, parent, name, description, highlight, is_visible, created_at, \
         updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        args![
            company,
            tag.id,
            tag.team,
            tag.owner,
            tag.parent,
            tag.name,
            tag.description,
            tag.highlight,
            tag.is_visible,
            tag.created_at,
            tag.updated_at
        ],
    )
}

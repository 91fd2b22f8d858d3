//! The statements about tags.

use db::{Conn, args};

use super::Tag;
use crate::ids::{CompanyId, TagId};
use crate::time::Timestamp;

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

pub(super) fn update(conn: &mut Conn, company: CompanyId, tag: &Tag) -> db::Result<u64> {
    conn.exec(
        "UPDATE tags SET parent = $3, name = $4, description = $5, highlight = $6, is_visible = $7, updated_at = $8 \
         WHERE company = $1 AND id = $2",
        args![company, tag.id, tag.parent, tag.name, tag.description, tag.highlight, tag.is_visible, tag.updated_at],
    )
}

/// Puts the children of a tag where it was itself.
pub(super) fn raise_children(
    conn: &mut Conn,
    company: CompanyId,
    id: TagId,
    parent: Option<TagId>,
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE tags SET parent = $3, updated_at = $4 WHERE company = $1 AND parent = $2",
        args![company, id, parent, now],
    )
}

pub(super) fn delete(conn: &mut Conn, company: CompanyId, id: TagId) -> db::Result<u64> {
    conn.exec("DELETE FROM tags WHERE company = $1 AND id = $2", args![company, id])
}

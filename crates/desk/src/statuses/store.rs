//! The statements about ticket statuses.

use db::{Conn, args};

use super::Status;
use crate::ids::CompanyId;

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Status>> {
    conn.all(
        "SELECT id, name, category, description, is_default, created_at, updated_at FROM statuses \
         WHERE company = $1 ORDER BY id",
        args![company],
    )
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, status: &Status) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO statuses (company, id, name, category, description, is_default, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            company,
            status.id,
            status.name,
            status.category,
            status.description,
            status.is_default,
            status.created_at,
            status.updated_at
        ],
    )
}

/// Leaves a category without a default, for the moment until it gets another one.
pub(super) fn end_default(conn: &mut Conn, company: CompanyId, category: &str) -> db::Result<u64> {
    conn.exec(
        "UPDATE statuses SET is_default = FALSE WHERE company = $1 AND category = $2 AND is_default",
        args![company, category],
    )
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, status: &Status) -> db::Result<u64> {
    conn.exec(
        "UPDATE statuses SET name = $3, description = $4, is_default = $5, updated_at = $6 \
         WHERE company = $1 AND id = $2",
        args![company, status.id, status.name, status.description, status.is_default, status.updated_at],
    )
}

//! The statements about teammates.

use db::{Conn, args};

use super::{New, Teammate};
use crate::ids::{CompanyId, TeammateId};
use crate::time::Timestamp;

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Teammate>> {
    conn.all(
        "SELECT id, type, email, username, first_name, last_name, is_admin, is_available, is_blocked, bot_source, \
         exposes_private, custom_fields FROM teammates WHERE company = $1 ORDER BY id",
        args![company],
    )
}

pub(crate) fn insert(
    conn: &mut Conn,
    company: CompanyId,
    id: TeammateId,
    new: &New,
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO teammates (company, id, type, email, username, first_name, last_name, is_admin, is_available, \
         is_blocked, bot_source, exposes_private, custom_fields, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, TRUE, FALSE, $9, FALSE, $10, $11)",
        args![
            company,
            id,
            new.r#type,
            new.email,
            new.username,
            new.first_name,
            new.last_name,
            new.is_admin,
            new.bot_source,
            serde_json::json!({}),
            now
        ],
    )
}

pub(super) fn set_exposes_private(
    conn: &mut Conn,
    company: CompanyId,
    id: TeammateId,
    exposes: bool,
) -> db::Result<u64> {
    conn.exec("UPDATE teammates SET exposes_private = $3 WHERE company = $1 AND id = $2", args![company, id, exposes])
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, row: &Teammate) -> db::Result<u64> {
    conn.exec(
        "UPDATE teammates SET username = $3, first_name = $4, last_name = $5, is_available = $6, is_blocked = $7, \
         is_admin = $8, custom_fields = $9 WHERE company = $1 AND id = $2",
        args![
            company,
            row.id,
            row.username,
            row.first_name,
            row.last_name,
            row.is_available,
            row.is_blocked,
            row.is_admin,
            row.custom_fields
        ],
    )
}

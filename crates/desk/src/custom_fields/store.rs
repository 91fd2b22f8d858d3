//! The statements about custom field definitions.

use db::{Conn, args};

use super::CustomField;
use crate::ids::{CompanyId, CustomFieldId};
use crate::time::Timestamp;

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<CustomField>> {
    conn.all(
        "SELECT id, owner_kind, name, description, type, choices FROM custom_fields WHERE company = $1 ORDER BY id",
        args![company],
    )
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, field: &CustomField, now: Timestamp) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO custom_fields (company, id, owner_kind, name, description, type, choices, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![company, field.id, field.owner_kind, field.name, field.description, field.r#type, field.choices, now],
    )
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, field: &CustomField) -> db::Result<u64> {
    conn.exec(
        "UPDATE custom_fields SET description = $3, choices = $4 WHERE company = $1 AND id = $2",
        args![company, field.id, field.description, field.choices],
    )
}

pub(super) fn delete(conn: &mut Conn, company: CompanyId, id: CustomFieldId) -> db::Result<u64> {
    conn.exec("DELETE FROM custom_fields WHERE company = $1 AND id = $2", args![company, id])
}

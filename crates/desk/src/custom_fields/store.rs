//! The statements about custom field definitions.

use db::{Conn, args};
use serde_json::Value;

use super::CustomField;
use crate::ids::{CompanyId, CustomFieldId};
use crate::time::Timestamp;

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<CustomField>> {
    conn.all(
        "SELECT id, owner_kind, name, description, type, choices FROM custom_fields WHERE company = $1 \
         AND deleted_at IS NULL ORDER BY id",
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

pub(super) fn leave(conn: &mut Conn, company: CompanyId, id: CustomFieldId, now: Timestamp) -> db::Result<u64> {
    conn.exec("UPDATE custom_fields SET deleted_at = $3 WHERE company = $1 AND id = $2", args![company, id, now])
}

/// What a deleted field was on whose values are not all gone yet.
pub(super) fn leaving(conn: &mut Conn, company: CompanyId, id: CustomFieldId) -> db::Result<Option<String>> {
    let row: Option<(String,)> = conn.opt(
        "SELECT owner_kind FROM custom_fields WHERE company = $1 AND id = $2 AND deleted_at IS NOT NULL",
        args![company, id],
    )?;
    Ok(row.map(|(owner_kind,)| owner_kind))
}

pub(super) fn all_leaving(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<CustomFieldId>> {
    let rows: Vec<(CustomFieldId,)> = conn.all(
        "SELECT id FROM custom_fields WHERE company = $1 AND deleted_at IS NOT NULL ORDER BY id",
        args![company],
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Whether values are still being taken away that an earlier version left behind, whatever their fields were called.
pub(super) fn is_being_tidied(conn: &mut Conn, company: CompanyId, owner_kind: &str) -> db::Result<bool> {
    let row: Option<(i64,)> = conn.opt(
        "SELECT id FROM custom_fields WHERE company = $1 AND owner_kind = $2 AND name = ''",
        args![company, owner_kind],
    )?;
    Ok(row.is_some())
}

/// Where the things of a kind lie. The fields of an application object are its app's, whatever they are called.
pub(super) fn table(owner_kind: &str) -> Option<(&'static str, &'static str)> {
    match owner_kind {
        "account" => Some(("accounts", "")),
        "contact" => Some(("contacts", "")),
        "conversation" => Some(("conversations", "")),
        "inbox" => Some(("inboxes", "")),
        "link" => Some(("links", "AND substr(type, 1, 4) <> 'app_' ")),
        "teammate" => Some(("teammates", "")),
        _ => None,
    }
}

/// Whether things of a kind are held in memory.
pub(super) fn is_in_directory(owner_kind: &str) -> bool {
    matches!(owner_kind, "inbox" | "teammate")
}

/// The next things behind one, and the values they have.
pub(super) fn values(
    conn: &mut Conn,
    company: CompanyId,
    (table, only): (&str, &str),
    after: i64,
    limit: i64,
) -> db::Result<Vec<(i64, Value)>> {
    let sql =
        format!("SELECT id, custom_fields FROM {table} WHERE company = $1 AND id > $2 {only}ORDER BY id LIMIT $3");
    conn.all(&sql, args![company, after, limit])
}

pub(super) fn set_values(
    conn: &mut Conn,
    company: CompanyId,
    (table, _): (&str, &str),
    id: i64,
    values: &Value,
) -> db::Result<u64> {
    let sql = format!("UPDATE {table} SET custom_fields = $3 WHERE company = $1 AND id = $2");
    conn.exec(&sql, args![company, id, values])
}

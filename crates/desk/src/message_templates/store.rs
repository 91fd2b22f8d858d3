//! The statements about message templates and their folders.

use std::collections::HashMap;

use db::{Conn, args, list};

use super::{Entry, Folder, Said};
use crate::ids::{CompanyId, MessageTemplateId};

pub(crate) fn entries(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Entry>> {
    conn.all(
        "SELECT id, team, owner, folder, name, created_at, updated_at FROM message_templates WHERE company = $1 ORDER BY id",
        args![company],
    )
}

pub(crate) fn folders(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Folder>> {
    conn.all(
        "SELECT id, team, owner, parent, name, created_at, updated_at FROM message_template_folders \
         WHERE company = $1 ORDER BY id",
        args![company],
    )
}

/// What templates say, by template.
pub(super) fn said(conn: &mut Conn, company: CompanyId, ids: &[i64]) -> db::Result<HashMap<MessageTemplateId, Said>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let among = conn.among(2);
    let sql = format!("SELECT id, subject, inboxes, body FROM message_templates WHERE company = $1 AND id IN {among}");
    let rows: Vec<Said> = conn.all(&sql, args![company, list(ids.iter().copied())])?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, entry: &Entry, said: &Said) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO message_templates (company, id, team, owner, folder, name, created_at, updated_at, subject, inboxes, \
         body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        args![
            company,
            entry.id,
            entry.team,
            entry.owner,
            entry.folder,
            entry.name,
            entry.created_at,
            entry.updated_at,
            said.subject,
            said.inboxes,
            said.body
        ],
    )
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, entry: &Entry, said: &Said) -> db::Result<u64> {
    conn.exec(
        "UPDATE message_templates SET folder = $3, name = $4, updated_at = $5, subject = $6, inboxes = $7, body = $8 \
         WHERE company = $1 AND id = $2",
        args![company, entry.id, entry.folder, entry.name, entry.updated_at, said.subject, said.inboxes, said.body],
    )
}

pub(super) fn delete_all(conn: &mut Conn, company: CompanyId, ids: &[i64]) -> db::Result<u64> {
    let among = conn.among(2);
    let sql = format!("DELETE FROM message_templates WHERE company = $1 AND id IN {among}");
    conn.exec(&sql, args![company, list(ids.iter().copied())])
}

pub(super) fn insert_folder(conn: &mut Conn, company: CompanyId, folder: &Folder) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO message_template_folders (company, id, team, owner, parent, name, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            company,
            folder.id,
            folder.team,
            folder.owner,
            folder.parent,
            folder.name,
            folder.created_at,
            folder.updated_at
        ],
    )
}

pub(super) fn update_folder(conn: &mut Conn, company: CompanyId, folder: &Folder) -> db::Result<u64> {
    conn.exec(
        "UPDATE message_template_folders SET parent = $3, name = $4, updated_at = $5 WHERE company = $1 AND id = $2",
        args![company, folder.id, folder.parent, folder.name, folder.updated_at],
    )
}

pub(super) fn delete_folders(conn: &mut Conn, company: CompanyId, ids: &[i64]) -> db::Result<u64> {
    let among = conn.among(2);
    let sql = format!("DELETE FROM message_template_folders WHERE company = $1 AND id IN {among}");
    conn.exec(&sql, args![company, list(ids.iter().copied())])
}

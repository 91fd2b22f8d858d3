//! The statements about contacts.

use db::{Conn, args};

use super::{Contact, Handle};
use crate::ids::{CompanyId, ContactId, ContactListId};

pub(crate) const COLUMNS: &str =
    "id, team, owner, name, description, avatar, links, custom_fields, is_name_manual, created_at, updated_at";

pub(crate) fn get(conn: &mut Conn, company: CompanyId, id: ContactId) -> db::Result<Option<Contact>> {
    conn.opt(&format!("SELECT {COLUMNS} FROM contacts WHERE company = $1 AND id = $2"), args![company, id])
}

pub(crate) fn by_handle(conn: &mut Conn, company: CompanyId, source: &str, key: &str) -> db::Result<Option<ContactId>> {
    let row: Option<(ContactId,)> = conn.opt(
        "SELECT contact FROM handles WHERE company = $1 AND source = $2 AND handle_key = $3",
        args![company, source, key],
    )?;
    Ok(row.map(|(contact,)| contact))
}

pub(crate) fn insert(conn: &mut Conn, company: CompanyId, contact: &Contact) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO contacts (company, id, team, owner, name, description, avatar, links, custom_fields, \
         is_name_manual, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        args![
            company,
            contact.id,
            contact.team,
            contact.owner,
            contact.name,
            contact.description,
            contact.avatar,
            contact.links,
            contact.custom_fields,
            contact.is_name_manual,
            contact.created_at,
            contact.updated_at
        ],
    )
}

/// Adds a handle after the contact's others. A pair that somebody has already is a duplicate.
pub(crate) fn insert_handle(
    conn: &mut Conn,
    company: CompanyId,
    contact: ContactId,
    handle: &Handle,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO handles (company, source, handle_key, handle, contact, position) VALUES ($1, $2, $3, $4, $5, \
         (SELECT count(*) FROM handles h WHERE h.company = $1 AND h.contact = $5))",
        args![company, handle.source, handle.key, handle.handle, contact],
    )
}

pub(crate) fn lists_of(conn: &mut Conn, company: CompanyId, id: ContactId) -> db::Result<Vec<ContactListId>> {
    let rows: Vec<(ContactListId,)> = conn.all(
        "SELECT list FROM contact_list_members WHERE company = $1 AND contact = $2 ORDER BY list",
        args![company, id],
    )?;
    Ok(rows.into_iter().map(|(list,)| list).collect())
}

pub(crate) fn enlist(conn: &mut Conn, company: CompanyId, list: ContactListId, contact: ContactId) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO contact_list_members (company, list, contact) SELECT company, id, $3 FROM contact_lists \
         WHERE company = $1 AND id = $2 ON CONFLICT DO NOTHING",
        args![company, list, contact],
    )
}

pub(crate) fn delist(conn: &mut Conn, company: CompanyId, list: ContactListId, contact: ContactId) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM contact_list_members WHERE company = $1 AND list = $2 AND contact = $3",
        args![company, list, contact],
    )
}

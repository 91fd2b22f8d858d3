//! The statements about contacts.

use db::{Conn, args, list};

use super::notes::Note;
use super::{Contact, Handle, List};
use crate::ids::{AccountId, CompanyId, ContactId, ContactListId};
use crate::paging::{Window, direction};
use crate::time::Timestamp;

/// The columns of a contact, in the order of the record. An account that is gone is none: it is taken off its contacts by
/// and by.
pub const COLUMNS: &str = "id, team, owner, name, description, avatar, links, custom_fields, is_name_manual, created_at, updated_at, \
     (SELECT a.id FROM accounts a WHERE a.company = contacts.company AND a.id = contacts.account) AS account";

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
         is_name_manual, created_at, updated_at, account) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
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
            contact.updated_at,
            contact.account
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

pub(super) fn set_account(
    conn: &mut Conn,
    company: CompanyId,
    id: ContactId,
    account: Option<AccountId>,
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE contacts SET account = $3, updated_at = $4 WHERE company = $1 AND id = $2",
        args![company, id, account, now],
    )
}

/// Puts a shared contact into an account that is in none, or in one that is gone.
pub(super) fn join_account(
    conn: &mut Conn,
    company: CompanyId,
    id: ContactId,
    account: AccountId,
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE contacts SET account = $3, updated_at = $4 WHERE company = $1 AND id = $2 AND owner IS NULL AND NOT EXISTS \
         (SELECT a.id FROM accounts a WHERE a.company = contacts.company AND a.id = contacts.account)",
        args![company, id, account, now],
    )
}

/// Takes up to `limit` contacts out of an account; answers how many there were.
pub(super) fn leave_account(
    conn: &mut Conn,
    company: CompanyId,
    (account, limit): (AccountId, i64),
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE contacts SET account = NULL, updated_at = $3 WHERE company = $1 AND id IN \
         (SELECT id FROM contacts WHERE company = $1 AND account = $2 ORDER BY created_at, id LIMIT $4)",
        args![company, account, now, limit],
    )
}

/// Everything but the account, which is written on its own.
pub(super) fn update(conn: &mut Conn, company: CompanyId, contact: &Contact) -> db::Result<u64> {
    conn.exec(
        "UPDATE contacts SET name = $3, description = $4, avatar = $5, links = $6, custom_fields = $7, \
         is_name_manual = $8, updated_at = $9 WHERE company = $1 AND id = $2",
        args![
            company,
            contact.id,
            contact.name,
            contact.description,
            contact.avatar,
            contact.links,
            contact.custom_fields,
            contact.is_name_manual,
            contact.updated_at
        ],
    )
}

/// Deletes a contact with its handles, notes and memberships; conversations no longer name it.
pub(super) fn delete(conn: &mut Conn, company: CompanyId, id: ContactId) -> db::Result<()> {
    conn.exec("DELETE FROM handles WHERE company = $1 AND contact = $2", args![company, id])?;
    conn.exec("DELETE FROM contact_notes WHERE company = $1 AND contact = $2", args![company, id])?;
    conn.exec("DELETE FROM contact_list_members WHERE company = $1 AND contact = $2", args![company, id])?;
    conn.exec(
        "DELETE FROM participants WHERE company = $1 AND role = 'contact' AND party = $2",
        args![company, id.to_string()],
    )?;
    conn.exec(
        "UPDATE conversations SET recipient_contact = NULL WHERE company = $1 AND recipient_contact = $2",
        args![company, id],
    )?;
    conn.exec("DELETE FROM contacts WHERE company = $1 AND id = $2", args![company, id])?;
    Ok(())
}

/// Gives everything that hangs on a contact to another one.
pub(super) fn hand_over(conn: &mut Conn, company: CompanyId, from: ContactId, to: ContactId) -> db::Result<()> {
    conn.exec(
        "UPDATE handles SET contact = $3, position = position + 1000 WHERE company = $1 AND contact = $2",
        args![company, from, to],
    )?;
    conn.exec("UPDATE contact_notes SET contact = $3 WHERE company = $1 AND contact = $2", args![company, from, to])?;
    conn.exec(
        "INSERT INTO contact_list_members (company, list, contact) SELECT company, list, $3 FROM contact_list_members \
         WHERE company = $1 AND contact = $2 ON CONFLICT DO NOTHING",
        args![company, from, to],
    )?;
    conn.exec(
        "INSERT INTO participants (company, conversation, role, party) SELECT company, conversation, role, \
         CAST($3 AS TEXT) FROM participants WHERE company = $1 AND role = 'contact' AND party = $2 \
         ON CONFLICT DO NOTHING",
        args![company, from.to_string(), to.to_string()],
    )?;
    conn.exec(
        "UPDATE conversations SET recipient_contact = $3 WHERE company = $1 AND recipient_contact = $2",
        args![company, from, to],
    )?;
    Ok(())
}

pub(super) fn delete_handle(conn: &mut Conn, company: CompanyId, source: &str, key: &str) -> db::Result<u64> {
    conn.exec("DELETE FROM handles WHERE company = $1 AND source = $2 AND handle_key = $3", args![company, source, key])
}

/// The handles of several contacts: contact, source, handle, key.
pub(super) fn handles_of(
    conn: &mut Conn,
    company: CompanyId,
    ids: &[ContactId],
) -> db::Result<Vec<(ContactId, String, String, String)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let among = conn.among(2);
    let sql = format!(
        "SELECT contact, source, handle, handle_key FROM handles WHERE company = $1 AND contact IN {among} \
         ORDER BY contact, position, source, handle_key"
    );
    conn.all(&sql, args![company, list(ids.iter().map(|id| id.0))])
}

pub(super) fn memberships(
    conn: &mut Conn,
    company: CompanyId,
    ids: &[ContactId],
) -> db::Result<Vec<(ContactId, ContactListId)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let among = conn.among(2);
    let sql = format!(
        "SELECT contact, list FROM contact_list_members WHERE company = $1 AND contact IN {among} ORDER BY contact, list"
    );
    conn.all(&sql, args![company, list(ids.iter().map(|id| id.0))])
}

pub(super) fn lists_by_id(conn: &mut Conn, company: CompanyId, ids: &[ContactListId]) -> db::Result<Vec<List>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let among = conn.among(2);
    let sql =
        format!("SELECT id, team, owner, name FROM contact_lists WHERE company = $1 AND id IN {among} ORDER BY id");
    conn.all(&sql, args![company, list(ids.iter().map(|id| id.0))])
}

pub(super) fn lists(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<List>> {
    conn.all("SELECT id, team, owner, name FROM contact_lists WHERE company = $1 ORDER BY id", args![company])
}

pub(super) fn insert_list(conn: &mut Conn, company: CompanyId, list: &List, now: Timestamp) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO contact_lists (company, id, team, owner, name, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        args![company, list.id, list.team, list.owner, list.name, now],
    )
}

pub(super) fn delete_list(conn: &mut Conn, company: CompanyId, id: ContactListId) -> db::Result<()> {
    conn.exec("DELETE FROM contact_list_members WHERE company = $1 AND list = $2", args![company, id])?;
    conn.exec("DELETE FROM contact_lists WHERE company = $1 AND id = $2", args![company, id])?;
    Ok(())
}

pub(super) fn members(
    conn: &mut Conn,
    company: CompanyId,
    id: ContactListId,
    window: &Window,
) -> db::Result<Vec<Contact>> {
    let (than, order) = direction(window.ascending);
    let from = window.after.map_or(if window.ascending { 0 } else { i64::MAX }, |after| after.id);
    let sql = format!(
        "SELECT {COLUMNS} FROM contact_list_members m JOIN contacts ON contacts.company = m.company AND id = m.contact \
         WHERE m.company = $1 AND m.list = $2 AND m.contact {than} $3 ORDER BY m.contact {order} LIMIT $4"
    );
    conn.all(&sql, args![company, id, from, window.limit + 1])
}

pub(super) fn notes(conn: &mut Conn, company: CompanyId, contact: ContactId) -> db::Result<Vec<Note>> {
    conn.all(
        "SELECT id, contact, author, body, is_private, created_at FROM contact_notes \
         WHERE company = $1 AND contact = $2 ORDER BY id DESC",
        args![company, contact],
    )
}

pub(super) fn insert_note(conn: &mut Conn, company: CompanyId, note: &Note) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO contact_notes (company, id, contact, author, body, is_private, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![company, note.id, note.contact, note.author, note.body, note.is_private, note.created_at],
    )
}

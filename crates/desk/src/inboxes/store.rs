//! The statements about inboxes.

use db::{Conn, args};

use super::Inbox;
use crate::ids::{CompanyId, ConversationId, InboxId, TeammateId};
use crate::time::Timestamp;

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Inbox>> {
    conn.all(
        "SELECT id, team, owner, name, is_public, custom_fields FROM inboxes WHERE company = $1 ORDER BY id",
        args![company],
    )
}

pub(crate) fn access(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<(InboxId, TeammateId)>> {
    conn.all("SELECT inbox, teammate FROM inbox_access WHERE company = $1 ORDER BY inbox, teammate", args![company])
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, inbox: &Inbox, now: Timestamp) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO inboxes (company, id, team, owner, name, is_public, custom_fields, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![company, inbox.id, inbox.team, inbox.owner, inbox.name, inbox.is_public, inbox.custom_fields, now],
    )
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, inbox: &Inbox) -> db::Result<u64> {
    conn.exec(
        "UPDATE inboxes SET name = $3, is_public = $4, team = $5, custom_fields = $6 WHERE company = $1 AND id = $2",
        args![company, inbox.id, inbox.name, inbox.is_public, inbox.team, inbox.custom_fields],
    )
}

/// One of the conversations in an inbox.
pub(super) fn any_conversation(
    conn: &mut Conn,
    company: CompanyId,
    inbox: InboxId,
) -> db::Result<Option<ConversationId>> {
    let found: Option<(ConversationId,)> = conn.opt(
        "SELECT conversation FROM conversation_inboxes WHERE company = $1 AND inbox = $2 LIMIT 1",
        args![company, inbox],
    )?;
    Ok(found.map(|(conversation,)| conversation))
}

/// Removes an inbox and the list of those who were let in.
pub(super) fn delete(conn: &mut Conn, company: CompanyId, inbox: InboxId) -> db::Result<u64> {
    conn.exec("DELETE FROM inbox_access WHERE company = $1 AND inbox = $2", args![company, inbox])?;
    conn.exec("DELETE FROM inboxes WHERE company = $1 AND id = $2", args![company, inbox])
}

/// Lets a teammate in by name; 0 if they were on the list.
pub(super) fn allow(conn: &mut Conn, company: CompanyId, inbox: InboxId, teammate: TeammateId) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO inbox_access (company, inbox, teammate) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        args![company, inbox, teammate],
    )
}

/// Takes a teammate off the list; 0 if they were not on it.
pub(super) fn forbid(conn: &mut Conn, company: CompanyId, inbox: InboxId, teammate: TeammateId) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM inbox_access WHERE company = $1 AND inbox = $2 AND teammate = $3",
        args![company, inbox, teammate],
    )
}

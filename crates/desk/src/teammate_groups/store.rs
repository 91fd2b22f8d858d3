//! The statements about teammate groups.

use db::{Conn, args};

use super::TeammateGroup;
use crate::ids::{CompanyId, ContactListId, InboxId, TeamId, TeammateGroupId, TeammateId};
use crate::time::Timestamp;

db::record! {
    /// A teammate group as stored.
    pub(super) struct Stored {
        pub(super) id: TeammateGroupId,
        pub(super) name: String,
        pub(super) description: Option<String>,
        pub(super) is_managed_by_scim: bool,
        pub(super) contacts: String,
        pub(super) created_at: Timestamp,
        pub(super) updated_at: Timestamp,
    }
}

pub(super) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Stored>> {
    conn.all(
        "SELECT id, name, description, is_managed_by_scim, contacts, created_at, updated_at FROM teammate_groups \
         WHERE company = $1 ORDER BY id",
        args![company],
    )
}

pub(super) fn members(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<(TeammateGroupId, TeammateId)>> {
    conn.all(
        "SELECT teammate_group, teammate FROM teammate_group_members WHERE company = $1 \
         ORDER BY teammate_group, teammate",
        args![company],
    )
}

pub(super) fn teams(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<(TeammateGroupId, TeamId)>> {
    conn.all(
        "SELECT teammate_group, team FROM teammate_group_teams WHERE company = $1 ORDER BY teammate_group, team",
        args![company],
    )
}

pub(super) fn inboxes(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<(TeammateGroupId, InboxId)>> {
    conn.all(
        "SELECT teammate_group, inbox FROM teammate_group_inboxes WHERE company = $1 ORDER BY teammate_group, inbox",
        args![company],
    )
}

pub(super) fn lists(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<(TeammateGroupId, ContactListId)>> {
    conn.all(
        "SELECT teammate_group, list FROM teammate_group_lists WHERE company = $1 ORDER BY teammate_group, list",
        args![company],
    )
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, group: &TeammateGroup) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO teammate_groups (company, id, name, description, is_managed_by_scim, contacts, created_at, \
         updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            company,
            group.id,
            group.name,
            group.description,
            group.is_managed_by_scim,
            group.contacts.access(),
            group.created_at,
            group.updated_at
        ],
    )
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, group: &TeammateGroup) -> db::Result<u64> {
    conn.exec(
        "UPDATE teammate_groups SET name = $3, description = $4, contacts = $5, updated_at = $6 \
         WHERE company = $1 AND id = $2",
        args![company, group.id, group.name, group.description, group.contacts.access(), group.updated_at],
    )
}

/// Removes a group and everything that hangs on it.
pub(super) fn delete(conn: &mut Conn, company: CompanyId, id: TeammateGroupId) -> db::Result<()> {
    conn.exec("DELETE FROM teammate_group_members WHERE company = $1 AND teammate_group = $2", args![company, id])?;
    conn.exec("DELETE FROM teammate_group_teams WHERE company = $1 AND teammate_group = $2", args![company, id])?;
    conn.exec("DELETE FROM teammate_group_inboxes WHERE company = $1 AND teammate_group = $2", args![company, id])?;
    clear_lists(conn, company, id)?;
    conn.exec("DELETE FROM teammate_groups WHERE company = $1 AND id = $2", args![company, id])?;
    Ok(())
}

pub(super) fn clear_lists(conn: &mut Conn, company: CompanyId, id: TeammateGroupId) -> db::Result<u64> {
    conn.exec("DELETE FROM teammate_group_lists WHERE company = $1 AND teammate_group = $2", args![company, id])
}

pub(super) fn add_list(
    conn: &mut Conn,
    company: CompanyId,
    id: TeammateGroupId,
    list: ContactListId,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO teammate_group_lists (company, teammate_group, list) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        args![company, id, list],
    )
}

/// Takes a list of contacts out of every group; how many had it.
pub(super) fn forget_list(conn: &mut Conn, company: CompanyId, list: ContactListId) -> db::Result<u64> {
    conn.exec("DELETE FROM teammate_group_lists WHERE company = $1 AND list = $2", args![company, list])
}

/// Takes an inbox out of every group; how many had it.
pub(super) fn forget_inbox(conn: &mut Conn, company: CompanyId, inbox: InboxId) -> db::Result<u64> {
    conn.exec("DELETE FROM teammate_group_inboxes WHERE company = $1 AND inbox = $2", args![company, inbox])
}

/// Adds a member; 0 if they were one.
pub(super) fn add_member(
    conn: &mut Conn,
    company: CompanyId,
    id: TeammateGroupId,
    teammate: TeammateId,
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO teammate_group_members (company, teammate_group, teammate) VALUES ($1, $2, $3) \
         ON CONFLICT DO NOTHING",
        args![company, id, teammate],
    )
}

/// Removes a member; 0 if there was none.
pub(super) fn remove_member(
    conn: &mut Conn,
    company: CompanyId,
    id: TeammateGroupId,
    teammate: TeammateId,
) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM teammate_group_members WHERE company = $1 AND teammate_group = $2 AND teammate = $3",
        args![company, id, teammate],
    )
}

/// Adds a workspace; 0 if the group had it.
pub(super) fn add_team(conn: &mut Conn, company: CompanyId, id: TeammateGroupId, team: TeamId) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO teammate_group_teams (company, teammate_group, team) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        args![company, id, team],
    )
}

/// Removes a workspace; 0 if the group did not have it.
pub(super) fn remove_team(conn: &mut Conn, company: CompanyId, id: TeammateGroupId, team: TeamId) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM teammate_group_teams WHERE company = $1 AND teammate_group = $2 AND team = $3",
        args![company, id, team],
    )
}

/// Links an inbox; 0 if it was linked.
pub(super) fn add_inbox(conn: &mut Conn, company: CompanyId, id: TeammateGroupId, inbox: InboxId) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO teammate_group_inboxes (company, teammate_group, inbox) VALUES ($1, $2, $3) \
         ON CONFLICT DO NOTHING",
        args![company, id, inbox],
    )
}

/// Unlinks an inbox; 0 if it was not linked.
pub(super) fn remove_inbox(
    conn: &mut Conn,
    company: CompanyId,
    id: TeammateGroupId,
    inbox: InboxId,
) -> db::Result<u64> {
    conn.exec(
        "DELETE FROM teammate_group_inboxes WHERE company = $1 AND teammate_group = $2 AND inbox = $3",
        args![company, id, inbox],
    )
}

//! Teammate groups: people who have workspaces in common, and with them inboxes. They are the company's own.

use std::collections::HashSet;

use db::Conn;
use serde_json::{Map, Value, json};

use crate::contacts;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{CompanyId, ContactListId, InboxId, TeamId, TeammateGroupId, TeammateId};
use crate::inboxes::Inbox;
use crate::names;
use crate::time::Timestamp;
use crate::work::Work;

mod parts;
mod store;
#[cfg(test)]
mod tests;

pub use parts::{
    add_inboxes, add_teammates, add_teams, inboxes_of, remove_inboxes, remove_teammates, remove_teams, teammates_of,
    teams_of,
};

/// A teammate group.
#[derive(Debug, Clone, PartialEq)]
pub struct TeammateGroup {
    /// Its number.
    pub id: TeammateGroupId,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it is kept elsewhere, and only read here.
    pub is_managed_by_scim: bool,
    /// Whose contacts its members see.
    pub contacts: Contacts,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its name, description or permissions last changed.
    pub updated_at: Timestamp,
    /// Who is in it, the oldest teammate first.
    pub members: Vec<TeammateId>,
    /// Its workspaces, the oldest first.
    pub teams: Vec<TeamId>,
    /// The inboxes that are linked to it.
    pub inboxes: Vec<InboxId>,
}

impl TeammateGroup {
    /// Whether somebody is in it.
    pub fn has(&self, teammate: TeammateId) -> bool {
        self.members.binary_search(&teammate).is_ok()
    }

    /// Whether its members may open an inbox: the public ones of its workspaces, and the others of them that are linked
    /// to it (contract/domain.md section 2).
    pub fn opens(&self, inbox: &Inbox) -> bool {
        let is_near = inbox.team.is_some_and(|team| self.teams.contains(&team));
        is_near && (inbox.is_public || self.inboxes.contains(&inbox.id))
    }
}

/// Whose contacts the members of a group see. It is kept and shown; contacts are everybody's here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contacts {
    /// Everybody's.
    All,
    /// Those on these lists.
    Lists(Vec<ContactListId>),
    /// Nobody's.
    None,
}

impl Contacts {
    /// The word for it.
    pub fn access(&self) -> &'static str {
        match self {
            Contacts::All => "all",
            Contacts::Lists(_) => "contact_lists",
            Contacts::None => "none",
        }
    }

    /// The lists, where it is about lists.
    pub fn lists(&self) -> &[ContactListId] {
        match self {
            Contacts::Lists(lists) => lists,
            Contacts::All | Contacts::None => &[],
        }
    }
}

/// The longest name, in characters.
const LONGEST: usize = 128;
/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 10_000;
/// How many lists of contacts one group names at most.
const MOST_LISTS: usize = 1_000;

/// All groups of a company with all that is in them, the oldest first, for the directory.
pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> Result<Vec<TeammateGroup>> {
    fn of<T: Copy>(rows: &[(TeammateGroupId, T)], id: TeammateGroupId) -> Vec<T> {
        rows.iter().filter(|(group, _)| *group == id).map(|(_, what)| *what).collect()
    }
    let stored = store::all(conn, company)?;
    if stored.is_empty() {
        return Ok(Vec::new());
    }
    let (members, teams) = (store::members(conn, company)?, store::teams(conn, company)?);
    let (inboxes, lists) = (store::inboxes(conn, company)?, store::lists(conn, company)?);
    let group = |row: store::Stored| TeammateGroup {
        id: row.id,
        name: row.name,
        description: row.description,
        is_managed_by_scim: row.is_managed_by_scim,
        contacts: match row.contacts.as_str() {
            "all" => Contacts::All,
            "contact_lists" => Contacts::Lists(of(&lists, row.id)),
            _ => Contacts::None,
        },
        created_at: row.created_at,
        updated_at: row.updated_at,
        members: of(&members, row.id),
        teams: of(&teams, row.id),
        inboxes: of(&inboxes, row.id),
    };
    Ok(stored.into_iter().map(group).collect())
}

/// A group, for callers who see the company's own things, with those lists of contacts that they see.
pub fn get(work: &mut Work<'_>, id: TeammateGroupId) -> Result<TeammateGroup> {
    let found = stored(work, id)?;
    Ok(shown(work, vec![found])?.remove(0))
}

/// The company's groups, the oldest first, with those lists of contacts that the caller sees.
pub fn list(work: &mut Work<'_>) -> Result<Vec<TeammateGroup>> {
    work.access.require_global()?;
    let all = work.directory()?.teammate_groups().cloned().collect();
    shown(work, all)
}

/// A group with all that is in it.
fn stored(work: &mut Work<'_>, id: TeammateGroupId) -> Result<TeammateGroup> {
    let directory = work.directory()?;
    let found = directory.teammate_group(id).filter(|_| work.access.global);
    found.cloned().ok_or(Error::NotFound("teammate group"))
}

/// The same groups without the lists of contacts that the caller does not see.
fn shown(work: &mut Work<'_>, mut groups: Vec<TeammateGroup>) -> Result<Vec<TeammateGroup>> {
    if groups.iter().all(|group| group.contacts.lists().is_empty()) {
        return Ok(groups);
    }
    let seen: HashSet<ContactListId> = contacts::lists::all(work, None)?.into_iter().map(|list| list.id).collect();
    for group in &mut groups {
        if let Contacts::Lists(lists) = &mut group.contacts {
            lists.retain(|list| seen.contains(list));
        }
    }
    Ok(groups)
}

/// A new group.
#[derive(Debug, Clone)]
pub struct New {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whose contacts its members see.
    pub contacts: Contacts,
}

/// Adds a group with nobody in it.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<TeammateGroupId> {
    work.access.require_global()?;
    let group = TeammateGroup {
        id: TeammateGroupId(work.new_id()),
        name: names::checked("name", &new.name, LONGEST)?,
        description: checked_description(new.description.as_deref())?,
        is_managed_by_scim: false,
        contacts: checked_contacts(work, &new.contacts, &Contacts::All)?,
        created_at: work.now,
        updated_at: work.now,
        members: Vec::new(),
        teams: Vec::new(),
        inboxes: Vec::new(),
    };
    store::insert(work.conn, work.company, &group)?;
    for list in group.contacts.lists() {
        store::add_list(work.conn, work.company, group.id, *list)?;
    }
    work.directory_changed()?;
    let change = json!({"teammate_group": [null, group.id], "name": [null, group.name]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(group.id)
}

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Another description, or none.
    pub description: Option<Option<String>>,
    /// Whose contacts its members see from now on.
    pub contacts: Option<Contacts>,
}

/// Changes a group.
pub fn update(work: &mut Work<'_>, id: TeammateGroupId, change: &Change) -> Result<()> {
    let before = own(work, id)?;
    let mut group = before.clone();
    if let Some(name) = &change.name {
        group.name = names::checked("name", name, LONGEST)?;
    }
    if let Some(description) = &change.description {
        group.description = checked_description(description.as_deref())?;
    }
    if let Some(contacts) = &change.contacts {
        group.contacts = checked_contacts(work, contacts, &before.contacts)?;
    }
    let contacts = |contacts: &Contacts| json!({"access": contacts.access(), "contact_lists": contacts.lists()});
    let mut changed = Map::new();
    for (field, before, after) in [
        ("name", json!(before.name), json!(group.name)),
        ("description", json!(before.description), json!(group.description)),
        ("contacts", contacts(&before.contacts), contacts(&group.contacts)),
    ] {
        if before != after {
            changed.insert(field.to_string(), json!([before, after]));
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    group.updated_at = work.now;
    store::update(work.conn, work.company, &group)?;
    store::clear_lists(work.conn, work.company, id)?;
    for list in group.contacts.lists() {
        store::add_list(work.conn, work.company, id, *list)?;
    }
    work.directory_changed()?;
    changed.insert("teammate_group".to_string(), json!(id));
    events::record_setting(work, Kind::Setting, changed.into())?;
    Ok(())
}

/// Deletes a group; what its members could open by it alone, they no longer can.
pub fn delete(work: &mut Work<'_>, id: TeammateGroupId) -> Result<()> {
    let group = own(work, id)?;
    store::delete(work.conn, work.company, id)?;
    work.directory_changed()?;
    let change = json!({"teammate_group": [id, null], "name": [group.name, null]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(())
}

/// Takes an inbox that is deleted out of all groups.
pub(crate) fn forget_inbox(work: &mut Work<'_>, inbox: InboxId) -> Result<()> {
    store::forget_inbox(work.conn, work.company, inbox)?;
    work.directory_changed()
}

/// Takes a list of contacts that is deleted out of all groups. The directory changes even if it is in none: so who names
/// it in a group at the same time meets this, and one of them runs again.
pub(crate) fn forget_list(work: &mut Work<'_>, list: ContactListId) -> Result<()> {
    store::forget_list(work.conn, work.company, list)?;
    work.directory_changed()
}

/// A group that may be changed here.
fn own(work: &mut Work<'_>, id: TeammateGroupId) -> Result<TeammateGroup> {
    let group = stored(work, id)?;
    match group.is_managed_by_scim {
        true => Err(Error::Forbidden(format!("the teammate group {id} is managed by SCIM"))),
        false => Ok(group),
    }
}

/// Tells of what came into a group and what left it.
fn changed(work: &mut Work<'_>, id: TeammateGroupId, what: &str, [removed, added]: [Vec<Value>; 2]) -> Result<()> {
    if removed.is_empty() && added.is_empty() {
        return Ok(());
    }
    work.directory_changed()?;
    events::record_setting(work, Kind::Setting, json!({"teammate_group": id, what: [removed, added]}))?;
    Ok(())
}

fn checked_description(description: Option<&str>) -> Result<Option<String>> {
    description.map(|text| names::short("description", text, LONGEST_DESCRIPTION)).transpose()?;
    Ok(description.map(str::to_string))
}

/// The same, with lists that the caller may see, and those from before that the caller may not, each once, in the order of
/// their numbers.
fn checked_contacts(work: &mut Work<'_>, contacts: &Contacts, before: &Contacts) -> Result<Contacts> {
    let Contacts::Lists(lists) = contacts else { return Ok(contacts.clone()) };
    let field = "permissions.contacts.contact_list_ids";
    if lists.len() > MOST_LISTS {
        return Err(Error::invalid(field, format!("expected at most {MOST_LISTS}, found {}", lists.len())));
    }
    let seen: HashSet<ContactListId> = contacts::lists::all(work, None)?.into_iter().map(|list| list.id).collect();
    if let Some(list) = lists.iter().find(|list| !seen.contains(list)) {
        return Err(Error::invalid(field, format!("unknown contact list {list}")));
    }
    let hidden = before.lists().iter().filter(|list| !seen.contains(list));
    let mut lists: Vec<ContactListId> = lists.iter().chain(hidden).copied().collect();
    lists.sort_unstable();
    lists.dedup();
    Ok(Contacts::Lists(lists))
}

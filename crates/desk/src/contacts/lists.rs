//! Named lists of contacts; the API once called them groups.

use serde_json::json;

use super::write::same_owner;
use super::{Contact, store};
use crate::access::Owner;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{ContactId, ContactListId};
use crate::names;
use crate::paging::{Page, Position, Window};
use crate::teammate_groups;
use crate::work::Work;

pub use super::List;

/// The longest name of a list.
const LONGEST: usize = 200;

/// How many contacts are put on a list or into an account at once, or taken away, at most.
pub const MOST_AT_ONCE: usize = 1_000;

/// Refuses too many contacts at once.
pub fn check_count(count: usize) -> Result<()> {
    match count > MOST_AT_ONCE {
        true => Err(Error::invalid("contact_ids", format!("expected at most {MOST_AT_ONCE}, found {count}"))),
        false => Ok(()),
    }
}

/// The list with a name, made if there is none.
pub(super) fn named(work: &mut Work<'_>, owner: Owner, name: &str) -> Result<List> {
    let name = names::checked("list_names", name, LONGEST)?;
    let known = store::lists(work.conn, work.company)?;
    if let Some(list) = known.into_iter().find(|list| list.name == name && same_owner(list, owner)) {
        return Ok(list);
    }
    let id = create(work, owner, &name)?;
    get(work, id)
}

/// Adds a list.
pub fn create(work: &mut Work<'_>, owner: Owner, name: &str) -> Result<ContactListId> {
    owner.check(work)?;
    let list = List {
        id: ContactListId(work.new_id()),
        team: owner.team(),
        owner: owner.teammate(),
        name: names::checked("name", name, LONGEST)?,
    };
    store::insert_list(work.conn, work.company, &list, work.now)?;
    events::record_setting(work, Kind::Setting, json!({"contact_list": [null, list.id.to_string()]}))?;
    Ok(list.id)
}

/// A list that the caller may see.
pub fn get(work: &mut Work<'_>, id: ContactListId) -> Result<List> {
    let list = store::lists_by_id(work.conn, work.company, &[id])?.pop().ok_or(Error::NotFound("contact list"))?;
    let directory = work.directory()?;
    match work.access.sees_owner(&directory, list.team, list.owner) {
        true => Ok(list),
        false => Err(Error::NotFound("contact list")),
    }
}

/// What those of some lists are called that the caller may see.
pub(crate) fn names_of(work: &mut Work<'_>, ids: &[ContactListId]) -> Result<Vec<(ContactListId, String)>> {
    let directory = work.directory()?;
    let mut lists = store::lists_by_id(work.conn, work.company, ids)?;
    lists.retain(|list| work.access.sees_owner(&directory, list.team, list.owner));
    Ok(lists.into_iter().map(|list| (list.id, list.name)).collect())
}

/// The lists that the caller may see, of one owner or of all.
pub fn all(work: &mut Work<'_>, owner: Option<Owner>) -> Result<Vec<List>> {
    let directory = work.directory()?;
    let lists = store::lists(work.conn, work.company)?;
    let wanted = |list: &List| {
        owner.is_none_or(|owner| same_owner(list, owner)) && work.access.sees_owner(&directory, list.team, list.owner)
    };
    Ok(lists.into_iter().filter(|list| wanted(list)).collect())
}

/// Deletes a list; its contacts stay.
pub fn delete(work: &mut Work<'_>, id: ContactListId) -> Result<()> {
    get(work, id)?;
    store::delete_list(work.conn, work.company, id)?;
    teammate_groups::forget_list(work, id)?;
    events::record_setting(work, Kind::Setting, json!({"contact_list": [id.to_string(), null]}))?;
    Ok(())
}

/// A page of a list's contacts, the oldest first unless the window says otherwise.
pub fn members(work: &mut Work<'_>, id: ContactListId, window: &Window) -> Result<Page<Contact>> {
    get(work, id)?;
    let rows = store::members(work.conn, work.company, id, window)?;
    Ok(Page::cut(rows, window.limit, |row| Position { key: 0, id: row.id.0 }))
}

/// Puts contacts on a list. Those that are on it already are no change.
pub fn add(work: &mut Work<'_>, id: ContactListId, contacts: &[ContactId]) -> Result<()> {
    get(work, id)?;
    check_count(contacts.len())?;
    let mut added = Vec::new();
    for contact in contacts {
        super::see(work, *contact)?;
        if store::enlist(work.conn, work.company, id, *contact)? > 0 {
            added.push(*contact);
        }
    }
    moved(work, id, "added", &added)
}

/// Takes contacts off a list. Those that are not on it are no change.
pub fn remove(work: &mut Work<'_>, id: ContactListId, contacts: &[ContactId]) -> Result<()> {
    get(work, id)?;
    check_count(contacts.len())?;
    let mut removed = Vec::new();
    for contact in contacts {
        if store::delist(work.conn, work.company, id, *contact)? > 0 {
            removed.push(*contact);
        }
    }
    moved(work, id, "removed", &removed)
}

fn moved(work: &mut Work<'_>, id: ContactListId, how: &str, contacts: &[ContactId]) -> Result<()> {
    if !contacts.is_empty() {
        events::record_setting(work, Kind::Setting, json!({"contact_list": id.to_string(), how: contacts}))?;
    }
    Ok(())
}

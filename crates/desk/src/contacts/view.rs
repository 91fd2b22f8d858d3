//! Contacts with what every answer shows beside their row.

use std::collections::HashMap;

use super::{Contact, Handle, store};
use crate::error::{Error, Result};
use crate::ids::{ContactId, ContactListId};
use crate::work::Work;

/// A contact with its handles and lists.
#[derive(Debug, Clone)]
pub struct View {
    /// The row.
    pub row: Contact,
    /// How it can be reached, in order.
    pub handles: Vec<Handle>,
    /// The lists it is on.
    pub lists: Vec<super::List>,
}

/// Which contact is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// By its id.
    Id(ContactId),
    /// By a handle: `alt:email:ann@example.com`.
    Handle(Handle),
}

impl std::str::FromStr for Which {
    type Err = Error;
    fn from_str(text: &str) -> Result<Which> {
        if let Some((source, handle)) = text.strip_prefix("alt:").and_then(|alias| alias.split_once(':')) {
            return Ok(Which::Handle(Handle::new(source, handle)));
        }
        text.parse().map(Which::Id).map_err(|_| Error::NotFound("contact"))
    }
}

/// The contact that is meant, if the caller may see it.
pub fn resolve(work: &mut Work<'_>, which: &Which) -> Result<ContactId> {
    let id = match which {
        Which::Id(id) => Some(*id),
        Which::Handle(handle) => store::by_handle(work.conn, work.company, &handle.source, &handle.key)?,
    };
    Ok(see(work, id.ok_or(Error::NotFound("contact"))?)?.id)
}

/// The row of a contact that the caller may see.
pub fn see(work: &mut Work<'_>, id: ContactId) -> Result<Contact> {
    let row = store::get(work.conn, work.company, id)?.ok_or(Error::NotFound("contact"))?;
    let directory = work.directory()?;
    match work.access.sees_owner(&directory, row.team, row.owner) {
        true => Ok(row),
        false => Err(Error::NotFound("contact")),
    }
}

/// One contact as answers show it.
pub fn get(work: &mut Work<'_>, id: ContactId) -> Result<View> {
    let row = see(work, id)?;
    views(work, vec![row])?.pop().ok_or(Error::NotFound("contact"))
}

/// Rows with their handles and lists: two more statements, whatever the number of rows.
pub fn views(work: &mut Work<'_>, rows: Vec<Contact>) -> Result<Vec<View>> {
    let ids: Vec<ContactId> = rows.iter().map(|row| row.id).collect();
    let mut handles: HashMap<ContactId, Vec<Handle>> = HashMap::new();
    for (contact, source, handle, key) in store::handles_of(work.conn, work.company, &ids)? {
        handles.entry(contact).or_default().push(Handle { source, handle, key });
    }
    let mut lists: HashMap<ContactId, Vec<ContactListId>> = HashMap::new();
    for (contact, list) in store::memberships(work.conn, work.company, &ids)? {
        lists.entry(contact).or_default().push(list);
    }
    let all: Vec<ContactListId> = lists.values().flatten().copied().collect();
    let known: HashMap<ContactListId, super::List> =
        store::lists_by_id(work.conn, work.company, &all)?.into_iter().map(|list| (list.id, list)).collect();
    let view = |row: Contact| View {
        handles: handles.remove(&row.id).unwrap_or_default(),
        lists: lists.remove(&row.id).unwrap_or_default().iter().filter_map(|id| known.get(id).cloned()).collect(),
        row,
    };
    Ok(rows.into_iter().map(view).collect())
}

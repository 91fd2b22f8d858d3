//! Making, changing and deleting contacts, and their handles.

use serde_json::{Map, Value, json};

use super::{Contact, Handle, List, SOURCES, keep_handle, lists, see, store};
use crate::access::Owner;
use crate::attachments::{self, Upload};
use crate::custom_fields;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::ContactId;
use crate::messages;
use crate::names;
use crate::work::Work;

/// The longest name, description and link of a contact, in characters.
const LONGEST_NAME: usize = 1_000;
const LONGEST_DESCRIPTION: usize = 65_535;
const LONGEST_LINK: usize = 4_096;
/// The most handles, links and lists of one contact.
pub const MOST: usize = 200;

/// A new contact.
#[derive(Debug, Clone)]
pub struct New {
    /// Whose it is.
    pub owner: Owner,
    /// How it can be reached: at least one.
    pub handles: Vec<Handle>,
    /// The rest.
    pub details: Details,
}

/// What may be said about a contact. What is left out stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// Its name.
    pub name: Option<String>,
    /// What people wrote about it.
    pub description: Option<String>,
    /// Its picture, already on disk.
    pub avatar: Option<Upload>,
    /// Addresses of pages about it; all of them.
    pub links: Option<Vec<String>>,
    /// The names of its lists; missing ones are made. All of them.
    pub lists: Option<Vec<String>>,
    /// Its custom field values; all of them.
    pub custom_fields: Option<Map<String, Value>>,
}

/// Adds a contact. A handle that somebody has already is a conflict.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<ContactId> {
    new.owner.check(work)?;
    if new.handles.is_empty() || new.handles.len() > MOST {
        return Err(Error::invalid("handles", format!("expected 1 to {MOST} handles, found {}", new.handles.len())));
    }
    let mut contact = Contact {
        id: ContactId(work.new_id()),
        team: new.owner.team(),
        owner: new.owner.teammate(),
        name: String::new(),
        description: String::new(),
        avatar: None,
        links: json!([]),
        custom_fields: json!({}),
        is_name_manual: false,
        created_at: work.now,
        updated_at: work.now,
        account: None,
    };
    apply(work, &mut contact, &new.details)?;
    store::insert(work.conn, work.company, &contact)?;
    for (at, handle) in new.handles.iter().enumerate() {
        take(work, contact.id, handle, &format!("handles[{at}]."))?;
    }
    if let Some(names) = &new.details.lists {
        set_lists(work, &contact, names)?;
    }
    events::record_setting(work, Kind::Setting, json!({"contact": [null, contact.id.to_string()]}))?;
    Ok(contact.id)
}

/// Changes a contact that the caller may see. Saying what is known already is no change.
pub fn change(work: &mut Work<'_>, id: ContactId, details: &Details) -> Result<()> {
    let before = see(work, id)?;
    let mut contact = before.clone();
    apply(work, &mut contact, details)?;
    let mut more = Map::new();
    if let Some(names) = &details.lists
        && let Some(lists) = set_lists(work, &contact, names)?
    {
        more.insert("lists".to_string(), lists);
    }
    keep(work, &before, contact, more)
}

/// Sets one custom field of a contact, whoever asks, and leaves the others; `null` empties it. A contact that is gone
/// stays gone.
pub(crate) fn set_field(work: &mut Work<'_>, id: ContactId, name: &str, value: Value) -> Result<()> {
    let Some(before) = store::get(work.conn, work.company, id)? else { return Ok(()) };
    let mut values = before.custom_fields.as_object().cloned().unwrap_or_default();
    // Values of fields that are gone would be refused.
    let directory = work.directory()?;
    values.retain(|known, _| directory.custom_fields("contact").any(|field| field.name == *known));
    values.insert(name.to_string(), value);
    let mut contact = before.clone();
    apply(work, &mut contact, &Details { custom_fields: Some(values), ..Details::default() })?;
    keep(work, &before, contact, Map::new())
}

/// Writes down what is not the same any more, beside what the caller has changed already.
fn keep(work: &mut Work<'_>, before: &Contact, mut contact: Contact, more: Map<String, Value>) -> Result<()> {
    let mut change = differences(before, &contact);
    change.extend(more);
    if change.is_empty() {
        return Ok(());
    }
    contact.updated_at = work.now;
    store::update(work.conn, work.company, &contact)?;
    change.insert("contact".to_string(), json!(contact.id.to_string()));
    events::record_setting(work, Kind::Setting, Value::Object(change))?;
    Ok(())
}

/// What is not the same any more: `{"field": [before, after]}`.
fn differences(before: &Contact, after: &Contact) -> Map<String, Value> {
    let fields = |row: &Contact| {
        [
            ("name", json!(row.name)),
            ("is_name_manual", json!(row.is_name_manual)),
            ("description", json!(row.description)),
            ("avatar", json!(row.avatar)),
            ("links", row.links.clone()),
            ("custom_fields", row.custom_fields.clone()),
        ]
    };
    let both = fields(before).into_iter().zip(fields(after));
    let changed = both.filter(|((_, before), (_, after))| before != after);
    changed.map(|((name, before), (_, after))| (name.to_string(), json!([before, after]))).collect()
}

fn apply(work: &mut Work<'_>, contact: &mut Contact, details: &Details) -> Result<()> {
    if let Some(name) = &details.name {
        names::short("name", name, LONGEST_NAME)?;
        contact.name = name.trim().to_string();
        contact.is_name_manual = true;
    }
    if let Some(description) = &details.description {
        names::short("description", description, LONGEST_DESCRIPTION)?;
        contact.description.clone_from(description);
    }
    if let Some(links) = &details.links {
        if links.len() > MOST {
            return Err(Error::invalid("links", format!("{} links, at most {MOST} are possible", links.len())));
        }
        links.iter().try_for_each(|link| names::short("links", link, LONGEST_LINK))?;
        contact.links = json!(links);
    }
    if let Some(values) = &details.custom_fields {
        contact.custom_fields = custom_fields::checked(work, "contact", values)?;
    }
    if let Some(upload) = &details.avatar {
        let owner = attachments::Owner::Contact(contact.id);
        contact.avatar = attachments::attach(work, owner, std::slice::from_ref(upload))?.pop();
    }
    Ok(())
}

/// Puts a contact on the named lists alone. Answers the lists before and after, if they differ.
fn set_lists(work: &mut Work<'_>, contact: &Contact, names: &[String]) -> Result<Option<Value>> {
    if names.len() > MOST {
        return Err(Error::invalid("list_names", format!("{} lists, at most {MOST} are possible", names.len())));
    }
    let owner = Owner::of(contact.team, contact.owner);
    let mut wanted = Vec::with_capacity(names.len());
    for name in names {
        wanted.push(lists::named(work, owner, name)?.id);
    }
    wanted.sort_unstable();
    wanted.dedup();
    let known = store::lists_of(work.conn, work.company, contact.id)?;
    if known == wanted {
        return Ok(None);
    }
    for list in known.iter().filter(|list| !wanted.contains(list)) {
        store::delist(work.conn, work.company, *list, contact.id)?;
    }
    for list in wanted.iter().filter(|list| !known.contains(list)) {
        store::enlist(work.conn, work.company, *list, contact.id)?;
    }
    Ok(Some(json!([known, wanted])))
}

/// Refuses a source that there is not. `place` is what stands before the fields of the handle in the request.
fn check_source(handle: &Handle, place: &str) -> Result<()> {
    match SOURCES.contains(&handle.source.as_str()) {
        true => Ok(()),
        false => Err(Error::invalid(format!("{place}source"), format!("expected one of {}", SOURCES.join(", ")))),
    }
}

/// Gives a contact a handle, unless somebody else has it. Answers whether it is new to the contact.
fn take(work: &mut Work<'_>, contact: ContactId, handle: &Handle, place: &str) -> Result<bool> {
    check_source(handle, place)?;
    let field = format!("{place}handle");
    if handle.key.is_empty() {
        return Err(Error::invalid(field, "a handle is not empty"));
    }
    names::key(&field, &handle.handle)?;
    match store::by_handle(work.conn, work.company, &handle.source, &handle.key)? {
        Some(known) if known == contact => Ok(false),
        Some(_) => Err(Error::Conflict(format!("the handle {} ({}) is taken", handle.handle, handle.source))),
        None => {
            keep_handle(work, contact, handle)?;
            Ok(true)
        }
    }
}

/// Adds a handle to a contact that the caller may see. One that it has already is no change.
pub fn add_handle(work: &mut Work<'_>, id: ContactId, handle: &Handle) -> Result<()> {
    let mut contact = see(work, id)?;
    if !take(work, id, handle, "")? {
        return Ok(());
    }
    contact.updated_at = work.now;
    store::update(work.conn, work.company, &contact)?;
    events::record_setting(work, Kind::Setting, json!({"contact": id.to_string(), "handle": [null, handle.handle]}))?;
    Ok(())
}

/// Takes a handle off a contact. Its last one only goes with the contact itself, if that is forced.
pub fn remove_handle(work: &mut Work<'_>, id: ContactId, handle: &Handle, force: bool) -> Result<()> {
    let mut contact = see(work, id)?;
    check_source(handle, "")?;
    let handles = store::handles_of(work.conn, work.company, &[id])?;
    let known = handles.iter().any(|(_, source, _, key)| *source == handle.source && *key == handle.key);
    if !known {
        return Err(Error::NotFound("handle"));
    }
    if handles.len() == 1 {
        return match force {
            true => delete(work, id),
            false => Err(Error::invalid("handle", "it is the contact's last handle; force deletes the contact too")),
        };
    }
    store::delete_handle(work.conn, work.company, &handle.source, &handle.key)?;
    contact.updated_at = work.now;
    store::update(work.conn, work.company, &contact)?;
    events::record_setting(work, Kind::Setting, json!({"contact": id.to_string(), "handle": [handle.handle, null]}))?;
    Ok(())
}

/// Deletes a contact. Its messages stay, and name its handle alone.
pub fn delete(work: &mut Work<'_>, id: ContactId) -> Result<()> {
    see(work, id)?;
    messages::rename_contact(work, id, None)?;
    store::delete(work.conn, work.company, id)?;
    work.conversations_changed();
    events::record_setting(work, Kind::Setting, json!({"contact": [id.to_string(), null]}))?;
    Ok(())
}

/// Whether a list belongs to the same owner as a contact, so that names may be compared.
pub(super) fn same_owner(list: &List, owner: Owner) -> bool {
    list.team == owner.team() && list.owner == owner.teammate()
}

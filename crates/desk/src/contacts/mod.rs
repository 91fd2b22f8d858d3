//! People outside the company, known by their handles.

use serde_json::Value;

use crate::accounts;
use crate::channels::Channel;
use crate::error::{Error, Result};
use crate::ids::{AccountId, AttachmentId, ContactId, ContactListId, TeamId, TeammateId};
use crate::names;
use crate::time::Timestamp;
use crate::work::Work;

mod list;
pub mod lists;
pub mod merge;
pub mod notes;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod view;
mod write;

pub use list::{Filter, Order, list};
pub use store::COLUMNS;
pub use view::{View, Which, get, resolve, see, views};
pub(crate) use write::set_field;
pub use write::{Details, New, add_handle, change, create, delete, remove_handle};

/// Where a handle may come from.
pub const SOURCES: [&str; 7] = ["twitter", "email", "phone", "facebook", "intercom", "front_chat", "custom"];

db::record! {
    /// A list of contacts as stored.
    #[derive(Debug, Clone)]
    pub struct List {
        pub id: ContactListId,
        pub team: Option<TeamId>,
        pub owner: Option<TeammateId>,
        pub name: String,
    }
}

db::record! {
    /// A contact as stored.
    #[derive(Debug, Clone)]
    pub struct Contact {
        pub id: ContactId,
        pub team: Option<TeamId>,
        pub owner: Option<TeammateId>,
        pub name: String,
        pub description: String,
        pub avatar: Option<AttachmentId>,
        pub links: Value,
        pub custom_fields: Value,
        pub is_name_manual: bool,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub account: Option<AccountId>,
    }
}

/// A way to reach a contact: unique in the company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle {
    /// `email`, `phone`, `custom` …
    pub source: String,
    /// As written.
    pub handle: String,
    /// As compared: trimmed, in lower case, phone numbers with digits and a plus only. What a custom channel's system calls
    /// somebody is compared as it is: a key in which capital letters count, for all that we know (contract/channels.md
    /// section 1).
    pub key: String,
}

impl Handle {
    /// A handle of a source.
    pub fn new(source: &str, handle: &str) -> Handle {
        let handle = handle.trim();
        let key = match source {
            "phone" => phone_key(handle),
            "custom" => handle.to_string(),
            _ => handle.to_lowercase(),
        };
        Handle { source: source.to_string(), handle: handle.to_string(), key }
    }

    /// The handle of somebody who writes on a channel. A telephone number is written with its country's code, however it
    /// came (contract/channels.md section 7.1); a name that stands for one, as of a parcel service, stays as it is.
    pub fn on_channel(channel: &Channel, handle: &str) -> Handle {
        Handle::written(&channel.contact_type, handle)
    }

    /// The same for somebody in a message from elsewhere, who may also be named as a contact is: `alt:phone:+14155550123`.
    pub fn from_elsewhere(source: &str, handle: &str) -> Handle {
        let alias = handle.trim().strip_prefix("alt:").and_then(|alias| alias.split_once(':'));
        let (source, handle) = alias.filter(|(source, _)| SOURCES.contains(source)).unwrap_or((source, handle));
        Handle::written(source, handle)
    }

    /// The domain of an e-mail address, as compared.
    fn domain(&self) -> Option<&str> {
        let (_, domain) = self.key.rsplit_once('@').filter(|_| self.source == "email")?;
        Some(domain)
    }

    fn written(source: &str, handle: &str) -> Handle {
        let mut handle = Handle::new(source, handle);
        let is_number = |text: &str| text.chars().all(|c| c.is_ascii_digit() || "+-(). /\u{a0}".contains(c));
        if handle.source == "phone" && is_number(&handle.handle) {
            handle.handle.clone_from(&handle.key);
        }
        handle
    }
}

/// Digits with a leading plus; a number without a country code is taken as one of North America (domain.md section 4).
fn phone_key(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return number.to_lowercase();
    }
    match (number.starts_with('+'), digits.len()) {
        (true, _) => format!("+{digits}"),
        (false, 11) if digits.starts_with('1') => format!("+{digits}"),
        (false, _) => format!("+1{digits}"),
    }
}

/// The contact that wrote: the one that is named, else the one with the handle, else a new one.
/// A named contact that lacks the handle gets it, unless somebody else has it.
pub fn matching(
    work: &mut Work<'_>,
    handle: &Handle,
    name: Option<&str>,
    known: Option<ContactId>,
) -> Result<ContactId> {
    let found = store::by_handle(work.conn, work.company, &handle.source, &handle.key)?;
    match (known, found) {
        (Some(known), None) => {
            store::get(work.conn, work.company, known)?.ok_or(Error::NotFound("contact"))?;
            give(work, known, handle)?;
            Ok(known)
        }
        (Some(known), Some(_)) => {
            store::get(work.conn, work.company, known)?.ok_or(Error::NotFound("contact"))?;
            Ok(known)
        }
        (None, Some(found)) => Ok(found),
        (None, None) => learn(work, handle, name),
    }
}

/// The contact that has a handle, else the one with an e-mail address that came with it, else a new one with both.
pub fn matching_by_email(
    work: &mut Work<'_>,
    handle: &Handle,
    name: Option<&str>,
    email: Option<&str>,
) -> Result<ContactId> {
    let email = email.map(|email| Handle::new("email", email)).filter(|email| !email.key.is_empty());
    if let Some(found) = store::by_handle(work.conn, work.company, &handle.source, &handle.key)? {
        return Ok(found);
    }
    let Some(email) = email else { return learn(work, handle, name) };
    match store::by_handle(work.conn, work.company, &email.source, &email.key)? {
        Some(known) => matching(work, handle, name, Some(known)),
        None => {
            let contact = learn(work, handle, name)?;
            if email.source != handle.source {
                give(work, contact, &email)?;
            }
            Ok(contact)
        }
    }
}

fn learn(work: &mut Work<'_>, handle: &Handle, name: Option<&str>) -> Result<ContactId> {
    let contact = Contact {
        id: ContactId(work.new_id()),
        team: None,
        owner: None,
        name: name.unwrap_or_default().to_string(),
        description: String::new(),
        avatar: None,
        links: Value::Array(Vec::new()),
        custom_fields: Value::Object(serde_json::Map::new()),
        is_name_manual: false,
        created_at: work.now,
        updated_at: work.now,
        account: None,
    };
    store::insert(work.conn, work.company, &contact)?;
    give(work, contact.id, handle)?;
    Ok(contact.id)
}

/// Gives a contact a handle that nobody has.
fn give(work: &mut Work<'_>, contact: ContactId, handle: &Handle) -> Result<()> {
    names::key("handle", &handle.handle)?;
    keep_handle(work, contact, handle)
}

/// Writes a new handle down. An e-mail address takes a contact without an account into that of its domain.
fn keep_handle(work: &mut Work<'_>, contact: ContactId, handle: &Handle) -> Result<()> {
    store::insert_handle(work.conn, work.company, contact, handle)?;
    match handle.domain() {
        Some(domain) => accounts::welcome(work, domain, contact),
        None => Ok(()),
    }
}

/// The custom field values of a contact, whoever asks; empty for an unknown one.
pub(crate) fn fields_of(work: &mut Work<'_>, id: ContactId) -> Result<Value> {
    Ok(store::get(work.conn, work.company, id)?.map_or(Value::Null, |contact| contact.custom_fields))
}

/// When a contact was made, whoever asks.
pub(crate) fn born(work: &mut Work<'_>, id: ContactId) -> Result<Option<Timestamp>> {
    Ok(store::get(work.conn, work.company, id)?.map(|contact| contact.created_at))
}

/// The lists that a contact is on.
pub(crate) fn lists_of(work: &mut Work<'_>, id: ContactId) -> Result<Vec<ContactListId>> {
    Ok(store::lists_of(work.conn, work.company, id)?)
}

/// Whether there is such a list.
pub(crate) fn has_list(work: &mut Work<'_>, list: ContactListId) -> Result<bool> {
    Ok(!store::lists_by_id(work.conn, work.company, &[list])?.is_empty())
}

/// Puts a contact on a list, or takes it off. Lists and contacts that are gone are passed over.
pub(crate) fn put_on_list(work: &mut Work<'_>, list: ContactListId, contact: ContactId, on: bool) -> Result<()> {
    match on {
        true => store::enlist(work.conn, work.company, list, contact)?,
        false => store::delist(work.conn, work.company, list, contact)?,
    };
    Ok(())
}

/// The account that a contact belongs to, whoever asks.
pub(crate) fn account_of(work: &mut Work<'_>, id: ContactId) -> Result<Option<AccountId>> {
    Ok(store::get(work.conn, work.company, id)?.and_then(|contact| contact.account))
}

/// Puts a contact into an account, or into none. The account's own feature says so in the log.
pub(crate) fn set_account(work: &mut Work<'_>, id: ContactId, account: Option<AccountId>) -> Result<()> {
    store::set_account(work.conn, work.company, id, account, work.now)?;
    Ok(())
}

/// Puts a contact into an account unless it is in one, or somebody's own. Answers whether it is new there.
pub(crate) fn join_account(work: &mut Work<'_>, id: ContactId, account: AccountId) -> Result<bool> {
    Ok(store::join_account(work.conn, work.company, id, account, work.now)? > 0)
}

/// Takes up to `limit` contacts out of an account that is gone; answers how many there were.
pub(crate) fn leave_account(work: &mut Work<'_>, account: AccountId, limit: i64) -> Result<i64> {
    let left = store::leave_account(work.conn, work.company, (account, limit), work.now)?;
    Ok(i64::try_from(left).unwrap_or(limit))
}

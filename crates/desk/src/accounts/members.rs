//! The contacts of an account. A contact belongs to one account at most: whoever is put into another one leaves the first.

use serde_json::json;

use super::{see, store};
use crate::contacts::{self, Contact, Filter, Order};
use crate::error::Result;
use crate::events::{self, Kind};
use crate::ids::{AccountId, ContactId};
use crate::paging::{Page, Window};
use crate::work::Work;

/// A page of an account's contacts that the caller may see.
pub fn list(work: &mut Work<'_>, id: AccountId, order: Order, window: &Window) -> Result<Page<Contact>> {
    see(work, id)?;
    contacts::list(work, &Filter { account: Some(id), ..Filter::default() }, order, window)
}

/// Puts contacts into an account. Those that are in it already are no change.
pub fn add(work: &mut Work<'_>, id: AccountId, ids: &[ContactId]) -> Result<()> {
    see(work, id)?;
    contacts::lists::check_count(ids.len())?;
    let mut added = Vec::new();
    for contact in ids {
        let before = contacts::see(work, *contact)?.account;
        if before == Some(id) {
            continue;
        }
        contacts::set_account(work, *contact, Some(id))?;
        added.push(*contact);
        if let Some(before) = before {
            note(work, before, "removed", &[*contact])?;
        }
    }
    if !added.is_empty() {
        claim(work, id)?;
    }
    note(work, id, "added", &added)
}

/// Takes contacts out of an account. Those that are not in it are no change.
pub fn remove(work: &mut Work<'_>, id: AccountId, ids: &[ContactId]) -> Result<()> {
    see(work, id)?;
    contacts::lists::check_count(ids.len())?;
    let mut removed = Vec::new();
    for contact in ids {
        if contacts::see(work, *contact)?.account == Some(id) {
            contacts::set_account(work, *contact, None)?;
            removed.push(*contact);
        }
    }
    note(work, id, "removed", &removed)
}

/// Takes in a contact that has just got an address at a domain, if the domain is an account's and the contact belongs to
/// none and is nobody's own. A domain stands for itself alone, not for those below it.
pub(crate) fn welcome(work: &mut Work<'_>, domain: &str, contact: ContactId) -> Result<()> {
    let Some(id) = store::of_domain(work.conn, work.company, domain)? else { return Ok(()) };
    if contacts::join_account(work, contact, id)? {
        claim(work, id)?;
        note(work, id, "added", &[contact])?;
    }
    Ok(())
}

/// Writes to the account's row, though nothing in it changes: so who puts contacts into it and who deletes it meanwhile
/// meet, and one of them runs again.
fn claim(work: &mut Work<'_>, id: AccountId) -> Result<()> {
    store::touch(work.conn, work.company, id)?;
    Ok(())
}

fn note(work: &mut Work<'_>, id: AccountId, how: &str, contacts: &[ContactId]) -> Result<()> {
    if !contacts.is_empty() {
        events::record_setting(work, Kind::Setting, json!({"account": id, how: contacts}))?;
    }
    Ok(())
}

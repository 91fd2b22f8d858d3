//! Making, changing and deleting accounts.

use serde_json::{Map, Value, json};

use super::{Account, see, store, views};
use crate::contacts;
use crate::custom_fields;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::AccountId;
use crate::names;
use crate::timers::{self, Timer};
use crate::work::Work;

/// The longest name, description and external id, in characters; an index holds the last.
const LONGEST_NAME: usize = 1_000;
const LONGEST_DESCRIPTION: usize = 65_535;
const LONGEST_EXTERNAL_ID: usize = 500;
/// The longest domain (RFC 1035 section 2.3.4).
const LONGEST_DOMAIN: usize = 253;
/// The most domains of one account.
pub const MOST_DOMAINS: usize = 200;
/// Contacts of a deleted account that one unit takes out of it.
pub(super) const BATCH: i64 = 500;
/// What the definitions of accounts' custom fields are on.
const OWNER: &str = "account";

/// A new account.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// What it is called; several may be called alike.
    pub name: String,
    /// What people wrote about it.
    pub description: Option<String>,
    /// The domains its people write from.
    pub domains: Vec<String>,
    /// What another system calls it; it never changes.
    pub external_id: Option<String>,
    /// Its custom field values.
    pub custom_fields: Map<String, Value>,
}

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Another description, or none.
    pub description: Option<Option<String>>,
    /// All of its domains.
    pub domains: Option<Vec<String>>,
    /// All of its custom field values.
    pub custom_fields: Option<Map<String, Value>>,
}

/// Adds an account. A domain or an external id that another account has is a conflict. Contacts that there are already
/// stay where they are: a domain takes in those who come.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<AccountId> {
    work.access.require_global()?;
    let account = Account {
        id: AccountId(work.new_id()),
        name: names::checked("name", &new.name, LONGEST_NAME)?,
        description: described(new.description.as_deref())?,
        external_id: new
            .external_id
            .as_deref()
            .map(|id| names::checked("external_id", id, LONGEST_EXTERNAL_ID))
            .transpose()?,
        custom_fields: custom_fields::checked(work, OWNER, &new.custom_fields)?,
        created_at: work.now,
        updated_at: work.now,
    };
    let domains = distinct(&new.domains)?;
    store::insert(work.conn, work.company, &account).map_err(|error| {
        match (error.is_duplicate(), &new.external_id) {
            (true, Some(id)) => Error::Conflict(format!("there is an account with the external id {id:?} already")),
            _ => error.into(),
        }
    })?;
    claim(work, account.id, &domains)?;
    let change = json!({"account": [null, account.id], "name": [null, account.name], "domains": [null, domains]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(account.id)
}

/// Changes an account. Saying what is known already is no change.
pub fn update(work: &mut Work<'_>, id: AccountId, change: &Change) -> Result<()> {
    let before = see(work, id)?;
    let mut account = before.clone();
    if let Some(name) = &change.name {
        account.name = names::checked("name", name, LONGEST_NAME)?;
    }
    if let Some(description) = &change.description {
        account.description = described(description.as_deref())?;
    }
    if let Some(values) = &change.custom_fields {
        account.custom_fields = custom_fields::checked(work, OWNER, values)?;
    }
    let mut changed = Map::new();
    if let Some(wanted) = &change.domains {
        let wanted = distinct(wanted)?;
        let known = views(work, vec![before.clone()])?.pop().map(|view| view.domains).unwrap_or_default();
        if known != wanted {
            store::delete_domains(work.conn, work.company, id)?;
            claim(work, id, &wanted)?;
            changed.insert("domains".to_string(), json!([known, wanted]));
        }
    }
    keep(work, &before, account, changed)
}

/// Sets one custom field of an account, whoever asks, and leaves the others; `null` empties it.
pub(crate) fn set_field(work: &mut Work<'_>, before: &Account, name: &str, value: Value) -> Result<()> {
    // Values of fields that are on their way out would be refused.
    let shown = custom_fields::shown(&*work.directory()?, OWNER, &before.custom_fields).into_owned();
    let mut values = shown.as_object().cloned().unwrap_or_default();
    values.insert(name.to_string(), value);
    let account = Account { custom_fields: custom_fields::checked(work, OWNER, &values)?, ..before.clone() };
    keep(work, before, account, Map::new())
}

/// Deletes an account; its contacts stay, and belong to none from here on, however many there are. That is written down a
/// few contacts in a unit.
pub fn delete(work: &mut Work<'_>, id: AccountId) -> Result<()> {
    let account = see(work, id)?;
    store::delete_domains(work.conn, work.company, id)?;
    store::delete(work.conn, work.company, id)?;
    events::record_setting(work, Kind::Setting, json!({"account": [id, null], "name": [account.name, null]}))?;
    clear(work, id)
}

/// Takes the next contacts out of a deleted account, and goes on later if there are more ([`Timer::Account`], whose subject
/// is the account). Nobody can come into it meanwhile, as it is not there.
pub(crate) fn clear(work: &mut Work<'_>, id: AccountId) -> Result<()> {
    match contacts::leave_account(work, id, BATCH)? {
        left if left == BATCH => timers::set(work, Timer::Account, 0, id.0, work.now, &json!({})),
        _ => Ok(()),
    }
}

/// Writes down what is not the same any more, beside what the caller has changed already.
fn keep(work: &mut Work<'_>, before: &Account, mut account: Account, mut changed: Map<String, Value>) -> Result<()> {
    let mut note = |field: &str, before: Value, after: Value| {
        if before != after {
            changed.insert(field.to_string(), json!([before, after]));
        }
    };
    note("name", json!(before.name), json!(account.name));
    note("description", json!(before.description), json!(account.description));
    note("custom_fields", before.custom_fields.clone(), account.custom_fields.clone());
    if changed.is_empty() {
        return Ok(());
    }
    account.updated_at = work.now;
    store::update(work.conn, work.company, &account)?;
    changed.insert("account".to_string(), json!(account.id));
    events::record_setting(work, Kind::Setting, Value::Object(changed))?;
    Ok(())
}

fn described(description: Option<&str>) -> Result<Option<String>> {
    let Some(text) = description else { return Ok(None) };
    names::short("description", text, LONGEST_DESCRIPTION)?;
    Ok(Some(text.to_string()))
}

/// Domains as they are kept, each once, in the order they were given.
fn distinct(given: &[String]) -> Result<Vec<String>> {
    if given.len() > MOST_DOMAINS {
        return Err(Error::invalid("domains", format!("{} domains, at most {MOST_DOMAINS} are possible", given.len())));
    }
    let mut kept: Vec<String> = Vec::with_capacity(given.len());
    for (at, text) in given.iter().enumerate() {
        let domain = domain(&format!("domains[{at}]"), text)?;
        if !kept.contains(&domain) {
            kept.push(domain);
        }
    }
    Ok(kept)
}

/// A domain as it is compared: in lower case, without space around it, nor the `@` or the last dot that some write.
pub(super) fn domain(field: &str, text: &str) -> Result<String> {
    let text = text.trim();
    let text = text.strip_prefix('@').unwrap_or(text);
    let domain = text.strip_suffix('.').unwrap_or(text).to_lowercase();
    let length = domain.chars().count();
    let is_odd = |letter: char| letter.is_whitespace() || letter.is_control() || "@/:?#,;<>".contains(letter);
    match length == 0 || length > LONGEST_DOMAIN || domain.contains(is_odd) {
        true => Err(Error::invalid(field, format!("expected a domain like example.com, found {:?}", cut(text)))),
        false => Ok(domain),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}

/// Gives domains to an account that has none.
fn claim(work: &mut Work<'_>, id: AccountId, domains: &[String]) -> Result<()> {
    for (position, domain) in (0_i64..).zip(domains) {
        store::insert_domain(work.conn, work.company, (id, domain, position)).map_err(|error| {
            match error.is_duplicate() {
                true => Error::Conflict(format!("the domain {domain} is another account's")),
                false => error.into(),
            }
        })?;
    }
    Ok(())
}

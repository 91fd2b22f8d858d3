//! Changing a teammate, and turning one off.

use serde_json::{Map, Value, json};

use super::{Teammate, get, store};
use crate::custom_fields;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::TeammateId;
use crate::names;
use crate::work::Work;

/// The longest name, in characters.
const LONGEST: usize = 128;

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another username, unique in the company: lower-case letters, digits and underscores.
    pub username: Option<String>,
    /// Another given name.
    pub first_name: Option<String>,
    /// Another family name; it may be empty.
    pub last_name: Option<String>,
    /// Whether they are switched to available; shifts and time off have a say beside it.
    pub is_available: Option<bool>,
    /// Whether they are kept out.
    pub is_blocked: Option<bool>,
    /// Whether they may configure the company.
    pub is_admin: Option<bool>,
    /// All values of custom fields; those left out are emptied.
    pub custom_fields: Option<Map<String, Value>>,
}

/// Changes a teammate. The last administrator who is not kept out stays one, as nobody else could make another.
pub fn update(work: &mut Work<'_>, id: TeammateId, change: &Change) -> Result<()> {
    let before = get(work, id)?;
    let mut row = before.clone();
    if let Some(username) = &change.username {
        row.username = checked_username(username)?;
    }
    if let Some(name) = &change.first_name {
        row.first_name = names::checked("first_name", name, LONGEST)?;
    }
    if let Some(name) = &change.last_name {
        row.last_name =
            if name.trim().is_empty() { String::new() } else { names::checked("last_name", name, LONGEST)? };
    }
    row.is_available = change.is_available.unwrap_or(row.is_available);
    row.is_blocked = change.is_blocked.unwrap_or(row.is_blocked);
    row.is_admin = change.is_admin.unwrap_or(row.is_admin);
    if row.is_admin && !before.is_admin && !row.is_person() {
        return Err(Error::invalid("is_admin", format!("{id} is a bot")));
    }
    leave_an_administrator(work, &before, &row)?;
    if let Some(values) = &change.custom_fields {
        row.custom_fields = custom_fields::checked(work, "teammate", values)?;
    }
    let mut changed = Map::new();
    for (field, before, after) in [
        ("username", json!(before.username), json!(row.username)),
        ("first_name", json!(before.first_name), json!(row.first_name)),
        ("last_name", json!(before.last_name), json!(row.last_name)),
        ("is_available", json!(before.is_available), json!(row.is_available)),
        ("is_blocked", json!(before.is_blocked), json!(row.is_blocked)),
        ("is_admin", json!(before.is_admin), json!(row.is_admin)),
        ("custom_fields", before.custom_fields, row.custom_fields.clone()),
    ] {
        if before != after {
            changed.insert(field.to_string(), json!([before, after]));
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    save(work, &row)?;
    work.directory_changed()?;
    changed.insert("teammate".to_string(), json!(id));
    events::record_setting(work, Kind::Setting, changed.into())?;
    Ok(())
}

/// Refuses a change that would leave a company without anybody who may configure it.
fn leave_an_administrator(work: &mut Work<'_>, before: &Teammate, after: &Teammate) -> Result<()> {
    let administers = |row: &Teammate| row.is_person() && row.is_admin && !row.is_blocked;
    if !administers(before) || administers(after) {
        return Ok(());
    }
    let directory = work.directory()?;
    if directory.teammates().any(|row| row.id != before.id && administers(row)) {
        return Ok(());
    }
    let field = if after.is_blocked { "is_blocked" } else { "is_admin" };
    Err(Error::invalid(field, format!("{} is the last administrator of the company who is not blocked", before.id)))
}

fn save(work: &mut Work<'_>, row: &Teammate) -> Result<()> {
    store::update(work.conn, work.company, row).map_err(|error| match error.is_duplicate() {
        true => Error::Conflict(format!("somebody else has the username {}", row.username)),
        false => error.into(),
    })?;
    Ok(())
}

/// A username as it is kept: lower-case letters, digits and underscores.
pub fn checked_username(name: &str) -> Result<String> {
    let name = names::checked("username", name, LONGEST)?;
    let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    let why = || format!("expected lower-case letters, digits and underscores, found {name:?}");
    match name.chars().all(fits) {
        true => Ok(name),
        false => Err(Error::invalid("username", why())),
    }
}

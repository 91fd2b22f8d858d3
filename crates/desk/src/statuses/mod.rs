//! Ticket statuses: named states inside the categories open, waiting and resolved.

use serde_json::json;

use crate::conversations::Conversation;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::StatusId;
use crate::names;
use crate::time::Timestamp;
use crate::work::Work;

pub(crate) mod store;
#[cfg(test)]
mod tests;
mod update;

pub use update::{Change, update};

db::record! {
    /// A ticket status as stored.
    #[derive(Debug, Clone)]
    pub struct Status {
        pub id: StatusId,
        pub name: String,
        pub category: String,
        pub description: Option<String>,
        pub is_default: bool,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

/// The categories that every status belongs to one of.
pub const CATEGORIES: &[&str] = &["open", "waiting", "resolved"];

/// The longest name of a status, in characters.
const LONGEST: usize = 64;

/// A new ticket status.
#[derive(Debug, Clone)]
pub struct New {
    /// Unique in the company.
    pub name: String,
    /// One of [`CATEGORIES`].
    pub category: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether its category falls back to it.
    pub is_default: bool,
}

/// Adds a ticket status.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<StatusId> {
    work.access.require_global()?;
    if !CATEGORIES.contains(&new.category.as_str()) {
        return Err(Error::invalid(
            "category",
            format!("expected open, waiting or resolved, found {:?}", new.category),
        ));
    }
    let status = Status {
        id: StatusId(work.new_id()),
        name: names::checked("name", &new.name, LONGEST)?,
        category: new.category.clone(),
        description: new.description.clone(),
        is_default: new.is_default,
        created_at: work.now,
        updated_at: work.now,
    };
    if status.is_default {
        store::end_default(work.conn, work.company, &status.category)?;
    }
    store::insert(work.conn, work.company, &status).map_err(|error| taken(error, &status.name))?;
    work.directory_changed()?;
    let change = json!({"status": [null, status.id.to_string()], "name": [null, status.name]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(status.id)
}

/// Adds the statuses that every company begins with: one for each category, named like it.
pub fn create_defaults(work: &mut Work<'_>) -> Result<()> {
    for (name, category) in [("Open", "open"), ("Waiting", "waiting"), ("Resolved", "resolved")] {
        let new = New { name: name.to_string(), category: category.to_string(), description: None, is_default: true };
        create(work, &new)?;
    }
    Ok(())
}

fn taken(error: db::Error, name: &str) -> Error {
    match error.is_duplicate() {
        true => Error::Conflict(format!("there is a status named {name:?} already")),
        false => error.into(),
    }
}

/// Gives a new conversation its first ticket status, where the company uses ticketing.
pub fn start(work: &mut Work<'_>, row: &mut Conversation) -> Result<()> {
    let directory = work.directory()?;
    if !directory.company.has_ticketing {
        return Ok(());
    }
    row.ticket_status = default_of(&directory, "open");
    row.ticket_number = Some(crate::companies::count(work, "ticket")?);
    Ok(())
}

/// The status that a category falls back to.
pub fn default_of(directory: &crate::Directory, category: &str) -> Option<StatusId> {
    let of_category: Vec<&Status> = directory.statuses().filter(|status| status.category == category).collect();
    let chosen = of_category.iter().find(|status| status.is_default).or(of_category.first());
    chosen.map(|status| status.id)
}

/// A ticket status that conversations may get: refused where the company uses none, or has no such status.
pub fn usable(directory: &crate::Directory, id: StatusId) -> Result<&Status> {
    if !directory.company.has_ticketing {
        return Err(Error::invalid("status_id", "ticketing is off"));
    }
    directory.status(id).ok_or_else(|| Error::invalid("status_id", format!("unknown status {id}")))
}

/// All ticket statuses, the oldest first. Without ticketing there is no such resource.
pub fn list(work: &mut Work<'_>) -> Result<Vec<Status>> {
    let directory = work.directory()?;
    match directory.company.has_ticketing {
        true => Ok(directory.statuses().cloned().collect()),
        false => Err(Error::NotFound("status")),
    }
}

/// One ticket status.
pub fn get(work: &mut Work<'_>, id: StatusId) -> Result<Status> {
    list(work)?.into_iter().find(|status| status.id == id).ok_or(Error::NotFound("status"))
}

//! Changing a ticket status. Its category never changes: conversations were sorted by it.

use serde_json::{Map, json};

use super::{LONGEST, store, taken};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::StatusId;
use crate::names;
use crate::work::Work;

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name, unique in the company.
    pub name: Option<String>,
    /// Another description, or none.
    pub description: Option<Option<String>>,
    /// Makes it the one that its category falls back to.
    pub becomes_default: bool,
}

/// Changes a status.
pub fn update(work: &mut Work<'_>, id: StatusId, change: &Change) -> Result<()> {
    work.access.require_global()?;
    let directory = work.directory()?;
    let before = directory.status(id).ok_or(Error::NotFound("status"))?;
    let mut status = before.clone();
    if let Some(name) = &change.name {
        status.name = names::checked("name", name, LONGEST)?;
    }
    if let Some(description) = &change.description {
        status.description.clone_from(description);
    }
    status.is_default |= change.becomes_default;
    let mut changed = Map::new();
    for (field, before, after) in [
        ("name", json!(before.name), json!(status.name)),
        ("description", json!(before.description), json!(status.description)),
        ("is_default", json!(before.is_default), json!(status.is_default)),
    ] {
        if before != after {
            changed.insert(field.to_string(), json!([before, after]));
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    if status.is_default {
        store::end_default(work.conn, work.company, &status.category)?;
    }
    status.updated_at = work.now;
    store::update(work.conn, work.company, &status).map_err(|error| taken(error, &status.name))?;
    work.directory_changed()?;
    changed.insert("status".to_string(), json!(id));
    events::record_setting(work, Kind::Setting, changed.into())?;
    Ok(())
}

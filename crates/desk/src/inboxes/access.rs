//! Who may open an inbox.

use serde_json::json;

use super::{get, store};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{InboxId, TeammateId};
use crate::teammates::{self, Teammate};
use crate::work::Work;

/// Those who may open an inbox, the oldest teammate first.
pub fn teammates_of(work: &mut Work<'_>, id: InboxId) -> Result<Vec<Teammate>> {
    let inbox = get(work, id)?;
    let directory = work.directory()?;
    let ids = directory.inbox_teammates(&inbox);
    Ok(ids.into_iter().filter_map(|id| directory.teammate(id).cloned()).collect())
}

/// Lets people in by name. Those on the list already stay on it.
pub fn add_teammates(work: &mut Work<'_>, id: InboxId, people: &[TeammateId]) -> Result<()> {
    shared(work, id)?;
    teammates::people(work, people)?;
    let mut added = Vec::new();
    for teammate in people {
        if store::allow(work.conn, work.company, id, *teammate)? > 0 {
            added.push(*teammate);
        }
    }
    changed(work, id, &[], &added)
}

/// Takes people off the list. Members of the workspace keep their way into a public inbox.
pub fn remove_teammates(work: &mut Work<'_>, id: InboxId, people: &[TeammateId]) -> Result<()> {
    shared(work, id)?;
    teammates::people(work, people)?;
    let mut removed = Vec::new();
    for teammate in people {
        if store::forbid(work.conn, work.company, id, *teammate)? > 0 {
            removed.push(*teammate);
        }
    }
    changed(work, id, &removed, &[])
}

fn shared(work: &mut Work<'_>, id: InboxId) -> Result<()> {
    match get(work, id)?.is_private() {
        true => Err(Error::invalid("", "a private inbox is open to its owner alone")),
        false => Ok(()),
    }
}

fn changed(work: &mut Work<'_>, id: InboxId, removed: &[TeammateId], added: &[TeammateId]) -> Result<()> {
    if removed.is_empty() && added.is_empty() {
        return Ok(());
    }
    work.directory_changed()?;
    events::record_setting(work, Kind::Setting, json!({"inbox": id, "teammates": [removed, added]}))?;
    Ok(())
}

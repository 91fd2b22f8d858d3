//! Changing an inbox, and its end.

use serde_json::{Map, Value, json};

use super::{LONGEST, get, store};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{InboxId, TeamId};
use crate::work::Work;
use crate::{custom_fields, names, teammate_groups, teams};

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Whether every member of the workspace may open it; a private inbox never is public.
    pub is_public: Option<bool>,
    /// Another workspace; its conversations and channels come along.
    pub team: Option<TeamId>,
    /// All values of custom fields; those left out are emptied.
    pub custom_fields: Option<Map<String, Value>>,
}

/// Changes an inbox.
pub fn update(work: &mut Work<'_>, id: InboxId, change: &Change) -> Result<()> {
    let before = get(work, id)?;
    let mut row = before.clone();
    if let Some(name) = &change.name {
        row.name = names::checked("name", name, LONGEST)?;
    }
    if before.is_private() && (change.is_public == Some(true) || change.team.is_some()) {
        return Err(Error::invalid("", "a private inbox stays private, with its owner"));
    }
    row.is_public = change.is_public.unwrap_or(row.is_public);
    if let Some(team) = change.team {
        teams::get(work, team).map_err(|_| Error::invalid("team_id", format!("unknown workspace {team}")))?;
        row.team = Some(team);
    }
    if let Some(values) = &change.custom_fields {
        row.custom_fields = custom_fields::checked(work, "inbox", values)?;
    }
    let mut changed = Map::new();
    for (field, before, after) in [
        ("name", json!(before.name), json!(row.name)),
        ("is_public", json!(before.is_public), json!(row.is_public)),
        ("team", json!(before.team), json!(row.team)),
        ("custom_fields", before.custom_fields, row.custom_fields.clone()),
    ] {
        if before != after {
            changed.insert(field.to_string(), json!([before, after]));
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    store::update(work.conn, work.company, &row)?;
    work.directory_changed()?;
    changed.insert("inbox".to_string(), json!(id));
    events::record_setting(work, Kind::Setting, changed.into())?;
    Ok(())
}

/// Deletes an inbox that nothing is in any more. Nobody loses a conversation by it, and no channel its way in.
pub fn delete(work: &mut Work<'_>, id: InboxId) -> Result<()> {
    let inbox = get(work, id)?;
    let directory = work.directory()?;
    if let Some(channel) = directory.channels().find(|channel| channel.inbox == id) {
        return Err(Error::Conflict(format!("{} still posts into {id}: move it first", channel.id)));
    }
    if let Some(conversation) = store::any_conversation(work.conn, work.company, id)? {
        return Err(Error::Conflict(format!("{conversation} is still in {id}: move its conversations first")));
    }
    store::delete(work.conn, work.company, id)?;
    teammate_groups::forget_inbox(work, id)?;
    let change = json!({"inbox": [id.to_string(), null], "name": [inbox.name, null]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(())
}

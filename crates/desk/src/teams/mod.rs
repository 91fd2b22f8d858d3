//! Workspaces: the API calls them teams.

use serde_json::json;

use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{TeamId, TeammateId};
use crate::names;
use crate::rules::choose::MOST_OPEN;
use crate::shifts;
use crate::teammates;
use crate::views;
use crate::work::Work;

pub(crate) mod store;
#[cfg(test)]
mod tests;

db::record! {
    /// A workspace as stored.
    #[derive(Debug, Clone)]
    pub struct Team {
        pub id: TeamId,
        pub name: String,
        pub assign_limit: i64,
    }
}

impl Team {
    /// How many open conversations one of its teammates gets by load balancing at most.
    pub fn most_open(&self) -> u32 {
        u32::try_from(self.assign_limit).ok().filter(|limit| *limit > 0).unwrap_or(MOST_OPEN)
    }
}

db::record! {
    /// That a teammate belongs to a workspace.
    #[derive(Debug, Clone)]
    pub struct Member {
        pub team: TeamId,
        pub teammate: TeammateId,
        pub is_admin: bool,
    }
}

/// The longest name of a workspace, in characters.
const LONGEST: usize = 128;

/// A new workspace.
#[derive(Debug, Clone)]
pub struct New {
    /// What it is called.
    pub name: String,
}

/// Adds a workspace.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<TeamId> {
    let name = names::checked("name", &new.name, LONGEST)?;
    let id = TeamId(work.new_id());
    store::insert(work.conn, work.company, &Team { id, name: name.clone(), assign_limit: 0 }, work.now)?;
    work.directory_changed()?;
    events::record_setting(work, Kind::Setting, json!({"team": [null, id.to_string()], "name": [null, name]}))?;
    Ok(id)
}

/// A workspace that the caller may see.
pub fn get(work: &mut Work<'_>, id: TeamId) -> Result<Team> {
    let directory = work.directory()?;
    let found = directory.team(id).filter(|_| work.access.sees_team(id));
    found.cloned().ok_or(Error::NotFound("team"))
}

/// The workspaces that the caller may see, the oldest first.
pub fn list(work: &mut Work<'_>) -> Result<Vec<Team>> {
    let directory = work.directory()?;
    Ok(directory.teams().filter(|team| work.access.sees_team(team.id)).cloned().collect())
}

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// How many open conversations a teammate gets by load balancing at most: 1 to [`MOST_OPEN`].
    pub assign_limit: Option<u32>,
}

/// Changes a workspace.
pub fn update(work: &mut Work<'_>, id: TeamId, change: &Change) -> Result<()> {
    let before = get(work, id)?;
    let mut row = before.clone();
    if let Some(name) = &change.name {
        row.name = names::checked("name", name, LONGEST)?;
    }
    if let Some(limit) = change.assign_limit {
        if !(1..=MOST_OPEN).contains(&limit) {
            return Err(Error::invalid("assign_limit", format!("expected 1 to {MOST_OPEN}, found {limit}")));
        }
        row.assign_limit = i64::from(limit);
    }
    if (&row.name, row.assign_limit) == (&before.name, before.assign_limit) {
        return Ok(());
    }
    store::update(work.conn, work.company, &row)?;
    work.directory_changed()?;
    let limit = [before.assign_limit, row.assign_limit];
    let change = json!({"team": id, "name": [before.name, row.name], "assign_limit": limit});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(())
}

/// Adds people to a workspace. Those who belong to it already stay as they are.
pub fn add_members(work: &mut Work<'_>, id: TeamId, teammates: &[TeammateId]) -> Result<()> {
    get(work, id)?;
    teammates::people(work, teammates)?;
    let mut added = Vec::new();
    for teammate in teammates {
        let member = Member { team: id, teammate: *teammate, is_admin: false };
        if store::add(work.conn, work.company, &member)? > 0 {
            added.push(teammate.to_string());
        }
    }
    changed(work, id, &[], &added)
}

/// Takes people out of a workspace, and with it out of the inboxes they were let into there, of its shifts, and of
/// the sidebars that its views stand in. Others are passed over.
pub fn remove_members(work: &mut Work<'_>, id: TeamId, teammates: &[TeammateId]) -> Result<()> {
    get(work, id)?;
    teammates::people(work, teammates)?;
    let mut removed = Vec::new();
    for teammate in teammates {
        if store::remove(work.conn, work.company, id, *teammate)? > 0 {
            store::shut_out(work.conn, work.company, id, *teammate)?;
            shifts::leave(work, id, *teammate)?;
            views::leave(work, id, *teammate)?;
            removed.push(teammate.to_string());
        }
    }
    changed(work, id, &removed, &[])
}

fn changed(work: &mut Work<'_>, id: TeamId, removed: &[String], added: &[String]) -> Result<()> {
    if removed.is_empty() && added.is_empty() {
        return Ok(());
    }
    work.directory_changed()?;
    events::record_setting(work, Kind::Setting, json!({"team": id.to_string(), "members": [removed, added]}))?;
    Ok(())
}

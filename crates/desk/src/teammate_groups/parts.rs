//! What is in a group: people, workspaces, and the inboxes that are linked to it.

use serde_json::{Value, json};

use super::{changed, get, own, store};
use crate::error::{Error, Result};
use crate::ids::{InboxId, TeamId, TeammateGroupId, TeammateId};
use crate::inboxes::{self, Inbox};
use crate::teammates::{self, Teammate};
use crate::teams::{self, Team};
use crate::work::Work;

/// Those who are in a group, the oldest teammate first.
pub fn teammates_of(work: &mut Work<'_>, id: TeammateGroupId) -> Result<Vec<Teammate>> {
    let group = get(work, id)?;
    teammates::among(work, &group.members)
}

/// Puts people into a group. Those who are in it already are no change.
pub fn add_teammates(work: &mut Work<'_>, id: TeammateGroupId, people: &[TeammateId]) -> Result<()> {
    own(work, id)?;
    teammates::people(work, people)?;
    let mut added: Vec<Value> = Vec::new();
    for teammate in people {
        if store::add_member(work.conn, work.company, id, *teammate)? > 0 {
            added.push(json!(teammate));
        }
    }
    changed(work, id, "members", [Vec::new(), added])
}

/// Takes people out of a group. Others are passed over.
pub fn remove_teammates(work: &mut Work<'_>, id: TeammateGroupId, people: &[TeammateId]) -> Result<()> {
    own(work, id)?;
    teammates::people(work, people)?;
    let mut removed: Vec<Value> = Vec::new();
    for teammate in people {
        if store::remove_member(work.conn, work.company, id, *teammate)? > 0 {
            removed.push(json!(teammate));
        }
    }
    changed(work, id, "members", [removed, Vec::new()])
}

/// The workspaces of a group that the caller may see, the oldest first.
pub fn teams_of(work: &mut Work<'_>, id: TeammateGroupId) -> Result<Vec<Team>> {
    let group = get(work, id)?;
    let mut all = teams::list(work)?;
    all.retain(|team| group.teams.contains(&team.id));
    Ok(all)
}

/// Gives a group workspaces, and with them their public inboxes.
pub fn add_teams(work: &mut Work<'_>, id: TeammateGroupId, wanted: &[TeamId]) -> Result<()> {
    own(work, id)?;
    known_teams(work, wanted)?;
    let mut added: Vec<Value> = Vec::new();
    for team in wanted {
        if store::add_team(work.conn, work.company, id, *team)? > 0 {
            added.push(json!(team));
        }
    }
    changed(work, id, "teams", [Vec::new(), added])
}

/// Takes workspaces from a group, and with them all their inboxes. Those that it does not have are passed over.
pub fn remove_teams(work: &mut Work<'_>, id: TeammateGroupId, unwanted: &[TeamId]) -> Result<()> {
    let group = own(work, id)?;
    known_teams(work, unwanted)?;
    let directory = work.directory()?;
    let mut removed: Vec<Value> = Vec::new();
    for team in unwanted {
        if store::remove_team(work.conn, work.company, id, *team)? == 0 {
            continue;
        }
        removed.push(json!(team));
        let of_team = |inbox: &&InboxId| directory.inbox(**inbox).is_some_and(|inbox| inbox.team == Some(*team));
        for inbox in group.inboxes.iter().filter(of_team) {
            store::remove_inbox(work.conn, work.company, id, *inbox)?;
        }
    }
    changed(work, id, "teams", [removed, Vec::new()])
}

fn known_teams(work: &mut Work<'_>, ids: &[TeamId]) -> Result<()> {
    for id in ids {
        teams::get(work, *id).map_err(|_| Error::invalid("team_ids", format!("unknown workspace {id}")))?;
    }
    Ok(())
}

/// The inboxes that a group opens to its members, as far as the caller may see them, the oldest first.
pub fn inboxes_of(work: &mut Work<'_>, id: TeammateGroupId) -> Result<Vec<Inbox>> {
    let group = get(work, id)?;
    let mut all = inboxes::list(work, None)?;
    all.retain(|inbox| group.opens(inbox));
    Ok(all)
}

/// Links inboxes of a group's workspaces to it that are not public; those that are, it opens anyway.
pub fn add_inboxes(work: &mut Work<'_>, id: TeammateGroupId, wanted: &[InboxId]) -> Result<()> {
    let group = own(work, id)?;
    for inbox in known_inboxes(work, wanted)? {
        let refused = |why: &str| Err(Error::invalid("inbox_ids", format!("{} {why}", inbox.id)));
        match inbox.team {
            Some(team) if !group.teams.contains(&team) => return refused("is in no workspace of the group"),
            None => return refused("is in no workspace"),
            Some(_) if inbox.is_public => return refused("is public: the group opens it anyway"),
            Some(_) => {}
        }
    }
    let mut added: Vec<Value> = Vec::new();
    for inbox in wanted {
        if store::add_inbox(work.conn, work.company, id, *inbox)? > 0 {
            added.push(json!(inbox));
        }
    }
    changed(work, id, "inboxes", [Vec::new(), added])
}

/// Unlinks inboxes from a group. Those that are not linked to it are passed over.
pub fn remove_inboxes(work: &mut Work<'_>, id: TeammateGroupId, unwanted: &[InboxId]) -> Result<()> {
    own(work, id)?;
    known_inboxes(work, unwanted)?;
    let mut removed: Vec<Value> = Vec::new();
    for inbox in unwanted {
        if store::remove_inbox(work.conn, work.company, id, *inbox)? > 0 {
            removed.push(json!(inbox));
        }
    }
    changed(work, id, "inboxes", [removed, Vec::new()])
}

fn known_inboxes(work: &mut Work<'_>, ids: &[InboxId]) -> Result<Vec<Inbox>> {
    let mut known = Vec::with_capacity(ids.len());
    for id in ids {
        let unknown = |_| Error::invalid("inbox_ids", format!("unknown inbox {id}"));
        known.push(inboxes::get(work, *id).map_err(unknown)?);
    }
    Ok(known)
}

//! Who works in a shift: people of its workspace.

use serde_json::json;

use super::{Shift, Teammate, get, store};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{ShiftId, TeamId, TeammateId};
use crate::teammates;
use crate::work::Work;

/// Those who work in a shift, as far as the caller may see them, the oldest teammate first.
pub fn teammates_of(work: &mut Work<'_>, id: ShiftId) -> Result<Vec<Teammate>> {
    let shift = get(work, id)?;
    teammates::among(work, &shift.members)
}

/// Has people work in a shift. Those who do already stay as they are.
pub fn add_teammates(work: &mut Work<'_>, id: ShiftId, people: &[TeammateId]) -> Result<()> {
    let shift = get(work, id)?;
    check(work, shift.team, people)?;
    change(work, id, &[], people)
}

/// Has people no longer work in a shift. Others are passed over.
pub fn remove_teammates(work: &mut Work<'_>, id: ShiftId, people: &[TeammateId]) -> Result<()> {
    get(work, id)?;
    teammates::people(work, people)?;
    change(work, id, people, &[])
}

/// Has these people work in a shift, and nobody else.
pub(super) fn replace(work: &mut Work<'_>, shift: &Shift, wanted: &[TeammateId]) -> Result<()> {
    check(work, shift.team, wanted)?;
    let gone: Vec<TeammateId> = shift.members.iter().filter(|who| !wanted.contains(who)).copied().collect();
    change(work, shift.id, &gone, wanted)
}

/// Takes people who leave a workspace out of its shifts.
pub(crate) fn leave(work: &mut Work<'_>, team: TeamId, teammate: TeammateId) -> Result<()> {
    store::leave(work.conn, work.company, team, teammate)?;
    Ok(())
}

/// Refuses those who do not belong to a workspace.
pub(super) fn check(work: &mut Work<'_>, team: TeamId, people: &[TeammateId]) -> Result<()> {
    teammates::people(work, people)?;
    let directory = work.directory()?;
    let stranger = people.iter().find(|who| !directory.members(team).any(|member| member.teammate == **who));
    match stranger {
        Some(who) => Err(Error::invalid("teammate_ids", format!("{who} does not belong to the workspace {team}"))),
        None => Ok(()),
    }
}

fn change(work: &mut Work<'_>, id: ShiftId, leaving: &[TeammateId], coming: &[TeammateId]) -> Result<()> {
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for teammate in leaving {
        if store::remove(work.conn, work.company, id, *teammate)? > 0 {
            removed.push(*teammate);
        }
    }
    for teammate in coming {
        if store::add(work.conn, work.company, id, *teammate)? > 0 {
            added.push(*teammate);
        }
    }
    if removed.is_empty() && added.is_empty() {
        return Ok(());
    }
    work.directory_changed()?;
    events::record_setting(work, Kind::Setting, json!({"shift": id, "members": [removed, added]}))?;
    Ok(())
}

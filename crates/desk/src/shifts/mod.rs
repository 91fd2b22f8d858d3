//! Shifts: when the people of a workspace work. Whoever is in one is there only while one of theirs is on.

use db::Conn;
use serde_json::{Map, json};

use crate::access::Owner;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{CompanyId, ShiftId, TeamId, TeammateId};
use crate::names;
use crate::rules::hours::Calendar;
use crate::teammates::{self, Teammate};
use crate::time::Timestamp;
use crate::work::Work;

mod members;
mod store;
#[cfg(test)]
mod tests;
mod times;

pub(crate) use members::leave;
pub use members::{add_teammates, remove_teammates, teammates_of};
pub use times::{Interval, Week};

/// A shift.
#[derive(Debug, Clone, PartialEq)]
pub struct Shift {
    /// Its number.
    pub id: ShiftId,
    /// The workspace that it belongs to.
    pub team: TeamId,
    /// What it is called.
    pub name: String,
    /// One of [`COLORS`].
    pub color: String,
    /// The IANA name of the time zone by whose clocks it goes.
    pub zone: String,
    /// When it is on.
    pub times: Week,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed; who works in it is no part of that.
    pub updated_at: Timestamp,
    /// Who works in it, the oldest teammate first.
    pub members: Vec<TeammateId>,
    calendar: Option<Calendar>,
}

impl Shift {
    /// Whether it is on at an instant. One in a time zone that is no longer known never is.
    pub fn is_on(&self, at: Timestamp) -> bool {
        self.calendar.as_ref().is_some_and(|calendar| calendar.is_open(at.0))
    }

    /// Whether somebody works in it.
    pub fn has(&self, teammate: TeammateId) -> bool {
        self.members.binary_search(&teammate).is_ok()
    }
}

/// The colours that a shift may be given.
pub const COLORS: &[&str] = &["black", "grey", "pink", "purple", "blue", "teal", "green", "yellow", "orange", "red"];

/// The longest name of a shift, in characters.
const LONGEST: usize = 128;

/// All shifts of a company with their members, the oldest first, for the directory.
pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> Result<Vec<Shift>> {
    let members = store::members(conn, company)?;
    let shift = |row: store::Stored| {
        let times: Week = serde_json::from_value(row.times)
            .map_err(|error| Error::Internal(format!("the times of {}: {error}", row.id)))?;
        Ok(Shift {
            id: row.id,
            team: row.team,
            name: row.name,
            color: row.color,
            calendar: times.in_zone(&row.zone).ok(),
            zone: row.zone,
            times,
            created_at: row.created_at,
            updated_at: row.updated_at,
            members: members.iter().filter(|(shift, _)| *shift == row.id).map(|(_, teammate)| *teammate).collect(),
        })
    };
    store::all(conn, company)?.into_iter().map(shift).collect()
}

/// A shift that the caller may see.
pub fn get(work: &mut Work<'_>, id: ShiftId) -> Result<Shift> {
    let directory = work.directory()?;
    let found = directory.shift(id).filter(|shift| work.access.sees_team(shift.team));
    found.cloned().ok_or(Error::NotFound("shift"))
}

/// The shifts that the caller may see, of one workspace or of all, the oldest first.
pub fn list(work: &mut Work<'_>, of: Option<TeamId>) -> Result<Vec<Shift>> {
    if let Some(team) = of {
        Owner::Team(team).check(work)?;
    }
    let directory = work.directory()?;
    let wanted = |shift: &&Shift| work.access.sees_team(shift.team) && of.is_none_or(|team| shift.team == team);
    Ok(directory.shifts().filter(wanted).cloned().collect())
}

/// The shifts that somebody works in, as far as the caller may see them.
pub fn of_teammate(work: &mut Work<'_>, teammate: TeammateId) -> Result<Vec<Shift>> {
    teammates::get(work, teammate)?;
    let directory = work.directory()?;
    let wanted = |shift: &&Shift| work.access.sees_team(shift.team) && shift.has(teammate);
    Ok(directory.shifts().filter(wanted).cloned().collect())
}

/// A new shift.
#[derive(Debug, Clone)]
pub struct New {
    /// The workspace that it belongs to.
    pub team: TeamId,
    /// What it is called.
    pub name: String,
    /// One of [`COLORS`].
    pub color: String,
    /// The IANA name of a time zone.
    pub zone: String,
    /// When it is on.
    pub times: Week,
    /// Who works in it: members of the workspace.
    pub members: Vec<TeammateId>,
}

/// Adds a shift to a workspace (contract/domain.md section 11).
pub fn create(work: &mut Work<'_>, new: &New) -> Result<ShiftId> {
    Owner::Team(new.team).check(work)?;
    let mut shift = Shift {
        id: ShiftId(work.new_id()),
        team: new.team,
        name: names::checked("name", &new.name, LONGEST)?,
        color: checked_color(&new.color)?,
        zone: new.zone.clone(),
        times: new.times.clone(),
        created_at: work.now,
        updated_at: work.now,
        members: Vec::new(),
        calendar: None,
    };
    settle(&mut shift)?;
    members::check(work, shift.team, &new.members)?;
    store::insert(work.conn, work.company, &shift)?;
    let mut added = Vec::new();
    for teammate in &new.members {
        if store::add(work.conn, work.company, shift.id, *teammate)? > 0 {
            added.push(*teammate);
        }
    }
    work.directory_changed()?;
    let change = json!({"shift": [null, shift.id], "name": [null, shift.name], "members": [[], added]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(shift.id)
}

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Another colour.
    pub color: Option<String>,
    /// Another time zone.
    pub zone: Option<String>,
    /// Other times: all of them, so a day that is left out becomes free.
    pub times: Option<Week>,
    /// All who work in it from now on.
    pub members: Option<Vec<TeammateId>>,
}

/// Changes a shift.
pub fn update(work: &mut Work<'_>, id: ShiftId, change: &Change) -> Result<()> {
    let before = get(work, id)?;
    let mut shift = before.clone();
    if let Some(name) = &change.name {
        shift.name = names::checked("name", name, LONGEST)?;
    }
    if let Some(color) = &change.color {
        shift.color = checked_color(color)?;
    }
    if let Some(zone) = &change.zone {
        shift.zone.clone_from(zone);
        settle(&mut shift)?;
    }
    if let Some(times) = &change.times {
        shift.times = times.clone();
    }
    let mut changed = Map::new();
    for (field, before, after) in [
        ("name", json!(before.name), json!(shift.name)),
        ("color", json!(before.color), json!(shift.color)),
        ("timezone", json!(before.zone), json!(shift.zone)),
        ("times", json!(before.times), json!(shift.times)),
    ] {
        if before != after {
            changed.insert(field.to_string(), json!([before, after]));
        }
    }
    if !changed.is_empty() {
        shift.updated_at = work.now;
        store::update(work.conn, work.company, &shift)?;
        work.directory_changed()?;
        changed.insert("shift".to_string(), json!(id));
        events::record_setting(work, Kind::Setting, changed.into())?;
    }
    match &change.members {
        Some(wanted) => members::replace(work, &before, wanted),
        None => Ok(()),
    }
}

fn checked_color(color: &str) -> Result<String> {
    match COLORS.contains(&color) {
        true => Ok(color.to_string()),
        false => Err(Error::invalid("color", format!("expected one of {}, found {color:?}", COLORS.join(", ")))),
    }
}

/// Looks its time zone up.
fn settle(shift: &mut Shift) -> Result<()> {
    shift.calendar = Some(shift.times.in_zone(&shift.zone).map_err(|why| Error::invalid("timezone", why))?);
    Ok(())
}

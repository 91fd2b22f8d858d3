//! Time off: when somebody is away, and what those who write meanwhile are to be told.

use db::Conn;
use serde_json::{Map, Value, json};

use crate::access::Owner;
use crate::channels;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{ChannelId, CompanyId, TeamId, TeammateId, TimeOffId};
use crate::messages::Content;
use crate::names;
use crate::paging::{Page, Position, Window};
use crate::teammates;
use crate::time::{DAY, Timestamp};
use crate::work::Work;

mod answering;
#[cfg(test)]
mod answering_tests;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use answering::answer;

db::record! {
    /// A time off as stored.
    #[derive(Debug, Clone)]
    pub struct TimeOff {
        pub id: TimeOffId,
        pub teammate: TeammateId,
        pub name: String,
        pub start_at: Timestamp,
        pub end_at: Option<Timestamp>,
        pub answers: bool,
        pub answers_contacts_only: bool,
        pub answer: String,
        pub channels: Value,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

/// On which channels those who write are answered, as far as the caller may see them.
pub fn channels_of(work: &mut Work<'_>, row: &TimeOff) -> Vec<ChannelId> {
    listed(&row.channels).filter(|id| channels::get(work, *id).is_ok()).collect()
}

fn listed(channels: &Value) -> impl Iterator<Item = ChannelId> {
    channels.as_array().into_iter().flatten().filter_map(|id| id.as_str()?.parse().ok())
}

db::record! {
    /// That somebody is away for a while: all that is asked of a time off where work is given out and messages come in.
    #[derive(Debug, Clone)]
    pub struct Absence {
        pub id: TimeOffId,
        pub teammate: TeammateId,
        pub start_at: Timestamp,
        pub end_at: Option<Timestamp>,
        pub answers: bool,
        pub answers_contacts_only: bool,
        pub channels: Value,
    }
}

impl Absence {
    /// Whether it covers an instant: from its start until just before its end.
    pub fn covers(&self, at: Timestamp) -> bool {
        self.start_at <= at && self.end_at.is_none_or(|end| at < end)
    }

    /// Whether those who write on a channel meanwhile are answered.
    pub fn answers_on(&self, channel: ChannelId) -> bool {
        self.answers && listed(&self.channels).any(|id| id == channel)
    }
}

/// For how long the directory still holds what is over: the clocks of two nodes may differ.
const KEPT: i64 = DAY;

/// The absences that the directory holds when it is loaded at an instant, by teammate: those that last, and those to come.
pub(crate) fn absences(conn: &mut Conn, company: CompanyId, now: Timestamp) -> Result<Vec<Absence>> {
    let mut absences = store::absences(conn, company, now.plus(-KEPT))?;
    absences.sort_unstable_by_key(|absence| (absence.teammate, absence.start_at));
    Ok(absences)
}

/// The longest name, in characters.
const LONGEST: usize = 200;
/// The longest answer, in characters.
const LONGEST_ANSWER: usize = 65_535;
/// On how many channels at most one time off answers.
const MOST_CHANNELS: usize = 1_000;

/// A time off of somebody whom the caller may see.
pub fn get(work: &mut Work<'_>, id: TimeOffId) -> Result<TimeOff> {
    let found = store::get(work.conn, work.company, id)?.ok_or(Error::NotFound("time off"))?;
    teammates::get(work, found.teammate).map_err(|_| Error::NotFound("time off"))?;
    Ok(found)
}

/// Whose time off is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// One teammate's.
    Teammate(TeammateId),
    /// That of all who belong to a workspace.
    Team(TeamId),
}

/// What a list is narrowed to: what is on at some instant from one time to another, both included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter {
    /// What ended by then is left out.
    pub active_from: Option<Timestamp>,
    /// What begins after it is left out.
    pub active_until: Option<Timestamp>,
}

/// A page of time off, by id.
pub fn list(work: &mut Work<'_>, whose: Whose, filter: Filter, window: &Window) -> Result<Page<TimeOff>> {
    let people = match whose {
        Whose::Teammate(id) => vec![teammates::get(work, id)?.id],
        Whose::Team(team) => {
            Owner::Team(team).check(work)?;
            work.directory()?.members(team).map(|member| member.teammate).collect()
        }
    };
    let active = (filter.active_from, filter.active_until);
    let rows = store::page(work.conn, work.company, &people, active, window)?;
    Ok(Page::cut(rows, window.limit, |row| Position { key: 0, id: row.id.0 }))
}

/// What those who write while somebody is away are to be told. What is `None` stays, or is empty at first.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Whether they are told anything.
    pub is_enabled: Option<bool>,
    /// Whether only those who are known as contacts are.
    pub is_contacts_only: Option<bool>,
    /// On which channels.
    pub channels: Option<Vec<ChannelId>>,
    /// What, as HTML or plain text.
    pub body: Option<String>,
}

/// A new time off.
#[derive(Debug, Clone)]
pub struct New {
    /// Who is away.
    pub teammate: TeammateId,
    /// What it is called.
    pub name: String,
    /// From when on.
    pub start_at: Timestamp,
    /// Until when; none for nobody knows.
    pub end_at: Option<Timestamp>,
    /// What others are told.
    pub answer: Answer,
}

/// Adds a time off (contract/domain.md section 11).
pub fn create(work: &mut Work<'_>, new: &New) -> Result<TimeOffId> {
    if !teammates::get(work, new.teammate)?.is_person() {
        return Err(Error::invalid("", format!("{} is nobody who takes time off", new.teammate)));
    }
    let mut row = TimeOff {
        id: TimeOffId(work.new_id()),
        teammate: new.teammate,
        name: names::checked("name", &new.name, LONGEST)?,
        start_at: new.start_at,
        end_at: new.end_at,
        answers: false,
        answers_contacts_only: false,
        answer: String::new(),
        channels: json!([]),
        created_at: work.now,
        updated_at: work.now,
    };
    check_span(&row)?;
    set_answer(work, &mut row, &new.answer)?;
    store::insert(work.conn, work.company, &row)?;
    work.directory_changed()?;
    let change = json!({"time_off": [null, row.id], "teammate": row.teammate, "name": [null, row.name],
                        "start_at": [null, row.start_at], "end_at": [null, row.end_at]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(row.id)
}

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Another start.
    pub start_at: Option<Timestamp>,
    /// Another end, or none.
    pub end_at: Option<Option<Timestamp>>,
    /// What others are told.
    pub answer: Answer,
}

/// Changes a time off.
pub fn update(work: &mut Work<'_>, id: TimeOffId, change: &Change) -> Result<()> {
    let before = get(work, id)?;
    let mut row = before.clone();
    if let Some(name) = &change.name {
        row.name = names::checked("name", name, LONGEST)?;
    }
    row.start_at = change.start_at.unwrap_or(row.start_at);
    row.end_at = change.end_at.unwrap_or(row.end_at);
    check_span(&row)?;
    set_answer(work, &mut row, &change.answer)?;
    let mut changed = Map::new();
    for (field, before, after) in [
        ("name", json!(before.name), json!(row.name)),
        ("start_at", json!(before.start_at), json!(row.start_at)),
        ("end_at", json!(before.end_at), json!(row.end_at)),
        ("is_enabled", json!(before.answers), json!(row.answers)),
        ("is_contacts_only", json!(before.answers_contacts_only), json!(row.answers_contacts_only)),
        ("body", json!(before.answer), json!(row.answer)),
        ("channels", before.channels, row.channels.clone()),
    ] {
        if before != after {
            changed.insert(field.to_string(), json!([before, after]));
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    row.updated_at = work.now;
    store::update(work.conn, work.company, &row)?;
    work.directory_changed()?;
    changed.insert("time_off".to_string(), json!(id));
    events::record_setting(work, Kind::Setting, changed.into())?;
    Ok(())
}

/// Deletes a time off: whoever was away by it is back.
pub fn delete(work: &mut Work<'_>, id: TimeOffId) -> Result<()> {
    let row = get(work, id)?;
    store::delete(work.conn, work.company, id)?;
    work.directory_changed()?;
    let change = json!({"time_off": [id, null], "teammate": row.teammate, "name": [row.name, null]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(())
}

fn check_span(row: &TimeOff) -> Result<()> {
    match row.end_at {
        Some(end) if end <= row.start_at => Err(Error::invalid("end_at", "expected a time after start_at")),
        _ => Ok(()),
    }
}

fn set_answer(work: &mut Work<'_>, row: &mut TimeOff, answer: &Answer) -> Result<()> {
    row.answers = answer.is_enabled.unwrap_or(row.answers);
    row.answers_contacts_only = answer.is_contacts_only.unwrap_or(row.answers_contacts_only);
    if let Some(body) = &answer.body {
        names::short("auto_responder.body", body, LONGEST_ANSWER)?;
        row.answer = Content::cleaned(body);
    }
    if let Some(wanted) = &answer.channels {
        let field = "auto_responder.channel_ids";
        if wanted.len() > MOST_CHANNELS {
            return Err(Error::invalid(field, format!("expected at most {MOST_CHANNELS}, found {}", wanted.len())));
        }
        let mut ids: Vec<ChannelId> = Vec::with_capacity(wanted.len());
        for id in wanted {
            channels::get(work, *id).map_err(|_| Error::invalid(field, format!("unknown channel {id}")))?;
            if !ids.contains(id) {
                ids.push(*id);
            }
        }
        // What the caller cannot see is not theirs to take away.
        let directory = work.directory()?;
        let before: Vec<ChannelId> = listed(&row.channels).filter(|id| directory.channel(*id).is_some()).collect();
        ids.extend(before.into_iter().filter(|id| channels::get(work, *id).is_err()));
        row.channels = json!(ids);
    }
    Ok(())
}

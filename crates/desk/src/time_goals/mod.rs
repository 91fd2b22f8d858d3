//! Time goals: how soon the customers of a workspace are to have a reply, or to be done with.
//!
//! A goal is made into rules of its workspace (`made.rs`), which the engine runs as all others, behind them: one tags what
//! the goal is about, one warns, one tells of the breach, and one takes the tags away; what else is to be done at a warning
//! or a breach are rules behind these. They change with the goal alone.

use serde_json::{Value, json};

use crate::access::Owner;
use crate::error::{Error, Result};
use crate::events::{self, Kind as EventKind};
use crate::ids::{RuleId, TagId, TeamId, TimeGoalId};
use crate::names;
use crate::rules::parts;
use crate::tags;
use crate::work::Work;

pub mod definition;
mod made;
mod store;

use definition::Definition;

/// The longest name, in characters: what its rules are called begins with it.
const LONGEST_NAME: usize = 160;

db::record! {
    /// A goal as stored.
    #[derive(Debug, Clone, PartialEq)]
    struct Stored {
        pub id: TimeGoalId,
        pub team: TeamId,
        pub name: String,
        pub is_enabled: bool,
        pub definition: Value,
        pub applies_tag: TagId,
        pub warning_tag: TagId,
        pub breach_tag: TagId,
    }
}

/// A time goal.
#[derive(Debug, Clone)]
pub struct TimeGoal {
    /// Its number.
    pub id: TimeGoalId,
    /// The workspace that it belongs to.
    pub team: TeamId,
    /// What it is called.
    pub name: String,
    /// Whether its rules run.
    pub is_enabled: bool,
    /// As it is written (see [`mod@definition`]).
    pub definition: Value,
    /// What its rules tag conversations with.
    pub tags: Tags,
    /// Its rules, in order.
    pub rules: Vec<RuleId>,
    /// Why it can't run, if something that it names is gone.
    pub fault: Option<String>,
}

/// The tags of a goal. All goals of a workspace share them, as long as they keep their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tags {
    /// On what the goal is, or was, about. It is kept out of the lists.
    pub applies: TagId,
    /// On what is at risk.
    pub warning: TagId,
    /// On what came too late.
    pub breach: TagId,
}

/// A new goal.
#[derive(Debug, Clone)]
pub struct New {
    /// The workspace that it belongs to.
    pub team: TeamId,
    /// What it is called.
    pub name: String,
    /// Whether its rules run from now on.
    pub is_enabled: bool,
    /// What it says, as JSON.
    pub definition: Value,
}

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Whether its rules run.
    pub is_enabled: Option<bool>,
    /// Another definition, of the same kind.
    pub definition: Option<Value>,
}

/// The goals that the caller may see, the oldest first.
pub fn list(work: &mut Work<'_>) -> Result<Vec<TimeGoal>> {
    let rows = store::all(work.conn, work.company)?;
    let seen: Vec<Stored> = rows.into_iter().filter(|row| work.access.sees_team(row.team)).collect();
    seen.into_iter().map(|row| shown(work, row)).collect()
}

/// A goal that the caller may see.
pub fn get(work: &mut Work<'_>, id: TimeGoalId) -> Result<TimeGoal> {
    let row = visible(work, id)?;
    shown(work, row)
}

/// Makes a goal with its rules, and with the tags that the workspace does not have yet. A definition with errors is refused,
/// naming the first. Conversations that wait already come under it at whatever happens in them next.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<TimeGoalId> {
    Owner::Team(new.team).check(work)?;
    let definition = Definition::read(work, new.team, &new.definition)?;
    let name = names::checked("name", &new.name, LONGEST_NAME)?;
    let tags = tags_of(work, new.team, None)?;
    let id = TimeGoalId(work.new_id());
    let row = Stored {
        id,
        team: new.team,
        name,
        is_enabled: new.is_enabled,
        definition: new.definition.clone(),
        applies_tag: tags.applies,
        warning_tag: tags.warning,
        breach_tag: tags.breach,
    };
    store::insert(work.conn, work.company, &row, work.now)?;
    let told = json!({"time_goal": [null, id.to_string()], "name": [null, row.name]});
    made::of(&shown(work, row)?, &definition).settle(work)?;
    events::record_setting(work, EventKind::Setting, told)?;
    Ok(id)
}

/// Changes a goal, and its rules with it; tags that are gone are made anew. Clocks that run are looked at again: with a
/// shorter time they may be over at once, and with a longer one they go on.
pub fn update(work: &mut Work<'_>, id: TimeGoalId, change: &Change) -> Result<()> {
    let before = visible(work, id)?;
    let mut row = before.clone();
    if let Some(name) = &change.name {
        row.name = names::checked("name", name, LONGEST_NAME)?;
    }
    row.is_enabled = change.is_enabled.unwrap_or(row.is_enabled);
    if let Some(definition) = &change.definition {
        row.definition = definition.clone();
    }
    // Rules that cannot run are made anew even if nothing else is to change, and can be switched off all the same.
    let is_only_ended = !row.is_enabled && change.name.is_none() && change.definition.is_none();
    if is_only_ended {
        parts::switch_off(work, id)?;
    } else {
        let definition = Definition::read(work, row.team, &row.definition)?;
        let was = before.definition["kind"].as_str();
        if was != row.definition["kind"].as_str() {
            let why = format!("the kind of a time goal stays {}: make another goal", was.unwrap_or_default());
            return Err(Error::invalid("definition.kind", why));
        }
        let tags = Tags { applies: row.applies_tag, warning: row.warning_tag, breach: row.breach_tag };
        let tags = tags_of(work, row.team, Some(tags))?;
        (row.applies_tag, row.warning_tag, row.breach_tag) = (tags.applies, tags.warning, tags.breach);
        let goal = shown(work, row.clone())?;
        made::of(&goal, &definition).settle(work)?;
    }
    if row == before {
        return Ok(());
    }
    store::update(work.conn, work.company, &row, work.now)?;
    let told = json!({
        "time_goal": id.to_string(),
        "name": [before.name, row.name],
        "is_enabled": [before.is_enabled, row.is_enabled],
        "definition": [before.definition, row.definition],
    });
    events::record_setting(work, EventKind::Setting, told)?;
    Ok(())
}

/// Deletes a goal with its rules and what their clocks wait for. Conversations keep the tags that they have, and the
/// workspace keeps the tags themselves.
pub fn delete(work: &mut Work<'_>, id: TimeGoalId) -> Result<()> {
    let row = visible(work, id)?;
    parts::remove(work, id)?;
    store::delete(work.conn, work.company, id)?;
    let told = json!({"time_goal": [id.to_string(), null], "name": [row.name, null]});
    events::record_setting(work, EventKind::Setting, told)?;
    Ok(())
}

fn visible(work: &mut Work<'_>, id: TimeGoalId) -> Result<Stored> {
    let row = store::get(work.conn, work.company, id)?.filter(|row| work.access.sees_team(row.team));
    row.ok_or(Error::NotFound("time goal"))
}

fn shown(work: &mut Work<'_>, row: Stored) -> Result<TimeGoal> {
    let rules = parts::of(work, row.id)?;
    Ok(TimeGoal {
        id: row.id,
        team: row.team,
        name: row.name,
        is_enabled: row.is_enabled,
        definition: row.definition,
        tags: Tags { applies: row.applies_tag, warning: row.warning_tag, breach: row.breach_tag },
        fault: rules.iter().find_map(|rule| rule.fault.clone()),
        rules: rules.iter().map(|rule| rule.id).collect(),
    })
}

/// The tags of a goal: those that it has, whatever they are called by now; in the place of one that is gone, the tag of the
/// workspace with its name, which is made if there is none.
fn tags_of(work: &mut Work<'_>, team: TeamId, known: Option<Tags>) -> Result<Tags> {
    let mut tag = |known: Option<TagId>, name: &str, (description, highlight): (&str, Option<&str>)| {
        let directory = work.directory()?;
        if let Some(known) = known.filter(|id| directory.tag(*id).is_some()) {
            return Ok(known);
        }
        let new = tags::New {
            place: tags::Place::Of(Owner::Team(team)),
            name: name.to_string(),
            description: Some(description.to_string()),
            highlight: highlight.map(str::to_string),
            is_visible: highlight.is_some(),
        };
        tags::create(work, &new)
    };
    Ok(Tags {
        applies: tag(known.map(|tags| tags.applies), "SLA applies", ("A time goal is about it.", None))?,
        warning: tag(known.map(|tags| tags.warning), "SLA warning", ("A time goal is at risk.", Some("orange")))?,
        breach: tag(known.map(|tags| tags.breach), "SLA breach", ("A time goal was missed.", Some("red")))?,
    })
}

//! The rules that a time goal is made into. They run as all others do, but are made, changed, switched and removed with
//! their goal, and not by themselves.

use std::sync::Arc;

use serde_json::Value;

use super::book::Rule;
use super::definition::Definition;
use super::manage::{New, add};
use super::{check, store};
use crate::access::Owner;
use crate::error::{Error, Result};
use crate::ids::{TeamId, TimeGoalId};
use crate::timers;
use crate::work::Work;

/// One of them.
#[derive(Debug)]
pub(crate) struct Part {
    /// Its place among the rules of its goal, by which it is known when the goal changes.
    pub(crate) place: i64,
    /// What it is called.
    pub(crate) name: String,
    /// What it does.
    pub(crate) definition: Definition,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Whole {
    /// The goal.
    pub(crate) goal: TimeGoalId,
    /// The workspace in whose inboxes they run.
    pub(crate) team: TeamId,
    /// Whether they run.
    pub(crate) is_enabled: bool,
    /// What there is to be.
    pub(crate) parts: Vec<Part>,
}

impl Whole {
    /// Makes the rules of a goal what they are to be: those that there are change in place, so that a clock that has had its
    /// turn does not get another, new ones come, and those that are no longer wanted go. If they wait otherwise than before,
    /// running clocks are looked at again at once. Refuses a definition that no rule may have.
    pub(crate) fn settle(&self, work: &mut Work<'_>) -> Result<()> {
        let present = of(work, self.goal)?;
        let (mut is_changed, mut waits_otherwise) = (false, false);
        for rule in present.iter().filter(|rule| self.parts.iter().all(|part| part.place != rule.position)) {
            end(work, rule)?;
            is_changed = true;
        }
        for part in &self.parts {
            let definition = serde_json::to_value(&part.definition).map_err(|why| Error::Internal(why.to_string()))?;
            let (_, findings) = check(work, Owner::Team(self.team), &definition)?;
            if let Some(finding) = findings.iter().find(|finding| finding.is_error()) {
                return Err(Error::invalid("definition", format!("{} ({})", finding.message, part.name)));
            }
            match present.iter().find(|rule| rule.position == part.place) {
                None => {
                    let name = part.name.clone();
                    let new = New { name, team: Some(self.team), owner: None, is_enabled: self.is_enabled, definition };
                    add(work, &new, &part.definition, (part.place, Some(self.goal)))?;
                    waits_otherwise = true;
                }
                Some(rule) => {
                    waits_otherwise |= definition["when"] != rule.definition["when"];
                    is_changed |= self.change(work, rule, part, definition)?;
                }
            }
        }
        for rule in present.iter().filter(|_| waits_otherwise && self.is_enabled) {
            timers::hasten(work, rule.id)?;
        }
        match is_changed {
            true => work.directory_changed(),
            false => Ok(()),
        }
    }

    /// Answers whether it changed anything.
    fn change(&self, work: &mut Work<'_>, rule: &Rule, part: &Part, definition: Value) -> Result<bool> {
        let is_new = definition != rule.definition;
        if !is_new && (&part.name, self.is_enabled) == (&rule.name, rule.is_enabled) {
            return Ok(false);
        }
        let mut row = stored(rule);
        (row.name, row.is_enabled, row.definition) = (part.name.clone(), self.is_enabled, definition);
        row.version += i64::from(is_new);
        store::update(work.conn, work.company, &row, work.now)?;
        if is_new {
            store::insert_version(work.conn, work.company, row.id, row.version, &row.definition, work.now)?;
        }
        Ok(true)
    }
}

fn stored(rule: &Rule) -> store::Stored {
    store::Stored {
        id: rule.id,
        team: rule.team,
        owner: rule.owner,
        name: rule.name.clone(),
        position: rule.position,
        is_enabled: rule.is_enabled,
        is_macro: rule.is_macro,
        version: rule.version,
        definition: rule.definition.clone(),
        bot: rule.bot,
        time_goal: rule.time_goal,
    }
}

/// Switches the rules of a goal off, whether they can run or not.
pub(crate) fn switch_off(work: &mut Work<'_>, goal: TimeGoalId) -> Result<()> {
    for rule in of(work, goal)? {
        let row = store::Stored { is_enabled: false, ..stored(&rule) };
        store::update(work.conn, work.company, &row, work.now)?;
    }
    work.directory_changed()
}

/// The rules of a goal, in order.
pub(crate) fn of(work: &mut Work<'_>, goal: TimeGoalId) -> Result<Vec<Arc<Rule>>> {
    let directory = work.directory()?;
    Ok(directory.rules.all().filter(|rule| rule.time_goal == Some(goal)).cloned().collect())
}

/// Removes the rules of a goal, and calls off what their clocks wait for. Their past runs and events keep naming them.
pub(crate) fn remove(work: &mut Work<'_>, goal: TimeGoalId) -> Result<()> {
    for rule in of(work, goal)? {
        end(work, &rule)?;
    }
    work.directory_changed()
}

fn end(work: &mut Work<'_>, rule: &Rule) -> Result<()> {
    store::delete(work.conn, work.company, rule.id, work.now)?;
    timers::call_off(work, rule.id)
}

//! All rules of a company in one version: compiled, in order, and found by what happened where.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::action::Action;
use super::compile::{Compiled, compile, unknown};
use super::definition::{Definition, TriggerKind};
use super::index::{Listed, RuleSet, Scope};
use super::leaf::Noun;
use super::validate::Finding;
use super::{sentences, store, words};
use crate::directory::Directory;
use crate::ids::{RuleId, TeamId, TeammateId, TimeGoalId};

/// A rule or macro.
#[derive(Debug)]
pub struct Rule {
    /// Its number.
    pub id: RuleId,
    /// The workspace it belongs to.
    pub team: Option<TeamId>,
    /// The teammate it belongs to.
    pub owner: Option<TeammateId>,
    /// What it is called.
    pub name: String,
    /// Its actions, as people read them.
    pub sentences: Vec<String>,
    /// Whether it runs.
    pub is_enabled: bool,
    /// Whether teammates run it by hand.
    pub is_macro: bool,
    /// The time goal that it is a part of, and with which alone it changes.
    pub time_goal: Option<TimeGoalId>,
    /// Its place among those of the same owner, or of the same time goal.
    pub position: i64,
    /// Raised by every change of the definition.
    pub version: i64,
    /// As it is written.
    pub definition: serde_json::Value,
    /// Ready to run; absent if something that it names is gone, which [`Rule::fault`] explains.
    pub compiled: Option<Arc<Compiled>>,
    /// Why it can't run.
    pub fault: Option<String>,
    /// The bot that writes its comments and drafts.
    pub bot: TeammateId,
    slot: AtomicI64,
}

/// How many runs of a rule are kept.
pub(super) const KEPT_RUNS: i64 = 128;

impl Rule {
    /// Whether it runs in every conversation: the company's do.
    pub(super) fn is_everywhere(&self) -> bool {
        self.team.is_none() && self.owner.is_none()
    }

    /// Whether it runs in an inbox because the inbox has the rule's owner.
    pub(super) fn covers(&self, inbox: &crate::inboxes::Inbox) -> bool {
        match (self.team, self.owner) {
            (Some(team), _) => inbox.team == Some(team),
            (None, Some(owner)) => inbox.owner == Some(owner),
            (None, None) => false,
        }
    }

    /// Whether no other rule runs after it, or because of what it does.
    pub(super) fn stops(&self) -> bool {
        let is_stop = |action: &Action| matches!(action, Action::Stop {});
        self.compiled.as_ref().is_some_and(|compiled| compiled.stop || compiled.actions.iter().any(is_stop))
    }

    /// Whether it runs though another has stopped the rules behind: what is promised stays so, whoever keeps order in an
    /// inbox.
    pub(super) fn outlives_a_stop(&self) -> bool {
        self.time_goal.is_some()
    }

    /// Where the next run is noted: round and round the slots.
    pub(super) fn next_slot(&self, seed: i64) -> i64 {
        // After a restart the ring goes on anywhere; it only matters that no slot is left out.
        let _ = self.slot.compare_exchange(-1, seed.rem_euclid(KEPT_RUNS), Ordering::Relaxed, Ordering::Relaxed);
        self.slot.fetch_add(1, Ordering::Relaxed).rem_euclid(KEPT_RUNS)
    }
}

/// The rules of a company.
#[derive(Debug, Default)]
pub struct RuleBook {
    rules: Vec<Arc<Rule>>,
    places: HashMap<RuleId, usize>,
    running: RuleSet<usize>,
    demands_tags: bool,
    gone: Gone,
}

/// What the things were called that rules name and that are gone, as far as that is known.
type Gone = HashMap<(Noun, String), String>;

impl RuleBook {
    /// Makes rules ready to run. A directory that was read before knows what things were called that this one lacks.
    pub(crate) fn compile(stored: Vec<store::Stored>, directory: &Directory, before: Option<&Directory>) -> RuleBook {
        let mut gone = Gone::new();
        let mut rules: Vec<Arc<Rule>> =
            stored.into_iter().map(|row| Arc::new(read(row, directory, before, &mut gone))).collect();
        // Company rules first, then those of workspaces, then those of individuals; each in its own order, and behind
        // those of a workspace what its time goals are made into.
        rules.sort_by_key(|rule| (rule.owner.is_some(), rule.team, rule.owner, rule.time_goal, rule.position, rule.id));
        let listed = rules.iter().enumerate().filter(|(_, rule)| rule.is_enabled).filter_map(|(at, rule)| {
            let compiled = rule.compiled.clone()?;
            Some(Listed { rule: at, scope: scope(rule, directory), compiled })
        });
        let running = RuleSet::new(listed.collect());
        let places = rules.iter().enumerate().map(|(at, rule)| (rule.id, at)).collect();
        let demands = |action: &Action| matches!(action, Action::RequireTag { .. });
        let demands_tags = running.rules().iter().any(|listed| listed.compiled.actions.iter().any(demands));
        RuleBook { rules, places, running, demands_tags, gone }
    }

    /// Whether any rule wants tags on conversations, so that there may be demands to look for.
    pub(super) fn demands_tags(&self) -> bool {
        self.demands_tags
    }

    /// The rule with an id.
    pub fn get(&self, id: RuleId) -> Option<&Arc<Rule>> {
        self.places.get(&id).map(|at| &self.rules[*at])
    }

    /// All rules and macros in the order in which they run.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Arc<Rule>> {
        self.rules.iter()
    }

    /// Whether any rule listens to one of these kinds.
    pub(super) fn listens(&self, kinds: &[TriggerKind]) -> bool {
        kinds.iter().any(|kind| self.running.listens(*kind))
    }

    /// The next rule behind a place that may run for an event in these inboxes.
    pub(super) fn next(
        &self,
        after: Option<usize>,
        kinds: &[TriggerKind],
        inboxes: &[i64],
    ) -> Option<(usize, &Arc<Rule>)> {
        let (place, listed) = self.running.candidates_after(after, kinds, inboxes).next()?;
        Some((place, &self.rules[listed.rule]))
    }

    /// The rules whose clocks may have to run for a conversation in these inboxes.
    pub(super) fn delayed(&self, inboxes: &[i64]) -> impl Iterator<Item = &Arc<Rule>> {
        let waiting = self.running.candidates(&TriggerKind::DELAYED, inboxes);
        waiting.map(|listed| &self.rules[listed.rule]).collect::<Vec<_>>().into_iter()
    }
}

fn read(row: store::Stored, directory: &Directory, before: Option<&Directory>, gone: &mut Gone) -> Rule {
    let parsed = serde_json::from_value::<Definition>(row.definition.clone());
    let mut sentences = Vec::new();
    let (compiled, fault) = match &parsed {
        Err(error) => (None, Some(error.to_string())),
        Ok(definition) => {
            sentences = sentences::actions(definition, &mut |noun, id| words::name(directory, noun, id));
            let mut lacking = Vec::new();
            let mut resolve = |noun, id: &str| {
                let found = words::resolve(directory, noun, id);
                if found.is_none() {
                    lacking.push((noun, id.to_string()));
                }
                found
            };
            match compile(definition, &mut resolve) {
                Ok(compiled) => (Some(Arc::new(compiled)), None),
                Err(findings) => {
                    note(&lacking, before, gone);
                    (None, findings.first().map(|finding| explained(finding, &lacking, gone)))
                }
            }
        }
    };
    if let Some(fault) = fault.as_ref().filter(|_| row.is_enabled) {
        tracing::warn!(rule = %row.id, %fault, "a rule can't run");
    }
    Rule {
        id: row.id,
        team: row.team,
        owner: row.owner,
        name: row.name,
        sentences,
        is_enabled: row.is_enabled,
        is_macro: row.is_macro,
        time_goal: row.time_goal,
        position: row.position,
        version: row.version,
        definition: row.definition,
        compiled,
        fault,
        bot: row.bot,
        slot: AtomicI64::new(-1),
    }
}

/// Keeps what the things were called that a rule names in vain.
fn note(lacking: &[(Noun, String)], before: Option<&Directory>, gone: &mut Gone) {
    let Some(before) = before else { return };
    for key in lacking {
        let name = words::name(before, key.0, &key.1).or_else(|| before.rules.gone.get(key).cloned());
        if let Some(name) = name {
            gone.insert(key.clone(), name);
        }
    }
}

/// A fault in words, with the name of what is gone if that is known: nobody can tell by its id what it was.
fn explained(finding: &Finding, lacking: &[(Noun, String)], gone: &Gone) -> String {
    let fault = format!("{}: {}", finding.field, finding.message);
    let about = lacking.iter().find(|(noun, id)| finding.message == unknown(*noun, id));
    match about.and_then(|key| gone.get(key)) {
        Some(name) => format!("{fault} any more; it was called \"{name}\""),
        None => fault,
    }
}

/// Where a rule runs: a workspace's in its inboxes, an individual's in its own, the company's everywhere.
fn scope(rule: &Rule, directory: &Directory) -> Scope {
    if rule.is_everywhere() {
        return Scope::Everywhere;
    }
    Scope::Inboxes(directory.inboxes().filter(|inbox| rule.covers(inbox)).map(|inbox| inbox.id.0).collect())
}

//! A definition made ready to run: ids looked up, texts folded, time zones found, the tree laid flat.
//!
//! Compiling happens once per version of a rule. What is left to do for an event is comparing.

use std::sync::Arc;

use super::action::Action;
use super::compare::Test;
use super::condition::Condition;
use super::definition::{Definition, MAX_ACTIONS, MAX_CONDITIONS, MAX_DEPTH, MAX_TRIGGERS, Trigger, TriggerKind};
use super::facts::Field;
use super::hours::{Calendar, Hours};
use super::leaf::{Noun, Written};
use super::periods::Period;
use super::validate::Finding;

/// A rule that is ready to run.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// What makes it run, in the order of the definition.
    pub triggers: Vec<Watch>,
    /// The conditions in the order in which they are written, each group before its members.
    pub(super) nodes: Vec<Node>,
    /// What is done, in order.
    pub actions: Vec<Action>,
    /// Whether later rules are skipped when this one has run.
    pub stop: bool,
}

/// A trigger that is ready to run.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The trigger with the desk's own ids.
    pub trigger: Trigger,
    /// The hours in which a delay passes, if it does not always.
    pub calendar: Option<Calendar>,
    /// Where it stands in the definition: `when[0]`.
    pub path: Arc<str>,
    /// What has to hold besides the kind of event.
    pub(super) narrowed: Vec<(Field, Test)>,
}

/// A delayed trigger: what starts the clock, and how long it runs.
#[derive(Debug, Clone, Copy)]
pub struct Delay<'a> {
    /// The trigger.
    pub kind: TriggerKind,
    /// How long.
    pub after: Period,
    /// The fact that holds the start.
    pub since: &'static Field,
    calendar: Option<&'a Calendar>,
}

impl Delay<'_> {
    /// When a clock that starts at `since` runs out; `None` if it never does.
    pub fn due(&self, since: i64) -> Option<i64> {
        match self.calendar {
            Some(calendar) => calendar.after(since, self.after.0),
            None => since.checked_add(self.after.0),
        }
    }

    /// Whether it has run out.
    pub(super) fn is_over(&self, since: i64, now: i64) -> bool {
        self.due(since).is_some_and(|due| due <= now)
    }
}

impl Watch {
    /// The delay of a delayed trigger.
    pub fn delay(&self) -> Option<Delay<'_>> {
        let (after, since) = match &self.trigger {
            Trigger::UnrepliedFor { after, .. } => (*after, &Field::WaitingSince),
            Trigger::NoResponseFromContactFor { after, .. } => (*after, &Field::ContactSilentSince),
            Trigger::InStatusFor { after, .. } => (*after, &Field::StatusSince),
            Trigger::UnresolvedFor { after, .. } => (*after, &Field::UnresolvedSince),
            _ => return None,
        };
        Some(Delay { kind: self.trigger.kind(), after, since, calendar: self.calendar.as_ref() })
    }
}

/// One condition in the flat list.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// A group; its members follow, up to `end`.
    Group { kind: Group, end: usize },
    /// A single test.
    Check { field: Field, test: Test, path: Arc<str> },
}

/// How the members of a group are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    All,
    Any,
    Not,
}

impl Compiled {
    /// The kinds of event it runs for, each once.
    pub fn kinds(&self) -> Vec<TriggerKind> {
        let mut kinds: Vec<TriggerKind> = self.triggers.iter().map(|watch| watch.trigger.kind()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// The clocks that must run for it.
    pub fn delays(&self) -> impl Iterator<Item = Delay<'_>> {
        self.triggers.iter().filter_map(Watch::delay)
    }

    /// Whether it changes nothing here: all it does is to tell somebody outside.
    pub fn only_tells(&self) -> bool {
        self.actions.iter().all(|action| matches!(action, Action::Webhook { .. } | Action::Stop {}))
    }
}

/// Makes a rule ready to run. `resolve` turns a public id into the desk's own; what it does not know is a finding, as is everything else
/// that keeps the rule from running, each with the path of the place: `then[2].tags[0]`.
pub fn compile(
    definition: &Definition,
    resolve: &mut dyn FnMut(Noun, &str) -> Option<i64>,
) -> Result<Compiled, Vec<Finding>> {
    let mut compiler = Compiler { resolve, findings: Vec::new(), nodes: Vec::new(), conditions: 0 };
    compiler.limit("when", "trigger", definition.when.len(), MAX_TRIGGERS);
    compiler.limit("then", "action", definition.then.len(), MAX_ACTIONS);
    if definition.when.is_empty() {
        compiler.wrong("when", "a rule needs at least one trigger".to_owned());
    }
    if definition.then.is_empty() && !definition.stop {
        compiler.wrong("then", "a rule needs at least one action".to_owned());
    }
    let triggers = definition.when.iter().take(MAX_TRIGGERS).enumerate();
    let triggers = triggers.map(|(at, trigger)| compiler.trigger(trigger, format!("when[{at}]"))).collect();
    compiler.condition(&definition.condition, "if".to_owned(), 0);
    if compiler.conditions > MAX_CONDITIONS {
        compiler.wrong("if", format!("a rule has at most {MAX_CONDITIONS} conditions, this one has more"));
    }
    let actions = definition.then.iter().take(MAX_ACTIONS).enumerate();
    let actions = actions.map(|(at, action)| compiler.action(action, &format!("then[{at}]"))).collect();
    if !compiler.findings.is_empty() {
        return Err(compiler.findings);
    }
    Ok(Compiled { triggers, nodes: compiler.nodes, actions, stop: definition.stop })
}

/// What is said of an id that nothing has.
pub(super) fn unknown(noun: Noun, id: &str) -> String {
    format!("there is no {} \"{id}\"", noun.word())
}

struct Compiler<'a> {
    resolve: &'a mut dyn FnMut(Noun, &str) -> Option<i64>,
    findings: Vec<Finding>,
    nodes: Vec<Node>,
    conditions: usize,
}

impl Compiler<'_> {
    fn wrong(&mut self, field: &str, message: String) {
        self.findings.push(Finding::error(field, message));
    }

    fn limit(&mut self, field: &str, noun: &str, count: usize, most: usize) {
        if count > most {
            self.wrong(field, format!("a rule has at most {most} {noun}s, this one has {count}"));
        }
    }

    /// The desk's own id. An unknown one is noted and answered with zero, so that all of them are found at once.
    fn id(&mut self, noun: Noun, id: &str, field: &str) -> i64 {
        (self.resolve)(noun, id).unwrap_or_else(|| {
            self.wrong(field, unknown(noun, id));
            0
        })
    }

    fn calendar(&mut self, hours: &Hours, path: &str) -> Option<Calendar> {
        match hours.settle() {
            Ok(calendar) => Some(calendar),
            Err(why) => {
                self.wrong(&format!("{path}.zone"), why);
                None
            }
        }
    }

    fn trigger(&mut self, trigger: &Trigger<String>, path: String) -> Watch {
        let resolved = trigger.resolve(&mut |noun, id, at| self.id(noun, id, &format!("{path}{at}")));
        let narrowed = narrowed(&resolved);
        let calendar = match trigger {
            Trigger::UnrepliedFor { hours: Some(hours), .. }
            | Trigger::NoResponseFromContactFor { hours: Some(hours), .. }
            | Trigger::InStatusFor { hours: Some(hours), .. }
            | Trigger::UnresolvedFor { hours: Some(hours), .. } => self.calendar(hours, &format!("{path}.hours")),
            _ => None,
        };
        Watch { trigger: resolved, calendar, path: path.into(), narrowed }
    }

    fn condition(&mut self, condition: &Condition, path: String, depth: usize) {
        self.conditions += 1;
        if self.conditions > MAX_CONDITIONS {
            return;
        }
        if let Some((name, children)) = condition.children() {
            if depth >= MAX_DEPTH {
                self.wrong(&path, format!("groups may be nested {MAX_DEPTH} deep at most"));
                return;
            }
            let kind = match name {
                "any" => Group::Any,
                "not" => Group::Not,
                _ => Group::All,
            };
            let at = self.nodes.len();
            self.nodes.push(Node::Group { kind, end: 0 });
            for (index, child) in children.iter().enumerate() {
                self.condition(child, Condition::child_path(&path, name, index), depth + 1);
            }
            let end = self.nodes.len();
            self.nodes[at] = Node::Group { kind, end };
            return;
        }
        let mut missing = Vec::new();
        let mut resolve = |noun: Noun, id: &str, at: &str| {
            (self.resolve)(noun, id).unwrap_or_else(|| {
                missing.push((at.to_owned(), unknown(noun, id)));
                0
            })
        };
        let Some((name, field, written)) = condition.leaf(&mut resolve) else {
            return;
        };
        let path = format!("{path}.{name}");
        for (at, why) in missing {
            self.wrong(&format!("{path}{at}"), why);
        }
        if let Some(test) = self.test(&field, written, &path) {
            self.nodes.push(Node::Check { field, test, path: path.into() });
        }
    }

    fn test(&mut self, field: &Field, written: Written<'_>, path: &str) -> Option<Test> {
        let made = match written {
            Written::Text(test) => Test::text(test, field.is_address()),
            Written::Words(test) => Ok(Test::words(test)),
            Written::Number(test) => Ok(Test::number(test)),
            Written::Flag(is) => Ok(Test::Flag(is)),
            Written::Time(test) => Ok(Test::time(test)),
            Written::Value(test) => Test::value(test),
            Written::Present(is) => Ok(Test::Empty(!is)),
            Written::Ids(noun, test) => Ok(Test::ids(test, &mut |id, at| self.id(noun, id, &format!("{path}{at}")))),
            Written::Hours(test) => {
                return self.calendar(test.hours(), path).map(|calendar| Test::hours(test, calendar));
            }
        };
        made.map_err(|why| self.wrong(path, why)).ok()
    }

    fn action(&mut self, action: &Action<String>, path: &str) -> Action {
        action.resolve(&mut |noun, id, at| self.id(noun, id, &format!("{path}{at}")))
    }
}

/// What a trigger asks of its event besides its kind.
fn narrowed(trigger: &Trigger) -> Vec<(Field, Test)> {
    let words = |words: &[String]| Test::any_word(words.iter().map(String::as_str));
    let (field, test) = match trigger {
        Trigger::Moved { inboxes: ids }
        | Trigger::TicketStatusChanged { statuses: ids }
        | Trigger::Mentioned { teammates: ids }
        | Trigger::Assigned { teammates: ids }
        | Trigger::FollowerAdded { teammates: ids }
        | Trigger::TagAdded { tags: ids }
        | Trigger::TagRemoved { tags: ids }
        | Trigger::CustomFieldUpdated { fields: ids }
            if !ids.is_empty() =>
        {
            (Field::EventTarget, Test::any_id(ids))
        }
        Trigger::LinkAdded { applications: ids } | Trigger::LinkRemoved { applications: ids } if !ids.is_empty() => {
            (Field::EventApplication, Test::any_id(ids))
        }
        Trigger::TopicIdentified { topics } if !topics.is_empty() => (Field::Topic, words(topics)),
        Trigger::InStatusFor { statuses, .. } if !statuses.is_empty() => (Field::Status, words(statuses)),
        Trigger::Call { events } if !events.is_empty() => {
            (Field::EventType, Test::any_word(events.iter().map(|event| event.name())))
        }
        Trigger::AppEvent { application, event_type, .. } => {
            let named = (Field::EventType, Test::any_word([event_type.as_str()]));
            return vec![(Field::EventApplication, Test::any_id(&[*application])), named];
        }
        _ => return Vec::new(),
    };
    vec![(field, test)]
}

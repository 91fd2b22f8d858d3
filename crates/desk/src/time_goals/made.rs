//! The rules that a goal is made into: it applies, it warns, it is missed, it is over.

use super::definition::{Definition, Kind, Moment};
use super::{Tags, TimeGoal};
use crate::ids::TagId;
use crate::rules::action::Action;
use crate::rules::condition::{Condition, IdTest, TimeTest, WordTest};
use crate::rules::definition::{Definition as Rule, Trigger};
use crate::rules::parts::{Part, Whole};

/// Where each stands among the rules of the goal, which is the order in which they run. A warning that comes as late as
/// the breach, as nobody was there to give it, is given all the same.
const APPLIES: i64 = 1;
const WARNS: i64 = 2;
const IS_MISSED: i64 = 3;
const IS_OVER: i64 = 4;
/// What else is wanted at a moment is a rule of its own behind that of the tags, which it cannot undo when it fails.
const AT_WARNING: i64 = 5;
const AT_BREACH: i64 = 6;

/// The rules of a goal.
pub(super) fn of(goal: &TimeGoal, definition: &Definition) -> Whole {
    let mut parts = vec![Part {
        place: APPLIES,
        name: format!("{}: applies", goal.name),
        definition: Rule {
            when: begins(definition.kind),
            condition: Condition::All(vec![
                Condition::Tag(IdTest::NoneOf(vec![goal.tags.applies.to_string()])),
                runs(definition.kind),
                Condition::IsDiscussion(false),
                definition.condition.clone(),
            ]),
            then: vec![add(goal.tags.applies)],
            stop: false,
        },
    }];
    let Tags { warning, breach, .. } = goal.tags;
    let mut comes = |(place, behind): (i64, i64), word: &str, moment: &Moment, tags: Vec<Action<String>>| {
        let rule = comes(definition, moment, tags);
        parts.push(Part { place, name: format!("{}: {word}", goal.name), definition: rule });
        if !moment.then.is_empty() {
            let rule = self::comes(definition, moment, moment.then.clone());
            parts.push(Part { place: behind, name: format!("{}: at the {word}", goal.name), definition: rule });
        }
    };
    if let Some(moment) = &definition.warning {
        comes((WARNS, AT_WARNING), "warning", moment, vec![add(warning)]);
    }
    comes((IS_MISSED, AT_BREACH), "breach", &definition.breach, vec![add(breach), remove(&[warning])]);
    parts.push(Part {
        place: IS_OVER,
        name: format!("{}: over", goal.name),
        definition: over(definition.kind, goal.tags),
    });
    Whole { goal: goal.id, team: goal.team, is_enabled: goal.is_enabled, parts }
}

/// A rule of a moment.
fn comes(definition: &Definition, moment: &Moment, then: Vec<Action<String>>) -> Rule {
    let condition = vec![runs(definition.kind), Condition::IsDiscussion(false), definition.condition.clone()];
    Rule { when: vec![definition.trigger(moment)], condition: Condition::All(condition), then, stop: false }
}

/// The rule that takes the tags away.
fn over(kind: Kind, tags: Tags) -> Rule {
    let tagged = Condition::Tag(IdTest::AnyOf(vec![tags.warning.to_string(), tags.breach.to_string()]));
    let (when, condition) = match kind {
        // Answering a call is an answer, an automatic reply is none: what counts is that nobody waits any more.
        Kind::Reply => (
            vec![Trigger::OutboundReply {}, Trigger::Call { events: Vec::new() }],
            vec![tagged, Condition::WaitingSince(TimeTest::IsEmpty)],
        ),
        Kind::Resolution => (vec![Trigger::Archived {}, Trigger::Trashed {}], vec![tagged]),
    };
    let then = vec![remove(&[tags.warning, tags.breach])];
    Rule { when, condition: Condition::All(condition), then, stop: false }
}

/// What may make a goal apply, or its condition hold.
fn begins(kind: Kind) -> Vec<Trigger<String>> {
    let mut all = vec![
        Trigger::Inbound {},
        Trigger::Call { events: Vec::new() },
        Trigger::Reopened {},
        Trigger::Restored {},
        Trigger::Moved { inboxes: Vec::new() },
        Trigger::TicketStatusChanged { statuses: Vec::new() },
        Trigger::Assigned { teammates: Vec::new() },
        Trigger::Unassigned {},
        Trigger::FollowerAdded { teammates: Vec::new() },
        Trigger::TagAdded { tags: Vec::new() },
        Trigger::TagRemoved { tags: Vec::new() },
        Trigger::LinkAdded { applications: Vec::new() },
        Trigger::LinkRemoved { applications: Vec::new() },
        Trigger::CustomFieldUpdated { fields: Vec::new() },
    ];
    if kind == Kind::Resolution {
        all.extend([Trigger::OutboundNewConversation {}, Trigger::OutboundReply {}]);
    }
    all
}

/// Whether anything is still to be done: somebody waits, or the conversation is not put away. A ticket that waits is put
/// away as an archived one is, but not done with.
fn runs(kind: Kind) -> Condition {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_string()).collect();
    let is_here = Condition::Any(vec![
        Condition::Status(WordTest::NoneOf(words(&["archived", "trashed", "spam"]))),
        Condition::TicketCategory(WordTest::AnyOf(words(&["waiting"]))),
    ]);
    match kind {
        Kind::Reply => Condition::All(vec![Condition::WaitingSince(TimeTest::IsNotEmpty), is_here]),
        Kind::Resolution => is_here,
    }
}

fn add(tag: TagId) -> Action<String> {
    Action::AddTags { tags: vec![tag.to_string()] }
}

fn remove(tags: &[TagId]) -> Action<String> {
    Action::RemoveTags { tags: tags.iter().map(TagId::to_string).collect() }
}

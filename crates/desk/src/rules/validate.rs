//! What is wrong with a rule, or odd about it, with the place: for the editor while somebody types, and for the API.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compile::compile;
use super::definition::{Definition, LONGEST_NAME, MAX_LIST, Trigger, TriggerKind};
use super::hours::Hours;
use super::leaf::{Noun, STATUSES};
use super::lint_actions::actions;
use super::lint_conditions::conditions;
use super::lint_unbuilt::unbuilt;
use super::periods::{LONGEST, Period, TimeOfDay};

/// A delay below this is taken for a slip of the unit.
const SHORTEST_SENSIBLE_DELAY: i64 = 60_000;

/// Something about a rule that its author should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RuleFinding")]
pub struct Finding {
    /// Whether the rule can run all the same.
    pub severity: Severity,
    /// The place in the definition: `then[2].tags[0]`.
    pub field: String,
    /// What is the matter.
    pub message: String,
}

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RuleFindingSeverity")]
pub enum Severity {
    /// The rule cannot run, or can never do anything: it is not accepted.
    Error,
    /// The rule runs, but hardly as meant.
    Warning,
}

impl Finding {
    /// Whether it is a reason not to accept a rule.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// A reason not to accept a rule.
    pub fn error(field: &str, message: impl Into<String>) -> Self {
        Finding { severity: Severity::Error, field: field.to_owned(), message: message.into() }
    }

    /// A reason why a rule hardly does what is meant.
    pub fn warning(field: &str, message: impl Into<String>) -> Self {
        Finding { severity: Severity::Warning, field: field.to_owned(), message: message.into() }
    }
}

/// Everything there is to say about a rule, errors first. A rule without errors can be compiled; `resolve` is that of [`compile()`].
pub fn validate(definition: &Definition, resolve: &mut dyn FnMut(Noun, &str) -> Option<i64>) -> Vec<Finding> {
    let mut findings = compile(definition, resolve).err().unwrap_or_default();
    triggers(&definition.when, &mut findings);
    // A tree or a list that is too large was refused above; looking closer would only repeat that a hundred times.
    if !findings.iter().any(|finding| ["when", "if", "then"].contains(&finding.field.as_str())) {
        conditions(definition, &mut findings);
        actions(definition, &mut findings);
        unbuilt(definition, &mut findings);
    }
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// Whether a rule may be stored: no finding is an error.
pub fn is_acceptable(findings: &[Finding]) -> bool {
    !findings.iter().any(Finding::is_error)
}

fn triggers(when: &[Trigger<String>], findings: &mut Vec<Finding>) {
    for (at, trigger) in when.iter().enumerate() {
        let path = format!("when[{at}]");
        if when[..at].contains(trigger) {
            findings.push(Finding::warning(&path, "the same trigger is there already"));
        } else if when[..at].iter().any(|earlier| is_any(earlier) && earlier.kind() == trigger.kind()) {
            findings.push(Finding::warning(&path, "an earlier trigger takes this in already"));
        }
        if trigger.kind() == TriggerKind::InboundNewConversation
            && when.iter().any(|other| other.kind() == TriggerKind::Inbound)
        {
            findings.push(Finding::warning(&path, "a new conversation is taken in by \"inbound\" already"));
        }
        if trigger.kind() == TriggerKind::Macro && when.len() > 1 {
            findings.push(Finding::error(&path, "a macro is run by hand and has no other trigger"));
        }
        match trigger {
            Trigger::UnrepliedFor { after, hours }
            | Trigger::NoResponseFromContactFor { after, hours }
            | Trigger::UnresolvedFor { after, hours } => {
                delay(&path, *after, hours.as_ref(), findings);
            }
            Trigger::InStatusFor { statuses, after, hours } => {
                delay(&path, *after, hours.as_ref(), findings);
                words(&format!("{path}.statuses"), statuses, &STATUSES, findings);
            }
            Trigger::AppEvent { event_type, payload, .. } => {
                name(&format!("{path}.event_type"), event_type, findings);
                for (at, key) in payload.iter().enumerate() {
                    name(&format!("{path}.payload[{at}]"), key, findings);
                }
            }
            _ => {}
        }
        if trigger_list(trigger) > MAX_LIST {
            findings.push(Finding::error(&path, format!("a list has at most {MAX_LIST} entries")));
        }
    }
}

/// Whether a trigger of its kind waits for nothing in particular.
fn is_any(trigger: &Trigger<String>) -> bool {
    let is_plain = !matches!(trigger, Trigger::AppEvent { .. }) && !TriggerKind::DELAYED.contains(&trigger.kind());
    is_plain && trigger_list(trigger) == 0
}

fn trigger_list(trigger: &Trigger<String>) -> usize {
    match trigger {
        Trigger::Moved { inboxes: list }
        | Trigger::TicketStatusChanged { statuses: list }
        | Trigger::Mentioned { teammates: list }
        | Trigger::Assigned { teammates: list }
        | Trigger::FollowerAdded { teammates: list }
        | Trigger::TagAdded { tags: list }
        | Trigger::TagRemoved { tags: list }
        | Trigger::LinkAdded { applications: list }
        | Trigger::LinkRemoved { applications: list }
        | Trigger::CustomFieldUpdated { fields: list }
        | Trigger::TopicIdentified { topics: list }
        | Trigger::InStatusFor { statuses: list, .. }
        | Trigger::AppEvent { payload: list, .. } => list.len(),
        Trigger::Call { events } => events.len(),
        _ => 0,
    }
}

fn delay(path: &str, after: Period, hours: Option<&Hours>, findings: &mut Vec<Finding>) {
    let field = format!("{path}.after");
    period(&field, after, findings);
    if after.0 > 0 && after.0 < SHORTEST_SENSIBLE_DELAY {
        let message = format!("{} is very short; a bare number is milliseconds", after.in_words());
        findings.push(Finding::warning(&field, message));
    }
    if let Some(hours) = hours {
        opening_hours(&format!("{path}.hours"), hours, findings);
        if hours.week().iter().all(|day| day.is_empty()) {
            findings.push(Finding::error(&format!("{path}.hours"), "these hours never open, so the time never passes"));
        }
    }
}

/// A period has to be longer than nothing and shorter than a life.
pub(super) fn period(field: &str, period: Period, findings: &mut Vec<Finding>) {
    if period.0 <= 0 {
        findings.push(Finding::error(field, "a length of time has to be more than nothing"));
    }
    if period.0 > LONGEST {
        findings.push(Finding::error(field, "a length of time is fifty years at most"));
    }
}

/// Openings have to begin before the day ends.
pub(super) fn opening_hours(field: &str, hours: &Hours, findings: &mut Vec<Finding>) {
    for (day, openings) in ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().zip(hours.week()) {
        if openings.len() > 24 {
            findings.push(Finding::error(&format!("{field}.{day}"), "a day has at most 24 openings"));
        }
        for (at, opening) in openings.iter().enumerate() {
            if opening.start == TimeOfDay::END {
                findings.push(Finding::error(&format!("{field}.{day}[{at}].start"), "write \"00:00\" of the next day"));
            }
        }
    }
}

/// Words have to come from a known list.
pub(super) fn words(field: &str, words: &[String], known: &[&str], findings: &mut Vec<Finding>) {
    for (at, word) in words.iter().enumerate() {
        if !known.contains(&word.as_str()) {
            let message = format!("\"{word}\" is none of {}", known.join(", "));
            findings.push(Finding::error(&format!("{field}[{at}]"), message));
        }
    }
}

/// A name of something outside has to be there and short.
pub(super) fn name(field: &str, name: &str, findings: &mut Vec<Finding>) {
    if name.trim().is_empty() {
        findings.push(Finding::error(field, "a name cannot be empty"));
    }
    if name.len() > LONGEST_NAME {
        findings.push(Finding::error(field, format!("a name has at most {LONGEST_NAME} bytes")));
    }
}

//! Why a rule ran or did not: every condition with what was found, and what became of every action.
//!
//! One shape for the log of runs, the simulator and the page that answers "why did this happen?". It is stored as JSON.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::definition::TriggerKind;
use super::facts::Value;
use super::leaf::Noun;

/// The longest text kept as found, in characters.
pub const FOUND_LENGTH: usize = 200;
/// The largest number of texts or ids kept as found.
pub const FOUND_COUNT: usize = 20;

/// What came of one rule for one event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RuleExplanation")]
pub struct Explanation {
    /// What the event was, as triggers name it.
    pub event: Vec<TriggerKind>,
    /// Whether a trigger and the conditions held.
    pub matched: bool,
    /// The triggers that were looked at and the conditions, in the order of the definition.
    pub checks: Vec<Check>,
    /// What became of the actions, in order; filled in by the runner, empty for a rule that did not match.
    #[serde(default)]
    pub outcomes: Vec<Outcome>,
}

/// One trigger or condition and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RuleCheck")]
pub struct Check {
    /// Where it stands in the definition: `if.all[0].subject`.
    pub path: Arc<str>,
    /// What it says, as a person would.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sentence: String,
    /// What was looked for, as a person would say it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expected: String,
    /// What was found; `None` if it was not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
    /// Whether it held; `None` if it was not looked at, because the decision had already fallen.
    pub matched: Option<bool>,
}

/// A value as it was found, cut to a length that may be kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RuleFound")]
pub enum Found {
    /// There is none.
    Nothing,
    /// A yes or no.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A point in time in milliseconds.
    Time(i64),
    /// A text or a word.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
    /// Ids, as the API shows them.
    Ids(Vec<String>),
}

/// What became of one action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RuleOutcome")]
pub struct Outcome {
    /// Where it stands in the definition: `then[0]`.
    pub path: String,
    /// What it says, as a person would.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sentence: String,
    /// How it ended.
    pub ended: Ended,
}

/// How an action ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "as", rename_all = "snake_case")]
#[schemars(rename = "RuleEnded")]
pub enum Ended {
    /// It was done; in the simulator: it would be.
    Done {
        /// What exactly, where the definition leaves it open: the teammate chosen, the time a snooze ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// There was nothing to do, or another action failed and this one was undone with it.
    Skipped {
        /// Why not.
        why: String,
    },
    /// It waits for something, such as a teammate below the limit.
    Waiting {
        /// For what.
        why: String,
    },
    /// It could not be done; the rule's other actions were undone with it.
    Failed {
        /// Why not.
        why: String,
    },
}

impl Outcome {
    /// The end of the action at an index of `then`.
    pub fn new(index: usize, ended: Ended) -> Self {
        Outcome { path: format!("then[{index}]"), sentence: String::new(), ended }
    }
}

impl Found {
    /// A value as it is kept; `noun` is what ids in it are of.
    pub(super) fn of(value: Value<'_>, noun: Option<Noun>) -> Self {
        match value {
            Value::Absent => Found::Nothing,
            Value::Flag(flag) => Found::Flag(flag),
            Value::Number(number) if number.is_finite() => Found::Number(number),
            // JSON has no word for these two; as a text they survive.
            Value::Number(number) => Found::Text(number.to_string()),
            Value::Time(time) => Found::Time(time),
            Value::Word(word) => Found::Text(excerpt(word)),
            Value::Text(text) => Found::Text(excerpt(text.raw())),
            Value::Texts(texts) => {
                Found::Texts(texts.iter().take(FOUND_COUNT).map(|text| excerpt(text.raw())).collect())
            }
            Value::Ids(ids) => {
                let shown = |id: &i64| noun.map_or_else(|| id.to_string(), |noun| noun.shown(*id));
                Found::Ids(ids.iter().take(FOUND_COUNT).map(shown).collect())
            }
        }
    }
}

fn excerpt(text: &str) -> String {
    match text.char_indices().nth(FOUND_LENGTH) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

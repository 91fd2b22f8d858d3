//! What is wrong with a rule, or odd about it, with the place: for the editor while somebody types, and for the API.

use serde::{Deserialize, Serialize};

/// Something about a rule that its author should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Whether the rule can run all the same.
    pub severity: Severity,
    /// The place in the definition: `then[2].tags[0]`.
    pub field: String,
    /// What is the matter.
    pub message: String,
}

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The rule cannot run.
    Error,
    /// The rule runs, but hardly as meant.
    Warning,
}

impl Finding {
    /// A reason why a rule cannot run.
    pub fn error(field: &str, message: impl Into<String>) -> Self {
        Finding { severity: Severity::Error, field: field.to_owned(), message: message.into() }
    }

    /// A reason why a rule hardly does what is meant.
    pub fn warning(field: &str, message: impl Into<String>) -> Self {
        Finding { severity: Severity::Warning, field: field.to_owned(), message: message.into() }
    }
}

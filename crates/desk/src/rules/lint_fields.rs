//! What is to be said about values that actions give to custom fields: what a field can never hold fails at every run.

use serde_json::{Value, json};

use super::action::Action;
use super::condition::Scalar;
use super::definition::Definition;
use super::validate::Finding;
use super::words;
use crate::custom_fields;
use crate::directory::Directory;

/// Errors of values that do not fit their fields. A value with variables is known only when the rule runs.
pub(super) fn field_values(definition: &Definition, directory: &Directory) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, action) in definition.then.iter().enumerate() {
        let (Action::SetConversationField { field, value }
        | Action::SetContactField { field, value }
        | Action::SetAccountField { field, value }) = action
        else {
            continue;
        };
        let known = field.parse().ok().and_then(|id| words::field(directory, id));
        let (Some(known), Some(value)) = (known, value.as_ref().and_then(fixed)) else { continue };
        if let Err(why) = custom_fields::meant(directory, known, value) {
            findings.push(Finding::error(&format!("then[{at}].value"), format!("{}: {why}", known.name)));
        }
    }
    findings
}

/// A value without variables.
fn fixed(value: &Scalar) -> Option<Value> {
    match value {
        Scalar::Flag(flag) => Some(json!(flag)),
        Scalar::Number(number) => Some(json!(number)),
        Scalar::Text(text) => (!text.contains("{{")).then(|| json!(text)),
    }
}

//! What is to be said about the message templates that actions write with: their variables are those of the rule's own texts,
//! but a template is kept whatever it names, as somebody else may know it (contract/domain.md section 9).

use std::collections::HashMap;

use super::action::{Action, Content};
use super::definition::Definition;
use super::validate::Finding;
use super::variables::{self, Markup};
use crate::ids::MessageTemplateId;
use crate::message_templates::Said;

/// The templates that a definition writes with.
pub(super) fn named(definition: &Definition) -> Vec<MessageTemplateId> {
    definition.then.iter().filter_map(template).collect()
}

/// Warns of variables in templates that nothing gives a value: nothing stands in their place in what is written.
pub(super) fn templates(definition: &Definition, said: &HashMap<MessageTemplateId, Said>, findings: &mut Vec<Finding>) {
    let mut answers: Vec<&str> = Vec::new();
    for (at, action) in definition.then.iter().enumerate() {
        if let Action::CallConnector { name, .. } = action {
            answers.push(name);
        }
        let Some(said) = template(action).and_then(|id| said.get(&id)) else { continue };
        let field = format!("then[{at}].content.template");
        for variable in variables_of(said) {
            if variable.split_once('.').is_some_and(|(name, _)| answers.contains(&name)) {
                continue;
            }
            if !variables::is_known(&variable) {
                let why = format!("there is no variable \"{variable}\", which the template names");
                findings.push(Finding::warning(&field, why));
            } else if variables::is_unbuilt(&variable) {
                let why =
                    format!("nothing gives \"{variable}\", which the template names, a value here yet: it stays empty");
                findings.push(Finding::warning(&field, why));
            }
        }
    }
}

fn template(action: &Action<String>) -> Option<MessageTemplateId> {
    match action {
        Action::Reply { content: Content::Template(id), .. }
        | Action::AutoReply { content: Content::Template(id), .. }
        | Action::Draft { content: Content::Template(id), .. } => id.parse().ok(),
        _ => None,
    }
}

/// The variables of the subject, then those of the body, each once.
fn variables_of(said: &Said) -> Vec<String> {
    let mut all = said.subject.as_deref().map(|subject| variables::names(subject, Markup::Plain)).unwrap_or_default();
    for variable in variables::names(&said.body, Markup::Html) {
        if !all.contains(&variable) {
            all.push(variable);
        }
    }
    all
}

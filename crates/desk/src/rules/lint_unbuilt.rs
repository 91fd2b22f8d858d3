//! What a definition may say although nothing brings it about yet: it is kept for the day when something does, and its
//! author is told.

use super::action::Action;
use super::condition::Condition;
use super::definition::{Definition, Trigger};
use super::validate::Finding;

/// Warns of triggers that never come, conditions that nothing is known about, and actions that are passed over.
pub(super) fn unbuilt(definition: &Definition, findings: &mut Vec<Finding>) {
    for (at, trigger) in definition.when.iter().enumerate() {
        if matches!(trigger, Trigger::SurveyAnswered {} | Trigger::TopicIdentified { .. }) {
            findings.push(Finding::warning(&format!("when[{at}]"), "this does not happen here yet"));
        }
    }
    condition(&definition.condition, "if", findings);
    for (at, action) in definition.then.iter().enumerate() {
        if matches!(action, Action::SendSurvey {} | Action::CallConnector { .. }) {
            findings.push(Finding::warning(&format!("then[{at}]"), "this cannot be done here yet: it is passed over"));
        }
    }
}

fn condition(asked: &Condition, path: &str, findings: &mut Vec<Finding>) {
    if let Some((group, children)) = asked.children() {
        for (at, child) in children.iter().enumerate() {
            condition(child, &Condition::child_path(path, group, at), findings);
        }
        return;
    }
    let is_unknown = matches!(
        asked,
        Condition::Language(_) | Condition::Topic(_) | Condition::SurveyScore(_) | Condition::SurveyComment(_)
    );
    if is_unknown {
        findings.push(Finding::warning(path, "nothing is known about this here yet"));
    }
}

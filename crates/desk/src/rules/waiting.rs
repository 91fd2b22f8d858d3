//! Load balancing when everybody has enough: the assignment waits and looks again.

use serde_json::{Value, json};

use super::action::{Action, Choosing};
use super::explanation::Explanation;
use super::gather::Gathered;
use super::{clocks, perform, react};
use crate::conversations::{self, Status};
use crate::error::Result;
use crate::events;
use crate::ids::{ConversationId, EventId, RuleId};
use crate::time::MINUTE;
use crate::timers::{self, Timer};
use crate::work::Work;

/// Looks again in a while (the old product looked once a minute).
pub(super) fn wait(work: &mut Work<'_>, rule: RuleId, conversation: ConversationId, event: EventId) -> Result<()> {
    let payload: Value = json!({"event": event.0});
    timers::set(work, Timer::Waiting, rule.0, conversation.0, work.now.plus(MINUTE), &payload)
}

/// Whether an assignment of a rule waits already, or is just being tried once more.
pub(super) fn waits(work: &mut Work<'_>, rule: RuleId, conversation: ConversationId) -> Result<bool> {
    Ok(timers::carried(work, Timer::Waiting, rule.0, conversation.0)?.is_some())
}

/// Tries the assignment of a rule once more, unless somebody took the conversation meanwhile or it is done with.
pub(crate) fn fire(work: &mut Work<'_>, rule: RuleId, conversation: ConversationId, event: EventId) -> Result<()> {
    let Some(row) = conversations::row(work, conversation)? else { return Ok(()) };
    if row.assignee.is_some() || row.status() != Status::Open || row.merged_into.is_some() {
        return Ok(());
    }
    let book = work.directory()?.rules.clone();
    let Some(rule) = book.get(rule).filter(|rule| rule.is_enabled) else { return Ok(()) };
    let (Some(compiled), Some(event)) = (&rule.compiled, events::find(work, event)?) else { return Ok(()) };
    if !clocks::is_at_home(work, rule, conversation)? {
        return Ok(());
    }
    let is_balancing = |action: &Action| matches!(action, Action::AssignAmong { by: Choosing::LoadBalancing, .. });
    let again: Vec<(usize, &Action)> =
        compiled.actions.iter().enumerate().filter(|(_, action)| is_balancing(action)).collect();
    let mut facts = Gathered::new(event.clone(), conversation);
    let mut explanation = Explanation { event: Vec::new(), matched: true, checks: Vec::new(), outcomes: Vec::new() };
    react::act_with(work, &event, conversation, rule, &mut explanation, |work, outcomes| {
        perform::some(work, (&event, conversation, rule), &again, &mut facts, outcomes)
    })?;
    Ok(())
}

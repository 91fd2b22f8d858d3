//! Lets the rules react to what a unit recorded: in order, each seeing what the ones before it did, and never without end.

use std::sync::Arc;

use serde_json::json;

use super::book::Rule;
use super::definition::TriggerKind;
use super::evaluate::{Mode, applies, evaluate};
use super::explanation::{Ended, Explanation, Outcome};
use super::gather::Gathered;
use super::{clocks, kinds, perform, store};
use crate::apps;
use crate::conversations;
use crate::error::{Error, Result};
use crate::events::{Event, Kind, Record};
use crate::ids::ConversationId;
use crate::time_offs;
use crate::work::{Actor, ActorKind, Cause, Work};

/// How many rules may follow from one another before the chain is cut.
pub const MOST_DEEP: i64 = 10;

/// Takes the recorded events one by one: apps and partners that listen are told, then the rules react, then those
/// who are away have it answered; and so with the new ones that these cause, until none is left.
pub(crate) fn react(work: &mut Work<'_>) -> Result<()> {
    while let Some(event) = work.traces.recorded.pop_front() {
        apps::webhooks::tell(work, &event)?;
        apps::links::tell(work, &event)?;
        if let Some(conversation) = event.conversation {
            react_to(work, &event, conversation)?;
            time_offs::answer(work, &event)?;
        }
    }
    Ok(())
}

fn react_to(work: &mut Work<'_>, event: &Event, conversation: ConversationId) -> Result<()> {
    if event.skips_rules {
        return Ok(());
    }
    let book = work.directory()?.rules.clone();
    // What a rule does that stops the others is not their business either; time passes all the same.
    let is_stopped = event.cause_rule.and_then(|rule| book.get(rule)).is_some_and(|rule| rule.stops());
    clocks::look(work, event, conversation, is_stopped)?;
    if !book.listens(&kinds::may_be(event)) {
        return Ok(());
    }
    let mut facts = Gathered::new(event.clone(), conversation);
    let kinds = kinds::of(work, event, &mut facts)?;
    if !book.listens(&kinds) {
        return Ok(());
    }
    run_through(work, event, conversation, &kinds, facts, is_stopped)
}

/// Asks every rule that listens, in order; one that matches acts before the next is asked. Once one has stopped the others,
/// only those are asked that keep track of time goals.
fn run_through(
    work: &mut Work<'_>,
    event: &Event,
    conversation: ConversationId,
    kinds: &[TriggerKind],
    mut facts: Gathered,
    mut is_stopped: bool,
) -> Result<()> {
    let book = work.directory()?.rules.clone();
    let mut inboxes: Vec<i64> = event.inboxes.iter().map(|inbox| inbox.0).collect();
    let mut place = None;
    while let Some((at, rule)) = book.next(place, kinds, &inboxes) {
        place = Some(at);
        let (Some(compiled), false) = (&rule.compiled, event.cause_rule == Some(rule.id)) else { continue };
        if is_stopped && !rule.outlives_a_stop() {
            continue;
        }
        if kinds::not_for(work, rule, event, &mut facts)?.is_some() || !applies(compiled, kinds, &mut facts.with(work))?
        {
            continue;
        }
        if event.depth >= MOST_DEEP {
            let explanation = evaluate(compiled, kinds, &mut facts.with(work), Mode::Fast)?;
            return cut(work, event, conversation, rule, explanation);
        }
        let mut explanation = evaluate(compiled, kinds, &mut facts.with(work), Mode::Fast)?;
        is_stopped |= act(work, event, conversation, rule, &mut explanation, &mut facts)?;
        if compiled.only_tells() {
            continue;
        }
        // The next rule sees what this one did.
        facts = Gathered::new(event.clone(), conversation);
        inboxes = match conversations::inboxes_of(work, conversation)? {
            same if same.is_empty() => inboxes,
            now => now.iter().map(|inbox| inbox.0).collect(),
        };
    }
    Ok(())
}

/// Does what a matching rule says, and notes the run, whose explanation tells how each action ended. Answers whether later
/// rules are skipped.
pub(super) fn act(
    work: &mut Work<'_>,
    event: &Event,
    conversation: ConversationId,
    rule: &Arc<Rule>,
    explanation: &mut Explanation,
    facts: &mut Gathered,
) -> Result<bool> {
    let Some(compiled) = rule.compiled.clone() else { return Ok(false) };
    act_with(work, event, conversation, rule, explanation, |work, outcomes| {
        let stopped = perform::all(work, (event, conversation, rule), &compiled.actions, facts, outcomes)?;
        Ok(stopped || compiled.stop)
    })
}

/// Runs a part of a rule as the rule, in a savepoint of its own, and notes the run with what the part says of its actions.
/// Answers whether later rules are skipped, which one that failed and was undone does not ask for.
pub(super) fn act_with(
    work: &mut Work<'_>,
    event: &Event,
    conversation: ConversationId,
    rule: &Rule,
    explanation: &mut Explanation,
    part: impl FnOnce(&mut Work<'_>, &mut Vec<Outcome>) -> Result<bool>,
) -> Result<bool> {
    let cause = work.cause.replace(Cause { event: event.id, rule: rule.id, depth: event.depth + 1 });
    let kind = if rule.is_macro { ActorKind::Macro } else { ActorKind::Rule };
    let before = std::mem::replace(&mut work.actor, Actor { kind, teammate: Some(rule.bot) });
    let access = std::mem::replace(&mut work.access, Arc::new(crate::Access::everything()));
    let mut outcomes = Vec::new();
    let done = work.attempt(|work| part(work, &mut outcomes));
    work.cause = cause;
    work.actor = before;
    work.access = access;
    let stopped = match done {
        Ok(stopped) => stopped,
        Err(Error::Store(error)) if error.is_retryable() => return Err(Error::Store(error)),
        Err(error) => {
            fail(work, event, conversation, rule, &error)?;
            undo(&mut outcomes, &error);
            false
        }
    };
    explanation.outcomes = outcomes;
    note(work, event, conversation, rule, explanation)?;
    Ok(stopped)
}

/// Says of the actions before the one that failed, which is the last that was reached, that they were undone with it.
fn undo(outcomes: &mut Vec<Outcome>, error: &Error) {
    let path = outcomes.pop().map_or_else(|| "then[0]".to_string(), |last| last.path);
    for outcome in outcomes.iter_mut() {
        outcome.ended = Ended::Skipped { why: format!("it was undone, as {path} failed") };
    }
    let ended = Ended::Failed { why: error.to_string() };
    outcomes.push(Outcome { path, sentence: String::new(), ended });
}

fn note(
    work: &mut Work<'_>,
    event: &Event,
    conversation: ConversationId,
    rule: &Rule,
    explanation: &Explanation,
) -> Result<()> {
    let id = work.new_id();
    let run = store::NewRun {
        id,
        slot: rule.next_slot(id >> 8),
        rule: rule.id,
        version: rule.version,
        event: event.id,
        conversation,
        matched: explanation.matched,
        explanation: db::Json::of(explanation),
    };
    store::insert_run(work.conn, work.company, &run, work.now)?;
    Ok(())
}

/// A rule that failed is undone alone; the message is never lost for it.
fn fail(work: &mut Work<'_>, event: &Event, conversation: ConversationId, rule: &Rule, error: &Error) -> Result<()> {
    tracing::warn!(rule = %rule.id, event = %event.id, %error, "a rule failed and was undone");
    let change = json!({"rule": rule.id.to_string(), "event": event.id.to_string(), "why": error.to_string()});
    internal(work, event, conversation, rule, Record::plain(Kind::RuleFailed).changing(change))
}

/// A rule that would have been one too many is not run. Among its last runs stands why, and what led there.
pub(super) fn cut(
    work: &mut Work<'_>,
    event: &Event,
    conversation: ConversationId,
    rule: &Rule,
    mut explanation: Explanation,
) -> Result<()> {
    tracing::warn!(rule = %rule.id, event = %event.id, "a chain of rules was cut");
    let mut why = format!("{MOST_DEEP} rules followed from one another");
    if let (Some(last), Some(cause)) = (event.cause_rule, event.cause) {
        why.push_str(&format!(", the last of them {last}, which reacted to {cause}"));
    }
    let change = json!({"rule": rule.id.to_string(), "event": event.id.to_string(), "depth": event.depth, "why": why});
    explanation.outcomes = vec![Outcome::new(0, Ended::Failed { why })];
    note(work, event, conversation, rule, &explanation)?;
    internal(work, event, conversation, rule, Record::plain(Kind::RuleChainCut).changing(change))
}

/// Records what became of a rule, as a further link of its chain.
fn internal(
    work: &mut Work<'_>,
    event: &Event,
    conversation: ConversationId,
    rule: &Rule,
    record: Record,
) -> Result<()> {
    let Some(mut held) = conversations::hold_any(work, conversation)? else { return Ok(()) };
    let cause = work.cause.replace(Cause { event: event.id, rule: rule.id, depth: event.depth + 1 });
    let recorded = held.record(work, record);
    work.cause = cause;
    recorded?;
    held.save(work)
}

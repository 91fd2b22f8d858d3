//! Lets the rules react to what a unit recorded: in order, each seeing what the ones before it did, and never without end.

use std::sync::Arc;

use serde_json::{Value, json};

use super::book::Rule;
use super::definition::TriggerKind;
use super::evaluate::{Mode, applies, evaluate};
use super::explanation::{Ended, Explanation, Outcome};
use super::facts::{Facts, Value as Fact};
use super::gather::Gathered;
use super::{kinds, perform, store};
use crate::apps;
use crate::conversations;
use crate::error::{Error, Result};
use crate::events::{Event, Kind, Record};
use crate::ids::{ConversationId, RuleId};
use crate::time::Timestamp;
use crate::timers::{self, Timer};
use crate::work::{Actor, ActorKind, Cause, Work};

/// How many rules may follow from one another before the chain is cut.
pub const MOST_DEEP: i64 = 10;

/// Takes the recorded events one by one: apps and partners that listen are told, then the rules react; and so with the
/// new ones that rules cause included, until none is left.
pub(crate) fn react(work: &mut Work<'_>) -> Result<()> {
    while let Some(event) = work.traces.recorded.pop_front() {
        apps::webhooks::tell(work, &event)?;
        apps::links::tell(work, &event)?;
        if let Some(conversation) = event.conversation {
            react_to(work, &event, conversation)?;
        }
    }
    Ok(())
}

fn react_to(work: &mut Work<'_>, event: &Event, conversation: ConversationId) -> Result<()> {
    if event.skips_rules {
        return Ok(());
    }
    let book = work.directory()?.rules.clone();
    let inboxes: Vec<i64> = event.inboxes.iter().map(|inbox| inbox.0).collect();
    start_clocks(work, event, conversation, &inboxes)?;
    let mut facts = Gathered::new(event.clone(), conversation);
    let first = match event.kind == Kind::Inbound && book.listens(&[TriggerKind::InboundNewConversation]) {
        true => facts.is_first_message(work)?,
        false => false,
    };
    let kinds = kinds::of(event, || first);
    if kinds.is_empty() || !book.listens(&kinds) {
        return Ok(());
    }
    run_through(work, event, conversation, &kinds, facts)
}

/// Asks every rule that listens, in order; one that matches acts before the next is asked.
fn run_through(
    work: &mut Work<'_>,
    event: &Event,
    conversation: ConversationId,
    kinds: &[TriggerKind],
    mut facts: Gathered,
) -> Result<()> {
    let book = work.directory()?.rules.clone();
    let mut inboxes: Vec<i64> = event.inboxes.iter().map(|inbox| inbox.0).collect();
    let mut place = None;
    while let Some((at, rule)) = book.next(place, kinds, &inboxes) {
        place = Some(at);
        let (Some(compiled), false) = (&rule.compiled, event.cause_rule == Some(rule.id)) else { continue };
        if !applies(compiled, kinds, &mut facts.with(work))? {
            continue;
        }
        if event.depth >= MOST_DEEP {
            return cut(work, event, conversation, rule.id);
        }
        let explanation = evaluate(compiled, kinds, &mut facts.with(work), Mode::Fast)?;
        let stop = act(work, event, conversation, rule, explanation, &mut facts)?;
        if stop {
            break;
        }
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

/// Does what a matching rule says, and notes the run. Answers whether later rules are skipped.
pub(super) fn act(
    work: &mut Work<'_>,
    event: &Event,
    conversation: ConversationId,
    rule: &Arc<Rule>,
    explanation: Explanation,
    facts: &mut Gathered,
) -> Result<bool> {
    let Some(compiled) = rule.compiled.clone() else { return Ok(false) };
    let stopped = act_with(work, event, conversation, rule, explanation, |work| {
        perform::all(work, event, conversation, rule, &compiled.actions, facts)
    })?;
    Ok(compiled.stop || stopped)
}

/// Runs a part of a rule as the rule, in a savepoint of its own, and notes the run.
pub(super) fn act_with(
    work: &mut Work<'_>,
    event: &Event,
    conversation: ConversationId,
    rule: &Rule,
    mut explanation: Explanation,
    part: impl FnOnce(&mut Work<'_>) -> Result<perform::Done>,
) -> Result<bool> {
    let cause = work.cause.replace(Cause { event: event.id, rule: rule.id, depth: event.depth + 1 });
    let kind = if rule.is_macro { ActorKind::Macro } else { ActorKind::Rule };
    let before = std::mem::replace(&mut work.actor, Actor { kind, teammate: Some(rule.bot) });
    let access = std::mem::replace(&mut work.access, Arc::new(crate::Access::everything()));
    let done = work.attempt(part);
    work.cause = cause;
    work.actor = before;
    work.access = access;
    let (outcomes, stopped) = match done {
        Ok(done) => (done.outcomes, done.stopped),
        Err(Error::Store(error)) if error.is_retryable() => return Err(Error::Store(error)),
        Err(error) => {
            fail(work, event, conversation, rule, &error)?;
            (vec![Outcome::new(0, Ended::Failed { why: error.to_string() })], false)
        }
    };
    explanation.outcomes = outcomes;
    note(work, event, conversation, rule, &explanation)?;
    Ok(stopped)
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
    internal(work, conversation, Kind::RuleFailed, change)
}

fn cut(work: &mut Work<'_>, event: &Event, conversation: ConversationId, rule: RuleId) -> Result<()> {
    tracing::warn!(%rule, event = %event.id, "a chain of rules was cut");
    let change = json!({"rule": rule.to_string(), "event": event.id.to_string(), "depth": event.depth,
        "why": format!("{MOST_DEEP} rules followed from one another")});
    internal(work, conversation, Kind::RuleChainCut, change)
}

fn internal(work: &mut Work<'_>, conversation: ConversationId, kind: Kind, change: Value) -> Result<()> {
    match conversations::hold_any(work, conversation)? {
        None => Ok(()),
        Some(mut held) => {
            held.record(work, Record::plain(kind).changing(change))?;
            held.save(work)
        }
    }
}

/// Sets the timers of delayed rules: whatever happens in a conversation may start, move or end their clocks.
fn start_clocks(work: &mut Work<'_>, event: &Event, conversation: ConversationId, inboxes: &[i64]) -> Result<()> {
    let book = work.directory()?.rules.clone();
    let mut delayed = book.delayed(inboxes).peekable();
    if delayed.peek().is_none() {
        return Ok(());
    }
    let mut facts = Gathered::new(event.clone(), conversation);
    for rule in delayed {
        let Some(compiled) = &rule.compiled else { continue };
        let mut due: Option<i64> = None;
        for delay in compiled.delays() {
            let since = match facts.with(work).get(delay.since)? {
                Fact::Time(since) => since,
                _ => continue,
            };
            // A clock that ran out before this event has had its turn.
            let end = delay.due(since).filter(|end| *end > event.at.0);
            due = due.into_iter().chain(end).min();
        }
        match due {
            Some(at) => {
                timers::set(
                    work,
                    Timer::Rule,
                    rule.id.0,
                    conversation.0,
                    Timestamp(at),
                    &json!({"event": event.id.0}),
                )?;
            }
            None => {
                timers::cancel(work, Timer::Rule, rule.id.0, conversation.0)?;
            }
        }
    }
    Ok(())
}

/// The clock of a delayed rule has run out: if it still holds, the rule acts.
pub fn fire_delayed(
    work: &mut Work<'_>,
    rule: RuleId,
    conversation: ConversationId,
    event: crate::ids::EventId,
) -> Result<()> {
    let book = work.directory()?.rules.clone();
    let Some(rule) = book.get(rule).filter(|rule| rule.is_enabled) else { return Ok(()) };
    let (Some(compiled), Some(event)) = (&rule.compiled, crate::events::find(work, event)?) else { return Ok(()) };
    let kinds: Vec<TriggerKind> = compiled.delays().map(|delay| delay.kind).collect();
    let mut facts = Gathered::new(event.clone(), conversation);
    if !applies(compiled, &kinds, &mut facts.with(work))? {
        return Ok(());
    }
    let explanation = evaluate(compiled, &kinds, &mut facts.with(work), Mode::Fast)?;
    let now = Event { depth: 0, ..event };
    act(work, &now, conversation, rule, explanation, &mut facts)?;
    Ok(())
}

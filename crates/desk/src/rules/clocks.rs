//! The clocks of rules with a delay: what starts them, when they run out, and that each has one turn.
//!
//! A timer per rule and conversation waits for the next delay to run out, and carries the event that started its clock:
//! what the rule then does belongs to that event's chain. A rule that does not apply when its time has come is asked again
//! at whatever happens next in the conversation; so is one that was off, or had another delay, at that time.

use serde_json::json;

use super::book::Rule;
use super::compile::Compiled;
use super::definition::TriggerKind;
use super::evaluate::{Mode, applies, evaluate};
use super::facts::{Facts, Value as Fact};
use super::gather::Gathered;
use super::quiet::Starts;
use super::{react, store};
use crate::conversations;
use crate::error::Result;
use crate::events::{self, Event};
use crate::ids::{ConversationId, EventId, RuleId};
use crate::time::Timestamp;
use crate::timers::{self, Timer};
use crate::work::Work;

/// How the clocks of one rule stand in one conversation.
struct Clocks {
    /// When each began, in the order of the definition; `None` for one that does not run.
    starts: Vec<Option<i64>>,
    /// When the next one runs out.
    next: Option<i64>,
    /// When the last one did that has run out.
    over: Option<i64>,
    /// Whether the timer is just going off before its time, so that it has to be set again.
    is_early: bool,
}

impl Clocks {
    fn read(work: &mut Work<'_>, compiled: &Compiled, facts: &mut Gathered, starts: &mut Starts) -> Result<Clocks> {
        let now = work.now.0;
        let conversation = facts.conversation;
        let mut clocks = Clocks { starts: Vec::new(), next: None, over: None, is_early: false };
        for watch in &compiled.triggers {
            let Some(delay) = watch.delay() else { continue };
            let since = match facts.with(work).get(delay.since)? {
                Fact::Time(since) => starts.of(work, conversation, &delay, since)?,
                _ => None,
            };
            clocks.starts.push(since);
            let mut is_meant = true;
            for (field, test) in &watch.narrowed {
                is_meant &= test.passes(facts.with(work).get(field)?, now);
            }
            match since.filter(|_| is_meant).and_then(|since| delay.due(since)) {
                Some(due) if due > now => clocks.next = clocks.next.into_iter().chain([due]).min(),
                due => clocks.over = clocks.over.into_iter().chain(due).max(),
            }
        }
        Ok(clocks)
    }

    /// Sets the timer for the next delay, or calls it off. It keeps the event that it has as long as no clock began anew.
    /// Answers that event if the timer had run out and has not gone off yet.
    fn arm(
        &self,
        work: &mut Work<'_>,
        rule: RuleId,
        conversation: ConversationId,
        event: EventId,
    ) -> Result<Option<EventId>> {
        let set = timers::carried(work, Timer::Rule, rule.0, conversation.0)?;
        let over = set.as_ref().filter(|set| set["at"].as_i64().is_some_and(|at| at <= work.now.0));
        let over = over.and_then(|set| set["event"].as_i64()).map(EventId);
        let Some(at) = self.next else {
            if set.is_some() {
                timers::cancel(work, Timer::Rule, rule.0, conversation.0)?;
            }
            return Ok(over);
        };
        let same = set.as_ref().filter(|set| set["starts"] == json!(self.starts));
        let event = same.and_then(|set| set["event"].as_i64()).unwrap_or(event.0);
        let payload = json!({"event": event, "starts": self.starts, "at": at});
        if self.is_early || set.as_ref() != Some(&payload) {
            timers::set(work, Timer::Rule, rule.0, conversation.0, Timestamp(at), &payload)?;
        }
        Ok(over)
    }

    /// Whether one has run out that has not had its turn.
    fn are_open(&self, work: &mut Work<'_>, rule: RuleId, conversation: ConversationId) -> Result<bool> {
        let Some(over) = self.over else { return Ok(false) };
        let ran = store::clock_ran(work.conn, work.company, conversation, rule)?;
        Ok(ran.is_none_or(|ran| ran.0 < over))
    }
}

/// Whether a delay of a rule has run out since its clock began, and the rule has acted because of that.
pub(super) fn has_had_its_turn(
    work: &mut Work<'_>,
    rule: RuleId,
    compiled: &Compiled,
    facts: &mut Gathered,
) -> Result<bool> {
    let clocks = Clocks::read(work, compiled, facts, &mut Starts::default())?;
    let Some(over) = clocks.over else { return Ok(false) };
    let ran = store::clock_ran(work.conn, work.company, facts.conversation, rule)?;
    Ok(ran.is_some_and(|ran| ran.0 >= over))
}

/// Why the delayed rules of a conversation are gone through.
struct Round<'e> {
    /// What happened, or what started the clock that has run out.
    event: &'e Event,
    conversation: ConversationId,
    /// The rule whose timer went off.
    fired: Option<RuleId>,
    /// Whether a rule has stopped the others: then timers are set, but of those whose time has come only the rules of time
    /// goals are asked.
    is_stopped: bool,
}

/// Whatever happens in a conversation may start, move or end clocks, and make a rule apply whose time has come already.
/// Of the latter only those of time goals are asked if a rule has stopped the others.
pub(super) fn look(work: &mut Work<'_>, event: &Event, conversation: ConversationId, is_stopped: bool) -> Result<()> {
    let inboxes: Vec<i64> = event.inboxes.iter().map(|inbox| inbox.0).collect();
    go_through(work, &Round { event, conversation, fired: None, is_stopped }, &inboxes)
}

/// A clock of a delayed rule has run out: with all others whose time has come, it is asked in its turn, and if it still
/// applies, it acts. Its timer goes on to the next delay. One that goes off before its time (`timers::hasten`) says that
/// rules were changed: all of them are looked at.
pub fn fire_delayed(work: &mut Work<'_>, rule: RuleId, conversation: ConversationId, event: EventId) -> Result<()> {
    let book = work.directory()?.rules.clone();
    let Some(rule) = book.get(rule).filter(|rule| rule.is_enabled) else { return Ok(()) };
    let (Some(compiled), Some(event)) = (&rule.compiled, events::find(work, event)?) else { return Ok(()) };
    if !is_at_home(work, rule, conversation)? {
        return Ok(());
    }
    let mut facts = Gathered::new(event.clone(), conversation);
    let set = timers::carried(work, Timer::Rule, rule.id.0, conversation.0)?;
    let is_early = set.and_then(|set| set["at"].as_i64()).is_some_and(|at| at > work.now.0);
    let read = Clocks::read(work, compiled, &mut facts, &mut Starts::default())?;
    let clocks = Clocks { is_early, ..read };
    clocks.arm(work, rule.id, conversation, event.id)?;
    if !is_early && !clocks.are_open(work, rule.id, conversation)? {
        return Ok(());
    }
    let inboxes: Vec<i64> = conversations::inboxes_of(work, conversation)?.iter().map(|inbox| inbox.0).collect();
    go_through(work, &Round { event: &event, conversation, fired: Some(rule.id), is_stopped: false }, &inboxes)
}

/// Sets the timers of the delayed rules, then asks those whose time has come, in the order of the list; each sees what the
/// ones before it did. Behind one that stops, the others have had their turn.
fn go_through(work: &mut Work<'_>, round: &Round<'_>, inboxes: &[i64]) -> Result<()> {
    let Round { event, conversation, fired, mut is_stopped } = *round;
    let book = work.directory()?.rules.clone();
    let mut delayed = book.delayed(inboxes).peekable();
    if delayed.peek().is_none() {
        return Ok(());
    }
    let (mut facts, mut starts) = (Gathered::new(event.clone(), conversation), Starts::default());
    let mut over = Vec::new();
    // All of them before one acts: a clock that begins because of that belongs to what the rule did.
    for rule in delayed {
        let Some(compiled) = &rule.compiled else { continue };
        let clocks = Clocks::read(work, compiled, &mut facts, &mut starts)?;
        let own = clocks.arm(work, rule.id, conversation, event.id)?.filter(|_| fired != Some(rule.id));
        let is_own_doing = event.cause_rule == Some(rule.id) && own.is_none() && fired != Some(rule.id);
        let may_be_asked = !round.is_stopped || rule.outlives_a_stop();
        if may_be_asked && !is_own_doing && clocks.over.is_some() {
            over.push((rule, compiled, own));
        }
    }
    for (rule, compiled, own) in over {
        let clocks = Clocks::read(work, compiled, &mut facts, &mut starts)?;
        if !clocks.are_open(work, rule.id, conversation)? || !is_at_home(work, rule, conversation)? {
            continue;
        }
        if is_stopped && !rule.outlives_a_stop() {
            store::set_clock_ran(work.conn, work.company, conversation, rule.id, work.now)?;
            continue;
        }
        let own = match own {
            Some(id) if id != event.id => events::find(work, id)?,
            _ => None,
        };
        if let Some(stop) = ask(work, own.as_ref().unwrap_or(event), conversation, rule, compiled)? {
            is_stopped |= stop;
            (facts, starts) = (Gathered::new(event.clone(), conversation), Starts::default());
        }
    }
    Ok(())
}

/// Lets a rule whose time has come act, if it applies. That was its turn, also if it failed or was cut. Answers whether the
/// rules behind it are skipped; `None` if it does not apply.
fn ask(
    work: &mut Work<'_>,
    event: &Event,
    conversation: ConversationId,
    rule: &std::sync::Arc<Rule>,
    compiled: &Compiled,
) -> Result<Option<bool>> {
    let kinds: Vec<TriggerKind> = compiled.delays().map(|delay| delay.kind).collect();
    let mut facts = Gathered::new(event.clone(), conversation);
    if !applies(compiled, &kinds, &mut facts.with(work))? {
        return Ok(None);
    }
    store::set_clock_ran(work.conn, work.company, conversation, rule.id, work.now)?;
    let mut explanation = evaluate(compiled, &kinds, &mut facts.with(work), Mode::Fast)?;
    if event.depth >= react::MOST_DEEP {
        react::cut(work, event, conversation, rule, explanation)?;
        return Ok(Some(false));
    }
    react::act(work, event, conversation, rule, &mut explanation, &mut facts).map(Some)
}

/// Whether a rule runs where the conversation is now: it may have been moved since. An individual's never runs in talk
/// among teammates.
pub(super) fn is_at_home(work: &mut Work<'_>, rule: &Rule, conversation: ConversationId) -> Result<bool> {
    if rule.owner.is_some() && conversations::row(work, conversation)?.is_some_and(|row| row.r#type == "discussion") {
        return Ok(false);
    }
    let directory = work.directory()?;
    let inboxes = conversations::inboxes_of(work, conversation)?;
    Ok(rule.is_everywhere() || inboxes.iter().filter_map(|id| directory.inbox(*id)).any(|inbox| rule.covers(inbox)))
}

/// Nobody waits for the rules of a conversation that is gone.
pub(crate) fn forget(work: &mut Work<'_>, conversation: ConversationId) -> Result<()> {
    store::forget_clocks(work.conn, work.company, conversation)?;
    Ok(())
}

//! Whether a rule applies to an event, and why. Pure: the same facts give the same answer.

use super::compare::Test;
use super::compile::{Compiled, Group, Node, Watch};
use super::definition::TriggerKind;
use super::explanation::{Check, Explanation, Found};
use super::facts::{Facts, Field, Value};
use super::leaf::Noun;

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Until the decision has fallen; the rest is explained as not looked at.
    Fast,
    /// Everything, with the value found: for the log of a chosen rule, the simulator and the linter.
    Complete,
}

/// Whether a rule applies to an event of these kinds: as [`evaluate`] in fast mode, but nothing is written down and nothing allocated.
pub fn applies<F: Facts + ?Sized>(rule: &Compiled, event: &[TriggerKind], facts: &mut F) -> Result<bool, F::Error> {
    Walk { rule, facts, mode: Mode::Fast, checks: None }.run(event)
}

/// Whether a rule applies to an event of these kinds, with the reason. The outcomes of its actions are left to who runs them.
pub fn evaluate<F: Facts + ?Sized>(
    rule: &Compiled,
    event: &[TriggerKind],
    facts: &mut F,
    mode: Mode,
) -> Result<Explanation, F::Error> {
    let mut checks = Vec::new();
    let matched = Walk { rule, facts, mode, checks: Some(&mut checks) }.run(event)?;
    Ok(Explanation { event: event.to_vec(), matched, checks, outcomes: Vec::new() })
}

struct Walk<'a, F: ?Sized> {
    rule: &'a Compiled,
    facts: &'a mut F,
    mode: Mode,
    checks: Option<&'a mut Vec<Check>>,
}

impl<'a, F: Facts + ?Sized> Walk<'a, F> {
    fn run(&mut self, event: &[TriggerKind]) -> Result<bool, F::Error> {
        let rule = self.rule;
        let mut triggered = false;
        for watch in rule.triggers.iter().filter(|watch| event.contains(&watch.trigger.kind())) {
            triggered |= self.triggers(watch)?;
            if triggered && self.mode == Mode::Fast {
                break;
            }
        }
        if !triggered && self.mode == Mode::Fast {
            self.pass_over(0, rule.nodes.len());
            return Ok(false);
        }
        Ok(self.node(0)? && triggered)
    }

    fn triggers(&mut self, watch: &'a Watch) -> Result<bool, F::Error> {
        let mut found = None;
        let mut matched = true;
        for (field, test) in &watch.narrowed {
            let noun = field.noun().or(watch.trigger.target());
            matched &= self.ask(field, test, noun, &mut found)?;
            if !matched && self.mode == Mode::Fast {
                break;
            }
        }
        if let Some(delay) = watch.delay().filter(|_| matched) {
            let since = time(self.facts.get(delay.since)?);
            let now = time(self.facts.get(&Field::Now)?);
            matched = since.zip(now).is_some_and(|(since, now)| delay.is_over(since, now));
            if self.checks.is_some() {
                found = Some(since.map_or(Found::Nothing, Found::Time));
            }
        }
        self.note(&watch.path, found, Some(matched));
        Ok(matched)
    }

    /// The answer of the condition at an index. The recursion is as deep as groups may be nested.
    fn node(&mut self, at: usize) -> Result<bool, F::Error> {
        let (kind, end) = match self.rule.nodes.get(at) {
            None => return Ok(true),
            Some(Node::Check { field, test, path }) => {
                let mut found = None;
                let matched = self.ask(field, test, field.noun(), &mut found)?;
                self.note(path, found, Some(matched));
                return Ok(matched);
            }
            Some(Node::Group { kind, end }) => (*kind, *end),
        };
        // "All" falls with the first that fails, "any" with the first that holds; "not" has a single member.
        let decisive = kind == Group::Any;
        let mut decided = false;
        let mut child = at + 1;
        while child < end {
            if decided && self.mode == Mode::Fast {
                self.pass_over(child, end);
                break;
            }
            decided |= self.node(child)? == decisive;
            child = self.after(child);
        }
        Ok(match kind {
            Group::Any => decided,
            // For "not" the member's failure was "decisive", so it is the answer itself.
            Group::Not => decided,
            Group::All => !decided,
        })
    }

    fn after(&self, at: usize) -> usize {
        match self.rule.nodes.get(at) {
            Some(Node::Group { end, .. }) => *end,
            _ => at + 1,
        }
    }

    /// `noun` is what ids of the field are of.
    fn ask(
        &mut self,
        field: &Field,
        test: &Test,
        noun: Option<Noun>,
        found: &mut Option<Found>,
    ) -> Result<bool, F::Error> {
        let now = if test.needs_now() { time(self.facts.get(&Field::Now)?).unwrap_or(0) } else { 0 };
        if *field != Field::SubjectOrBody {
            return self.ask_one(field, test, now, noun, found);
        }
        // Two facts, one test: a positive one needs either, a negative one both.
        let subject = self.ask_one(&Field::Subject, test, now, None, found)?;
        if subject != test.is_negative() {
            return Ok(subject);
        }
        self.ask_one(&Field::Body, test, now, None, found)
    }

    fn ask_one(
        &mut self,
        field: &Field,
        test: &Test,
        now: i64,
        noun: Option<Noun>,
        found: &mut Option<Found>,
    ) -> Result<bool, F::Error> {
        let wanted = self.checks.is_some();
        let value = self.facts.get(field)?;
        let matched = test.passes(value, now);
        if wanted {
            *found = Some(Found::of(value, noun));
        }
        Ok(matched)
    }

    fn note(&mut self, path: &std::sync::Arc<str>, found: Option<Found>, matched: Option<bool>) {
        if let Some(checks) = &mut self.checks {
            checks.push(Check { path: path.clone(), sentence: String::new(), expected: String::new(), found, matched });
        }
    }

    /// Notes the tests of a stretch as not looked at.
    fn pass_over(&mut self, from: usize, end: usize) {
        let rule = self.rule;
        if self.checks.is_none() {
            return;
        }
        for node in &rule.nodes[from..end] {
            if let Node::Check { path, .. } = node {
                self.note(path, None, None);
            }
        }
    }
}

fn time(value: Value<'_>) -> Option<i64> {
    if let Value::Time(time) = value { Some(time) } else { None }
}

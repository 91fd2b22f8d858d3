//! All rules that may run, in order, found by the kind of an event and the inboxes of its conversation.

use std::collections::HashMap;
use std::sync::Arc;

use super::compile::Compiled;
use super::definition::TriggerKind;

/// A rule in its place among the others.
#[derive(Debug, Clone)]
pub struct Listed<K = i64> {
    /// What the caller knows the rule by.
    pub rule: K,
    /// Where it runs.
    pub scope: Scope,
    /// The rule itself.
    pub compiled: Arc<Compiled>,
}

/// Where a rule runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// In every conversation, also in those that are in no inbox.
    Everywhere,
    /// In conversations that are in one of these inboxes.
    Inboxes(Vec<i64>),
}

/// The rules of a company, in the order in which they run.
#[derive(Debug, Clone)]
pub struct RuleSet<K = i64> {
    rules: Vec<Listed<K>>,
    /// Positions in `rules`, ascending; `None` stands for every inbox.
    places: HashMap<(TriggerKind, Option<i64>), Vec<usize>>,
    /// One bit for each kind that some rule listens to.
    kinds: u64,
}

impl<K> Default for RuleSet<K> {
    fn default() -> Self {
        RuleSet { rules: Vec::new(), places: HashMap::new(), kinds: 0 }
    }
}

impl<K> RuleSet<K> {
    /// Indexes rules that are given in the order in which they run.
    pub fn new(rules: Vec<Listed<K>>) -> Self {
        let mut places: HashMap<(TriggerKind, Option<i64>), Vec<usize>> = HashMap::new();
        let mut kinds = 0;
        for (position, listed) in rules.iter().enumerate() {
            for kind in listed.compiled.kinds() {
                kinds |= bit(kind);
                match &listed.scope {
                    Scope::Everywhere => places.entry((kind, None)).or_default().push(position),
                    Scope::Inboxes(inboxes) => {
                        for inbox in inboxes {
                            places.entry((kind, Some(*inbox))).or_default().push(position);
                        }
                    }
                }
            }
        }
        RuleSet { rules, places, kinds }
    }

    /// The rules that may run for an event of these kinds in these inboxes: in order, each once, without allocating.
    pub fn candidates<'a>(
        &'a self,
        event: &'a [TriggerKind],
        inboxes: &'a [i64],
    ) -> impl Iterator<Item = &'a Listed<K>> {
        self.candidates_after(None, event, inboxes).map(|(_, listed)| listed)
    }

    /// As [`RuleSet::candidates`], but only those behind a position, each with its own: for going on where a rule that moved
    /// the conversation changed the inboxes.
    pub fn candidates_after<'a>(
        &'a self,
        position: Option<usize>,
        event: &'a [TriggerKind],
        inboxes: &'a [i64],
    ) -> impl Iterator<Item = (usize, &'a Listed<K>)> {
        let mut next = position.map_or(0, |position| position.saturating_add(1));
        std::iter::from_fn(move || {
            let found = event
                .iter()
                .flat_map(|kind| {
                    std::iter::once((*kind, None)).chain(inboxes.iter().map(|inbox| (*kind, Some(*inbox))))
                })
                .filter_map(|key| {
                    let places = self.places.get(&key)?;
                    places.get(places.partition_point(|place| *place < next)).copied()
                })
                .min()?;
            next = found + 1;
            Some((found, &self.rules[found]))
        })
    }

    /// All rules, in order.
    pub fn rules(&self) -> &[Listed<K>] {
        &self.rules
    }

    /// Whether any rule listens to a kind of event: if not, no fact needs to be gathered.
    pub fn listens(&self, kind: TriggerKind) -> bool {
        self.kinds & bit(kind) != 0
    }
}

fn bit(kind: TriggerKind) -> u64 {
    1 << (kind as u32)
}

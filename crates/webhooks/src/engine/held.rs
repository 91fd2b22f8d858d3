//! The lanes this node works on at the moment: at most one run of each is in memory, which is what keeps order.

use super::Hashed;
use db::outbox::{Lane, Run};
use std::collections::HashSet;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A lane and whose it is.
pub type Key = (i64, Lane);

/// When the lease of a held lane was last extended.
#[derive(Debug)]
pub struct Lease(AtomicI64);

impl Lease {
    /// Whether the lane may be assumed to be ours for the length of one more request.
    pub fn is_good(&self, now: i64, lease: i64) -> bool {
        now < self.since() + lease - lease / 5
    }

    fn since(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    fn extend(&self, now: i64) {
        self.0.store(now, Ordering::Relaxed);
    }
}

/// All of them.
#[derive(Default)]
pub struct Held {
    lanes: Hashed<Key, Arc<Lease>>,
    /// Fresh heads of lanes whose last run is recorded, though we have not heard of it yet.
    early: Hashed<Key, Run>,
}

impl Held {
    /// Takes a lane. `None` if it is held already.
    pub fn take(&mut self, key: Key, now: i64) -> Option<Arc<Lease>> {
        match self.lanes.entry(key) {
            Entry::Occupied(_) => None,
            Entry::Vacant(place) => Some(place.insert(Arc::new(Lease(AtomicI64::new(now)))).clone()),
        }
    }

    /// Takes a lane for a fresh head; if the lane is still held, the head is kept until it is let go. It was put after
    /// the end of that run was committed, or else it would not be a head.
    pub fn take_fresh(&mut self, run: Run, now: i64) -> Option<(Run, Arc<Lease>)> {
        let key = (run.company, run.lane);
        match self.take(key, now) {
            Some(lease) => Some((run, lease)),
            None => {
                self.early.insert(key, run);
                None
            }
        }
    }

    /// The lane goes on with another run.
    pub fn go_on(&mut self, key: Key, now: i64) -> Option<Arc<Lease>> {
        self.early.remove(&key);
        let lease = self.lanes.get(&key)?;
        lease.extend(now);
        Some(lease.clone())
    }

    /// The lane is no longer ours; answers a fresh head that has arrived meanwhile. After a run that did not reach the
    /// lane's end there is none: the store hands those jobs out again.
    pub fn let_go(&mut self, key: Key, reached_end: bool, last: Option<i64>) -> Option<Run> {
        self.lanes.remove(&key);
        let early = self.early.remove(&key)?;
        let is_new = early.jobs.first().is_some_and(|head| Some(head.id) > last);
        (reached_end && is_new).then_some(early)
    }

    /// The lanes whose lease is half over, which are noted as extended.
    pub fn extend(&mut self, now: i64, lease: i64) -> Vec<Key> {
        let old = self.lanes.iter().filter(|(_, held)| held.since() + lease / 2 <= now);
        old.map(|(key, held)| (*key, held.extend(now)).0).collect()
    }

    /// Everything, forgotten.
    pub fn drain(&mut self) -> Vec<Key> {
        self.early.clear();
        self.lanes.drain().map(|(key, _)| key).collect()
    }

    /// Which lanes these are.
    pub fn keys(&self) -> HashSet<Key> {
        self.lanes.keys().copied().collect()
    }

    pub fn len(&self) -> usize {
        self.lanes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use db::outbox::Job;
    use serde_json::Value;

    const KEY: Key = (1, Lane { topic: 1, subscriber: 2, subject: 3 });

    fn run(id: i64) -> Run {
        let job = Job {
            company: 1,
            id,
            lane: KEY.1,
            event: 0,
            created_at: 0,
            tries: 0,
            payload: Value::Null,
            log: Value::Null,
        };
        Run { company: 1, lane: KEY.1, tries: 0, jobs: vec![job] }
    }

    #[test]
    fn a_lane_is_held_once() {
        let mut held = Held::default();
        assert!(held.take(KEY, 0).is_some() && held.take(KEY, 0).is_none());
        assert!(held.let_go(KEY, true, None).is_none());
        assert!(held.take(KEY, 0).is_some());
    }

    #[test]
    fn a_head_that_comes_before_the_news_of_its_lanes_end_is_kept() {
        let mut held = Held::default();
        held.take(KEY, 0);
        assert!(held.take_fresh(run(9), 0).is_none());
        assert_eq!(held.let_go(KEY, true, Some(8)).unwrap().jobs[0].id, 9);
    }

    #[test]
    fn what_the_store_hands_out_again_is_not_sent_from_memory_too() {
        let mut held = Held::default();
        held.take(KEY, 0);
        held.take_fresh(run(9), 0);
        assert!(held.go_on(KEY, 0).is_some());
        assert!(held.let_go(KEY, true, Some(9)).is_none());
        held.take(KEY, 0);
        held.take_fresh(run(10), 0);
        assert!(held.let_go(KEY, false, Some(9)).is_none());
        held.take(KEY, 0);
        held.take_fresh(run(10), 0);
        assert!(held.let_go(KEY, true, Some(10)).is_none());
    }

    #[test]
    fn leases_are_extended_at_half_time_and_trusted_for_most_of_it() {
        let mut held = Held::default();
        let lease = held.take(KEY, 0).unwrap();
        assert!(held.extend(49, 100).is_empty());
        assert!(lease.is_good(79, 100) && !lease.is_good(80, 100));
        assert_eq!(held.extend(50, 100), [KEY]);
        assert!(lease.is_good(120, 100));
    }
}

//! The lanes this node works on at the moment: at most one ride of each is under way, and what came of one is recorded
//! before what came of the next, which is what keeps order.

use super::Hashed;
use super::carry::Settled;
use super::courier::Prepared;
use db::outbox::{Job, Kept, Lane, Run};
use std::collections::hash_map::Entry;
use std::collections::{HashSet, VecDeque};
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

/// Jobs that follow rides in memory, at most: a bound of their bodies, which are not counted.
const FOLLOWERS: usize = 1_024;
/// Those of one ride. Behind so many others go first.
pub const FOLLOWERS_OF_A_RIDE: usize = 64;

/// A lane in our hands.
struct Grip {
    lease: Arc<Lease>,
    /// The last job of it in memory, as long as the one behind that may be sent without asking the store.
    end: Option<Place>,
    /// A ride is under way, or about to be.
    is_riding: bool,
    /// What goes out behind that ride.
    followers: VecDeque<Follower>,
    /// How many outcomes are on their way to be recorded.
    coming: usize,
    /// An outcome is with the store, or has its turn.
    is_recording: bool,
    /// What came of rides meanwhile: to be recorded next, so that the lane's jobs are over in their order.
    late: Option<Settled>,
    /// Something of it could not be recorded. Its row is left alone and its lease to lapse.
    is_abandoned: bool,
}

/// Where a job stands in its lane: the lane's head, by which its places are told from those of another time, and its place.
pub type Place = (i64, i64);

/// A job with what it sends.
pub type Follower = (Job, Prepared);

/// What became of a job that was put into a busy lane.
pub enum Followed {
    /// It goes out behind the lane's ride.
    Behind,
    /// Its lane waits for nothing but the record of what was sent: here it is again.
    Rides(Follower, Arc<Lease>),
    /// The store will hand it out.
    Refused,
}

/// All of them.
#[derive(Default)]
pub struct Held {
    lanes: Hashed<Key, Grip>,
    /// Fresh heads of lanes whose last run is recorded, though we have not heard of it yet.
    early: Hashed<Key, Run>,
    /// How many followers there are.
    followers: usize,
}

impl Held {
    /// Takes a lane for a run out of the store. `None` if it is held already.
    pub fn take(&mut self, key: Key, now: i64) -> Option<Arc<Lease>> {
        match self.lanes.entry(key) {
            Entry::Occupied(_) => None,
            Entry::Vacant(place) => Some(place.insert(Grip::new(now, None)).lease.clone()),
        }
    }

    /// Takes a lane for a fresh head; if the lane is still held, the head is kept until it is let go. It was put after
    /// the end of that run was committed, by us or by whoever took the lane over, or else it would not be a head.
    pub fn take_fresh(&mut self, run: Run, now: i64) -> Option<(Run, Arc<Lease>)> {
        let key = (run.company, run.lane);
        match self.lanes.entry(key) {
            Entry::Occupied(_) => {
                self.early.insert(key, run);
                None
            }
            Entry::Vacant(place) => {
                let end = run.jobs.first().map(|head| (head.id, 0));
                let lease = place.insert(Grip::new(now, end)).lease.clone();
                Some((run, lease))
            }
        }
    }

    /// A job was put at a place behind others of a lane. If the one before it is the last that memory has of the lane, it
    /// goes out from memory as well.
    pub fn follow(&mut self, follower: Follower, place: Place) -> Followed {
        let key = (follower.0.company, follower.0.lane);
        let Some(grip) = self.lanes.get_mut(&key) else { return Followed::Refused };
        let is_next = grip.end.is_some_and(|(head, end)| (head, end + 1) == place);
        let has_room = self.followers < FOLLOWERS && grip.followers.len() < FOLLOWERS_OF_A_RIDE;
        if !is_next || !has_room {
            return Followed::Refused;
        }
        grip.end = Some(place);
        if grip.is_riding {
            grip.followers.push_back(follower);
            self.followers += 1;
            return Followed::Behind;
        }
        grip.is_riding = true;
        Followed::Rides(follower, grip.lease.clone())
    }

    /// A ride has sent all that it had; answers what follows it. If that is nothing, the ride is over.
    pub fn next(&mut self, key: Key) -> Option<Follower> {
        let grip = self.lanes.get_mut(&key)?;
        let next = grip.followers.pop_front();
        grip.is_riding = next.is_some();
        self.followers -= usize::from(next.is_some());
        next
    }

    /// A ride ended before its time: the store hands out what is left of the lane. Answers how many jobs leave memory.
    pub fn break_off(&mut self, key: Key) -> usize {
        let Some(grip) = self.lanes.get_mut(&key) else { return 0 };
        grip.is_riding = false;
        let left = grip.close();
        self.followers -= left;
        left
    }

    /// Something of a lane cannot be recorded, so that its row must not be ended: what is still under way is written down,
    /// and when the lease has lapsed the store hands out what is left. Answers how many jobs leave memory.
    pub fn abandon(&mut self, key: Key) -> usize {
        let Some(grip) = self.lanes.get_mut(&key) else { return 0 };
        grip.is_abandoned = true;
        let left = grip.close();
        self.followers -= left;
        self.forget_if_over(key);
        left
    }

    /// An outcome is on its way to be recorded.
    pub fn comes(&mut self, key: Key) {
        if let Some(grip) = self.lanes.get_mut(&key) {
            grip.coming += 1;
        }
    }

    /// An outcome is about to be recorded. `None` if an earlier one of its lane is: then it waits for that.
    pub fn record(&mut self, settled: Settled) -> Option<Settled> {
        let Some(grip) = self.lanes.get_mut(&settled.key()) else { return Some(settled) };
        if settled.has_turn {
            return Some(settled);
        }
        grip.coming = grip.coming.saturating_sub(1);
        if !grip.is_recording {
            grip.is_recording = true;
            return Some(settled);
        }
        match &mut grip.late {
            Some(late) => late.merge(settled),
            None => grip.late = Some(settled),
        }
        None
    }

    /// Closes lanes whose outcomes are about to be written, so that nothing follows in memory any more, but for those of
    /// which more is in memory already, or which are not ours to end: these are answered. It may be asked again before
    /// the answer is acted on.
    pub fn close(&mut self, lanes: impl Iterator<Item = Key>) -> Kept {
        lanes.filter(|key| self.lanes.get_mut(key).is_none_or(Grip::close_unless_kept)).collect()
    }

    /// The outcome of a kept lane has left the store's hands; answers the one whose turn it is now.
    pub fn recorded(&mut self, key: Key) -> Option<Settled> {
        let grip = self.lanes.get_mut(&key)?;
        let late = grip.late.take().map(|late| Settled { has_turn: true, ..late });
        grip.is_recording = late.is_some();
        self.forget_if_over(key);
        late
    }

    /// The lane goes on with another run out of the store.
    pub fn go_on(&mut self, key: Key, now: i64) -> Option<Arc<Lease>> {
        self.early.remove(&key);
        let grip = self.lanes.get_mut(&key)?;
        grip.lease.extend(now);
        (grip.is_riding, grip.is_recording) = (true, false);
        Some(grip.lease.clone())
    }

    /// A closed lane is no longer ours; answers a fresh head that has arrived meanwhile. After a run that did not reach the
    /// lane's end there is none: the store hands those jobs out again.
    pub fn let_go(&mut self, key: Key, reached_end: bool, last: Option<i64>) -> Option<Run> {
        self.lanes.remove(&key);
        let early = self.early.remove(&key);
        let is_new = |run: &Run| run.jobs.first().is_some_and(|head| Some(head.id) > last);
        early.filter(|run| reached_end && is_new(run))
    }

    /// An abandoned lane of which nothing is under way any more is nobody's until its lease lapses.
    fn forget_if_over(&mut self, key: Key) {
        if self.lanes.get(&key).is_some_and(|grip| grip.is_abandoned && !grip.is_busy() && !grip.is_recording) {
            self.lanes.remove(&key);
            self.early.remove(&key);
        }
    }

    /// The lanes whose lease is half over, which are noted as extended.
    pub fn extend(&mut self, now: i64, lease: i64) -> Vec<Key> {
        let is_old = |grip: &Grip| !grip.is_abandoned && grip.lease.since() + lease / 2 <= now;
        let old = self.lanes.iter().filter(|(_, grip)| is_old(grip));
        old.map(|(key, grip)| (*key, grip.lease.extend(now)).0).collect()
    }

    /// The lane was lost to somebody else: they hand out what is put into it from now on.
    pub fn lost(&mut self, key: Key) {
        if let Some(grip) = self.lanes.get_mut(&key) {
            grip.end = None;
        }
    }

    /// Everything, forgotten.
    pub fn drain(&mut self) -> Vec<Key> {
        self.early.clear();
        self.followers = 0;
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

impl Grip {
    fn new(now: i64, end: Option<Place>) -> Grip {
        let lease = Arc::new(Lease(AtomicI64::new(now)));
        let followers = VecDeque::new();
        let (coming, is_recording, late, is_abandoned) = (0, false, None, false);
        Grip { lease, end, is_riding: true, followers, coming, is_recording, late, is_abandoned }
    }

    /// Whether there will be another outcome.
    fn is_busy(&self) -> bool {
        self.is_riding || self.coming > 0 || self.late.is_some()
    }

    /// Nothing follows in memory from now on; answers how many jobs leave it.
    fn close(&mut self) -> usize {
        self.end = None;
        std::mem::take(&mut self.followers).len()
    }

    /// Whether the lane's row is left as it is. If not, its end is about to be written.
    fn close_unless_kept(&mut self) -> bool {
        let is_kept = self.is_abandoned || self.is_busy();
        if !is_kept {
            // Nothing rides, so nothing waits behind it.
            self.end = None;
        }
        is_kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use db::Json;
    use db::outbox::{Ending, Finished, Outcome};
    use serde_json::Value;

    const KEY: Key = (1, Lane { topic: 1, subscriber: 2, subject: 3 });

    fn job(id: i64) -> Job {
        let (payload, log) = (Value::Null, Value::Null);
        Job { company: 1, id, lane: KEY.1, event: 0, created_at: 0, tries: 0, payload, log }
    }

    fn run(id: i64) -> Run {
        Run { company: 1, lane: KEY.1, tries: 0, jobs: vec![job(id)] }
    }

    fn follower(id: i64) -> Follower {
        (job(id), Prepared::Skip { ending: Ending::Done, why: String::new() })
    }

    /// What came of a job that was sent.
    fn settled(id: i64) -> Settled {
        let finished = Finished { id, ending: Ending::Done, tries: 1, log: Json::of(&Value::Null) };
        let outcome = Outcome { company: 1, lane: KEY.1, finished: vec![finished], retry: None };
        Settled { outcome, afters: Vec::new(), weight: 1, has_turn: false }
    }

    fn ids(settled: Option<Settled>) -> Vec<i64> {
        settled.iter().flat_map(|settled| &settled.outcome.finished).map(|job| job.id).collect()
    }

    fn is_kept(held: &mut Held) -> bool {
        held.close([KEY].into_iter()).contains(&KEY)
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

    #[test]
    fn only_the_very_next_job_of_a_lane_follows_in_memory() {
        let mut held = Held::default();
        assert!(matches!(held.follow(follower(8), (7, 1)), Followed::Refused), "nobody holds the lane");
        held.take_fresh(run(7), 0);
        assert!(matches!(held.follow(follower(9), (7, 2)), Followed::Refused), "another node put one in between");
        assert!(matches!(held.follow(follower(6), (5, 1)), Followed::Refused), "it is left of an earlier time");
        assert!(matches!(held.follow(follower(12), (11, 1)), Followed::Refused), "it is of a later time");
        assert!(matches!(held.follow(follower(8), (7, 1)), Followed::Behind));
        assert!(matches!(held.follow(follower(9), (7, 2)), Followed::Behind));
        assert_eq!([held.next(KEY), held.next(KEY)].map(|next| next.map(|(job, _)| job.id)), [Some(8), Some(9)]);
        assert!(held.next(KEY).is_none() && held.followers == 0);
        held.let_go(KEY, true, None);
        held.take(KEY, 0);
        assert!(
            matches!(held.follow(follower(12), (7, 1)), Followed::Refused),
            "the store has handed out a part of the lane"
        );
    }

    #[test]
    fn a_lane_whose_outcome_is_not_yet_written_rides_again_and_is_kept() {
        let mut held = Held::default();
        held.take_fresh(run(7), 0);
        assert!(held.next(KEY).is_none());
        assert_eq!(ids(held.record(settled(7))), [7]);
        assert!(matches!(held.follow(follower(8), (7, 1)), Followed::Rides(..)));
        assert!(is_kept(&mut held), "it rides");
        assert!(held.next(KEY).is_none() && held.record(settled(8)).is_none());
        assert!(matches!(held.follow(follower(9), (7, 2)), Followed::Rides(..)));
        assert!(held.next(KEY).is_none() && held.record(settled(9)).is_none());
        assert!(is_kept(&mut held), "it was asked again, and what came of the later rides waits");
        let late = held.recorded(KEY).unwrap();
        assert!(held.record(settled(10)).is_none(), "it came later");
        assert_eq!(ids(held.record(late)), [8, 9]);
        assert!(is_kept(&mut held));
        let last = held.recorded(KEY).unwrap();
        assert_eq!(ids(held.record(last)), [10]);
        assert!(!is_kept(&mut held));
        assert!(matches!(held.follow(follower(11), (7, 3)), Followed::Refused), "its end is being written");
        held.let_go(KEY, true, Some(10));
        assert!(held.len() == 0 && held.followers == 0);
    }

    #[test]
    fn nothing_overtakes_the_head_of_a_lane_that_was_lost_and_began_anew() {
        let mut held = Held::default();
        held.take_fresh(run(7), 0);
        // Another node has taken the lane over and ended it, and here the next one begins.
        assert!(held.take_fresh(run(9), 0).is_none());
        assert!(matches!(held.follow(follower(10), (9, 1)), Followed::Refused));
    }

    #[test]
    fn a_lane_is_kept_while_an_outcome_is_on_its_way() {
        let mut held = Held::default();
        held.take_fresh(run(7), 0);
        assert!(held.next(KEY).is_none());
        held.comes(KEY);
        held.record(settled(7));
        held.follow(follower(8), (7, 1));
        assert!(held.next(KEY).is_none());
        held.comes(KEY);
        assert!(is_kept(&mut held));
    }

    #[test]
    fn nothing_follows_a_ride_that_broke_off() {
        let mut held = Held::default();
        held.take_fresh(run(7), 0);
        held.follow(follower(8), (7, 1));
        held.follow(follower(9), (7, 2));
        assert_eq!((held.break_off(KEY), held.followers), (2, 0));
        assert!(matches!(held.follow(follower(10), (7, 3)), Followed::Refused) && !is_kept(&mut held));
    }

    #[test]
    fn an_abandoned_lane_is_held_until_all_that_was_under_way_is_written_down() {
        let mut held = Held::default();
        held.take_fresh(run(7), 0);
        held.next(KEY);
        held.comes(KEY);
        held.record(settled(7));
        held.follow(follower(8), (7, 1));
        held.follow(follower(9), (7, 2));
        // The store does not take the first outcome, while the second ride is under way.
        assert_eq!((held.abandon(KEY), held.followers), (1, 0));
        assert!(held.recorded(KEY).is_none());
        assert!(held.extend(1_000, 100).is_empty(), "its lease is left to lapse");
        assert!(held.take(KEY, 0).is_none() && held.take_fresh(run(10), 0).is_none(), "one ride of a lane at a time");
        assert!(matches!(held.follow(follower(10), (7, 3)), Followed::Refused));
        assert!(held.next(KEY).is_none());
        held.comes(KEY);
        assert_eq!(ids(held.record(settled(8))), [8]);
        assert!(is_kept(&mut held), "a job before it is still to be done");
        assert!(held.recorded(KEY).is_none());
        assert!(held.len() == 0 && held.early.is_empty());
        assert!(is_kept(&mut held), "the end of a lane that is not ours is nobody's to write");
        assert_eq!(ids(held.record(settled(9))), [9]);
    }

    #[test]
    fn a_lane_whose_ride_panics_is_forgotten_when_what_came_of_earlier_ones_is_written_down() {
        let mut held = Held::default();
        held.take_fresh(run(7), 0);
        held.next(KEY);
        held.comes(KEY);
        held.follow(follower(8), (7, 1));
        assert_eq!(ids(held.record(settled(7))), [7]);
        held.break_off(KEY);
        held.abandon(KEY);
        assert!(is_kept(&mut held) && held.len() == 1);
        assert!(held.recorded(KEY).is_none() && held.len() == 0);
        held.take_fresh(run(9), 0);
        held.break_off(KEY);
        held.abandon(KEY);
        assert_eq!(held.len(), 0, "nothing else was under way");
    }

    #[test]
    fn followers_are_bounded() {
        let taken = |held: &mut Held, subject: i64| {
            let lane = Lane { subject, ..KEY.1 };
            held.take_fresh(Run { company: 1, lane, tries: 0, jobs: vec![Job { lane, ..job(0) }] }, 0);
            let mut follow = |id: i64| held.follow((Job { lane, ..job(id) }, follower(id).1), (0, id));
            (1..200).filter(|id| matches!(follow(*id), Followed::Behind)).count()
        };
        let mut held = Held::default();
        assert_eq!(taken(&mut held, 0), FOLLOWERS_OF_A_RIDE);
        assert_eq!((1..100).map(|lane| taken(&mut held, lane)).sum::<usize>(), FOLLOWERS - FOLLOWERS_OF_A_RIDE);
    }
}

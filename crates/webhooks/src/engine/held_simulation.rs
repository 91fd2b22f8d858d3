//! Random lives of one lane between the store and memory: whatever comes when, each job is sent once and in order. When
//! leases lapse or records fail, some are sent again, but none is missing and none overtakes another.

use super::carry::Settled;
use super::courier::Prepared;
use super::held::{Followed, Held, Key};
use db::Json;
use db::outbox::{Ending, Finished, Job, Lane, Outcome, Retry, Run};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{HashSet, VecDeque};

const KEY: Key = (1, Lane { topic: 1, subscriber: 2, subject: 3 });

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A unit puts a job; its commit is heard of later.
    Put,
    /// A unit of the other node does.
    PutThere,
    /// The sender hears of the oldest commit.
    Hear,
    /// The ride sends its next job, or that fails.
    Send { fails: bool },
    /// The ride has nothing left.
    End,
    /// The ride lets others go first.
    BreakOff,
    /// The ride panics.
    Panic,
    /// An outcome leaves the channel.
    Drain,
    /// The store records the oldest outcome, perhaps at the second try.
    Write { again: bool },
    /// It never will.
    Refuse,
    /// The oldest answer of the store arrives.
    Settle,
    /// Somebody looks for what is due.
    Claim,
    /// The lease of the lane lapses.
    Lapse,
    /// The other node takes the lane over, if nobody holds it, and does all of it.
    Other,
    /// Leases are extended.
    Renew,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Put),
        1 => Just(Step::PutThere),
        4 => Just(Step::Hear),
        4 => prop::bool::weighted(0.1).prop_map(|fails| Step::Send { fails }),
        4 => Just(Step::End),
        4 => Just(Step::Drain),
        4 => any::<bool>().prop_map(|again| Step::Write { again }),
        4 => Just(Step::Settle),
        1 => Just(Step::Claim),
        1 => Just(Step::BreakOff),
        1 => Just(Step::Other),
        1 => Just(Step::Renew),
        4 => prop_oneof![Just(Step::Lapse), Just(Step::Refuse), Just(Step::Panic)],
    ];
    proptest::collection::vec(step, 1..120)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Us,
    Other,
    Nobody,
}

/// The lane's row.
struct Row {
    head: i64,
    behind: i64,
    last: i64,
    holder: Holder,
}

struct Ride {
    jobs: VecDeque<i64>,
    settled: Settled,
}

/// The store, memory, and what is under way between them.
#[derive(Default)]
struct World {
    row: Option<Row>,
    pending: Vec<i64>,
    last_id: i64,
    /// Commits that nobody has heard of: id, head and place.
    hooks: VecDeque<(i64, (i64, i64))>,
    held: Held,
    ride: Option<Ride>,
    channel: VecDeque<Settled>,
    units: VecDeque<Settled>,
    /// What the store answered: the outcome, whether the lane is kept, and the next run.
    answers: VecDeque<(Settled, bool, Vec<i64>)>,
    sent: Vec<i64>,
    /// A lease may lapse, a record may fail.
    is_troubled: bool,
}

fn job(id: i64) -> Job {
    let (payload, log) = (Value::Null, Value::Null);
    Job { company: KEY.0, id, lane: KEY.1, event: 0, created_at: 0, tries: 0, payload, log }
}

fn settled() -> Settled {
    let outcome = Outcome { company: KEY.0, lane: KEY.1, finished: Vec::new(), retry: None };
    Settled { outcome, afters: Vec::new(), weight: 0, has_turn: false }
}

impl World {
    fn begin(&mut self, jobs: Vec<i64>) {
        assert!(self.ride.is_none(), "a lane has one ride at most");
        self.ride = Some(Ride { jobs: jobs.into(), settled: settled() });
    }

    fn pass_on(&mut self, settled: Settled) {
        self.held.comes(KEY);
        self.channel.push_back(settled);
    }

    /// A node puts the next job; answers its head and place.
    fn put(&mut self, holder: Holder) -> (i64, i64) {
        self.last_id += 1;
        let id = self.last_id;
        self.pending.push(id);
        match &mut self.row {
            Some(row) => {
                (row.behind, row.last) = (row.behind + 1, id);
                (row.head, row.behind)
            }
            None => {
                self.row = Some(Row { head: id, behind: 0, last: id, holder });
                (id, 0)
            }
        }
    }

    fn holder(&self) -> Option<Holder> {
        self.row.as_ref().map(|row| row.holder)
    }

    /// A retry is due long after its answer has arrived.
    fn is_due(&self) -> bool {
        self.answers.is_empty()
    }

    fn lease_to(&mut self, holder: Holder) {
        self.row.iter_mut().for_each(|row| row.holder = holder);
    }

    fn remove_row(&mut self) {
        assert_eq!(self.pending, [] as [i64; 0], "a lane ends when all of it is over");
        self.row = None;
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Lapse | Step::Refuse | Step::Panic if !self.is_troubled => {}
            Step::Put => {
                let place = self.put(Holder::Us);
                self.hooks.push_back((self.last_id, place));
            }
            Step::PutThere => {
                self.put(Holder::Other);
            }
            Step::Hear => match self.hooks.pop_front() {
                Some((id, (_, 0))) => {
                    let run = Run { company: KEY.0, lane: KEY.1, tries: 0, jobs: vec![job(id)] };
                    if self.held.take_fresh(run, 0).is_some() {
                        self.begin(vec![id]);
                    }
                }
                Some((id, place)) => {
                    let prepared = Prepared::Skip { ending: Ending::Done, why: String::new() };
                    if let Followed::Rides(..) = self.held.follow((job(id), prepared), place) {
                        self.begin(vec![id]);
                    }
                }
                None => {}
            },
            Step::Send { fails } => {
                let Some(ride) = &mut self.ride else { return };
                let Some(id) = ride.jobs.pop_front() else { return };
                if fails {
                    let log = Json::of(&Value::Null);
                    ride.settled.outcome.retry = Some(Retry { id, at: 0, tries: 1, log });
                    let settled = self.ride.take().expect("it is under way").settled;
                    self.held.break_off(KEY);
                    return self.pass_on(settled);
                }
                self.sent.push(id);
                let log = Json::of(&Value::Null);
                ride.settled.outcome.finished.push(Finished { id, ending: Ending::Done, tries: 1, log });
            }
            Step::End => {
                let Some(ride) = &mut self.ride else { return };
                if !ride.jobs.is_empty() {
                    return;
                }
                match self.held.next(KEY) {
                    Some((job, _)) => ride.jobs.push_back(job.id),
                    None => {
                        let settled = self.ride.take().expect("it is under way").settled;
                        self.pass_on(settled);
                    }
                }
            }
            Step::BreakOff => {
                let Some(ride) = self.ride.take() else { return };
                self.held.break_off(KEY);
                self.pass_on(ride.settled);
            }
            Step::Panic => {
                if self.ride.take().is_some() {
                    self.held.break_off(KEY);
                    self.held.abandon(KEY);
                }
            }
            Step::Drain => {
                let Some(settled) = self.channel.pop_front() else { return };
                self.units.extend(self.held.record(settled));
            }
            Step::Write { again } => {
                let Some(settled) = self.units.pop_front() else { return };
                if again {
                    self.held.close([KEY].into_iter());
                    return self.units.push_front(settled);
                }
                self.write(settled);
            }
            Step::Refuse => {
                if self.units.pop_front().is_some() {
                    self.held.abandon(KEY);
                    self.channel.extend(self.held.recorded(KEY));
                }
            }
            Step::Settle => {
                let Some((settled, is_kept, next)) = self.answers.pop_front() else { return };
                if !next.is_empty() {
                    if self.held.go_on(KEY, 0).is_some() {
                        self.begin(next);
                    }
                } else if is_kept {
                    self.channel.extend(self.held.recorded(KEY));
                } else {
                    let last = settled.outcome.finished.last().map(|job| job.id);
                    let early = self.held.let_go(KEY, settled.outcome.retry.is_none(), last);
                    if let Some((run, _)) = early.and_then(|run| self.held.take_fresh(run, 0)) {
                        self.begin(run.jobs.iter().map(|job| job.id).collect());
                    }
                }
            }
            Step::Claim => {
                if self.holder() != Some(Holder::Nobody) || !self.is_due() {
                    return;
                }
                self.lease_to(Holder::Us);
                // A run of a lane that is held is dropped; then its end tells what is left.
                if self.held.take(KEY, 0).is_some() {
                    self.claimed();
                }
            }
            Step::Lapse => self.lease_to(Holder::Nobody),
            Step::Other => match self.holder() {
                Some(Holder::Nobody) if self.is_due() => self.lease_to(Holder::Other),
                Some(Holder::Other) => {
                    self.sent.append(&mut self.pending);
                    self.remove_row();
                }
                _ => {}
            },
            Step::Renew => {
                if self.holder() != Some(Holder::Us) {
                    self.held.lost(KEY);
                }
            }
        }
    }

    /// A lane that was claimed goes out from the store, or is over.
    fn claimed(&mut self) {
        if self.pending.is_empty() {
            self.held.let_go(KEY, true, None);
            return self.remove_row();
        }
        self.begin(self.pending.clone());
    }

    fn write(&mut self, settled: Settled) {
        let is_kept = self.held.close([KEY].into_iter()).contains(&KEY);
        let outcome = &settled.outcome;
        let first = outcome.finished.first().map(|job| job.id);
        let is_next = first.is_none() || first == self.pending.first().copied();
        assert!(is_next || self.is_troubled, "jobs are over in their order");
        self.pending.retain(|id| outcome.finished.iter().all(|job| job.id != *id));
        let through = outcome.finished.last().map_or(0, |job| job.id);
        let mut next = Vec::new();
        let row = self.row.as_mut().filter(|row| row.holder == Holder::Us);
        assert!(row.is_some() || self.is_troubled, "a lane that is worked on has its row");
        match row {
            Some(row) if outcome.retry.is_some() => row.holder = Holder::Nobody,
            Some(row) if !is_kept && row.last <= through => self.remove_row(),
            Some(_) if !is_kept && self.pending.is_empty() => self.remove_row(),
            Some(_) if !is_kept => next = self.pending.clone(),
            Some(_) | None => {}
        }
        self.answers.push_back((settled, is_kept, next));
    }

    /// Lets everything come to its end.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            let rest = [Step::Hear, Step::Send { fails: false }, Step::End, Step::Drain, Step::Write { again: false }];
            rest.into_iter().chain([Step::Settle, Step::Claim]).for_each(|step| self.step(step));
            match self.holder() {
                Some(Holder::Other) => self.step(Step::Other),
                Some(_) if self.held.len() == 0 && self.hooks.is_empty() => self.step(Step::Lapse),
                _ => {}
            }
            if self.row.is_none() && self.held.len() == 0 && self.hooks.is_empty() {
                return;
            }
        }
        panic!("the lane never ends: {:?} are pending", self.pending);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn each_job_is_sent_once_and_in_order(steps in steps()) {
        let mut world = World::default();
        for step in steps {
            world.step(step);
        }
        world.settle();
        prop_assert_eq!(&world.sent, &(1..=world.last_id).collect::<Vec<_>>());
        prop_assert!(world.pending.is_empty() && world.ride.is_none());
    }

    #[test]
    fn nothing_is_missing_or_overtaken_when_leases_lapse_and_records_fail(steps in steps()) {
        let mut world = World { is_troubled: true, ..World::default() };
        for step in steps {
            world.step(step);
        }
        world.settle();
        let mut seen = HashSet::new();
        let first: Vec<i64> = world.sent.iter().copied().filter(|id| seen.insert(*id)).collect();
        prop_assert_eq!(&first, &(1..=world.last_id).collect::<Vec<_>>());
        prop_assert!(world.pending.is_empty() && world.ride.is_none() && world.held.len() == 0);
    }
}

//! Random lives of one lane between the store and memory: whatever comes when, each job is sent once and in order.

use super::carry::Settled;
use super::courier::Prepared;
use super::held::{Followed, Held, Key};
use db::Json;
use db::outbox::{Ending, Finished, Job, Lane, Outcome, Retry, Run};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::VecDeque;

const KEY: Key = (1, Lane { topic: 1, subscriber: 2, subject: 3 });

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A unit puts a job; its commit is heard of later.
    Put,
    /// The sender hears of the oldest commit.
    Hear,
    /// The ride sends its next job, or that fails.
    Send { fails: bool },
    /// The ride has nothing left.
    End,
    /// An outcome leaves the channel.
    Drain,
    /// The store records the oldest outcome, perhaps at the second try.
    Write { again: bool },
    /// The oldest answer of the store arrives.
    Settle,
    /// Somebody looks for what is due.
    Claim,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Put),
        4 => Just(Step::Hear),
        4 => prop::bool::weighted(0.1).prop_map(|fails| Step::Send { fails }),
        4 => Just(Step::End),
        4 => Just(Step::Drain),
        4 => any::<bool>().prop_map(|again| Step::Write { again }),
        4 => Just(Step::Settle),
        1 => Just(Step::Claim),
    ];
    proptest::collection::vec(step, 1..120)
}

/// The lane's row.
struct Row {
    behind: i64,
    last: i64,
    is_leased: bool,
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
    /// Commits that nobody has heard of: id and place.
    hooks: VecDeque<(i64, i64)>,
    held: Held,
    ride: Option<Ride>,
    channel: VecDeque<Settled>,
    units: VecDeque<Settled>,
    /// What the store answered: the outcome, whether the lane is kept, and the next run.
    answers: VecDeque<(Settled, bool, Vec<i64>)>,
    sent: Vec<i64>,
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

    fn step(&mut self, step: Step) {
        match step {
            Step::Put => {
                self.last_id += 1;
                let id = self.last_id;
                self.pending.push(id);
                let place = match &mut self.row {
                    Some(row) => {
                        (row.behind, row.last) = (row.behind + 1, id);
                        row.behind
                    }
                    None => {
                        self.row = Some(Row { behind: 0, last: id, is_leased: true });
                        0
                    }
                };
                self.hooks.push_back((id, place));
            }
            Step::Hear => match self.hooks.pop_front() {
                Some((id, 0)) => {
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
            Step::Drain => {
                let Some(settled) = self.channel.pop_front() else { return };
                self.units.extend(self.held.record(settled));
            }
            Step::Write { again } => {
                let Some(settled) = self.units.pop_front() else { return };
                if again {
                    self.held.kept([KEY].into_iter());
                    return self.units.push_front(settled);
                }
                self.write(settled);
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
                    let (early, _) = self.held.let_go(KEY, settled.outcome.retry.is_none(), last);
                    if let Some((run, _)) = early.and_then(|run| self.held.take_fresh(run, 0)) {
                        self.begin(run.jobs.iter().map(|job| job.id).collect());
                    }
                }
            }
            Step::Claim => {
                // A retry is due long after its answer has arrived.
                if !self.answers.is_empty() {
                    return;
                }
                let Some(row) = self.row.as_mut().filter(|row| !row.is_leased) else { return };
                row.is_leased = true;
                // A run of a lane that is held is dropped; then its end tells what is left.
                if self.held.take(KEY, 0).is_some() {
                    self.begin(self.pending.clone());
                }
            }
        }
    }

    fn write(&mut self, settled: Settled) {
        let is_kept = self.held.kept([KEY].into_iter()).contains(&KEY);
        let outcome = &settled.outcome;
        let first = outcome.finished.first().map(|job| job.id);
        assert!(first.is_none() || first == self.pending.first().copied(), "jobs are over in their order");
        self.pending.retain(|id| outcome.finished.iter().all(|job| job.id != *id));
        let through = outcome.finished.last().map_or(0, |job| job.id);
        let mut next = Vec::new();
        let row = self.row.as_mut().expect("a lane that is worked on has its row");
        if outcome.retry.is_some() {
            row.is_leased = false;
        } else if !is_kept && row.last <= through {
            assert_eq!(self.pending, [] as [i64; 0], "a lane ends when all of it is over");
            self.row = None;
        } else if !is_kept {
            next = self.pending.clone();
        }
        self.answers.push_back((settled, is_kept, next));
    }

    /// Lets everything come to its end.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            let rest = [Step::Hear, Step::Send { fails: false }, Step::End, Step::Drain, Step::Write { again: false }];
            rest.into_iter().chain([Step::Settle, Step::Claim]).for_each(|step| self.step(step));
            if self.row.is_none() && self.held.len() == 0 && self.hooks.is_empty() {
                return;
            }
        }
        panic!("the lane never ends: {:?} are pending", self.pending);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

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
}

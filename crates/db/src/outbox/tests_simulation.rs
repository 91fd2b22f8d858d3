//! Random lives of two nodes: whatever they do, every job arrives, and a lane never overtakes itself.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::tests::SCHEMA;
use super::*;
use crate::store::Store;
use crate::{Json, testing};

const LEASE: i64 = 100;

#[derive(Clone, Debug)]
enum Step {
    Put {
        node: usize,
        subject: i64,
    },
    Claim {
        node: usize,
        lanes: i64,
        depth: i64,
    },
    /// Delivers up to `jobs` of a run; the next one fails, or not. A crash comes between the delivery and its record. Whoever
    /// `keeps` the lane has what is left of the run in memory still.
    Work {
        node: usize,
        run: usize,
        jobs: usize,
        fails: bool,
        crashes: bool,
        keeps: bool,
    },
    Wait {
        time: i64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let node = 0..2_usize;
    let step = prop_oneof![
        4 => (node.clone(), 1..4_i64).prop_map(|(node, subject)| Step::Put { node, subject }),
        2 => (node.clone(), 1..3_i64, 1..4_i64).prop_map(|(node, lanes, depth)| Step::Claim { node, lanes, depth }),
        4 => (node, 0..4_usize, 0..4_usize, any::<bool>(), prop::bool::weighted(0.1), any::<bool>()).prop_map(
            |(node, run, jobs, fails, crashes, keeps)| Step::Work { node, run, jobs, fails, crashes, keeps }
        ),
        1 => (1..150_i64).prop_map(|time| Step::Wait { time }),
    ];
    proptest::collection::vec(step, 1..60)
}

/// A run in a node's memory.
struct Held {
    run: Run,
    /// The lane's head and the place of its last job here, if they are known: the next one may follow in memory.
    end: Option<(i64, i64)>,
}

/// Two nodes with what they hold in memory, and what the outside has received.
struct World<'a> {
    store: &'a Store,
    company: i64,
    now: i64,
    last_id: i64,
    memory: [Vec<Held>; 2],
    put: BTreeMap<i64, Vec<i64>>,
    received: BTreeMap<i64, Vec<i64>>,
}

impl World<'_> {
    fn write<T: Send + 'static>(&self, unit: impl Fn(&mut Conn) -> Result<T> + Send + 'static) -> T {
        self.store.write_blocking(unit).expect("the unit succeeds")
    }

    fn step(&mut self, step: &Step) {
        let (company, now) = (self.company, self.now);
        match *step {
            Step::Wait { time } => self.now += time,
            Step::Put { node, subject } => {
                self.last_id += 1;
                let (id, lane) = (self.last_id, Lane { topic: 1, subscriber: 1, subject });
                let placed = self.write(move |conn| {
                    let job = NewJob { id, lane, event: 0, payload: &json!({}) };
                    put(conn, company, node as i64 + 1, now, LEASE, &job)
                });
                self.put.entry(subject).or_default().push(id);
                let (payload, log) = (json!({}), json!([]));
                let job = Job { company, id, lane, event: 0, created_at: now, tries: 0, payload, log };
                match placed {
                    Placed::Head => {
                        let run = Run { company, lane, tries: 0, jobs: vec![job] };
                        self.memory[node].push(Held { run, end: Some((id, 0)) });
                    }
                    Placed::Behind { place, head } => {
                        let before = |held: &&mut Held| held.run.lane == lane && held.end == Some((head, place - 1));
                        if let Some(held) = self.memory[node].iter_mut().find(before) {
                            held.run.jobs.push(job);
                            held.end = Some((head, place));
                        }
                    }
                    Placed::Refused { last } => panic!("{id} was refused behind {last}"),
                }
            }
            Step::Claim { node, lanes, depth } => {
                let runs = self.write(move |conn| {
                    let mut runs = claim(conn, Whose::Lapsed, company, 1, node as i64 + 1, now, LEASE, lanes, depth)?;
                    runs.extend(claim(conn, Whose::Nobodys, company, 1, node as i64 + 1, now, LEASE, lanes, depth)?);
                    Ok(runs)
                });
                self.memory[node].extend(runs.into_iter().map(|run| Held { run, end: None }));
            }
            Step::Work { node, run, jobs, fails, crashes, keeps } => {
                if self.memory[node].is_empty() {
                    return;
                }
                let at = run % self.memory[node].len();
                let Held { mut run, end } = self.memory[node].remove(at);
                let jobs = jobs.min(run.jobs.len());
                let (over, rest) = run.jobs.split_at(jobs);
                self.received.entry(run.lane.subject).or_default().extend(over.iter().map(|job| job.id));
                if crashes {
                    self.memory[node].clear();
                    return;
                }
                let finished = over.iter().map(|job| {
                    let tries = job.tries + 1;
                    Finished { id: job.id, ending: Ending::Done, tries, log: Json::of(&json!([tries])) }
                });
                let retry = rest.first().filter(|_| fails);
                let retry = retry.map(|job| Retry {
                    id: job.id,
                    at: now + 30,
                    tries: job.tries + 1,
                    log: Json::of(&json!([])),
                });
                let outcome = Outcome { company, lane: run.lane, finished: finished.collect(), retry };
                let keeps = keeps && !fails && !rest.is_empty();
                let kept: Kept = keeps.then_some((company, run.lane)).into_iter().collect();
                let next = self.write(move |conn| {
                    finish_keeping(conn, node as i64 + 1, now, LEASE, 2, std::slice::from_ref(&outcome), &kept)
                });
                self.memory[node].extend(next.into_iter().map(|run| Held { run, end: None }));
                if keeps {
                    run.jobs.drain(..jobs);
                    self.memory[node].push(Held { run, end });
                }
            }
        }
    }

    /// Lets one node work until nothing is pending, and no lane is left of what another node lost or finished late.
    fn settle(&mut self) {
        for _ in 0..1_000 {
            let company = self.company;
            let left = self.store.read_blocking(move |conn| {
                let sql = "SELECT count(*) FROM outbox_lanes WHERE company = $1";
                let (lanes,): (i64,) = conn.one(sql, crate::args![company])?;
                Ok::<_, crate::Error>(pending(conn, company, 1)? + lanes)
            });
            if left.expect("it is counted") == 0 {
                return;
            }
            self.step(&Step::Wait { time: LEASE });
            self.step(&Step::Claim { node: 0, lanes: 10, depth: 3 });
            while !self.memory[0].is_empty() {
                self.step(&Step::Work { node: 0, run: 0, jobs: 9, fails: false, crashes: false, keeps: false });
            }
        }
        panic!("jobs are left in a lane that nobody can claim, or a lane that nobody lets go of");
    }
}

/// The first arrival of each job, in order.
fn first_arrivals(received: &[i64]) -> Vec<i64> {
    let mut seen = Vec::new();
    for id in received {
        if !seen.contains(id) {
            seen.push(*id);
        }
    }
    seen
}

fn every_life_delivers_everything_in_order(store: &Store, cases: u32) {
    let company = std::sync::atomic::AtomicI64::new(0);
    proptest!(ProptestConfig::with_cases(cases), |(steps in steps())| {
        let company = company.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut world = World {
            store, company, now: 0, last_id: 0, memory: [vec![], vec![]], put: BTreeMap::new(), received: BTreeMap::new(),
        };
        for step in &steps {
            world.step(step);
        }
        world.settle();
        for (subject, put) in &world.put {
            prop_assert_eq!(&first_arrivals(&world.received[subject]), put, "lane {}", subject);
        }
    });
}

#[test]
fn every_life_delivers_everything_in_order_on_sqlite() {
    every_life_delivers_everything_in_order(&testing::memory(SCHEMA), 150);
}

#[test]
fn every_life_delivers_everything_in_order_on_postgres() {
    if let Some(store) = testing::postgres(SCHEMA) {
        every_life_delivers_everything_in_order(&store, 15);
    }
}

//! Carrying one run outside: its jobs in order and what follows them in memory, until nothing does, one fails, or others
//! have waited long enough.

use super::Inner;
use super::attempts::{self, Attempt};
use super::board::EndpointKey;
use super::circuit::Gate;
use super::courier::{After, Delivery, Fate, Health, Prepared, Tried, Verdict};
use super::held::{FOLLOWERS_OF_A_RIDE, Lease};
use crate::client::{Failure, Outgoing};
use crate::schedule::{self, Failed, Next, Retries};
use crate::stopwatch;
use db::Json;
use db::outbox::{Ending, Finished, Job, Lane, Outcome, Retry, Run};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// After this long a lane with more to do lets others go first, and what it has done is recorded.
const SLICE: Duration = Duration::from_millis(500);
/// Jobs the courier said nothing about come back after this (milliseconds).
const UNPREPARED: i64 = 30_000;
/// When this machine is out of something, after this.
const EXHAUSTED: i64 = 1_000;

/// Names the event that a request tells of: the same on every attempt and every replay, as in the body.
pub const EVENT: HeaderName = HeaderName::from_static("x-portico-event");
pub(super) const DELIVERY: HeaderName = HeaderName::from_static("x-portico-delivery");
pub(super) const ATTEMPT: HeaderName = HeaderName::from_static("x-portico-attempt");

/// A run with what its jobs send.
pub struct Ride {
    company: i64,
    lane: Lane,
    lease: Arc<Lease>,
    items: VecDeque<(Job, Option<Prepared>)>,
    bytes: usize,
}

impl Ride {
    pub fn new(run: Run, lease: Arc<Lease>, prepared: Vec<Prepared>) -> Ride {
        let Run { company, lane, jobs, .. } = run;
        let bytes = prepared.iter().map(bytes).sum();
        let prepared = prepared.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
        Ride { company, lane, lease, items: jobs.into_iter().zip(prepared).collect(), bytes }
    }

    pub fn endpoint(&self) -> EndpointKey {
        (self.company, self.lane.topic, self.lane.subscriber)
    }

    pub fn jobs(&self) -> usize {
        self.items.len()
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn key(&self) -> (i64, Lane) {
        (self.company, self.lane)
    }

    /// Back to the store untouched, due at this time.
    pub fn put_back(mut self, at: i64) -> Settled {
        let settled = Settled::new(self.company, self.lane, self.items.len());
        match self.items.pop_front() {
            Some((head, _)) => settled.sleep(head, at),
            None => settled,
        }
    }
}

fn bytes(prepared: &Prepared) -> usize {
    match prepared {
        Prepared::Send(delivery) => delivery.body.as_ref().map_or(0, |body| body.len()),
        Prepared::Skip { .. } => 0,
    }
}

/// What became of a run, to be recorded.
pub struct Settled {
    pub outcome: Outcome,
    pub afters: Vec<After>,
    /// Jobs of it in memory until it is recorded.
    pub weight: usize,
    /// It waited for an earlier one of its lane, and is the next.
    pub has_turn: bool,
}

impl Settled {
    fn new(company: i64, lane: Lane, weight: usize) -> Settled {
        let outcome = Outcome { company, lane, finished: Vec::new(), retry: None };
        Settled { outcome, afters: Vec::new(), weight, has_turn: false }
    }

    /// A run that never got as far as being prepared.
    pub fn put_back(run: Run, at: i64) -> Settled {
        let settled = Settled::new(run.company, run.lane, run.jobs.len());
        match run.jobs.into_iter().next() {
            Some(head) => settled.sleep(head, at),
            None => settled,
        }
    }

    /// The lane waits until then; no attempt of the job was made.
    fn sleep(mut self, job: Job, at: i64) -> Settled {
        self.outcome.retry = Some(Retry { id: job.id, at, tries: job.tries, log: Json::of(&job.log) });
        self
    }

    /// Its lane and whose it is.
    pub fn key(&self) -> (i64, Lane) {
        (self.outcome.company, self.outcome.lane)
    }

    /// What came of the same lane's next ride, after this one reached its end.
    pub fn merge(&mut self, later: Settled) {
        self.outcome.finished.extend(later.outcome.finished);
        self.outcome.retry = later.outcome.retry;
        self.afters.extend(later.afters);
        self.weight += later.weight;
    }

    fn finish(&mut self, id: i64, ending: Ending, tries: i64, log: Json) {
        self.outcome.finished.push(Finished { id, ending, tries, log });
    }
}

/// How far a ride has come.
struct Trip {
    began: Instant,
    /// A request was made.
    has_sent: bool,
}

/// Sends a ride's jobs and those that follow it one after another, and lets record how it ended. Counts those that
/// followed.
pub async fn carry(inner: &Inner, mut ride: Ride, followed: &mut usize) {
    let mut trip = Trip { began: stopwatch::now(), has_sent: false };
    let mut settled = Settled::new(ride.company, ride.lane, ride.items.len());
    loop {
        settled = match send_all(inner, &mut ride, &mut trip, settled).await {
            ControlFlow::Continue(settled) => settled,
            ControlFlow::Break(settled) => return inner.settled(settled),
        };
        // Others go first, and what was done is recorded, as after a long run out of the store.
        if *followed >= FOLLOWERS_OF_A_RIDE {
            return inner.settled(settled);
        }
        let Some((so_far, (job, prepared))) = inner.end_ride(settled) else { return };
        settled = so_far;
        settled.weight += 1;
        *followed += 1;
        ride.items.push_back((job, Some(prepared)));
    }
}

/// Sends the jobs that a ride has. It breaks off at the first that has to wait.
async fn send_all(
    inner: &Inner,
    ride: &mut Ride,
    trip: &mut Trip,
    mut settled: Settled,
) -> ControlFlow<Settled, Settled> {
    let key = ride.endpoint();
    while let Some((job, prepared)) = ride.items.pop_front() {
        let now = inner.now();
        let delivery = match prepared {
            Some(Prepared::Send(delivery)) => delivery,
            Some(Prepared::Skip { ending, why }) => {
                let attempt = Attempt { at: now, took: Duration::ZERO, sent: None, tried: None, error: Some(&why) };
                settled.finish(job.id, ending, job.tries, attempts::append(&job.log, &attempt));
                continue;
            }
            None => return ControlFlow::Break(settled.sleep(job, now + UNPREPARED)),
        };
        if inner.is_stopping() {
            return ControlFlow::Break(settled.sleep(job, now));
        }
        // Without an outcome for this job the store hands the rest of the lane out again, behind other lanes.
        if !ride.lease.is_good(now, inner.limits.lease) || (trip.has_sent && trip.began.elapsed() > SLICE) {
            return ControlFlow::Break(settled);
        }
        let (retries, attempt) = (delivery.retries, job.tries + 1);
        let started = stopwatch::now();
        let mut noted = HeaderMap::new();
        let (tried, attempt) = match inner.gate(key, now) {
            Gate::Wait(at) if !schedule::expired(retries, job.created_at, now) => {
                return ControlFlow::Break(settled.sleep(job, at));
            }
            Gate::Wait(_) => (Err(Failure::Open), job.tries),
            Gate::Pass => {
                let tried = send(inner, &job, delivery, attempt, &mut noted).await;
                inner.report(key, Health::of(&tried), inner.now());
                trip.has_sent = true;
                (tried, attempt)
            }
        };
        let ended = inner.now();
        if let Err(Failure::Exhausted(why)) = &tried {
            tracing::error!(why, "deliveries wait because this machine cannot open more connections");
            return ControlFlow::Break(settled.sleep(job, ended + EXHAUSTED));
        }
        let verdict = inner.courier(ride.lane.topic).judge(&job, &tried);
        let failed = Failed { attempts: attempt, created_at: job.created_at, now: ended, asked: asked(&tried) };
        let fate = fate(&verdict, &tried, retries, failed, || inner.jitter());
        settled.afters.extend(inner.courier(ride.lane.topic).after(&job, &tried, fate));
        let error = match &verdict {
            Verdict::Done => None,
            Verdict::Retry(why) | Verdict::GiveUp(why) => Some(why.as_str()),
        };
        let entry = Attempt { at: now, took: started.elapsed(), sent: Some(&noted), tried: Some(&tried), error };
        let log = attempts::append(&job.log, &entry);
        match fate {
            Fate::Done => settled.finish(job.id, Ending::Done, attempt, log),
            Fate::Dead => settled.finish(job.id, Ending::Dead, attempt, log),
            Fate::Retry(at) => {
                settled.outcome.retry = Some(Retry { id: job.id, at, tries: attempt, log });
                return ControlFlow::Break(settled);
            }
        }
    }
    ControlFlow::Continue(settled)
}

fn asked(tried: &Tried) -> Option<i64> {
    tried.as_ref().ok()?.retry_after()
}

fn fate(verdict: &Verdict, tried: &Tried, retries: Retries, failed: Failed, jitter: impl FnOnce() -> f64) -> Fate {
    match verdict {
        Verdict::Done => Fate::Done,
        Verdict::GiveUp(_) => Fate::Dead,
        // It waited for a failing receiver until it was too old: there is no attempt whose retry could be planned.
        Verdict::Retry(_) if matches!(tried, Err(Failure::Open)) => Fate::Dead,
        Verdict::Retry(_) => match schedule::next(retries, failed, jitter()) {
            Next::At(at) => Fate::Retry(at),
            Next::GiveUp => Fate::Dead,
        },
    }
}

async fn send(inner: &Inner, job: &Job, delivery: Box<Delivery>, attempt: i64, noted: &mut HeaderMap) -> Tried {
    let Delivery { url, method, mut headers, body, signer, timeout, retries } = *delivery;
    let name = inner.courier(job.lane.topic).name(job);
    headers.push((DELIVERY, HeaderValue::try_from(name).unwrap_or_else(|_| job.id.into())));
    headers.push((ATTEMPT, attempt.into()));
    let repeatable = retries != Retries::Off;
    let outgoing = Outgoing { url, method, headers, body, signer, timeout, repeatable };
    inner.client.send_noting(inner.now(), &outgoing, noted).await
}

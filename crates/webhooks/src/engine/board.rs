//! Who may send how much at a time: the queues, slots and circuits of all receivers. Plain state, no waiting.
//!
//! Everything shared (slots, memory) is divided by one rule: a receiver may take more only while it has less than what
//! is still free. One greedy receiver thus gets half at most, two a third each, and there is always room for others.

use super::Hashed;
use super::Limits;
use super::carry::Ride;
use super::circuit::{Circuit, Gate};
use super::courier::Health;
use std::collections::VecDeque;

/// A receiver: company, topic, subscriber.
pub type EndpointKey = (i64, i64, i64);

/// Requests at the same time that a receiver starts with; each good answer adds one.
const FIRST_LIMIT: usize = 64;
/// And what is left after a failure.
const LOW_LIMIT: usize = 8;
/// Lanes a second that a receiver is thought to manage before it was measured.
const FIRST_RATE: f64 = 200.0;
/// A lane that found no room comes back after this at the earliest and the latest.
const SPILL: (i64, i64) = (200, 60_000);
/// Receivers that were not called for this long are forgotten, with what was learnt about them.
const FORGET: i64 = 3_600_000;

pub struct Board {
    endpoints: Hashed<EndpointKey, Endpoint>,
    /// Receivers with a queue and no request under way, for want of a free slot.
    starved: VecDeque<EndpointKey>,
    in_flight: usize,
    jobs: usize,
    bytes: usize,
    limits: Limits,
}

struct Endpoint {
    queue: VecDeque<Ride>,
    in_flight: usize,
    jobs: usize,
    bytes: usize,
    limit: usize,
    circuit: Circuit,
    starved: bool,
    pace: Pace,
}

/// How fast a receiver takes lanes, and until when its overflow is spread.
struct Pace {
    rate: f64,
    since: i64,
    done: u32,
    spilled_until: f64,
}

/// A receiver's state, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointState {
    /// Whether it is left alone, and until when.
    pub circuit: Circuit,
    /// Requests under way.
    pub in_flight: usize,
    /// Requests it may get at the same time for now.
    pub limit: usize,
    /// Lanes waiting in memory.
    pub queued: usize,
}

/// What became of a ride that asked for room.
pub enum Admitted {
    /// It was queued; these are to be sent now, on new tasks.
    Start(Vec<(EndpointKey, Ride)>),
    /// No room: back to the store until then.
    Spill(Box<Ride>, i64),
}

impl Board {
    pub fn new(limits: Limits) -> Board {
        Board { endpoints: Hashed::default(), starved: VecDeque::new(), in_flight: 0, jobs: 0, bytes: 0, limits }
    }

    /// Jobs came into memory.
    pub fn enter(&mut self, jobs: usize) {
        self.jobs += jobs;
    }

    /// Jobs left memory, as their fate is recorded.
    pub fn leave(&mut self, jobs: usize) {
        self.jobs = self.jobs.saturating_sub(jobs);
    }

    /// How many more jobs memory takes.
    pub fn room(&self) -> usize {
        self.limits.jobs.saturating_sub(self.jobs)
    }

    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub fn jobs(&self) -> usize {
        self.jobs
    }

    pub fn admit(&mut self, key: EndpointKey, ride: Ride, now: i64) -> Admitted {
        let (jobs, bytes) = (ride.jobs(), ride.bytes());
        let free_jobs = self.limits.jobs.saturating_sub(self.jobs);
        let free_bytes = self.limits.bytes.saturating_sub(self.bytes);
        let endpoint = self.endpoints.entry(key).or_insert_with(|| Endpoint::new(now, self.limits.per_endpoint));
        let full = endpoint.jobs > free_jobs || endpoint.bytes + bytes > free_bytes;
        // One ride is always let in, however large, or it would never leave.
        if full && endpoint.jobs > 0 {
            return Admitted::Spill(Box::new(ride), endpoint.pace.spill(now));
        }
        endpoint.jobs += jobs;
        endpoint.bytes += bytes;
        self.bytes += bytes;
        endpoint.queue.push_back(ride);
        let mut start = Vec::new();
        self.pump(key, &mut start);
        Admitted::Start(start)
    }

    /// A task has finished a ride and asks for another; it keeps its slot if it gets one. Whatever else may start now
    /// comes after the first and needs tasks of its own.
    pub fn next(&mut self, key: EndpointKey, weight: (usize, usize), now: i64) -> Vec<(EndpointKey, Ride)> {
        self.in_flight -= 1;
        self.bytes = self.bytes.saturating_sub(weight.1);
        if let Some(endpoint) = self.endpoints.get_mut(&key) {
            endpoint.in_flight -= 1;
            endpoint.jobs = endpoint.jobs.saturating_sub(weight.0);
            endpoint.bytes = endpoint.bytes.saturating_sub(weight.1);
            endpoint.pace.count(now);
        }
        let mut start = Vec::new();
        // Whoever waits for a first slot comes before whoever has some.
        while self.in_flight < self.limits.in_flight {
            let Some(waiting) = self.starved.pop_front() else { break };
            if let Some(endpoint) = self.endpoints.get_mut(&waiting) {
                endpoint.starved = false;
            }
            self.pump(waiting, &mut start);
        }
        self.pump(key, &mut start);
        start
    }

    fn pump(&mut self, key: EndpointKey, start: &mut Vec<(EndpointKey, Ride)>) {
        let Some(endpoint) = self.endpoints.get_mut(&key) else { return };
        loop {
            let free = self.limits.in_flight.saturating_sub(self.in_flight);
            let fair = endpoint.in_flight == 0 || endpoint.in_flight < free;
            if free == 0 || !fair || endpoint.in_flight >= endpoint.limit {
                break;
            }
            let Some(ride) = endpoint.queue.pop_front() else { break };
            endpoint.in_flight += 1;
            self.in_flight += 1;
            start.push((key, ride));
        }
        if endpoint.in_flight == 0 && !endpoint.queue.is_empty() && !endpoint.starved {
            endpoint.starved = true;
            self.starved.push_back(key);
        }
    }

    /// Asks whether a receiver may be called now.
    pub fn gate(&mut self, key: EndpointKey, now: i64, jitter: impl FnOnce() -> f64) -> Gate {
        match self.endpoints.get_mut(&key) {
            None | Some(Endpoint { circuit: Circuit::Closed { .. }, .. }) => Gate::Pass,
            Some(endpoint) => endpoint.circuit.gate(now, jitter()),
        }
    }

    /// Notes how a receiver is.
    pub fn report(&mut self, key: EndpointKey, health: Health, now: i64, jitter: impl FnOnce() -> f64) {
        let Some(endpoint) = self.endpoints.get_mut(&key) else { return };
        match health {
            Health::Well => {
                endpoint.circuit.succeeded();
                endpoint.limit = (endpoint.limit + 1).min(self.limits.per_endpoint);
            }
            Health::Ill => {
                let was_closed = matches!(endpoint.circuit, Circuit::Closed { .. });
                endpoint.circuit.failed(&self.limits.patience, now, jitter());
                endpoint.limit = endpoint.limit.min(LOW_LIMIT.min(self.limits.per_endpoint));
                if was_closed && matches!(endpoint.circuit, Circuit::Open { .. }) {
                    tracing::warn!(
                        company = key.0,
                        topic = key.1,
                        subscriber = key.2,
                        "a receiver keeps failing and is left alone for now"
                    );
                }
            }
            Health::Unknown => endpoint.circuit.unknown(now),
        }
    }

    /// Takes every ride that has not started.
    pub fn drain(&mut self) -> Vec<Ride> {
        let mut rides = Vec::new();
        for endpoint in self.endpoints.values_mut() {
            for ride in endpoint.queue.drain(..) {
                endpoint.jobs = endpoint.jobs.saturating_sub(ride.jobs());
                endpoint.bytes = endpoint.bytes.saturating_sub(ride.bytes());
                self.bytes = self.bytes.saturating_sub(ride.bytes());
                rides.push(ride);
            }
        }
        rides
    }

    pub fn state(&self, key: EndpointKey) -> Option<EndpointState> {
        let endpoint = self.endpoints.get(&key)?;
        let Endpoint { circuit, in_flight, limit, .. } = *endpoint;
        Some(EndpointState { circuit, in_flight, limit, queued: endpoint.queue.len() })
    }

    pub fn close_circuit(&mut self, key: EndpointKey) {
        if let Some(endpoint) = self.endpoints.get_mut(&key) {
            endpoint.circuit.succeeded();
        }
    }

    pub fn forget_unused(&mut self, now: i64) {
        self.endpoints.retain(|_, e| e.in_flight > 0 || !e.queue.is_empty() || now < e.pace.since + FORGET);
    }
}

impl Endpoint {
    fn new(now: i64, most: usize) -> Endpoint {
        Endpoint {
            queue: VecDeque::new(),
            in_flight: 0,
            jobs: 0,
            bytes: 0,
            limit: FIRST_LIMIT.min(most),
            circuit: Circuit::Closed { failures: 0 },
            starved: false,
            pace: Pace { rate: FIRST_RATE, since: now, done: 0, spilled_until: now as f64 },
        }
    }
}

impl Pace {
    fn count(&mut self, now: i64) {
        self.done += 1;
        let elapsed = now - self.since;
        if elapsed >= 500 {
            self.rate = self.rate / 2.0 + f64::from(self.done) * 500.0 / elapsed as f64;
            self.since = now;
            self.done = 0;
        }
    }

    /// When a lane without room should come back: one after the other, twice as fast as the receiver was seen to take
    /// them, so that the store never feeds it slower than it could go.
    fn spill(&mut self, now: i64) -> i64 {
        let (earliest, latest) = ((now + SPILL.0) as f64, (now + SPILL.1) as f64);
        let at = self.spilled_until.max(earliest).min(latest);
        self.spilled_until = at + 500.0 / self.rate.max(1.0);
        at as i64
    }
}

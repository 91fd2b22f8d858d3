//! Carries outbox jobs outside by HTTP: at least once, in order per lane, lanes and receivers beside each other.
//!
//! ```text
//!                                            follow (the next jobs of a lane that rides, in memory) ─┐
//!                                                                                                    ▼
//!  offer (fresh heads, in memory) ─┐                                                                 │
//!                                  ├─► prepare ─► board (queue, slots, circuit per receiver) ─► carry ─► record ─┐
//!  claim (store: due lanes)       ─┘        ▲                                                                    │
//!                                           └──────────────────── next run of the lane ◄─────────────────────────┘
//! ```
//!
//! Invariants: one ride of a lane is under way at most, and what came of it is recorded before what came of the next
//! (`held`); what was sent is recorded before the lane is let go (`record`); no receiver can take all slots or all memory
//! (`board`); a receiver that fails is left alone without using up its jobs' attempts (`circuit`).

mod attempts;
mod board;
mod carry;
mod circuit;
mod claim;
mod courier;
mod held;
#[cfg(test)]
mod held_simulation;
mod prepare;
mod record;
mod tasks;
#[cfg(test)]
mod tests;

pub use board::EndpointState;
pub use carry::EVENT;
pub use circuit::{Circuit, Gate, Patience};
pub use courier::{After, Boxed, Courier, Delivery, Fate, Health, Prepared, Tried, Verdict};

use crate::client::Client;
use board::{Board, EndpointKey};
use carry::{Ride, Settled};
use claim::Bell;
use db::Store;
use db::outbox::{self, Job, Lane, Run};
use held::{Followed, Follower, Held, Key, Lease, Place};
use prepare::Arrival;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tasks::Tasks;
use tokio::sync::{Notify, mpsc, watch};

/// A map whose keys are our own numbers: nobody outside chooses them, so a fast hash will do.
type Hashed<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// What the engine works with. Everything ambient is in here.
pub struct Setup {
    /// Where the outbox is.
    pub store: Store,
    /// The number under which this process leases lanes.
    pub node: i64,
    /// What requests leave through.
    pub client: Arc<Client>,
    /// The time in milliseconds, which decides what is due.
    pub clock: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// Random numbers in `0.0..1.0`.
    pub jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
    /// Whose outboxes are looked after.
    pub companies: Arc<dyn Fn() -> Vec<i64> + Send + Sync>,
    /// How much is done at a time.
    pub limits: Limits,
}

/// Bounds of everything that could grow.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long a lane is ours without word from us (milliseconds). Whoever puts jobs uses the same.
    pub lease: i64,
    /// How often the store is looked at when nobody rings.
    pub poll: Duration,
    /// Jobs in memory.
    pub jobs: usize,
    /// Bytes of bodies in memory.
    pub bytes: usize,
    /// Requests under way.
    pub in_flight: usize,
    /// Requests under way to a single receiver.
    pub per_endpoint: usize,
    /// Lanes claimed by one statement.
    pub claim_lanes: i64,
    /// Lanes recorded in one unit of work. Too few, and busy callers have more sent than is recorded in time.
    pub batch: usize,
    /// How long a unit waits for more lanes to record.
    pub gather: Duration,
    /// When a failing receiver is left alone.
    pub patience: Patience,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            lease: 30_000,
            poll: Duration::from_secs(1),
            jobs: 16_384,
            bytes: 64 << 20,
            in_flight: 2_048,
            per_endpoint: 1_000,
            claim_lanes: 512,
            batch: 512,
            gather: Duration::from_millis(2),
            patience: Patience::default(),
        }
    }
}

/// How busy the engine is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Lanes this node works on.
    pub lanes: usize,
    /// Jobs in memory.
    pub jobs: usize,
    /// Requests under way.
    pub in_flight: usize,
}

/// The running engine. Dropping it without [`Engine::stop`] abandons what is under way; leases then lapse by themselves.
pub struct Engine(Arc<Inner>);

impl Engine {
    /// Starts working for these topics. Must be called within a tokio runtime.
    pub fn start(setup: Setup, couriers: Vec<(i64, Arc<dyn Courier>)>) -> Engine {
        let Setup { store, node, client, clock, jitter, companies, limits } = setup;
        let mut lines = Hashed::default();
        let mut ends = Vec::new();
        for (topic, courier) in couriers {
            let (arrivals, arriving) = mpsc::unbounded_channel();
            let (outcomes, settling) = mpsc::unbounded_channel();
            let depth = courier.depth().max(1);
            let (bell, hungry) = (Bell::default(), AtomicBool::new(false));
            let line = Arc::new(Line { topic, courier, depth, arrivals, outcomes, bell, hungry });
            ends.push((line.clone(), arriving, settling));
            lines.insert(topic, line);
        }
        let board = Mutex::new(Board::new(limits.clone()));
        let phase = watch::Sender::new(Phase::Running);
        let (held, tasks, quiet) = Default::default();
        let inner = Arc::new(Inner {
            store,
            node,
            client,
            clock,
            jitter,
            companies,
            limits,
            lines,
            board,
            held,
            phase,
            tasks,
            quiet,
        });
        for (line, arriving, settling) in ends {
            inner.tasks.spawn(prepare::run(inner.clone(), line.clone(), arriving));
            inner.tasks.spawn(record::run(inner.clone(), line.clone(), settling));
            inner.tasks.spawn(claim::run(inner.clone(), line));
        }
        inner.tasks.spawn(keep(inner.clone()));
        Engine(inner)
    }

    /// Hands over a fresh head, which the store has leased to this node in the unit that put it. To be called after that
    /// unit's commit, from any thread; it waits for nothing. With what it sends, if that is known, the courier is not
    /// asked.
    pub fn offer(&self, job: Job, prepared: Option<Prepared>) {
        let inner = &self.0;
        let Some(line) = inner.lines.get(&job.lane.topic) else {
            tracing::error!(topic = job.lane.topic, "nobody carries jobs of this topic");
            return;
        };
        let now = inner.now();
        let run = run_of(job);
        let Some((run, lease)) = inner.held().take_fresh(run, now) else { return };
        if inner.is_stopping() || inner.room() == 0 {
            inner.board().enter(run.jobs.len());
            inner.settled(Settled::put_back(run, now));
            return;
        }
        inner.arrive(line, run, lease, prepared.map(|prepared| vec![prepared]));
    }

    /// Hands over a job that was put at a place behind others of its lane, with what it sends. If the job before it is the
    /// last that is in memory, it goes out behind that; otherwise the store will hand it out. To be called after the
    /// unit's commit, from any thread; it waits for nothing.
    pub fn follow(&self, job: Job, place: Place, prepared: Prepared) {
        let inner = &self.0;
        let Some(line) = inner.lines.get(&job.lane.topic).filter(|line| line.depth > 1) else { return };
        if inner.is_stopping() || inner.room() == 0 {
            return;
        }
        // Before it can be over.
        inner.board().enter(1);
        let followed = inner.held().follow((job, prepared), place);
        match followed {
            Followed::Behind => {}
            Followed::Refused => inner.board().leave(1),
            Followed::Rides((job, prepared), lease) => {
                line.arrives(run_of(job), lease, Some(vec![prepared]));
            }
        }
    }

    /// Says that something of a company may be due: a replay, another node's word.
    pub fn ring(&self, company: i64, topic: i64) {
        if let Some(line) = self.0.lines.get(&topic) {
            line.bell.ring([company]);
        }
    }

    /// Looks for whatever is due, in all companies: the clock was moved.
    pub fn ring_all(&self) {
        let companies = (self.0.companies)();
        self.0.lines.values().for_each(|line| line.bell.ring(companies.iter().copied()));
    }

    /// How a receiver is doing on this node. `None` if it was not called lately.
    pub fn endpoint(&self, company: i64, topic: i64, subscriber: i64) -> Option<EndpointState> {
        self.0.board().state((company, topic, subscriber))
    }

    /// Forgets that a receiver was failing, because somebody says it is repaired.
    pub fn close_circuit(&self, company: i64, topic: i64, subscriber: i64) {
        self.0.board().close_circuit((company, topic, subscriber));
        self.ring(company, topic);
    }

    /// How busy it is.
    pub fn load(&self) -> Load {
        let lanes = self.0.held().len();
        let board = self.0.board();
        Load { lanes, jobs: board.jobs(), in_flight: board.in_flight() }
    }

    /// Stops: nothing new is begun, requests under way get this long to end, what remains is given back to the store.
    pub async fn stop(&self, bound: Duration) {
        let inner = &self.0;
        inner.phase.send_replace(Phase::Stopping);
        let waiting = inner.board().drain();
        let now = inner.now();
        waiting.into_iter().for_each(|ride| inner.settled(ride.put_back(now)));
        let quiet = async {
            while inner.held().len() > 0 {
                inner.quiet.notified().await;
            }
        };
        let _ = tokio::time::timeout(bound, quiet).await;
        inner.tasks.abort();
        let left = inner.held().drain();
        if !left.is_empty() {
            tracing::warn!(lanes = left.len(), "deliveries were cut off by the stop and will be repeated");
            inner.extend(left, 0).await;
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.0.phase.send_replace(Phase::Stopping);
        self.0.tasks.abort();
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    Stopping,
}

/// One topic.
struct Line {
    topic: i64,
    courier: Arc<dyn Courier>,
    depth: i64,
    arrivals: mpsc::UnboundedSender<Arrival>,
    outcomes: mpsc::UnboundedSender<Settled>,
    bell: Bell,
    /// Claiming stopped because memory was full.
    hungry: AtomicBool,
}

impl Line {
    fn arrives(&self, run: Run, lease: Arc<Lease>, prepared: Option<Vec<Prepared>>) {
        // The receiving end lives as long as the engine.
        let _ = self.arrivals.send(Arrival { run, lease, prepared });
    }

    /// Claiming stops for want of room; these companies have more.
    fn hungry(&self, companies: impl IntoIterator<Item = i64>) {
        self.bell.keep(companies);
        self.hungry.store(true, Ordering::SeqCst);
    }
}

/// What the tasks share.
struct Inner {
    store: Store,
    node: i64,
    client: Arc<Client>,
    clock: Arc<dyn Fn() -> i64 + Send + Sync>,
    jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
    companies: Arc<dyn Fn() -> Vec<i64> + Send + Sync>,
    limits: Limits,
    lines: Hashed<i64, Arc<Line>>,
    board: Mutex<Board>,
    held: Mutex<Held>,
    phase: watch::Sender<Phase>,
    tasks: Tasks,
    /// Rung when the last held lane was let go.
    quiet: Notify,
}

impl Inner {
    fn now(&self) -> i64 {
        (self.clock)()
    }

    fn jitter(&self) -> f64 {
        (self.jitter)()
    }

    fn is_stopping(&self) -> bool {
        *self.phase.borrow() == Phase::Stopping
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn courier(&self, topic: i64) -> &dyn Courier {
        // Rides come out of a line, so their line exists.
        &*self.lines[&topic].courier
    }

    fn room(&self) -> usize {
        self.board().room()
    }

    fn gate(&self, key: EndpointKey, now: i64) -> Gate {
        self.board().gate(key, now, || self.jitter())
    }

    fn report(&self, key: EndpointKey, health: Health, now: i64) {
        self.board().report(key, health, now, || self.jitter());
    }

    fn free_slot(&self, key: EndpointKey, weight: (usize, usize)) -> Vec<(EndpointKey, Ride)> {
        let now = self.now();
        self.board().next(key, weight, now)
    }

    /// A run was found in the store. One of a lane that is held is dropped: the run in memory goes on, and its end tells
    /// what is left.
    fn claimed(&self, line: &Line, run: Run) {
        let lease = self.held().take((run.company, run.lane), self.now());
        if let Some(lease) = lease {
            self.arrive(line, run, lease, None);
        }
    }

    fn arrive(&self, line: &Line, run: Run, lease: Arc<Lease>, prepared: Option<Vec<Prepared>>) {
        self.board().enter(run.jobs.len());
        line.arrives(run, lease, prepared);
    }

    /// A ride ended before its time.
    fn settled(&self, settled: Settled) {
        let mut held = self.held();
        let left = held.break_off(settled.key());
        self.pass_on(&mut held, settled);
        drop(held);
        if left > 0 {
            self.recorded(left);
        }
    }

    /// A ride has sent all that it had. It goes on with what follows it in memory; without that it is over.
    fn end_ride(&self, settled: Settled) -> Option<(Settled, Follower)> {
        let mut held = self.held();
        match held.next(settled.key()) {
            Some(follower) => Some((settled, follower)),
            None => {
                self.pass_on(&mut held, settled);
                None
            }
        }
    }

    /// Under the lock of what is held, as what came of a lane's rides is recorded in their order.
    fn pass_on(&self, held: &mut Held, settled: Settled) {
        held.comes(settled.key());
        self.send(settled);
    }

    fn send(&self, settled: Settled) {
        if let Some(line) = self.lines.get(&settled.outcome.lane.topic) {
            let _ = line.outcomes.send(settled);
        }
    }

    /// What came of a lane is recorded, and more of it is in memory.
    fn stay(&self, key: Key) {
        let mut held = self.held();
        let late = held.recorded(key);
        self.note_quiet(&held);
        drop(held);
        if let Some(late) = late {
            self.send(late);
        }
    }

    /// A ride of the lane panicked, and what came of it is unknown.
    fn ride_lost(&self, key: Key) {
        let mut held = self.held();
        let left = held.break_off(key);
        held.abandon(key);
        self.note_quiet(&held);
        drop(held);
        self.recorded(left);
    }

    /// What came of a lane cannot be recorded.
    fn unrecorded(&self, key: Key) {
        let left = self.held().abandon(key);
        self.recorded(left);
        self.stay(key);
    }

    fn note_quiet(&self, held: &Held) {
        if held.len() == 0 {
            self.quiet.notify_one();
        }
    }

    /// The store has handed out a held lane's next run.
    fn go_on(&self, line: &Line, run: Run) {
        let now = self.now();
        let lease = self.held().go_on((run.company, run.lane), now);
        let Some(lease) = lease else { return };
        if self.is_stopping() {
            self.board().enter(run.jobs.len());
            self.settled(Settled::put_back(run, now));
            return;
        }
        self.arrive(line, run, lease, None);
    }

    fn let_go(&self, key: Key, reached_end: bool, last: Option<i64>) {
        let mut held = self.held();
        let early = held.let_go(key, reached_end, last);
        let early = early.and_then(|run| held.take_fresh(run, self.now()));
        self.note_quiet(&held);
        drop(held);
        if let Some((run, lease)) = early
            && let Some(line) = self.lines.get(&run.lane.topic)
        {
            self.arrive(line, run, lease, None);
        }
    }

    /// Jobs have left memory; whoever stopped claiming for want of room may go on.
    fn recorded(&self, jobs: usize) {
        let mut board = self.board();
        board.leave(jobs);
        let roomy = board.room() >= self.limits.jobs / 2;
        drop(board);
        if roomy {
            self.lines
                .values()
                .filter(|line| line.hungry.swap(false, Ordering::SeqCst))
                .for_each(|line| line.bell.ring([]));
        }
    }

    /// Extends the lease of lanes until `lease` from now.
    async fn extend(&self, lanes: Vec<Key>, lease: i64) {
        let mut companies: BTreeMap<i64, Vec<Lane>> = BTreeMap::new();
        lanes.into_iter().for_each(|(company, lane)| companies.entry(company).or_default().push(lane));
        let (node, now) = (self.node, self.now());
        for (company, lanes) in companies {
            let asked = lanes.clone();
            let unit = move |conn: &mut db::Conn| outbox::renew(conn, company, node, now, lease, &asked);
            match self.store.write_latest(unit).await {
                Ok(renewed) => {
                    let mut held = self.held();
                    let keys = lanes.into_iter().map(|lane| (company, lane));
                    keys.filter(|key| !renewed.contains(key)).for_each(|key| held.lost(key));
                }
                Err(error) => tracing::warn!(%error, company, "leases of deliveries cannot be extended"),
            }
        }
    }
}

/// A fresh job as a run of its own.
fn run_of(job: Job) -> Run {
    Run { company: job.company, lane: job.lane, tries: job.tries, jobs: vec![job] }
}

/// Extends leases and lets go of what is no longer used.
async fn keep(inner: Arc<Inner>) {
    let lease = Duration::from_millis(inner.limits.lease.unsigned_abs());
    let mut tick = tokio::time::interval((lease / 8).clamp(Duration::from_millis(10), Duration::from_secs(1)));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let now = inner.now();
        let lanes = inner.held().extend(now, inner.limits.lease);
        inner.extend(lanes, inner.limits.lease).await;
        inner.client.sweep();
        inner.board().forget_unused(now);
    }
}

//! Between memory and the queues: asking the courier, in batches, what the jobs of new runs send.

use super::board::{Admitted, EndpointKey};
use super::carry::{Ride, Settled, carry};
use super::courier::Prepared;
use super::held::Lease;
use super::{Inner, Line};
use db::outbox::Run;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

/// Runs prepared in one go.
const BATCH: usize = 256;
/// Batches prepared at the same time.
const ABREAST: usize = 4;
/// After an error of the courier the runs come back after this (milliseconds).
const LATER: i64 = 5_000;

/// A run that has come into memory.
pub struct Arrival {
    pub run: Run,
    pub lease: Arc<Lease>,
    /// What its jobs send, if nobody needs to be asked.
    pub prepared: Option<Vec<Prepared>>,
}

/// Prepares what arrives, for as long as the line exists.
pub async fn run(inner: Arc<Inner>, line: Arc<Line>, mut arrivals: UnboundedReceiver<Arrival>) {
    let abreast = Arc::new(Semaphore::new(ABREAST));
    let mut batch = Vec::new();
    while arrivals.recv_many(&mut batch, BATCH).await > 0 {
        let (mut runs, mut leases) = (Vec::new(), Vec::new());
        for Arrival { run, lease, prepared } in batch.drain(..) {
            match prepared {
                Some(prepared) => admit(&inner, Ride::new(run, lease, prepared)),
                None => {
                    runs.push(run);
                    leases.push(lease);
                }
            }
        }
        if inner.is_stopping() {
            put_back(&inner, runs, 0);
            continue;
        }
        if runs.is_empty() {
            continue;
        }
        let Ok(permit) = abreast.clone().acquire_owned().await else { return };
        let (inner, line) = (inner.clone(), line.clone());
        inner.clone().tasks.spawn(async move {
            prepare(&inner, &line, runs, leases).await;
            drop(permit);
        });
    }
}

async fn prepare(inner: &Arc<Inner>, line: &Line, runs: Vec<Run>, leases: Vec<Arc<Lease>>) {
    let runs = Arc::new(runs);
    // On a task of its own, so that a courier that panics costs a delay and no lane.
    let mut asking = JoinSet::new();
    let (courier, asked) = (line.courier.clone(), runs.clone());
    asking.spawn(async move { courier.prepare(&asked).await });
    let answer = asking.join_next().await;
    let runs = Arc::unwrap_or_clone(runs);
    let prepared = match answer {
        Some(Ok(Ok(prepared))) => prepared,
        Some(Ok(Err(error))) => {
            tracing::warn!(%error, topic = line.topic, "deliveries cannot be prepared");
            return put_back(inner, runs, LATER);
        }
        failed => {
            let error = failed.and_then(Result::err).map(|e| e.to_string());
            tracing::error!(error, topic = line.topic, "preparing deliveries panicked");
            return put_back(inner, runs, LATER);
        }
    };
    let prepared = prepared.into_iter().chain(std::iter::repeat_with(Vec::new));
    for ((run, lease), prepared) in runs.into_iter().zip(leases).zip(prepared) {
        admit(inner, Ride::new(run, lease, prepared));
    }
}

fn put_back(inner: &Inner, runs: Vec<Run>, later: i64) {
    let at = inner.now() + later;
    runs.into_iter().for_each(|run| inner.settled(Settled::put_back(run, at)));
}

fn admit(inner: &Arc<Inner>, ride: Ride) {
    let now = inner.now();
    if inner.is_stopping() {
        return inner.settled(ride.put_back(now));
    }
    let admitted = inner.board().admit(ride.endpoint(), ride, now);
    match admitted {
        Admitted::Start(rides) => rides.into_iter().for_each(|(key, ride)| start(inner, key, ride)),
        Admitted::Spill(ride, at) => inner.settled(ride.put_back(at)),
    }
}

fn start(inner: &Arc<Inner>, key: EndpointKey, ride: Ride) {
    inner.tasks.spawn(work(inner.clone(), key, ride));
}

/// Carries one ride after another, as long as there is one for this slot.
async fn work(inner: Arc<Inner>, key: EndpointKey, ride: Ride) {
    let mut turn = Some((key, ride));
    while let Some((key, ride)) = turn {
        let (weight, lane) = ((ride.jobs(), ride.bytes()), ride.key());
        let mut seat = Seat { inner: &inner, key, weight, followed: 0, lane, taken: true };
        Box::pin(carry(&inner, ride, &mut seat.followed)).await;
        turn = seat.leave();
    }
}

/// A slot of a receiver, given back even when carrying panics.
struct Seat<'a> {
    inner: &'a Arc<Inner>,
    key: EndpointKey,
    weight: (usize, usize),
    /// Jobs that came into memory behind those of the ride, and went out with it.
    followed: usize,
    lane: super::held::Key,
    taken: bool,
}

impl Seat<'_> {
    fn leave(mut self) -> Option<(EndpointKey, Ride)> {
        self.taken = false;
        let mut rides = self.inner.free_slot(self.key, self.weight).into_iter();
        let own = rides.next();
        rides.for_each(|(key, ride)| start(self.inner, key, ride));
        own
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        if self.taken && std::thread::panicking() {
            // The lane stays leased until its lease lapses, which keeps whatever panicked from spinning.
            self.inner.ride_lost(self.lane);
            self.inner.recorded(self.weight.0 + self.followed);
            let rides = self.inner.free_slot(self.key, self.weight);
            rides.into_iter().for_each(|(key, ride)| start(self.inner, key, ride));
        }
    }
}

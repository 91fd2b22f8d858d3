//! Writing down what became of runs: many lanes in one unit of work, which also hands out their next runs.

use super::carry::Settled;
use super::courier::After;
use super::held::Key;
use super::{Hashed, Inner, Line};
use db::outbox::{self, Kept, Outcome, Run};
use db::{Conn, Error};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedReceiver;

/// Batches written at the same time: while some wait for their commit, the next are gathered and queued. With two of them
/// ten busy receivers were sent more than was recorded, until memory was full.
const ABREAST: usize = 4;
/// The pause after a failed write, doubled up to the longest.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Gathers what is settled and records it, for as long as the line exists.
pub async fn run(inner: Arc<Inner>, line: Arc<Line>, mut settled: UnboundedReceiver<Settled>) {
    let abreast = Arc::new(Semaphore::new(ABREAST));
    let most = inner.limits.batch;
    let mut batch = Vec::new();
    while settled.recv_many(&mut batch, most).await > 0 {
        if batch.len() < most && !inner.is_stopping() {
            tokio::time::sleep(inner.limits.gather).await;
            while batch.len() < most
                && let Ok(one) = settled.try_recv()
            {
                batch.push(one);
            }
        }
        let Ok(permit) = abreast.clone().acquire_owned().await else { return };
        let (owner, line) = (inner.clone(), line.clone());
        let batch: Vec<Settled> = {
            let mut held = inner.held();
            batch.drain(..).filter_map(|settled| held.record(settled)).collect()
        };
        if batch.is_empty() {
            continue;
        }
        inner.tasks.spawn(async move {
            record(&owner, &line, batch).await;
            drop(permit);
        });
    }
}

/// What was settled, apart: the outcomes side by side, and what else is to be done for each.
struct Batch {
    outcomes: Vec<Outcome>,
    afters: Vec<Vec<After>>,
}

/// What the store made of outcomes.
struct Written {
    next: Vec<Run>,
    kept: Kept,
}

async fn record(inner: &Arc<Inner>, line: &Line, settled: Vec<Settled>) {
    let weight = settled.iter().map(|one| one.weight).sum();
    let (outcomes, afters) = settled.into_iter().map(|one| (one.outcome, one.afters)).unzip();
    let batch = Arc::new(Batch { outcomes, afters });
    let all = 0..batch.outcomes.len();
    match write(inner, line, &batch, all.clone(), true).await {
        Ok(written) => settle(inner, line, &batch.outcomes, written),
        // One lane's trouble must not keep the others from being recorded.
        Err(error) => {
            tracing::error!(%error, lanes = all.len(), "outcomes of deliveries cannot be recorded together");
            for at in all {
                alone(inner, line, &batch, at).await;
            }
        }
    }
    inner.recorded(weight);
}

/// Records one lane; if need be, without what else was to be done.
async fn alone(inner: &Arc<Inner>, line: &Line, batch: &Arc<Batch>, at: usize) {
    let outcome = &batch.outcomes[at];
    let mut result = write(inner, line, batch, at..at + 1, true).await;
    if let Err(error) = &result {
        tracing::error!(%error, company = outcome.company, lane = ?outcome.lane, "what follows a delivery cannot be done");
        result = write(inner, line, batch, at..at + 1, false).await;
    }
    match result {
        Ok(written) => settle(inner, line, std::slice::from_ref(outcome), written),
        Err(error) => {
            let (company, lane) = (outcome.company, outcome.lane);
            tracing::error!(%error, company, ?lane, "a delivery cannot be recorded and will be repeated");
            inner.unrecorded((company, lane));
        }
    }
}

/// Runs the unit until the store takes it. Only an error that would come again comes out.
async fn write(
    inner: &Arc<Inner>,
    line: &Line,
    batch: &Arc<Batch>,
    range: Range<usize>,
    with_afters: bool,
) -> Result<Written, Error> {
    let mut pause = PAUSE;
    let snapshot = with_afters && batch.afters[range.clone()].iter().any(|afters| !afters.is_empty());
    loop {
        let (node, now, lease) = (inner.node, inner.now(), inner.limits.lease);
        // What is handed out while stopping only has to be put back again.
        let depth = if inner.is_stopping() { 1 } else { line.depth };
        let (owner, batch, range) = (inner.clone(), batch.clone(), range.clone());
        let unit = move |conn: &mut Conn| {
            if with_afters {
                for after in batch.afters[range.clone()].iter().flatten() {
                    follow_up(conn, after)?;
                }
            }
            let outcomes = &batch.outcomes[range.clone()];
            // As late as possible: what follows until here need not be asked of the store.
            let kept = owner.held().close(outcomes.iter().map(|outcome| (outcome.company, outcome.lane)));
            let next = outbox::finish_keeping(conn, node, now, lease, depth, outcomes, &kept)?;
            Ok::<_, Error>(Written { next, kept })
        };
        // What the domain adds counts on a snapshot; the outbox itself checks each row that it changes.
        let written = match snapshot {
            true => inner.store.write(unit).await,
            false => inner.store.write_latest(unit).await,
        };
        match written {
            Err(error) if error.is_retryable() => {
                tracing::warn!(%error, "outcomes of deliveries wait for the store");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            result => return result,
        }
    }
}

fn follow_up(conn: &mut Conn, after: &After) -> Result<(), Error> {
    match conn.savepoint(|conn| after(conn)) {
        Err(error) if error.is_retryable() => Err(error),
        Err(error) => {
            tracing::error!(%error, "what follows a delivery cannot be done");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Lets go of lanes that are done or sleep, and goes on with the others.
fn settle(inner: &Inner, line: &Line, outcomes: &[Outcome], written: Written) {
    let Written { next, kept } = written;
    let mut next: Hashed<Key, Run> = next.into_iter().map(|run| ((run.company, run.lane), run)).collect();
    for outcome in outcomes {
        let key = (outcome.company, outcome.lane);
        match next.remove(&key) {
            Some(run) => inner.go_on(line, run),
            None if kept.contains(&key) => inner.stay(key),
            None => inner.let_go(key, outcome.retry.is_none(), outcome.finished.last().map(|job| job.id)),
        }
    }
}

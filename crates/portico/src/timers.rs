//! What falls due: claims the lanes of timers, does what each is for, and forgets it, in one unit. A crash in between
//! undoes both.

use std::sync::Arc;
use std::time::Duration;

use db::Json;
use db::outbox::{self, Ending, Finished, Job, Outcome, Whose};
use desk::ids::CompanyId;
use desk::timers::{self, topic};
use desk::{Caller, Desk, Result, Timestamp};

use crate::bell::Doorbell;
use crate::workers::Workers;

/// The longest sleep: another process may set a timer, and somebody may move the clock.
const POLL: Duration = Duration::from_secs(1);
/// Timers of a company taken up at once, so that no company keeps the others waiting.
const BATCH: i64 = 64;
/// How long a timer that was taken up stays ours (milliseconds).
const LEASE: i64 = 30_000;
/// How long a timer whose work failed is left alone (milliseconds), times the number of its failures.
const AGAIN: i64 = 10_000;
/// After that many failures it is given up, and logged.
const MOST_TRIES: i64 = 10;

/// Fires timers until the server stops.
pub fn start(workers: &Workers, desk: Desk, bell: Arc<Doorbell>) {
    let stopping = workers.stopping();
    workers.spawn("timers", async move {
        let mut stopping = std::pin::pin!(stopping);
        let mut looked_at = Timestamp(i64::MIN);
        loop {
            let now = desk.clock().now();
            if now.0.saturating_sub(looked_at.0) >= LEASE / 4 {
                looked_at = now;
                fire_lapsed(&desk, &bell).await;
            }
            let pause = fire_all(&desk, &bell).await;
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = bell.timer_set() => {}
                () = &mut stopping => return,
            }
        }
    });
}

/// Fires what a process that has died was about to.
async fn fire_lapsed(desk: &Desk, bell: &Doorbell) {
    for company in bell.companies.all() {
        let system = Caller::system(company);
        let look =
            |work: &mut desk::Work<'_>| Ok(outbox::has_lapsed(work.conn, work.company.0, topic::TIMER, work.now.0)?);
        let fired = match desk.read(&system, look).await {
            Ok(true) => fire_claimed(desk, &system, Whose::Lapsed).await,
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = fired {
            tracing::error!(%error, %company, "timers of a process that has died cannot be fired");
        }
    }
}

/// Fires what is due in every company; answers how long nothing else will be.
async fn fire_all(desk: &Desk, bell: &Doorbell) -> Duration {
    let mut pause = POLL;
    for company in bell.companies.all() {
        match fire_due(desk, company).await {
            Ok(wait) => pause = pause.min(wait),
            Err(error) => tracing::error!(%error, %company, "timers of a company cannot be fired"),
        }
    }
    pause
}

/// Fires a batch of a company's timers. Answers how long it is until its next one.
async fn fire_due(desk: &Desk, company: CompanyId) -> Result<Duration> {
    let system = Caller::system(company);
    let next = |now: i64, due: Option<i64>| match due {
        Some(at) => Duration::from_millis((at - now).max(0).unsigned_abs()).min(POLL),
        None => POLL,
    };
    let look = |work: &mut desk::Work<'_>| Ok((work.now.0, outbox::next_due(work.conn, work.company.0, topic::TIMER)?));
    let (now, due) = desk.read(&system, look).await?;
    if due.is_none_or(|at| at > now) {
        return Ok(next(now, due));
    }
    fire_claimed(desk, &system, Whose::Nobodys).await?;
    let (now, due) = desk.read(&system, look).await?;
    Ok(next(now, due))
}

async fn fire_claimed(desk: &Desk, system: &Caller, whose: Whose) -> Result<()> {
    let node = desk.settings().node;
    let claimed = desk.write(system, move |work| {
        let (company, now) = (work.company.0, work.now.0);
        Ok(outbox::claim(work.conn, whose, company, topic::TIMER, node, now, LEASE, BATCH, 1)?)
    });
    for run in claimed.await? {
        for job in run.jobs {
            fire(desk, system, job).await?;
        }
    }
    Ok(())
}

async fn fire(desk: &Desk, system: &Caller, job: Job) -> Result<()> {
    let node = desk.settings().node;
    let own = job.clone();
    let done = desk.write(system, move |work| {
        timers::fire(work, &own)?;
        let outcome = ended(&own, Ending::Drop, Json::of(&own.log));
        outbox::finish(work.conn, node, work.now.0, LEASE, 1, &[outcome])?;
        Ok(())
    });
    let Err(error) = done.await else { return Ok(()) };
    tracing::error!(%error, company = %system.company, timer = job.id, tries = job.tries + 1, "a timer failed");
    let put_back = move |work: &mut desk::Work<'_>| {
        let why = Json::of(&[error.to_string()]);
        let outcome = match job.tries + 1 < MOST_TRIES {
            true => Outcome {
                company: job.company,
                lane: job.lane,
                finished: Vec::new(),
                retry: Some(outbox::Retry {
                    id: job.id,
                    at: work.now.0 + AGAIN * (job.tries + 1),
                    tries: job.tries + 1,
                    log: why,
                }),
            },
            false => {
                timers::give_up(work, &job)?;
                ended(&job, Ending::Dead, why)
            }
        };
        outbox::finish(work.conn, node, work.now.0, LEASE, 1, &[outcome])?;
        Ok(())
    };
    desk.write(system, put_back).await
}

fn ended(job: &Job, ending: Ending, log: Json) -> Outcome {
    let finished = Finished { id: job.id, ending, tries: job.tries, log };
    Outcome { company: job.company, lane: job.lane, finished: vec![finished], retry: None }
}

//! Finding work in the store: what a crash left, what waited for its retry, what found no room in memory.

use super::{Inner, Line};
use db::outbox::{self, Whose};
use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;
use tokio::time::MissedTickBehavior;

/// The doorbell of one topic.
#[derive(Default)]
pub struct Bell {
    rung: Mutex<BTreeSet<i64>>,
    notify: Notify,
}

impl Bell {
    pub fn ring(&self, companies: impl IntoIterator<Item = i64>) {
        self.keep(companies);
        self.notify.notify_one();
    }

    /// Remembers companies for the next ring.
    pub fn keep(&self, companies: impl IntoIterator<Item = i64>) {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner).extend(companies);
    }

    fn answer(&self) -> Vec<i64> {
        std::mem::take(&mut *self.rung.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }
}

/// How often in the time of a lease it is asked whose leases have lapsed.
const LOOKS: i64 = 4;

/// Looks for due lanes at the start, for what an earlier process left, then at every ring and at every poll.
pub async fn run(inner: Arc<Inner>, line: Arc<Line>) {
    let mut stop = inner.phase.subscribe();
    let mut poll = tokio::time::interval(inner.limits.poll);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut depth_seen = 1.0;
    let mut looked_at = i64::MIN;
    loop {
        let companies = tokio::select! {
            () = line.bell.notify.notified() => line.bell.answer(),
            _ = poll.tick() => (inner.companies)(),
            _ = stop.changed() => return,
        };
        let now = inner.now();
        if now.saturating_sub(looked_at) >= inner.limits.lease / LOOKS {
            looked_at = now;
            // What finds no room is taken at the next look.
            for company in lapsed(&inner, &line).await {
                while inner.room() >= inner.limits.jobs / 4
                    && !inner.is_stopping()
                    && claim(&inner, &line, company, Whose::Lapsed, &mut depth_seen).await
                {}
            }
        }
        let mut companies = due(&inner, &line, companies).await;
        // One claim per company and round: a backlog of one does not keep the others waiting.
        while !companies.is_empty() {
            let mut unfinished = Vec::new();
            for &company in &companies {
                if inner.is_stopping() {
                    return;
                }
                if inner.room() < inner.limits.jobs / 4 {
                    line.hungry(companies.iter().copied());
                    unfinished.clear();
                    break;
                }
                if claim(&inner, &line, company, Whose::Nobodys, &mut depth_seen).await {
                    unfinished.push(company);
                }
            }
            companies = unfinished;
        }
    }
}

/// The companies among these that have something due. A poll that finds nothing costs one read and no write.
async fn due(inner: &Inner, line: &Line, companies: Vec<i64>) -> Vec<i64> {
    let (topic, now) = (line.topic, inner.now());
    let unit = move |conn: &mut db::Conn| {
        let mut due = Vec::new();
        for &company in &companies {
            if outbox::next_due(conn, company, topic)?.is_some_and(|at| at <= now) {
                due.push(company);
            }
        }
        Ok::<_, db::Error>(due)
    };
    inner.store.read(unit).await.unwrap_or_else(|error| {
        tracing::warn!(%error, topic, "due deliveries cannot be looked for");
        Vec::new()
    })
}

/// The companies in which somebody's lease has lapsed.
async fn lapsed(inner: &Inner, line: &Line) -> Vec<i64> {
    let (topic, now, companies) = (line.topic, inner.now(), (inner.companies)());
    let unit = move |conn: &mut db::Conn| {
        let mut lapsed = Vec::new();
        for &company in &companies {
            if outbox::has_lapsed(conn, company, topic, now)? {
                lapsed.push(company);
            }
        }
        Ok::<_, db::Error>(lapsed)
    };
    inner.store.read(unit).await.unwrap_or_else(|error| {
        tracing::warn!(%error, topic, "lapsed leases cannot be looked for");
        Vec::new()
    })
}

/// Claims once; true if there is probably more.
async fn claim(inner: &Inner, line: &Line, company: i64, whose: Whose, depth_seen: &mut f64) -> bool {
    let (topic, node, lease, depth) = (line.topic, inner.node, inner.limits.lease, line.depth);
    let now = inner.now();
    let room = inner.room() as f64 / *depth_seen;
    let lanes = (room as i64).clamp(1, inner.limits.claim_lanes);
    // Our own leases lapse too when we are slow. What is in memory now goes on there, even if it ends before the answer.
    let ours = match whose {
        Whose::Nobodys => HashSet::new(),
        Whose::Lapsed => inner.held().keys(),
    };
    let unit = move |conn: &mut db::Conn| outbox::claim(conn, whose, company, topic, node, now, lease, lanes, depth);
    match inner.store.write_latest(unit).await {
        Ok(runs) => {
            let more = runs.len() as i64 == lanes;
            if !runs.is_empty() {
                let jobs: usize = runs.iter().map(|run| run.jobs.len()).sum();
                *depth_seen = (*depth_seen + jobs as f64 / runs.len() as f64) / 2.0;
            }
            let others = runs.into_iter().filter(|run| !ours.contains(&(run.company, run.lane)));
            others.for_each(|run| inner.claimed(line, run));
            more
        }
        Err(error) => {
            tracing::warn!(%error, company, topic, "due deliveries cannot be claimed");
            false
        }
    }
}

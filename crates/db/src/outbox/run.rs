//! Runs of a lane: claimed, worked on elsewhere, finished.

use std::collections::HashSet;

use super::store::{self, JobChange, LaneChange, LaneEnd};
use super::{Job, Lane, Run};
use crate::conn::Conn;
use crate::error::Result;
use crate::json::Json;

/// What became of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It succeeded, and stays as its own log.
    Done,
    /// It was given up, and stays as its own log.
    Dead,
    /// It leaves no trace: timers.
    Drop,
}

/// A job of a run that is over.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Which one.
    pub id: i64,
    /// What became of it.
    pub ending: Ending,
    /// How often it was tried in all.
    pub tries: i64,
    /// What its sender noted.
    pub log: Json,
}

/// The first job of a run that is not over: it failed and is to be tried again.
#[derive(Clone, Debug)]
pub struct Retry {
    /// Which one.
    pub id: i64,
    /// Until when its lane sleeps.
    pub at: i64,
    /// How often it was tried so far.
    pub tries: i64,
    /// What its sender noted.
    pub log: Json,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Whose run it was.
    pub company: i64,
    /// Its lane.
    pub lane: Lane,
    /// The jobs that are over: the run's first ones, in order.
    pub finished: Vec<Finished>,
    /// The job after them, if it has to be tried again.
    pub retry: Option<Retry>,
}

/// Lanes of which a node has more in memory, by whose they are.
pub type Kept = HashSet<(i64, Lane)>;

/// Which lanes are claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those that nobody holds.
    Nobodys,
    /// Those whose holder has let its lease lapse: it has died, or was too busy to renew it. Every lane of the topic is
    /// looked at for them, so they are for now and then. The lease goes over in one step: a holder that ends its run at
    /// the same moment collides with it, or comes too late.
    Lapsed,
}

/// Leases up to `lanes` due lanes of a topic to a node, and reads up to `depth` pending jobs of each.
#[expect(clippy::too_many_arguments, reason = "the promised signature; each is a plain number with its own meaning")]
pub fn claim(
    conn: &mut Conn,
    whose: Whose,
    company: i64,
    topic: i64,
    node: i64,
    now: i64,
    lease: i64,
    lanes: i64,
    depth: i64,
) -> Result<Vec<Run>> {
    let claimed = store::lease_due(conn, whose, company, topic, node, now, now + lease, lanes)?;
    next_runs(conn, &claimed, depth)
}

/// Records the outcomes of runs, and returns the next run, of up to `depth` jobs, of each lane that has more to do and
/// need not wait; it stays leased to `node`. A lane the node has lost meanwhile gives no run, though its finished jobs
/// are recorded: they did happen.
pub fn finish(conn: &mut Conn, node: i64, now: i64, lease: i64, depth: i64, outcomes: &[Outcome]) -> Result<Vec<Run>> {
    finish_keeping(conn, node, now, lease, depth, outcomes, &Kept::new())
}

/// The same, but lanes that are `kept` do not end and give no run: the node has their next jobs in memory, and a later
/// outcome ends them. A retry lets its lane sleep all the same.
pub fn finish_keeping(
    conn: &mut Conn,
    node: i64,
    now: i64,
    lease: i64,
    depth: i64,
    outcomes: &[Outcome],
    kept: &Kept,
) -> Result<Vec<Run>> {
    // In the order of the key, so that two nodes lock rows in the same order.
    let mut outcomes: Vec<&Outcome> = outcomes.iter().collect();
    outcomes.sort_by_key(|outcome| (outcome.company, outcome.lane));
    let sleeping = outcomes.iter().filter_map(|outcome| {
        let retry = outcome.retry.as_ref()?;
        Some(LaneChange::sleep(outcome.company, outcome.lane, retry.at, retry.tries))
    });
    let asleep: HashSet<(i64, Lane)> = store::change_lanes(conn, node, sleeping)?.into_iter().collect();

    let (mut changed, mut dropped) = (Vec::new(), Vec::new());
    for outcome in &outcomes {
        for job in &outcome.finished {
            let state = match job.ending {
                Ending::Done => store::DONE,
                Ending::Dead => store::DEAD,
                Ending::Drop => {
                    dropped.push((outcome.company, job.id));
                    continue;
                }
            };
            let ended = Some(state);
            changed.push(JobChange { company: outcome.company, id: job.id, ended, tries: job.tries, log: &job.log });
        }
        if let Some(retry) = outcome.retry.as_ref().filter(|_| asleep.contains(&(outcome.company, outcome.lane))) {
            let company = outcome.company;
            changed.push(JobChange { company, id: retry.id, ended: None, tries: retry.tries, log: &retry.log });
        }
    }
    store::change_jobs(conn, now, &changed)?;
    store::remove_jobs(conn, &dropped)?;

    let mut ended: Vec<LaneEnd> = Vec::new();
    for Outcome { company, lane, finished, retry } in outcomes {
        if kept.contains(&(*company, *lane)) {
            continue;
        }
        let through = finished.last().map_or(0, |job| job.id);
        match ended.last_mut().filter(|end| (end.company, end.lane) == (*company, *lane)) {
            Some(end) => end.through = end.through.max(through),
            None if retry.is_none() => ended.push(LaneEnd { company: *company, lane: *lane, through }),
            None => {}
        }
    }
    let busy = store::end_lanes(conn, node, &ended)?;
    let leases = busy.iter().map(|(company, lane)| LaneChange::lease(*company, *lane, now + lease, node));
    let mut going = store::change_lanes(conn, node, leases)?;
    going.sort_unstable();
    next_runs(conn, &going, depth)
}

/// Reads the pending jobs of leased lanes, and lets go of the lanes that have none.
fn next_runs(conn: &mut Conn, lanes: &[(i64, Lane)], depth: i64) -> Result<Vec<Run>> {
    if lanes.is_empty() {
        return Ok(Vec::new());
    }
    let mut runs: Vec<Run> = Vec::with_capacity(lanes.len());
    store::each_pending(conn, lanes, depth, |job: Job| {
        match runs.last_mut().filter(|run| (run.company, run.lane) == (job.company, job.lane)) {
            Some(run) => run.jobs.push(job),
            None => runs.push(Run { company: job.company, lane: job.lane, tries: job.tries, jobs: vec![job] }),
        }
        Ok(())
    })?;
    if runs.len() < lanes.len() {
        let busy: HashSet<(i64, Lane)> = runs.iter().map(|run| (run.company, run.lane)).collect();
        let idle: Vec<(i64, Lane)> = lanes.iter().filter(|lane| !busy.contains(lane)).copied().collect();
        store::remove_lanes(conn, &idle)?;
    }
    Ok(runs)
}

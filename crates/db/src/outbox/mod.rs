//! The outbox: jobs that a unit of work leaves behind, done after its commit, at least once and in order per lane.
//!
//! A lane is a (topic, subscriber, subject); its first pending job, the head, blocks only its lane. A node works on a
//! lane under a lease. [`put`] leases an idle lane to the node that fills it, so that a fresh job goes to that node's
//! sender in memory; [`claim`] finds what a retry or a timer left for anybody, and now and then what the dead have
//! left; [`finish`] records what became of a run and hands out the next one. A node that has a lane's next job in memory,
//! as [`put`] told it where that job stands, goes on with it and keeps the lane ([`finish_keeping`]).
//!
//! Most jobs are alone in their lane and soon over. Such a job is named by the lane's row and costs two rows and two
//! entries of the log's indexes; only jobs behind others stand in an index of what is pending.
//!
//! This module sends nothing, sleeps for nothing and reads no clock. Its tables are in `migrations/0001_outbox.sql`,
//! `migrations/0027_lanes_with_heads.sql` and `migrations/0030_lanes_with_ends.sql`.

pub mod nodes;
mod put;
mod run;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_simulation;

use serde_json::Value;

use crate::conn::Conn;
use crate::error::Result;

pub use put::{Next, Placed, cancel, cancel_some, hasten, put, schedule};
pub use run::{Ending, Finished, Kept, Outcome, Retry, Whose, claim, finish, finish_keeping};

/// What keeps jobs in order: work for one subscriber about one subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lane {
    /// The kind of work.
    pub topic: i64,
    /// Who is told: an endpoint, a channel.
    pub subscriber: i64,
    /// What it is about: a conversation.
    pub subject: i64,
}

/// A job to be put into its lane.
#[derive(Clone, Debug)]
pub struct NewJob<'a> {
    /// Its id: later jobs of a lane have larger ones.
    pub id: i64,
    /// Its lane.
    pub lane: Lane,
    /// The event it tells of.
    pub event: i64,
    /// What its sender needs.
    pub payload: &'a Value,
}

/// A job, as its sender sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Whose it is.
    pub company: i64,
    /// Its id, the same on every try.
    pub id: i64,
    /// Its lane.
    pub lane: Lane,
    /// The event it tells of.
    pub event: i64,
    /// When it was put.
    pub created_at: i64,
    /// How often it was tried and failed.
    pub tries: i64,
    /// What its sender needs.
    pub payload: Value,
    /// What its sender noted of earlier tries; an empty array at first.
    pub log: Value,
}

/// Jobs of one lane, leased to a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Whose they are.
    pub company: i64,
    /// Their lane.
    pub lane: Lane,
    /// How often the first of them has failed.
    pub tries: i64,
    /// Pending jobs in the order of their ids, at least one.
    pub jobs: Vec<Job>,
}

/// Lets go of every lane that a node holds, so that they are due now: for the start of a process that is the store's
/// only one, when what it held in memory is gone.
pub fn release_node(conn: &mut Conn, company: i64, node: i64) -> Result<u64> {
    store::release_node(conn, company, node)
}

/// Extends the lease of lanes whose jobs wait long in memory, and answers which these are. Lanes that were lost meanwhile
/// stay lost.
pub fn renew(conn: &mut Conn, company: i64, node: i64, now: i64, lease: i64, lanes: &[Lane]) -> Result<Kept> {
    Ok(store::renew(conn, company, node, now + lease, lanes)?.into_iter().collect())
}

/// Whether a lease of a lane of the topic has lapsed, so that a claim of [`Whose::Lapsed`] would find it.
pub fn has_lapsed(conn: &mut Conn, company: i64, topic: i64, now: i64) -> Result<bool> {
    store::has_lapsed(conn, company, topic, now)
}

/// When the next lane of a topic that nobody holds becomes due.
pub fn next_due(conn: &mut Conn, company: i64, topic: i64) -> Result<Option<i64>> {
    store::next_due(conn, company, topic)
}

/// The payload of the job at the head of a lane.
pub fn head(conn: &mut Conn, company: i64, lane: Lane) -> Result<Option<Value>> {
    store::head(conn, company, lane)
}

/// How many jobs of a topic wait.
pub fn pending(conn: &mut Conn, company: i64, topic: i64) -> Result<i64> {
    store::pending(conn, company, topic)
}

/// Forgets up to `limit` jobs with ids below one that finished before an instant; answers how many. Ids follow time, so
/// that no index by the end of a job is needed, which every job would have to pay for.
pub fn sweep(conn: &mut Conn, company: i64, before: i64, below: i64, limit: i64) -> Result<u64> {
    store::sweep(conn, company, before, below, limit)
}

//! Putting jobs in: now, and at a time.

use super::{Lane, NewJob, store};
use crate::conn::Conn;
use crate::error::Result;

/// Where a job landed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// At the head of an idle lane, which is now leased to the node that put it: hand it to its sender after the commit.
    Head,
    /// Behind others; whoever holds the lane finds it.
    Behind {
        /// Its place among those that were put since the lane was last idle; that of the head is 0. A node that has the
        /// job before it in memory may go on with this one without asking.
        place: i64,
        /// The job that made the lane, by which its places are told from those of another time.
        head: i64,
    },
    /// Nowhere, as the lane's last job has this id, which is not smaller: put it again under a larger one.
    Refused {
        /// The id that it has to exceed.
        last: i64,
    },
}

/// A part of a subscriber's lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    /// The subject behind which it begins.
    pub behind: i64,
    /// How many lanes there are in it at most.
    pub limit: i64,
}

/// Adds a job to its lane. If the lane was idle, it is leased to `node` until `now + lease` and the caller hands the
/// job to its own sender after the commit; nobody has to poll for it. A process without a sender takes no lease (0): the
/// lane is due at once, for whoever claims it.
pub fn put(conn: &mut Conn, company: i64, node: i64, now: i64, lease: i64, job: &NewJob<'_>) -> Result<Placed> {
    let holder = if lease > 0 { node } else { 0 };
    store::insert(conn, company, now, holder, now + lease, job)
}

/// Sets a timer: the lane's only pending job becomes this one, due at `at`. A run of its predecessor that is under way
/// loses the lane, so that its end takes nothing of the new timer with it.
pub fn schedule(conn: &mut Conn, company: i64, at: i64, job: &NewJob<'_>) -> Result<()> {
    store::replace(conn, company, at, job)
}

/// Removes what is pending in a lane: a timer that is no longer wanted. False if there was nothing.
pub fn cancel(conn: &mut Conn, company: i64, lane: Lane) -> Result<bool> {
    let removed = store::remove_pending(conn, company, lane)?;
    store::remove_lane(conn, company, lane)?;
    Ok(removed > 0)
}

/// Makes what waits for its time due at `now`, in the next lanes of a topic and a subscriber behind a subject, in the order
/// of their subjects. Answers these.
pub fn hasten(
    conn: &mut Conn,
    company: i64,
    (topic, subscriber): (i64, i64),
    now: i64,
    next: Next,
) -> Result<Vec<i64>> {
    store::hasten(conn, company, (topic, subscriber), now, next)
}

/// Removes what is pending in up to `limit` lanes of a topic and a subscriber: timers that are no longer wanted.
pub fn cancel_some(conn: &mut Conn, company: i64, (topic, subscriber): (i64, i64), limit: i64) -> Result<()> {
    match store::last_of_first(conn, company, (topic, subscriber), limit)? {
        Some(last) => store::remove_subscriber(conn, company, (topic, subscriber), last),
        None => Ok(()),
    }
}

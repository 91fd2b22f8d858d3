//! Every SQL statement of the outbox. To PostgreSQL a batch travels as one JSON array, so that it costs one round trip and a
//! text does not depend on its length; on SQLite, where a call costs next to nothing, its items are bound one by one.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::{Job, Lane, NewJob, Next, Placed, Whose};
use crate::args;
use crate::conn::{Conn, Engine};
use crate::error::{Error, Result};
use crate::json::Json;

pub(super) const DONE: i64 = 1;
pub(super) const DEAD: i64 = 2;
/// Pending behind others of its lane.
const BEHIND: i64 = 0;
/// Pending as the job that made its lane, which names it.
const HEAD: i64 = 3;

/// The lanes in an array of `[company, topic, subscriber, subject]`, as rows (c, t, r, s).
const LANE_ROWS: &str = "SELECT CAST(value ->> 0 AS BIGINT) AS c, CAST(value ->> 1 AS BIGINT) AS t,
    CAST(value ->> 2 AS BIGINT) AS r, CAST(value ->> 3 AS BIGINT) AS s";

crate::record! {
    struct Stored {
        company: i64, id: i64, topic: i64, subscriber: i64, subject: i64,
        event: i64, created_at: i64, tries: i64, payload: Value, log: Value,
    }
}

const COLUMNS: &str =
    "j.company, j.id, j.topic, j.subscriber, j.subject, j.event, j.created_at, j.tries, j.payload, j.log";

impl From<Stored> for Job {
    fn from(row: Stored) -> Job {
        let lane = Lane { topic: row.topic, subscriber: row.subscriber, subject: row.subject };
        let Stored { company, id, event, created_at, tries, payload, log, .. } = row;
        Job { company, id, lane, event, created_at, tries, payload, log }
    }
}

/// What a finished run does to its lane.
pub(super) struct LaneChange {
    company: i64,
    lane: Lane,
    due_at: i64,
    tries: i64,
    holder: i64,
}

impl LaneChange {
    pub(super) fn sleep(company: i64, lane: Lane, at: i64, tries: i64) -> LaneChange {
        LaneChange { company, lane, due_at: at, tries, holder: 0 }
    }

    pub(super) fn lease(company: i64, lane: Lane, until: i64, node: i64) -> LaneChange {
        LaneChange { company, lane, due_at: until, tries: 0, holder: node }
    }
}

/// What a run does to a job.
pub(super) struct JobChange<'a> {
    pub(super) company: i64,
    pub(super) id: i64,
    /// How it ended; nothing if it stays as pending as it was.
    pub(super) ended: Option<i64>,
    pub(super) tries: i64,
    pub(super) log: &'a Json,
}

/// Puts a job at the head of an idle lane, which is leased, or behind those of a busy one.
pub(super) fn insert(
    conn: &mut Conn,
    company: i64,
    now: i64,
    holder: i64,
    until: i64,
    job: &NewJob<'_>,
) -> Result<Placed> {
    let Lane { topic, subscriber, subject } = job.lane;
    // In a busy lane a real update on purpose: a node that ends its run at the same moment must collide with it.
    let sql =
        "INSERT INTO outbox_lanes (company, topic, subscriber, subject, due_at, tries, holder, behind, head, last)
         VALUES ($1, $2, $3, $4, $5, 0, $6, 0, $7, $7) ON CONFLICT (company, topic, subscriber, subject)
         DO UPDATE SET behind = outbox_lanes.behind + 1, last = excluded.last WHERE outbox_lanes.last < excluded.last
         RETURNING behind, head";
    let behind: Option<(i64, i64)> =
        conn.opt(sql, args![company, topic, subscriber, subject, until, holder, job.id])?;
    let (state, placed) = match behind {
        Some((0, _)) => (HEAD, Placed::Head),
        Some((place, head)) => (BEHIND, Placed::Behind { place, head }),
        None => return Ok(Placed::Refused { last: last(conn, company, job.lane)? }),
    };
    insert_job(conn, company, now, state, job)?;
    Ok(placed)
}

fn last(conn: &mut Conn, company: i64, lane: Lane) -> Result<i64> {
    let sql = "SELECT last FROM outbox_lanes WHERE company = $1 AND topic = $2 AND subscriber = $3 AND subject = $4";
    let (last,) = conn.one(sql, args![company, lane.topic, lane.subscriber, lane.subject])?;
    Ok(last)
}

/// Makes a job the only one of its lane, due at an instant, whoever holds the lane.
pub(super) fn replace(conn: &mut Conn, company: i64, at: i64, job: &NewJob<'_>) -> Result<()> {
    remove_pending(conn, company, job.lane)?;
    let Lane { topic, subscriber, subject } = job.lane;
    let sql =
        "INSERT INTO outbox_lanes (company, topic, subscriber, subject, due_at, tries, holder, behind, head, last)
         VALUES ($1, $2, $3, $4, $5, 0, 0, 0, $6, $6) ON CONFLICT (company, topic, subscriber, subject)
         DO UPDATE SET due_at = excluded.due_at, tries = 0, holder = 0, head = excluded.head, last = excluded.last";
    conn.exec(sql, args![company, topic, subscriber, subject, at, job.id])?;
    insert_job(conn, company, at, HEAD, job)
}

fn insert_job(conn: &mut Conn, company: i64, now: i64, state: i64, job: &NewJob<'_>) -> Result<()> {
    let sql = "INSERT INTO outbox
             (company, id, topic, subscriber, subject, event, state, created_at, tries, payload, log)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, '[]')";
    let Lane { topic, subscriber, subject } = job.lane;
    conn.exec(sql, args![company, job.id, topic, subscriber, subject, job.event, state, now, job.payload]).map(drop)
}

pub(super) fn head(conn: &mut Conn, company: i64, lane: Lane) -> Result<Option<Value>> {
    let sql = "SELECT j.payload FROM outbox_lanes l CROSS JOIN outbox j
         WHERE l.company = $1 AND l.topic = $2 AND l.subscriber = $3 AND l.subject = $4
             AND j.company = l.company AND j.id = l.head";
    let row: Option<(Value,)> = conn.opt(sql, args![company, lane.topic, lane.subscriber, lane.subject])?;
    Ok(row.map(|(payload,)| payload))
}

pub(super) fn remove_lane(conn: &mut Conn, company: i64, lane: Lane) -> Result<()> {
    let sql = "DELETE FROM outbox_lanes WHERE company = $1 AND topic = $2 AND subscriber = $3 AND subject = $4";
    conn.exec(sql, args![company, lane.topic, lane.subscriber, lane.subject]).map(drop)
}

/// Removes what is pending in a lane, which must still be there.
pub(super) fn remove_pending(conn: &mut Conn, company: i64, lane: Lane) -> Result<u64> {
    let lane = args![company, lane.topic, lane.subscriber, lane.subject];
    let head = "DELETE FROM outbox WHERE company = $1 AND state = 3 AND id =
             (SELECT head FROM outbox_lanes WHERE company = $1 AND topic = $2 AND subscriber = $3 AND subject = $4)";
    let behind = "DELETE FROM outbox
         WHERE company = $1 AND topic = $2 AND subscriber = $3 AND subject = $4 AND state = 0";
    Ok(conn.exec(head, lane)? + conn.exec(behind, lane)?)
}

/// The largest subject of the first lanes of a subscriber, up to `limit` of them in the order of their subjects.
pub(super) fn last_of_first(
    conn: &mut Conn,
    company: i64,
    (topic, subscriber): (i64, i64),
    limit: i64,
) -> Result<Option<i64>> {
    let sql = "SELECT max(subject) FROM
             (SELECT subject FROM outbox_lanes WHERE company = $1 AND topic = $2 AND subscriber = $3
                  ORDER BY subject LIMIT $4) AS first";
    let (last,): (Option<i64>,) = conn.one(sql, args![company, topic, subscriber, limit])?;
    Ok(last)
}

/// Removes the lanes of a subscriber up to a subject, with what is pending in them.
pub(super) fn remove_subscriber(
    conn: &mut Conn,
    company: i64,
    (topic, subscriber): (i64, i64),
    through: i64,
) -> Result<()> {
    let of = args![company, topic, subscriber, through];
    let heads = "DELETE FROM outbox WHERE company = $1 AND state = 3 AND id IN
             (SELECT head FROM outbox_lanes
              WHERE company = $1 AND topic = $2 AND subscriber = $3 AND subject <= $4)";
    conn.exec(heads, of)?;
    let behind = "DELETE FROM outbox
         WHERE company = $1 AND topic = $2 AND subscriber = $3 AND subject <= $4 AND state = 0";
    conn.exec(behind, of)?;
    let lanes = "DELETE FROM outbox_lanes WHERE company = $1 AND topic = $2 AND subscriber = $3 AND subject <= $4";
    conn.exec(lanes, of).map(drop)
}

/// Makes the next lanes of a subscriber that nobody holds due at an instant, those that would be later.
pub(super) fn hasten(
    conn: &mut Conn,
    company: i64,
    (topic, subscriber): (i64, i64),
    at: i64,
    next: Next,
) -> Result<Vec<i64>> {
    let sql = "UPDATE outbox_lanes SET due_at = $4
         WHERE company = $1 AND topic = $2 AND subscriber = $3 AND holder = 0 AND due_at > $4 AND subject IN
             (SELECT subject FROM outbox_lanes WHERE company = $1 AND topic = $2 AND subscriber = $3 AND holder = 0
                  AND due_at > $4 AND subject > $5 ORDER BY subject LIMIT $6)
         RETURNING subject";
    let rows: Vec<(i64,)> = conn.all(sql, args![company, topic, subscriber, at, next.behind, next.limit])?;
    let mut subjects: Vec<i64> = rows.into_iter().map(|(subject,)| subject).collect();
    subjects.sort_unstable();
    Ok(subjects)
}

/// Whether somebody's lease of a lane of the topic has lapsed.
pub(super) fn has_lapsed(conn: &mut Conn, company: i64, topic: i64, now: i64) -> Result<bool> {
    let sql = "SELECT topic FROM outbox_lanes
         WHERE company = $1 AND topic = $2 AND holder <> 0 AND due_at <= $3 LIMIT 1";
    Ok(conn.opt::<(i64,)>(sql, args![company, topic, now])?.is_some())
}

#[expect(clippy::too_many_arguments, reason = "as for a claim; each is a plain number with its own meaning")]
pub(super) fn lease_due(
    conn: &mut Conn,
    whose: Whose,
    company: i64,
    topic: i64,
    node: i64,
    now: i64,
    until: i64,
    lanes: i64,
) -> Result<Vec<(i64, Lane)>> {
    // Written out, as an index of the lanes that nobody holds serves only where that is a constant.
    let holder = match whose {
        Whose::Nobodys => "holder = 0",
        Whose::Lapsed => "holder <> 0",
    };
    // A common table expression, because a plan may run a subselect in IN twice, and then lock more than the limit.
    let sql = format!(
        "WITH due AS (
             SELECT company AS c, topic AS t, subscriber AS r, subject AS s FROM outbox_lanes
             WHERE company = $1 AND topic = $2 AND {holder} AND due_at <= $3 ORDER BY due_at LIMIT $4{}
         )
         UPDATE outbox_lanes SET due_at = $5, holder = $6 FROM due
         WHERE company = due.c AND topic = due.t AND subscriber = due.r AND subject = due.s
         RETURNING company, topic, subscriber, subject",
        conn.skip_locked()
    );
    lanes_of(conn.all(&sql, args![company, topic, now, lanes, until, node])?)
}

/// Applies changes to those of the lanes that the node still holds, and answers which these are.
pub(super) fn change_lanes(
    conn: &mut Conn,
    node: i64,
    changes: impl Iterator<Item = LaneChange>,
) -> Result<Vec<(i64, Lane)>> {
    let mut changes = changes.peekable();
    if changes.peek().is_none() {
        return Ok(Vec::new());
    }
    if conn.engine() == Engine::Sqlite {
        let sql = "UPDATE outbox_lanes SET due_at = $6, tries = $7, holder = $8
             WHERE company = $1 AND topic = $2 AND subscriber = $3 AND subject = $4 AND holder = $5";
        let mut held = Vec::new();
        for LaneChange { company, lane, due_at, tries, holder } in changes {
            let Lane { topic, subscriber, subject } = lane;
            if conn.exec(sql, args![company, topic, subscriber, subject, node, due_at, tries, holder])? > 0 {
                held.push((company, lane));
            }
        }
        return Ok(held);
    }
    let rows = array(changes, |text, change| {
        let Lane { topic, subscriber, subject } = change.lane;
        let LaneChange { company, due_at, tries, holder, .. } = change;
        write!(text, "[{company},{topic},{subscriber},{subject},{due_at},{tries},{holder}]")
    })?;
    let sql = format!(
        "WITH l AS (
             {LANE_ROWS}, CAST(value ->> 4 AS BIGINT) AS d, CAST(value ->> 5 AS BIGINT) AS n,
                 CAST(value ->> 6 AS BIGINT) AS h
             FROM {}
         )
         UPDATE outbox_lanes SET due_at = l.d, tries = l.n, holder = l.h FROM l
         WHERE company = l.c AND topic = l.t AND subscriber = l.r AND subject = l.s AND holder = $2
         RETURNING company, topic, subscriber, subject",
        conn.elements(1)
    );
    lanes_of(conn.all(&sql, args![rows, node])?)
}

/// Writes down what became of pending jobs.
pub(super) fn change_jobs(conn: &mut Conn, now: i64, changes: &[JobChange<'_>]) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    if conn.engine() == Engine::Sqlite {
        let end = "UPDATE outbox SET state = $3, tries = $4, log = $5, finished_at = $6
             WHERE company = $1 AND id = $2 AND state IN (0, 3)";
        let note = "UPDATE outbox SET tries = $3, log = $4 WHERE company = $1 AND id = $2 AND state IN (0, 3)";
        for JobChange { company, id, ended, tries, log } in changes {
            match ended {
                Some(state) => conn.exec(end, args![company, id, state, tries, log, now])?,
                None => conn.exec(note, args![company, id, tries, log])?,
            };
        }
        return Ok(());
    }
    let rows = array(changes.iter(), |text, change| {
        let JobChange { company, id, ended, tries, log } = change;
        write!(text, "[{company},{id},{},{tries},{}]", ended.unwrap_or(BEHIND), log.as_str())
    })?;
    let sql = format!(
        "WITH f AS (
             SELECT CAST(value ->> 0 AS BIGINT) AS c, CAST(value ->> 1 AS BIGINT) AS i,
                 CAST(value ->> 2 AS BIGINT) AS st, CAST(value ->> 3 AS BIGINT) AS n, value -> 4 AS lg
             FROM {}
         )
         UPDATE outbox SET state = CASE WHEN f.st = 0 THEN state ELSE f.st END, tries = f.n, log = f.lg,
             finished_at = CASE WHEN f.st = 0 THEN NULL ELSE CAST($2 AS BIGINT) END
         FROM f WHERE company = f.c AND id = f.i AND state IN (0, 3)",
        conn.elements(1)
    );
    conn.exec(&sql, args![rows, now]).map(drop)
}

pub(super) fn remove_jobs(conn: &mut Conn, jobs: &[(i64, i64)]) -> Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let rows = array(jobs.iter(), |text, (company, id)| write!(text, "[{company},{id}]"))?;
    let sql = format!(
        "DELETE FROM outbox WHERE state IN (0, 3) AND (company, id) IN
             (SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT) FROM {})",
        conn.elements(1)
    );
    conn.exec(&sql, args![rows]).map(drop)
}

/// Visits up to `depth` pending jobs of each lane, lane by lane, in the order of their ids.
pub(super) fn each_pending(
    conn: &mut Conn,
    lanes: &[(i64, Lane)],
    depth: i64,
    mut f: impl FnMut(Job) -> Result<()>,
) -> Result<()> {
    if conn.engine() == Engine::Sqlite {
        let sql = format!(
            "SELECT * FROM (
                 SELECT {COLUMNS} FROM outbox_lanes l CROSS JOIN outbox j
                 WHERE l.company = $1 AND l.topic = $2 AND l.subscriber = $3 AND l.subject = $4
                     AND j.company = l.company AND j.id = l.head AND j.state = 3
             ) AS head UNION ALL SELECT * FROM (
                 SELECT {COLUMNS} FROM outbox j WHERE j.company = $1 AND j.topic = $2 AND j.subscriber = $3
                     AND j.subject = $4 AND j.state = 0 ORDER BY j.id
             ) AS behind LIMIT $5"
        );
        for (company, Lane { topic, subscriber, subject }) in lanes {
            conn.each(&sql, args![company, topic, subscriber, subject, depth], |row: Stored| f(row.into()))?;
        }
        return Ok(());
    }
    let sql = format!(
        "WITH l AS ({LANE_ROWS} FROM {})
         SELECT {COLUMNS} FROM l JOIN outbox_lanes AS n
             ON n.company = l.c AND n.topic = l.t AND n.subscriber = l.r AND n.subject = l.s
         CROSS JOIN LATERAL (
             (SELECT * FROM outbox WHERE company = n.company AND id = n.head AND state = 3)
             UNION ALL
             (SELECT * FROM outbox WHERE company = l.c AND topic = l.t AND subscriber = l.r AND subject = l.s
                 AND state = 0 ORDER BY id LIMIT $2)
             ORDER BY id LIMIT $2
         ) AS j ORDER BY j.company, j.topic, j.subscriber, j.subject, j.id",
        conn.elements(1)
    );
    conn.each(&sql, args![lane_rows(lanes)?, depth], |row: Stored| f(row.into()))
}

/// A lane whose run is over.
pub(super) struct LaneEnd {
    pub(super) company: i64,
    pub(super) lane: Lane,
    /// The last job that is over, 0 for none: what was put after it is still to be done.
    pub(super) through: i64,
}

/// Lets go of those of the lanes that the node still holds and that have nothing pending; answers the others.
pub(super) fn end_lanes(conn: &mut Conn, node: i64, ends: &[LaneEnd]) -> Result<Vec<(i64, Lane)>> {
    if ends.is_empty() {
        return Ok(Vec::new());
    }
    if conn.engine() == Engine::Sqlite {
        let sql = "DELETE FROM outbox_lanes
             WHERE company = $1 AND topic = $2 AND subscriber = $3 AND subject = $4 AND holder = $5 AND last <= $6";
        let mut busy = Vec::new();
        for LaneEnd { company, lane, through } in ends {
            if conn.exec(sql, args![company, lane.topic, lane.subscriber, lane.subject, node, through])? == 0 {
                busy.push((*company, *lane));
            }
        }
        return Ok(busy);
    }
    // While nodes are replaced one by one, those of an earlier version put jobs without raising the lane's last. So the lanes
    // are locked first: the statement that asks for such jobs begins when whoever puts them is done.
    let rows = array(ends.iter(), |text, LaneEnd { company, lane, through }| {
        write!(text, "[{company},{},{},{},{through}]", lane.topic, lane.subscriber, lane.subject)
    })?;
    let lock = format!(
        "WITH l AS ({LANE_ROWS} FROM {})
         SELECT n.company, n.topic, n.subscriber, n.subject FROM l JOIN outbox_lanes AS n
             ON n.company = l.c AND n.topic = l.t AND n.subscriber = l.r AND n.subject = l.s
         WHERE n.holder = $2 ORDER BY n.company, n.topic, n.subscriber, n.subject FOR UPDATE OF n",
        conn.elements(1)
    );
    conn.all::<(i64, i64, i64, i64)>(&lock, args![rows, node])?;
    let sql = format!(
        "WITH l AS ({LANE_ROWS}, CAST(value ->> 4 AS BIGINT) AS h FROM {})
         DELETE FROM outbox_lanes USING l
         WHERE company = l.c AND topic = l.t AND subscriber = l.r AND subject = l.s AND holder = $2 AND last <= l.h
             AND NOT EXISTS (SELECT 1 FROM outbox AS j WHERE j.company = l.c AND j.topic = l.t
                 AND j.subscriber = l.r AND j.subject = l.s AND j.state = 0)
         RETURNING company, topic, subscriber, subject",
        conn.elements(1)
    );
    let gone = lanes_of(conn.all(&sql, args![rows, node])?)?;
    let gone: HashSet<(i64, Lane)> = gone.into_iter().collect();
    Ok(ends.iter().map(|end| (end.company, end.lane)).filter(|lane| !gone.contains(lane)).collect())
}

pub(super) fn remove_lanes(conn: &mut Conn, lanes: &[(i64, Lane)]) -> Result<()> {
    let sql = format!(
        "DELETE FROM outbox_lanes WHERE (company, topic, subscriber, subject) IN ({LANE_ROWS} FROM {})",
        conn.elements(1)
    );
    conn.exec(&sql, args![lane_rows(lanes)?]).map(drop)
}

pub(super) fn renew(conn: &mut Conn, company: i64, node: i64, until: i64, lanes: &[Lane]) -> Result<Vec<(i64, Lane)>> {
    let lanes: Vec<(i64, Lane)> = lanes.iter().map(|lane| (company, *lane)).collect();
    let sql = format!(
        "WITH l AS ({LANE_ROWS} FROM {})
         UPDATE outbox_lanes SET due_at = $2 FROM l
         WHERE company = l.c AND topic = l.t AND subscriber = l.r AND subject = l.s AND holder = $3
         RETURNING company, topic, subscriber, subject",
        conn.elements(1)
    );
    lanes_of(conn.all(&sql, args![lane_rows(&lanes)?, until, node])?)
}

pub(super) fn release_node(conn: &mut Conn, company: i64, node: i64) -> Result<u64> {
    let sql = "UPDATE outbox_lanes SET due_at = 0, holder = 0 WHERE company = $1 AND holder = $2";
    conn.exec(sql, args![company, node])
}

pub(super) fn next_due(conn: &mut Conn, company: i64, topic: i64) -> Result<Option<i64>> {
    let sql = "SELECT due_at FROM outbox_lanes
         WHERE company = $1 AND topic = $2 AND holder = 0 ORDER BY due_at LIMIT 1";
    Ok(conn.opt::<(i64,)>(sql, args![company, topic])?.map(|(at,)| at))
}

pub(super) fn pending(conn: &mut Conn, company: i64, topic: i64) -> Result<i64> {
    let heads = "SELECT count(*) FROM outbox_lanes l CROSS JOIN outbox j
         WHERE l.company = $1 AND l.topic = $2 AND j.company = l.company AND j.id = l.head AND j.state = 3";
    let behind = "SELECT count(*) FROM outbox WHERE company = $1 AND topic = $2 AND state = 0";
    let (heads,): (i64,) = conn.one(heads, args![company, topic])?;
    let (behind,): (i64,) = conn.one(behind, args![company, topic])?;
    Ok(heads + behind)
}

pub(super) fn sweep(conn: &mut Conn, company: i64, before: i64, below: i64, limit: i64) -> Result<u64> {
    let sql = "DELETE FROM outbox WHERE company = $1 AND id IN
         (SELECT id FROM outbox WHERE company = $1 AND id < $3 AND state IN (1, 2) AND finished_at < $2 ORDER BY id LIMIT $4)";
    conn.exec(sql, args![company, before, below, limit])
}

fn lanes_of(rows: Vec<(i64, i64, i64, i64)>) -> Result<Vec<(i64, Lane)>> {
    Ok(rows
        .into_iter()
        .map(|(company, topic, subscriber, subject)| (company, Lane { topic, subscriber, subject }))
        .collect())
}

fn lane_rows(lanes: &[(i64, Lane)]) -> Result<String> {
    array(lanes.iter(), |text, (company, lane)| {
        write!(text, "[{company},{},{},{}]", lane.topic, lane.subscriber, lane.subject)
    })
}

fn array<T>(
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut String, T) -> std::fmt::Result,
) -> Result<String> {
    let mut text = String::from("[");
    for item in items {
        if text.len() > 1 {
            text.push(',');
        }
        write(&mut text, item).map_err(|e| Error::other(format!("outbox batch: {e}")))?;
    }
    text.push(']');
    Ok(text)
}

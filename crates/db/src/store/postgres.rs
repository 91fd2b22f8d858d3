//! PostgreSQL: statements, and threads that each own one client and run units until they are not in conflict.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use postgres::config::{Host, SslMode, TargetSessionAttrs};
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::ToSql;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::queue::Queue;
use super::standstill::Standstill;
use super::task::{Access, Task, Verdict, run_hooks};
use super::tls;
use crate::conn::{Conn, Failure, Late, Link, Param, miscounted};
use crate::error::{Error, Kind, Result};
use crate::row::{FromRow, Row};

/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 1024;

/// How often a unit is run before its conflict becomes the caller's.
const TRIES: u32 = 40;

/// How often a unit is run before a server that is missing, or takes no changes, becomes the caller's. With the pauses below
/// this outlasts the roughly twenty seconds of a failover, and ends before those who ask give up, which is commonly after
/// thirty.
const OUTAGE_TRIES: u32 = 24;

/// After so many runs without a server, half a second or so, it is said why nothing happens.
const LOUD: u32 = 7;

/// How often a unit is run again because a row that its snapshot could not see had the same key.
const DUPLICATE_TRIES: u32 = 3;

/// For so many units after one that needed a savepoint, savepoints are made and not only promised.
const CAREFUL: u32 = 256;

/// Snapshots, with first-committer-wins: two units that change the same row, or insert the same key, never both commit
/// on what they saw before; the later one is run again on what is there now. Full serialisability would also catch two
/// units that read each other's rows and change different ones; PostgreSQL tracks that by page, and with time-ordered
/// ids every busy writer reads and writes the same few pages (eight clients got no further than one). So units lock the
/// row they decide about (`for_update`), and what must be unique is a constraint.
const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ";

/// One connection to a PostgreSQL server.
pub(crate) struct Postgres {
    client: postgres::Client,
    statements: HashMap<Box<str>, postgres::Statement>,
}

impl Postgres {
    pub(crate) fn opt<T: FromRow>(&mut self, sql: &str, args: &[&dyn Param]) -> Result<Option<T>, Failure> {
        let mut first = None;
        self.rows(sql, args, |row| {
            if first.is_none() {
                first = Some(T::from_row(&row)?);
            }
            Ok(())
        })?;
        Ok(first)
    }

    pub(crate) fn each<T: FromRow>(
        &mut self,
        sql: &str,
        args: &[&dyn Param],
        mut f: impl FnMut(T) -> Result<()>,
    ) -> Result<(), Failure> {
        self.rows(sql, args, |row| T::from_row(&row).and_then(&mut f))
    }

    pub(crate) fn exec(&mut self, sql: &str, args: &[&dyn Param]) -> Result<u64, Failure> {
        let statement = self.statement(sql, args.len())?;
        let args: Vec<&(dyn ToSql + Sync)> = args.iter().map(|arg| *arg as &(dyn ToSql + Sync)).collect();
        let result = self.client.execute(&statement, &args);
        result.map_err(|e| refused(&mut self.statements, &e, sql))
    }

    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), Failure> {
        let result = self.client.batch_execute(sql);
        result.map_err(|e| refused(&mut self.statements, &e, sql))
    }

    /// Compiles a statement without running it.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn prepare(&mut self, sql: &str) -> Result<(), Failure> {
        let result = self.client.prepare(sql);
        result.map(drop).map_err(|e| refused(&mut self.statements, &e, sql))
    }

    fn rows(
        &mut self,
        sql: &str,
        args: &[&dyn Param],
        mut f: impl FnMut(Row<'_>) -> Result<()>,
    ) -> Result<(), Failure> {
        let statement = self.statement(sql, args.len())?;
        let mut rows = match self.client.query_raw(&statement, args.iter().map(|arg| *arg as &dyn ToSql)) {
            Ok(rows) => rows,
            Err(error) => return Err(refused(&mut self.statements, &error, sql)),
        };
        loop {
            match rows.next() {
                Ok(Some(row)) => f(Row::postgres(&row)).map_err(Failure::Local)?,
                Ok(None) => return Ok(()),
                Err(error) => {
                    drop(rows);
                    return Err(refused(&mut self.statements, &error, sql));
                }
            }
        }
    }

    fn statement(&mut self, sql: &str, given: usize) -> Result<postgres::Statement, Failure> {
        let statement = match self.statements.get(sql) {
            Some(statement) => statement.clone(),
            None => {
                let result = self.client.prepare(sql);
                let statement = result.map_err(|e| refused(&mut self.statements, &e, sql))?;
                if self.statements.len() >= STATEMENTS {
                    self.statements.clear();
                }
                self.statements.insert(sql.into(), statement.clone());
                statement
            }
        };
        match statement.params().len() {
            wanted if wanted == given => Ok(statement),
            wanted => Err(miscounted(sql, wanted, given)),
        }
    }
}

fn refused(statements: &mut HashMap<Box<str>, postgres::Statement>, error: &postgres::Error, sql: &str) -> Failure {
    let known = Error::postgres(error, sql);
    if error.as_db_error().is_none() && known.kind() == Kind::Other {
        // The driver refused to encode an argument; the server has heard nothing of it.
        return Failure::Local(known);
    }
    if known.kind() == Kind::Conflict {
        // It may be a plan that a migration made stale; preparing anew is cheap next to the conflict.
        statements.remove(sql);
    }
    Failure::Database(known)
}

/// A thread's work: one client, reopened when it is lost.
pub(crate) struct Worker {
    server: Server,
    conn: Option<Conn>,
    jitter: u64,
    /// So many units to come make their savepoints at once.
    careful: u32,
    standstill: Arc<Standstill>,
}

/// How an attempt to run a unit ended.
enum Attempt {
    /// As the unit asked.
    Ended(Vec<Box<dyn FnOnce() + Send>>),
    /// Rolled back with the unit's own error, which asks for another run.
    Again(Error),
    /// The transaction itself failed.
    Failed(Error),
}

/// Where a server is, and how it is spoken to.
#[derive(Clone)]
pub(crate) struct Server {
    config: postgres::Config,
    /// Absent where it is spoken to in plain text.
    tls: Option<MakeRustlsConnect>,
}

/// Reads a server's address, and completes it with what a pool of long-lived connections needs. An error says what is
/// wrong with it, or with a file that it names.
pub(crate) fn server(url: &str) -> Result<Server> {
    let (url, wanted) = tls::split(url)?;
    let mut config: postgres::Config = url.parse().map_err(|e| Error::other(format!("postgres address: {e}")))?;
    // On a socket of this machine there is no TLS, whatever is asked for.
    let hosts = config.get_hosts();
    let is_local = !hosts.is_empty()
        && config.get_hostaddrs().is_empty()
        && hosts.iter().all(|host| matches!(host, Host::Unix(_)));
    let wanted = if is_local { tls::Wanted::nothing() } else { wanted };
    config.ssl_mode(wanted.mode());
    if config.get_application_name().is_none() {
        config.application_name("portico");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    if config.get_tcp_user_timeout().is_none() && config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(_))) {
        // A primary that vanished without a word is given up after this long.
        config.tcp_user_timeout(Duration::from_secs(15));
    }
    if config.get_hosts().len() > 1 {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    Ok(Server { config, tls: wanted.connector()? })
}

/// The server lets nobody in who comes this way, with TLS or without.
const NOT_THIS_WAY: &str = "28000";

impl Server {
    /// Whether TLS is at least tried.
    #[cfg(test)]
    pub(crate) fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Opens a connection: encrypted or not, as the address wants it.
    pub(crate) fn connect(&self) -> Result<postgres::Client> {
        let failed = |e: postgres::Error| match tls::disagreed(&e) {
            // Two who do not agree on TLS will not agree by trying again.
            true => Error::other(Error::postgres(&e, "connect").to_string()),
            false => Error::postgres(&e, "connect"),
        };
        let Some(tls) = &self.tls else { return self.config.connect(postgres::NoTls).map_err(failed) };
        let opened = self.config.connect(tls.clone());
        let is_preferred = self.config.get_ssl_mode() == SslMode::Prefer;
        let is_refused =
            |e: &postgres::Error| tls::disagreed(e) || e.code().is_some_and(|code| code.code() == NOT_THIS_WAY);
        match opened {
            Err(error) if is_preferred && is_refused(&error) => {
                let mut plain = self.config.clone();
                plain.ssl_mode(SslMode::Disable).connect(postgres::NoTls).map_err(failed)
            }
            other => other.map_err(failed),
        }
    }
}

/// The loop of a thread of this number. The client is opened here, because it drives a reactor of its own.
pub(crate) fn serve(server: Server, queue: &Queue, (number, standstill): (usize, Arc<Standstill>)) {
    let jitter = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), number) | 1;
    let mut worker = Worker { server, conn: None, jitter, careful: 0, standstill };
    while let Some(task) = queue.pop() {
        worker.run(task, queue);
    }
}

impl Worker {
    fn run(&mut self, mut task: Box<dyn Task>, queue: &Queue) {
        for tries in 1.. {
            let last = tries == TRIES || queue.is_closed();
            let error = match self.attempt(task.as_mut(), tries) {
                Attempt::Ended(hooks) => {
                    run_hooks(hooks);
                    return task.answer(Ok(()));
                }
                // A reading unit that writes is a mistake of its author; any other finds the new primary with a new client.
                Attempt::Again(error) if last || (error.kind() == Kind::ReadOnly && task.access() == Access::Read) => {
                    return task.answer(Ok(()));
                }
                // In the snapshot the key was free; the next run sees who has it. If that does not help, it is the answer.
                Attempt::Again(error) if error.is_duplicate() && tries >= DUPLICATE_TRIES => {
                    return task.answer(Ok(()));
                }
                Attempt::Failed(error) if last || !error.is_retryable() || error.outcome_unknown() => {
                    return task.answer(Err(error));
                }
                Attempt::Again(error) if error.kind() == Kind::ReadOnly && tries >= OUTAGE_TRIES => {
                    return task.answer(Ok(()));
                }
                Attempt::Failed(error)
                    if matches!(error.kind(), Kind::Connection | Kind::ReadOnly) && tries >= OUTAGE_TRIES =>
                {
                    return task.answer(Err(error));
                }
                Attempt::Again(error) | Attempt::Failed(error) => error,
            };
            // Whoever asks need not wait until the unit is given up.
            self.standstill.note(&error);
            if tries == LOUD && error.kind() == Kind::Connection {
                tracing::warn!(%error, "PostgreSQL cannot be reached; what is to be done waits for it");
            }
            tracing::debug!(%error, tries, "a unit of work is run again");
            self.pause(tries, error.kind());
        }
    }

    /// From so many conflicts on, a unit queues up with the others that meet on the same row, so that none starves.
    const PATIENT: u32 = 3;

    fn attempt(&mut self, task: &mut dyn Task, tries: u32) -> Attempt {
        let careful = self.careful > 0;
        self.careful = self.careful.saturating_sub(1);
        let conn = match self.connected() {
            Ok(conn) => conn,
            Err(error) => return Attempt::Failed(error),
        };
        let begin = match task.access() {
            Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Access::Write => BEGIN_WRITE,
            Access::Latest | Access::Change => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        let queued = tries > Self::PATIENT && task.access() == Access::Write;
        if queued && let Err(error) = conn.control("SELECT pg_advisory_lock(4180)") {
            self.conn = None;
            return Attempt::Failed(error);
        }
        let promises = !careful && task.access() != Access::Change;
        let first = transaction(conn, begin, task, promises);
        let broken = first.is_none();
        let attempt = first.or_else(|| transaction(conn, begin, task, false));
        let attempt = attempt.unwrap_or_else(|| Attempt::Failed(Error::other("a savepoint that was made is missing")));
        if queued && conn.control("SELECT pg_advisory_unlock_all()").is_err() {
            // The lock goes with the connection.
            self.conn = None;
            return attempt;
        }
        forget(conn);
        let lost = match &attempt {
            Attempt::Ended(_) => false,
            Attempt::Again(error) | Attempt::Failed(error) => error.kind() != Kind::Conflict,
        };
        let closed = matches!(&conn.link, Link::Postgres(db) if db.client.is_closed());
        if lost || closed {
            self.conn = None;
        }
        if broken {
            self.careful = CAREFUL;
        }
        attempt
    }

    fn connected(&mut self) -> Result<&mut Conn> {
        match &mut self.conn {
            Some(conn) => Ok(conn),
            empty => Ok(empty.insert(connect(&self.server)?)),
        }
    }

    /// Waits longer each time, by a random part, so that units in conflict do not meet again.
    fn pause(&mut self, tries: u32, kind: Kind) {
        let (first, longest) = if kind == Kind::Conflict { (1_000, 200_000) } else { (5_000, 2_000_000) };
        let micros = (first << tries.min(16)).min(longest);
        // Marsaglia's xorshift: the pause needs to be uneven, not secret.
        self.jitter ^= self.jitter << 13;
        self.jitter ^= self.jitter >> 7;
        self.jitter ^= self.jitter << 17;
        std::thread::sleep(Duration::from_micros(micros / 2 + self.jitter % (micros / 2)));
    }
}

/// Compiling a plan to machine code never pays for statements as short as ours. And each of them was made for an index,
/// which the planner does not know as long as it takes a table for small: a plan that reads all of it is quick today, is
/// kept, and has become slow before the next analysis. So it is told what never pays in the end.
const SETTINGS: &str = "SET client_min_messages = warning; SET jit = off;
    SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off";

/// Drops what a run has left in its connection.
fn forget(conn: &mut Conn) {
    conn.take_hooks();
    conn.take_late();
    conn.take_failure();
}

fn connect(server: &Server) -> Result<Conn> {
    let mut client = server.connect()?;
    client.batch_execute(SETTINGS).map_err(|e| Error::postgres(&e, "connect"))?;
    Ok(Conn::new(Link::Postgres(Box::new(Postgres { client, statements: HashMap::new() }))))
}

/// Does what waited for the commit, and commits; a failure of the former leaves no transaction behind.
fn finish(conn: &mut Conn, late: Vec<Late>) -> Result<()> {
    if let Err(error) = late.into_iter().try_for_each(|late| late(conn)) {
        conn.control("ROLLBACK")?;
        return Err(error);
    }
    conn.control("COMMIT")
}

/// Runs a unit in a transaction. Nothing comes of it if its savepoints were only promised and one would have been needed.
fn transaction(conn: &mut Conn, begin: &str, task: &mut dyn Task, promises: bool) -> Option<Attempt> {
    if let Err(error) = conn.control(begin) {
        return Some(Attempt::Failed(error));
    }
    conn.promises = promises;
    let verdict = task.run(conn);
    conn.promises = false;
    // A unit that has to be run again anyhow waits before it is.
    if conn.take_broken() && !matches!(verdict, Verdict::Undo(Some(_))) {
        forget(conn);
        return conn.control("ROLLBACK").err().map(Attempt::Failed);
    }
    Some(ended(conn, task, verdict))
}

/// Ends a transaction as its unit asks.
fn ended(conn: &mut Conn, task: &dyn Task, verdict: Verdict) -> Attempt {
    let (hooks, late) = (conn.take_hooks(), conn.take_late());
    match verdict {
        Verdict::Keep => match finish(conn, late) {
            Ok(()) => Attempt::Ended(hooks),
            // A server that is shutting down may have committed before it said so.
            Err(error) if error.kind() == Kind::Connection && task.access() != Access::Read => {
                Attempt::Failed(Error::new(Kind::OutcomeUnknown, format!("lost in the commit: {error}")))
            }
            Err(error) => Attempt::Failed(error),
        },
        Verdict::Undo(again) => match (conn.control("ROLLBACK"), again) {
            (_, Some(error)) => Attempt::Again(error),
            (Ok(()), None) => Attempt::Ended(Vec::new()),
            // The unit's own error stands; the connection is of no further use.
            (Err(error), None) => Attempt::Failed(error),
        },
    }
}

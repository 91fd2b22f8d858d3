//! SQLite: statements, the one writer that commits waiting units together, and the readers.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Options;
use super::checkpoint::Checkpoints;
use super::prepared::{Database, refused};
use super::queue::Queue;
use super::task::{Access, Task, Verdict, run_hooks};
use crate::conn::{Conn, Failure, Late, Link, Param};
use crate::error::{Error, Result};
use crate::row::{FromRow, Row};

/// One connection to an SQLite database.
pub(crate) struct Sqlite {
    db: Database,
}

impl Sqlite {
    fn new(connection: rusqlite::Connection) -> Sqlite {
        Sqlite { db: Database::new(connection) }
    }

    pub(crate) fn opt<T: FromRow>(&mut self, sql: &str, args: &[&dyn Param]) -> Result<Option<T>, Failure> {
        self.db.run(sql, args, |statement| {
            let mut rows = statement.raw_query();
            match rows.next().map_err(|e| refused(&e, sql))? {
                Some(row) => T::from_row(&Row::sqlite(row)).map(Some).map_err(Failure::Local),
                None => Ok(None),
            }
        })
    }

    pub(crate) fn each<T: FromRow>(
        &mut self,
        sql: &str,
        args: &[&dyn Param],
        mut f: impl FnMut(T) -> Result<()>,
    ) -> Result<(), Failure> {
        self.db.run(sql, args, |statement| {
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().map_err(|e| refused(&e, sql))? {
                T::from_row(&Row::sqlite(row)).and_then(&mut f).map_err(Failure::Local)?;
            }
            Ok(())
        })
    }

    pub(crate) fn exec(&mut self, sql: &str, args: &[&dyn Param]) -> Result<u64, Failure> {
        let changed = |statement: &mut rusqlite::Statement<'_>| statement.raw_execute().map_err(|e| refused(&e, sql));
        self.db.run(sql, args, changed).map(|changed| changed as u64)
    }

    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), Failure> {
        self.db.connection().execute_batch(sql).map_err(|e| refused(&e, sql))
    }

    /// Compiles a statement without running it.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn prepare(&mut self, sql: &str) -> Result<(), Failure> {
        self.db.check(sql)
    }

    /// How many rows this connection has changed so far.
    pub(crate) fn changes(&self) -> u64 {
        self.db.connection().total_changes()
    }

    /// The file it is in.
    pub(crate) fn path(&self) -> Result<PathBuf> {
        let path = self.db.connection().path().filter(|path| !path.is_empty());
        path.map(PathBuf::from).ok_or_else(|| Error::other("a database in memory has no file"))
    }

    /// Copies the database as this connection's transaction sees it.
    pub(crate) fn copy_to(&self, path: &Path) -> Result<()> {
        let failed = |e: rusqlite::Error| Error::sqlite(&e, "backup");
        let mut copy = rusqlite::Connection::open(path).map_err(failed)?;
        let backup = rusqlite::backup::Backup::new(self.db.connection(), &mut copy).map_err(failed)?;
        match backup.step(-1).map_err(failed)? {
            rusqlite::backup::StepResult::Done => Ok(()),
            step => Err(Error::other(format!("the backup did not finish: {step:?}"))),
        }
    }
}

/// Copies a database over another that is in use: all at once, as one transaction of its own.
pub(super) fn overwrite(path: &Path, with: &Path) -> Result<()> {
    let failed = |e: rusqlite::Error| Error::sqlite(&e, "overwrite");
    let from =
        rusqlite::Connection::open_with_flags(with, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
    let mut to = rusqlite::Connection::open(path).map_err(failed)?;
    to.busy_timeout(Duration::from_secs(10)).map_err(failed)?;
    to.execute_batch("PRAGMA synchronous = OFF").map_err(failed)?;
    let backup = rusqlite::backup::Backup::new(&from, &mut to).map_err(failed)?;
    for _ in 0..1_000 {
        match backup.step(-1).map_err(failed)? {
            rusqlite::backup::StepResult::Done => return Ok(()),
            // The writer has it; its transactions are short.
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    Err(Error::other("the database is always being written"))
}

/// What a connection is for.
#[derive(Clone, Copy)]
pub(super) enum Role<'a> {
    /// It reports its commits, so that the log is copied in time.
    Writer(&'a Arc<Checkpoints>),
    Reader,
}

/// Opens a database file, or a private database in memory without a path.
pub(super) fn open(path: Option<&Path>, role: Role<'_>, options: &Options) -> Result<rusqlite::Connection> {
    let failed = |e: rusqlite::Error| Error::sqlite(&e, "open");
    let mut db = match path {
        Some(path) => rusqlite::Connection::open(path),
        None => rusqlite::Connection::open_in_memory(),
    }
    .map_err(failed)?;
    db.busy_timeout(Duration::from_secs(10)).map_err(failed)?;
    let (cache_kib, query_only) = match role {
        Role::Writer(_) => (options.writer_cache_kib, "OFF"),
        Role::Reader => (options.reader_cache_kib, "ON"),
    };
    // FULL: a commit is on the disk before anybody is answered; it costs little because waiting units share it.
    let settings = format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -{cache_kib}; PRAGMA mmap_size = {}; PRAGMA journal_size_limit = 67108864;
         PRAGMA query_only = {query_only};",
        options.mmap_bytes,
    );
    db.execute_batch(&settings).map_err(failed)?;
    if let Role::Writer(checkpoints) = role {
        checkpoints.watch(&mut db).map_err(failed)?;
    }
    // Without this SQLite compiles a statement anew whenever an argument might make a partial index usable.
    db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failed)?;
    Ok(db)
}

/// The readers' loop.
pub(crate) fn serve_reads(connection: rusqlite::Connection, queue: &Queue) {
    let mut conn = Conn::new(Link::Sqlite(Sqlite::new(connection)));
    while let Some(task) = queue.pop() {
        read(&mut conn, task);
    }
}

/// The writer's loop. In memory it serves reads too, in the order they came.
pub(crate) fn serve_writes(connection: rusqlite::Connection, queue: &Queue, options: &Options) {
    let mut conn = Conn::new(Link::Sqlite(Sqlite::new(connection)));
    let (mut waiting, mut care, mut crowd) = (VecDeque::new(), Care::default(), Crowd::default());
    while !waiting.is_empty() || queue.drain(&mut waiting) {
        match waiting.pop_front() {
            Some(task) if task.access() == Access::Read => read_here(&mut conn, task),
            Some(task) => {
                waiting.push_front(task);
                write_group(&mut conn, &mut waiting, queue, options, (&mut care, &mut crowd));
            }
            None => {}
        }
    }
}

/// Runs one unit on one snapshot.
fn read(conn: &mut Conn, mut task: Box<dyn Task>) {
    let ended = conn.control("BEGIN").and_then(|()| match task.run(conn) {
        Verdict::Keep => conn.control("COMMIT"),
        Verdict::Undo(_) => conn.control("ROLLBACK"),
    });
    let hooks = conn.take_hooks();
    match &ended {
        Ok(()) => run_hooks(hooks),
        Err(_) => reset(conn),
    }
    task.answer(ended);
}

/// A read on the only connection of a database in memory, which may not write either.
fn read_here(conn: &mut Conn, task: Box<dyn Task>) {
    match conn.batch("PRAGMA query_only = ON") {
        Ok(()) => read(conn, task),
        Err(error) => task.answer(Err(error)),
    }
    if conn.batch("PRAGMA query_only = OFF").is_err() {
        reset(conn);
    }
}

/// For so many units after one that had to be undone, each runs in a savepoint of its own.
const CAREFUL: usize = 256;

/// The writer's transactions: how many units still run carefully, see [`CAREFUL`].
#[derive(Default)]
struct Care(usize);

/// A group takes at least so many units, if they come: a commit costs as much as several of them.
const FEWEST: usize = 24;

/// How many callers there were at a time of late, in groups and waiting behind them.
#[derive(Default)]
struct Crowd(usize);

impl Crowd {
    /// A group may take half of them: while one half is answered and asks again, the other half is written. One group
    /// of all would leave the writer without work until they come back, and then everybody without an answer.
    fn share(&self, most: usize) -> usize {
        (self.0.div_ceil(2)).max(FEWEST).min(most).max(1)
    }

    fn saw(&mut self, callers: usize) {
        self.0 = callers.max(self.0 - self.0.div_ceil(64));
    }
}

/// Runs waiting units in one transaction and answers them after the commit.
///
/// A unit that fails has mostly changed nothing yet, and then there is nothing to undo. If it has, the transaction is
/// undone and the units before it are run again; for a while every unit then runs in a savepoint of its own, so that
/// the next failure undoes itself alone. Savepoints are not free: each one makes the full-text index write out what it
/// holds. When anything but a unit itself fails, each unit is run again alone, so that the guilty one fails alone.
///
/// Units that arrive while the group is at work join it, until it has its share of the crowd: the busier the store, the
/// more of them share one commit.
#[expect(clippy::disallowed_methods, reason = "measures how long the group has been open")]
fn write_group(
    conn: &mut Conn,
    waiting: &mut VecDeque<Box<dyn Task>>,
    queue: &Queue,
    options: &Options,
    (care, crowd): (&mut Care, &mut Crowd),
) {
    let mut group = Vec::new();
    if let Err(error) = conn.control("BEGIN IMMEDIATE") {
        // Nobody's fault: another process holds the lock. Running the units one by one would only wait for it longer.
        reset(conn);
        let many = waiting.len().min(options.group_limit.max(1));
        waiting.drain(..many).for_each(|task| task.answer(Err(error.clone())));
        return;
    }
    let share = crowd.share(options.group_limit);
    let started = Instant::now();
    let mut ended = Ok(Left::default());
    while let Ok(left) = &mut ended {
        if group.len() >= share || (!group.is_empty() && started.elapsed() > options.group_time) {
            break;
        }
        if waiting.is_empty() {
            queue.take(waiting);
        }
        let Some(mut task) = waiting.pop_front_if(|task| task.access() != Access::Read) else { break };
        let run = match care.0 {
            // What a migration does is not counted in rows.
            0 if task.access() != Access::Change => run_freely(conn, task.as_mut(), left),
            _ => {
                care.0 = care.0.saturating_sub(1);
                run_in_savepoint(conn, task.as_mut(), left).map(|()| Run::Over)
            }
        };
        match run {
            Ok(Run::Over) => group.push(task),
            Ok(spoilt) => {
                reset(conn);
                care.0 = CAREFUL;
                match spoilt {
                    Run::Again => waiting.push_front(task),
                    // Its own error is its answer.
                    _ => task.answer(Ok(())),
                }
                // Those before it have done nothing after all.
                group.into_iter().rev().for_each(|task| waiting.push_front(task));
                return;
            }
            Err(error) => {
                group.push(task);
                ended = Err(error);
            }
        }
    }
    crowd.saw(group.len() + waiting.len() + queue.len());
    match ended.and_then(|left| left.commit(conn)) {
        Ok(hooks) => {
            run_hooks(hooks);
            group.into_iter().for_each(|task| task.answer(Ok(())));
        }
        Err(error) => {
            reset(conn);
            group_failed(conn, group, &error);
        }
    }
}

fn group_failed(conn: &mut Conn, group: Vec<Box<dyn Task>>, error: &Error) {
    let alone = group.len() == 1;
    for mut task in group {
        if alone {
            return task.answer(Err(error.clone()));
        }
        let mut left = Left::default();
        let ended = conn
            .control("BEGIN IMMEDIATE")
            .and_then(|()| run_in_savepoint(conn, task.as_mut(), &mut left))
            .and_then(|()| left.commit(conn));
        match ended {
            Ok(hooks) => {
                run_hooks(hooks);
                task.answer(Ok(()));
            }
            Err(error) => {
                reset(conn);
                task.answer(Err(error));
            }
        }
    }
}

/// What units leave for the end of their transaction.
#[derive(Default)]
struct Left {
    late: Vec<Late>,
    hooks: Vec<Box<dyn FnOnce() + Send>>,
}

impl Left {
    fn take(&mut self, conn: &mut Conn) {
        self.late.extend(conn.take_late());
        self.hooks.extend(conn.take_hooks());
    }

    /// Does what waited for the commit, commits, and gives what waits for afterwards.
    fn commit(self, conn: &mut Conn) -> Result<Vec<Box<dyn FnOnce() + Send>>> {
        for late in self.late {
            late(conn)?;
        }
        if let Some(error) = conn.take_failure() {
            return Err(error);
        }
        conn.control("COMMIT")?;
        Ok(self.hooks)
    }
}

/// How a unit without a savepoint ended.
enum Run {
    /// With or without an error, there is nothing to undo.
    Over,
    /// It failed after it had changed something.
    Spoilt,
    /// A part of it did, and the unit went on: it needs the savepoint that it was only promised.
    Again,
}

fn run_freely(conn: &mut Conn, task: &mut dyn Task, left: &mut Left) -> Result<Run> {
    let before = conn.changes();
    conn.promises = true;
    let verdict = task.run(conn);
    conn.promises = false;
    let broken = conn.take_broken();
    if !is_open(conn) {
        // A full disk, for one, makes the engine undo all by itself; nothing more may be written as if it had not.
        return Err(Error::other("the transaction was lost under a unit of work"));
    }
    if broken {
        return Ok(Run::Again);
    }
    if let Verdict::Undo(_) = verdict {
        let spoilt = conn.changes() != before;
        conn.take_hooks();
        conn.take_late();
        return Ok(if spoilt { Run::Spoilt } else { Run::Over });
    }
    left.take(conn);
    Ok(Run::Over)
}

/// Whether a transaction is open.
fn is_open(conn: &Conn) -> bool {
    matches!(&conn.link, Link::Sqlite(link) if !link.db.connection().is_autocommit())
}

/// Runs one unit so that its error undoes it alone. An error from here is the transaction's.
fn run_in_savepoint(conn: &mut Conn, task: &mut dyn Task, left: &mut Left) -> Result<()> {
    conn.control("SAVEPOINT unit")?;
    match task.run(conn) {
        Verdict::Keep => left.take(conn),
        Verdict::Undo(_) => {
            conn.take_hooks();
            conn.take_late();
            conn.control("ROLLBACK TO unit")?;
        }
    }
    conn.control("RELEASE unit")
}

/// Brings a connection back to no transaction.
fn reset(conn: &mut Conn) {
    conn.take_hooks();
    conn.take_late();
    if is_open(conn)
        && let Err(error) = conn.control("ROLLBACK")
    {
        tracing::error!(%error, "a transaction could not be rolled back");
    }
    conn.take_failure();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shares of a writer that finds these many callers at each of its groups.
    fn shares(callers: &[usize]) -> Vec<usize> {
        let mut crowd = Crowd::default();
        let share = |callers: &usize| {
            crowd.saw(*callers);
            crowd.share(256)
        };
        callers.iter().map(share).collect()
    }

    #[test]
    fn a_group_takes_half_of_the_crowd_but_never_very_few_nor_too_many() {
        assert_eq!(shares(&[0, 1, 8, 48, 64, 2_000]), [FEWEST, FEWEST, FEWEST, FEWEST, 32, 256]);
        assert_eq!(Crowd::default().share(0), 1);
    }

    #[test]
    fn a_crowd_that_has_gone_is_forgotten_little_by_little() {
        let gone = shares(&[&[128][..], &[0; 200]].concat());
        assert!(gone.is_sorted_by(|before, after| before >= after));
        assert_eq!((gone[0], gone[1], gone[200]), (64, 63, FEWEST));
    }
}

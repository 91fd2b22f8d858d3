//! What a unit of work holds: statements, savepoints, and the words in which the engines differ.

use std::fmt::Write as _;

use crate::error::{Error, Result};
use crate::row::FromRow;
use crate::store::postgres::Postgres;
use crate::store::sqlite::Sqlite;

/// A value that can be bound to `$n`, on both engines.
pub trait Param: rusqlite::ToSql + postgres::types::ToSql + Sync {
    /// Whether this is JSON's `null`, which is a value, and no SQL `NULL`.
    #[doc(hidden)]
    fn is_json_null(&self) -> bool;
}

impl<T: rusqlite::ToSql + postgres::types::ToSql + Sync> Param for T {
    fn is_json_null(&self) -> bool {
        use postgres::types::{IsNull, ToSql, Type};
        <T as ToSql>::accepts(&Type::JSONB)
            && matches!(ToSql::to_sql(self, &Type::JSONB, &mut bytes::BytesMut::new()), Ok(IsNull::No))
    }
}

/// Which database a store runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Embedded SQLite.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// A connection inside one unit of work. Everything it runs commits or vanishes together.
pub struct Conn {
    pub(crate) link: Link,
    after_commit: Vec<Box<dyn FnOnce() + Send>>,
    before_commit: Vec<Late>,
    /// The first failed statement that no savepoint has undone: the unit cannot commit.
    failed: Option<Error>,
    /// A conflict or a lost connection: whatever the unit makes of it, it has to be run again.
    doomed: Option<Error>,
    /// Savepoints are only promised: see [`Conn::savepoint`].
    pub(crate) promises: bool,
    /// A promise could not be kept: the unit has to be run again with savepoints that are made.
    broken: bool,
}

pub(crate) enum Link {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl Conn {
    pub(crate) fn new(link: Link) -> Conn {
        Conn {
            link,
            after_commit: Vec::new(),
            before_commit: Vec::new(),
            failed: None,
            doomed: None,
            promises: false,
            broken: false,
        }
    }

    /// Every row of the result.
    pub fn all<T: FromRow>(&mut self, sql: &str, args: &[&dyn Param]) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        self.each(sql, args, |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first row, if there is one.
    pub fn opt<T: FromRow>(&mut self, sql: &str, args: &[&dyn Param]) -> Result<Option<T>> {
        let result = match &mut self.link {
            Link::Sqlite(db) => db.opt(sql, args),
            Link::Postgres(db) => db.opt(sql, args),
        };
        self.noted(result)
    }

    /// The first row; its absence is an error for which [`Error::is_missing`] holds.
    pub fn one<T: FromRow>(&mut self, sql: &str, args: &[&dyn Param]) -> Result<T> {
        self.opt(sql, args)?.ok_or_else(|| Error::no_row(sql))
    }

    /// Runs a statement that returns no rows; answers how many rows it changed.
    pub fn exec(&mut self, sql: &str, args: &[&dyn Param]) -> Result<u64> {
        let result = match &mut self.link {
            Link::Sqlite(db) => db.exec(sql, args),
            Link::Postgres(db) => db.exec(sql, args),
        };
        self.noted(result)
    }

    /// Hands each row to `f` as it arrives, for results too large to hold. An error of `f` ends it.
    pub fn each<T: FromRow>(&mut self, sql: &str, args: &[&dyn Param], f: impl FnMut(T) -> Result<()>) -> Result<()> {
        let result = match &mut self.link {
            Link::Sqlite(db) => db.each(sql, args, f),
            Link::Postgres(db) => db.each(sql, args, f),
        };
        self.noted(result)
    }

    /// Which database this is. For the few modules that may branch on it (search, migrations).
    pub fn engine(&self) -> Engine {
        match self.link {
            Link::Sqlite(_) => Engine::Sqlite,
            Link::Postgres(_) => Engine::Postgres,
        }
    }

    /// What makes a `SELECT` of work to claim pass over rows that another node is claiming.
    pub fn skip_locked(&self) -> &'static str {
        match self.engine() {
            Engine::Sqlite => "",
            Engine::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }

    /// What makes a `SELECT` lock its rows until the commit.
    pub fn for_update(&self) -> &'static str {
        match self.engine() {
            Engine::Sqlite => "",
            Engine::Postgres => " FOR UPDATE",
        }
    }

    /// The number of the oldest transaction that may still go on, for `written_in < {settled}`: rows of earlier ones are
    /// all visible. None where transactions write one after another, so that rows appear in the order of their ids.
    pub fn settled(&self) -> Option<&'static str> {
        match self.engine() {
            Engine::Sqlite => None,
            Engine::Postgres => Some("CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)"),
        }
    }

    /// The list of integers in parameter `$n` (made by [`list`]), for `id IN {among}`: one text whatever the length.
    pub fn among(&self, n: usize) -> String {
        match self.engine() {
            Engine::Sqlite => format!("(SELECT value FROM json_each(${n}))"),
            Engine::Postgres => {
                format!(
                    "(SELECT CAST(v AS BIGINT) FROM json_array_elements_text(CAST(CAST(${n} AS TEXT) AS json)) AS t(v))"
                )
            }
        }
    }

    /// The elements of the JSON array in text parameter `$n`, as rows with one column `value`: `FROM {elements}`. A
    /// batch of any length is then one statement, its fields being `CAST(value ->> 0 AS BIGINT)`, `value ->> 1` and so on.
    pub fn elements(&self, n: usize) -> String {
        match self.engine() {
            Engine::Sqlite => format!("json_each(${n})"),
            Engine::Postgres => format!("jsonb_array_elements(CAST(CAST(${n} AS TEXT) AS jsonb)) AS t(value)"),
        }
    }

    /// The same of the JSON array in a column.
    pub fn elements_of(&self, column: &str) -> String {
        match self.engine() {
            Engine::Sqlite => format!("json_each({column})"),
            Engine::Postgres => format!("jsonb_array_elements({column}) AS t(value)"),
        }
    }

    /// Runs `f` so that its error undoes what it did, and nothing else. Needed around any statement whose failure the
    /// unit wants to survive: PostgreSQL refuses all further work after a failed statement.
    ///
    /// The savepoint is only promised at first, because nearly all of them are for nothing: when `f` fails and has changed
    /// something, the whole unit is run again, this time with savepoints that are made.
    pub fn savepoint<T, E: From<Error>>(&mut self, f: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
        if let Some(error) = self.failed.clone() {
            return Err(error.into());
        }
        let (hooks, late) = (self.after_commit.len(), self.before_commit.len());
        let before = self.changes();
        if !self.promises {
            self.control("SAVEPOINT inner_unit")?;
        }
        let result = f(self);
        let result = match (result, self.failed.take()) {
            (Ok(_), Some(error)) => Err(error.into()),
            (result, _) => result,
        };
        if result.is_err() {
            self.after_commit.truncate(hooks);
            self.before_commit.truncate(late);
            match self.promises {
                // PostgreSQL counts no changes, and goes on with nothing after a statement that failed.
                true => self.broken |= self.changes() != before || self.engine() == Engine::Postgres,
                false => self.control("ROLLBACK TO inner_unit")?,
            }
        }
        if !self.promises {
            self.control("RELEASE inner_unit")?;
        }
        result
    }

    /// How many rows this connection has changed so far; not counted on PostgreSQL.
    pub(crate) fn changes(&self) -> u64 {
        match &self.link {
            Link::Sqlite(db) => db.changes(),
            Link::Postgres(_) => 0,
        }
    }

    /// Whether a promised savepoint was needed since this was last asked.
    pub(crate) fn take_broken(&mut self) -> bool {
        std::mem::take(&mut self.broken)
    }

    /// Runs `f` once the unit is durably committed; forgets it when the unit is undone. It must be quick: it runs before
    /// the caller is answered, on SQLite in the order of the commits.
    pub fn after_commit(&mut self, f: Box<dyn FnOnce() + Send>) {
        self.after_commit.push(f);
    }

    /// Runs `f` in the unit's own transaction, but only when all is about to be committed: for work that is cheaper done
    /// for many units at once, as SQLite's full-text index is. Forgotten when the unit is undone; an error of it undoes
    /// the unit. The unit itself does not see what it does.
    pub fn before_commit(&mut self, f: Late) {
        self.before_commit.push(f);
    }

    /// Takes what the unit wants done before its commit.
    pub(crate) fn take_late(&mut self) -> Vec<Late> {
        std::mem::take(&mut self.before_commit)
    }

    /// Runs transaction control; its failure makes the whole unit fail.
    pub(crate) fn control(&mut self, sql: &str) -> Result<()> {
        let result = match &mut self.link {
            Link::Sqlite(db) => db.exec(sql, &[]).map(drop),
            Link::Postgres(db) => db.batch(sql),
        };
        self.noted(result)
    }

    /// Runs several statements without arguments: migrations.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<()> {
        let result = match &mut self.link {
            Link::Sqlite(db) => db.batch(sql),
            Link::Postgres(db) => db.batch(sql),
        };
        self.noted(result)
    }

    /// Compiles a statement without running it.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn prepare(&mut self, sql: &str) -> Result<()> {
        let result = match &mut self.link {
            Link::Sqlite(db) => db.prepare(sql),
            Link::Postgres(db) => db.prepare(sql),
        };
        self.noted(result)
    }

    /// Takes what the unit left behind: its hooks, and the error that forbids its commit although it did not say so.
    pub(crate) fn take_hooks(&mut self) -> Vec<Box<dyn FnOnce() + Send>> {
        std::mem::take(&mut self.after_commit)
    }

    /// The error because of which the unit cannot commit, whatever it answered. Ready for the next unit afterwards.
    pub(crate) fn take_failure(&mut self) -> Option<Error> {
        let failed = self.failed.take();
        self.doomed.take().or(failed)
    }

    /// Remembers that a statement failed. Both engines then refuse to commit, so that a unit which swallows an error
    /// without a savepoint is found on SQLite too, where it would have worked.
    fn noted<T>(&mut self, result: Result<T, Failure>) -> Result<T> {
        result.map_err(|failure| match failure {
            Failure::Local(error) => error,
            Failure::Database(error) => {
                if error.is_retryable() {
                    self.doomed.get_or_insert_with(|| error.clone());
                }
                self.failed.get_or_insert_with(|| error.clone());
                error
            }
        })
    }
}

/// Work that waits for the commit.
pub type Late = Box<dyn FnOnce(&mut Conn) -> Result<()> + Send>;

/// Why a statement gave no result.
pub(crate) enum Failure {
    /// Noticed on our side: the transaction is unharmed.
    Local(Error),
    /// The database refused: the transaction is spoiled up to the last savepoint.
    Database(Error),
}

/// The error for a number of arguments that does not fit the text.
pub(crate) fn miscounted(sql: &str, wanted: usize, given: usize) -> Failure {
    Failure::Local(Error::other(format!("{given} arguments for {wanted} parameters, in: {sql}")))
}

/// Our own integer ids as the one argument of [`Conn::among`]: `[1,2,3]`.
pub fn list(ids: impl IntoIterator<Item = i64>) -> String {
    let mut text = String::from("[");
    for id in ids {
        if text.len() > 1 {
            text.push(',');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{id}");
    }
    text.push(']');
    text
}

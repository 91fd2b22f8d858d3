//! One connection to an SQLite database with the statements that it has prepared.
//!
//! A unit runs a dozen statements of microseconds each, so what it costs to find one again counts: one look into a map,
//! by a text that is kept once. The driver's own cache copies and hashes the text on each use.

use std::collections::HashMap;

use rusqlite::types::{ToSql, ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, PrepFlags, Statement};

use crate::conn::{Failure, Param, miscounted};
use crate::error::{Error, Result};

/// How many prepared statements a connection keeps. More than the program has texts.
const STATEMENTS: usize = 1024;
/// So many bytes of an argument may stay with its statement until it runs again.
const LASTING: usize = 16 * 1024;

/// The statements by their text, which is ours: no attacker chooses it, so a quick hash will do.
type Statements<'db> = HashMap<Box<str>, Prepared<'db>, foldhash::fast::RandomState>;

self_cell::self_cell!(
    struct Cell {
        owner: Connection,
        #[not_covariant]
        dependent: Statements,
    }
);

/// A connection and its statements.
pub(super) struct Database(Cell);

/// A statement, and where its arguments go.
struct Prepared<'db> {
    statement: Statement<'db>,
    plan: Plan,
}

/// SQLite takes `$3` for a name and numbers names by their first appearance.
enum Plan {
    /// `$1` to `$n` appear in order: the position is the number.
    InOrder(usize),
    /// The position of each `$n`.
    Positions(Vec<usize>),
}

impl Database {
    pub(super) fn new(connection: Connection) -> Database {
        Database(Cell::new(connection, |_| Statements::default()))
    }

    /// The connection itself, for what is no statement.
    pub(super) fn connection(&self) -> &Connection {
        self.0.borrow_owner()
    }

    /// Runs a statement with its arguments in place, which is prepared if it was not yet.
    pub(super) fn run<T>(
        &mut self,
        sql: &str,
        args: &[&dyn Param],
        run: impl FnOnce(&mut Statement<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.0.with_dependent_mut(|connection, statements| {
            if let Some(prepared) = statements.get_mut(sql) {
                return prepared.run(sql, args, run);
            }
            // Texts assembled from filters are many, but bounded; this only keeps a mistake from eating the memory.
            if statements.len() >= STATEMENTS {
                statements.clear();
            }
            let prepared = Prepared::new(connection, sql)?;
            statements.entry(sql.into()).or_insert(prepared).run(sql, args, run)
        })
    }

    /// Compiles a statement without running it.
    #[cfg(any(test, feature = "testing"))]
    pub(super) fn check(&self, sql: &str) -> Result<(), Failure> {
        Prepared::new(self.connection(), sql).map(drop)
    }
}

impl<'db> Prepared<'db> {
    fn new(connection: &'db Connection, sql: &str) -> Result<Prepared<'db>, Failure> {
        let statement = connection.prepare_with_flags(sql, PrepFlags::SQLITE_PREPARE_PERSISTENT);
        let statement = statement.map_err(|e| refused(&e, sql))?;
        let plan = plan(&statement, sql)?;
        Ok(Prepared { statement, plan })
    }

    fn run<T>(
        &mut self,
        sql: &str,
        args: &[&dyn Param],
        run: impl FnOnce(&mut Statement<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let lasting = self.bind(sql, args)?;
        let result = run(&mut self.statement);
        if !lasting {
            self.statement.clear_bindings();
        }
        result
    }

    /// Puts the arguments in their places. False if they are too long to stay there.
    fn bind(&mut self, sql: &str, args: &[&dyn Param]) -> Result<bool, Failure> {
        let wanted = match &self.plan {
            Plan::InOrder(count) => *count,
            Plan::Positions(positions) => positions.len(),
        };
        if wanted != args.len() {
            return Err(miscounted(sql, wanted, args.len()));
        }
        let mut lasting = true;
        for (n, arg) in args.iter().enumerate() {
            let position = match &self.plan {
                Plan::InOrder(_) => n + 1,
                Plan::Positions(positions) => positions[n],
            };
            let bound = bind(&mut self.statement, position, *arg);
            lasting &= bound.map_err(|e| Failure::Local(Error::sqlite(&e, sql)))?;
        }
        Ok(lasting)
    }
}

/// Puts an argument in its place. False if it is too long to stay there.
fn bind(statement: &mut Statement<'_>, position: usize, arg: &dyn Param) -> rusqlite::Result<bool> {
    let output = ToSql::to_sql(arg)?;
    // The driver stores JSON's null as SQL's NULL; PostgreSQL tells them apart, so we do.
    let null = matches!(output, ToSqlOutput::Borrowed(ValueRef::Null) | ToSqlOutput::Owned(Value::Null));
    if null && arg.is_json_null() {
        return statement.raw_bind_parameter(position, "null").map(|()| true);
    }
    let length = match &output {
        ToSqlOutput::Borrowed(ValueRef::Text(bytes) | ValueRef::Blob(bytes)) => bytes.len(),
        ToSqlOutput::Owned(Value::Text(text)) => text.len(),
        ToSqlOutput::Owned(Value::Blob(bytes)) => bytes.len(),
        _ => 0,
    };
    statement.raw_bind_parameter(position, output).map(|()| length <= LASTING)
}

/// Reads the names of a statement's parameters.
fn plan(statement: &Statement<'_>, sql: &str) -> Result<Plan, Failure> {
    let count = statement.parameter_count();
    let mut positions = vec![0; count];
    for position in 1..=count {
        let name = statement.parameter_name(position).unwrap_or_default();
        let number = name.strip_prefix('$').and_then(|number| number.parse::<usize>().ok()).unwrap_or(0);
        match number.checked_sub(1).and_then(|n| positions.get_mut(n)) {
            Some(slot) => *slot = position,
            None => {
                let why = format!("parameters must be $1 to ${count} without a gap, found {name:?}, in: {sql}");
                return Err(Failure::Local(Error::other(why)));
            }
        }
    }
    let in_order = positions.iter().enumerate().all(|(n, position)| *position == n + 1);
    Ok(if in_order { Plan::InOrder(count) } else { Plan::Positions(positions) })
}

/// An error of the engine, with the statement that met it.
pub(super) fn refused(error: &rusqlite::Error, sql: &str) -> Failure {
    Failure::Database(Error::sqlite(error, sql))
}

//! Migrations: the schema as a numbered list of texts, each applied once.

use crate::conn::{Conn, Engine};
use crate::error::{Error, Result};
use crate::selectivity;

/// One step of the schema. Once released its text never changes; a correction is a further step.
///
/// In the texts `{id}` and `{json}` stand for the engine's type of an integer key and of JSON, and `{keyed}` after a
/// table's closing bracket for "rows are stored in the order of the primary key" where the engine has to be told.
#[derive(Clone, Debug)]
pub struct Migration {
    /// The position in the list, from 1.
    pub number: i64,
    /// What it is about, in a word.
    pub name: &'static str,
    /// The statements for both engines.
    pub sql: &'static str,
    /// Statements for SQLite alone, after the common ones.
    pub sqlite: &'static str,
    /// Statements for PostgreSQL alone, after the common ones.
    pub postgres: &'static str,
}

/// Serialises the migrations of several processes: any number that no other program in this database uses.
const LOCK: i64 = 0x706f_7274_6963_6f01;

crate::record! {
    struct Applied { number: i64, name: String, checksum: String }
}

/// Applies what is missing, in one transaction.
pub(crate) fn apply(conn: &mut Conn, set: &[Migration]) -> Result<()> {
    if conn.engine() == Engine::Postgres {
        // What a migration changes as a whole is not looked up key by key, as all else is.
        conn.batch(&format!(
            "SELECT pg_advisory_xact_lock({LOCK}); SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on;
             SET LOCAL enable_mergejoin = on"
        ))?;
    }
    conn.batch(
        "CREATE TABLE IF NOT EXISTS migrations
             (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL)",
    )?;
    let done: Vec<Applied> = conn.all("SELECT number, name, checksum FROM migrations ORDER BY number", &[])?;
    let mut ordered: Vec<&Migration> = set.iter().collect();
    ordered.sort_by_key(|migration| migration.number);
    for pair in ordered.windows(2) {
        if pair[0].number == pair[1].number {
            let (number, one, other) = (pair[0].number, pair[0].name, pair[1].name);
            return Err(Error::other(format!("two migrations have the number {number}: {one} and {other}")));
        }
    }
    let mut changed = false;
    for migration in ordered {
        let checksum = checksum(migration, conn.engine());
        match done.iter().find(|applied| applied.number == migration.number) {
            Some(applied) if applied.checksum == checksum => {}
            Some(applied) => {
                return Err(Error::other(format!(
                    "migration {} ({}) was changed after it had run as {}",
                    migration.number, migration.name, applied.name
                )));
            }
            None => {
                run(conn, migration)?;
                changed = true;
                conn.exec(
                    "INSERT INTO migrations (number, name, checksum) VALUES ($1, $2, $3)",
                    crate::args![migration.number, migration.name, checksum],
                )?;
            }
        }
    }
    if changed && conn.engine() == Engine::Sqlite {
        selectivity::tell(conn)?;
    }
    if let Some(newer) = done.iter().find(|applied| set.iter().all(|known| known.number != applied.number)) {
        // Migrations only add, so an older program may go on while a newer one is being rolled out.
        tracing::warn!(
            number = newer.number,
            name = newer.name,
            "the store has a migration this program does not know"
        );
    }
    Ok(())
}

fn run(conn: &mut Conn, migration: &Migration) -> Result<()> {
    for text in [migration.sql, own(migration, conn.engine())] {
        if !text.trim().is_empty() {
            conn.batch(&with_words(text, conn.engine())).map_err(|error| {
                Error::other(format!("migration {} ({}): {error}", migration.number, migration.name))
            })?;
        }
    }
    Ok(())
}

fn own(migration: &Migration, engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => migration.sqlite,
        Engine::Postgres => migration.postgres,
    }
}

fn with_words(text: &str, engine: Engine) -> String {
    let (id, json, keyed) = match engine {
        Engine::Sqlite => ("INTEGER", "TEXT", "WITHOUT ROWID"),
        Engine::Postgres => ("BIGINT", "JSONB", ""),
    };
    text.replace("{id}", id).replace("{json}", json).replace("{keyed}", keyed)
}

/// FNV-1a over the texts: it finds an edit, and need not withstand an attacker.
pub(crate) fn checksum(migration: &Migration, engine: Engine) -> String {
    let bytes = migration.sql.bytes().chain([0]).chain(own(migration, engine).bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

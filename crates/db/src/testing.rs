//! Throw-away stores, and a look into the catalog, for the tests of every crate.
//!
//! `PORTICO_TEST_POSTGRES` names a server on which tests may create and drop databases
//! (`postgres://postgres@127.0.0.1:5432/postgres`). Without it those tests are left out, with a line that says so;
//! `PORTICO_REQUIRE_POSTGRES=1` makes that a failure.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::conn::Engine;
use crate::error::{Error, Result};
use crate::migrate::{Migration, checksum};
use crate::store::postgres::server as server_at;
use crate::store::{Options, Store, StoreUrl};

/// One SQLite store in memory and, where a server is reachable, one PostgreSQL database of its own, both migrated.
/// What they took is removed when the last clone of a store is dropped.
pub fn stores(migrations: &[Migration]) -> Vec<(&'static str, Store)> {
    let mut stores = vec![("sqlite", memory(migrations))];
    stores.extend(postgres(migrations).map(|store| ("postgres", store)));
    stores
}

/// A migrated SQLite store in memory.
pub fn memory(migrations: &[Migration]) -> Store {
    migrated(&StoreUrl::Memory, Options::default(), migrations)
}

/// A migrated SQLite store in a temporary file, with its own reading connections.
pub fn file(migrations: &[Migration]) -> Store {
    let path = std::env::temp_dir().join(format!("{}.sqlite", unique("portico_test")));
    let store = migrated(&StoreUrl::Sqlite(path.clone()), Options::default(), migrations);
    store.when_closed(move || remove(&path));
    store
}

fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let _ = std::fs::remove_file(name);
    }
}

/// A migrated PostgreSQL database of its own, if there is a server for tests.
pub fn postgres(migrations: &[Migration]) -> Option<Store> {
    let (url, name) = postgres_database(migrations)?;
    let options = Options { pg_connections: 8, ..Options::default() };
    let store = Store::open(&StoreUrl::Postgres(url), options).expect("the test database was just created");
    store.when_closed(move || drop_database(&name));
    Some(store)
}

/// The address and name of a fresh, migrated PostgreSQL database, for tests that open it more than once. Whoever asks
/// for it drops it with [`drop_database`].
pub fn postgres_database(migrations: &[Migration]) -> Option<(String, String)> {
    let server = server()?;
    let hash = migrations.iter().fold(0_u64, |hash, migration| {
        let own = u64::from_str_radix(&checksum(migration, Engine::Postgres), 16).expect("a checksum is hexadecimal");
        hash.rotate_left(7) ^ own
    });
    let (template, name) = (format!("portico_template_{hash:016x}"), unique("portico_test"));
    let (set, url, database) = (migrations.to_vec(), server.clone(), name.clone());
    on_server(move |client| {
        // One process makes the template; the others wait, and copy it.
        client.batch_execute("SELECT pg_advisory_lock(7238401)")?;
        let found = client.query("SELECT 1 FROM pg_database WHERE datname = $1", &[&template])?;
        if found.is_empty() {
            let draft = unique("portico_draft");
            client.batch_execute(&format!("CREATE DATABASE {draft} TEMPLATE template0"))?;
            let options = Options { pg_connections: 1, ..Options::default() };
            drop(migrated(&StoreUrl::Postgres(with_database(&url, &draft)), options, &set));
            client.batch_execute(&format!("ALTER DATABASE {draft} RENAME TO {template}"))?;
        }
        client.batch_execute(&format!("CREATE DATABASE {database} TEMPLATE {template}"))?;
        client.batch_execute("SELECT pg_advisory_unlock(7238401)")
    });
    Some((with_database(&server, &name), name))
}

/// Drops a database made by [`postgres_database`], with whoever is still connected.
pub fn drop_database(name: &str) {
    let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    on_server(move |client| client.batch_execute(&sql));
}

/// Whether the statement can be prepared on the store: its names and types exist there.
pub fn prepare_check(store: &Store, sql: &str) -> Result<()> {
    let sql = sql.to_owned();
    store.read_blocking(move |conn| conn.prepare(&sql))
}

/// How SQLite would find the rows of a statement, a line for each table; empty on PostgreSQL, which decides by figures.
pub fn plan(store: &Store, sql: &str) -> Result<Vec<String>> {
    if store.engine() != Engine::Sqlite {
        return Ok(Vec::new());
    }
    let parameters = (1..).take_while(|n| sql.contains(&format!("${n}"))).count();
    let explain = format!("EXPLAIN QUERY PLAN {sql}");
    store.read_blocking(move |conn| {
        let absent: Option<i64> = None;
        let args: Vec<&dyn crate::Param> = (0..parameters).map(|_| &absent as &dyn crate::Param).collect();
        let rows: Vec<(i64, i64, i64, String)> = conn.all(&explain, &args)?;
        Ok(rows.into_iter().map(|(.., line)| line).collect())
    })
}

/// A primary key or index in the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The table it belongs to.
    pub table: String,
    /// Its name.
    pub name: String,
    /// The columns in order; empty for an expression.
    pub columns: Vec<String>,
}

/// Every primary key and index of the store's own tables. Full-text tables are left out, as their keys are the engine's.
pub fn keys(store: &Store) -> Result<Vec<Key>> {
    let sql = match store.engine() {
        Engine::Sqlite => {
            "SELECT t.name, 'primary key', c.name, CAST(c.pk AS BIGINT) AS place
             FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c
             WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND c.pk > 0
             UNION ALL
             SELECT t.name, i.name, coalesce(c.name, ''), CAST(c.seqno AS BIGINT)
             FROM pragma_table_list AS t JOIN pragma_index_list(t.name) AS i JOIN pragma_index_info(i.name) AS c
             WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND i.origin <> 'pk'
             ORDER BY 1, 2, 4"
        }
        Engine::Postgres => {
            "SELECT CAST(t.relname AS TEXT), CAST(i.relname AS TEXT), coalesce(CAST(a.attname AS TEXT), ''), k.place
             FROM pg_index AS x
             JOIN pg_class AS i ON i.oid = x.indexrelid
             JOIN pg_class AS t ON t.oid = x.indrelid
             CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS k(attribute, place)
             LEFT JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.attribute
             WHERE t.relnamespace = CAST(current_schema() AS regnamespace)
             ORDER BY 1, 2, 4"
        }
    };
    let rows: Vec<(String, String, String, i64)> = store.read_blocking(move |conn| conn.all(sql, &[]))?;
    let mut keys: Vec<Key> = Vec::new();
    for (table, name, column, _) in rows {
        match keys.last_mut().filter(|key| key.table == table && key.name == name) {
            Some(key) => key.columns.push(column),
            None => keys.push(Key { table, name, columns: vec![column] }),
        }
    }
    Ok(keys)
}

fn migrated(url: &StoreUrl, options: Options, migrations: &[Migration]) -> Store {
    let store = Store::open(url, options).expect("a store for tests opens");
    store.migrate(migrations).expect("the migrations apply");
    store
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration to be handed")]
pub(crate) fn server() -> Option<String> {
    if let Ok(url) = std::env::var("PORTICO_TEST_POSTGRES") {
        return Some(url);
    }
    assert!(
        std::env::var("PORTICO_REQUIRE_POSTGRES").is_err(),
        "PORTICO_REQUIRE_POSTGRES is set, but PORTICO_TEST_POSTGRES names no server"
    );
    eprintln!("=== PostgreSQL LEFT OUT of this test: PORTICO_TEST_POSTGRES names no server ===");
    None
}

/// Runs `f` on the server's own database, on a thread of its own, because the client must not be used in a runtime.
fn on_server(f: impl FnOnce(&mut postgres::Client) -> Result<(), postgres::Error> + Send + 'static) {
    let Some(url) = server() else { return };
    let work = move || {
        let mut client = server_at(&url)?.connect()?;
        f(&mut client).map_err(|e| Error::postgres(&e, "test database"))
    };
    let done = std::thread::spawn(work).join().expect("the thread for the test database does not panic");
    done.expect("the server accepts test databases");
}

/// The same address with another database: the part between the authority and the query.
fn with_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(address, query)| (address, Some(query)));
    let authority_end = address.find("://").map_or(0, |at| at + 3);
    let path = address[authority_end..].find('/').map_or(address.len(), |at| authority_end + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{name}{query}", &address[..path])
}

#[expect(clippy::disallowed_methods, reason = "a name that no earlier run has left behind")]
fn unique(prefix: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).subsec_nanos();
    format!("{prefix}_{}_{}_{nanos}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Lets a database of SQLite become no larger than so many pages, or than it is; answers how many that are.
pub fn limit_pages(conn: &mut crate::conn::Conn, most: i64) -> Result<i64> {
    conn.one::<(i64,)>(&format!("PRAGMA max_page_count = {most}"), &[]).map(|(pages,)| pages)
}

//! What only a server can do to us: conflicts, lost connections, several nodes at once.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};

use super::SCHEMA;
use crate::{Conn, Error, Options, Result, Store, StoreUrl, args, testing};

fn counter(store: &Store) -> i64 {
    let row: (i64,) = store
        .read_blocking(|conn| conn.one("SELECT n FROM counters WHERE company = 1 AND id = $1", args![1_i64]))
        .expect("the counter can be read");
    row.0
}

#[test]
fn units_in_conflict_are_run_again_until_none_is_lost() {
    let Some(store) = testing::postgres(SCHEMA) else { return };
    let runs = Arc::new(AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    let runs = runs.clone();
                    let done: Result<()> = store.write_blocking(move |conn| {
                        runs.fetch_add(1, Ordering::SeqCst);
                        let sql = "SELECT n FROM counters WHERE company = 1 AND id = $1";
                        let (n,): (i64,) = conn.one(sql, args![1_i64])?;
                        let sql = "UPDATE counters SET n = $2 WHERE company = 1 AND id = $1";
                        conn.exec(sql, args![1_i64, n + 1]).map(drop)
                    });
                    done.expect("it succeeds in the end");
                }
            });
        }
    });
    assert_eq!(counter(&store), 100);
    assert!(runs.load(Ordering::SeqCst) >= 100);
}

#[test]
fn a_conflict_that_the_unit_swallows_is_run_again_all_the_same() {
    let Some(store) = testing::postgres(SCHEMA) else { return };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let done: Result<()> = store.write_blocking(move |conn| {
                        let raised: Result<u64> = conn.savepoint(|conn| {
                            let sql = "SELECT n FROM counters WHERE company = 1 AND id = $1";
                            let (n,): (i64,) = conn.one(sql, args![1_i64])?;
                            conn.exec("UPDATE counters SET n = $2 WHERE company = 1 AND id = $1", args![1_i64, n + 1])
                        });
                        // As the rules do: what fails is undone alone, and the unit goes on.
                        let _ = raised;
                        Ok(())
                    });
                    done.expect("it succeeds in the end");
                }
            });
        }
    });
    assert_eq!(counter(&store), 40);
}

#[test]
fn a_lost_connection_is_opened_again() {
    let Some((url, name)) = testing::postgres_database(SCHEMA) else { return };
    let options = Options { pg_connections: 1, ..Options::default() };
    let store = Store::open(&StoreUrl::Postgres(url.clone()), options.clone()).expect("it opens");
    let other = Store::open(&StoreUrl::Postgres(url), options).expect("it opens");
    let process = |conn: &mut Conn| conn.one::<(i64,)>("SELECT CAST(pg_backend_pid() AS BIGINT)", &[]);
    for kill_inside in [false, true] {
        let (victim,) = store.read_blocking(process).expect("it answers");
        let kill = move |conn: &mut Conn| {
            conn.one::<(bool,)>("SELECT pg_terminate_backend(CAST(CAST($1 AS BIGINT) AS INTEGER))", args![victim])
        };
        if !kill_inside {
            other.read_blocking(kill).expect("it is killed");
        }
        let (runs, killer) = (Arc::new(AtomicUsize::new(0)), other.clone());
        let counted = runs.clone();
        let done: Result<()> = store.write_blocking(move |conn| {
            conn.exec("UPDATE counters SET n = n + 1 WHERE company = 1 AND id = $1", args![1_i64])?;
            if kill_inside && counted.fetch_add(1, Ordering::SeqCst) == 0 {
                killer.read_blocking(kill)?;
                conn.one::<(i64,)>("SELECT n FROM counters WHERE company = 1 AND id = $1", args![1_i64])?;
            }
            Ok(())
        });
        done.expect("it is run on a new connection");
        assert_eq!(counter(&store), if kill_inside { 2 } else { 1 });
        assert_ne!(store.read_blocking(process).expect("it answers").0, victim);
        assert_eq!(runs.load(Ordering::SeqCst), if kill_inside { 2 } else { 0 });
    }
    drop((store, other));
    testing::drop_database(&name);
}

/// Lets a database take changes, or none, from connections to come. The one that says so may be one of them.
fn takes_changes(store: &Store, database: &str, does: bool) -> Result<()> {
    let sql = format!("ALTER DATABASE {database} SET default_transaction_read_only = {}", !does);
    store.write_blocking(move |conn| {
        conn.exec("SET TRANSACTION READ WRITE", &[])?;
        conn.exec(&sql, &[]).map(drop)
    })
}

#[test]
fn a_server_that_takes_no_changes_is_known_before_units_are_given_up() {
    let Some((url, name)) = testing::postgres_database(SCHEMA) else { return };
    let options = Options { pg_connections: 2, ..Options::default() };
    let other = Store::open(&StoreUrl::Postgres(url.clone()), options.clone()).expect("it opens");
    takes_changes(&other, &name, false).expect("it takes no changes");
    let store = Store::open(&StoreUrl::Postgres(url), options).expect("it can be read");
    // Asking once tells at once whether there is anything to find out.
    let is_doubted = |store: &Store| {
        let mut asked = std::pin::pin!(store.unwritable());
        asked.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending()
    };
    assert!(!is_doubted(&store), "nobody has wanted to write");
    let (runs, doubts) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let (doubted, same, helper, database) = (doubts.clone(), store.clone(), other.clone(), name.clone());
    let done: Result<u64> = store.write_blocking(move |conn| {
        if runs.fetch_add(1, Ordering::SeqCst) == 1 {
            doubted.fetch_add(usize::from(is_doubted(&same)), Ordering::SeqCst);
            takes_changes(&helper, &database, true)?;
        }
        conn.exec("UPDATE counters SET n = n + 1 WHERE company = 1 AND id = $1", args![1_i64])
    });
    done.expect("it is run until changes are taken");
    assert_eq!(doubts.load(Ordering::SeqCst), 1, "it was known while the unit was still tried");
    drop((store, other));
    testing::drop_database(&name);
}

#[test]
fn a_connection_lost_in_the_commit_leaves_the_outcome_open() {
    let Some((url, name)) = testing::postgres_database(SCHEMA) else { return };
    let options = Options { pg_connections: 1, ..Options::default() };
    let store = Store::open(&StoreUrl::Postgres(url.clone()), options.clone()).expect("it opens");
    let other = Store::open(&StoreUrl::Postgres(url), options).expect("it opens");
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    // The connection is cut after the unit's last statement, so that the commit is the first to notice.
    let done: Result<()> = store.write_blocking(move |conn| {
        counted.fetch_add(1, Ordering::SeqCst);
        let (victim,) = conn.one::<(i64,)>("SELECT CAST(pg_backend_pid() AS BIGINT)", &[])?;
        other.read_blocking(move |conn| {
            conn.one::<(bool,)>("SELECT pg_terminate_backend(CAST(CAST($1 AS BIGINT) AS INTEGER))", args![victim])
        })?;
        Ok(())
    });
    let error = done.expect_err("nobody can know");
    assert!(error.outcome_unknown() && error.is_retryable(), "{error}");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(counter(&store), 0);
    drop(store);
    testing::drop_database(&name);
}

#[test]
fn several_processes_may_migrate_at_once() {
    let Some((url, name)) = testing::postgres_database(&[]) else { return };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let options = Options { pg_connections: 1, ..Options::default() };
                let store = Store::open(&StoreUrl::Postgres(url.clone()), options).expect("it opens");
                store.migrate(SCHEMA).expect("it migrates, or finds it done");
                assert_eq!(counter(&store), 0);
            });
        }
    });
    testing::drop_database(&name);
}

#[test]
fn an_address_that_refuses_us_is_an_error_at_once() {
    let Some((url, name)) = testing::postgres_database(&[]) else { return };
    testing::drop_database(&name);
    let opened = Store::open(&StoreUrl::Postgres(url), Options::default());
    let error: Error = opened.err().expect("the database is gone");
    assert!(!error.is_retryable(), "{error}");
}

#[test]
fn a_small_table_is_read_by_its_key_as_a_large_one_will_be() {
    let Some(store) = testing::postgres(SCHEMA) else { return };
    let plan: Result<Vec<(String,)>> = store.write_blocking(|conn| {
        conn.batch("INSERT INTO counters (company, id, n) SELECT 1, i, 0 FROM generate_series(2, 300) AS i")?;
        conn.batch("ANALYZE counters")?;
        let among = conn.among(2);
        let sql = format!("EXPLAIN SELECT id, n FROM counters WHERE company = $1 AND id IN {among}");
        conn.all(&sql, args![1_i64, crate::list(2..=250)])
    });
    let plan: Vec<String> = plan.expect("there is a plan").into_iter().map(|(line,)| line).collect();
    assert!(plan.iter().any(|line| line.contains("Index Cond: ((company = ") && line.contains("(id = ")), "{plan:#?}");
}

//! How units of work are run: alone in effect, together in commit, each answered once.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use super::{SCHEMA, stores};
use crate::{Conn, Error, Options, Result, Store, StoreUrl, UnitError, args, testing};

fn put(conn: &mut Conn, id: i64) -> Result<u64> {
    conn.exec("INSERT INTO samples (company, id) VALUES (1, $1)", args![id])
}

fn ids(store: &Store) -> Vec<i64> {
    let rows: Vec<(i64,)> = store
        .read_blocking(|conn| conn.all("SELECT id FROM samples WHERE company = $1 ORDER BY id", args![1_i64]))
        .expect("the samples can be read");
    rows.into_iter().map(|(id,)| id).collect()
}

/// Keeps the writer of a store busy until the sender is dropped, so that what follows is one group.
fn hold(store: &Store) -> mpsc::Sender<()> {
    let (release, held) = mpsc::channel::<()>();
    let (started, start) = mpsc::channel();
    let (held, store) = (Mutex::new(held), store.clone());
    std::thread::spawn(move || {
        let _: Result<()> = store.write_blocking(move |_| {
            let _ = started.send(());
            let _ = held.lock().expect("nobody panics with it").recv();
            Ok(())
        });
    });
    start.recv().expect("the unit starts");
    release
}

#[test]
fn a_full_disk_is_told_from_other_failures() {
    let store = testing::memory(SCHEMA);
    let grow = |conn: &mut Conn| {
        conn.one::<(i64,)>("PRAGMA max_page_count = 1", &[])?;
        (0..10_000).try_for_each(|id| put(conn, id).map(drop))
    };
    let error = store.write_blocking(grow).expect_err("there is no room");
    assert!(error.is_full() && !error.is_retryable(), "{error}");
    assert!(ids(&store).is_empty());
}

#[test]
fn an_error_or_a_panic_hurts_only_its_own_unit() {
    for (name, store) in stores() {
        let busy = hold(&store);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
        let handles: Vec<_> = (0..30)
            .map(|id| {
                let store = store.clone();
                runtime.spawn(async move {
                    let unit = move |conn: &mut Conn| {
                        put(conn, id)?;
                        match id % 3 {
                            0 => Ok(id),
                            1 => Err(Error::no_row("on purpose")),
                            _ => panic!("on purpose {id}"),
                        }
                    };
                    store.write(unit).await
                })
            })
            .collect();
        drop(busy);
        for (id, handle) in handles.into_iter().enumerate() {
            let answer = runtime.block_on(handle).expect("the caller lives");
            match id % 3 {
                0 => assert_eq!(answer.expect("it is fine"), id as i64, "{name}"),
                1 => assert!(answer.expect_err("it failed").is_missing(), "{name}"),
                _ => assert!(answer.expect_err("it panicked").is_panic(), "{name}"),
            }
        }
        assert_eq!(ids(&store), (0..30).filter(|id| id % 3 == 0).collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn a_group_that_fails_is_run_again_one_by_one() {
    let store = testing::file(SCHEMA);
    let busy = hold(&store);
    let runs = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..9_i64)
        .map(|id| {
            let (store, runs) = (store.clone(), runs.clone());
            std::thread::spawn(move || {
                store.write_blocking(move |conn| {
                    runs.fetch_add(1, Ordering::SeqCst);
                    put(conn, id)?;
                    // The transaction itself is lost here, with whatever the others did in it.
                    if id == 4 { conn.exec("ROLLBACK", &[]) } else { Ok(0) }
                })
            })
        })
        .collect();
    drop(busy);
    for (id, caller) in callers.into_iter().enumerate() {
        assert_eq!(caller.join().expect("no panic").is_err(), id == 4, "unit {id}");
    }
    assert_eq!(ids(&store), [0, 1, 2, 3, 5, 6, 7, 8]);
    assert!(runs.load(Ordering::SeqCst) >= 9);
}

#[test]
fn hooks_run_after_the_commit_in_its_order_and_never_for_what_was_undone() {
    for (name, store) in stores() {
        let (heard, hear) = mpsc::channel();
        let heard = Mutex::new(heard);
        let say = move |conn: &mut Conn, text: &'static str| {
            let heard = heard.lock().expect("nobody panics with it").clone();
            conn.after_commit(Box::new(move || heard.send(text).expect("the test listens")));
        };
        let say = Arc::new(say);
        for (id, fails) in [(1, false), (2, true), (3, false)] {
            let say = say.clone();
            let _: Result<()> = store.write_blocking(move |conn| {
                put(conn, id)?;
                say(conn, if id == 1 { "one" } else { "later" });
                let inner: Result<()> = conn.savepoint(|conn| {
                    say(conn, "undone");
                    Err(Error::no_row("on purpose"))
                });
                assert!(inner.is_err());
                conn.savepoint(|conn| {
                    say(conn, "kept");
                    Ok::<_, Error>(())
                })?;
                if fails { Err(Error::no_row("on purpose")) } else { Ok(()) }
            });
        }
        assert_eq!(hear.try_iter().collect::<Vec<_>>(), ["one", "kept", "later", "kept"], "{name}");
    }
}

#[test]
fn a_savepoint_is_undone_alone() {
    for (name, store) in stores() {
        let done: Result<bool> = store.write_blocking(|conn| {
            put(conn, 1)?;
            let twice = conn.savepoint(|conn| {
                put(conn, 2)?;
                conn.savepoint(|conn| put(conn, 3))?;
                put(conn, 1)
            });
            put(conn, 4)?;
            Ok(twice.is_err_and(|e: Error| e.is_duplicate()))
        });
        assert!(done.unwrap_or_else(|e| panic!("{name}: {e}")), "{name}");
        assert_eq!(ids(&store), [1, 4], "{name}");
    }
}

#[test]
fn a_swallowed_failure_cannot_commit() {
    for (name, store) in stores() {
        let done: Result<()> = store.write_blocking(|conn| {
            put(conn, 1)?;
            let _ = put(conn, 1);
            Ok(())
        });
        assert!(done.expect_err("PostgreSQL would roll it back").is_duplicate(), "{name}");
        assert!(ids(&store).is_empty(), "{name}");
    }
}

#[test]
fn a_caller_that_goes_away_does_not_disturb_its_unit() {
    for (name, store) in stores() {
        let busy = hold(&store);
        let unit = |conn: &mut Conn| put(conn, 1);
        let mut future = Box::pin(store.write(unit));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending(), "{name}");
        drop(future);
        drop(busy);
        let seen: Result<u64> = store.write_blocking(|conn| put(conn, 2));
        seen.unwrap_or_else(|e| panic!("{name}: {e}"));
        while ids(&store) != [1, 2] {
            std::thread::yield_now();
        }
    }
}

#[test]
fn the_last_clone_waits_for_the_units_under_way() {
    let path = std::env::temp_dir().join(format!("portico_last_{}.sqlite", std::process::id()));
    let url = StoreUrl::Sqlite(path.clone());
    let store = Store::open(&url, Options::default()).expect("it opens");
    store.migrate(SCHEMA).expect("it migrates");
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for id in 0..100 {
        let unit = move |conn: &mut Conn| put(conn, id);
        let _ = Box::pin(store.write(unit)).as_mut().poll(&mut context);
    }
    drop(store);
    let store = Store::open(&url, Options::default()).expect("it opens again");
    assert_eq!(ids(&store).len(), 100);
    drop(store);
    let _ = std::fs::remove_file(path);
}

#[test]
fn a_full_queue_answers_busy() {
    let store = Store::open(&StoreUrl::Memory, Options { queue_limit: 1, ..Options::default() }).expect("it opens");
    let busy = hold(&store);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let waits = |_: &mut Conn| Ok::<_, Error>(());
    let mut first = Box::pin(store.write(waits));
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(store.write_blocking(waits).expect_err("there is no room").is_retryable());
    drop(busy);
}

#[test]
fn what_waits_behind_a_group_still_counts() {
    let options = Options { queue_limit: 2, group_limit: 1, ..Options::default() };
    let store = Store::open(&StoreUrl::Memory, options).expect("it opens");
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let busy = hold(&store);
    let mut wait = || {
        let (release, held) = mpsc::channel::<()>();
        let (started, start) = mpsc::channel();
        let held = Mutex::new(held);
        let mut unit = Box::pin(store.write(move |_: &mut Conn| {
            let _ = started.send(());
            let _ = held.lock().expect("nobody panics with it").recv();
            Ok::<_, Error>(())
        }));
        assert!(unit.as_mut().poll(&mut context).is_pending());
        (start, release, unit)
    };
    let (first, second) = (wait(), wait());
    drop(busy);
    // The writer has taken both, and there is room for two more behind them.
    first.0.recv().expect("the first of them starts");
    let more = (wait(), wait());
    drop(first);
    second.0.recv().expect("the second starts, in a group of its own");
    let mut last = Box::pin(store.write(|_: &mut Conn| Ok::<_, Error>(())));
    let answer = last.as_mut().poll(&mut context);
    assert!(matches!(&answer, std::task::Poll::Ready(Err(error)) if error.is_retryable()), "{answer:?}");
    drop((second, more));
}

#[test]
fn two_processes_may_write_one_file() {
    let path = std::env::temp_dir().join(format!("portico_two_{}.sqlite", std::process::id()));
    let url = StoreUrl::Sqlite(path.clone());
    let stores: Vec<Store> = (0..2).map(|_| Store::open(&url, Options::default()).expect("it opens")).collect();
    std::thread::scope(|scope| {
        for (n, store) in stores.iter().enumerate() {
            scope.spawn(move || {
                store.migrate(SCHEMA).expect("both migrate");
                for id in 0..40 {
                    let written: Result<u64> = store.write_blocking(move |conn| put(conn, id * 2 + n as i64));
                    written.expect("both write");
                }
            });
        }
    });
    assert_eq!(ids(&stores[0]).len(), 80);
    drop(stores);
    let _ = std::fs::remove_file(path);
}

/// A domain's own error, as `desk` has one.
#[derive(Debug)]
enum Domain {
    Database(Error),
    Refused,
}

impl From<Error> for Domain {
    fn from(error: Error) -> Domain {
        Domain::Database(error)
    }
}

impl UnitError for Domain {
    fn database(&self) -> Option<&Error> {
        match self {
            Domain::Database(error) => Some(error),
            Domain::Refused => None,
        }
    }
}

#[test]
fn a_unit_answers_with_its_own_error() {
    for (name, store) in stores() {
        let refused: Result<(), Domain> = store.write_blocking(|conn| {
            put(conn, 1)?;
            conn.savepoint(|_| Err(Domain::Refused))
        });
        assert!(matches!(refused, Err(Domain::Refused)), "{name}");
        assert!(ids(&store).is_empty(), "{name}");
    }
}

#[test]
fn what_waits_for_the_commit_is_part_of_it() {
    for (name, store) in stores() {
        let unit = |fails: bool| {
            move |conn: &mut crate::Conn| {
                put(conn, 1)?;
                conn.before_commit(Box::new(move |conn| {
                    put(conn, 2)?;
                    if fails { Err(crate::Error::no_row("on purpose")) } else { Ok(()) }
                }));
                Ok::<(), crate::Error>(())
            }
        };
        assert!(store.write_blocking(unit(true)).is_err(), "{name}");
        assert_eq!(ids(&store), Vec::<i64>::new(), "{name}: an error undoes the unit");
        store.write_blocking(unit(false)).expect("it is fine");
        assert_eq!(ids(&store), [1, 2], "{name}");
        let undone = store.write_blocking(|conn| {
            let inner: crate::Result<()> = conn.savepoint(|conn| {
                conn.before_commit(Box::new(|conn| put(conn, 3).map(drop)));
                Err(crate::Error::no_row("on purpose"))
            });
            assert!(inner.is_err());
            Ok::<(), crate::Error>(())
        });
        undone.expect("it is fine");
        assert_eq!(ids(&store), [1, 2], "{name}: what an undone part left is forgotten");
    }
}

#[test]
fn a_part_that_is_undone_costs_its_neighbours_nothing() {
    for (name, store) in stores() {
        let runs = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = runs.clone();
        let unit = move |conn: &mut crate::Conn| {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            put(conn, 10)?;
            let inner: crate::Result<()> = conn.savepoint(|conn| {
                put(conn, 11)?;
                Err(crate::Error::no_row("on purpose"))
            });
            assert!(inner.is_err());
            put(conn, 12).map(drop)
        };
        // All wait while the first sleeps, so that on SQLite they share one commit.
        let (slow, others) = (store.clone(), store.clone());
        let first = std::thread::spawn(move || {
            slow.write_blocking(|conn| {
                std::thread::sleep(std::time::Duration::from_millis(50));
                put(conn, 1).map(drop)
            })
        });
        let second = std::thread::spawn(move || others.write_blocking(unit));
        assert!(first.join().expect("the first ends").is_ok(), "{name}");
        assert!(second.join().expect("the second ends").is_ok(), "{name}");
        assert_eq!(ids(&store), [1, 10, 12], "{name}");
        assert!(runs.load(std::sync::atomic::Ordering::Relaxed) <= 3, "{name}: it is run again once");
    }
}

#[test]
fn the_log_is_copied_beside_the_writer_and_stays_bounded() {
    let path = std::env::temp_dir().join(format!("portico-checkpoints-{}.db", std::process::id()));
    let options = Options { checkpoint_pages: 100, ..Options::default() };
    let store = Store::open(&StoreUrl::Sqlite(path.clone()), options).expect("the store opens");
    store.migrate(SCHEMA).expect("the migrations apply");
    let log = PathBuf::from(format!("{}-wal", path.display()));
    for id in 0..400 {
        // Each fills about twenty pages.
        let sql = "INSERT INTO samples (company, id, bytes) VALUES (1, $1, $2)";
        let put: Result<u64> = store.write_blocking(move |conn| conn.exec(sql, args![id, vec![7_u8; 80_000]]));
        put.expect("it is kept");
    }
    let pages = std::fs::metadata(&log).expect("the log is there").len() / 4096;
    assert!((100..2_000).contains(&pages), "the log has {pages} pages after 400 units of twenty");
    let count: Result<(i64,)> = store.read_blocking(|conn| conn.one("SELECT count(*) FROM samples", &[]));
    assert_eq!(count.expect("they are counted").0, 400);
    drop(store);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
}

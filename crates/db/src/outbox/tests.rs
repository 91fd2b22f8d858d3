//! What the outbox promises, on both engines.

use serde_json::{Value, json};

use super::*;
use crate::migrate::Migration;
use crate::store::Store;
use crate::{Json, Result, args, testing};

pub(super) const SCHEMA: &[Migration] = &[
    Migration {
        number: 1,
        name: "outbox",
        sql: include_str!("../../../../migrations/0001_outbox.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 27,
        name: "lanes_with_heads",
        sql: include_str!("../../../../migrations/0027_lanes_with_heads.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 30,
        name: "lanes_with_ends",
        sql: include_str!("../../../../migrations/0030_lanes_with_ends.sql"),
        sqlite: "",
        postgres: "",
    },
];

const COMPANY: i64 = 7;
const TOPIC: i64 = 1;
const LEASE: i64 = 1_000;

fn lane(subject: i64) -> Lane {
    Lane { topic: TOPIC, subscriber: 5, subject }
}

fn write<T: Send + 'static>(store: &Store, unit: impl Fn(&mut Conn) -> Result<T> + Send + 'static) -> T {
    store.write_blocking(unit).expect("the unit succeeds")
}

fn put_one(store: &Store, node: i64, now: i64, subject: i64, id: i64) -> Placed {
    write(store, move |conn| {
        let payload = json!({"n": id});
        put(conn, COMPANY, node, now, LEASE, &NewJob { id, lane: lane(subject), event: id * 10, payload: &payload })
    })
}

fn claim_ids(store: &Store, node: i64, now: i64, lanes: i64, depth: i64) -> Vec<(i64, Vec<i64>)> {
    let mut runs = write(store, move |conn| {
        let lapsed = has_lapsed(conn, COMPANY, TOPIC, now)?;
        let mut runs = claim(conn, Whose::Lapsed, COMPANY, TOPIC, node, now, LEASE, lanes, depth)?;
        assert!(lapsed || runs.is_empty());
        runs.extend(claim(conn, Whose::Nobodys, COMPANY, TOPIC, node, now, LEASE, lanes, depth)?);
        Ok(runs)
    });
    runs.sort_by_key(|run| run.lane);
    ids(&runs)
}

fn ids(runs: &[Run]) -> Vec<(i64, Vec<i64>)> {
    runs.iter().map(|run| (run.lane.subject, run.jobs.iter().map(|job| job.id).collect())).collect()
}

fn done(subject: i64, ids: &[i64]) -> Outcome {
    let finished =
        ids.iter().map(|id| Finished { id: *id, ending: Ending::Done, tries: 1, log: Json::of(&json!(["200"])) });
    Outcome { company: COMPANY, lane: lane(subject), finished: finished.collect(), retry: None }
}

fn finish_all(store: &Store, node: i64, now: i64, depth: i64, outcomes: Vec<Outcome>) -> Vec<Run> {
    write(store, move |conn| finish(conn, node, now, LEASE, depth, &outcomes))
}

fn states(store: &Store) -> Vec<(i64, i64, i64, Option<i64>, Value)> {
    let sql = "SELECT id, state, tries, finished_at, log FROM outbox WHERE company = $1 ORDER BY id";
    store.read_blocking(move |conn| conn.all(sql, args![COMPANY])).expect("the log can be read")
}

fn lanes(store: &Store) -> Vec<(i64, i64, i64, i64)> {
    let sql = "SELECT subject, due_at, tries, holder FROM outbox_lanes WHERE company = $1 ORDER BY subject";
    store.read_blocking(move |conn| conn.all(sql, args![COMPANY])).expect("the lanes can be read")
}

#[test]
fn a_lane_keeps_its_order_and_goes_when_it_is_empty() {
    for (name, store) in testing::stores(SCHEMA) {
        assert_eq!(put_one(&store, 1, 0, 1, 11), Placed::Head, "{name}");
        for (place, id) in (1..).zip(12..=15) {
            assert_eq!(put_one(&store, 1, 0, 1, id), Placed::Behind { place, head: 11 }, "{name}");
        }
        // The head is with node 1 already: nothing to claim while its lease lasts.
        assert_eq!(claim_ids(&store, 2, 10, 10, 10), [], "{name}");
        let next = finish_all(&store, 1, 20, 2, vec![done(1, &[11])]);
        assert_eq!(ids(&next), [(1, vec![12, 13])], "{name}");
        assert_eq!((&next[0].jobs[0].payload, next[0].jobs[0].event), (&json!({"n": 12}), 120), "{name}");
        let next = finish_all(&store, 1, 30, 9, vec![done(1, &[12, 13])]);
        assert_eq!(ids(&next), [(1, vec![14, 15])], "{name}");
        assert_eq!(finish_all(&store, 1, 40, 9, vec![done(1, &[14, 15])]), [], "{name}");
        assert_eq!(lanes(&store), [], "{name}");
        let states = states(&store);
        assert!(states.iter().all(|(_, state, tries, _, log)| (*state, *tries, log) == (1, 1, &json!(["200"]))));
        assert_eq!(states.iter().map(|state| state.3).collect::<Vec<_>>(), [20, 30, 30, 40, 40].map(Some), "{name}");
        assert_eq!(put_one(&store, 1, 50, 1, 16), Placed::Head, "{name}: the lane is idle again");
    }
}

#[test]
fn lanes_do_not_wait_for_each_other() {
    for (name, store) in testing::stores(SCHEMA) {
        for subject in 1..=3 {
            put_one(&store, 1, 0, subject, subject * 10);
            put_one(&store, 1, 0, subject, subject * 10 + 1);
        }
        let retry = Retry { id: 10, at: 500, tries: 1, log: Json::of(&json!(["503"])) };
        let stuck = Outcome { company: COMPANY, lane: lane(1), finished: vec![], retry: Some(retry) };
        let next = finish_all(&store, 1, 20, 5, vec![stuck, done(3, &[30]), done(2, &[20, 21])]);
        assert_eq!(ids(&next), [(3, vec![31])], "{name}");
        assert_eq!(lanes(&store), [(1, 500, 1, 0), (3, 20 + LEASE, 0, 1)], "{name}");
    }
}

#[test]
fn a_failed_head_is_retried_when_its_time_has_come() {
    for (name, store) in testing::stores(SCHEMA) {
        for id in 1..=3 {
            put_one(&store, 1, 0, 1, id);
        }
        let next = finish_all(&store, 1, 0, 9, vec![done(1, &[])]);
        assert_eq!(ids(&next), [(1, vec![1, 2, 3])], "{name}");
        let retry = Some(Retry { id: 2, at: 900, tries: 1, log: Json::of(&json!([{"status": 503}])) });
        assert_eq!(finish_all(&store, 1, 100, 9, vec![Outcome { retry, ..done(1, &[1]) }]), [], "{name}");
        assert_eq!(put_one(&store, 1, 150, 1, 4), Placed::Behind { place: 3, head: 1 }, "{name}: the lane waits");
        let due = store.read_blocking(|conn| next_due(conn, COMPANY, TOPIC)).expect("it is known");
        assert_eq!(due, Some(900), "{name}");
        assert_eq!(claim_ids(&store, 2, 899, 5, 5), [], "{name}");
        let runs = write(&store, |conn| claim(conn, Whose::Nobodys, COMPANY, TOPIC, 2, 900, LEASE, 5, 5));
        assert_eq!(ids(&runs), [(1, vec![2, 3, 4])], "{name}");
        assert_eq!((runs[0].tries, &runs[0].jobs[0].log), (1, &json!([{"status": 503}])), "{name}");
    }
}

#[test]
fn a_dead_job_lets_the_lane_go_on() {
    for (name, store) in testing::stores(SCHEMA) {
        put_one(&store, 1, 0, 1, 1);
        put_one(&store, 1, 0, 1, 2);
        let dead = Finished { id: 1, ending: Ending::Dead, tries: 9, log: Json::of(&json!(["410"])) };
        let next = finish_all(&store, 1, 5, 9, vec![Outcome { finished: vec![dead], ..done(1, &[]) }]);
        assert_eq!(ids(&next), [(1, vec![2])], "{name}");
        assert_eq!(states(&store)[0], (1, 2, 9, Some(5), json!(["410"])), "{name}");
        assert_eq!(finish_all(&store, 1, 7, 9, vec![done(1, &[2])]), [], "{name}");
    }
}

#[test]
fn a_kept_lane_stays_until_a_later_outcome_ends_it() {
    for (name, store) in testing::stores(SCHEMA) {
        for subject in 1..=2 {
            put_one(&store, 1, 0, subject, subject * 10);
            put_one(&store, 1, 0, subject, subject * 10 + 1);
        }
        let kept = |lanes: &[i64]| lanes.iter().map(|subject| (COMPANY, lane(*subject))).collect::<Kept>();
        let (both, none) = (kept(&[1, 2]), kept(&[]));
        let heads = [done(1, &[10]), done(2, &[20])];
        let next = write(&store, move |conn| finish_keeping(conn, 1, 5, LEASE, 9, &heads, &both));
        assert_eq!(ids(&next), [], "{name}: they are in memory");
        assert_eq!(lanes(&store), [(1, LEASE, 0, 1), (2, LEASE, 0, 1)], "{name}");
        assert_eq!(states(&store).iter().map(|job| job.1).collect::<Vec<_>>(), [1, 0, 1, 0], "{name}");

        let retry = Some(Retry { id: 21, at: 900, tries: 1, log: Json::of(&json!(["503"])) });
        let rest = [done(1, &[11]), Outcome { retry, ..done(2, &[]) }];
        let next = write(&store, move |conn| finish_keeping(conn, 1, 6, LEASE, 9, &rest, &none));
        assert_eq!(ids(&next), [], "{name}");
        assert_eq!(lanes(&store), [(2, 900, 1, 0)], "{name}");
        assert_eq!(claim_ids(&store, 2, 900, 9, 9), [(2, vec![21])], "{name}");
    }
}

#[test]
fn a_job_goes_behind_those_with_smaller_ids_alone() {
    for (name, store) in testing::stores(SCHEMA) {
        put_one(&store, 1, 0, 1, 7);
        for (place, last) in [(1, 7), (2, 9)] {
            for id in [last - 1, last] {
                assert_eq!(put_one(&store, 2, 0, 1, id), Placed::Refused { last }, "{name}");
            }
            assert_eq!(put_one(&store, 2, 0, 1, last + 2), Placed::Behind { place, head: 7 }, "{name}");
        }
        assert_eq!(states(&store).iter().map(|state| state.0).collect::<Vec<_>>(), [7, 9, 11], "{name}");
        let next = finish_all(&store, 1, 5, 9, vec![done(1, &[7])]);
        assert_eq!(ids(&next), [(1, vec![9, 11])], "{name}");
        assert_eq!(finish_all(&store, 1, 6, 9, vec![done(1, &[9, 11])]), [], "{name}");
        assert_eq!(lanes(&store), [], "{name}");
    }
}

#[test]
fn lanes_of_before_learn_what_was_put_last() {
    for (name, store) in testing::stores(&SCHEMA[..2]) {
        write(&store, |conn| {
            for (subject, head) in [(1i64, 3i64), (2, 0), (3, 4)] {
                let sql = "INSERT INTO outbox_lanes (company, topic, subscriber, subject, due_at, tries, holder, behind, head)
                     VALUES ($1, $2, 5, $3, 0, 0, 0, 0, $4)";
                conn.exec(sql, args![COMPANY, TOPIC, subject, head])?;
            }
            for (id, subject, state) in [(3i64, 1i64, 3i64), (5, 1, 0), (6, 1, 0), (2, 2, 0), (4, 3, 3)] {
                let sql = "INSERT INTO outbox
                         (company, id, topic, subscriber, subject, event, state, created_at, tries, payload, log)
                     VALUES ($1, $2, $3, 5, $4, 1, $5, 0, 0, '{}', '[]')";
                conn.exec(sql, args![COMPANY, id, TOPIC, subject, state])?;
            }
            Ok(())
        });
        store.migrate(SCHEMA).expect("the schema is brought up to date");
        let sql = "SELECT subject, last FROM outbox_lanes ORDER BY subject";
        let last: Vec<(i64, i64)> = store.read_blocking(|conn| conn.all(sql, args![])).expect("the lanes");
        assert_eq!(last, [(1, 6), (2, 2), (3, 4)], "{name}");
        assert_eq!(claim_ids(&store, 1, 10, 9, 2), [(1, vec![3, 5]), (2, vec![2]), (3, vec![4])], "{name}");
    }
}

#[test]
fn a_timer_moves_is_replaced_and_is_cancelled() {
    for (name, store) in testing::stores(SCHEMA) {
        let set = |at: i64, id: i64| {
            write(&store, move |conn| {
                let payload = json!({"at": at});
                schedule(conn, COMPANY, at, &NewJob { id, lane: lane(1), event: 0, payload: &payload })
            });
        };
        set(100, 1);
        set(200, 2);
        assert_eq!(claim_ids(&store, 1, 150, 5, 5), [], "{name}: it was moved");
        assert_eq!(claim_ids(&store, 1, 200, 5, 5), [(1, vec![2])], "{name}");
        // Set anew while it goes off: the end of the old run must not take the new timer with it.
        set(900, 3);
        let gone = Finished { id: 2, ending: Ending::Drop, tries: 1, log: Json::of(&json!([])) };
        assert_eq!(finish_all(&store, 1, 250, 5, vec![Outcome { finished: vec![gone], ..done(1, &[]) }]), [], "{name}");
        assert_eq!(claim_ids(&store, 1, 899, 5, 5), [], "{name}");
        assert!(write(&store, |conn| cancel(conn, COMPANY, lane(1))), "{name}");
        assert!(!write(&store, |conn| cancel(conn, COMPANY, lane(1))), "{name}");
        assert!(lanes(&store).is_empty() && states(&store).is_empty(), "{name}");
        set(900, 4);
        assert_eq!(claim_ids(&store, 1, 900, 5, 5), [(1, vec![4])], "{name}");
        let gone = Finished { id: 4, ending: Ending::Drop, tries: 1, log: Json::of(&json!([])) };
        finish_all(&store, 1, 950, 5, vec![Outcome { finished: vec![gone], ..done(1, &[]) }]);
        assert!(lanes(&store).is_empty() && states(&store).is_empty(), "{name}");
    }
}

#[test]
fn two_nodes_claim_disjoint_lanes() {
    for (name, store) in testing::stores(SCHEMA) {
        for subject in 1..=40 {
            put_one(&store, 9, 0, subject, subject);
        }
        let claimed: Vec<_> = std::thread::scope(|scope| {
            let nodes: Vec<_> = (1..=4)
                .map(|node| {
                    let store = store.clone();
                    scope.spawn(move || (0..4).flat_map(|_| claim_ids(&store, node, LEASE, 5, 3)).collect::<Vec<_>>())
                })
                .collect();
            nodes.into_iter().flat_map(|node| node.join().expect("no panic")).collect()
        });
        let mut subjects: Vec<i64> = claimed.iter().map(|(subject, _)| *subject).collect();
        subjects.sort_unstable();
        assert_eq!(subjects, (1..=40).collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn a_lease_ends_and_the_old_holder_has_no_say() {
    for (name, store) in testing::stores(SCHEMA) {
        for id in 1..=3 {
            put_one(&store, 1, 0, 1, id);
        }
        write(&store, |conn| renew(conn, COMPANY, 1, 500, LEASE, &[lane(1)]));
        assert_eq!(claim_ids(&store, 2, LEASE, 5, 5), [], "{name}: it was renewed");
        assert_eq!(claim_ids(&store, 2, 500 + LEASE, 5, 2), [(1, vec![1, 2])], "{name}");
        write(&store, |conn| renew(conn, COMPANY, 1, 9_000, LEASE, &[lane(1)]));
        let retry = Some(Retry { id: 2, at: 99_000, tries: 7, log: Json::of(&json!(["late"])) });
        assert_eq!(finish_all(&store, 1, 1_600, 5, vec![Outcome { retry, ..done(1, &[1]) }]), [], "{name}");
        assert_eq!(lanes(&store), [(1, 500 + 2 * LEASE, 0, 2)], "{name}: the lane is node 2's");
        assert_eq!(states(&store)[0].1, 1, "{name}: what it delivered is recorded");
        assert_eq!((states(&store)[1].1, states(&store)[1].2), (0, 0), "{name}: its retry is not");
        let next = finish_all(&store, 2, 1_700, 5, vec![done(1, &[1, 2])]);
        assert_eq!(ids(&next), [(1, vec![3])], "{name}");
        assert_eq!(states(&store)[0].3, Some(1_600), "{name}: it finished once");
    }
}

#[test]
fn a_restart_takes_up_what_the_old_process_held() {
    for (name, store) in testing::stores(SCHEMA) {
        put_one(&store, 1, 0, 1, 1);
        put_one(&store, 2, 0, 2, 2);
        assert_eq!(write(&store, |conn| release_node(conn, COMPANY, 1)), 1, "{name}");
        assert_eq!(claim_ids(&store, 1, 1, 5, 5), [(1, vec![1])], "{name}");
    }
}

#[test]
fn a_put_that_meets_the_end_of_a_run_is_not_left_behind() {
    for (name, store) in testing::stores(SCHEMA) {
        const JOBS: i64 = 120;
        let delivered = std::thread::scope(|scope| {
            let putter = store.clone();
            let (heads, fresh) = std::sync::mpsc::channel();
            scope.spawn(move || {
                for id in 1..=JOBS {
                    if put_one(&putter, 1, 0, 1, id) == Placed::Head {
                        heads.send(id).expect("the sender listens");
                    }
                }
            });
            let mut delivered: Vec<i64> = Vec::new();
            while let Ok(head) = fresh.recv() {
                let mut run = vec![head];
                while !run.is_empty() {
                    delivered.extend(&run);
                    let next = finish_all(&store, 1, 0, 3, vec![done(1, &run)]);
                    run = next.iter().flat_map(|run| run.jobs.iter().map(|job| job.id)).collect();
                }
            }
            delivered
        });
        assert_eq!(delivered, (1..=JOBS).collect::<Vec<_>>(), "{name}");
        assert_eq!(lanes(&store), [], "{name}");
    }
}

#[test]
fn what_finished_long_ago_is_forgotten() {
    for (name, store) in testing::stores(SCHEMA) {
        for id in 1..=4 {
            put_one(&store, 1, 0, id, id);
            if id < 4 {
                finish_all(&store, 1, id * 100, 1, vec![done(id, &[id])]);
            }
        }
        assert_eq!(store.read_blocking(|conn| pending(conn, COMPANY, TOPIC)).expect("counted"), 1, "{name}");
        assert_eq!(write(&store, |conn| sweep(conn, COMPANY, 300, 5, 1)), 1, "{name}");
        assert_eq!(write(&store, |conn| sweep(conn, COMPANY, 300, 2, 9)), 0, "{name}");
        assert_eq!(write(&store, |conn| sweep(conn, COMPANY, 300, 5, 9)), 1, "{name}");
        assert_eq!(states(&store).iter().map(|row| row.0).collect::<Vec<_>>(), [3, 4], "{name}");
    }
}

#[test]
fn processes_have_numbers_of_their_own() {
    for (name, store) in testing::stores(SCHEMA) {
        let mut numbers: Vec<i64> = std::thread::scope(|scope| {
            let claims: Vec<_> = (0..6)
                .map(|n| {
                    let store = store.clone();
                    scope.spawn(move || {
                        write(&store, move |conn| nodes::claim_number(conn, &format!("node {n}"), 100, 50))
                    })
                })
                .collect();
            claims.into_iter().map(|claim| claim.join().expect("no panic")).collect()
        });
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6], "{name}");
        assert!(!write(&store, |conn| nodes::beat(conn, 1, "a stranger", 140)), "{name}");
        let owner: (String,) = store
            .read_blocking(|conn| conn.one("SELECT name FROM nodes WHERE number = $1", args![1_i64]))
            .expect("it has a row");
        let beating = owner.0.clone();
        assert!(write(&store, move |conn| nodes::beat(conn, 1, &beating, 140)), "{name}");
        assert_eq!(write(&store, |conn| nodes::claim_number(conn, "late", 151, 50)), 2, "{name}: 2 is stale");
        write(&store, move |conn| nodes::free(conn, 1, &owner.0));
        assert_eq!(write(&store, |conn| nodes::claim_number(conn, "next", 151, 50)), 1, "{name}");
    }
}

#[test]
fn every_key_but_that_of_the_processes_starts_with_the_company() {
    for (name, store) in testing::stores(SCHEMA) {
        for key in testing::keys(&store).expect("the catalog can be read") {
            let excepted = ["nodes", "migrations"].contains(&key.table.as_str());
            assert!(excepted || key.columns[0] == "company", "{name}: {key:?}");
        }
    }
}

#[tokio::test]
async fn a_run_that_ends_while_more_is_put_into_its_lane_waits_and_finds_it() {
    let Some(store) = testing::postgres(SCHEMA) else { return };
    assert_eq!(put_one(&store, 1, 0, 9, 10), Placed::Head);
    let (has_put, wait_for_put) = std::sync::mpsc::channel();
    let busy = store.clone();
    let putter = std::thread::spawn(move || {
        write(&busy, move |conn| {
            let job = NewJob { id: 20, lane: lane(9), event: 200, payload: &json!({}) };
            let placed = put(conn, COMPANY, 1, 1, LEASE, &job)?;
            has_put.send(()).expect("the test waits for it");
            // The commit comes when the end of the run waits for it.
            let waiting = "SELECT count(*) FROM pg_locks w JOIN pg_locks h ON w.transactionid = h.transactionid
                WHERE NOT w.granted AND h.granted AND h.pid = pg_backend_pid()";
            while conn.one::<(i64,)>(waiting, &[])? == (0,) {}
            Ok(placed)
        })
    });
    wait_for_put.recv().expect("it is put");
    let tries = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = tries.clone();
    let next = store.write_latest(move |conn| {
        counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        finish(conn, 1, 2, LEASE, 8, &[done(9, &[10])])
    });
    let next: Result<Vec<Run>> = next.await;
    assert_eq!(ids(&next.expect("the run is recorded")), [(9, vec![20])]);
    assert_eq!(tries.load(std::sync::atomic::Ordering::SeqCst), 1, "nothing was done twice");
    assert_eq!(putter.join().expect("it is put"), Placed::Behind { place: 1, head: 10 });
}

#[test]
fn timers_of_a_subscriber_are_hastened_or_called_off_some_at_once_and_no_others() {
    for (engine, store) in testing::stores(SCHEMA) {
        let set = |subscriber: i64, subject: i64| {
            write(&store, move |conn| {
                let lane = Lane { topic: TOPIC, subscriber, subject };
                schedule(
                    conn,
                    COMPANY,
                    500,
                    &NewJob { id: subscriber * 10 + subject, lane, event: 0, payload: &json!({}) },
                )
            });
        };
        let due = |now: i64| {
            let mut found: Vec<i64> = write(&store, move |conn| {
                let runs = claim(conn, Whose::Nobodys, COMPANY, TOPIC, 1, now, LEASE, 10, 1)?;
                release_node(conn, COMPANY, 1)?;
                Ok(runs.into_iter().flat_map(|run| run.jobs).map(|job| job.id).collect())
            });
            found.sort_unstable();
            found
        };
        for (subscriber, subject) in [(1, 1), (1, 2), (1, 3), (2, 1)] {
            set(subscriber, subject);
        }
        assert_eq!(due(100), [] as [i64; 0], "{engine}");
        let hastened =
            |behind: i64| write(&store, move |conn| hasten(conn, COMPANY, (TOPIC, 1), 100, Next { behind, limit: 2 }));
        assert_eq!(hastened(0), [1, 2], "{engine}");
        assert_eq!(due(100), [11, 12], "{engine}");
        assert_eq!(hastened(2), [3], "{engine}");
        assert_eq!(hastened(3), [] as [i64; 0], "{engine}");
        write(&store, |conn| cancel_some(conn, COMPANY, (TOPIC, 1), 2));
        assert_eq!(due(900), [13, 21], "{engine}");
        assert_eq!(write(&store, |conn| pending(conn, COMPANY, TOPIC)), 2, "{engine}");
    }
}

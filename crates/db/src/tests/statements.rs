//! One text, two engines: types, nulls, JSON, and the words in which they differ.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{SCHEMA, stores};
use crate::{Conn, Engine, Error, Result, StoreUrl, args, list, testing};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SampleId(pub i64);
crate::newtype_i64!(SampleId);

crate::record! {
    /// A row of `samples`.
    #[derive(Debug, Clone, PartialEq)]
    struct Sample {
        id: SampleId, name: Option<String>, ratio: Option<f64>, flag: Option<bool>, bytes: Option<Vec<u8>>,
        fields: Option<Value>,
    }
}

const SELECT: &str = "SELECT id, name, ratio, flag, bytes, fields FROM samples WHERE company = $1";

fn insert(conn: &mut Conn, sample: &Sample) -> Result<u64> {
    let sql = "INSERT INTO samples (company, id, name, ratio, flag, bytes, fields) VALUES (1, $1, $2, $3, $4, $5, $6)";
    let Sample { id, name, ratio, flag, bytes, fields } = sample;
    conn.exec(sql, args![id, name.as_deref(), ratio, flag, bytes.as_deref(), fields])
}

fn sample(id: i64) -> Sample {
    Sample { id: SampleId(id), name: None, ratio: None, flag: None, bytes: None, fields: None }
}

fn samples() -> impl Strategy<Value = Sample> {
    let json = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "[a-zA-Z0-9äß'\"\\\\]{0,8}".prop_map(Value::from),
        Just(json!({"tier": "gold", "list": [1, null, "x"], "deep": {"a": {}}})),
    ];
    let name = proptest::option::of("[^\\x00]{0,12}");
    (
        any::<i64>(),
        name,
        any::<Option<i32>>(),
        any::<Option<bool>>(),
        any::<Option<Vec<u8>>>(),
        proptest::option::of(json),
    )
        .prop_map(|(id, name, ratio, flag, bytes, fields)| Sample {
            id: SampleId(id),
            name,
            ratio: ratio.map(|n| f64::from(n) / 8.0),
            flag,
            bytes,
            fields,
        })
}

#[test]
fn every_type_comes_back_as_it_went() {
    let stores = stores();
    proptest!(ProptestConfig::with_cases(40), |(sample in samples())| {
        for (name, store) in &stores {
            let wanted = sample.clone();
            let found: Sample = store.write_blocking(move |conn| {
                conn.exec("DELETE FROM samples WHERE company = 1", &[])?;
                insert(conn, &wanted)?;
                conn.one(SELECT, args![1_i64])
            }).map_err(|e: Error| TestCaseError::fail(format!("{name}: {e}")))?;
            prop_assert_eq!(&found, &sample, "{}", name);
        }
    });
}

#[test]
fn parameters_may_repeat_and_come_in_any_order() {
    for (name, store) in stores() {
        let row: (i64, i64, i64) = store
            .read_blocking(|conn| {
                conn.one("SELECT CAST($2 AS BIGINT), CAST($1 AS BIGINT), CAST($2 AS BIGINT)", args![1_i64, 2_i64])
            })
            .unwrap_or_else(|e: Error| panic!("{name}: {e}"));
        assert_eq!(row, (2, 1, 2), "{name}");
    }
}

#[test]
fn a_statement_runs_again_with_other_arguments_and_after_many_others() {
    for (name, store) in stores() {
        let lengths: Result<Vec<i64>> = store.read_blocking(|conn| {
            let mut lengths = Vec::new();
            for text in ["a".repeat(100_000), "b".to_string()] {
                let (length,): (i64,) =
                    conn.one("SELECT CAST(length(CAST($1 AS TEXT)) AS BIGINT)", args![text.as_str()])?;
                lengths.push(length);
                // More texts than a connection keeps prepared.
                for number in 0..1_100_i64 {
                    let (answer,): (i64,) = conn.one(&format!("SELECT CAST($1 AS BIGINT) + {number}"), args![1_i64])?;
                    assert_eq!(answer, 1 + number);
                }
            }
            Ok(lengths)
        });
        assert_eq!(lengths.expect("all are answered"), [100_000, 1], "{name}");
    }
}

#[test]
fn a_wrong_number_of_arguments_is_refused() {
    for (name, store) in stores() {
        for args in [args![] as &[_], args![1_i64, 2_i64]] {
            let count = args.len();
            let error = store
                .write_blocking(move |conn| {
                    let args: Vec<_> = [1_i64; 2].into_iter().take(count).collect();
                    let args: Vec<&dyn crate::Param> = args.iter().map(|n| n as &dyn crate::Param).collect();
                    conn.all::<(i64,)>("SELECT id FROM samples WHERE company = $1", &args)
                })
                .expect_err("the count is wrong");
            assert!(error.to_string().contains("arguments"), "{name}: {error}");
        }
        // It is noticed before the database is asked, so the unit may go on.
        let fine: Result<u64> = store.write_blocking(|conn| {
            conn.exec("DELETE FROM samples WHERE company = $1", &[]).expect_err("no arguments");
            conn.exec("DELETE FROM samples WHERE company = $1", args![1_i64])
        });
        assert_eq!(fine.expect("the transaction is unharmed"), 0, "{name}");
    }
}

#[test]
fn returning_upsert_keyset_json_and_lists_read_the_same() {
    for (name, store) in stores() {
        let done: Result<()> = store.write_blocking(move |conn| {
            for id in 1..=5 {
                let fields = Some(json!({"tier": if id % 2 == 0 { "gold" } else { "tin" }}));
                insert(conn, &Sample { name: Some(format!("n{id}")), ratio: Some(1.0), fields, ..sample(id) })?;
            }
            let upsert = "INSERT INTO samples (company, id, name) VALUES (1, $1, $2)
                 ON CONFLICT (company, id) DO UPDATE SET name = excluded.name RETURNING id, name";
            let row: (SampleId, String) = conn.one(upsert, args![SampleId(3), "three"])?;
            assert_eq!(row, (SampleId(3), "three".to_owned()), "{name}");

            let page =
                "SELECT id FROM samples WHERE company = $1 AND (ratio, id) < ($2, $3) ORDER BY ratio DESC, id DESC";
            let ids: Vec<(i64,)> = conn.all(page, args![1_i64, 1.0_f64, 4_i64])?;
            assert_eq!(ids, [(3,), (2,), (1,)], "{name}");

            let gold = "SELECT id FROM samples WHERE company = $1 AND fields ->> 'tier' = $2 ORDER BY id";
            let ids: Vec<(i64,)> = conn.all(gold, args![1_i64, "gold"])?;
            assert_eq!(ids, [(2,), (4,)], "{name}");

            let among = format!("SELECT id FROM samples WHERE company = $1 AND id IN {} ORDER BY id", conn.among(2));
            let ids: Vec<(i64,)> = conn.all(&among, args![1_i64, list([5, 2, 99])])?;
            assert_eq!(ids, [(2,), (5,)], "{name}");
            let ids: Vec<(i64,)> = conn.all(&among, args![1_i64, list([])])?;
            assert!(ids.is_empty(), "{name}");

            let bulk = format!(
                "INSERT INTO samples (company, id, name) SELECT 1, CAST(value ->> 0 AS BIGINT), value ->> 1 FROM {}",
                conn.elements(1)
            );
            assert_eq!(conn.exec(&bulk, args![r#"[[7,"seven"],[8,"eight"]]"#])?, 2, "{name}");
            let row: (String,) = conn.one("SELECT name FROM samples WHERE company = 1 AND id = $1", args![8_i64])?;
            assert_eq!(row.0, "eight", "{name}");
            Ok(())
        });
        done.unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

#[test]
fn a_missing_row_and_a_duplicate_are_told_apart() {
    for (name, store) in stores() {
        let error = store
            .read_blocking(|conn| conn.one::<(i64,)>("SELECT id FROM samples WHERE company = $1", args![9_i64]))
            .expect_err("no row");
        assert!(error.is_missing() && !error.is_retryable(), "{name}: {error}");
        let error = store
            .write_blocking(|conn| {
                insert(conn, &sample(1))?;
                insert(conn, &sample(1))
            })
            .expect_err("twice the same key");
        assert!(error.is_duplicate() && !error.is_retryable(), "{name}: {error}");
        let error = store
            .write_blocking(|conn| {
                insert(conn, &Sample { name: Some("x".into()), ..sample(1) })?;
                insert(conn, &Sample { name: Some("x".into()), ..sample(2) })
            })
            .expect_err("twice the same name");
        assert!(error.is_duplicate(), "{name}: {error}");
    }
}

#[test]
fn rows_stream_and_an_error_ends_the_stream() {
    for (name, store) in stores() {
        let seen: Result<usize> = store.write_blocking(|conn| {
            for id in 0..50 {
                insert(conn, &sample(id))?;
            }
            let mut seen = 0;
            let stopped = conn.each("SELECT id FROM samples WHERE company = $1", args![1_i64], |_: (i64,)| {
                seen += 1;
                if seen == 10 { Err(Error::no_row("enough")) } else { Ok(()) }
            });
            assert!(stopped.expect_err("it was stopped").is_missing());
            assert_eq!(conn.all::<(i64,)>("SELECT id FROM samples WHERE company = $1", args![1_i64])?.len(), 50);
            Ok(seen)
        });
        assert_eq!(seen.unwrap_or_else(|e| panic!("{name}: {e}")), 10, "{name}");
    }
}

#[test]
fn a_reading_unit_cannot_write() {
    for (name, store) in stores() {
        let refused: Result<u64> = store.read_blocking(|conn| insert(conn, &sample(1)));
        assert!(refused.is_err(), "{name}");
        let written: Result<u64> = store.write_blocking(|conn| insert(conn, &sample(1)));
        assert_eq!(written.unwrap_or_else(|e| panic!("{name}: {e}")), 1, "{name}");
    }
}

#[test]
fn statements_are_prepared_against_the_schema() {
    for (name, store) in stores() {
        let fine = testing::prepare_check(&store, "INSERT INTO samples (company, id, name) VALUES ($1, $2, $3)");
        fine.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(testing::prepare_check(&store, "SELECT nothing FROM samples").is_err(), "{name}");
    }
}

#[test]
fn the_catalog_lists_keys_with_their_columns() {
    for (name, store) in stores() {
        let keys = testing::keys(&store).unwrap_or_else(|e| panic!("{name}: {e}"));
        let of = |table: &str| -> Vec<_> {
            keys.iter().filter(|key| key.table == table).map(|key| key.columns.join(" ")).collect()
        };
        let mut samples = of("samples");
        samples.sort();
        assert_eq!(samples, ["company id", "company name"], "{name}");
        assert_eq!(of("counters"), ["company id"], "{name}");
        assert_eq!(of("migrations"), ["number"], "{name}");
    }
}

#[test]
fn a_migration_runs_once_and_may_not_be_edited() {
    for (name, store) in stores() {
        store.migrate(SCHEMA).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut edited = SCHEMA.to_vec();
        edited[0].sql = "CREATE TABLE other (company BIGINT NOT NULL PRIMARY KEY)";
        let error = store.migrate(&edited).expect_err("the text differs");
        assert!(error.to_string().contains("changed after"), "{name}: {error}");
        let broken = crate::Migration {
            number: 2,
            name: "b",
            sql: "CREATE TABLE b (a BIGINT); nonsense",
            sqlite: "",
            postgres: "",
        };
        assert!(store.migrate(&[SCHEMA[0].clone(), broken]).is_err(), "{name}");
        assert!(testing::prepare_check(&store, "SELECT a FROM b").is_err(), "{name}: half a migration stayed");
    }
}

#[test]
fn a_backup_is_taken_while_the_store_serves() {
    for (name, store) in stores() {
        let to = std::env::temp_dir().join(format!("portico_backup_{}_{name}.sqlite", std::process::id()));
        let _: u64 = store.write_blocking(|conn| insert(conn, &sample(7))).expect("a row");
        let copied = store.backup(&to);
        if store.engine() == Engine::Postgres {
            assert!(copied.expect_err("not ours to do").to_string().contains("pg_dump"));
            continue;
        }
        copied.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(store.backup(&to).is_err(), "{name}: it was overwritten");
        let copy = crate::Store::open(&StoreUrl::Sqlite(to.clone()), Default::default()).expect("the copy opens");
        let found: Sample = copy.read_blocking(|conn| conn.one(SELECT, args![1_i64])).expect("the row is in the copy");
        assert_eq!(found.id, SampleId(7), "{name}");
        drop(copy);
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", to.display()));
        }
    }
}

#[test]
fn addresses_are_read() {
    let read = |text: &str| text.parse::<StoreUrl>();
    assert_eq!(read(":memory:").expect("memory"), StoreUrl::Memory);
    assert_eq!(read("sqlite:/var/x.db").expect("a path"), StoreUrl::Sqlite("/var/x.db".into()));
    assert_eq!(read("data/x.db").expect("a path"), StoreUrl::Sqlite("data/x.db".into()));
    let server = "postgres://portico@localhost/portico";
    assert_eq!(read(server).expect("a server"), StoreUrl::Postgres(server.into()));
    assert!(read("mysql://x").is_err() && read("").is_err() && read("postgres://x:notaport/").is_err());
}

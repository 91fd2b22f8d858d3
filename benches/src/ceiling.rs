//! What the machine allows: durable grouped commits of a bare message row with its indexes and its words, 128 callers;
//! and a bare client that signs and posts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use db::{Migration, Options, Store, StoreUrl, args};
use http::{Method, Request};
use http_body_util::Full;
use tokio::task::JoinSet;
use webhooks::sign::RuleKey;

use crate::load::{Connection, now};
use crate::sink::Sink;

const BARE: Migration = Migration {
    number: 1,
    name: "bare",
    sql: "CREATE TABLE bare (company BIGINT NOT NULL, id BIGINT NOT NULL, conversation BIGINT NOT NULL, \
          uid TEXT NOT NULL, body TEXT NOT NULL, created_at BIGINT NOT NULL, PRIMARY KEY (company, id)); \
          CREATE UNIQUE INDEX bare_uid ON bare (company, uid); \
          CREATE INDEX bare_conversation ON bare (company, conversation, created_at, id);",
    sqlite: "CREATE VIRTUAL TABLE bare_words USING fts5(words, content = '', contentless_delete = 1);",
    postgres: "",
};

/// Bare durable messages per second on SQLite.
pub async fn messages(body: &'static str, for_how_long: Duration) -> f64 {
    let folder = std::env::temp_dir().join(format!("portico-bench-{}-ceiling", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let store = Store::open(&StoreUrl::Sqlite(folder.join("bare.db")), Options::default()).expect("the store opens");
    store.migrate(&[BARE]).expect("the bare schema");
    let ids = Arc::new(AtomicU64::new(1));
    let begin = now();
    let mut callers = JoinSet::new();
    for _ in 0..128 {
        let (store, ids) = (store.clone(), ids.clone());
        callers.spawn(async move {
            let mut done = 0u64;
            while now() - begin < for_how_long {
                let id = ids.fetch_add(1, Ordering::Relaxed) as i64;
                let written: db::Result<()> = store
                    .write(move |conn| {
                        conn.exec(
                            "INSERT INTO bare (company, id, conversation, uid, body, created_at) \
                             VALUES ($1, $2, $3, $4, $5, $6)",
                            args![1i64, id, id % 997, format!("{:032x}", id * 7_919), body, id],
                        )?;
                        conn.exec("INSERT INTO bare_words (rowid, words) VALUES ($1, $2)", args![id, body])?;
                        Ok(())
                    })
                    .await;
                written.expect("a bare message is kept");
                done += 1;
            }
            done
        });
    }
    let mut total = 0;
    while let Some(done) = callers.join_next().await {
        total += done.expect("a caller ends well");
    }
    let rate = total as f64 / (now() - begin).as_secs_f64();
    drop(store);
    let _ = std::fs::remove_dir_all(&folder);
    rate
}

/// Bare signed posts per second to a sink.
pub async fn posts(sink: &Sink, for_how_long: Duration) -> f64 {
    let begin = now();
    let mut clients = JoinSet::new();
    for _ in 0..32 {
        let address = sink.address;
        clients.spawn(async move {
            let mut connection = Connection::open(address).await;
            let key = RuleKey::new("0123456789abcdef0123456789abcdef");
            let body = Bytes::from_static(include_bytes!("preview.json"));
            let mut done = 0u64;
            while now() - begin < for_how_long {
                let request = Request::builder()
                    .method(Method::POST)
                    .uri("/hook")
                    .header("host", "127.0.0.1")
                    .header("content-type", "application/json")
                    .header("x-front-signature", key.sign(&body))
                    .body(Full::new(body.clone()))
                    .expect("a request");
                let (status, _) = connection.call(request).await;
                assert!(status.is_success());
                done += 1;
            }
            done
        });
    }
    let mut total = 0;
    while let Some(done) = clients.join_next().await {
        total += done.expect("a client ends well");
    }
    total as f64 / (now() - begin).as_secs_f64()
}

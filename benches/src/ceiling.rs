//! What the machine allows: durable grouped commits of a bare message row with its indexes and its words, 128 callers;
//! and a bare client that signs and posts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use webhooks::sign::RuleKey;

use crate::load::{Connection, now};
use crate::sink::Sink;

const BARE: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8000; \
    PRAGMA cache_size = -16384; PRAGMA mmap_size = 268435456; \
    CREATE TABLE bare (company BIGINT NOT NULL, id BIGINT NOT NULL, conversation BIGINT NOT NULL, \
        uid TEXT NOT NULL, body TEXT NOT NULL, created_at BIGINT NOT NULL, PRIMARY KEY (company, id)); \
    CREATE UNIQUE INDEX bare_uid ON bare (company, uid); \
    CREATE INDEX bare_conversation ON bare (company, conversation, created_at, id); \
    CREATE VIRTUAL TABLE bare_words USING fts5(words, content = '', contentless_delete = 1);";

/// A message on its way to the writer, and who waits for it.
type Waiting = (i64, oneshot::Sender<()>);

/// Bare durable messages per second on SQLite itself, without the store: one thread commits whatever waits.
pub async fn messages(body: &'static str, for_how_long: Duration) -> f64 {
    let folder = std::env::temp_dir().join(format!("portico-bench-{}-ceiling", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let db = rusqlite::Connection::open(folder.join("bare.db")).expect("the database opens");
    db.execute_batch(BARE).expect("the bare schema");
    let (queue, waiting) = mpsc::channel();
    let writer = std::thread::spawn(move || write(&db, body, &waiting));
    let ids = Arc::new(AtomicU64::new(1));
    let begin = now();
    let mut callers = JoinSet::new();
    for _ in 0..128 {
        let (queue, ids) = (queue.clone(), ids.clone());
        callers.spawn(async move {
            let mut done = 0u64;
            while now() - begin < for_how_long {
                let (reply, answer) = oneshot::channel();
                queue.send((ids.fetch_add(1, Ordering::Relaxed) as i64, reply)).expect("the writer lives");
                answer.await.expect("a bare message is kept");
                done += 1;
            }
            done
        });
    }
    drop(queue);
    let mut total = 0;
    while let Some(done) = callers.join_next().await {
        total += done.expect("a caller ends well");
    }
    let rate = total as f64 / (now() - begin).as_secs_f64();
    writer.join().expect("the writer ends well");
    let _ = std::fs::remove_dir_all(&folder);
    rate
}

/// Commits all that waits together, until the callers have gone.
fn write(db: &rusqlite::Connection, body: &str, waiting: &mpsc::Receiver<Waiting>) {
    let mut row = db.prepare("INSERT INTO bare VALUES (1, ?1, ?2, ?3, ?4, ?1)").expect("a statement");
    let mut words = db.prepare("INSERT INTO bare_words (rowid, words) VALUES (?1, ?2)").expect("a statement");
    while let Ok(first) = waiting.recv() {
        let group: Vec<Waiting> = std::iter::once(first).chain(waiting.try_iter()).collect();
        db.execute_batch("BEGIN IMMEDIATE").expect("a transaction");
        for (id, _) in &group {
            row.execute((id, id % 997, format!("{:032x}", id * 7_919), body)).expect("a row");
            words.execute((id, body)).expect("its words");
        }
        db.execute_batch("COMMIT").expect("a commit");
        for (_, reply) in group {
            let _ = reply.send(());
        }
    }
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

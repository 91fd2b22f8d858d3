//! What the machine allows: durable grouped commits of a message row alone with its indexes and its words, 128 callers; and
//! a bare client that signs and posts.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderName, Method, Request};
use http_body_util::Full;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use webhooks::client::AGENT;
use webhooks::engine::EVENT;
use webhooks::sign::{RuleKey, SIGNATURE};

use crate::load::{self, now};
use crate::sink::Sink;
use crate::stage::Stage;

/// What SQLite is told before it is measured.
#[derive(Clone, Copy)]
pub enum Settings {
    /// Nothing but to write a log and to wait for the disk. Its full-text index has no options, and so keeps the text, too.
    AsItComes,
    /// What the store tells its writer, but that the writer copies the log itself; words as the store keeps them.
    OfTheStore,
}

impl Settings {
    fn sql(self) -> &'static str {
        match self {
            Settings::AsItComes => {
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; DROP TABLE search_words; \
                 CREATE VIRTUAL TABLE search_words USING fts5(words);"
            }
            Settings::OfTheStore => {
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8000; \
                 PRAGMA cache_size = -16384; PRAGMA mmap_size = 67108864;"
            }
        }
    }
}

const DELIVERY: HeaderName = HeaderName::from_static("x-portico-delivery");
const ATTEMPT: HeaderName = HeaderName::from_static("x-portico-attempt");

/// As many as the measured clients write to.
const CONVERSATIONS: i64 = 512;

/// A message on its way to the writer, and who waits for it.
type Waiting = (i64, oneshot::Sender<()>);

/// Bare durable messages per second on SQLite itself, without the store: the very row that Portico keeps of a message, in
/// its own table with all of its indexes, and the words of it; one thread commits whatever waits.
pub async fn messages(settings: Settings, body: &'static str, for_how_long: Duration) -> f64 {
    let bare = tokio::task::spawn_blocking(move || Bare::found(settings, body)).await.expect("the bare store is made");
    let stage = bare.stage.clone();
    let (queue, waiting) = mpsc::channel();
    let writer = std::thread::spawn(move || bare.write(body, &waiting));
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
    drop(stage);
    rate
}

/// A store with one message, which all others are like.
struct Bare {
    stage: Arc<Stage>,
    db: Connection,
    columns: Vec<String>,
    message: Vec<Value>,
}

impl Bare {
    fn found(settings: Settings, body: &str) -> Bare {
        let stage = Stage::found("ceiling", None, &[], &[]);
        stage.receive(body);
        let db = Connection::open(stage.location.data.join("portico.db")).expect("the database opens");
        db.execute_batch(settings.sql()).expect("the settings");
        let (columns, message) = {
            let mut row = db.prepare("SELECT * FROM messages").expect("a statement");
            let columns: Vec<String> = row.column_names().map(str::to_string).collect();
            let message = row.query_row([], |row| (0..columns.len()).map(|at| row.get(at)).collect());
            (columns, message.expect("the message that was received"))
        };
        Bare { stage: Arc::new(stage), db, columns, message }
    }

    /// Commits all that waits together, until the callers have gone.
    fn write(mut self, body: &str, waiting: &mpsc::Receiver<Waiting>) {
        let places = vec!["?"; self.columns.len()].join(", ");
        let insert = format!("INSERT INTO messages ({}) VALUES ({places})", self.columns.join(", "));
        let mut row = self.db.prepare(&insert).expect("a statement");
        let words = "INSERT INTO search_words (rowid, words) VALUES (?1, ?2)";
        let mut words = self.db.prepare(words).expect("a statement");
        let at = |name: &str| self.columns.iter().position(|column| column == name).expect("a column of messages");
        let [id, conversation, uid, created_at] = ["id", "conversation", "uid", "created_at"].map(at);
        let number = |value: &Value| if let Value::Integer(number) = value { *number } else { 0 };
        let [first, lead, since] = [id, conversation, created_at].map(|at| number(&self.message[at]));
        while let Ok(caller) = waiting.recv() {
            let group: Vec<Waiting> = std::iter::once(caller).chain(waiting.try_iter()).collect();
            self.db.execute_batch("BEGIN IMMEDIATE").expect("a transaction");
            for (n, _) in &group {
                self.message[id] = (first + n).into();
                self.message[conversation] = (lead + n % CONVERSATIONS).into();
                self.message[uid] = format!("{:032x}", n * 7_919).into();
                self.message[created_at] = (since + n).into();
                row.execute(params_from_iter(&self.message)).expect("a row");
                words.execute((first + n, body)).expect("its words");
            }
            self.db.execute_batch("COMMIT").expect("a commit");
            for (_, reply) in group {
                let _ = reply.send(());
            }
        }
    }
}

/// Bare signed posts per second to a sink. The client is a process of its own, as the server is that is measured against
/// it: both find the same receiver in the same place.
pub fn posts(sink: &Sink, for_how_long: Duration) -> f64 {
    let program = std::env::current_exe().expect("this program has a path");
    let seconds = for_how_long.as_secs().to_string();
    let client = Command::new(program).args(["bare-client", &sink.address.to_string(), "--seconds", &seconds]).output();
    let client = client.expect("the bare client runs");
    assert!(client.status.success(), "the bare client: {}", String::from_utf8_lossy(&client.stderr));
    let rate = String::from_utf8_lossy(&client.stdout);
    rate.trim().parse().unwrap_or_else(|_| panic!("the bare client said {rate:?}"))
}

/// The bare client itself: signed posts per second, each a request like the server's.
pub async fn post(address: SocketAddr, for_how_long: Duration) -> f64 {
    let begin = now();
    let mut clients = JoinSet::new();
    for _ in 0..32 {
        clients.spawn(async move {
            let mut connection = load::Connection::open(address).await;
            let key = RuleKey::new("0123456789abcdef0123456789abcdef");
            let body = Bytes::from_static(include_bytes!("preview.json"));
            let mut done = 0u64;
            while now() - begin < for_how_long {
                let request = Request::builder()
                    .method(Method::POST)
                    .uri("/hook")
                    .header(HOST, "127.0.0.1")
                    .header(USER_AGENT, AGENT)
                    .header(CONTENT_TYPE, "application/json")
                    .header(EVENT, "evt_2k7zt0aa1k3")
                    .header(SIGNATURE, key.sign(&body))
                    .header(DELIVERY, "dlv_2k7zt0aa1k4")
                    .header(ATTEMPT, "1")
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

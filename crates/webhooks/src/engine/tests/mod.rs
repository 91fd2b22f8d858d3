//! What the engine promises, against real HTTP receivers and a real store.

mod bounds;
mod failing;
mod order;
mod stopping;

use super::*;
use crate::client::Options;
use crate::guard::Guard;
use crate::schedule::Retries;
use crate::sign::Signer;
use bytes::Bytes;
use db::outbox::{Ending, Job, NewJob, Placed};
use db::{Conn, Migration, args};
use http::Method;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, AtomicU64};

const COMPANY: i64 = 7;
const TOPIC: i64 = 1;
const NODE: i64 = 3;

const SCHEMA: &[Migration] = &[
    Migration {
        number: 1,
        name: "outbox",
        sql: include_str!("../../../../../migrations/0001_outbox.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 27,
        name: "lanes_with_heads",
        sql: include_str!("../../../../../migrations/0027_lanes_with_heads.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 30,
        name: "lanes_with_ends",
        sql: include_str!("../../../../../migrations/0030_lanes_with_ends.sql"),
        sqlite: "",
        postgres: "",
    },
];

/// A courier whose jobs say themselves what they send.
struct Post {
    retries: Retries,
    timeout: Duration,
    depth: i64,
    prepared: Mutex<Vec<i64>>,
    fates: Mutex<Vec<(i64, Fate)>>,
    after: fn(i64, Fate) -> Option<After>,
}

impl Default for Post {
    fn default() -> Post {
        Post {
            retries: Retries::Day,
            timeout: Duration::from_secs(5),
            depth: 64,
            prepared: Mutex::default(),
            fates: Mutex::default(),
            after: |_, _| None,
        }
    }
}

impl Post {
    fn sends(&self, job: &Job) -> Prepared {
        if let Some(why) = job.payload["skip"].as_str() {
            return Prepared::Skip { ending: Ending::Dead, why: why.into() };
        }
        assert!(job.payload["panic"].is_null(), "asked to panic");
        Prepared::Send(Box::new(Delivery {
            url: job.payload["url"].as_str().unwrap().into(),
            method: Method::POST,
            headers: Vec::new(),
            body: Some(Bytes::from(job.payload["body"].as_str().unwrap().to_string())),
            signer: Signer::Unsigned,
            timeout: self.timeout,
            retries: self.retries,
        }))
    }
}

impl Courier for Post {
    fn depth(&self) -> i64 {
        self.depth
    }

    fn prepare<'a>(&'a self, runs: &'a [Run]) -> Boxed<'a, Result<Vec<Vec<Prepared>>, db::Error>> {
        Box::pin(async move {
            let one = |job: &Job| {
                self.prepared.lock().unwrap().push(job.id);
                self.sends(job)
            };
            Ok(runs.iter().map(|run| run.jobs.iter().map(one).collect()).collect())
        })
    }

    fn after(&self, job: &Job, _: &Tried, fate: Fate) -> Option<After> {
        self.fates.lock().unwrap().push((job.id, fate));
        (self.after)(job.id, fate)
    }
}

/// A store, a clock moved by hand, and engines over them.
struct Office {
    store: Store,
    clock: Arc<AtomicI64>,
    ids: AtomicI64,
    post: Arc<Post>,
}

fn limits() -> Limits {
    Limits { poll: Duration::from_millis(10), ..Limits::default() }
}

impl Office {
    fn new(store: Store, post: Post) -> Office {
        Office { store, clock: Arc::new(AtomicI64::new(1_000_000)), ids: AtomicI64::new(1), post: Arc::new(post) }
    }

    fn memory(post: Post) -> Office {
        Office::new(db::testing::memory(SCHEMA), post)
    }

    fn engine(&self) -> Arc<Engine> {
        self.engine_with(NODE, limits())
    }

    fn engine_with(&self, node: i64, limits: Limits) -> Arc<Engine> {
        let guard = Guard { allow_private: true, allow_http: true };
        let roots = crate::client::Roots::Only(Vec::new());
        let client = Arc::new(Client::new(Options { guard, roots, ..Options::default() }));
        let clock = self.clock.clone();
        let seed = AtomicU64::new(1);
        let jitter =
            move || (seed.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed) >> 11) as f64 / (1u64 << 53) as f64;
        let setup = Setup {
            store: self.store.clone(),
            node,
            client,
            clock: Arc::new(move || clock.load(Ordering::SeqCst)),
            jitter: Arc::new(jitter),
            companies: Arc::new(|| vec![COMPANY]),
            limits,
        };
        Arc::new(Engine::start(setup, vec![(TOPIC, self.post.clone())]))
    }

    fn now(&self) -> i64 {
        self.clock.load(Ordering::SeqCst)
    }

    fn advance(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    /// Puts a job as the product does: stored, and handed over after the commit if it is a head, or if it comes with what
    /// it sends, as its payload says that this is `known`.
    async fn put(&self, engine: &Arc<Engine>, subscriber: i64, subject: i64, payload: Value) -> i64 {
        let (id, now) = (self.ids.fetch_add(1, Ordering::SeqCst), self.now());
        let (engine, post) = (engine.clone(), self.post.clone());
        let unit = move |conn: &mut Conn| {
            let lane = Lane { topic: TOPIC, subscriber, subject };
            let job = NewJob { id, lane, event: id, payload: &payload };
            let placed = outbox::put(conn, COMPANY, engine.0.node, now, engine.0.limits.lease, &job)?;
            let (payload, log) = (payload.clone(), json!([]));
            let job = Job { company: COMPANY, id, lane, event: id, created_at: now, tries: 0, payload, log };
            let known = (job.payload["known"] == true).then(|| post.sends(&job));
            let engine = engine.clone();
            match (placed, known) {
                (Placed::Head, known) => conn.after_commit(Box::new(move || engine.offer(job, known))),
                (Placed::Behind { place, head }, Some(known)) => {
                    conn.after_commit(Box::new(move || engine.follow(job, (head, place), known)));
                }
                (Placed::Behind { .. }, None) => {}
                (Placed::Refused { last }, _) => panic!("{id} was refused behind {last}"),
            }
            Ok::<_, db::Error>(())
        };
        self.store.write(unit).await.unwrap();
        id
    }

    /// Puts jobs that nobody holds, as another node's crash leaves them: (subscriber, subject, payload).
    async fn leave(&self, jobs: Vec<(i64, i64, Value)>) {
        let (first, now) = (self.ids.fetch_add(jobs.len() as i64, Ordering::SeqCst), self.now());
        let unit = move |conn: &mut Conn| {
            for (n, (subscriber, subject, payload)) in jobs.iter().enumerate() {
                let (id, lane) = (first + n as i64, Lane { topic: TOPIC, subscriber: *subscriber, subject: *subject });
                outbox::put(conn, COMPANY, NODE + 1, now, 0, &NewJob { id, lane, event: id, payload })?;
            }
            Ok::<_, db::Error>(())
        };
        self.store.write(unit).await.unwrap();
    }

    async fn pending(&self) -> i64 {
        self.store.read(|conn| outbox::pending(conn, COMPANY, TOPIC)).await.unwrap()
    }

    /// Waits until nothing is left to do.
    async fn settle(&self) {
        for _ in 0..4000 {
            if self.pending().await == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{} jobs are still pending", self.pending().await);
    }

    /// (state, tries, log) of a job.
    async fn job(&self, id: i64) -> (i64, i64, Value) {
        let sql = "SELECT state, tries, log FROM outbox WHERE company = $1 AND id = $2";
        self.store.read(move |conn| conn.one(sql, args![COMPANY, id])).await.unwrap()
    }

    /// (due_at, holder) of every lane.
    async fn lanes(&self) -> Vec<(i64, i64)> {
        let sql = "SELECT due_at, holder FROM outbox_lanes WHERE company = $1 ORDER BY subscriber, subject";
        self.store.read(move |conn| conn.all(sql, args![COMPANY])).await.unwrap()
    }
}

fn to(url: &str, body: impl Into<String>) -> Value {
    json!({"url": url, "body": body.into()})
}

/// Waits for something that happens elsewhere.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..5000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("never came about: {what}");
}

//! A fast local receiver that counts what arrives, and notes when.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::load::{now, spawn};

/// Arrivals by the text in quotes behind `"conversation":…"id":`, if they are wanted.
type Noted = Arc<Mutex<HashMap<String, Instant>>>;

/// A receiver.
pub struct Sink {
    /// Where it listens.
    pub address: SocketAddr,
    count: Arc<AtomicU64>,
    noted: Option<Noted>,
    /// How long it takes to answer, in milliseconds.
    delay: Arc<AtomicU64>,
}

impl Sink {
    /// Starts one that answers after a delay, and notes conversations if asked to. A challenge it repeats at once.
    pub async fn start(delay: Duration, notes: bool) -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let count = Arc::new(AtomicU64::new(0));
        let noted: Option<Noted> = notes.then(Noted::default);
        let delay = Arc::new(AtomicU64::new(delay.as_millis() as u64));
        let (counting, noting, waiting) = (count.clone(), noted.clone(), delay.clone());
        spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                let (count, noted, delay) = (counting.clone(), noting.clone(), waiting.clone());
                spawn(async move {
                    let service = service_fn(move |request: Request<Incoming>| {
                        let (count, noted, delay) = (count.clone(), noted.clone(), delay.clone());
                        async move {
                            if let Some(challenge) = request.headers().get("x-front-challenge") {
                                let challenge = Bytes::copy_from_slice(challenge.as_bytes());
                                return Ok(Response::new(Full::new(challenge)));
                            }
                            let body = request.into_body().collect().await?.to_bytes();
                            count.fetch_add(1, Ordering::Relaxed);
                            if let Some(noted) = &noted {
                                note(noted, &body);
                            }
                            let delay = delay.load(Ordering::Relaxed);
                            if delay > 0 {
                                tokio::time::sleep(Duration::from_millis(delay)).await;
                            }
                            Ok::<_, hyper::Error>(Response::new(Full::new(Bytes::from_static(b"ok"))))
                        }
                    });
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Sink { address, count, noted, delay }
    }

    /// From now on it takes that long to answer.
    pub fn delay(&self, delay: Duration) {
        self.delay.store(delay.as_millis() as u64, Ordering::Relaxed);
    }

    /// Forgets the arrivals that it noted.
    pub fn forget(&self) {
        if let Some(noted) = &self.noted {
            noted.lock().expect("the notes").clear();
        }
    }

    /// Its address as a webhook's.
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// How many have arrived.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// When a conversation was first told of.
    pub fn arrival(&self, conversation: &str) -> Option<Instant> {
        self.noted.as_ref()?.lock().expect("the notes").get(conversation).copied()
    }

    /// Waits until that many have arrived; answers how long it took.
    pub async fn until(&self, count: u64, at_most: Duration) -> Duration {
        let begin = now();
        while self.count() < count {
            assert!(now() - begin < at_most, "{} of {count} arrived in {at_most:?}", self.count());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        now() - begin
    }
}

fn note(noted: &Noted, body: &[u8]) {
    let text = String::from_utf8_lossy(body);
    if let Some(at) = text.find("/conversations/cnv_") {
        let rest = &text[at + "/conversations/".len()..];
        let id: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        noted.lock().expect("the notes").entry(id).or_insert_with(now);
    }
}

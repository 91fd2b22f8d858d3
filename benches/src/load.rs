//! A lean HTTP load: keep-alive connections that send prepared requests and count answers.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// A connection that is kept.
pub struct Connection(SendRequest<Full<Bytes>>);

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Connection {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a socket option");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP/1.1");
        spawn(async move {
            let _ = connection.await;
        });
        Connection(sender)
    }

    /// One request and its whole answer.
    pub async fn call(&mut self, request: Request<Full<Bytes>>) -> (StatusCode, Bytes) {
        self.0.ready().await.expect("the connection lives");
        let response = self.0.send_request(request).await.expect("an answer");
        let status = response.status();
        let body = response.into_body().collect().await.expect("a whole body").to_bytes();
        (status, body)
    }
}

#[expect(clippy::disallowed_methods, reason = "a load generator's tasks end with the process")]
pub fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}

/// The machine's own clock: what is measured here is real time.
#[expect(clippy::disallowed_methods, reason = "measuring real durations")]
pub fn now() -> Instant {
    Instant::now()
}

/// What a load measured.
pub struct Load {
    /// Answers.
    pub answers: u64,
    /// In this time.
    pub took: Duration,
    /// The time of each answer, in microseconds, sorted.
    pub micros: Vec<u64>,
}

impl Load {
    /// Answers per second.
    pub fn per_second(&self) -> f64 {
        self.answers as f64 / self.took.as_secs_f64()
    }

    /// A quantile of the answer times, in milliseconds.
    pub fn quantile(&self, share: f64) -> f64 {
        let at = ((self.micros.len() as f64 - 1.0) * share).max(0.0) as usize;
        self.micros.get(at).map_or(0.0, |micros| *micros as f64 / 1_000.0)
    }
}

/// A request that is made again and again, from the client's number and a running one.
pub type Make = std::sync::Arc<dyn Fn(u64, u64) -> Request<Full<Bytes>> + Send + Sync>;

/// How many clients a load has, where nothing else is said.
pub const CLIENTS: u64 = 64;

/// Sends requests from several clients for a while; every answer must have the status.
pub async fn run(address: SocketAddr, clients: u64, for_how_long: Duration, expected: StatusCode, make: Make) -> Load {
    let mut all = JoinSet::new();
    let begin = now();
    for client in 0..clients {
        let make = make.clone();
        all.spawn(async move {
            let mut connection = Connection::open(address).await;
            let mut micros = Vec::new();
            let mut number = 0;
            while now() - begin < for_how_long {
                let sent = now();
                let (status, body) = connection.call(make(client, number)).await;
                assert_eq!(status, expected, "{}", String::from_utf8_lossy(&body));
                micros.push((now() - sent).as_micros() as u64);
                number += 1;
            }
            micros
        });
    }
    let mut micros = Vec::new();
    while let Some(done) = all.join_next().await {
        micros.extend(done.expect("a client ends well"));
    }
    let took = now() - begin;
    micros.sort_unstable();
    Load { answers: micros.len() as u64, took, micros }
}

/// A request with a bearer token and a JSON body.
pub fn request(method: Method, path: &str, token: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "127.0.0.1")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Full::new(body.into()))
        .expect("a request")
}

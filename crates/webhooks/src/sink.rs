//! A receiver for tests: a real HTTP server on loopback that remembers what it was sent.

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What a sink was sent.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }
}

/// What a sink answers.
pub struct Reply {
    pub wait: Duration,
    pub response: Response<Full<Bytes>>,
}

impl Reply {
    pub fn status(status: u16) -> Reply {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        Reply { wait: Duration::ZERO, response }
    }

    pub fn text(text: impl Into<Bytes>) -> Reply {
        Reply { wait: Duration::ZERO, response: Response::new(Full::new(text.into())) }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Reply {
        self.response.headers_mut().insert(name, value.parse().unwrap());
        self
    }

    pub fn after(self, ms: u64) -> Reply {
        Reply { wait: Duration::from_millis(ms), ..self }
    }
}

type Answering = Arc<Mutex<Box<dyn FnMut(&Received) -> Reply + Send>>>;

/// The server; dropping it closes everything.
pub struct Sink {
    pub url: Arc<str>,
    log: Arc<Mutex<Vec<Received>>>,
    answering: Answering,
    connections: Arc<AtomicUsize>,
    busy: Arc<AtomicUsize>,
    peak: Arc<AtomicUsize>,
    _server: JoinSet<()>,
}

impl Sink {
    pub async fn start(answer: impl FnMut(&Received) -> Reply + Send + 'static) -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap()).into();
        let (log, connections): (Arc<Mutex<Vec<Received>>>, Arc<AtomicUsize>) = Default::default();
        let (busy, peak): (Arc<AtomicUsize>, Arc<AtomicUsize>) = Default::default();
        let answering: Answering = Arc::new(Mutex::new(Box::new(answer)));
        let mut server = JoinSet::new();
        let serving = (log.clone(), answering.clone(), connections.clone(), busy.clone(), peak.clone());
        server.spawn(async move {
            let (log, answering, connections, busy, peak) = serving;
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (log, answering, busy, peak) = (log.clone(), answering.clone(), busy.clone(), peak.clone());
                open.spawn(async move {
                    let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                        let (log, answering, busy, peak) = (log.clone(), answering.clone(), busy.clone(), peak.clone());
                        async move {
                            let (parts, body) = request.into_parts();
                            let body = body.collect().await.map(|b| b.to_bytes()).unwrap_or_default();
                            let path = parts.uri.to_string();
                            let received = Received { method: parts.method, path, headers: parts.headers, body };
                            peak.fetch_max(busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                            let reply = {
                                // Under one lock, so that the log is in the order in which the answers were given.
                                let mut answering = answering.lock().unwrap();
                                let reply = answering(&received);
                                log.lock().unwrap().push(received);
                                reply
                            };
                            tokio::time::sleep(reply.wait).await;
                            busy.fetch_sub(1, Ordering::SeqCst);
                            Ok::<_, Infallible>(reply.response)
                        }
                    });
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Sink { url, log, answering, connections, busy, peak, _server: server }
    }

    /// Answers everything with this status.
    pub async fn always(status: u16) -> Sink {
        Sink::start(move |_| Reply::status(status)).await
    }

    pub fn answer(&self, answer: impl FnMut(&Received) -> Reply + Send + 'static) {
        *self.answering.lock().unwrap() = Box::new(answer);
    }

    pub fn received(&self) -> Vec<Received> {
        self.log.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.log.lock().unwrap().len()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Requests being answered at this moment.
    pub fn busy(&self) -> usize {
        self.busy.load(Ordering::SeqCst)
    }

    /// The most requests ever answered at the same time.
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::SeqCst)
    }
}

/// A server that accepts, and then writes raw pieces with pauses, whatever it is asked. An empty list hangs for ever.
pub async fn raw(pieces: Vec<(u64, &'static str)>) -> (Arc<str>, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/raw", listener.local_addr().unwrap()).into();
    let mut server = JoinSet::new();
    server.spawn(async move {
        let mut open = JoinSet::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let pieces = pieces.clone();
            open.spawn(async move {
                if pieces.is_empty() {
                    std::future::pending::<()>().await;
                }
                for (pause, piece) in pieces {
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                    if stream.write_all(piece.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (url, server)
}

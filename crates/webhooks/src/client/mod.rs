//! The HTTP client everything leaves through: guarded, bounded, and light enough for tens of thousands of requests a
//! second.
//!
//! It speaks HTTP/1.1 over connections that are kept per origin and driven by the very task that uses them: no task per
//! connection, no channel between tasks, no name resolution per request. It follows no redirect.

mod answer;
mod connect;
mod exchange;
mod pool;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tls_tests;

pub use answer::{Answer, Failure};
pub use connect::{Connector, Roots, Stream};

use crate::faults::{Fault, Faults};
use crate::guard::{Guard, Refusal, Resolver, Target};
use crate::sign::Signer;
use crate::stopwatch;
use bytes::Bytes;
use exchange::Link;
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use http_body_util::Full;
use pool::Pool;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How every request introduces itself.
pub const AGENT: &str = concat!("Portico/", env!("CARGO_PKG_VERSION"));
/// Checked URLs remembered; beyond it all are forgotten and parsed again.
const TARGETS: usize = 10_000;

/// How the client is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which receivers are allowed.
    pub guard: Guard,
    /// Which certificate authorities are trusted.
    pub roots: Roots,
    /// Unused connections kept, over all receivers.
    pub idle: usize,
    /// What goes wrong on purpose.
    pub faults: Arc<Faults>,
}

impl Default for Options {
    fn default() -> Options {
        Options { guard: Guard::default(), roots: Roots::default(), idle: 1024, faults: Arc::default() }
    }
}

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The receiver, as configured.
    pub url: Arc<str>,
    /// Usually `POST`.
    pub method: Method,
    /// In addition to those the client sets itself; they win over those.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The exact bytes; `None` for a request without a body, which is signed differently.
    pub body: Option<Bytes>,
    /// How the bytes are signed at the moment of sending.
    pub signer: Signer,
    /// Covers connecting, sending and the whole answer.
    pub timeout: Duration,
    /// Sending twice does no harm: a kept connection that turns out dead is replaced by a fresh one silently.
    pub repeatable: bool,
}

type Checked = Result<Arc<Target>, Refusal>;

/// Sends requests; cheap to share behind an [`Arc`].
#[derive(Debug)]
pub struct Client {
    resolver: Resolver,
    connector: Connector,
    pool: Pool,
    targets: Mutex<HashMap<Arc<str>, Checked>>,
    faults: Arc<Faults>,
}

impl Client {
    /// Loads the trusted certificates; connects to nobody.
    pub fn new(options: Options) -> Client {
        Client {
            resolver: Resolver::new(options.guard),
            connector: Connector::new(&options.roots),
            pool: Pool::new(options.idle),
            targets: Mutex::default(),
            faults: options.faults,
        }
    }

    /// Checks a URL without calling it, as when a receiver is configured. Names are not resolved here.
    pub fn target(&self, url: &Arc<str>) -> Checked {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = targets.get(url) {
            return known.clone();
        }
        if targets.len() >= TARGETS {
            targets.clear();
        }
        let parsed = self.resolver.guard().parse(url).map(Arc::new);
        targets.insert(url.clone(), parsed.clone());
        parsed
    }

    /// Sends one request and reads its answer. `now` is the time the signature claims. Any HTTP status is an answer.
    pub async fn send(&self, now: i64, outgoing: &Outgoing) -> Result<Answer, Failure> {
        self.send_noting(now, outgoing, &mut HeaderMap::new()).await
    }

    /// The same, and leaves the headers of the request behind, whatever came of it; none where it was never made.
    pub async fn send_noting(&self, now: i64, outgoing: &Outgoing, noted: &mut HeaderMap) -> Result<Answer, Failure> {
        match self.faults.pick(&outgoing.url) {
            None => self.send_well(now, outgoing, noted).await,
            // Boxed, so that requests that nothing holds up do not carry the room for it.
            Some(fault) => Box::pin(self.send_badly(now, outgoing, &fault, noted)).await,
        }
    }

    async fn send_badly(
        &self,
        now: i64,
        outgoing: &Outgoing,
        fault: &Fault,
        noted: &mut HeaderMap,
    ) -> Result<Answer, Failure> {
        let began = stopwatch::now();
        // The receiver's time runs while a call is held up, and while it comes twice.
        let outcome = tokio::time::timeout(outgoing.timeout, self.go_wrong(now, outgoing, fault, noted)).await;
        let outcome = outcome.unwrap_or(Err(Failure::Timeout(outgoing.timeout)));
        outcome.map(|answer| Answer { took: began.elapsed(), ..answer })
    }

    async fn go_wrong(
        &self,
        now: i64,
        outgoing: &Outgoing,
        fault: &Fault,
        noted: &mut HeaderMap,
    ) -> Result<Answer, Failure> {
        tokio::time::sleep(fault.delay).await;
        if fault.drop {
            return Err(Failure::Broken("dropped on purpose by the sandbox".to_string()));
        }
        if let Some(status) = fault.fail_with {
            let body = Bytes::from_static(b"failed on purpose by the sandbox");
            return Ok(Answer { status, headers: HeaderMap::new(), body, truncated: false, took: fault.delay });
        }
        if fault.duplicate {
            self.send_well(now, outgoing, noted).await?;
        }
        self.send_well(now, outgoing, noted).await
    }

    async fn send_well(&self, now: i64, outgoing: &Outgoing, noted: &mut HeaderMap) -> Result<Answer, Failure> {
        let target = self.target(&outgoing.url).map_err(Failure::Refused)?;
        *noted = headers(now, outgoing, &target);
        let began = stopwatch::now();
        let progress = AtomicU8::new(CONNECTING);
        let exchange = self.exchange(outgoing, &target, noted, &progress);
        let outcome = match tokio::time::timeout(outgoing.timeout, exchange).await {
            Ok(outcome) => outcome,
            Err(_) if progress.load(Ordering::Relaxed) == CONNECTING => {
                Err(Failure::Connect(format!("not connected within {} ms", outgoing.timeout.as_millis())))
            }
            Err(_) => Err(Failure::Timeout(outgoing.timeout)),
        };
        outcome.map(|answer| Answer { took: began.elapsed(), ..answer })
    }

    /// Closes connections that have been unused for long. To be called now and then; the engine does.
    pub fn sweep(&self) {
        self.pool.sweep(stopwatch::now());
    }

    async fn exchange(
        &self,
        outgoing: &Outgoing,
        target: &Target,
        headers: &HeaderMap,
        progress: &AtomicU8,
    ) -> Result<Answer, Failure> {
        let build = || {
            let mut request = Request::new(Full::new(outgoing.body.clone().unwrap_or_default()));
            *request.method_mut() = outgoing.method.clone();
            *request.uri_mut() = target.path.clone();
            *request.headers_mut() = headers.clone();
            request
        };
        while let Some(mut link) = self.pool.take(&target.origin) {
            if !link.is_alive().await {
                continue;
            }
            progress.store(CONNECTED, Ordering::Relaxed);
            match link.call(build()).await {
                Ok(answer) => return Ok(self.keep(target, link, answer)),
                // The receiver closed a connection we had kept, as it may at any time.
                Err(lost) if lost.unsent || (lost.unanswered && outgoing.repeatable) => break,
                Err(lost) => return Err(lost.failure),
            }
        }
        progress.store(CONNECTING, Ordering::Relaxed);
        // Boxed, as what connecting takes is large, and most requests find a connection.
        let mut link = Box::pin(self.connect(target)).await?;
        progress.store(CONNECTED, Ordering::Relaxed);
        let answer = link.call(build()).await.map_err(|lost| lost.failure)?;
        Ok(self.keep(target, link, answer))
    }

    async fn connect(&self, target: &Target) -> Result<Link, Failure> {
        let addresses = self.resolver.addresses(&target.origin).await.map_err(Failure::Refused)?;
        let stream = self.connector.connect(&target.origin, &addresses).await?;
        Link::open(stream).await
    }

    fn keep(&self, target: &Target, link: Link, answer: Answer) -> Answer {
        if link.is_reusable() {
            self.pool.put(&target.origin, link, stopwatch::now());
        }
        answer
    }
}

const CONNECTING: u8 = 0;
const CONNECTED: u8 = 1;

fn headers(now: i64, outgoing: &Outgoing, target: &Target) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(12);
    headers.insert(HOST, target.host.clone());
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    if outgoing.body.is_some() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for (name, value) in &outgoing.headers {
        headers.insert(name.clone(), value.clone());
    }
    outgoing.signer.apply(now, outgoing.body.as_deref(), &mut headers);
    headers
}

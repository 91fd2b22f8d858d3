//! The connections that clients open: accepted, limited in number, ended when nothing comes, and closed in order when the
//! server stops. A client needs no token to open one, so none is kept for the asking.

mod arriving;
mod line;
mod pulse;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use api::edge::error::Problem;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Request, StatusCode, Version, header};
use hyper::body::{Body as _, Incoming};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::workers::Workers;
use arriving::Arriving;
use line::Line;
use pulse::{Pulse, UnderWay};

/// How long to wait before accepting again, when the machine has nothing left for one more connection.
const AGAIN: Duration = Duration::from_millis(500);
/// The most connections, however many files the process may have open.
const MOST: usize = 10_000;
/// The files that a process may have open where the machine does not tell: what the stingiest allow.
const USUAL_FILES: usize = 256;

/// How long clients may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the whole head of a request, from its first byte on; a new connection has as long for its first request.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// Between two pieces of a body.
    pub body: Duration,
    /// The same while the server stops.
    pub last: Duration,
}

/// How connections are kept.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// How long clients may take.
    pub patience: Patience,
    /// How many may be open at once; more wait until they are accepted.
    pub most: usize,
}

impl Terms {
    /// The terms of a server: half of the files that it may have open are for its connections.
    pub fn of_this_process() -> Terms {
        let patience = Patience {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            body: Duration::from_secs(30),
            last: Duration::from_secs(1),
        };
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
        Terms { patience, most: (files(&limits) / 2).clamp(1, MOST) }
    }
}

/// How many files a process may have open, as Linux tells it.
fn files(limits: &str) -> usize {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let Some(soft) = line.and_then(|line| line.split_whitespace().next()) else { return USUAL_FILES };
    // The one word that may stand there in place of a number is "unlimited".
    soft.parse().unwrap_or(usize::MAX)
}

/// Serves until the workers are told to stop, and until the requests that are under way then are answered.
pub async fn serve(listener: TcpListener, service: Router, terms: Terms, workers: Workers) {
    let mut stopping = pin!(workers.stopping());
    let mut open = JoinSet::new();
    loop {
        // Those that ended leave nothing behind.
        while open.try_join_next().is_some() {}
        tokio::select! {
            () = &mut stopping => break,
            _ = open.join_next(), if open.len() >= terms.most => {}
            accepted = listener.accept(), if open.len() < terms.most => match accepted {
                Ok((stream, peer)) => {
                    open.spawn(connection(stream, peer, service.clone(), (terms.patience, workers.clone())));
                }
                Err(error) if is_of_one_client(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted for the moment");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}

/// Whether only the one who called is concerned: it went away before it was accepted.
fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    [ConnectionAborted, ConnectionRefused, ConnectionReset].contains(&error.kind())
}

async fn connection(stream: TcpStream, peer: SocketAddr, service: Router, (patience, workers): (Patience, Workers)) {
    // Answers are written whole, so waiting for more to send only costs time.
    let _ = stream.set_nodelay(true);
    let pulse = Arc::new(Pulse::default());
    let line = Line::new(stream, pulse.clone(), patience, Box::pin(workers.stopping()));
    let service = TowerToHyperService::new(service);
    let stopping = workers.stopping();
    let answered = service_fn(move |mut request: Request<Incoming>| {
        let under_way = pulse.begin(request.version());
        request.extensions_mut().insert(ConnectInfo(peer));
        answer(service.clone(), request, under_way, (patience, workers.clone()))
    });
    let builder = Builder::new(TokioExecutor::new());
    let mut connection = pin!(builder.serve_connection(TokioIo::new(line), answered));
    // How a connection ended is the client's affair: whatever was asked is answered or broke off by then.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stopping => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn answer(
    service: TowerToHyperService<Router>,
    request: Request<Incoming>,
    under_way: UnderWay,
    (patience, workers): (Patience, Workers),
) -> Result<Response, Infallible> {
    let version = request.version();
    let stalled = Arc::new(Notify::new());
    let request = request.map(|body| match body.is_end_stream() {
        true => Body::empty(),
        false => Body::new(Arriving::new(body, patience, Box::pin(workers.stopping()), stalled.clone())),
    });
    let response = tokio::select! {
        biased;
        response = service.call(request) => response?,
        () = stalled.notified() => gave_up(version),
    };
    Ok(response.map(|body| Body::new(under_way.until_sent(body))))
}

/// What is answered when the rest of a body does not come.
fn gave_up(version: Version) -> Response {
    let problem = Problem::new(StatusCode::REQUEST_TIMEOUT, "the rest of the body did not arrive in time");
    let mut response = problem.into_response();
    if version < Version::HTTP_2 {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

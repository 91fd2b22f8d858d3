//! What those who look after the machine ask: `/healthz` (the process answers), `/readyz` (so does its store, which can be
//! written), and `/metrics` (numbers in the text format of Prometheus). They say nothing about anybody's conversations.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use desk::Desk;
use desk::timers::topic;
use http::{StatusCode, header};
use webhooks::engine::Engine;

use crate::companies::Companies;
use crate::stream::Live;
use crate::workers::Workers;

/// A store that needs longer than this to answer is not ready.
const PATIENCE: Duration = Duration::from_secs(2);
/// Upper bounds of the buckets of request durations, in milliseconds.
const BUCKETS: [u64; 8] = [1, 5, 10, 50, 100, 500, 1_000, 5_000];

/// What was counted since the start.
#[derive(Default)]
pub struct Counts {
    by_class: [AtomicU64; 5],
    by_time: [AtomicU64; BUCKETS.len() + 1],
    micros: AtomicU64,
}

impl Counts {
    /// Counts an answered request.
    pub fn note(&self, status: StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        self.by_class[class].fetch_add(1, Ordering::Relaxed);
        let millis = took.as_millis();
        let bucket = BUCKETS.iter().position(|bound| millis <= u128::from(*bound)).unwrap_or(BUCKETS.len());
        self.by_time[bucket].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// What is looked at.
pub struct Health {
    /// What was counted.
    pub counts: Counts,
    /// The shared inbox.
    pub desk: Desk,
    /// Who carries deliveries.
    pub engine: Arc<Engine>,
    /// The live streams.
    pub live: Arc<Live>,
    /// The companies of the store.
    pub companies: Arc<Companies>,
    /// The background tasks.
    pub workers: Workers,
}

/// `GET /readyz`
pub async fn ready(health: Arc<Health>) -> Response {
    if let Some(why) = health.workers.fault() {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response();
    }
    let store = health.desk.store();
    let answer = store.read(|conn| conn.one::<(i64,)>("SELECT CAST(1 AS BIGINT)", &[]));
    if !matches!(tokio::time::timeout(PATIENCE, answer).await, Ok(Ok(_))) {
        return (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response();
    }
    let why = match tokio::time::timeout(PATIENCE, store.unwritable()).await {
        Ok(None) => return "ready\n".into_response(),
        Ok(Some(error)) if error.is_full() => "the store has no room left\n",
        // It is only asked for long where it could not be written.
        Ok(Some(_)) | Err(_) => "the store cannot be written\n",
    };
    (StatusCode::SERVICE_UNAVAILABLE, why).into_response()
}

/// `GET /metrics`
pub async fn metrics(health: Arc<Health>) -> Response {
    let mut text = String::new();
    requests(&mut text, &health.counts);
    let load = health.engine.load();
    gauge(&mut text, "portico_deliveries_in_memory", "Deliveries this node works on", load.jobs as i64);
    gauge(&mut text, "portico_deliveries_in_flight", "Requests to receivers under way", load.in_flight as i64);
    gauge(&mut text, "portico_streams_open", "Live event streams", health.live.open() as i64);
    let companies = health.companies.all();
    gauge(&mut text, "portico_companies", "Companies of the store", companies.len() as i64);
    let waiting = health.desk.store().read(move |conn| {
        let mut waiting = [0i64; 3];
        for company in &companies {
            for (at, topic) in [topic::WEBHOOK, topic::CHANNEL, topic::TIMER].into_iter().enumerate() {
                waiting[at] += db::outbox::pending(conn, company.0, topic)?;
            }
        }
        Ok::<_, db::Error>(waiting)
    });
    if let Ok(waiting) = waiting.await {
        let name = "portico_outbox_pending";
        let _ = writeln!(text, "# HELP {name} Jobs that wait in the outbox\n# TYPE {name} gauge");
        for (topic, count) in ["webhook", "channel", "timer"].into_iter().zip(waiting) {
            let _ = writeln!(text, "{name}{{topic=\"{topic}\"}} {count}");
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

fn requests(text: &mut String, counts: &Counts) {
    let name = "portico_requests_total";
    let _ = writeln!(text, "# HELP {name} Answered requests\n# TYPE {name} counter");
    for (at, count) in counts.by_class.iter().enumerate() {
        let _ = writeln!(text, "{name}{{status=\"{}xx\"}} {}", at + 1, count.load(Ordering::Relaxed));
    }
    let name = "portico_request_seconds";
    let _ = writeln!(text, "# HELP {name} From the request's head to the answer's\n# TYPE {name} histogram");
    let mut sum = 0;
    for (at, count) in counts.by_time.iter().enumerate() {
        sum += count.load(Ordering::Relaxed);
        let bound = BUCKETS.get(at).map_or("+Inf".to_string(), |millis| (*millis as f64 / 1_000.0).to_string());
        let _ = writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {sum}");
    }
    let seconds = counts.micros.load(Ordering::Relaxed) as f64 / 1e6;
    let _ = writeln!(text, "{name}_sum {seconds}\n{name}_count {sum}");
}

fn gauge(text: &mut String, name: &str, help: &str, value: i64) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
}

//! Ten apps that hear of everything, and what nine of them notice when the tenth hangs.

use std::time::{Duration, Instant};

use desk::apps::features::WebhookType;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::load::{self, Connection, now, request};
use crate::say;
use crate::sink::Sink;
use crate::stage::{Server, Stage};
use crate::webhooks_out::{populate, tagging};

/// Apps that listen.
const APPS: usize = 10;
/// How long the hanging one takes: longer than the 5 s that it is given, or some of its answers would come in time.
const HANGS: Duration = Duration::from_secs(8);
/// Calls that cause events, a second, while it is measured how long a webhook takes.
const QUIET: u64 = 200;
/// Conversations that a full load works on.
const BUSY: u64 = 640;

/// Measures and reports.
pub async fn measure(each: Duration, store: Option<String>) {
    let stage = tokio::task::spawn_blocking(move || Stage::found("apps", store, &[], &[])).await;
    let stage = stage.expect("the stage is set");
    let server = stage.serve();
    let mut sinks = Vec::new();
    for number in 0..APPS {
        let sink = Sink::start(Duration::ZERO, true).await;
        subscribe(&stage, &server, &sink, number).await;
        sinks.push(sink);
    }
    let quiet = QUIET * each.as_secs().max(1);
    let mut conversations = populate(&stage, &server, 2 * (BUSY + quiet)).await;
    for sink in &sinks {
        sink.until(2 * (BUSY + quiet), Duration::from_secs(300)).await;
    }
    let busy_again = conversations.split_off((2 * quiet + BUSY) as usize);
    let busy = conversations.split_off(2 * quiet as usize);
    let quiet_again = conversations.split_off(quiet as usize);
    let (nine, tenth) = sinks.split_at(APPS - 1);

    let all_well = full(&stage, &server, each, &busy, &sinks).await;
    say(&format!("{APPS} apps: {all_well:.0} webhooks/s; memory {:.0} MB", server.memory()));
    let well = latency(&stage, &server, nine, &conversations).await;
    say(&format!("accepted to delivered, {QUIET}/s to nine of them: p50 {:.2} ms, p99 {:.2} ms", well.0, well.1));
    tenth[0].delay(HANGS);
    let ill = latency(&stage, &server, nine, &quiet_again).await;
    say(&format!(
        "the same while the tenth hangs: p50 {:.2} ms, p99 {:.2} ms; ratio p50 {:.2}, p99 {:.2}",
        ill.0,
        ill.1,
        ill.0 / well.0,
        ill.1 / well.1
    ));
    let nine_only = full(&stage, &server, each, &busy_again, nine).await;
    let share = all_well * nine.len() as f64 / APPS as f64;
    say(&format!(
        "nine apps while the tenth hangs: {nine_only:.0} webhooks/s, ratio {:.2} of the nine's share before; memory {:.0} MB",
        nine_only / share,
        server.memory()
    ));
    server.kill();
}

/// Registers an app whose webhook is the sink.
async fn subscribe(stage: &Stage, server: &Server, sink: &Sink, number: usize) {
    let mut connection = Connection::open(server.address).await;
    let name = json!({"name": format!("App {number}")}).to_string();
    let (status, bytes) = connection.call(request(Method::POST, "/portico/v1/apps", &stage.token, name)).await;
    assert_eq!(status, StatusCode::CREATED);
    let app: Value = serde_json::from_slice(&bytes).expect("JSON");
    let path = format!("/portico/v1/apps/{}/features", app["uid"].as_str().expect("a uid"));
    let settings = json!({"settings": {"kind": "webhook", "url": sink.url(), "events": WebhookType::ALL}}).to_string();
    let (status, _) = connection.call(request(Method::POST, &path, &stage.token, settings)).await;
    assert_eq!(status, StatusCode::CREATED);
}

/// Webhooks a second that arrive at the sinks under full load.
async fn full(stage: &Stage, server: &Server, each: Duration, conversations: &[String], sinks: &[Sink]) -> f64 {
    let before: Vec<u64> = sinks.iter().map(Sink::count).collect();
    let begin = now();
    let make = tagging(stage, conversations.to_vec(), load::CLIENTS);
    let load = load::run(server.address, load::CLIENTS, each, StatusCode::NO_CONTENT, make).await;
    for (sink, before) in sinks.iter().zip(&before) {
        sink.until(before + load.answers, Duration::from_secs(300)).await;
    }
    (load.answers * sinks.len() as u64) as f64 / (now() - begin).as_secs_f64()
}

/// From an accepted call to the arrival of each of its webhooks, at a quiet rate: p50 and p99 in milliseconds.
async fn latency(stage: &Stage, server: &Server, sinks: &[Sink], conversations: &[String]) -> (f64, f64) {
    let before: Vec<u64> = sinks.iter().map(Sink::count).collect();
    sinks.iter().for_each(Sink::forget);
    let mut connection = Connection::open(server.address).await;
    let begin = now();
    let mut sent: Vec<(&String, Instant)> = Vec::new();
    for (number, id) in conversations.iter().enumerate() {
        let due = begin + Duration::from_micros(1_000_000 / QUIET) * number as u32;
        tokio::time::sleep_until(due.into()).await;
        let body = format!(r#"{{"tag_ids":["{}"]}}"#, stage.tag);
        let path = format!("/conversations/{id}/tags");
        let (status, _) = connection.call(request(Method::POST, &path, &stage.token, body)).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        sent.push((id, now()));
    }
    let mut micros = Vec::new();
    for (sink, before) in sinks.iter().zip(&before) {
        sink.until(before + sent.len() as u64, Duration::from_secs(60)).await;
        let arrived = sent.iter().filter_map(|(id, at)| Some(sink.arrival(id)?.saturating_duration_since(*at)));
        micros.extend(arrived.map(|took| took.as_micros() as u64));
    }
    micros.sort_unstable();
    let at = |share: f64| micros[((micros.len() - 1) as f64 * share) as usize] as f64 / 1_000.0;
    (at(0.5), at(0.99))
}

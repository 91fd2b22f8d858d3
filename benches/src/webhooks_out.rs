//! Webhooks delivered: durable before sending, every attempt recorded, end to end from API calls that cause events.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;

use crate::inbound::TEXT;
use crate::load::{self, Connection, Make, now, request};
use crate::sink::Sink;
use crate::stage::{Server, Stage};
use crate::{ceiling, say};

/// Measures and reports.
pub async fn measure(each: Duration, store: Option<String>, backlog: u64, clients: u64) {
    let sink = Sink::start(Duration::ZERO, false).await;
    let bare = tokio::task::spawn_blocking(move || ceiling::posts(&sink, each)).await.expect("the bare client ran");
    say(&format!("bare client: {bare:.0} signed posts/s"));
    for endpoints in [1, 10] {
        end_to_end(each, store.clone(), endpoints, clients, bare).await;
    }
    latency(each, store.clone()).await;
    slow_receiver(each, store.clone()).await;
    drain(store, backlog, bare).await;
}

async fn stage(name: &'static str, store: Option<String>, sinks: Vec<String>) -> Stage {
    let set =
        tokio::task::spawn_blocking(move || Stage::found(name, store, &["tag_added", "tag_removed"], &sinks)).await;
    set.expect("the stage is set")
}

/// Makes conversations to cause events in.
pub async fn populate(stage: &Stage, server: &Server, count: u64) -> Vec<String> {
    let path = format!("/channels/{}/incoming_messages", stage.channel);
    let mut connection = Connection::open(server.address).await;
    for number in 0..count {
        let handle = format!("customer-{number}");
        let body = json!({"sender": {"handle": handle}, "body": &TEXT[..200], "metadata": {"thread_ref": handle}});
        let (status, _) = connection.call(request(Method::POST, &path, &stage.token, body.to_string())).await;
        assert_eq!(status, StatusCode::ACCEPTED);
    }
    stage.conversations(count as i64).iter().map(ToString::to_string).collect()
}

/// Tags and untags in turn, so that each call is one change, one event and one webhook for each endpoint.
pub fn tagging(stage: &Stage, conversations: Vec<String>, clients: u64) -> Make {
    let (token, tag) = (stage.token.clone(), stage.tag);
    let conversations = Arc::new(conversations);
    Arc::new(move |client, number| {
        let share = conversations.len() as u64 / clients;
        let at = (client * share + (number / 2) % share.max(1)) % conversations.len() as u64;
        let path = format!("/conversations/{}/tags", conversations[at as usize]);
        let method = if number % 2 == 0 { Method::POST } else { Method::DELETE };
        request(method, &path, &token, format!(r#"{{"tag_ids":["{tag}"]}}"#))
    })
}

async fn end_to_end(each: Duration, store: Option<String>, endpoints: usize, clients: u64, bare: f64) {
    let mut sinks = Vec::new();
    for _ in 0..endpoints {
        sinks.push(Sink::start(Duration::ZERO, false).await);
    }
    let stage = stage("webhooks", store, sinks.iter().map(Sink::url).collect()).await;
    let server = stage.serve();
    let conversations = populate(&stage, &server, 10 * clients).await;
    let make = tagging(&stage, conversations, clients);
    let (before, begin) = (server.both_cpus(), now());
    let load = load::run(server.address, clients, each, StatusCode::NO_CONTENT, make).await;
    let caused = load.answers * endpoints as u64;
    for sink in &sinks {
        sink.until(load.answers, Duration::from_secs(120)).await;
    }
    let total: u64 = sinks.iter().map(Sink::count).sum();
    let rate = total as f64 / (now() - begin).as_secs_f64();
    let spent = server.spent_since(&before, total);
    say(&format!(
        "end to end, {endpoints} endpoint(s), {clients} clients: {rate:.0} webhooks/s of {caused} caused by {:.0} calls/s, ratio {:.3} of bare; {spent}; memory {:.0} MB",
        load.per_second(),
        rate / bare,
        server.memory()
    ));
    server.kill();
}

/// From an accepted call to its webhook's arrival, at a quiet rate.
async fn latency(each: Duration, store: Option<String>) {
    let sink = Sink::start(Duration::ZERO, true).await;
    let stage = stage("latency", store, vec![sink.url()]).await;
    let server = stage.serve();
    let conversations = populate(&stage, &server, 8_000).await;
    let mut connection = Connection::open(server.address).await;
    let begin = now();
    let mut sent = Vec::new();
    // One call each millisecond: about half of what one endpoint is given under full load.
    for (number, id) in conversations.iter().enumerate() {
        if now() - begin > each {
            break;
        }
        let path = format!("/conversations/{id}/tags");
        let body = format!(r#"{{"tag_ids":["{}"]}}"#, stage.tag);
        let (status, _) = connection.call(request(Method::POST, &path, &stage.token, body)).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        sent.push((id, now()));
        let due = begin + Duration::from_millis(number as u64);
        tokio::time::sleep_until(due.into()).await;
    }
    sink.until(sent.len() as u64, Duration::from_secs(60)).await;
    let mut micros: Vec<u64> = sent
        .iter()
        .filter_map(|(id, at)| Some(sink.arrival(id)?.saturating_duration_since(*at).as_micros() as u64))
        .collect();
    micros.sort_unstable();
    let at = |share: f64| micros[((micros.len() - 1) as f64 * share) as usize] as f64 / 1_000.0;
    say(&format!(
        "accepted to delivered, {:.0}/s: p50 {:.2} ms, p99 {:.2} ms",
        sent.len() as f64 / (now() - begin).as_secs_f64(),
        at(0.5),
        at(0.99)
    ));
    server.kill();
}

async fn slow_receiver(each: Duration, store: Option<String>) {
    let sink = Sink::start(Duration::from_millis(200), false).await;
    let stage = stage("slow", store, vec![sink.url()]).await;
    let server = stage.serve();
    let conversations = populate(&stage, &server, 6_400).await;
    let make = tagging(&stage, conversations, load::CLIENTS);
    let begin = now();
    let load = load::run(server.address, load::CLIENTS, each, StatusCode::NO_CONTENT, make).await;
    let during = sink.count() as f64 / (now() - begin).as_secs_f64();
    say(&format!("a receiver that takes 200 ms: {during:.0} webhooks/s while {:.0}/s are caused", load.per_second()));
    server.kill();
}

/// A restart with a backlog.
async fn drain(store: Option<String>, backlog: u64, bare: f64) {
    let sink = Sink::start(Duration::ZERO, false).await;
    let stage = stage("drain", store, vec![sink.url()]).await;
    let stage = tokio::task::spawn_blocking(move || {
        pile_up(&stage, backlog);
        stage
    })
    .await
    .expect("the backlog is made");
    let server = stage.serve();
    let before = server.both_cpus();
    let took = sink.until(backlog, Duration::from_secs(600)).await;
    let rate = backlog as f64 / took.as_secs_f64();
    say(&format!(
        "draining {backlog}: {rate:.0} webhooks/s, ratio {:.2} of bare; {}; memory {:.0} MB",
        rate / bare,
        server.spent_since(&before, backlog),
        server.memory()
    ));
    server.kill();
}

/// Causes events while no server runs, so that their webhooks wait in the store.
fn pile_up(stage: &Stage, backlog: u64) {
    let desk = portico::server::open_desk(&stage.location, "http://127.0.0.1").expect("the store opens");
    let caller = desk::Caller::system(stage.company);
    let (channel, tag) = (stage.channel, stage.tag);
    let mut left = backlog;
    let mut batch = 0u64;
    while left > 0 {
        let now_many = left.min(500);
        let first = batch * 500;
        desk.write_blocking(&caller, move |work| {
            for number in first..first + now_many {
                let handle = format!("customer-{number}");
                let incoming = desk::messages::Incoming {
                    channel,
                    sender: desk::messages::Sender { handle, name: None, contact: None },
                    subject: String::new(),
                    content: desk::messages::Content::plain("A short note"),
                    thread: None,
                    external_id: None,
                    headers: None,
                    uploads: Vec::new(),
                    written_at: None,
                };
                let received = desk::messages::receive(work, &incoming)?;
                let mut held = desk::conversations::hold(work, received.conversation)?;
                desk::conversations::tagging::add(work, &mut held, &[tag])?;
                held.save(work)?;
            }
            Ok(())
        })
        .expect("a batch is written");
        left -= now_many;
        batch += 1;
    }
    // What this process leased in memory is due at once for the server that follows.
    let company = stage.company.0;
    let freed: db::Result<u64> =
        desk.store().write_blocking(move |conn| db::outbox::release_node(conn, company, desk_node()));
    freed.expect("the leases are given back");
}

/// The number under which a tool leases lanes.
fn desk_node() -> i64 {
    portico::server::TOOL
}

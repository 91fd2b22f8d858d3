//! Nothing accepted is lost, whatever dies when: the real binary, killed with -9 at random instants while many clients
//! write, then asked what it still knows.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::HeaderMap;
use desk::companies::New;
use portico::founding;
use portico::server::open_desk;
use portico::settings::Location;
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// How many conversations the clients write in, so that every lane sees many messages.
const THREADS: u64 = 24;
/// With fewer messages the test would prove little.
const ENOUGH: u64 = 120;
/// How many clients write at once.
const CLIENTS: u64 = 8;

/// Each webhook that arrived, in order of arrival.
type Arrivals = Arc<Mutex<Vec<Arrival>>>;

#[derive(Clone)]
struct Arrival {
    delivery: String,
    event: i64,
    conversation: String,
    marker: String,
    body: Bytes,
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_a_hundred_times_the_server_loses_nothing() {
    if crate::server::wants_postgres() {
        return;
    }
    let stage = Stage::set(None).await;
    stage.play(1, 100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_on_one_postgresql_lose_nothing_when_either_is_killed() {
    if !crate::server::wants_postgres() {
        return;
    }
    let made = tokio::task::spawn_blocking(|| db::testing::postgres_database(desk::migrations::ALL)).await;
    let (url, name) =
        made.expect("a database is made").expect("PORTICO_TEST_STORE=postgres needs PORTICO_TEST_POSTGRES");
    let stage = Stage::set(Some(url)).await;
    stage.play(2, 100).await;
    tokio::task::spawn_blocking(move || db::testing::drop_database(&name)).await.expect("the database is dropped");
}

/// A company with a channel and a rule that tells the sink of every message.
struct Stage {
    location: Location,
    token: String,
    channel: String,
    company: desk::ids::CompanyId,
    arrivals: Arrivals,
    faults: Arc<AtomicBool>,
}

impl Stage {
    async fn set(store: Option<String>) -> Stage {
        let data = std::env::temp_dir().join(format!("portico-crash-{}-{}", std::process::id(), store.is_some()));
        let _ = std::fs::remove_dir_all(&data);
        let location = Location { data, store, secret_key: Some("5e".repeat(32)) };
        let faults = Arc::new(AtomicBool::new(true));
        let (sink, arrivals) = sink(faults.clone()).await;
        let (token, channel, company) = {
            let location = location.clone();
            tokio::task::spawn_blocking(move || found(&location, sink)).await.expect("the company is founded")
        };
        Stage { location, token, channel, company, arrivals, faults }
    }

    async fn play(self, nodes: usize, kills: u32) {
        let mut fleet = Fleet::start(&self.location, nodes).await;
        let addresses = fleet.addresses.clone();
        let stopping = Arc::new(AtomicBool::new(false));
        let written = Arc::new(AtomicU64::new(0));
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let (token, channel, addresses) = (self.token.clone(), self.channel.clone(), addresses.clone());
            let signals = (stopping.clone(), written.clone());
            clients.spawn(write_until_told(client, token, channel, addresses, signals));
        }
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        for _ in 0..kills {
            tokio::time::sleep(Duration::from_millis(20 + dice.below(180))).await;
            fleet.kill_and_restart(usize::try_from(dice.below(nodes as u64)).unwrap_or(0)).await;
        }
        // A slow machine writes on for a while, so that enough is there to prove something.
        for _ in 0..600 {
            if written.load(Ordering::Relaxed) > ENOUGH {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        stopping.store(true, Ordering::Relaxed);
        let mut accepted: BTreeMap<String, String> = BTreeMap::new();
        while let Some(written) = clients.join_next().await {
            accepted.extend(written.expect("a client ends well"));
        }
        self.faults.store(false, Ordering::Relaxed);
        self.until_delivered(accepted.len()).await;
        fleet.stop().await;
        self.check(&accepted);
        let _ = std::fs::remove_dir_all(&self.location.data);
    }

    /// Waits until every message's event has arrived at the sink.
    async fn until_delivered(&self, messages: usize) {
        for _ in 0..1_200 {
            let seen: std::collections::HashSet<i64> =
                self.arrivals.lock().expect("the sink's list").iter().map(|arrival| arrival.event).collect();
            if seen.len() >= messages {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("some webhooks never arrived");
    }

    /// What must hold in the end, asked of the store itself and of the sink.
    fn check(&self, accepted: &BTreeMap<String, String>) {
        assert!(accepted.len() as u64 > ENOUGH, "only {} messages were written, which proves little", accepted.len());
        let desk = open_desk(&self.location, "http://127.0.0.1").expect("the store opens");
        let caller = desk::Caller::system(self.company);
        let company = self.company;
        let rows: Vec<(String, String, i64)> = std::thread::scope(|scope| {
            let read = scope.spawn(|| {
                desk.read_blocking(&caller, move |work| {
                    let sql = "SELECT text, uid, (SELECT count(*) FROM events e WHERE e.company = m.company \
                               AND e.conversation = m.conversation AND e.type = 'inbound' AND e.target = m.id) \
                               FROM messages m WHERE company = $1";
                    Ok(work.conn.all(sql, db::args![company])?)
                })
            });
            read.join().expect("the reading thread ends well").expect("the messages are read")
        });
        let mut kept: HashMap<&str, Vec<&str>> = HashMap::new();
        for (marker, uid, events) in &rows {
            assert_eq!(*events, 1, "{marker} has {events} events");
            kept.entry(marker).or_default().push(uid);
        }
        for (marker, uid) in accepted {
            assert_eq!(kept.get(marker.as_str()), Some(&vec![uid.as_str()]), "{marker} was accepted as {uid}");
        }
        assert_eq!(rows.len(), accepted.len(), "every message was accepted in the end, and none twice");
        self.check_arrivals(accepted);
    }

    fn check_arrivals(&self, accepted: &BTreeMap<String, String>) {
        let arrivals = self.arrivals.lock().expect("the sink's list").clone();
        let mut first: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        let mut seen: HashMap<i64, Arrival> = HashMap::new();
        for arrival in arrivals {
            if let Some(before) = seen.get(&arrival.event) {
                assert_eq!(before.body, arrival.body, "a repeat has the same bytes");
                assert_eq!(before.delivery, arrival.delivery, "a repeat has the same id");
                continue;
            }
            first.entry(arrival.conversation.clone()).or_default().push(arrival.event);
            seen.insert(arrival.event, arrival);
        }
        for (conversation, events) in &first {
            assert!(events.is_sorted(), "{conversation} was told out of order: {events:?}");
        }
        let told: std::collections::HashSet<&str> = seen.values().map(|arrival| arrival.marker.as_str()).collect();
        for marker in accepted.keys() {
            assert!(told.contains(marker.as_str()), "nobody was told of {marker}");
        }
    }
}

/// Writes messages until told to stop, and sees each one through: what is not answered is sent again with the same key.
async fn write_until_told(
    client: u64,
    token: String,
    channel: String,
    addresses: Arc<Vec<SocketAddr>>,
    (stopping, written): (Arc<AtomicBool>, Arc<AtomicU64>),
) -> Vec<(String, String)> {
    let http = crate::server::client();
    let mut accepted = Vec::new();
    let mut number = 0u64;
    while !stopping.load(Ordering::Relaxed) {
        number += 1;
        let marker = format!("message {client}/{number}");
        let thread = format!("thread-{}", (client + number * CLIENTS) % THREADS);
        let body = json!({"sender": {"handle": thread}, "body": marker, "metadata": {"thread_ref": thread}});
        let mut tries = 0usize;
        let uid = loop {
            let address = addresses[tries % addresses.len()];
            tries += 1;
            assert!(tries < 2_000, "{marker} is never accepted");
            let request = http
                .post(format!("http://{address}/channels/{channel}/incoming_messages"))
                .bearer_auth(&token)
                .header("idempotency-key", &marker)
                .timeout(Duration::from_secs(10))
                .json(&body);
            let Ok(response) = request.send().await else {
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            let status = response.status().as_u16();
            let Ok(json) = response.json::<Value>().await else { continue };
            match status {
                202 => break json["message_uid"].as_str().expect("a uid").to_string(),
                503 => tokio::time::sleep(Duration::from_millis(20)).await,
                other => panic!("{marker}: {other} {json}"),
            }
        };
        written.fetch_add(1, Ordering::Relaxed);
        accepted.push((marker, uid));
    }
    accepted
}

/// The nodes of the test: real processes.
struct Fleet {
    location: Location,
    nodes: Vec<Child>,
    addresses: Arc<Vec<SocketAddr>>,
}

impl Fleet {
    async fn start(location: &Location, count: usize) -> Fleet {
        let addresses: Vec<SocketAddr> = (0..count).map(|_| free_address()).collect();
        let nodes = addresses.iter().enumerate().map(|(at, address)| launch(location, at, *address)).collect();
        let fleet = Fleet { location: location.clone(), nodes, addresses: Arc::new(addresses) };
        for address in fleet.addresses.iter() {
            until_ready(*address).await;
        }
        fleet
    }

    async fn kill_and_restart(&mut self, at: usize) {
        // `Child::kill` sends SIGKILL.
        self.nodes[at].kill().expect("the node is killed");
        self.nodes[at].wait().expect("the node is gone");
        self.nodes[at] = launch(&self.location, at, self.addresses[at]);
        until_ready(self.addresses[at]).await;
    }

    async fn stop(&mut self) {
        for node in &mut self.nodes {
            node.kill().expect("the node is killed");
            node.wait().expect("the node is gone");
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            let _ = node.kill();
            let _ = node.wait();
        }
    }
}

fn launch(location: &Location, at: usize, address: SocketAddr) -> Child {
    // Nodes that share a PostgreSQL store have one key, and still folders of their own.
    let data = match &location.store {
        None => location.data.clone(),
        Some(_) => location.data.join(format!("node-{at}")),
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
    command.args(["serve", "--allow-private-networks", "--listen", &address.to_string(), "--data"]).arg(&data);
    if let Some(store) = &location.store {
        command.args(["--store", store]);
    }
    command.envs(location.secret_key.iter().map(|key| ("PORTICO_SECRET_KEY", key)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts")
}

fn free_address() -> SocketAddr {
    let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    probe.local_addr().expect("its address")
}

async fn until_ready(address: SocketAddr) {
    for _ in 0..1_500 {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the node at {address} never came up");
}

/// A receiver that notes what arrives. While faults are on, it refuses one request in eight after noting nothing.
async fn sink(faults: Arc<AtomicBool>) -> (SocketAddr, Arrivals) {
    let arrivals: Arrivals = Arc::default();
    let count = Arc::new(AtomicU64::new(0));
    let noted = arrivals.clone();
    let receive = move |headers: HeaderMap, body: Bytes| {
        let (noted, faults, count) = (noted.clone(), faults.clone(), count.clone());
        async move {
            if faults.load(Ordering::Relaxed) && count.fetch_add(1, Ordering::Relaxed) % 64 == 63 {
                return axum::http::StatusCode::SERVICE_UNAVAILABLE;
            }
            let json: Value = serde_json::from_slice(&body).expect("a webhook is JSON");
            let event: desk::ids::EventId = json["id"].as_str().expect("an id").parse().expect("an event's id");
            let arrival = Arrival {
                delivery: headers["x-portico-delivery"].to_str().expect("text").to_string(),
                event: event.0,
                conversation: json["conversation"]["id"].as_str().expect("a conversation").to_string(),
                marker: json["target"]["data"]["text"].as_str().unwrap_or_default().to_string(),
                body,
            };
            noted.lock().expect("the sink's list").push(arrival);
            axum::http::StatusCode::OK
        }
    };
    let router = axum::Router::new().fallback(receive);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    #[expect(clippy::disallowed_methods, reason = "the receiver is outside of the product and ends with the test")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, arrivals)
}

/// Founds the company, with a rule that tells the sink of each inbound message in full.
fn found(location: &Location, sink: SocketAddr) -> (String, String, desk::ids::CompanyId) {
    let desk = open_desk(location, "http://127.0.0.1").expect("the store opens");
    let new = New { name: "Acme".to_string(), slug: "acme".to_string(), has_ticketing: false };
    let channel: Arc<Mutex<String>> = Arc::default();
    let chosen = channel.clone();
    let founded = founding::found(&desk, new, move |work| {
        let (_, channel) = crate::server::support(work)?;
        *chosen.lock().expect("the channel") = channel.to_string();
        let definition = json!({
            "when": [{"on": "inbound"}],
            "then": [{"do": "webhook", "url": format!("http://{sink}/hook"), "body": "full"}],
        });
        let rule = desk::rules::New { name: "Tell".to_string(), team: None, owner: None, is_enabled: true, definition };
        desk::rules::create(work, &rule)?;
        Ok(())
    });
    let founded = founded.expect("a company is founded");
    let channel = channel.lock().expect("the channel").clone();
    (founded.token, channel, founded.company)
}

/// Reproducible dice (xorshift), so that a failing run can be thrown again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound.max(1)
    }
}

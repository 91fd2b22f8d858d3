//! Two servers over one PostgreSQL store.

use std::path::PathBuf;
use std::time::Duration;

use desk::companies::New;
use desk::conversations::{self, Action};
use desk::messages::{self, Content, Incoming, Sender};
use desk::{Caller, Desk};
use portico::failure::Failure;
use portico::founding;
use portico::server::Server;
use portico::settings::{Location, Serving, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::client;
use crate::stream::Reader;

/// Two servers, and what they leave behind.
struct Pair {
    servers: Vec<Server>,
    folders: Vec<PathBuf>,
    database: String,
    store: String,
}

/// A key for secrets.
fn key(number: u8) -> String {
    format!("{number:02x}").repeat(32)
}

/// Two with a folder each; none where there is no PostgreSQL for tests.
async fn pair() -> Option<Pair> {
    pair_on(|node| format!("-{node}")).await
}

/// Two on folders that end so.
async fn pair_on(end: impl Fn(usize) -> String) -> Option<Pair> {
    let made = tokio::task::spawn_blocking(|| db::testing::postgres_database(desk::migrations::ALL)).await;
    let (url, database) = made.expect("a database is made")?;
    let mut pair = Pair { servers: Vec::new(), folders: Vec::new(), database, store: String::new() };
    for node in 0..2 {
        let name = format!("portico-nodes-{}-{}{}", std::process::id(), pair.database, end(node));
        let folder = std::env::temp_dir().join(name);
        let location = Location { data: folder.clone(), store: Some(url.clone()), secret_key: Some(key(0)) };
        let server = start(location).await.unwrap_or_else(|failure| panic!("{failure}"));
        pair.servers.push(server);
        pair.folders.push(folder);
    }
    pair.store = url;
    Some(pair)
}

async fn start(location: Location) -> Result<Server, Failure> {
    let serving = Serving {
        listen: "127.0.0.1:0".parse().expect("an address"),
        public_url: Some("http://desk.example".to_string()),
        allow_private_networks: true,
        enforce_limits: false,
        requests_per_minute: 200,
        is_sandbox: false,
        channel_patience: channels::custom::PATIENCE,
    };
    Server::start(Settings { location, serving }).await
}

impl Pair {
    async fn end(self) {
        for server in self.servers {
            server.stop().await;
        }
        self.folders.iter().for_each(|folder| {
            let _ = std::fs::remove_dir_all(folder);
        });
        let database = self.database;
        tokio::task::spawn_blocking(move || db::testing::drop_database(&database)).await.expect("it is dropped");
    }

    async fn found(&self) -> founding::Founded {
        let desk = self.servers[0].desk.clone();
        let new = New { name: "Acme".to_string(), slug: "acme".to_string(), has_ticketing: false };
        let founded = tokio::task::spawn_blocking(move || founding::found(&desk, new, founding::furnish)).await;
        founded.expect("no panic").expect("a company is founded")
    }

    async fn reader(&self, node: usize, token: &str, query: &str) -> Reader {
        let url = format!("http://{}/portico/v1/events/stream{query}", self.servers[node].address);
        Reader::begin(client().get(url).bearer_auth(token)).await
    }
}

async fn say(desk: &Desk, caller: &Caller, who: String) -> desk::ids::ConversationId {
    let received = desk.write(caller, move |work| {
        let channel = work.directory()?.channels().next().map(|channel| channel.id);
        let incoming = Incoming {
            channel: channel.ok_or(desk::Error::NotFound("channel"))?,
            sender: Sender { handle: who.clone(), name: None, contact: None },
            subject: String::new(),
            content: Content::markdown("hello"),
            thread: None,
            external_id: None,
            headers: None,
            uploads: Vec::new(),
            written_at: None,
        };
        messages::receive(work, &incoming)
    });
    received.await.expect("received").conversation
}

#[tokio::test(flavor = "multi_thread")]
async fn each_node_has_its_own_number() {
    let Some(pair) = pair().await else { return };
    let numbers: Vec<i64> = pair.servers.iter().map(|server| server.desk.settings().node).collect();
    assert_ne!(numbers[0], numbers[1]);
    pair.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_at_one_node_hears_what_both_write_once_each() {
    const WRITERS: usize = 4;
    const EACH: usize = 15;
    let Some(pair) = pair().await else { return };
    let founded = pair.found().await;
    let caller = Caller::system(founded.company);
    let mut reader = pair.reader(1, &founded.token, "?types=inbound").await;
    let writers = (0..2 * WRITERS).map(|writer| {
        let (desk, caller) = (&pair.servers[writer % 2].desk, &caller);
        async move {
            for n in 0..EACH {
                say(desk, caller, format!("w{writer}-{n}")).await;
            }
        }
    });
    let all = 2 * WRITERS * EACH;
    let (_, frames) = tokio::join!(futures_util::future::join_all(writers), reader.frames(all));
    let mut ids: Vec<String> = frames.into_iter().map(|frame| frame.id).collect();
    assert_eq!(ids.len(), all);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "nothing twice");
    drop(reader);
    pair.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_fires_once_however_many_nodes_there_are() {
    let Some(pair) = pair().await else { return };
    let founded = pair.found().await;
    let caller = Caller::system(founded.company);
    let mut reader = pair.reader(1, &founded.token, "?types=reminder").await;
    let desk = &pair.servers[0].desk;
    const COUNT: usize = 12;
    for n in 0..COUNT {
        let id = say(desk, &caller, format!("sleeper-{n}")).await;
        let snooze = desk.write(&caller, move |work| {
            let until = work.now.plus(200);
            conversations::act_on(work, id, Action::Wait(Some(until)))
        });
        snooze.await.expect("it is snoozed");
    }
    let frames = reader.frames(COUNT).await;
    let mut about: Vec<String> = frames.iter().map(|frame| frame.data["conversation"]["id"].to_string()).collect();
    about.sort();
    about.dedup();
    assert_eq!((about.len(), frames.len()), (COUNT, COUNT));
    drop(reader);
    pair.end().await;
}

/// A message that brings a file, in two pieces, the first of which is only a part of the file.
fn pieces(token: &str, channel: &str, content: &[u8]) -> [Vec<u8>; 2] {
    let part =
        |name: &str, text: &str| format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
    let mut form = [part("sender[handle]", "ann"), part("body", "See the picture")].concat().into_bytes();
    form.extend(b"--edge\r\nContent-Disposition: form-data; name=\"attachments[0]\"; filename=\"a.bin\"\r\n");
    form.extend(b"Content-Type: application/octet-stream\r\n\r\n");
    form.extend(content);
    form.extend(b"\r\n--edge--\r\n");
    let head = format!(
        "POST /channels/{channel}/incoming_messages HTTP/1.1\r\nhost: desk\r\nauthorization: Bearer {token}\r\n\
         content-type: multipart/form-data; boundary=edge\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        form.len()
    );
    let rest = form.split_off(form.len() - content.len() / 4);
    [[head.into_bytes(), form].concat(), rest]
}

fn waiting_uploads(folder: &std::path::Path) -> usize {
    std::fs::read_dir(folder.join("uploads")).map_or(0, Iterator::count)
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_share_a_folder_leave_each_others_uploads_alone() {
    let Some(mut pair) = pair_on(|_| String::new()).await else { return };
    let founded = pair.found().await;
    let (data, caller) = (pair.folders[0].clone(), Caller::system(founded.company));
    let channel = pair.servers[0].desk.read(&caller, |work| {
        let channel = work.directory()?.channels().next().map(|channel| channel.id.to_string());
        channel.ok_or(desk::Error::NotFound("channel"))
    });
    let channel = channel.await.expect("its channel");
    let contents: [Vec<u8>; 2] = [7u8, 8].map(|byte| vec![byte; 2_000_000]);
    let mut open = Vec::new();
    // Both are half in at the same time.
    for (node, content) in contents.iter().enumerate() {
        let [first, rest] = pieces(&founded.token, &channel, content);
        let mut stream = TcpStream::connect(pair.servers[node].address).await.expect("connected");
        stream.write_all(&first).await.expect("sent");
        let begun = async {
            while waiting_uploads(&data) <= node {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), begun).await.expect("a part of the file is there");
        open.push((stream, rest));
    }
    let location = Location { data: data.clone(), store: Some(pair.store.clone()), secret_key: Some(key(0)) };
    pair.servers.push(start(location).await.unwrap_or_else(|failure| panic!("{failure}")));
    assert_eq!(waiting_uploads(&data), 2, "a node that starts takes none away");
    for (stream, rest) in &mut open {
        stream.write_all(rest).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("answered");
        assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    }
    assert_eq!(waiting_uploads(&data), 0);
    // Any node gives back what any other took.
    let kept: Vec<(String,)> = pair.servers[0]
        .desk
        .read(&caller, |work| {
            let sql = "SELECT digest FROM attachments WHERE company = $1 ORDER BY id";
            Ok(work.conn.all(sql, db::args![work.company])?)
        })
        .await
        .expect("their rows");
    assert_eq!(kept.len(), 2);
    for (digest,) in &kept {
        let content = std::fs::read(data.join("blobs").join(&digest[..2]).join(digest)).expect("the file");
        assert!(contents.contains(&content), "no mixture of both");
    }
    assert_ne!(kept[0], kept[1]);
    pair.end().await;
}

/// What the doctor says of the nodes, from a node's folder.
fn doctor(pair: &Pair, node: usize) -> (String, String) {
    let mut doctor = std::process::Command::new(env!("CARGO_BIN_EXE_portico"));
    doctor.args(["doctor", "--json", "--data"]).arg(&pair.folders[node]).args(["--store", &pair.store]);
    let output = doctor.env("PORTICO_SECRET_KEY", key(0)).output().expect("the program runs");
    let checks: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let nodes = checks.as_array().into_iter().flatten().find(|check| check["check"] == "nodes");
    let nodes = nodes.unwrap_or_else(|| panic!("no word of nodes: {checks}"));
    let text = |name: &str| nodes[name].as_str().unwrap_or_default().to_string();
    (text("state"), text("says"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tells_whether_nodes_find_each_others_files() {
    let Some(apart) = pair().await else { return };
    let Some(together) = pair_on(|_| String::new()).await else { return };
    let number = apart.servers[1].desk.settings().node;
    let (state, says) = doctor(&apart, 0);
    assert!(state == "warning" && says.contains(&format!("numbers {number} keep")), "{state}: {says}");
    for node in 0..2 {
        assert_eq!(doctor(&together, node), ("ok".into(), "2 serve, and keep their files here".into()));
    }
    apart.end().await;
    together.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_another_key_for_secrets_does_not_join() {
    let Some(pair) = pair().await else { return };
    let data = pair.folders[1].clone();
    let location = Location { data, store: Some(pair.store.clone()), secret_key: Some(key(1)) };
    let refused = start(location.clone()).await.err().expect("it does not start").to_string();
    assert!(refused.contains("PORTICO_SECRET_KEY"), "{refused}");
    let without = Location { secret_key: None, ..location };
    let refused = start(without.clone()).await.err().expect("nor without one").to_string();
    assert!(refused.contains("is missing") && !without.key_file().exists(), "{refused}");
    pair.end().await;
}

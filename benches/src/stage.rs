//! The server under measurement: the release binary in a process of its own, over a data folder of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use desk::companies::New;
use desk::ids::{ChannelId, CompanyId, ConversationId, TagId};
use portico::founding;
use portico::server::open_desk;
use portico::settings::Location;
use serde_json::json;

use crate::load::now;

/// A founded company on disk.
pub struct Stage {
    /// Where the store is.
    pub location: Location,
    /// The company.
    pub company: CompanyId,
    /// A token with every scope.
    pub token: String,
    /// A custom channel without an address of its partner.
    pub channel: ChannelId,
    /// A tag.
    pub tag: TagId,
    folder: PathBuf,
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Stage {
    /// Founds a company whose rules tell each of the sinks of what `triggers` name.
    pub fn found(name: &str, store: Option<String>, triggers: &[&str], sinks: &[String]) -> Stage {
        let folder = std::env::temp_dir().join(format!("portico-bench-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        // The same for all stages, as they may share a database.
        let location = Location { data: folder.clone(), store, secret_key: Some("be".repeat(32)) };
        let desk = open_desk(&location, "http://127.0.0.1").expect("the store opens");
        let parts = std::sync::Arc::new(std::sync::Mutex::new(None));
        let when: Vec<_> = triggers.iter().map(|trigger| json!({"on": trigger})).collect();
        let (made, sinks) = (parts.clone(), sinks.to_vec());
        let new = New { name: "Bench".to_string(), slug: "bench".to_string(), has_ticketing: false };
        let founded = founding::found(&desk, new, move |work| {
            *made.lock().expect("the parts") = Some(crate::company::fill(work)?);
            for (at, sink) in sinks.iter().enumerate() {
                let definition = json!({
                    "when": when,
                    "if": {"status": {"is_not": ["spam"]}},
                    "then": [{"do": "webhook", "url": sink, "body": "preview"}],
                });
                let rule = desk::rules::New {
                    name: format!("Tell {at}"),
                    team: None,
                    owner: None,
                    is_enabled: true,
                    definition,
                };
                desk::rules::create(work, &rule)?;
            }
            Ok(())
        });
        let founded = founded.unwrap_or_else(|error| panic!("founding: {error}"));
        let (channel, tag) = parts.lock().expect("the parts").take().expect("the company was filled");
        Stage { location, company: founded.company, token: founded.token, channel, tag, folder }
    }

    /// Keeps one message as if it had come in through the channel, while no server runs.
    pub fn receive(&self, body: &str) {
        let desk = open_desk(&self.location, "http://127.0.0.1").expect("the store opens");
        let incoming = desk::messages::Incoming {
            channel: self.channel,
            sender: desk::messages::Sender {
                handle: "customer-0-0".to_string(),
                name: Some("Ann Example".to_string()),
                contact: None,
            },
            subject: "A missing lamp".to_string(),
            content: desk::messages::Content::plain(body),
            thread: None,
            external_id: None,
            headers: None,
            uploads: Vec::new(),
            written_at: None,
        };
        let kept = desk.write_blocking(&desk::Caller::system(self.company), move |work| {
            desk::messages::receive(work, &incoming).map(drop)
        });
        kept.expect("the message is kept");
    }

    /// Starts the server and waits until it answers.
    pub fn serve(&self) -> Server {
        let address = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address");
        let binary = std::env::current_exe().expect("this program has a path").with_file_name("portico");
        let mut command = Command::new(&binary);
        command.args(["serve", "--allow-private-networks", "--listen", &address.to_string(), "--data"]);
        command.arg(&self.location.data);
        if let Some(store) = &self.location.store {
            command.args(["--store", store]);
        }
        command.envs(self.location.secret_key.iter().map(|key| ("PORTICO_SECRET_KEY", key)));
        let begin = now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let child =
            child.unwrap_or_else(|error| panic!("{}: {error}; build it with --release first", binary.display()));
        while std::net::TcpStream::connect(address).is_err() {
            assert!(now() - begin < Duration::from_secs(60), "the server never came up");
            std::thread::sleep(Duration::from_millis(2));
        }
        Server { child, address, ready_after: now() - begin }
    }

    /// Lets PostgreSQL look at what its tables hold, as it does by itself every minute: a measurement is over before.
    pub fn look(&self) {
        if self.location.store.is_none() {
            return;
        }
        let desk = open_desk(&self.location, "http://127.0.0.1").expect("the store opens");
        let looked: db::Result<u64> = desk.store().write_blocking(|conn| conn.exec("ANALYZE", &[]));
        looked.expect("the tables are looked at");
    }

    /// Conversations of the company, the newest first.
    pub fn conversations(&self, count: i64) -> Vec<ConversationId> {
        let desk = open_desk(&self.location, "http://127.0.0.1").expect("the store opens");
        let caller = desk::Caller::system(self.company);
        let rows: Vec<(ConversationId,)> = desk
            .read_blocking(&caller, move |work| {
                let sql = "SELECT id FROM conversations WHERE company = $1 ORDER BY id DESC LIMIT $2";
                Ok(work.conn.all(sql, db::args![work.company, count])?)
            })
            .expect("the conversations are read");
        rows.into_iter().map(|(id,)| id).collect()
    }
}

/// The server's process.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From start to the first accepted connection.
    pub ready_after: Duration,
}

/// CPU time of both sides, in seconds.
pub struct Cpus {
    server: f64,
    others: f64,
}

fn cpu_of(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    // The kernel counts in hundredths of a second on every machine that this runs on.
    (ticks(11) + ticks(12)) / 100.0
}

impl Server {
    /// CPU time used so far by the server, in seconds (user and system).
    pub fn cpu(&self) -> f64 {
        cpu_of(self.child.id())
    }

    /// CPU time used so far by the server, and by this process with its clients and receivers.
    pub fn both_cpus(&self) -> Cpus {
        Cpus { server: self.cpu(), others: cpu_of(std::process::id()) }
    }

    /// What each of so many things has cost since then, in words.
    pub fn spent_since(&self, before: &Cpus, count: u64) -> String {
        let now = self.both_cpus();
        let each = |after: f64, before: f64| (after - before) * 1e6 / count as f64;
        let (server, others) = (each(now.server, before.server), each(now.others, before.others));
        format!("{server:.0} us CPU each, and {others:.0} us of clients and receivers")
    }

    /// Resident memory in megabytes.
    pub fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        let kilobytes: f64 = line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0.0);
        kilobytes / 1_024.0
    }

    /// Ends it at once.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

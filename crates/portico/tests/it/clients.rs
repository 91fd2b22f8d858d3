//! Other people's Front and OAuth clients, unmodified, on a tour of the real program (`tests/clients/run` says which). It needs
//! node, npm and a package registry: without them the test says so loudly and passes, but not where `CI=true`, unless
//! it is the registry that can't be reached.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use desk::Access;
use desk::companies::New;
use portico::founding;
use portico::server::open_desk;
use portico::settings::Location;
use serde_json::json;

/// What `tests/clients/run` ends with if no client could be installed.
const NOTHING_RUN: i32 = 77;

#[tokio::test(flavor = "multi_thread")]
async fn public_clients_tour_the_program() {
    let toured = tokio::task::spawn_blocking(tour).await;
    toured.expect("the tour ends");
}

fn tour() {
    let stage = Stage::set();
    let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients/run");
    let output = Command::new(run)
        .env("PORTICO_URL", format!("http://{}", stage.address))
        .env("PORTICO_TOKEN", &stage.company.token)
        .env("PORTICO_READ_TOKEN", &stage.company.reader)
        .env("PORTICO_CHANNEL", &stage.company.channel)
        .env("PORTICO_HOOK_SECRET", &stage.company.secret)
        .env("PORTICO_HOOK_PORT", stage.hook.to_string())
        .env("PORTICO_CLIENTS_SKIP", leave_out())
        .stdin(Stdio::null())
        .output()
        .expect("the tour begins");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.code() == Some(NOTHING_RUN) {
        let is_offline = said.contains("could not be installed from the package registry");
        assert!(is_offline || !is_ci(), "no client was run:\n{said}");
        eprintln!("SKIPPED: no client was run:\n{said}");
        return;
    }
    assert!(output.status.success(), "{said}");
}

/// The groups to leave out: those of operations that the table of routes does not have yet.
fn leave_out() -> String {
    let has = |id: &str| api::routes::all().any(|operation| operation.id == id);
    let groups = [("analytics", "create-analytics-report")];
    let lacking = groups.iter().filter(|(_, id)| !has(id)).map(|(group, _)| *group);
    lacking.collect::<Vec<_>>().join(",")
}

#[expect(clippy::disallowed_methods, reason = "CI says so in the environment and nowhere else")]
fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// The program, started on a company of its own.
struct Stage {
    program: Child,
    address: SocketAddr,
    hook: u16,
    company: Company,
    data: PathBuf,
    database: Option<String>,
}

/// What the clients are told.
struct Company {
    token: String,
    reader: String,
    channel: String,
    secret: String,
}

impl Stage {
    fn set() -> Stage {
        let data = std::env::temp_dir().join(format!("portico-clients-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&data);
        let (store, database) = match crate::server::wants_postgres() {
            false => (None, None),
            true => db::testing::postgres_database(desk::migrations::ALL)
                .map(|(url, name)| (Some(url), Some(name)))
                .expect("PORTICO_TEST_STORE=postgres needs PORTICO_TEST_POSTGRES"),
        };
        let location = Location { data: data.clone(), store, secret_key: None };
        let hook = free_address().port();
        let company = found(&location, hook);
        let address = free_address();
        let program = launch(&location, address);
        until_ready(address);
        Stage { program, address, hook, company, data, database }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
        let _ = std::fs::remove_dir_all(&self.data);
        if let Some(name) = &self.database {
            db::testing::drop_database(name);
        }
    }
}

fn launch(location: &Location, address: SocketAddr) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
    command.args(["serve", "--allow-private-networks", "--public-url", "https://api2.frontapp.com"]);
    command.args(["--requests-per-minute", "10000", "--listen", &address.to_string(), "--data"]).arg(&location.data);
    if let Some(store) = &location.store {
        command.args(["--store", store]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("the program starts")
}

fn free_address() -> SocketAddr {
    let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    probe.local_addr().expect("its address")
}

fn until_ready(address: SocketAddr) {
    for _ in 0..1_500 {
        if std::net::TcpStream::connect(address).is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the program at {address} never came up");
}

/// A furnished company, whose rule tells the clients' listener of messages and comments.
fn found(location: &Location, hook: u16) -> Company {
    let desk = open_desk(location, "https://api2.frontapp.com").expect("the store opens");
    let new = New { name: "Acme".to_string(), slug: "acme".to_string(), has_ticketing: false };
    let noted: Arc<Mutex<(String, String, String)>> = Arc::default();
    let note = noted.clone();
    let founded = founding::found(&desk, new, move |work| {
        let (_, channel) = crate::server::support(work)?;
        let definition = json!({
            "when": [{"on": "inbound"}, {"on": "comment_added"}],
            "then": [{"do": "webhook", "url": format!("http://127.0.0.1:{hook}/fronthook"), "body": "preview"}],
        });
        let rule = desk::rules::New { name: "Tell".to_string(), team: None, owner: None, is_enabled: true, definition };
        desk::rules::create(work, &rule)?;
        let reads = api::routes::all().filter_map(|operation| operation.scope);
        let reads: Vec<String> = reads.filter(|scope| scope.ends_with(":read")).map(str::to_string).collect();
        let (_, reader) = founding::token(work, "Reader", reads, Access::everything())?;
        let secret = work.directory()?.company.api_secret.clone();
        *note.lock().expect("the notes") = (channel.to_string(), secret, reader);
        Ok(())
    });
    let token = founded.expect("a company is founded").token;
    let (channel, secret, reader) = noted.lock().expect("the notes").clone();
    Company { token, reader, channel, secret }
}

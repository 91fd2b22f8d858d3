//! The built program, as scripts drive it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

/// A folder of one's own, removed at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("portico-commands-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The program with these arguments, and nothing of our own settings.
pub fn portico(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
    command.args(args).arg("--data").arg(data).stdin(Stdio::null());
    for name in ["PORTICO_DATA", "PORTICO_STORE", "PORTICO_TOKEN", "PORTICO_SECRET", "PORTICO_URL", "PORTICO_DEMO_DATA"]
    {
        command.env_remove(name);
    }
    command
}

/// What the program did with these arguments.
pub fn run(data: &Path, args: &[&str]) -> Output {
    portico(data, args).output().expect("the program runs")
}

#[track_caller]
/// What it printed, as JSON.
pub fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// A program that goes on until it is dropped, and the lines it prints.
pub struct Running {
    pub child: Child,
    pub lines: mpsc::Receiver<String>,
}

impl Running {
    pub fn start(mut command: Command) -> Running {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let out = child.stdout.take().expect("its output");
        let (told, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let _ = told.send(line);
            }
        });
        Running { child, lines }
    }

    /// The next line for which this holds.
    #[track_caller]
    pub fn line(&self, wanted: impl Fn(&str) -> bool) -> String {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(30)).expect("a line in time");
            if wanted(&line) {
                return line;
            }
        }
    }

    /// The next line, if there is one in that time.
    pub fn line_within(&self, time: Duration) -> Option<String> {
        self.lines.recv_timeout(time).ok()
    }

    /// The exit code of a program that ends by itself, soon.
    pub fn ended(mut self) -> Option<i32> {
        for _ in 0..100 {
            if let Some(status) = self.child.try_wait().expect("it can be asked") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("it goes on");
    }

    /// Asks it to stop as an administrator would; answers its exit code.
    pub fn stop(mut self) -> Option<i32> {
        let done = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        assert!(done.expect("kill runs").success());
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server on a free port: itself, its address and its owner's token.
pub fn serve(data: &Path) -> (Running, String, String) {
    let server = Running::start(portico(data, &["serve", "--listen", "127.0.0.1:0"]));
    let token = server.line(|line| line.starts_with("  ")).trim().to_string();
    let address = server.line(|line| line.starts_with("Portico serves "));
    let address = address.split_whitespace().nth(2).expect("an address").to_string();
    (server, address, token)
}

/// The status and the JSON of an answer.
pub fn curl(args: &[&str]) -> (u16, Value) {
    let output = Command::new("curl").args(["-s", "-w", "\n%{http_code}"]).args(args).output().expect("curl runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let (body, status) = text.rsplit_once('\n').expect("a status");
    (status.parse().expect("a number"), serde_json::from_str(body).unwrap_or(Value::Null))
}

/// The header that shows a token.
pub fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}")
}

#[test]
fn exit_codes_tell_success_failure_and_misuse_apart() {
    let folder = Folder::new();
    assert_eq!(run(&folder.join("none"), &["token", "list"]).status.code(), Some(1), "there is no company");
    assert_eq!(run(&folder.0, &["token", "create"]).status.code(), Some(2), "a name is missing");
    assert_eq!(run(&folder.0, &["nonsense"]).status.code(), Some(2));
    assert_eq!(run(&folder.0, &["token", "revoke", "nonsense"]).status.code(), Some(2));
    for command in [
        &[][..],
        &["serve"],
        &["listen"],
        &["token"],
        &["company"],
        &["app"],
        &["app", "feature"],
        &["deliveries"],
        &["token", "create"],
        &["token", "list"],
        &["token", "revoke"],
        &["doctor"],
        &["backup"],
        &["restore"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_portico")).args(command).arg("--help").output().expect("help");
        assert!(output.status.success());
        assert!(String::from_utf8_lossy(&output.stdout).contains("Example"), "{command:?}");
    }
}

#[test]
fn a_variable_that_is_set_to_nothing_is_not_set() {
    let folder = Folder::new();
    let data = folder.join("data");
    let mut command = portico(&data, &["serve", "--listen", "127.0.0.1:0"]);
    for name in ["STORE", "PUBLIC_URL", "ALLOW_PRIVATE_NETWORKS", "ENFORCE_LIMITS", "REQUESTS_PER_MINUTE", "DATA"] {
        command.env(format!("PORTICO_{name}"), "");
    }
    let server = Running::start(command);
    server.line(|line| line.starts_with("Portico serves "));
    assert_eq!(server.stop(), Some(0));
    let wrong = portico(&data, &["doctor"]).env("PORTICO_PUBLIC_URL", "nonsense").output().expect("the program runs");
    assert_eq!(wrong.status.code(), Some(2), "what is set is read");
}

#[test]
fn the_first_start_makes_a_company_and_later_ones_just_serve() {
    let folder = Folder::new();
    let data = folder.join("data");
    let (server, url, token) = serve(&data);
    assert_eq!(curl(&[&format!("{url}/conversations"), "-H", &bearer(&token)]).0, 200);
    assert_eq!(server.stop(), Some(0));
    let again = Running::start(portico(&data, &["serve", "--listen", "127.0.0.1:0"]));
    let line = again.line(|_| true);
    assert!(line.starts_with("Portico serves "), "{line}");
    let url = line.split_whitespace().nth(2).expect("an address");
    assert_eq!(curl(&[&format!("{url}/conversations"), "-H", &bearer(&token)]).0, 200);
}

#[test]
fn a_server_whose_store_is_taken_away_ends_instead_of_losing_what_it_accepts() {
    for (change, says) in [
        ("rm -r \"$0\"", "is gone"),
        ("mv \"$0\" \"$0-elsewhere\"", "is gone"),
        ("cp \"$0/portico.db\" \"$0/new\" && mv \"$0/new\" \"$0/portico.db\"", "was replaced"),
    ] {
        let folder = Folder::new();
        let (data, log) = (folder.join("data"), folder.join("log"));
        let mut command = portico(&data, &["serve", "--listen", "127.0.0.1:0"]);
        command.stderr(std::fs::File::create(&log).expect("a log"));
        let server = Running::start(command);
        server.line(|line| line.starts_with("Portico serves "));
        assert!(Command::new("sh").args(["-c", change]).arg(&data).status().expect("it runs").success());
        assert_eq!(server.ended(), Some(1), "{change}");
        let told = std::fs::read_to_string(&log).expect("a log");
        let last = told.lines().last().expect("a line");
        assert!(last.starts_with("portico: the store ") && last.contains(says), "{change}: {told}");
    }
}

#[test]
fn a_server_ends_at_once_whatever_its_clients_have_left_unsaid() {
    use std::io::Write;
    let folder = Folder::new();
    let (server, url, token) = serve(&folder.0);
    let address = url.strip_prefix("http://").expect("an address");
    let half = format!("POST /contacts HTTP/1.1\r\nhost: a\r\n{}\r\ncontent-length: 50\r\n\r\n{{", bearer(&token));
    let _left: Vec<std::net::TcpStream> = ["", "GET /me HTTP/1.1\r\nho", &half]
        .iter()
        .map(|said| {
            let mut stream = std::net::TcpStream::connect(address).expect("a connection");
            stream.write_all(said.as_bytes()).expect("it is taken");
            stream
        })
        .collect();
    let asked = ["-H", &bearer(&token)];
    assert_eq!(curl(&[&[format!("{url}/me").as_str()][..], &asked].concat()).0, 200);
    let stopped = std::thread::spawn(move || server.stop());
    for _ in 0..100 {
        if stopped.is_finished() {
            assert_eq!(stopped.join().expect("it ends"), Some(0));
            return;
        }
        std::thread::sleep(Duration::from_millis(80));
    }
    panic!("it waits for what nobody sends");
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let folder = Folder::new();
    let (_server, ..) = serve(&folder.0);
    let second = run(&folder.0, &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("another server"));
}

#[test]
fn a_token_is_made_listed_and_revoked_beside_a_running_server() {
    let folder = Folder::new();
    let (_server, url, _) = serve(&folder.0);
    let made = json(&run(&folder.0, &["token", "create", "ci", "--all", "--json"]));
    let (id, token) = (made["id"].as_str().expect("an id"), made["token"].as_str().expect("a token"));
    let list = format!("{url}/conversations");
    assert_eq!(curl(&[&list, "-H", &bearer(token)]).0, 200);
    let all = json(&run(&folder.0, &["token", "list", "--json"]));
    let row = all.as_array().expect("rows").iter().find(|row| row["id"] == id).expect("it is listed").clone();
    assert_eq!((&row["name"], &row["scopes"][0]), (&Value::from("ci"), &Value::from("*")));
    assert!(run(&folder.0, &["token", "revoke", id]).status.success());
    assert_eq!(run(&folder.0, &["token", "revoke", id]).status.code(), Some(1), "it is gone");
    std::thread::sleep(Duration::from_millis(1_100));
    assert_eq!(curl(&[&list, "-H", &bearer(token)]).0, 401);
}

#[test]
fn a_token_holds_what_it_was_given() {
    let folder = Folder::new();
    let (_server, url, _) = serve(&folder.0);
    let args = ["token", "create", "reports", "--scope", "events:*:read", "--namespace", "shared", "--json"];
    let token = json(&run(&folder.0, &args))["token"].as_str().expect("a token").to_string();
    assert_eq!(curl(&[&format!("{url}/events"), "-H", &bearer(&token)]).0, 200);
    assert_eq!(curl(&[&format!("{url}/conversations"), "-H", &bearer(&token)]).0, 403);
    let refused = run(&folder.0, &["token", "create", "typo", "--scope", "conversation:read"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("there is no scope \"conversation:read\""),
        "{refused:?}"
    );
}

#[test]
fn a_token_on_an_empty_folder_founds_the_company() {
    let folder = Folder::new();
    let data = folder.join("data");
    let token = json(&run(&data, &["token", "create", "first", "--all", "--json"]))["token"].clone();
    let server = Running::start(portico(&data, &["serve", "--listen", "127.0.0.1:0"]));
    let url = server.line(|line| line.starts_with("Portico serves "));
    let url = url.split_whitespace().nth(2).expect("an address");
    assert_eq!(curl(&[&format!("{url}/conversations"), "-H", &bearer(token.as_str().expect("a token"))]).0, 200);
    assert_eq!(look(&data, |directory| directory.inboxes().count()), 1);
}

#[test]
fn the_doctor_finds_a_healthy_store_and_names_what_is_wrong() {
    let folder = Folder::new();
    let data = folder.join("data");
    let (_server, ..) = serve(&data);
    let checks = json(&run(&data, &["doctor", "--json"]));
    let state = |name: &str| {
        let rows = checks.as_array().expect("checks");
        rows.iter().find(|row| row["check"] == name).map(|row| row["state"].as_str().expect("a state").to_string())
    };
    for name in ["settings", "data folder", "store", "migrations", "clock"] {
        assert_eq!(state(name).as_deref(), Some("ok"), "{name}: {checks:#}");
    }
    let broken = folder.join("broken");
    std::fs::create_dir_all(&broken).expect("a folder");
    std::fs::write(broken.join("portico.db"), "this is no database at all, however long one looks at it")
        .expect("a file");
    let output = run(&broken, &["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("FAILED   store"));
}

#[test]
fn commands_that_only_read_or_end_things_make_no_store() {
    let folder = Folder::new();
    let typo = folder.join("typo");
    for args in [
        &["token", "list"][..],
        &["token", "revoke", "tok_1"],
        &["company", "list"],
        &["deliveries", "list"],
        &["deliveries", "show", "dlv_1"],
        &["deliveries", "replay-failed"],
        &["app", "list"],
        &["app", "show", "tracker"],
        &["login-link", "owner@portico.invalid"],
        &["listen"],
    ] {
        let output = run(&typo, args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && error.contains("there is no store"), "{args:?}: {output:?}");
        assert!(!typo.exists(), "{args:?}");
    }
}

#[test]
fn a_public_url_that_no_link_can_begin_with_is_refused_at_once() {
    let folder = Folder::new();
    let data = folder.join("data");
    for url in
        ["nonsense", "desk.example", "ftp://desk.example", "http://", "http://x.example/b?q", "http://x.example/#f"]
    {
        for command in [
            &["serve", "--listen", "127.0.0.1:0"][..],
            &["demo", "--listen", "127.0.0.1:0"],
            &["doctor"],
            &["login-link", "owner@portico.invalid"],
        ] {
            let output = run(&data, &[command, &["--public-url", url]].concat());
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.code() == Some(2) && error.contains("--public-url"), "{command:?} {url}: {output:?}");
        }
    }
    assert!(!data.exists());
}

#[test]
fn the_doctor_misses_the_key_and_the_files_and_no_other_key_is_made() {
    let folder = Folder::new();
    let data = folder.join("data");
    let (server, url, token) = serve(&data);
    let app = r#"{"name": "Orders"}"#;
    assert_eq!(curl(&[&format!("{url}/portico/v1/apps"), "-H", &bearer(&token), "--json", app]).0, 201);
    let channel = channel(&data);
    let say = format!("{url}/channels/{channel}/incoming_messages");
    let sender = "sender={\"handle\": \"ann\"}";
    let sent =
        curl(&[&say, "-H", &bearer(&token), "-F", sender, "-F", "body=Look", "-F", "attachments[0]=@Cargo.toml"]);
    assert_eq!(sent.0, 202, "{sent:?}");
    let says = |words: &str, key: Option<&str>| {
        let mut doctor = portico(&data, &["doctor"]);
        doctor.envs(key.map(|key| ("PORTICO_SECRET_KEY", key)));
        let output = doctor.output().expect("it runs");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(told.contains(words), "{words}: {told}");
        output.status.code()
    };
    assert_eq!(says("ok       secrets      can be opened", None), Some(0));
    assert_eq!(says("ok       attachments  1 files are there", None), Some(0));
    assert_eq!(says("FAILED   secrets      were sealed with the key", Some(&"ab".repeat(32))), Some(1));
    drop(server);
    std::fs::rename(data.join("secret.key"), folder.join("elsewhere")).expect("it is moved");
    std::fs::rename(data.join("blobs"), folder.join("blobs")).expect("they are moved");
    assert_eq!(says("there is none here", None), Some(1));
    assert_eq!(says("FAILED   attachments  1 of 1 files are missing", None), Some(1));
    let refused = run(&data, &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("put it back"), "{refused:?}");
    assert!(!data.join("secret.key").exists());
}

#[test]
fn a_store_is_served_with_its_own_key_alone_until_another_is_adopted() {
    let folder = Folder::new();
    let data = folder.join("data");
    let with = |key: &str, args: &[&str]| {
        let mut command = portico(&data, args);
        command.env("PORTICO_SECRET_KEY", key).output().expect("it runs")
    };
    let (own, other) = ("ab".repeat(32), "cd".repeat(32));
    let made = with(&own, &["token", "create", "ci", "--all", "--json"]);
    assert!(made.status.success(), "{made:?}");
    let refused = with(&other, &["serve", "--listen", "127.0.0.1:0"]);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(why.contains("PORTICO_SECRET_KEY") && refused.stdout.is_empty(), "{refused:?}");
    let refused = run(&data, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(refused.status.code() == Some(1) && !data.join("secret.key").exists(), "no other key is made: {refused:?}");
    let doctor = with(&other, &["doctor"]);
    let told = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(doctor.status.code() == Some(1) && told.contains("FAILED   secrets"), "{told}");
    let doctor = with(&own, &["doctor"]);
    assert_eq!(doctor.status.code(), Some(0), "{doctor:?}");
    let lock = std::fs::File::create(data.join("lock")).expect("a file");
    lock.try_lock().expect("as a server holds it");
    let refused = with(&other, &["adopt-key"]);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(1) && why.contains("another server"), "{refused:?}");
    assert_eq!(with(&own, &["doctor"]).status.code(), Some(0), "it is the store's key still");
    drop(lock);
    let adopted = with(&other, &["adopt-key"]);
    assert!(adopted.status.success(), "{adopted:?}");
    assert!(with(&other, &["token", "create", "more", "--all", "--json"]).status.success());
    assert_eq!(with(&own, &["token", "create", "none", "--all", "--json"]).status.code(), Some(1));
}

/// The secret that signs the company's webhooks.
pub fn secret(data: &Path) -> String {
    look(data, |directory| directory.company.api_secret.clone())
}

/// The company's first channel.
pub fn channel(data: &Path) -> String {
    look(data, |directory| directory.channels().next().expect("a channel").id.to_string())
}

/// Looks into the company of a store, beside its server.
pub fn look<T: Send + 'static>(data: &Path, at: impl Fn(&desk::Directory) -> T + Send + 'static) -> T {
    let location = portico::settings::Location { data: data.to_path_buf(), store: None, secret_key: None };
    let desk = portico::server::open_desk(&location, "http://127.0.0.1:4180").expect("the store opens");
    let company = desk::companies::all(&desk).expect("companies")[0];
    let read = desk.read_blocking(&desk::Caller::system(company), move |work| Ok(at(&*work.directory()?)));
    read.expect("it can be read")
}

#[test]
fn a_store_holds_several_companies_each_by_itself() {
    let folder = Folder::new();
    let first = json(&run(&folder.0, &["company", "create", "Acme & Sons", "--json"]));
    assert_eq!(first["slug"], "acme-sons");
    let second = json(&run(&folder.0, &["company", "create", "Acme & Sons", "--slug", "acme", "--json"]));
    assert_ne!(first["token"], second["token"]);
    let names: Vec<Value> = json(&run(&folder.0, &["company", "list", "--json"])).as_array().expect("a list").clone();
    assert_eq!(names.iter().map(|one| &one["id"]).collect::<Vec<_>>(), [&first["id"], &second["id"]]);
    for (args, code, says) in [
        (vec!["company", "create", "Acme"], 1, "already"),
        (vec!["company", "create", "Acme", "--slug", "Not This"], 2, "small letters"),
        (vec!["company", "create", "&"], 2, "small letters"),
        (vec!["token", "list"], 2, "--company"),
    ] {
        let output = run(&folder.0, &args);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(code) && error.contains(says), "{args:?}: {:?} {error}", output.status);
    }
    let tokens = json(&run(&folder.0, &["token", "list", "--company", "acme", "--json"]));
    assert_eq!(tokens.as_array().map(Vec::len), Some(1));
}

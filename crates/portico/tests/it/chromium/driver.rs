//! Chromium's driver, as a process, and one session of it. The driver is asked in WebDriver, a standard of the W3C: JSON over
//! HTTP.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::commands::{Folder, Running};
use crate::server::client;

/// What keeps the browser to itself: no questions, no news from its maker, no host but this machine. It shows nothing but our
/// own pages, so it needs none of the sandbox that root and containers can't have.
const ARGUMENTS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--lang=en-US",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

/// A session: a browser of its own, with a profile that nobody has used before.
pub struct Driver {
    client: reqwest::Client,
    address: String,
    session: String,
    /// Ended by its process id when this is dropped.
    _process: Running,
    folder: Folder,
}

impl Driver {
    /// A new browser, or none where there is no driver; whoever names one in `PORTICO_TEST_CHROMEDRIVER` must have it.
    pub async fn start() -> Option<Driver> {
        let program = program()?;
        let folder = Folder::new();
        let mut command = Command::new(program);
        // Debian's wrapper of the browser reads settings from the home folder, and both leave files in the temporary one.
        command
            .arg("--port=0")
            .env("TMPDIR", &folder.0)
            .env("HOME", &folder.0)
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        let process = Running::start(command);
        let line = process.line(|line| line.contains("started successfully on port"));
        let port = line.trim_end_matches('.').rsplit(' ').next().unwrap_or_default();
        let address = format!("127.0.0.1:{port}");
        let mut driver = Driver { client: client(), address, session: String::new(), _process: process, folder };
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": ARGUMENTS},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let made = driver.ask(Method::POST, "/session", Some(wanted)).await.expect("a browser starts");
        driver.session = made["sessionId"].as_str().expect("a session").to_string();
        Some(driver)
    }

    /// A command of the session, and what it answers or the standard's word for why not.
    pub async fn tell(&self, command: &str, body: Value) -> Result<Value, String> {
        self.ask(Method::POST, &format!("/session/{}/{command}", self.session), Some(body)).await
    }

    /// Something of the session.
    pub async fn read(&self, what: &str) -> Value {
        let path = format!("/session/{}/{what}", self.session);
        self.ask(Method::GET, &path, None).await.unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    /// A command of Chromium's own protocol, for what the standard lacks.
    pub async fn tell_chromium(&self, command: &str, parameters: Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.tell("goog/cdp/execute", body).await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let mut request = self.client.request(method, format!("http://{}{path}", self.address));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.expect("the driver answers");
        let is_fine = response.status().is_success();
        let mut answer: Value = response.json().await.expect("JSON");
        match is_fine {
            true => Ok(answer["value"].take()),
            false => Err(format!("{}: {}", answer["value"]["error"], answer["value"]["message"])),
        }
    }
}

impl Drop for Driver {
    /// Ends the browser, and waits for that: whoever kills its driver only, leaves it behind.
    fn drop(&mut self) {
        if let Ok(mut connection) = TcpStream::connect(&self.address) {
            let request = format!(
                "DELETE /session/{} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
                self.session, self.address
            );
            let sent = connection.write_all(request.as_bytes());
            // The connection stays open, but the answer only begins once the browser has ended.
            let _ = sent.and_then(|()| connection.read_exact(&mut [0; 12]));
        }
        // One of its many processes may still be writing a last file.
        for _ in 0..100 {
            match std::fs::remove_dir_all(&self.folder.0) {
                Err(error) if error.kind() != ErrorKind::NotFound => std::thread::sleep(Duration::from_millis(20)),
                _ => break,
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "where the driver is, only the environment of a test run knows")]
fn program() -> Option<String> {
    if let Ok(named) = std::env::var("PORTICO_TEST_CHROMEDRIVER") {
        return Some(named);
    }
    let known = Command::new("chromedriver").arg("--version").stdout(Stdio::null()).status();
    match known {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        _ => Some("chromedriver".to_string()),
    }
}

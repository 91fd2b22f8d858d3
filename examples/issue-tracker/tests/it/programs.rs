//! The two programs, each on a free port, ended with the test.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder of one's own, removed at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("issue-tracker-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A program that runs until it is dropped.
pub struct Running {
    child: Child,
    lines: Vec<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Starts it and reads what it prints, up to a line that begins like this.
    fn start(mut command: Command, ready: &str) -> Running {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        let mut running = Running { child, lines: Vec::new() };
        for line in out.lines() {
            let line = line.expect("a line");
            let is_ready = line.starts_with(ready);
            running.lines.push(line);
            if is_ready {
                return running;
            }
        }
        panic!("it ended before it was ready: {:?}", running.lines);
    }

    /// The word of that number in the line that begins like this.
    fn word(&self, line: &str, number: usize) -> String {
        let line = self.lines.iter().find(|said| said.starts_with(line)).expect("the line");
        line.split_whitespace().nth(number).expect("the word").to_string()
    }
}

/// The program of Portico, which the workspace's tests build into the same folder as ours.
fn portico(args: &[&str]) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_issue-tracker")).with_file_name("portico");
    assert!(program.exists(), "{} is missing: `cargo build -p portico` makes it", program.display());
    let mut command = Command::new(program);
    command.args(args);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PORTICO_")) {
        command.env_remove(name);
    }
    command
}

/// A Portico with a company in it: itself, its address and its owner's token.
pub fn serve(folder: &Folder) -> (Running, String, String) {
    let mut command = portico(&["serve", "--listen", "127.0.0.1:0", "--allow-private-networks", "--data"]);
    command.arg(&folder.0);
    let running = Running::start(command, "Portico serves ");
    let (token, address) = (running.word("  ", 0), running.word("Portico serves ", 2));
    (running, address, token)
}

/// The ticket of a link that signs the owner in.
pub fn ticket(folder: &Folder) -> String {
    let mut command = portico(&["login-link", "owner@portico.invalid", "--data"]);
    let Output { status, stdout, stderr } = command.arg(&folder.0).output().expect("the program runs");
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    let url = String::from_utf8(stdout).expect("text");
    url.trim().rsplit_once("code=").expect("a ticket").1.to_string()
}

/// The bridge with these settings: itself and its address.
pub fn bridge(folder: &Folder, settings: &[(&str, &str)]) -> (Running, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_issue-tracker"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BRIDGE_")) {
        command.env_remove(name);
    }
    command.args(["--listen", "127.0.0.1:0", "--poll", "1", "--state"]).arg(folder.0.join("bridge.json"));
    for (name, value) in settings {
        command.args([&format!("--{name}"), *value]);
    }
    let running = Running::start(command, "The bridge is at ");
    let address = running.word("The bridge is at ", 4);
    (running, address)
}

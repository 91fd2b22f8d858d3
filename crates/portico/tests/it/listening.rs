//! `portico listen`, as scripts and pipes use it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;

use serde_json::Value;

use crate::commands::{Folder, Running, bearer, channel, curl, json, portico, run, secret, serve};

#[test]
fn listen_prints_events_and_forwards_them_signed() {
    let folder = Folder::new();
    let (_server, url, token) = serve(&folder.0);
    let receiver = std::net::TcpListener::bind("127.0.0.1:0").expect("a receiver");
    let hook = format!("http://{}/hook", receiver.local_addr().expect("an address"));
    let args = ["listen", "--url", &url, "--forward", &hook, "--json", "--count", "1", "--types", "inbound"];
    let mut listening = portico(&folder.0, &args);
    let mut child = listening.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut told = BufReader::new(child.stderr.take().expect("its words"));
    let mut line = String::new();
    told.read_line(&mut line).expect("it says that it listens");
    assert!(line.contains("listening"), "{line}");
    let channel = channel(&folder.0);
    let say = format!("{url}/channels/{channel}/incoming_messages");
    let body = r#"{"sender": {"handle": "ann"}, "subject": "Café", "body": "Hello"}"#;
    assert_eq!(curl(&[&say, "-H", &bearer(&token), "--json", body]).0, 202);
    let (headers, bytes) = received(&receiver);
    let output = child.wait_with_output().expect("it ends by itself");
    let told: Value = serde_json::from_slice(&output.stdout).expect("one line of JSON");
    assert_eq!((&told["type"], &told["verified"]), (&Value::from("inbound"), &Value::from(true)));
    assert_eq!(told["delivery"]["status"], 200);
    let event: Value = serde_json::from_slice(&bytes).expect("the event");
    assert_eq!(event, told["event"]);
    assert!(output.status.success());
    assert!(headers.lines().any(|line| line == "x-portico-attempt: 1"), "{headers}");
    let id = told["id"].as_str().expect("an id");
    assert!(headers.lines().any(|line| line == format!("x-portico-event: {id}")), "{headers}");
    let delivery = format!("x-portico-delivery: {}", id.replace("evt_", "dlv_"));
    assert!(headers.lines().any(|line| line == delivery), "{headers}");
    let signature = headers.lines().find_map(|line| line.strip_prefix("x-front-signature: ")).expect("a signature");
    let secret = secret(&folder.0);
    assert!(webhooks::sign::RuleKey::new(&secret).verify(&bytes, signature));
    let left = json(&run(&folder.0, &["token", "list", "--json"]));
    assert_eq!(left.as_array().map(Vec::len), Some(1), "its own token is gone");
}

#[test]
fn listen_ends_with_an_error_when_nobody_took_what_it_forwarded() {
    let folder = Folder::new();
    let (_server, url, token) = serve(&folder.0);
    let channel = channel(&folder.0);
    let say = format!("{url}/channels/{channel}/incoming_messages");
    for _ in 0..2 {
        let body = r#"{"sender": {"handle": "ann"}, "body": "Hello"}"#;
        assert_eq!(curl(&[&say, "-H", &bearer(&token), "--json", body]).0, 202);
    }
    let (_, events) = curl(&[&format!("{url}/events?q[types]=inbound"), "-g", "-H", &bearer(&token)]);
    let before = events["_results"][1]["id"].as_str().expect("the first of two");
    // Nobody listens on a port that was just given back.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("an address");
    let hook = format!("http://{gone}/hook");
    let args = ["listen", "--url", &url, "--forward", &hook, "--count", "1", "--types", "inbound", "--after", before];
    let output = run(&folder.0, &args);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("failed"));
}

#[test]
fn listen_ends_with_its_reader_and_takes_its_token_along() {
    let folder = Folder::new();
    let (_server, url, token) = serve(&folder.0);
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        "\"$0\" listen --url \"$1\" --data \"$2\" --json | head -1",
        env!("CARGO_BIN_EXE_portico"),
        &url,
    ]);
    shell.arg(&folder.0).stderr(Stdio::piped()).stdout(Stdio::piped());
    let mut child = shell.spawn().expect("it starts");
    let mut told = BufReader::new(child.stderr.take().expect("its words"));
    told.read_line(&mut String::new()).expect("it says that it listens");
    let say = format!("{url}/channels/{}/incoming_messages", channel(&folder.0));
    let body = r#"{"sender": {"handle": "ann"}, "body": "Hello"}"#;
    assert_eq!(curl(&[&say, "-H", &bearer(&token), "--json", body]).0, 202);
    let (_told, lines) = mpsc::channel();
    assert_eq!(Running { child, lines }.ended(), Some(0));
    let left = json(&run(&folder.0, &["token", "list", "--json"]));
    assert_eq!(left.as_array().map(Vec::len), Some(1), "its own token is gone");
}

#[test]
fn no_command_falls_over_a_reader_that_went_away() {
    let folder = Folder::new();
    let data = folder.join("none");
    let data = data.to_str().expect("a name");
    for (args, code) in [
        (&["--help"][..], 0),
        (&["nonsense"], 2),
        (&["doctor", "--data", data], 0),
        (&["token", "list", "--data", data], 1),
        (&["listen", "--data", data], 1),
        (&["verify-endpoint", "http://127.0.0.1:1/"], 1),
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
        command.args(args).stdout(writer.try_clone().expect("the same pipe")).stderr(writer);
        assert_eq!(command.status().expect("it runs").code(), Some(code), "{args:?}");
    }
}

#[test]
fn listen_needs_no_more_than_a_token_to_another_server() {
    let folder = Folder::new();
    let (_server, url, token) = serve(&folder.0);
    let nowhere = folder.0.join("nowhere");
    let args = ["listen", "--url", &url, "--token", &token, "--json", "--count", "1", "--types", "inbound"];
    let forwarding = portico(&nowhere, &[&args[..], &["--forward", &url]].concat()).output().expect("it ends");
    assert!(String::from_utf8_lossy(&forwarding.stderr).contains("--secret"), "{forwarding:?}");
    let mut listening = portico(&nowhere, &args);
    let mut child = listening.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut told = BufReader::new(child.stderr.take().expect("its words"));
    told.read_line(&mut String::new()).expect("it says that it listens");
    let say = format!("{url}/channels/{}/incoming_messages", channel(&folder.0));
    let body = r#"{"sender": {"handle": "ann"}, "body": "Hello"}"#;
    assert_eq!(curl(&[&say, "-H", &bearer(&token), "--json", body]).0, 202);
    let told = json(&child.wait_with_output().expect("it ends by itself"));
    assert_eq!((&told["type"], &told["verified"]), (&Value::from("inbound"), &Value::Null));
}

/// Takes one request in and answers 200.
fn received(receiver: &std::net::TcpListener) -> (String, Vec<u8>) {
    use std::io::{Read, Write};
    let (mut stream, _) = receiver.accept().expect("somebody calls");
    let mut bytes = Vec::new();
    loop {
        let mut some = [0u8; 4096];
        let count = stream.read(&mut some).expect("a request");
        bytes.extend_from_slice(&some[..count]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).replace("\r\n", "\n").to_lowercase();
        let original = String::from_utf8_lossy(&bytes[..end]).replace("\r\n", "\n");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if bytes.len() >= end + 4 + length.unwrap_or(0) {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").expect("an answer");
            return (original, bytes[end + 4..].to_vec());
        }
    }
}

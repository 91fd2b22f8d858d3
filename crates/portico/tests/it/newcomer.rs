//! The first minutes of somebody who has never seen Portico: the sample company starts, and what it prints works as
//! printed.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::commands::{Folder, Running, portico};

/// Starts the sample company: itself, its address, and the three lines it prints, in order.
fn demo(folder: &Folder) -> (Running, String, [String; 3]) {
    let server = Running::start(portico(&folder.0, &["demo", "--listen", "127.0.0.1:0"]));
    let greeting = server.line(|line| line.starts_with("Portico "));
    let url = greeting.rsplit(' ').next().expect("an address").to_string();
    let curl = || server.line(|line| line.starts_with("  curl ")).trim().to_string();
    let lines = [curl(), curl(), curl()];
    (server, url, lines)
}

fn shell(line: &str) -> String {
    let output = Command::new("sh").arg("-c").arg(line).stdin(Stdio::null()).output().expect("a shell");
    String::from_utf8(output.stdout).expect("text")
}

/// A printed line, told to show the status behind the answer.
fn with_status(line: &str) -> (String, u16) {
    let text = shell(&line.replacen("curl -s", "curl -s -w '\\n%{http_code}'", 1));
    let (body, status) = text.rsplit_once('\n').expect("a status");
    (body.to_string(), status.parse().expect("a number"))
}

#[test]
fn the_printed_lines_work_as_printed_and_listen_hears_the_message() {
    let folder = Folder::new();
    let (_server, url, [list, say, watch]) = demo(&folder);
    let (body, status) = with_status(&list);
    let page: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, page["_results"].as_array().map(Vec::len)), (200, Some(3)));
    let listening = Running::start(portico(&folder.0, &["listen", "--url", &url, "--types", "inbound"]));
    // It is not known from outside when it has begun to listen, so we go on saying something until it hears.
    let heard = loop {
        let (_, status) = with_status(&say);
        assert_eq!(status, 202);
        if let Some(line) = listening.line_within(Duration::from_millis(700)) {
            break line;
        }
    };
    assert!(heard.contains("inbound") && heard.contains("cnv_"), "{heard}");
    // `watch` goes on for ever; a reader that has seen enough ends it.
    let watched = shell(&format!("{watch} --max-time 3"));
    assert!(watched.contains("event: inbound\n"), "{watched}");
    assert!(watched.contains("Is anybody there?"));
}

#[test]
fn the_sample_company_is_made_once_and_believable() {
    let folder = Folder::new();
    let (server, _, [list, ..]) = demo(&folder);
    let token = list.split("Bearer ").nth(1).and_then(|rest| rest.split('\'').next()).expect("a token").to_string();
    assert_eq!(server.stop(), Some(0));
    let (_server, url, [again, ..]) = demo(&folder);
    assert!(again.contains(&token), "the same token");
    let get = |path: &str| -> Value {
        let (body, status) = with_status(&format!("curl -s -H 'Authorization: Bearer {token}' '{url}{path}'"));
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).expect("JSON")
    };
    for below in ["tags", "rules", "contacts"] {
        get(&format!("/teammates/alt:email:sofia@lumenoak.example/{below}"));
    }
    let mut next = Some("/conversations?limit=100".to_string());
    let mut all: Vec<Value> = Vec::new();
    while let Some(path) = next {
        let page = get(&path);
        all.extend(page["_results"].as_array().expect("rows").iter().cloned());
        let link = page["_pagination"]["next"].as_str();
        next = link.and_then(|link| link.split_once("/conversations")).map(|(_, rest)| format!("/conversations{rest}"));
    }
    assert!((420..430).contains(&all.len()), "{} conversations: made once, and a few live ones", all.len());
    let with = |status: &str| all.iter().filter(|row| row["status"] == status).count();
    let [archived, assigned, unassigned] = ["archived", "assigned", "unassigned"].map(with);
    assert!(archived > 200 && assigned > 20 && unassigned > 2, "{archived} done, {assigned} + {unassigned} left");
    let created = all.iter().filter_map(|row| row["created_at"].as_f64());
    let (first, last) = created.fold((f64::MAX, 0.0_f64), |(first, last), at| (first.min(at), last.max(at)));
    assert!(last - first > 120.0 * 86_400.0, "several months");
    assert!(all.iter().filter(|row| row["tags"].as_array().is_some_and(|tags| !tags.is_empty())).count() > 200);
    assert!(all.iter().any(|row| row["links"].as_array().is_some_and(|links| !links.is_empty())));
    for (kind, source) in [("tag", "rule"), ("assign", "rule"), ("comment", "teammate"), ("out_reply", "inboxes")] {
        let mut next = Some(format!("/events?q%5Btypes%5D%5B%5D={kind}&limit=15"));
        let mut found = false;
        while let Some(path) = next.filter(|_| !found) {
            let page = get(&path);
            let from = |row: &Value| row["source"]["_meta"]["type"] == source;
            found = page["_results"].as_array().expect("rows").iter().any(from);
            let link = page["_pagination"]["next"].as_str();
            next = link.and_then(|link| link.split_once("/events")).map(|(_, rest)| format!("/events{rest}"));
        }
        assert!(found, "no {kind} by {source}");
    }
}

#[test]
fn the_sample_is_never_put_into_somebodys_own_company() {
    let folder = Folder::new();
    let made = portico(&folder.0, &["token", "create", "mine", "--all"]).output().expect("it runs");
    assert!(made.status.success());
    let output = portico(&folder.0, &["demo", "--listen", "127.0.0.1:0"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not the sample"));
}

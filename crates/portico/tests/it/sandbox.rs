//! The sandbox, driven as an integration's own tests drive it: the built program on a free port, its clock, its faults, and
//! the way back.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::office::Partner;
use crate::server::{Server, client};

/// A sandbox of its own, gone with the test.
pub struct Sandbox {
    child: Child,
    pub url: String,
    token: String,
    channel: String,
    pub client: reqwest::Client,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Asked to end, it takes its folder with it.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
    command.args(args).stdin(Stdio::null());
    for name in ["PORTICO_LISTEN", "PORTICO_URL", "PORTICO_TOKEN"] {
        command.env_remove(name);
    }
    command
}

impl Sandbox {
    pub async fn start() -> Sandbox {
        let started = tokio::task::spawn_blocking(|| {
            let mut command = program(&["dev", "--listen", "127.0.0.1:0", "--json"]);
            let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
            let mut line = String::new();
            let out = child.stdout.take().expect("its output");
            BufReader::new(out).read_line(&mut line).expect("a line");
            (child, serde_json::from_str::<Value>(&line).expect("JSON"))
        });
        let (child, ready) = started.await.expect("it starts");
        let text = |name: &str| ready[name].as_str().expect("a text").to_string();
        let (url, token, channel) = (text("url"), text("token"), text("channel"));
        Sandbox { child, url, token, channel, client: client() }
    }

    pub async fn call(&self, method: reqwest::Method, path: &str, body: Value) -> Value {
        let request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token).json(&body);
        let answer = request.send().await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub async fn get(&self, path: &str) -> Value {
        self.call(reqwest::Method::GET, path, json!({})).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.call(reqwest::Method::POST, path, body).await
    }

    /// `portico dev …` against it.
    pub async fn switch(&self, args: &[&str]) -> Value {
        let mut command = program(&["dev"]);
        command.args(args).args(["--url", &self.url, "--token", &self.token]);
        let ran = tokio::task::spawn_blocking(move || command.output().expect("the program runs"));
        let output = ran.await.expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    pub async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..500 {
            let answer = self.get(path).await;
            if wanted(&answer) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{path} never became what was wanted");
    }

    /// A customer writes; answers the conversation's path.
    pub async fn write(&self, who: &str) -> String {
        let message = json!({"sender": {"handle": who}, "body": "Is anybody there?"});
        let taken = self.post(&format!("/channels/{}/incoming_messages", self.channel), message).await;
        let uid = taken["message_uid"].as_str().expect("a uid");
        let message = self.get(&format!("/messages/alt:uid:{uid}")).await;
        let url = message["_links"]["related"]["conversation"].as_str().expect("a link");
        url.trim_start_matches(&self.url).to_string()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snooze_ends_when_the_clock_is_moved() {
    let sandbox = Sandbox::start().await;
    let conversation = sandbox.write("ann").await;
    let frozen = sandbox.switch(&["clock", "--freeze"]).await;
    assert_eq!(frozen["is_frozen"], true);
    let now = frozen["now"].as_f64().expect("a time");
    let teammate = sandbox.get("/teammates").await["_results"][0]["id"].clone();
    let snooze = json!({"teammate_id": teammate, "scheduled_at": now + 3_600.0});
    sandbox.call(reqwest::Method::PATCH, &format!("{conversation}/reminders"), snooze).await;
    assert_eq!(sandbox.get(&conversation).await["status"], "archived");
    let moved = sandbox.switch(&["clock", "--advance", "3599"]).await;
    assert_eq!(moved["now"].as_f64(), Some(now + 3_599.0));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(sandbox.get(&conversation).await["status"], "archived", "it is not time yet");
    sandbox.switch(&["clock", "--advance", "2"]).await;
    sandbox.until(&conversation, |row| row["status"] != "archived").await;
    let back = sandbox.switch(&["clock", "--reset"]).await;
    assert!(back["is_frozen"] == false && back["now"].as_f64().is_some_and(|at| at < now + 3_000.0), "{back}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_wrong_on_purpose_and_are_made_up_for() {
    let (sandbox, partner) = (Sandbox::start().await, Partner::start().await);
    let then = json!([{"do": "webhook", "url": partner.url}]);
    let rule = json!({"name": "Tell", "definition": {"when": [{"on": "inbound"}], "then": then}});
    sandbox.post("/portico/v1/rules", rule).await;
    let faulty = sandbox.switch(&["faults", "--to", &partner.url, "--fail-with", "503", "--times", "1"]).await;
    assert_eq!(faulty["faults"][0]["fail_with"], 503);
    sandbox.write("ann").await;
    let log = sandbox.until("/portico/v1/deliveries?limit=1", |log| log["_results"][0]["tries"] == 1).await;
    assert_eq!(log["_results"][0]["attempts"][0]["status"], 503);
    assert_eq!(partner.count(), 0, "the receiver hears nothing of a call that fails on purpose");
    sandbox.switch(&["clock", "--advance", "3600"]).await;
    partner.call(0).await;
    sandbox.switch(&["faults", "--to", &partner.url, "--duplicate"]).await;
    sandbox.write("bob").await;
    assert_eq!(partner.call(1).await.bytes, partner.call(2).await.bytes);
    sandbox.switch(&["faults", "--drop"]).await;
    sandbox.write("eve").await;
    let lost =
        |log: &Value| log["_results"][0]["attempts"][0]["error"].as_str().is_some_and(|why| why.contains("on purpose"));
    sandbox.until("/portico/v1/deliveries?limit=1", lost).await;
    assert_eq!(sandbox.switch(&["faults"]).await["faults"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_leads_back_to_the_beginning() {
    let sandbox = Sandbox::start().await;
    let count = async || sandbox.get("/conversations/search/pigeons").await["_total"].as_i64().expect("a number");
    let tags = async || sandbox.get("/tags?limit=100").await["_results"].as_array().map_or(0, Vec::len);
    let (found, tagged) = (count().await, tags().await);
    for round in 0..3 {
        let message = json!({"sender": {"handle": "ann"}, "body": "Do you sell pigeons?"});
        sandbox.post(&format!("/channels/{}/incoming_messages", sandbox.channel), message).await;
        let made = sandbox.post("/portico/v1/tokens", json!({"name": "Short-lived", "scopes": ["*"]})).await;
        let text = made["token"].as_str().expect("a token").to_string();
        let is_known = async || {
            let asked = sandbox.client.get(format!("{}/me", sandbox.url)).bearer_auth(&text).send().await;
            asked.expect("an answer").status().is_success()
        };
        assert!(is_known().await);
        sandbox.post("/company/tags", json!({"name": format!("Round {round}")})).await;
        sandbox.switch(&["clock", "--advance", "100000"]).await;
        assert_eq!((count().await, tags().await), (found + 1, tagged + 1));
        let back = sandbox.post("/portico/v1/sandbox/reset", json!({})).await;
        assert_eq!((back["is_frozen"].clone(), back["faults"].clone()), (json!(false), json!([])));
        assert_eq!((count().await, tags().await), (found, tagged));
        assert!(!is_known().await, "a token made since is none any more");
        // What was made before a reset and what is made after it are told apart, and everything still works.
        sandbox.write("bob").await;
        sandbox.post("/portico/v1/sandbox/reset", json!({})).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_that_is_misspelt_or_out_of_range_changes_nothing() {
    let sandbox = Sandbox::start().await;
    let (clock, faults) = ("/portico/v1/sandbox/clock", "/portico/v1/sandbox/faults");
    for (method, path, body, culprit) in [
        (Method::PATCH, clock, json!({"freeze": true}), "freeze"),
        (Method::PATCH, clock, json!({"frozen": true, "now": -1}), "now"),
        (Method::PATCH, clock, json!({"frozen": true, "advance": -1}), "advance"),
        (Method::PUT, faults, json!({"faults": [{"to": "http://x"}]}), "faults[0].to: unknown field"),
        (Method::PUT, faults, json!({"faults": [], "times": 1}), "times"),
        (Method::PUT, faults, json!({"faults": [{"drop": true}, {"fail_with": 600}]}), "faults[1].fail_with"),
        (Method::PUT, faults, json!({"faults": [{"fail_with": 99}]}), "faults[0].fail_with"),
    ] {
        let request = sandbox.client.request(method, format!("{}{path}", sandbox.url)).bearer_auth(&sandbox.token);
        let refused = request.json(&body).send().await.expect("an answer");
        assert_eq!(refused.status(), 400, "{body}");
        let told = refused.text().await.expect("text");
        assert!(told.contains(culprit), "{body}: {told}");
    }
    let shown = sandbox.get("/portico/v1/sandbox").await;
    assert_eq!((&shown["is_frozen"], &shown["faults"]), (&json!(false), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn any_other_server_has_no_such_switches() {
    let server = Server::start().await;
    server.get("/portico/v1/sandbox").await.expect(404);
    server.patch("/portico/v1/sandbox/clock", json!({"advance": 1})).await.expect(404);
    server.put("/portico/v1/sandbox/faults", json!({"faults": []})).await.expect(404);
    server.post("/portico/v1/sandbox/reset", json!({})).await.expect(404);
}

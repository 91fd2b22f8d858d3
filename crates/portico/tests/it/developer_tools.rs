//! The commands and operations for whoever builds an integration: why a signature does not verify, what a receiver does
//! with what it may get, and the log of deliveries on the command line.

use std::collections::HashSet;
use std::process::Output;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use webhooks::sign::{ApplicationKey, RuleKey};

use crate::commands::Folder;
use crate::office::{Office, Partner, until};
use crate::server::Server;

const SECRET: &str = "0123456789abcdef";

/// Runs a command that needs no store.
async fn output(args: &[&str]) -> Output {
    let args: Vec<String> = args.iter().map(ToString::to_string).collect();
    let ran = tokio::task::spawn_blocking(move || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_portico"));
        command.args(args).env_remove("PORTICO_SECRET").output().expect("the program runs")
    });
    ran.await.expect("the program ends")
}

/// What it answers in JSON, and whether it ended well.
async fn run(args: &[&str]) -> (Value, bool) {
    let output = output(args).await;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let read = serde_json::from_str(&text);
    (read.unwrap_or_else(|_| panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr))), output.status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_tells_why_a_signature_does_not_verify() {
    let server = Server::start().await;
    let (body, at) = (r#"{"type":"sync"}"#, server.desk().clock().now().0);
    let signature = ApplicationKey::new(SECRET).sign(at, body.as_bytes());
    let headers = json!({"X-Front-Signature": signature, "X-Front-Request-Timestamp": at.to_string(), "accept": "*/*"});
    let ask = async |more: Value| {
        let mut request = json!({"headers": headers, "body": body, "secret": SECRET});
        request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        server.post("/portico/v1/signatures/debug", request).await.expect(200)
    };
    let told = ask(json!({})).await;
    assert_eq!(
        (&told["is_valid"], &told["scheme"], &told["causes"]),
        (&json!(true), &json!("application"), &json!([]))
    );
    assert_eq!(told["expected"], signature);
    let told = ask(json!({"body": "{\"type\": \"sync\"}"})).await;
    assert_eq!((&told["is_valid"], &told["causes"][0]["code"]), (&json!(false), &json!("reserialised_json")));
    let told = ask(json!({"computed": RuleKey::new(SECRET).sign(body.as_bytes())})).await;
    let codes: HashSet<&str> =
        told["causes"].as_array().expect("causes").iter().filter_map(|cause| cause["code"].as_str()).collect();
    assert_eq!(codes, HashSet::from(["wrong_algorithm", "no_timestamp"]));
    assert!(!told.to_string().contains(SECRET), "the secret is not repeated");
    server.post("/portico/v1/signatures/debug", json!({"headers": {"a b": "c"}, "secret": "x"})).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_tells_it_too_and_scripts_can_trust_its_exit_code() {
    let folder = Folder::new();
    let file = folder.join("body.json");
    std::fs::write(&file, "{\"id\":\"evt_1\"}\n").expect("a file");
    let file = file.to_str().expect("a path");
    let header = format!("X-Front-Signature: {}", RuleKey::new(SECRET).sign(br#"{"id":"evt_1"}"#));
    let (told, ended_well) = run(&["debug-signature", file, "--secret", SECRET, "-H", &header, "--json"]).await;
    assert!(!ended_well);
    assert_eq!((&told["scheme"], &told["causes"][0]["code"]), (&json!("rule"), &json!("trimmed_body")));
    std::fs::write(file, "{\"id\":\"evt_1\"}").expect("a file");
    let (told, ended_well) = run(&["debug-signature", file, "--secret", SECRET, "-H", &header, "--json"]).await;
    assert!(ended_well && told["is_valid"] == true, "{told}");
    let long_ago = desk::time::Clock::default().now().0 - 90 * 60_000 - 30_000;
    let signature = ApplicationKey::new(SECRET).sign(long_ago, br#"{"id":"evt_1"}"#);
    let headers = [format!("x-front-signature: {signature}"), format!("x-front-request-timestamp: {long_ago}")];
    let of_old = ["debug-signature", file, "--secret", SECRET, "-H", &headers[0], "-H", &headers[1]];
    let (told, ended_well) = run(&[&of_old[..], &["--json"]].concat()).await;
    assert!(!ended_well);
    assert_eq!((&told["is_valid"], &told["is_signed_right"]), (&json!(false), &json!(true)));
    assert_eq!(told["causes"][0]["code"], "clock_skew");
    let output = output(&of_old).await;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("the signature is right, but the timestamp is 90 minutes old"), "{said}");
    assert!(!output.status.success() && !said.contains("does not verify"), "{said}");
}

/// How a receiver errs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    TrustsAnybody,
    WritesJsonAnew,
    ForgetsTheTime,
    BreaksOnBrokenJson,
    TakesTheUnknownForAnError,
    AlwaysTheSameChallenge,
    Redirects,
}

/// A receiver of application webhooks that does everything right but one thing.
fn answer(flaw: Flaw, first: &Mutex<Option<String>>, method: &Method, headers: &HeaderMap, body: &Bytes) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_string();
    if flaw == Flaw::Redirects {
        return (StatusCode::FOUND, [("location", "http://127.0.0.1:1/")]).into_response();
    }
    if method != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let at: i64 = header("x-front-request-timestamp").parse().unwrap_or(0);
    let now = desk::time::Clock::default().now().0;
    let json: Result<Value, _> = serde_json::from_slice(body);
    let signed = match (&json, flaw) {
        (Ok(json), Flaw::WritesJsonAnew) => serde_json::to_vec(json).expect("JSON"),
        _ => body.to_vec(),
    };
    let is_right = ApplicationKey::new(SECRET).verify(at, &signed, &header("x-front-signature"));
    let is_fresh = flaw == Flaw::ForgetsTheTime || (now - at).abs() < 300_000;
    if flaw != Flaw::TrustsAnybody && !(is_right && is_fresh) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let challenge = header("x-front-challenge");
    if !challenge.is_empty() {
        let known = first.lock().expect("the first").get_or_insert_with(|| challenge.clone()).clone();
        return if flaw == Flaw::AlwaysTheSameChallenge { known } else { challenge }.into_response();
    }
    match (json, flaw) {
        (Err(_), Flaw::BreaksOnBrokenJson) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        (Err(_), _) => StatusCode::BAD_REQUEST.into_response(),
        (Ok(json), Flaw::TakesTheUnknownForAnError) if json["type"] != "inbound_received" => {
            StatusCode::UNPROCESSABLE_ENTITY.into_response()
        }
        _ => StatusCode::OK.into_response(),
    }
}

async fn receiver(flaw: Flaw) -> String {
    let first: Arc<Mutex<Option<String>>> = Arc::default();
    let service = axum::Router::new()
        .fallback(move |method: Method, headers: HeaderMap, body: Bytes| {
            let reply = answer(flaw, &first, &method, &headers, &body);
            async move { reply }
        })
        .layer(axum::extract::DefaultBodyLimit::disable());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    #[expect(clippy::disallowed_methods, reason = "a fake at the edge of the building, gone with its test")]
    tokio::spawn(async move { axum::serve(listener, service).await });
    url
}

/// The names of the checks with an outcome.
fn with(checks: &Value, outcome: &str) -> Vec<String> {
    let rows = checks.as_array().expect("checks").iter();
    rows.filter(|row| row["outcome"] == outcome)
        .map(|row| row["name"].as_str().unwrap_or_default().to_string())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_receiver_passes_every_check() {
    let url = receiver(Flaw::None).await;
    let (checks, ended_well) = run(&["verify-endpoint", &url, "--secret", SECRET, "--json"]).await;
    assert!(ended_well, "{checks:#}");
    assert_eq!(with(&checks, "warned"), ["it is reached over TLS"]);
    assert!(with(&checks, "skipped").is_empty() && checks.as_array().is_some_and(|all| all.len() >= 20), "{checks:#}");
    let (checks, _) = run(&["verify-endpoint", &url, "--json"]).await;
    let counted = ["passed", "failed", "warned", "skipped", "not run"].map(|outcome| with(&checks, outcome).len());
    assert_eq!(counted.iter().sum::<usize>(), checks.as_array().map_or(0, Vec::len));
    assert!(with(&checks, "failed").contains(&"it is reached and takes an event".to_string()), "nothing was signed");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_flaw_is_found() {
    for (flaw, outcome, name) in [
        (Flaw::TrustsAnybody, "failed", "a request without a signature is refused"),
        (Flaw::TrustsAnybody, "warned", "a challenge with a forged signature is not repeated"),
        (Flaw::WritesJsonAnew, "failed", "JSON with other white space is verified by its raw bytes"),
        (Flaw::ForgetsTheTime, "warned", "a request of ten minutes ago is refused"),
        (Flaw::BreaksOnBrokenJson, "failed", "broken JSON is refused, and nothing breaks"),
        (Flaw::TakesTheUnknownForAnError, "failed", "an unknown type of event is taken and left alone"),
        (Flaw::AlwaysTheSameChallenge, "failed", "a challenge is repeated"),
        (Flaw::Redirects, "failed", "it does not redirect"),
    ] {
        let url = receiver(flaw).await;
        let (checks, ended_well) = run(&["verify-endpoint", &url, "--secret", SECRET, "--json"]).await;
        assert!(with(&checks, outcome).contains(&name.to_string()), "{name}: {checks:#}");
        assert_eq!(ended_well, with(&checks, "failed").is_empty(), "{name}");
    }
    let (checks, ended_well) = run(&["verify-endpoint", "http://127.0.0.1:1/", "--json"]).await;
    assert!(!ended_well, "{checks:#}");
    assert_eq!(with(&checks, "failed"), ["it is reached and takes an event"]);
    assert!(with(&checks, "passed").is_empty() && with(&checks, "skipped").is_empty(), "{checks:#}");
    let (good, _) = run(&["verify-endpoint", &receiver(Flaw::None).await, "--secret", SECRET, "--json"]).await;
    let names =
        |checks: &Value| ["failed", "warned", "passed", "not run"].map(|outcome| with(checks, outcome)).concat();
    assert_eq!(names(&checks).len(), names(&good).len(), "every check is told of");
    assert_eq!(names(&checks).into_iter().collect::<HashSet<_>>(), names(&good).into_iter().collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_takes_nothing_is_not_praised_for_refusing() {
    let (server, secret) = (Server::start().await, "--secret");
    let nowhere = server.url("/nowhere");
    let (checks, ended_well) = run(&["verify-endpoint", &nowhere, secret, SECRET, "--json"]).await;
    assert!(!ended_well);
    let not_run = with(&checks, "not run");
    for name in [
        "a challenge with a forged signature is not repeated",
        "a request without a signature is refused",
        "a request of ten minutes ago is refused",
        "broken JSON is refused, and nothing breaks",
    ] {
        assert!(not_run.contains(&name.to_string()), "{checks:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_listed_shown_and_sent_again_on_the_command_line() {
    let (server, partner) = (Server::start().await, Partner::start().await);
    let office = Office::furnish(&server, None).await;
    let then = json!([{"do": "webhook", "url": partner.url, "retries": 0}]);
    let rule = json!({"name": "Tell", "definition": {"when": [{"on": "inbound"}], "then": then}});
    server.post("/portico/v1/rules", rule).await.expect(201);
    partner.answers(500, json!("no"));
    let path = format!("/channels/{}/incoming_messages", office.custom);
    for who in ["ann", "bob"] {
        server.post(&path, json!({"sender": {"handle": who}, "body": "hello"})).await.expect(202);
    }
    until(&server, "/portico/v1/deliveries?state=dead", |log| log["_results"][1].is_object()).await;
    let command = async |args: &[&str]| {
        let mut command = server.command(args);
        command.args(["--company", "acme", "--json"]);
        let ran = tokio::task::spawn_blocking(move || command.output().expect("the program runs")).await;
        let output = ran.expect("the program ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };
    let dead = command(&["deliveries", "list", "--state", "dead"]).await;
    assert_eq!(dead.as_array().map(Vec::len), Some(2));
    let id = dead[0]["id"].as_str().expect("an id");
    let shown = command(&["deliveries", "show", id]).await;
    assert_eq!((&shown["attempts"][0]["status"], shown["request_body"].as_str().is_some()), (&json!(500), true));
    partner.answers(200, json!("yes"));
    let again = command(&["deliveries", "replay", id]).await;
    assert_ne!(again["id"], shown["id"]);
    assert_eq!(partner.call(2).await.bytes, shown["request_body"].as_str().expect("a body"));
    assert_eq!(command(&["deliveries", "replay-failed"]).await, json!({"replayed": 2}));
    partner.call(4).await;
    until(&server, "/portico/v1/deliveries?state=done", |log| log["_results"][2].is_object()).await;
}

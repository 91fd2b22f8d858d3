//! Apps whose receivers misbehave: what the delivery log says of it, and that everybody else is told all the same.

use serde_json::{Value, json};

use crate::apps::{feature, register};
use crate::commands::Folder;
use crate::hostile::{FLOOD, Hostile, Vice, self_signed};
use crate::office::{Office, Partner, until};
use crate::server::Server;

/// A server with one app that behaves; its call 0 was the validation.
struct Told {
    server: Server,
    office: Office,
    well: Partner,
}

impl Told {
    async fn start() -> Told {
        let (server, well) = (Server::start().await, Partner::start().await);
        let office = Office::furnish(&server, None).await;
        let told = Told { server, office, well };
        told.subscribe(&told.well.url).await;
        told
    }

    /// Registers an app that is told of what comes in.
    async fn subscribe(&self, url: &str) {
        let (uid, _) = register(&self.server, url).await;
        let settings = json!({"kind": "webhook", "url": url, "events": ["inbound_received"]});
        feature(&self.server, &uid, settings).await;
    }

    async fn hear(&self, from: &str) {
        let path = format!("/channels/{}/incoming_messages", self.office.custom);
        self.server.post(&path, json!({"sender": {"handle": from}, "body": "hello"})).await.expect(202);
    }

    /// The newest delivery to a receiver, once it was tried.
    async fn line(&self, url: &str) -> Value {
        let endpoints = self.server.get("/portico/v1/endpoints").await.rows();
        let endpoint = endpoints.iter().find(|row| row["url"] == url).expect("an endpoint");
        let path = format!("/portico/v1/deliveries?subscriber={}", endpoint["id"].as_str().expect("an id"));
        let tried = |list: &Value| list["_results"][0]["tries"].as_i64() > Some(0);
        until(&self.server, &path, tried).await["_results"][0].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_says_how_each_receiver_misbehaved_and_the_others_are_told() {
    let told = Told::start().await;
    let inside = Partner::start().await;
    let vices = [
        (Vice::Refuses(418), Some(418), "answered 418"),
        (Vice::HangsUp, None, "the connection broke: connection closed before message completed"),
        (Vice::Hangs, None, "no complete answer within 5000 ms"),
        (Vice::Drips, None, "no complete answer within 5000 ms"),
        (Vice::Headers, None, "the connection broke"),
        (Vice::Redirects(inside.url.clone()), Some(307), "which is not followed"),
        (Vice::Garbage, None, "the connection broke: invalid HTTP version"),
    ];
    let mut all = Vec::new();
    for (vice, status, words) in vices {
        let receiver = Hostile::start(vice.clone()).await;
        told.subscribe(&receiver.url).await;
        all.push((vice, receiver, status, words));
    }
    for (number, from) in ["ann", "ben", "cleo", "dan"].iter().enumerate() {
        told.hear(from).await;
        // Some of the others have not answered the first call yet.
        told.well.call(number + 1).await;
    }
    for (vice, receiver, status, words) in &all {
        let line = told.line(&receiver.url).await;
        let attempt = &line["attempts"][0];
        assert_eq!(attempt["status"].as_u64(), *status, "{vice:?}: {line}");
        assert!(attempt["error"].as_str().is_some_and(|error| error.contains(words)), "{vice:?}: {line}");
        assert!(attempt["request_headers"]["x-front-signature"].is_string(), "{vice:?}: {line}");
        assert!(receiver.calls() > 0, "{vice:?}");
        if let Vice::Headers = vice {
            assert!(receiver.sent() < FLOOD / 10, "{} bytes of headers were taken", receiver.sent());
        }
    }
    assert_eq!(inside.count(), 0, "nobody went where the redirect led");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_answer_is_read_to_its_cap_and_no_further() {
    let told = Told::start().await;
    let receiver = Hostile::start(Vice::Floods).await;
    told.subscribe(&receiver.url).await;
    told.hear("ann").await;
    let line = told.line(&receiver.url).await;
    assert_eq!((&line["state"], &line["attempts"][0]["status"]), (&json!("done"), &json!(200)), "{line}");
    assert_eq!(line["attempts"][0]["response"].as_str().map(str::len), Some(2048), "an excerpt is kept");
    // The rest is what the two sockets hold between them.
    assert!(receiver.sent() < FLOOD / 4, "{} bytes were taken", receiver.sent());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_answer_is_not_taken_for_that_of_the_next_call() {
    let told = Told::start().await;
    let receiver = Hostile::start(Vice::AnswersTwice).await;
    told.subscribe(&receiver.url).await;
    for (number, from) in ["ann", "ben", "cleo"].iter().enumerate() {
        told.hear(from).await;
        told.well.call(number + 1).await;
        let line = told.line(&receiver.url).await;
        let attempt = &line["attempts"][0];
        assert_eq!((&line["state"], &line["tries"]), (&json!("done"), &json!(1)), "{line}");
        assert_eq!((&attempt["status"], &attempt["response"]), (&json!(200), &json!("well")), "{line}");
    }
    assert_eq!(receiver.calls(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nobody_vouches_for_ends_the_call() {
    let told = Told::start().await;
    let folder = Folder::new();
    let Some(url) = self_signed(&folder.0).await else {
        eprintln!("=== TLS LEFT OUT of this test: there is no openssl to make a certificate with ===");
        return;
    };
    let (uid, _) = register(&told.server, "Untrusted").await;
    let settings = json!({"kind": "webhook", "url": url, "events": ["inbound_received"]});
    let path = format!("/portico/v1/apps/{uid}/features");
    let refused = told.server.post(&path, json!({"settings": settings})).await.expect(400);
    assert!(refused.to_string().contains("TLS failed"), "the person learns why: {refused}");
    // A rule's webhook is not validated, so its deliveries are the first to notice.
    let then = json!([{"do": "webhook", "url": url, "body": "full", "retries": 0}]);
    let rule = json!({"name": "Tell", "definition": {"when": [{"on": "inbound"}], "then": then}});
    told.server.post("/portico/v1/rules", rule).await.expect(201);
    told.hear("ann").await;
    told.well.call(1).await;
    let line = told.line(&url).await;
    let attempt = &line["attempts"][0];
    assert_eq!((&line["state"], &attempt["status"]), (&json!("dead"), &Value::Null), "{line}");
    assert!(attempt["error"].as_str().is_some_and(|error| error.starts_with("TLS failed: ")), "{line}");
}

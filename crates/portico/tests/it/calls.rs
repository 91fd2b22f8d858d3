//! Phone calls on a partner's channel: as messages and as events of their conversation.

use axum::http::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::app_channels::Bridge;
use crate::channel_api::Line;

/// A channel whose people are known by their phone numbers.
async fn phone() -> Line {
    Line::on(Bridge::with(json!({"type": "none"}), json!({"contact_type": "phone"})).await).await
}

fn call(id: &str, more: Value) -> Value {
    let mut body = json!({"external_call_id": id, "initial_status": "ringing", "direction": "inbound",
                          "from": {"handle": "ann", "name": "Ann"}});
    body.as_object_mut().expect("a body").extend(more.as_object().cloned().unwrap_or_default());
    body
}

async fn ring(line: &Line, id: &str, more: Value) {
    assert!(line.tell(Method::POST, "/calls", call(id, more)).await.expect(202).is_null(), "there is no body");
}

async fn become_(line: &Line, id: &str, status: &str, more: Value) -> u16 {
    let mut body = json!({"call_status": status});
    body.as_object_mut().expect("a body").extend(more.as_object().cloned().unwrap_or_default());
    line.tell(Method::PATCH, &format!("/calls/{id}"), body).await.status
}

async fn conversations(line: &Line) -> Vec<Value> {
    line.bridge.server.get("/conversations").await.rows()
}

/// What hangs on the only conversation, the oldest first.
async fn below(line: &Line, what: &str) -> Vec<Value> {
    let all = conversations(line).await;
    assert_eq!(all.len(), 1);
    let path = format!("/conversations/{}/{what}", all[0]["id"].as_str().expect("an id"));
    let mut rows = line.bridge.server.get(&path).await.rows();
    rows.reverse();
    rows
}

async fn events(line: &Line) -> Vec<String> {
    below(line, "events").await.iter().map(|event| event["type"].as_str().expect("a type").to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_a_message_that_says_how_it_went() {
    let line = phone().await;
    ring(&line, "k-1", json!({"started_at": 1_700_000_000_000_i64})).await;
    ring(&line, "k-1", json!({})).await;
    let message = below(&line, "messages").await.remove(0);
    assert_eq!((&message["type"], &message["is_inbound"]), (&json!("call"), &json!(true)));
    assert_eq!((&message["text"], &message["created_at"]), (&json!("Incoming call: ringing"), &json!(1_700_000_000)));
    assert_eq!(conversations(&line).await[0]["recipient"]["handle"], "ann");
    let ada = json!({"agent_email_address": "Ada@acme.example", "occurred_at": 1_700_000_005_000_i64});
    assert_eq!(become_(&line, "k-1", "connected", ada).await, 202);
    assert_eq!(become_(&line, "k-1", "hold", json!({})).await, 202);
    assert_eq!(become_(&line, "k-1", "resumed", json!({})).await, 202);
    assert_eq!(become_(&line, "k-1", "hangup", json!({"occurred_at": 1_700_000_068_000_i64})).await, 202);
    assert_eq!(become_(&line, "k-1", "hangup", json!({})).await, 202, "said twice, it happened once");
    let messages = below(&line, "messages").await;
    assert_eq!((messages.len(), &messages[0]["text"]), (1, &json!("Incoming call: hangup, 1:03 min")));
    let types = events(&line).await;
    assert_eq!(types, ["call_started", "call_connected", "call_on_hold", "call_resumed", "call_hangup"]);
    let connected = below(&line, "events").await.remove(1);
    assert_eq!(connected["source"]["data"]["username"], "ada");
    assert_eq!(connected["target"]["data"]["id"], message["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_over_does_not_go_on() {
    let line = phone().await;
    for (id, end) in [("k-1", "missed"), ("k-2", "abandoned"), ("k-3", "transferred")] {
        ring(&line, id, json!({})).await;
        assert_eq!(become_(&line, id, "hold", json!({})).await, 400, "nobody is connected yet");
        assert_eq!(become_(&line, id, end, json!({})).await, 202);
        assert_eq!(become_(&line, id, "connected", json!({})).await, 400);
    }
    assert_eq!(become_(&line, "k-9", "missed", json!({})).await, 404);
    assert_eq!(become_(&line, "k-1", "over", json!({})).await, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_legs_of_a_call_stand_in_one_conversation() {
    let line = phone().await;
    ring(&line, "k-1", json!({"initial_status": "queued"})).await;
    ring(&line, "k-2", json!({"parent_external_call_id": "k-1"})).await;
    ring(&line, "k-3", json!({"external_parent_call_id": "k-1"})).await;
    assert_eq!(below(&line, "messages").await.len(), 3);
    assert_eq!(events(&line).await, ["call_started", "call_queued", "call_started", "call_started"]);
    ring(&line, "k-4", json!({})).await;
    ring(&line, "k-5", json!({"parent_external_call_id": "unknown"})).await;
    ring(&line, "k-6", json!({"parent_external_call_id": "unknown"})).await;
    assert_eq!(conversations(&line).await.len(), 3, "also where the first leg was never told of");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_from_outside_opens_its_conversation_and_one_of_ours_does_not() {
    let line = phone().await;
    ring(&line, "k-1", json!({})).await;
    let path = format!("/conversations/{}", conversations(&line).await[0]["id"].as_str().expect("an id"));
    line.bridge.server.patch(&path, json!({"status": "archived"})).await.expect(204);
    let to_ann = json!({"direction": "outbound", "to": {"handle": "ann"}, "parent_external_call_id": "k-1",
                        "agent_email_address": "ada@acme.example"});
    ring(&line, "k-2", to_ann).await;
    assert_eq!(line.bridge.server.get(&path).await.expect(200)["status"], "archived");
    let outgoing = below(&line, "messages").await.pop().expect("a message");
    assert_eq!((&outgoing["is_inbound"], &outgoing["author"]["username"]), (&json!(false), &json!("ada")));
    assert_eq!(
        (&outgoing["recipients"][0]["role"], &outgoing["recipients"][0]["handle"]),
        (&json!("to"), &json!("ann"))
    );
    ring(&line, "k-3", json!({"parent_external_call_id": "k-1"})).await;
    assert_eq!(line.bridge.server.get(&path).await.expect(200)["status"], "unassigned");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_and_said_belongs_to_the_call() {
    let line = phone().await;
    ring(&line, "k-1", json!({})).await;
    let path = format!("/channels/{}/calls/k-1/recording", line.id);
    let record = async |name: &'static str, kind: &str, files: usize| {
        let mut form = Form::new().text("recording_type", name);
        for _ in 0..files {
            form = form.part(
                "attachments",
                Part::bytes(b"sound".as_slice()).file_name("a.mp3").mime_str(kind).expect("a type"),
            );
        }
        line.bridge.server.send(line.request(Method::POST, &path).multipart(form)).await.status
    };
    for (name, kind, files) in
        [("call", "image/png", 1), ("call", "audio/mpeg", 2), ("call", "audio/mpeg", 0), ("fax", "audio/mpeg", 1)]
    {
        assert_eq!(record(name, kind, files).await, 400, "{name} {kind} {files}");
    }
    assert_eq!(record("voicemail", "audio/mpeg", 1).await, 202);
    let said = json!({"lines": [
        {"speaker_name": "Ann", "content": "My <b>lamp</b> broke", "start_time_seconds": 0.5, "speaker_type": "external"},
        {"speaker_name": "Ada", "content": "Oh", "start_time_seconds": 2, "speaker_type": "internal"},
    ]});
    line.tell(Method::POST, "/calls/k-1/transcript", said).await.expect(202);
    line.tell(Method::POST, "/calls/k-1/summary", json!({"content": "A lamp broke"})).await.expect(202);
    let message = below(&line, "messages").await.remove(0);
    assert_eq!(message["text"], "Incoming call: ringing\n\nA lamp broke\n\nAnn: My <b>lamp</b> broke\nAda: Oh");
    assert_eq!(
        (&message["attachments"][0]["filename"], &message["attachments"][0]["content_type"]),
        (&json!("a.mp3"), &json!("audio/mpeg"))
    );
    assert_eq!(events(&line).await, ["call_started", "call_voicemail_transcript_added"]);
    assert_eq!(line.bridge.server.get("/conversations/search/lamp").await.rows().len(), 1, "what was said is found");
    for (below, wrong) in [
        ("transcript", json!({"lines": []})),
        (
            "transcript",
            json!({"lines": [{"speaker_name": "Ann", "content": "x", "start_time_seconds": 1, "speaker_type": "dog"}]}),
        ),
        ("summary", json!({"content": ""})),
    ] {
        line.tell(Method::POST, &format!("/calls/k-1/{below}"), wrong).await.expect(400);
    }
    for below in ["recording", "transcript", "summary"] {
        let body = json!({"lines": [{"speaker_name": "A", "content": "x", "start_time_seconds": 1, "speaker_type": "internal"}],
                          "content": "x"});
        line.tell(Method::POST, &format!("/calls/k-9/{below}"), body).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_call_is_named() {
    let line = phone().await;
    for (wrong, field) in [
        (json!({"from": null}), "from"),
        (json!({"direction": "outbound"}), "to"),
        (json!({"from": {"handle": ""}}), "from.handle"),
        (json!({"initial_status": "connected"}), "initial_status"),
        (json!({"external_call_id": ""}), "external_call_id"),
        (json!({"parent_external_call_id": "p".repeat(10_000)}), "parent_external_call_id"),
        (json!({"started_at": 1e300}), "started_at"),
    ] {
        let refused = line.tell(Method::POST, "/calls", call("k-1", wrong)).await.expect(400);
        let detail = refused["_error"]["details"][0].as_str().unwrap_or_default();
        assert!(detail.starts_with(&format!("{field}: ")), "{field}: {refused}");
    }
    let plain = format!("/channels/{}/calls", line.bridge.office.custom);
    line.bridge.server.post(&plain, call("k-1", json!({}))).await.expect(400);
    assert_eq!(conversations(&line).await, Vec::<Value>::new());
    for kind in ["custom", "email"] {
        let deaf = Line::on(Bridge::with(json!({"type": "none"}), json!({"contact_type": kind})).await).await;
        let refused = deaf.tell(Method::POST, "/calls", call("k-1", json!({}))).await.expect(400);
        let why = format!("{} carries no calls: its contacts have no phone numbers", deaf.id);
        assert_eq!(refused["_error"]["message"], why.as_str());
        assert_eq!(conversations(&deaf).await, Vec::<Value>::new());
    }
}

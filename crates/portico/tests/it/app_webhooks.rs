//! Application webhooks, to a real receiver: its validation, exact bytes, signatures, order, failures and recovery.

use std::time::Duration;

use desk::conversations::{self, Action};
use desk::ids::ConversationId;
use desk::time::{DAY, MINUTE};
use serde_json::{Value, json};
use webhooks::sign::ApplicationKey;

use crate::apps::{feature, register};
use crate::browser::Browser;
use crate::guest::Guest;
use crate::oauth::Client;
use crate::office::{Office, Partner, Received};
use crate::server::Server;

const ALL: &[&str] = &[
    "inbound_received",
    "outbound_sent",
    "message_delivery_failed",
    "conversation_moved",
    "conversation_archived",
    "conversation_reopened",
    "conversation_deleted",
    "conversation_restored",
    "conversation_snoozed",
    "conversation_snooze_expired",
    "new_comment_added",
    "assignee_changed",
    "tag_added",
    "tag_removed",
    "link_added",
    "link_removed",
];

/// A server whose app has a webhook, and a receiver that has been validated already: its call 0.
struct Told {
    server: Server,
    office: Office,
    receiver: Partner,
    uid: String,
    secret: String,
    feature: String,
}

impl Told {
    async fn start(settings: Value) -> Told {
        let server = Server::start().await;
        let office = Office::furnish(&server, None).await;
        let receiver = Partner::start().await;
        let (uid, secret) = register(&server, "Listener").await;
        let mut all = json!({"kind": "webhook", "url": receiver.url, "events": ALL});
        all.as_object_mut().expect("settings").extend(settings.as_object().cloned().unwrap_or_default());
        let made = feature(&server, &uid, all).await;
        let feature = made["id"].as_str().expect("an id").to_string();
        Told { server, office, receiver, uid, secret, feature }
    }

    /// A customer writes; answers the conversation.
    async fn write(&self, who: &str) -> ConversationId {
        let path = format!("/channels/{}/incoming_messages", self.office.custom);
        let body = json!({"sender": {"handle": who}, "body": "Hello – Café"});
        self.server.post(&path, body).await.expect(202);
        let newest = self.server.get("/conversations?limit=1").await.rows()[0]["id"].clone();
        newest.as_str().expect("an id").parse().expect("an id")
    }

    async fn act(&self, id: ConversationId, action: Action) {
        self.server.arrange(move |work| conversations::act_on(work, id, action)).await;
    }

    /// The only endpoint, once it is as wanted. Time flies meanwhile.
    async fn endpoint(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..500 {
            let rows = self.server.get("/portico/v1/endpoints").await.rows();
            if let Some(row) = rows.first().filter(|row| wanted(row)) {
                return row.clone();
            }
            self.server.desk().clock().advance(MINUTE);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the endpoint never became what was wanted");
    }

    /// The newest delivery, once it is as wanted. Time flies meanwhile.
    async fn delivery(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        for _ in 0..500 {
            last =
                self.server.get("/portico/v1/deliveries?limit=1").await.rows().into_iter().next().unwrap_or_default();
            if wanted(&last) {
                return last;
            }
            self.server.desk().clock().advance(MINUTE);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the delivery never became what was wanted: {last:#}");
    }
}

fn header<'a>(call: &'a Received, name: &str) -> &'a str {
    call.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn is_signed(call: &Received, secret: &str) -> bool {
    let at: i64 = header(call, "x-front-request-timestamp").parse().expect("milliseconds");
    ApplicationKey::new(secret).verify(at, &call.bytes, header(call, "x-front-signature"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_is_validated_before_its_webhook_is_saved() {
    let told = Told::start(json!({})).await;
    let call = told.receiver.call(0).await;
    let wanted = format!(r#"{{"type":"sync","authorization":{{"id":"{}"}}}}"#, told.server.company);
    assert_eq!(call.bytes, wanted);
    assert!(is_signed(&call, &told.secret) && header(&call, "x-front-challenge").len() >= 16);
    let path = format!("/portico/v1/apps/{}", told.uid);
    told.server.post(&format!("{path}/validate"), json!({})).await.expect(204);
    told.receiver.answers(500, json!({}));
    told.server.post(&format!("{path}/validate"), json!({})).await.expect(400);
    let settings = json!({"kind": "webhook", "url": told.receiver.url, "events": ["tag_added"]});
    let change = format!("{path}/features/{}", told.feature);
    let refused = told.server.put(&change, json!({"settings": settings})).await.expect(400);
    assert!(refused.to_string().contains("500"), "the person learns why: {refused}");
    let kept = told.server.get(&format!("{path}/features")).await.rows().remove(0);
    assert_eq!(kept["settings"]["events"].as_array().map(Vec::len), Some(ALL.len()), "nothing is kept");
    assert_eq!(told.receiver.count(), 4, "a validation is never repeated by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_moves_is_validated_for_the_webhook_that_needs_it() {
    let server = Server::start().await;
    let receiver = Partner::start().await;
    let (uid, _) = register(&server, "Listener").await;
    let base = receiver.url.trim_end_matches("/out");
    let main = feature(&server, &uid, json!({"kind": "server", "name": "main", "base_url": base})).await;
    feature(&server, &uid, json!({"kind": "webhook", "server": "main", "url": "/hook", "events": ["tag_added"]})).await;
    let path = format!("/portico/v1/apps/{uid}/features/{}", main["id"].as_str().expect("an id"));
    let moved = |base: &str| json!({"settings": {"kind": "server", "name": "main", "base_url": base}});
    server.put(&path, moved("http://127.0.0.1:1")).await.expect(400);
    server.put(&path, moved(&format!("{base}/v2"))).await.expect(200);
    assert_eq!(receiver.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_gets_the_full_event_in_its_envelope_signed() {
    let told = Told::start(json!({})).await;
    told.write("ann").await;
    let call = told.receiver.call(1).await;
    assert_eq!((&call.json["type"], &call.json["payload"]["type"]), (&json!("inbound_received"), &json!("inbound")));
    assert_eq!(call.json["authorization"], json!({"id": told.server.company}));
    let shown = told.server.get(&format!("/events/{}", call.json["payload"]["id"].as_str().expect("an id"))).await;
    assert_eq!(call.json["payload"], shown.expect(200));
    assert!(is_signed(&call, &told.secret));
    assert_eq!(header(&call, "content-type"), "application/json");
    assert_eq!(header(&call, "webhook-signature"), "", "only where they are switched on");
    let text = std::str::from_utf8(&call.bytes).expect("text");
    assert!(text.starts_with(r#"{"type":"inbound_received","authorization":"#) && text.contains("Café"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_headers_stand_beside_the_usual_ones() {
    let told = Told::start(json!({"standard_headers": true})).await;
    told.write("ann").await;
    let call = told.receiver.call(1).await;
    assert!(is_signed(&call, &told.secret));
    assert_eq!(header(&call, "webhook-id"), call.json["payload"]["id"]);
    assert!(header(&call, "webhook-timestamp").parse::<i64>().is_ok());
    assert!(header(&call, "webhook-signature").starts_with("v1,"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_a_conversation_arrive_in_order() {
    let told = Told::start(json!({})).await;
    let id = told.write("ann").await;
    told.server.post(&format!("/conversations/{id}/comments"), json!({"body": "Look"})).await.expect(201);
    told.server
        .put(&format!("/conversations/{id}/assignee"), json!({"assignee_id": told.office.ada}))
        .await
        .expect(204);
    told.act(id, Action::Archive).await;
    told.act(id, Action::Reopen).await;
    let until = told.server.desk().clock().now().plus(DAY);
    told.act(id, Action::Wait(Some(until))).await;
    let mut types = Vec::new();
    for number in 1..=6 {
        types.push(told.receiver.call(number).await.json["type"].as_str().expect("a type").to_string());
    }
    let wanted = [
        "inbound_received",
        "new_comment_added",
        "assignee_changed",
        "conversation_archived",
        "conversation_reopened",
        "conversation_snoozed",
    ];
    assert_eq!(types, wanted);
    assert_eq!(told.receiver.call(6).await.json["payload"]["type"], "archive", "no public kind says snoozed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_hears_of_no_private_inbox_beside_a_shared_one() {
    let told = Told::start(json!({"events": ["conversation_moved", "inbound_received", "conversation_snoozed"]})).await;
    let id = told.write("ann").await;
    let path = format!("/teammates/{}/private_inboxes", told.office.ada);
    let ada = told.office.ada;
    told.server.arrange(move |work| desk::teammates::expose_private(work, ada, true)).await;
    told.server.post(&path, json!({"name": "Mine"})).await.expect(201);
    let mine = told.server.get(&path).await.rows().remove(0)["id"].as_str().expect("an id").parse().expect("an id");
    told.server.arrange(move |work| conversations::moving::add(work, id, mine)).await;
    assert_eq!(told.write("ann").await, id);
    let later = told.server.desk().clock().now().0 / 1_000 + 3_600;
    let snooze = json!({"teammate_id": ada, "scheduled_at": later});
    told.server.patch(&format!("/conversations/{id}/reminders"), snooze).await.expect(204);
    let (moved, inbound) = (told.receiver.call(2).await.json, told.receiver.call(3).await.json);
    for (call, part) in [(&moved, "target"), (&inbound, "source")] {
        let inboxes = call["payload"][part]["data"].as_array().expect("inboxes");
        let ids: Vec<&Value> = inboxes.iter().map(|inbox| &inbox["id"]).collect();
        assert_eq!(ids, [&json!(told.office.inbox)], "{part}");
    }
    let snoozed = told.receiver.call(4).await.json;
    let event = told.server.get(&format!("/events/{}", snoozed["payload"]["id"].as_str().expect("an id"))).await;
    assert_eq!(event.expect(200)["type"], "archive");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_app_may_not_or_will_not_hear_does_not_leave() {
    let told = Told::start(json!({"events": ["conversation_archived"]})).await;
    let id = told.write("ann").await;
    // A mass action.
    told.server
        .arrange(move |work| {
            work.skips_rules = true;
            conversations::act_on(work, id, Action::Archive)
        })
        .await;
    told.act(id, Action::Reopen).await;
    // A private inbox.
    let path = format!("/teammates/{}/private_inboxes", told.office.ada);
    let ada = told.office.ada;
    told.server.arrange(move |work| desk::teammates::expose_private(work, ada, true)).await;
    told.server.post(&path, json!({"name": "Mine"})).await.expect(201);
    let mine = told.server.get(&path).await.rows().remove(0);
    let inbox = mine["id"].as_str().expect("an id").to_string();
    let private = told.write("bob").await;
    told.server.patch(&format!("/conversations/{private}"), json!({"inbox_id": inbox})).await.expect(204);
    told.act(private, Action::Archive).await;
    // An app that is switched off.
    told.server.post(&format!("/portico/v1/apps/{}/disable", told.uid), json!({})).await.expect(204);
    told.act(id, Action::Archive).await;
    told.act(id, Action::Reopen).await;
    told.server.post(&format!("/portico/v1/apps/{}/enable", told.uid), json!({})).await.expect(204);
    // And one that it hears.
    told.act(id, Action::Archive).await;
    let call = told.receiver.call(1).await;
    assert_eq!(call.json["payload"]["conversation"]["id"], id.to_string());
    assert_eq!(told.server.get("/portico/v1/deliveries").await.rows().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_company_that_installed_it_is_told_apart() {
    let told = Told::start(json!({})).await;
    let path = format!("/portico/v1/apps/{}", told.uid);
    told.server.post(&format!("{path}/publish"), json!({})).await.expect(409);
    feature(&told.server, &told.uid, json!({"kind": "oauth", "redirect_urls": ["https://partner.example/back"]})).await;
    told.server.post(&format!("{path}/publish"), json!({})).await.expect(204);
    let other = Guest::foreign(&told.server).await;
    let eve = Browser::of_company(&told.server, other.company).await;
    Client::known(&told.server, &told.uid).decide(&eve, &[], "allow").await;
    let channel = other.get("/channels").await.rows().remove(0);
    let to = format!("/channels/{}/incoming_messages", channel["id"].as_str().expect("an id"));
    other.post(&to, json!({"sender": {"handle": "eve"}, "body": "Hi"})).await.expect(202);
    let call = told.receiver.call(1).await;
    assert_eq!(call.json["authorization"]["id"], json!(other.company));
    assert!(is_signed(&call, &told.secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn during_a_rotation_the_older_secret_signs_until_its_end() {
    let told = Told::start(json!({})).await;
    let path = format!("/portico/v1/apps/{}/secrets", told.uid);
    let rotated = told.server.post(&format!("{path}/rotate"), json!({})).await.expect(200);
    told.write("ann").await;
    assert!(is_signed(&told.receiver.call(1).await, &told.secret));
    told.server.post(&format!("{path}/end_overlap"), json!({})).await.expect(204);
    told.write("bob").await;
    assert!(is_signed(&told.receiver.call(2).await, rotated["secret"].as_str().expect("a secret")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_webhook_is_tried_three_times_more_and_then_given_up() {
    let told = Told::start(json!({})).await;
    told.receiver.answers(429, json!({}));
    told.write("ann").await;
    let delivery = told.delivery(|row| row["state"] == "dead").await;
    assert_eq!(delivery["tries"], 4);
    let first = told.receiver.call(1).await;
    for number in 2..=4 {
        assert_eq!(told.receiver.call(number).await.bytes, first.bytes, "the very same bytes");
    }
    assert!(told.endpoint(|row| row["failing_since"].is_number()).await["disabled_at"].is_null());
    told.receiver.answers(204, json!({}));
    told.write("bob").await;
    told.delivery(|row| row["state"] == "done").await;
    told.endpoint(|row| row["failing_since"].is_null()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_durable_webhook_goes_on_after_front_would_have_given_up() {
    let told = Told::start(json!({"retries": "day"})).await;
    told.receiver.answers(500, json!({}));
    told.write("ann").await;
    told.delivery(|row| row["tries"].as_i64() > Some(4)).await;
    told.receiver.answers(200, json!({}));
    told.delivery(|row| row["state"] == "done").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_day_of_failures_it_is_switched_off_and_its_recovery_replays_in_order() {
    let told = Told::start(json!({})).await;
    told.receiver.answers(500, json!({}));
    let id = told.write("ann").await;
    told.delivery(|row| row["state"] == "dead").await;
    told.server.desk().clock().advance(DAY);
    told.act(id, Action::Archive).await;
    let endpoint = told.endpoint(|row| row["disabled_at"].is_number()).await;
    told.delivery(|row| row["state"] == "dead").await;
    let before = told.receiver.count();
    // While it is off, nothing is sent, but nothing is forgotten.
    told.act(id, Action::Reopen).await;
    told.delivery(|row| row["state"] == "dead" && row["tries"] == 0).await;
    assert_eq!(told.receiver.count(), before);
    told.receiver.answers(200, json!({}));
    let path = format!("/portico/v1/endpoints/{}/recover", endpoint["id"].as_str().expect("an id"));
    let recovery = told.server.post(&path, json!({})).await.expect(200);
    assert_eq!(recovery, json!({"replayed": 3, "is_enabled": true}));
    told.act(id, Action::Archive).await;
    let mut types = Vec::new();
    for number in before..before + 4 {
        types.push(told.receiver.call(number).await.json["type"].as_str().expect("a type").to_string());
    }
    let wanted = ["inbound_received", "conversation_archived", "conversation_reopened", "conversation_archived"];
    assert_eq!(types, wanted);
    told.endpoint(|row| row["disabled_at"].is_null() && row["failing_since"].is_null()).await;
    told.server.post(&path, json!({})).await.expect(409);
    Guest::foreign(&told.server).await.post(&path, json!({})).await.expect(404);
    let team = told.server.get("/teams").await.rows()[0]["id"].as_str().and_then(|id| id.parse().ok());
    Guest::of_team(&told.server, team.expect("a workspace")).await.post(&path, json!({})).await.expect(403);
}

//! Messages over HTTP: sent, answered, imported, seen.

use reqwest::Method;
use serde_json::{Value, json};
use webhooks::sign::RuleKey;

use crate::office::{Office, Partner, until};
use crate::server::Server;

/// The message that an accepted request made.
async fn accepted(server: &Server, answer: Value) -> Value {
    assert_eq!(answer["status"], "accepted");
    let uid = answer["message_uid"].as_str().expect("a uid");
    server.get(&format!("/messages/alt:uid:{uid}")).await.expect(200)
}

fn conversation_of(message: &Value) -> String {
    let url = message["_links"]["related"]["conversation"].as_str().expect("a link");
    url[url.find("/conversations/").expect("a conversation")..].to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_goes_to_the_partner_signed_and_as_the_bare_object() {
    let (server, partner) = (Server::start().await, Partner::start().await);
    let office = Office::furnish(&server, Some(&partner)).await;
    partner.answers(200, json!({"type": "success", "external_id": "m-1", "external_conversation_id": "c-1"}));
    let body = json!({"to": ["ann"], "body": "Caf\u{e9} <b>now</b>", "author_id": "alt:email:ada@acme.example"});
    let answer = server.post(&format!("/channels/{}/messages", office.custom), body).await.expect(202);
    let told = answer["_links"]["related"]["conversation"].clone();
    let message = accepted(&server, answer).await;
    assert_eq!(told, message["_links"]["related"]["conversation"]);
    let call = partner.call(0).await;
    assert_eq!(call.json["id"], message["id"]);
    assert_eq!(call.json["text"], "Caf\u{e9} now");
    assert_eq!(call.json["recipients"][0]["handle"], "ann");
    assert_eq!(call.json["author"]["username"], "ada");
    assert_eq!(call.json["metadata"]["headers"]["in_reply_to"], Value::Null);
    assert!(call.json.get("payload").is_none());
    let secret = server.arrange(|work| Ok(work.directory()?.company.api_secret.clone())).await;
    let signature = call.headers["x-front-signature"].to_str().expect("text");
    assert_eq!(signature, RuleKey::new(&secret).sign(&call.bytes));
    assert!(wire::javascript::is_faithful(&call.bytes), "a client may hash what it has parsed");
    let path = conversation_of(&message);
    let shown = server.get(&path).await.expect(200);
    assert_eq!((&shown["status"], &shown["recipient"]["handle"]), (&json!("archived"), &json!("ann")));
    let incoming = json!({"sender": {"handle": "ann"}, "body": "Yes", "metadata": {"thread_ref": "c-1"}});
    until(&server, "/portico/v1/deliveries", |list| list["_results"][0]["state"] == "done").await;
    let answer = server.post(&format!("/channels/{}/incoming_messages", office.custom), incoming).await.expect(202);
    assert_eq!(
        conversation_of(&accepted(&server, answer).await),
        path,
        "the partner's id of the conversation is known"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_message_reopens_its_conversation_and_can_be_sent_again() {
    let (server, partner) = (Server::start().await, Partner::start().await);
    let office = Office::furnish(&server, Some(&partner)).await;
    partner.answers(400, json!({"type": "bad_request", "message": "no such number"}));
    let body = json!({"to": ["ann"], "body": "Hello"});
    let answer = server.post(&format!("/channels/{}/messages", office.custom), body).await.expect(202);
    let message = accepted(&server, answer).await;
    let path = format!("/messages/{}", message["id"].as_str().expect("an id"));
    until(&server, &path, |message| message["error_type"] == "bad_request").await;
    let conversation = conversation_of(&message);
    assert_eq!(server.get(&conversation).await.expect(200)["status"], "unassigned");
    let events = server.get(&format!("{conversation}/events")).await.rows();
    let types: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(types, ["sending_error", "archive", "outbound"]);
    partner.answers(200, json!({"type": "success"}));
    let delivery = server.get("/portico/v1/deliveries").await.rows()[0]["id"].as_str().expect("an id").to_string();
    server.post(&format!("/portico/v1/deliveries/{delivery}/replay"), json!({})).await;
    let again = partner.call(1).await;
    assert_eq!(again.bytes, partner.call(0).await.bytes, "the very same bytes");
    until(&server, &path, |message| message["error_type"].is_null()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_without_an_app_is_valid_again_once_its_server_takes_a_message() {
    let (server, partner) = (Server::start().await, Partner::start().await);
    let office = Office::furnish(&server, Some(&partner)).await;
    partner.answers(401, json!({"type": "authentication_required"}));
    let channel = format!("/channels/{}", office.custom);
    let body = json!({"to": ["ann"], "body": "Hello"});
    server.post(&format!("{channel}/messages"), body.clone()).await.expect(202);
    until(&server, &channel, |channel| channel["is_valid"] == false).await;
    partner.answers(200, json!({"type": "success"}));
    server.post(&format!("{channel}/messages"), body).await.expect(202);
    until(&server, &channel, |channel| channel["is_valid"] == true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_answers_whoever_wrote() {
    let (server, partner) = (Server::start().await, Partner::start().await);
    let office = Office::furnish(&server, Some(&partner)).await;
    let incoming =
        json!({"sender": {"handle": "ann", "name": "Ann"}, "body": "Where is it?", "metadata": {"thread_ref": "t-1"}});
    let answer = server.post(&format!("/channels/{}/incoming_messages", office.custom), incoming).await.expect(202);
    let asked = accepted(&server, answer).await;
    let path = conversation_of(&asked);
    let body = json!({"body": "Soon", "options": {"archive": false}});
    let answer = server.post(&format!("{path}/messages"), body).await.expect(202);
    let reply = accepted(&server, answer).await;
    assert_eq!(reply["_links"]["related"]["message_replied_to"], asked["_links"]["self"]);
    let call = partner.call(0).await;
    assert_eq!(call.json["recipients"][0]["handle"], "ann");
    assert_eq!(call.json["metadata"]["headers"]["in_reply_to"], "t-1");
    assert_eq!(server.get(&path).await.expect(200)["status"], "unassigned");
    let elsewhere = json!({"body": "Soon", "channel_id": "alt:address:support@acme.example"});
    let refused = server.post(&format!("{path}/messages"), elsewhere).await.expect(400);
    assert!(refused["_error"]["details"][0].as_str().expect("a detail").starts_with("channel_id:"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_archives_a_snoozed_conversation_unless_it_says_otherwise() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let incoming = json!({"sender": {"handle": "ann"}, "body": "Where is it?"});
    let answer = server.post(&format!("/channels/{}/incoming_messages", office.custom), incoming).await.expect(202);
    let path = conversation_of(&accepted(&server, answer).await);
    server.put(&format!("{path}/assignee"), json!({"assignee_id": office.ada})).await.expect(204);
    let at = server.desk().clock().now().0 / 1_000 + 3_600;
    let snooze = json!({"teammate_id": office.ada, "scheduled_at": at});
    server.patch(&format!("{path}/reminders"), snooze).await.expect(204);
    let held_back = json!({"body": "A moment", "options": {"archive": false}});
    server.post(&format!("{path}/messages"), held_back).await.expect(202);
    let shown = server.get(&path).await.expect(200);
    assert_eq!((&shown["status"], &shown["scheduled_reminders"][0]["scheduled_at"]), (&json!("archived"), &json!(at)));
    server.post(&format!("{path}/messages"), json!({"body": "Tomorrow"})).await.expect(202);
    let shown = server.get(&path).await.expect(200);
    assert_eq!((&shown["status"], &shown["scheduled_reminders"]), (&json!("archived"), &json!([])));
    let events = server.get(&format!("{path}/events")).await.rows();
    let told: Vec<&str> = events.iter().rev().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(told[told.len() - 3..], ["out_reply", "out_reply", "archive"]);
    server.post(&format!("{path}/messages"), json!({"body": "Or today"})).await.expect(202);
    let events = server.get(&format!("{path}/events")).await.rows();
    assert_eq!(events[0]["type"], "out_reply", "what is archived is not archived again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_message_lacks_is_named() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let path = format!("/channels/{}/messages", office.email);
    for (body, status) in [
        (json!({"to": ["a@b.c"]}), 400),
        (json!({"body": "x"}), 400),
        (json!({"to": "a@b.c", "body": 7}), 400),
        (json!({"to": ["a@b.c"], "body": "x", "options": {"tag_ids": ["nonsense"]}}), 400),
        (json!({"to": ["a@b.c"], "body": "x", "author_id": "tea_1"}), 404),
        (json!({"to": ["a@b.c"], "body": "x", "unknown": [1]}), 202),
    ] {
        server.post(&path, body).await.expect(status);
    }
    let signed = json!({"to": ["ann"], "body": "x", "signature_id": "sig_1"});
    server.post(&format!("/channels/{}/messages", office.custom), signed).await.expect(403);
    server.post("/channels/alt:address:nobody/messages", json!({"to": ["a"], "body": "x"})).await.expect(404);
    let upper = json!({"to": ["a@b.c"], "body": "x"});
    server.post("/channels/alt:address:Support@Acme.example/messages", upper).await.expect(202);
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_imported_once_and_quietly() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let body = json!({
        "sender": {"handle": "ann@example.com", "name": "Ann"},
        "to": ["support@acme.example"],
        "subject": "Old times",
        "body": "Hello **there**",
        "external_id": "old-1",
        "created_at": 1_500_000_000,
        "tags": ["Legacy"],
        "metadata": {"is_inbound": true},
    });
    let path = format!("/inboxes/{}/imported_messages", office.inbox);
    let first = server.post(&path, body.clone()).await.expect(202);
    let second = server.post(&path, body.clone()).await.expect(202);
    assert_eq!(first["message_uid"], second["message_uid"]);
    let message = accepted(&server, first).await;
    assert_eq!((&message["type"], &message["created_at"]), (&json!("email"), &json!(1_500_000_000)));
    assert_eq!(message["body"], "<p>Hello <strong>there</strong></p>");
    let conversation = server.get(&conversation_of(&message)).await.expect(200);
    assert_eq!(conversation["status"], "archived");
    assert_eq!(conversation["tags"][0]["name"], "Legacy");
    assert_eq!(server.get("/events").await.rows().len(), 0, "nobody hears of it");
    let mut lacking = body.clone();
    lacking["metadata"] = json!({});
    let refused = server.post(&path, lacking).await.expect(400);
    assert_eq!(refused["_error"]["details"][0], "metadata.is_inbound: missing field");
    for (at, created_at) in [-1, 1_500_000_000_000_i64, i64::MAX].into_iter().enumerate() {
        let mut odd = body.clone();
        (odd["created_at"], odd["external_id"]) = (json!(created_at), json!(format!("odd-{at}")));
        let refused = server.post(&path, odd).await.expect(400);
        let detail = refused["_error"]["details"][0].as_str().expect("a detail");
        assert!(detail.starts_with("created_at: expected seconds since 1970"), "{detail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_answered_on_the_channel_that_it_names() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let path = format!("/inboxes/{}/imported_messages", office.inbox);
    let import = async |to: &str| {
        let body = json!({"type": "intercom", "sender": {"handle": format!("ann-of-{to}")}, "to": [to], "body": "Hello", "external_id": to,
            "created_at": 1_500_000_000, "metadata": {"is_inbound": true}});
        let message = accepted(&server, server.post(&path, body).await.expect(202)).await;
        format!("{}/messages", conversation_of(&message))
    };
    let named = import("Shop").await;
    let reply = accepted(&server, server.post(&named, json!({"body": "Gladly"})).await.expect(202)).await;
    assert_eq!(reply["type"], "custom", "{reply}");
    let other = import("sales@acme.example").await;
    let refused = server.post(&other, json!({"body": "Gladly"})).await.expect(400);
    assert!(refused.to_string().contains("channel_id"), "two channels are there, and neither is named: {refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_in_history_are_named_as_on_a_channel_or_as_contacts_are() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let path = format!("/inboxes/{}/imported_messages", office.inbox);
    let import = async |number: usize, r#type: &str, is_inbound: bool, handles: [&str; 2]| {
        let body = json!({
            "type": r#type,
            "sender": {"handle": handles[0]},
            "to": [handles[1]],
            "body": "Hello",
            "external_id": format!("old-{number}"),
            "created_at": 1_500_000_000 + number,
            "metadata": {"is_inbound": is_inbound},
        });
        let message = accepted(&server, server.post(&path, body).await.expect(202)).await;
        let rows = message["recipients"].as_array().expect("recipients").iter();
        let people = rows.map(|row| (row["role"].clone(), row["handle"].clone())).collect::<Vec<_>>();
        assert_eq!((&people[0].0, &people[1].0), (&json!("from"), &json!("to")));
        (people[0].1.clone(), people[1].1.clone(), conversation_of(&message))
    };
    let mut conversations = Vec::new();
    let ann = ["4155550123", "(415) 555-0123", "alt:phone:+14155550123", "alt:phone:(415) 555-0123"];
    for (number, handle) in ann.into_iter().enumerate() {
        let (from, to, conversation) = import(number, "sms", true, [handle, "SHOP"]).await;
        assert_eq!((from, to), (json!("+14155550123"), json!("SHOP")), "{handle}");
        conversations.push(conversation);
    }
    let (_, to, conversation) = import(4, "sms", false, ["SHOP", "alt:phone:415 555 0123"]).await;
    assert_eq!(to, "+14155550123");
    conversations.push(conversation);
    conversations.dedup();
    assert_eq!(conversations.len(), 1, "all of it was with one person");
    let (from, to, _) = import(5, "email", true, ["alt:email:ben@example.com", "alt:other:x"]).await;
    assert_eq!((from, to), (json!("ben@example.com"), json!("alt:other:x")));
    for alias in ["alt:phone:+14155550123", "alt:email:ben@example.com"] {
        server.get(&format!("/contacts/{alias}")).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_tags_its_conversation_by_id_and_by_name() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let tag = server.post("/company/tags", json!({"name": "Known"})).await.expect(201);
    let names = async |message: &Value| {
        let shown = server.get(&conversation_of(message)).await.expect(200);
        let rows = shown["tags"].as_array().expect("tags").iter();
        rows.map(|tag| tag["name"].clone()).collect::<Vec<_>>()
    };
    let body = json!({"to": ["ann"], "body": "Hello", "options": {"tag_ids": [tag["id"]], "tags": ["Old", "Known"]}});
    let answer = server.post(&format!("/channels/{}/messages", office.custom), body).await.expect(202);
    let message = accepted(&server, answer).await;
    assert_eq!(names(&message).await, ["Known", "Old"]);
    let body = json!({"body": "Again", "options": {"tags": ["New"], "tag_ids": null}});
    let reply = server.post(&format!("{}/messages", conversation_of(&message)), body).await.expect(202);
    assert_eq!(conversation_of(&reply), conversation_of(&message));
    assert_eq!(names(&message).await, ["Known", "Old", "New"]);
    let empty = json!({"to": ["ben"], "body": "Hello", "options": {"tags": [""]}});
    server.post(&format!("/channels/{}/messages", office.custom), empty).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_e_mail_is_shown_as_its_source() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let body = json!({"to": ["ann@example.com"], "subject": "Gr\u{fc}\u{df}e", "body": "<p>Hi</p>"});
    let answer = server.post(&format!("/channels/{}/messages", office.email), body).await.expect(202);
    let message = accepted(&server, answer).await;
    let path = format!("/messages/{}", message["id"].as_str().expect("an id"));
    for media_type in ["message/rfc822", "text/plain"] {
        let request = server.request(Method::GET, &path).bearer_auth(&server.token).header("accept", media_type);
        let reply = server.send(request).await;
        assert_eq!(reply.status, 200);
        assert!(reply.header("content-type").starts_with(media_type));
        let source = String::from_utf8(reply.bytes).expect("text");
        for line in ["To: <ann@example.com>", "Subject: =?utf-8?", "text/html", "multipart/alternative"] {
            assert!(source.contains(line), "{line} is missing in\n{source}");
        }
    }
    let body = json!({"to": ["ann"], "body": "Hi"});
    let answer = server.post(&format!("/channels/{}/messages", office.custom), body).await.expect(202);
    let path = format!("/messages/{}", accepted(&server, answer).await["id"].as_str().expect("an id"));
    let request = server.request(Method::GET, &path).bearer_auth(&server.token).header("accept", "message/rfc822");
    assert_eq!(server.send(request).await.expect(200)["type"], "custom", "only e-mail has a source");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_marked_as_seen() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let body = json!({"to": ["ann"], "body": "Hi"});
    let answer = server.post(&format!("/channels/{}/messages", office.custom), body).await.expect(202);
    let message = accepted(&server, answer).await;
    let path = format!("/messages/{}/seen", message["id"].as_str().expect("an id"));
    assert_eq!(server.get(&path).await.rows(), Vec::<Value>::new());
    for _ in 0..2 {
        server.post(&path, json!({})).await.expect(204);
    }
    let rows = server.get(&path).await.rows();
    assert_eq!(rows.len(), 1);
    let at: i64 = rows[0]["first_seen_at"].as_str().expect("a text").parse().expect("a number");
    assert!(at > 1_600_000_000_000, "milliseconds");
    assert_eq!(rows[0]["seen_by"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_import_at_the_same_time_is_one_message() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let body = json!({
        "sender": {"handle": "ann@example.com"},
        "to": ["support@acme.example"],
        "body": "Hello",
        "external_id": "once",
        "created_at": 1_500_000_000,
        "tags": ["Legacy"],
        "metadata": {"is_inbound": true},
    });
    let path = format!("/inboxes/{}/imported_messages", office.inbox);
    let answers = futures_util::future::join_all((0..8).map(|_| server.post(&path, body.clone()))).await;
    let uids: Vec<Value> = answers.into_iter().map(|answer| answer.expect(202)["message_uid"].clone()).collect();
    assert!(uids.iter().all(|uid| *uid == uids[0]), "{uids:?}");
    assert_eq!(server.get("/conversations").await.rows().len(), 1);
}

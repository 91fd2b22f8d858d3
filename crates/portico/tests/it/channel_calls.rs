//! What the servers of apps' channels are told, to a real one: exact bytes, signatures, answers and failures.

use std::time::Duration;

use axum::http::Method;
use desk::conversations;
use desk::ids::ConversationId;
use desk::time::MINUTE;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::app_channels::{Bridge, header, is_signed};
use crate::channel_api::Line;
use crate::guest::Guest;
use crate::office::until;
use crate::server::Server;

/// A message of the owner's on the channel; the message.
async fn send(line: &Line, more: Value) -> Value {
    let mut body = json!({"to": ["ann"], "body": "Caf\u{e9} <b>now</b>", "options": {"archive": false}});
    body.as_object_mut().expect("a body").extend(more.as_object().cloned().unwrap_or_default());
    let path = format!("/channels/{}/messages", line.id);
    let answer = line.bridge.server.post(&path, body).await.expect(202);
    line.message(answer["message_uid"].as_str().expect("a uid")).await
}

fn below<'a>(message: &'a Value, related: &str) -> &'a str {
    let url = message["_links"]["related"][related].as_str().expect("a link");
    &url[url.find("/conversations/").expect("a conversation")..]
}

/// A reply in a message's conversation.
async fn reply(line: &Line, to: &Value) -> Value {
    let path = format!("{}/messages", below(to, "conversation"));
    let answer = line.bridge.server.post(&path, json!({"body": "And so on"})).await.expect(202);
    line.message(answer["message_uid"].as_str().expect("a uid")).await
}

/// Waits until nothing is on its way.
async fn settled(line: &Line) {
    let all_left =
        |list: &Value| list["_results"].as_array().is_some_and(|rows| rows.iter().all(|row| row["state"] != "pending"));
    until(&line.bridge.server, "/portico/v1/deliveries", all_left).await;
}

/// Why the newest delivery was given up.
async fn reason(line: &Line) -> String {
    settled(line).await;
    let delivery = line.bridge.server.get("/portico/v1/deliveries").await.rows().remove(0);
    delivery["attempts"][0]["error"].as_str().expect("words").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_goes_to_the_app_in_its_envelope_signed() {
    let bridge = Bridge::build(json!({"type": "bearer"})).await;
    bridge.ask(json!({"credentials": {"access_token": "t0k"}})).await.expect(204);
    let id = bridge.made().await[0]["id"].as_str().expect("an id").to_string();
    let line = Line { bridge, id };
    let message = send(&line, json!({"author_id": line.bridge.office.ada})).await;
    let call = line.bridge.partner.call(1).await;
    assert!(call.bytes.starts_with(b"{\"type\":\"message\",\"payload\":{\"_links\":{\"self\":"));
    assert_eq!((&call.json["type"], &call.json["payload"]["id"]), (&json!("message"), &message["id"]));
    assert_eq!(
        (&call.json["payload"]["text"], &call.json["payload"]["type"]),
        (&json!("Caf\u{e9} now"), &json!("custom"))
    );
    assert_eq!(call.json["payload"]["recipients"][0]["handle"], "ann");
    assert_eq!(call.json["payload"]["author"]["username"], "ada");
    assert_eq!(call.json["metadata"], json!({"external_conversation_ids": []}), "a new conversation has none yet");
    assert!(is_signed(&call, &line.bridge.secret));
    assert!(wire::javascript::is_faithful(&call.bytes), "a client may hash what it has parsed");
    assert_eq!(header(&call, "authorization"), "Bearer t0k");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_app_calls_a_conversation_threads_what_follows() {
    let line = Line::open().await;
    let partner = &line.bridge.partner;
    partner.answers(200, json!({"type": "success", "external_id": "m-1", "external_conversation_id": "z-1"}));
    let sent = send(&line, json!({})).await;
    settled(&line).await;
    let path = below(&sent, "conversation").to_string();
    let answer = line.inbound("m-2", "z-1", json!({})).await;
    assert_eq!(below(&line.message(&answer).await, "conversation"), path);
    settled(&line).await;
    partner.answers(200, json!({"external_id": "m-3", "external_conversation_id": "a-2"}));
    reply(&line, &sent).await;
    settled(&line).await;
    let third = reply(&line, &sent).await;
    let call = partner.call(4).await;
    assert_eq!(call.json["payload"]["id"], third["id"]);
    let known = json!({"external_conversation_ids": ["z-1", "a-2"], "external_conversation_id": "z-1"});
    assert_eq!(call.json["metadata"], known, "every id, in the order in which they came");
    let seen = line.get(&path).await.expect(200);
    assert_eq!(seen["metadata"]["external_conversation_ids"], known["external_conversation_ids"]);
    let own = line.get(&format!("/messages/{}", sent["id"].as_str().expect("an id"))).await.expect(200);
    assert_eq!(own["metadata"]["external_id"], "m-1");
    line.tell(Method::PUT, "/conversations/z-1/messages/m-1/status", json!({"status": "failed"})).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_messages_at_once_do_not_begin_two_conversations_at_the_app() {
    let line = Line::open().await;
    line.bridge.partner.answers(200, json!({"type": "success", "external_conversation_id": "c-1"}));
    let sent = send(&line, json!({})).await;
    reply(&line, &sent).await;
    let second = line.bridge.partner.call(2).await;
    assert_eq!(second.json["metadata"]["external_conversation_ids"], json!(["c-1"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_conversation_has_the_ids_of_both() {
    let line = Line::open().await;
    let mut both = Vec::new();
    let mut last = Value::Null;
    for (id, thread) in [("m-1", "c-1"), ("m-2", "c-2")] {
        last = line.message(&line.inbound(id, thread, json!({})).await).await;
        let path = below(&last, "conversation");
        both.push(path.trim_start_matches("/conversations/").parse::<ConversationId>().expect("an id"));
    }
    line.bridge.server.arrange(move |work| conversations::merge(work, &both)).await;
    let last = line.message(last["message_uid"].as_str().expect("a uid")).await;
    let sent = reply(&line, &last).await;
    let call = line.bridge.partner.call(3).await;
    assert_eq!(call.json["payload"]["id"], sent["id"]);
    assert_eq!(call.json["metadata"]["external_conversation_ids"], json!(["c-1", "c-2"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_is_told_once_that_its_message_was_taken_in() {
    let line = Line::open().await;
    line.bridge.partner.answers(200, json!({}));
    for (number, inbound) in [(1, true), (2, false)] {
        let id = format!("m-{number}");
        let uid = match inbound {
            true => line.inbound(&id, "c-1", json!({})).await,
            false => line.outbound(&id, "c-1", json!({})).await,
        };
        let call = line.bridge.partner.call(number).await;
        assert_eq!(
            (&call.json["type"], &call.json["payload"]["message_uid"]),
            (&json!("message_imported"), &json!(uid))
        );
        assert_eq!(call.json["payload"]["is_inbound"], inbound);
        assert_eq!(call.json["payload"]["metadata"]["external_id"], id);
        assert_eq!(call.json["metadata"]["external_conversation_id"], "c-1");
        assert!(is_signed(&call, &line.bridge.secret) && wire::javascript::is_faithful(&call.bytes));
    }
    line.inbound("m-1", "c-1", json!({})).await;
    line.inbound("m-3", "c-1", json!({})).await;
    assert_eq!(line.bridge.partner.call(3).await.json["payload"]["metadata"]["external_id"], "m-3");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_automatic_answer_has_no_name_of_its_own() {
    let line = Line::open().await;
    let then = json!([{"do": "auto_reply", "content": {"text": "<p>We are closed.</p>"}}]);
    let rule = json!({"name": "Closed", "definition": {"when": [{"on": "inbound"}], "then": then}});
    line.bridge.server.post("/portico/v1/rules", rule).await.expect(201);
    let asked = line.message(&line.inbound("m-1", "c-1", json!({})).await).await;
    let call = line.bridge.partner.call(2).await;
    assert_eq!(call.json["type"], "message_autoreply");
    let payload = &call.json["payload"];
    assert_eq!((payload.get("id"), payload["_links"].get("self")), (None, None));
    assert_eq!((&payload["type"], &payload["text"]), (&json!("auto_reply"), &json!("We are closed.")));
    assert_eq!(payload["_links"]["related"]["message_replied_to"], asked["_links"]["self"]);
    assert_eq!(payload["_links"]["related"]["conversation"], asked["_links"]["related"]["conversation"]);
    assert_eq!(call.json["metadata"]["external_conversation_ids"], json!(["c-1"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_message_says_why_and_goes_again_by_hand() {
    let line = Line::open().await;
    let partner = &line.bridge.partner;
    partner.answers(401, json!({"type": "authentication_required", "message": "the account was closed"}));
    let sent = send(&line, json!({})).await;
    let path = format!("/messages/{}", sent["id"].as_str().expect("an id"));
    until(&line.bridge.server, &path, |message| message["error_type"] == "authentication_required").await;
    let channel = line.bridge.server.get(&format!("/channels/{}", line.id)).await.expect(200);
    assert_eq!(channel["is_valid"], false, "somebody has to connect it again");
    settled(&line).await;
    let delivery = line.bridge.server.get("/portico/v1/deliveries").await.rows().remove(0);
    assert!(delivery["attempts"][0]["error"].as_str().expect("words").contains("the account was closed"));
    assert_eq!(partner.count(), 2, "nothing is sent twice by itself");
    partner.answers(200, json!({"type": "success", "external_id": "m-1"}));
    let replay = format!("/portico/v1/deliveries/{}/replay", delivery["id"].as_str().expect("an id"));
    line.bridge.server.post(&replay, json!({})).await;
    assert_eq!(partner.call(2).await.bytes, partner.call(1).await.bytes);
    until(&line.bridge.server, &path, |message| message["error_type"].is_null()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_to_an_app_that_knows_a_message_again_it_goes_again_by_itself() {
    for (is_idempotent, answer, tries) in [
        (true, json!({"type": "internal_error", "message": "try later"}), 4),
        (true, json!({"type": "bad_request", "message": "no such number"}), 1),
        (false, json!({"type": "internal_error", "message": "try later"}), 1),
    ] {
        let line = Line::on(Bridge::with(json!({"type": "none"}), json!({"is_idempotent": is_idempotent})).await).await;
        line.bridge.partner.answers(200, answer.clone());
        let sent = send(&line, json!({})).await;
        let path = format!("/messages/{}", sent["id"].as_str().expect("an id"));
        let mut failed = false;
        for _ in 0..500 {
            failed = line.bridge.server.get(&path).await.expect(200)["error_type"] == answer["type"];
            if failed {
                break;
            }
            line.bridge.server.desk().clock().advance(MINUTE);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(failed, "it fails in the end, and not before");
        assert_eq!(line.bridge.partner.count(), 1 + tries, "{answer}");
        for number in 2..=tries {
            assert_eq!(line.bridge.partner.call(number).await.bytes, line.bridge.partner.call(1).await.bytes);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_too_late_is_none() {
    let patience = Duration::from_millis(300);
    let server = Server::with(|settings| settings.serving.channel_patience = patience).await;
    let line = Line::on(Bridge::on(server, json!({"type": "none"}), json!({})).await).await;
    let partner = &line.bridge.partner;
    partner.answers(200, json!({"type": "success", "external_id": "m-1", "external_conversation_id": "z-1"}));
    partner.waits(true);
    let sent = send(&line, json!({})).await;
    let path = format!("/messages/{}", sent["id"].as_str().expect("an id"));
    until(&line.bridge.server, &path, |message| message["error_type"] == "request_timeout").await;
    settled(&line).await;
    let delivery = line.bridge.server.get("/portico/v1/deliveries").await.rows().remove(0);
    let words = delivery["attempts"][0]["error"].as_str().expect("words").to_string();
    assert!(words.contains("the channel's server is unresponsive: no complete answer within 300 ms"), "{words}");
    partner.waits(false);
    let answered = line.message(&line.inbound("m-2", "z-1", json!({})).await).await;
    assert_ne!(below(&answered, "conversation"), below(&sent, "conversation"), "nobody read what it calls them");
    assert_eq!(line.bridge.server.get(&path).await.expect(200)["error_type"], "request_timeout");
    partner.call(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_on_a_channel_has_the_form_that_its_app_takes() {
    for (composer, body) in [("basic", "<p>Caf\u{e9} now</p>"), ("advanced", "Caf\u{e9} <b>now</b>")] {
        let bridge = Bridge::with(json!({"type": "none"}), json!({"composer": composer})).await;
        let line = Line::on(bridge).await;
        let first = send(&line, json!({})).await;
        let path = format!("{}/messages", below(&first, "conversation"));
        line.bridge.server.post(&path, json!({"body": "Caf\u{e9} <b>now</b>"})).await.expect(202);
        for number in [1, 2] {
            let payload = &line.bridge.partner.call(number).await.json["payload"];
            assert_eq!((&payload["body"], &payload["text"]), (&json!(body), &json!("Caf\u{e9} now")), "{composer}");
        }
        let told = line.message(&line.outbound("m-1", "c-1", json!({"body": "<b>Bold</b>"})).await).await;
        assert_eq!(told["body"], "<b>Bold</b>", "what the app sent by itself is shown as it was");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_a_channel_does_not_carry_are_refused() {
    for (settings, name, media_type, why) in [
        (json!({"has_attachments": false}), "a.png", "image/png", "attachments: messages on Pigeons carry no files"),
        (
            json!({"attachment_types": ["image/*", "application/pdf"]}),
            "a.txt",
            "text/plain",
            "attachments: messages on Pigeons carry image/*, application/pdf, but \"a.txt\" is of type text/plain",
        ),
        (json!({"attachment_types": ["image/*"]}), "a.png", "image/png", ""),
        (json!({}), "a.txt", "text/plain", ""),
    ] {
        let line = Line::on(Bridge::with(json!({"type": "none"}), settings).await).await;
        let first = line.message(&line.inbound("m-1", "c-1", json!({})).await).await;
        let conversation = below(&first, "conversation");
        for path in [
            format!("/channels/{}/messages", line.id),
            format!("{conversation}/messages"),
            format!("{conversation}/drafts"),
        ] {
            let file = Part::bytes(b"bytes".as_slice()).file_name(name).mime_str(media_type).expect("a media type");
            let form = Form::new().text("to[0]", "ann").text("body", "Look").part("attachments[0]", file);
            let form = form.text("author_id", line.bridge.office.ada.to_string()).text("channel_id", line.id.clone());
            let request = line.bridge.server.request(Method::POST, &path).bearer_auth(&line.bridge.server.token);
            let answer = line.bridge.server.send(request.multipart(form)).await;
            assert_eq!(answer.status == 400, !why.is_empty(), "{path}: {}", answer.json);
            if !why.is_empty() {
                assert_eq!(answer.json["_error"]["details"][0], why);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_to_an_app_that_is_switched_off_fails_at_once() {
    let line = Line::open().await;
    line.bridge.server.post(&format!("/portico/v1/apps/{}/disable", line.bridge.uid), json!({})).await.expect(204);
    let sent = send(&line, json!({})).await;
    let path = format!("/messages/{}", sent["id"].as_str().expect("an id"));
    until(&line.bridge.server, &path, |message| message["error_type"] == "not_found").await;
    assert_eq!(reason(&line).await, "the channel's app is gone or switched off");
    assert_eq!(line.bridge.partner.count(), 1);
    assert_eq!(line.bridge.made().await[0]["is_valid"], true, "it works again once the app is switched on");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_channels_of_an_app_that_is_deleted_work_no_more() {
    let line = Line::open().await;
    let server = &line.bridge.server;
    let path = format!("/portico/v1/apps/{}", line.bridge.uid);
    server.post(&format!("{path}/publish"), json!({})).await.expect(204);
    let other = Guest::foreign(server).await;
    other.post(&format!("{path}/install"), json!({})).await.expect(204);
    let inbox = other.get("/inboxes").await.rows()[0]["id"].clone();
    let theirs = format!("/inboxes/{}/channels", inbox.as_str().expect("an id"));
    let new = json!({"type": "custom", "application_uid": line.bridge.uid});
    other.post(&theirs, new).await.expect(204);
    let is_valid = async || {
        let rows = other.get(&theirs).await.rows();
        let their = rows.iter().find(|row| row["name"] == "Pigeons").expect("a channel")["is_valid"].clone();
        (line.bridge.made().await[0]["is_valid"].clone(), their)
    };
    assert_eq!(is_valid().await, (json!(true), json!(true)));
    server.delete(&path, None).await.expect(204);
    assert_eq!(is_valid().await, (json!(false), json!(false)));
    let sent = send(&line, json!({})).await;
    let path = format!("/messages/{}", sent["id"].as_str().expect("an id"));
    until(server, &path, |message| message["error_type"] == "not_found").await;
    assert_eq!(reason(&line).await, "the channel's app is gone or switched off");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_is_told_of_a_channel_that_is_deleted_and_cannot_keep_it() {
    let bridge = Bridge::build(json!({"type": "bearer"})).await;
    bridge.ask(json!({"credentials": {"access_token": "t0p-s3cret"}})).await.expect(204);
    let id = bridge.made().await[0]["id"].as_str().expect("an id").to_string();
    let line = Line { bridge, id };
    let sent = line.message(&line.inbound("m-1", "c-1", json!({})).await).await;
    settled(&line).await;
    line.bridge.partner.answers(403, json!({"type": "forbidden", "message": "it stays"}));
    let path = format!("/portico/v1/channels/{}", line.id);
    line.bridge.server.delete(&path, None).await.expect(204);
    let call = line.bridge.partner.call(2).await;
    let wanted = format!(r#"{{"type":"delete","payload":{{"channel_id":"{}"}}}}"#, line.id);
    assert_eq!((call.method.as_str(), call.bytes.as_ref()), ("DELETE", wanted.as_bytes()));
    assert!(is_signed(&call, &line.bridge.secret));
    assert_eq!(header(&call, "authorization"), "Bearer t0p-s3cret");
    settled(&line).await;
    assert_eq!(line.bridge.made().await, Vec::<Value>::new());
    line.get(&format!("/channels/{}", line.id)).await.expect(401);
    line.bridge.server.delete(&path, None).await.expect(404);
    line.bridge.server.get(below(&sent, "conversation")).await.expect(200);
    let left = line.bridge.server.arrange(|work| {
        let (count,): (i64,) = work
            .conn
            .one("SELECT count(*) FROM channels WHERE company = $1 AND app IS NOT NULL", db::args![work.company])?;
        Ok(count)
    });
    assert_eq!(left.await, 0, "what its server was shown is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_channel_is_deleted_without_a_word() {
    let line = Line::open().await;
    let path = format!("/portico/v1/channels/{}", line.bridge.office.custom);
    line.bridge.server.delete(&path, None).await.expect(204);
    line.bridge.server.get(&format!("/channels/{}", line.bridge.office.custom)).await.expect(404);
    assert_eq!(line.bridge.server.get("/portico/v1/deliveries").await.rows(), Vec::<Value>::new());
}

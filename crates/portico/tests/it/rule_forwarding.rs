//! Rules that hand messages on to somebody else.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::office::{Office, Partner, until};
use crate::rule_actions::{Stage, id};
use crate::server::Server;

/// Those of a message's people who have a role.
fn handles<'m>(message: &'m Value, role: &str) -> Vec<&'m str> {
    let people = message["recipients"].as_array().expect("recipients");
    people.iter().filter(|who| who["role"] == role).filter_map(|who| who["handle"].as_str()).collect()
}

/// The messages of ours in all conversations.
async fn sent(stage: &Stage) -> Vec<Value> {
    let mut all = Vec::new();
    for conversation in stage.server.get("/conversations").await.rows() {
        let messages = stage.server.get(&format!("/conversations/{}/messages", id(&conversation))).await.rows();
        all.extend(messages.into_iter().filter(|message| message["is_inbound"] == false));
    }
    all
}

/// Somebody writes an e-mail to the office.
async fn mail(stage: &Stage, from: &str, subject: &str) {
    let path = format!("/inboxes/{}/imported_messages", stage.office.inbox);
    let message = json!({"sender": {"handle": from, "name": "Ann Example"}, "to": ["support@acme.example"],
        "cc": ["bob@example.com", "SUPPORT@acme.example"], "subject": subject, "body": "<p>It is <b>broken</b></p>",
        "body_format": "html", "external_id": format!("{from}/{subject}"), "created_at": 1_700_000_000,
        "metadata": {"is_inbound": true, "is_archived": false, "should_skip_rules": false}});
    stage.server.post(&path, message).await.expect(202);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_handed_on_through_its_channel_with_its_files() {
    let partner = Partner::start().await;
    let server = Server::start().await;
    let office = Office::furnish(&server, Some(&partner)).await;
    let stage = Stage { server, office };
    let note = "<p>For you, says <i>{{rule.name}}</i>:</p>";
    let to = "repairs@example.com";
    let rule = stage.rule(json!([{"do": "forward", "to": [to], "note": note}])).await;
    let form = Form::new()
        .text("sender[handle]", "ann")
        .text("sender[name]", "Ann Example")
        .text("subject", "A lamp")
        .text("body", "It is broken")
        .part(
            "attachments[0]",
            Part::bytes(b"one".as_slice()).file_name("a.png").mime_str("image/png").expect("a type"),
        );
    let path = format!("/channels/{}/incoming_messages", stage.office.custom);
    let request = stage.server.request(Method::POST, &path).bearer_auth(&stage.server.token).multipart(form);
    stage.server.send(request).await.expect(202);

    let call = partner.call(0).await;
    let payload = &call.json;
    assert_eq!(handles(payload, "to"), [to]);
    assert_eq!(payload["subject"], "Fwd: A lamp");
    let text = payload["text"].as_str().expect("a text");
    assert!(text.starts_with("For you, says Act:\n"), "{text}");
    for line in ["Forwarded message", "\nFrom: Ann Example <ann>\n", "\nSubject: A lamp\n", "\n> It is broken"] {
        assert!(text.contains(line), "{line:?} in {text}");
    }
    let file = &payload["attachments"][0];
    assert_eq!((&file["filename"], &file["size"]), (&json!("a.png"), &json!(3)));
    let download = format!("/download/{}", id(file));
    assert_eq!(stage.server.get(&download).await.bytes, b"one");

    let conversation = stage.server.get("/conversations").await.rows().remove(0);
    assert_eq!((&conversation["status"], &conversation["recipient"]["handle"]), (&json!("unassigned"), &json!("ann")));
    assert_eq!(stage.ended(&rule).await, json!([{"path": "then[0]", "ended": {"as": "done"}}]));
    let told = stage.server.get("/events?q[types]=forward").await.rows();
    assert_eq!((told.len(), &told[0]["source"]["_meta"]["type"]), (1, &json!("rule")));
    assert_eq!(told[0]["target"]["data"]["subject"], "Fwd: A lamp");
    let reply = json!({"body": "We look into it.", "options": {"archive": false}});
    stage.server.post(&format!("/conversations/{}/messages", id(&conversation)), reply).await.expect(202);
    assert_eq!(handles(&partner.call(1).await.json, "to"), ["ann"], "the conversation is still with Ann");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_e_mail_is_handed_on_to_addresses_that_variables_name() {
    let stage = Stage::set().await;
    let to = json!(["{{message.cc}}", "Repairs@example.com", "repairs@example.com", "{{message.from}}"]);
    let rule = stage.rule(json!([{"do": "forward", "to": to}])).await;
    mail(&stage, "ann@example.com", "Fwd: A lamp").await;
    let forwarded = sent(&stage).await;
    assert_eq!(forwarded.len(), 1, "{:#}", stage.ended(&rule).await);
    let message = &forwarded[0];
    assert_eq!(handles(message, "to"), ["bob@example.com", "Repairs@example.com"], "not the sender, nor ourselves");
    assert_eq!(handles(message, "from"), ["support@acme.example"]);
    assert_eq!((&message["subject"], &message["type"]), (&json!("Fwd: A lamp"), &json!("email")));
    let body = message["body"].as_str().expect("a body");
    assert!(body.contains("<blockquote type=\"cite\"><p>It is <b>broken</b></p></blockquote>"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_handed_on_in_circles() {
    let stage = Stage::set().await;
    let rule = stage.rule(json!([{"do": "forward", "to": ["repairs@example.com"]}])).await;
    for (from, why) in [
        ("mailer-daemon@example.com", "a machine wrote"),
        ("support@acme.example", "it came from an address of our own"),
        ("repairs@example.com", "there is nobody to forward to but the sender and ourselves"),
    ] {
        mail(&stage, from, "A lamp").await;
        let ended = json!([{"path": "then[0]", "ended": {"as": "skipped", "why": why}}]);
        assert_eq!(stage.ended(&rule).await, ended, "{from}");
    }
    assert_eq!(sent(&stage).await, Vec::<Value>::new());
    let again = json!({"name": "Again", "definition": {"when": [{"on": "outbound_reply"}],
        "then": [{"do": "forward", "to": ["archive@example.com"]}]}});
    stage.make("/portico/v1/rules", again).await;
    mail(&stage, "ann@example.com", "A lamp").await;
    assert_eq!(sent(&stage).await.len(), 1, "what is handed on is no reply");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_reply_goes_on_waiting() {
    let stage = Stage::set().await;
    stage.rule(json!([{"do": "forward", "to": ["repairs@example.com"]}])).await;
    let late = stage.make("/company/tags", json!({"name": "Late"})).await;
    let waits = json!({"when": [{"on": "unreplied_for", "after": "1h"}], "then": [{"do": "add_tags", "tags": [late]}]});
    stage.make("/portico/v1/rules", json!({"name": "Late", "definition": waits})).await;
    let written = stage.write("Where is it?").await;
    stage.server.desk().clock().advance(2 * 3_600_000);
    let path = format!("/conversations/{}", id(&written));
    until(&stage.server, &path, |shown| shown["tags"][0]["id"] == late.as_str()).await;
}

//! Rules with a delay, with the server's own worker firing their timers. What starts each clock, and how often it has a
//! turn, is the desk's (`desk/src/rules/clocks_tests.rs`, `quiet_tests.rs`).

use serde_json::{Value, json};

use crate::office::until;
use crate::rule_actions::{Stage, id};

const HOUR: i64 = 3_600_000;

/// A rule that does this when nobody has answered for an hour.
async fn late(stage: &Stage, then: Value, stop: bool) -> String {
    let definition = json!({"when": [{"on": "unreplied_for", "after": "1h"}], "then": then, "stop": stop});
    stage.make("/portico/v1/rules", json!({"name": "Late", "definition": definition})).await
}

/// Lets two hours pass, and something happen behind them; the conversation as it is then.
async fn pass(stage: &Stage, conversation: &str) -> Value {
    stage.server.desk().clock().advance(2 * HOUR);
    let path = format!("/conversations/{conversation}/comments");
    stage.server.post(&path, json!({"body": "hm"})).await.expect(201);
    stage.server.get(&format!("/conversations/{conversation}")).await.json
}

#[tokio::test(flavor = "multi_thread")]
async fn history_lets_no_delayed_rule_act_and_a_live_message_behind_it_does() {
    let stage = Stage::set().await;
    let tag = stage.make("/company/tags", json!({"name": "Late"})).await;
    late(&stage, json!([{"do": "add_tags", "tags": [tag]}]), false).await;
    let path = format!("/inboxes/{}/imported_messages", stage.office.inbox);
    let mut message = json!({"sender": {"handle": "ann@example.com"}, "to": ["support@acme.example"], "subject": "A lamp",
        "body": "It is broken", "external_id": "a", "created_at": 1_700_000_000,
        "metadata": {"is_inbound": true, "is_archived": false}});
    stage.server.post(&path, message.clone()).await.expect(202);
    let conversation = id(&stage.server.get("/conversations").await.rows()[0]).to_string();
    for _ in 0..2 {
        assert_eq!(pass(&stage, &conversation).await["tags"], json!([]));
    }
    message["external_id"] = json!("b");
    message["created_at"] = json!(stage.server.desk().clock().now().0 / 1000);
    message["metadata"]["should_skip_rules"] = json!(false);
    stage.server.post(&path, message).await.expect(202);
    let path = format!("/conversations/{conversation}");
    assert_eq!(stage.server.get(&path).await.json["tags"], json!([]), "an hour has to pass first");
    stage.server.desk().clock().advance(HOUR + 1);
    until(&stage.server, &path, |shown| shown["tags"][0]["id"] == tag.as_str()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_delayed_rules_the_first_in_the_list_acts_and_its_stop_is_heeded() {
    let stage = Stage::set().await;
    let tag = stage.make("/company/tags", json!({"name": "Second"})).await;
    let second = late(&stage, json!([{"do": "add_tags", "tags": [tag]}]), false).await;
    let first = late(&stage, json!([{"do": "archive"}]), true).await;
    stage.server.post("/portico/v1/rules/order", json!({"rule_ids": [first, second]})).await.expect(204);
    let written = stage.write("Where is it?").await;
    stage.server.desk().clock().advance(HOUR + 1);
    let path = format!("/conversations/{}", id(&written));
    until(&stage.server, &path, |shown| shown["status"] == "archived").await;
    assert_eq!(pass(&stage, id(&written)).await["tags"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_automatic_reply_is_no_answer_to_who_waits() {
    let stage = Stage::set().await;
    stage.rule(json!([{"do": "auto_reply", "content": {"text": "<p>Thank you.</p>"}}])).await;
    let tag = stage.make("/company/tags", json!({"name": "Late"})).await;
    late(&stage, json!([{"do": "add_tags", "tags": [tag]}]), false).await;
    let written = stage.write("Where is it?").await;
    assert!(written["waiting_since"].is_number(), "{written:#}");
    stage.server.desk().clock().advance(HOUR + 1);
    let path = format!("/conversations/{}", id(&written));
    until(&stage.server, &path, |shown| shown["tags"][0]["id"] == tag.as_str()).await;
}

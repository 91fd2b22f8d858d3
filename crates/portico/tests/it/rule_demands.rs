//! Rules that want a tag on a conversation before it is archived or moved.

use db::args;
use serde_json::{Value, json};

use crate::rule_actions::{Stage, id};

/// A conversation that a rule wants one of two tags on before it is archived or moved.
struct Demanding {
    stage: Stage,
    rule: String,
    wanted: String,
    second: String,
    other: String,
    conversation: String,
}

impl Demanding {
    async fn new() -> Demanding {
        let stage = Stage::set().await;
        let wanted = stage.make("/company/tags", json!({"name": "Repair"})).await;
        let second = stage.make("/company/tags", json!({"name": "Refund"})).await;
        let other = stage.make("/company/tags", json!({"name": "Urgent"})).await;
        let demand = json!({"do": "require_tag", "before": ["archive", "move"], "tags": [wanted, second]});
        let rule = stage.rule(json!([demand])).await;
        let conversation = id(&stage.write("It is broken").await).to_string();
        Demanding { stage, rule, wanted, second, other, conversation }
    }

    async fn change(&self, change: Value) -> crate::server::Reply {
        self.stage.server.patch(&format!("/conversations/{}", self.conversation), change).await
    }

    async fn status(&self) -> Value {
        self.stage.server.get(&format!("/conversations/{}", self.conversation)).await.expect(200)["status"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_archived_only_with_one_of_the_tags_that_a_rule_wants() {
    let case = Demanding::new().await;
    let refused = case.change(json!({"status": "archived"})).await.expect(409);
    let why = format!(
        "a rule wants one of the tags \"Repair\" ({}), \"Refund\" ({}) on the conversation before it is archived",
        case.wanted, case.second
    );
    assert_eq!((&refused["_error"]["status"], &refused["_error"]["message"]), (&json!(409), &json!(why)));
    case.change(json!({"tag_ids": [case.other], "status": "archived"})).await.expect(409);
    assert_eq!(case.status().await, "unassigned");
    let shown = case.stage.server.get(&format!("/conversations/{}", case.conversation)).await.expect(200);
    assert_eq!(shown["tags"], json!([]), "a refused change changes nothing");
    case.change(json!({"tag_ids": [case.wanted], "status": "archived"})).await.expect(204);
    assert_eq!(case.status().await, "archived");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_leaves_an_inbox_only_with_the_tag_but_may_be_put_away_and_shown_elsewhere() {
    let case = Demanding::new().await;
    let returns = case.stage.make("/inboxes", json!({"name": "Returns"})).await;
    let refused = case.change(json!({"inbox_id": returns})).await.expect(409);
    let why = refused["_error"]["message"].as_str().unwrap_or_default();
    assert!(why.ends_with("before it is moved to another inbox"), "{why}");
    for status in ["deleted", "spam", "open"] {
        case.change(json!({"status": status})).await.expect(204);
    }
    case.stage.rule(json!([{"do": "add_inbox", "inbox": returns}])).await;
    case.stage.write("Hello?").await;
    let in_both = format!("/conversations/{}/inboxes", case.conversation);
    assert_eq!(case.stage.server.get(&in_both).await.rows().len(), 2);
    case.change(json!({"inbox_id": returns})).await.expect(409);
    let tags = format!("/conversations/{}/tags", case.conversation);
    case.stage.server.post(&tags, json!({"tag_ids": [case.wanted]})).await.expect(204);
    case.change(json!({"inbox_id": returns})).await.expect(204);
    assert_eq!(case.stage.server.get(&in_both).await.rows().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demand_holds_as_long_as_the_rule_is_on_and_as_it_then_says() {
    let case = Demanding::new().await;
    let rule = format!("/portico/v1/rules/{}", case.rule);
    let any = json!({"when": [{"on": "inbound"}], "then": [{"do": "require_tag", "before": ["archive"]}]});
    case.stage.server.patch(&rule, json!({"definition": any})).await.expect(200);
    let refused = case.change(json!({"status": "archived"})).await.expect(409);
    let why = "a rule wants a tag on the conversation before it is archived";
    assert_eq!(refused["_error"]["message"], why);
    case.stage.server.patch(&rule, json!({"is_enabled": false})).await.expect(200);
    case.change(json!({"status": "archived"})).await.expect(204);
    case.stage.server.patch(&rule, json!({"is_enabled": true})).await.expect(200);
    case.change(json!({"status": "open"})).await.expect(204);
    case.change(json!({"status": "archived"})).await.expect(409);
    case.stage.server.delete(&rule, None).await.expect(204);
    case.change(json!({"status": "archived"})).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_sent_although_its_conversation_has_to_stay_open() {
    let case = Demanding::new().await;
    let messages = format!("/conversations/{}/messages", case.conversation);
    let reply = json!({"body": "We look into it.", "options": {"archive": true}});
    case.stage.server.post(&messages, reply).await.expect(202);
    assert_eq!(case.status().await, "unassigned");
    let reply = json!({"body": "Done.", "options": {"archive": true, "tag_ids": [case.wanted]}});
    case.stage.server.post(&messages, reply).await.expect(202);
    assert_eq!(case.status().await, "archived");
    assert_eq!(case.stage.server.get(&messages).await.rows().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn macros_are_bound_by_a_demand_and_rules_are_not() {
    let case = Demanding::new().await;
    let by_hand = |then: Value| json!({"name": "By hand", "definition": {"when": [{"on": "macro"}], "then": then}});
    let bare = case.stage.make("/portico/v1/rules", by_hand(json!([{"do": "archive"}]))).await;
    let tagging = json!([{"do": "add_tags", "tags": [case.wanted]}, {"do": "archive"}]);
    let tagging = case.stage.make("/portico/v1/rules", by_hand(tagging)).await;
    let run = |rule: &str| {
        let path = format!("/portico/v1/rules/{rule}/run");
        let body = json!({"conversation_id": case.conversation});
        let server = &case.stage.server;
        async move { server.post(&path, body).await.expect(200) }
    };
    run(&bare).await;
    assert_eq!(case.status().await, "unassigned");
    let ended = case.stage.ended(&bare).await;
    assert_eq!(ended[0]["ended"]["as"], "failed", "{ended:#}");
    run(&tagging).await;
    assert_eq!(case.status().await, "archived");

    let case = Demanding::new().await;
    case.stage.rule(json!([{"do": "archive"}])).await;
    case.stage.write("Hello?").await;
    assert_eq!(case.status().await, "archived");
    let ended = case.stage.ended(&case.rule).await;
    assert_eq!(ended, json!([{"path": "then[0]", "ended": {"as": "done"}}]));
    let rule = case.stage.server.get(&format!("/portico/v1/rules/{}", case.rule)).await.expect(200);
    assert_eq!(rule["actions"], json!(["Require tag \"Repair\" or \"Refund\" before archiving or moving"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demand_follows_a_merge_and_goes_with_its_conversation() {
    let case = Demanding::new().await;
    let server = &case.stage.server;
    let path = format!("/channels/{}/incoming_messages", case.stage.office.custom);
    server.delete(&format!("/portico/v1/rules/{}", case.rule), None).await.expect(204);
    let wants = json!({"when": [{"on": "inbound"}], "if": {"body": {"contains": "cracked"}},
        "then": [{"do": "require_tag", "before": ["archive"]}]});
    case.stage.make("/portico/v1/rules", json!({"name": "Ask", "definition": wants})).await;
    let message = json!({"sender": {"handle": "bob"}, "subject": "A vase", "body": "It is cracked"});
    server.post(&path, message).await.expect(202);
    let bobs = id(&server.get("/conversations").await.rows()[0]).to_string();
    // Ann's has more messages, so that Bob's, of which a tag is wanted, goes up in it.
    case.stage.write("Hello?").await;
    let merge = format!("/portico/v1/conversations/{}/merge", case.conversation);
    let merged = server.post(&merge, json!({"conversation_ids": [bobs]})).await.expect(200);
    assert_eq!(merged["id"], case.conversation.as_str());
    case.change(json!({"status": "archived"})).await.expect(409);
    case.change(json!({"status": "deleted"})).await.expect(204);
    server.delete(&format!("/conversations/{}", case.conversation), None).await.expect(204);
    let count = |work: &mut desk::Work<'_>| {
        let (left,): (i64,) =
            work.conn.one("SELECT count(*) FROM tag_demands WHERE company = $1", args![work.company])?;
        Ok(left)
    };
    assert_eq!(server.arrange(count).await, 0);
}

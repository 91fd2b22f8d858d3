//! What each action of a rule does to a conversation, as the public API then shows it. Webhooks have tests of their own
//! (`deliveries`), and how rules are chosen is the desk's (`desk/src/rules/tests.rs`).

use serde_json::{Value, json};

use crate::office::Office;
use crate::server::Server;

/// A company in which rules act on what Ann writes.
pub struct Stage {
    pub server: Server,
    pub office: Office,
}

impl Stage {
    pub async fn set() -> Stage {
        let server = Server::start().await;
        let office = Office::furnish(&server, None).await;
        server
            .post(&format!("/teams/{}/teammates", office.team), json!({"teammate_ids": [office.ada]}))
            .await
            .expect(204);
        Stage { server, office }
    }

    /// Makes one thing, and answers its id.
    pub async fn make(&self, path: &str, what: Value) -> String {
        let made = self.server.post(path, what).await.expect(201);
        made["id"].as_str().expect("an id").to_string()
    }

    /// A rule that does this with every message that comes in.
    pub async fn rule(&self, then: Value) -> String {
        let rule = json!({"name": "Act", "definition": {"when": [{"on": "inbound"}], "then": then}});
        self.make("/portico/v1/rules", rule).await
    }

    /// Ann writes; the conversation as it is then.
    pub async fn write(&self, text: &str) -> Value {
        let path = format!("/channels/{}/incoming_messages", self.office.custom);
        let sender = json!({"handle": "ann", "name": "Ann Example"});
        let message = json!({"sender": sender, "subject": "A lamp", "body": text});
        self.server.post(&path, message).await.expect(202);
        self.server.get("/conversations").await.rows().remove(0)
    }

    pub async fn beside(&self, conversation: &Value, what: &str) -> Vec<Value> {
        self.server.get(&format!("/conversations/{}/{what}", id(conversation))).await.rows()
    }

    /// How the last run of a rule ended, action by action.
    pub async fn ended(&self, rule: &str) -> Value {
        let runs = self.server.get(&format!("/portico/v1/rules/{rule}/runs")).await.rows();
        runs[0]["explanation"]["outcomes"].clone()
    }
}

pub fn id(row: &Value) -> &str {
    row["id"].as_str().expect("an id")
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_move_a_conversation_and_show_it_in_another_inbox() {
    let stage = Stage::set().await;
    let returns = stage.make("/inboxes", json!({"name": "Returns"})).await;
    let second = stage.rule(json!([{"do": "add_inbox", "inbox": returns}])).await;
    let written = stage.write("Where is it?").await;
    let mut shown: Vec<String> = ids(&stage.beside(&written, "inboxes").await).into_iter().map(String::from).collect();
    shown.sort();
    let mut both = [stage.office.inbox.to_string(), returns.clone()];
    both.sort();
    assert_eq!(shown, both);
    stage.server.delete(&format!("/portico/v1/rules/{second}"), None).await.expect(204);
    stage.rule(json!([{"do": "move", "inbox": returns}])).await;
    let moved = stage.write("Hello?").await;
    assert_eq!(id(&moved), id(&written), "Ann's conversation goes on");
    assert_eq!(ids(&stage.beside(&moved, "inboxes").await), [returns.as_str()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_assign_and_have_teammates_follow() {
    let stage = Stage::set().await;
    let ada = stage.office.ada;
    stage.rule(json!([{"do": "assign", "to": ada}, {"do": "add_followers", "teammates": [ada]}])).await;
    let written = stage.write("Where is it?").await;
    assert_eq!((&written["assignee"]["id"], &written["status"]), (&json!(ada.to_string()), &json!("assigned")));
    assert_eq!(ids(&stage.beside(&written, "followers").await), [ada.to_string()]);
    stage.rule(json!([{"do": "unassign"}, {"do": "remove_followers", "teammates": [ada]}])).await;
    let written = stage.write("Hello?").await;
    assert_eq!((&written["assignee"], &written["status"]), (&Value::Null, &json!("unassigned")));
    assert!(stage.beside(&written, "followers").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_put_conversations_away_and_bring_them_back() {
    for (action, status) in [
        (json!({"do": "archive"}), "archived"),
        (json!({"do": "trash"}), "deleted"),
        (json!({"do": "mark_spam"}), "deleted"),
        (json!({"do": "snooze", "until": {"for": "2h"}}), "archived"),
    ] {
        let stage = Stage::set().await;
        stage.rule(json!([action])).await;
        let written = stage.write("Where is it?").await;
        assert_eq!(written["status"], status, "{action}");
        let reminders = written["scheduled_reminders"].as_array().map_or(0, Vec::len);
        assert_eq!(reminders, usize::from(action["do"] == "snooze"), "{action}");
    }
    let stage = Stage::set().await;
    stage.rule(json!([{"do": "archive"}])).await;
    stage.rule(json!([{"do": "reopen"}])).await;
    assert_eq!(stage.write("Where is it?").await["status"], "unassigned");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_fill_in_fields_of_the_conversation_and_of_its_contact() {
    let stage = Stage::set().await;
    let field = |owner: &str| json!({"owner": owner, "name": "Asked for", "type": "string"});
    let of_conversation = stage.make("/portico/v1/custom_fields", field("conversation")).await;
    let of_contact = stage.make("/portico/v1/custom_fields", field("contact")).await;
    let other = json!({"owner": "contact", "name": "City", "type": "string"});
    stage.make("/portico/v1/custom_fields", other).await;
    let rule = stage
        .rule(json!([
            {"do": "set_conversation_field", "field": of_conversation, "value": "{{conversation.subject}}"},
            {"do": "set_contact_field", "field": of_contact, "value": "by {{recipient.first_name}}"}]))
        .await;
    let written = stage.write("Where is it?").await;
    assert_eq!(written["custom_fields"], json!({"Asked for": "A lamp"}));
    let contact = "/contacts/alt:custom:ann";
    let shown = stage.server.get(contact).await.expect(200);
    assert_eq!(shown["custom_fields"], json!({"Asked for": "by Ann"}), "{:#}", stage.ended(&rule).await);
    let change = json!({"custom_fields": {"City": "Bonn", "Asked for": "a chair"}});
    stage.server.patch(contact, change).await.expect(204);
    stage.write("Hello?").await;
    let shown = stage.server.get(contact).await.expect(200);
    assert_eq!(shown["custom_fields"], json!({"Asked for": "by Ann", "City": "Bonn"}), "the others stay");
    stage.rule(json!([{"do": "set_contact_field", "field": of_contact, "value": null}])).await;
    stage.write("Anybody?").await;
    assert_eq!(stage.server.get(contact).await.expect(200)["custom_fields"]["Asked for"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_attach_links_and_keep_contact_lists() {
    let stage = Stage::set().await;
    let list = json!({"name": "Waiting"});
    stage.server.post("/contact_lists", list).await.expect(204);
    let list = stage.server.get("/contact_lists").await.rows().remove(0);
    let url = "https://shop.example/{{recipient.handle}}";
    stage.rule(json!([{"do": "add_link", "link": {"url": url}}, {"do": "add_to_list", "list": id(&list)}])).await;
    let written = stage.write("Where is it?").await;
    assert_eq!(written["links"][0]["external_url"], "https://shop.example/ann");
    let members = format!("/contact_lists/{}/contacts", id(&list));
    assert_eq!(stage.server.get(&members).await.rows()[0]["name"], "Ann Example");
    stage
        .rule(json!([{"do": "remove_link", "link": {"url": url}}, {"do": "remove_from_list", "list": id(&list)}]))
        .await;
    let written = stage.write("Hello?").await;
    assert_eq!(written["links"], json!([]));
    assert!(stage.server.get(&members).await.rows().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_write_comments_drafts_and_replies() {
    let stage = Stage::set().await;
    let ada = stage.office.ada;
    stage
        .rule(json!([
            {"do": "comment", "body": "{{recipient.name}} asks about {{conversation.subject}}", "mentions": [ada]},
            {"do": "draft", "content": {"text": "<p>Dear {{recipient.first_name}}</p>"}},
            {"do": "reply", "content": {"text": "<p>We look into it, {{recipient.first_name}}.</p>"}, "archive": true}]))
        .await;
    let written = stage.write("Where is it?").await;
    assert_eq!(written["status"], "archived");
    let comments = stage.beside(&written, "comments").await;
    assert_eq!(comments[0]["body"], "Ann Example asks about A lamp");
    let mentions = stage.server.get(&format!("/comments/{}/mentions", id(&comments[0]))).await.rows();
    assert_eq!(ids(&mentions), [ada.to_string()]);
    assert_eq!(stage.beside(&written, "drafts").await[0]["body"], "<p>Dear Ann</p>");
    let messages = stage.beside(&written, "messages").await;
    let sent = messages.iter().find(|message| message["is_inbound"] == false).expect("a reply");
    assert_eq!(sent["body"], "<p>We look into it, Ann.</p>");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_done_is_said_and_hinders_nothing() {
    let stage = Stage::set().await;
    let tag = stage.make("/company/tags", json!({"name": "Seen"})).await;
    let rule = stage.rule(json!([{"do": "send_survey"}, {"do": "add_tags", "tags": [tag]}])).await;
    let written = stage.write("Where is it?").await;
    assert_eq!(written["tags"][0]["id"], tag);
    let ended = stage.ended(&rule).await;
    assert!(ended.to_string().contains("this company has nothing that does it"), "{ended:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_of_a_rule_says_why_it_is_passed_over_and_names_what_it_found() {
    let stage = Stage::set().await;
    let vip = stage.make("/company/tags", json!({"name": "VIP"})).await;
    let tagging = stage.rule(json!([{"do": "add_tags", "tags": [vip]}])).await;
    let definition = json!({"when": [{"on": "tag_added", "tags": [vip]}], "if": {"tag": {"any_of": [vip]}},
        "then": [{"do": "archive"}]});
    let elsewhere = stage.make("/portico/v1/teams", json!({"name": "Elsewhere"})).await;
    let ours = stage.make("/portico/v1/rules", json!({"name": "Ours", "definition": definition})).await;
    let theirs = json!({"name": "Theirs", "team_id": elsewhere,
        "definition": {"when": [{"on": "inbound"}], "then": [{"do": "archive"}]}});
    let theirs = stage.make("/portico/v1/rules", theirs).await;
    let row = stage.write("Where is it?").await;
    let events = stage.server.get(&format!("/conversations/{}/events", id(&row))).await.rows();
    let of = |kind: &str| events.iter().find(|event| event["type"] == kind).map(|event| event["id"].clone());
    let test = async |rule: &str, event| {
        let trial = json!({"rule_id": rule, "event_id": event});
        stage.server.post("/portico/v1/rules/test", trial).await.expect(200)
    };
    let tried = test(&ours, of("tag")).await;
    assert_eq!((&tried["matched"], &tried["passed_over"]), (&json!(true), &Value::Null), "{tried}");
    let found = tried["explanation"]["checks"].as_array().expect("checks").iter().map(|check| &check["found"]);
    assert!(found.clone().all(|found| found == &json!({"ids": [vip]})) && found.count() == 2, "{tried}");
    let inbound = of("inbound");
    for (rule, why) in [(&theirs, "inboxes of the event"), (&tagging, "")] {
        let tried = test(rule, inbound.clone()).await;
        assert_eq!(tried["matched"], true, "{tried}");
        assert!(tried["passed_over"].as_str().unwrap_or_default().contains(why), "{tried}");
        assert_eq!(tried["passed_over"].is_null(), why.is_empty(), "{tried}");
    }
    let own = test(&tagging, of("tag")).await;
    assert!(own["passed_over"].as_str().is_some_and(|why| why.contains("itself")), "{own}");
    stage.server.patch(&format!("/portico/v1/rules/{tagging}"), json!({"is_enabled": false})).await.expect(200);
    let off = test(&tagging, inbound).await;
    assert!(off["passed_over"].as_str().is_some_and(|why| why.contains("switched off")), "{off}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_failed_names_the_action_that_did_and_what_was_undone_with_it() {
    let stage = Stage::set().await;
    let tag = stage.make("/company/tags", json!({"name": "Lost"})).await;
    let wrong = json!({"do": "reply", "content": {"text": "hi"}, "channel": stage.office.email});
    let then = json!([{"do": "add_tags", "tags": [tag]}, {"do": "archive"}, wrong, {"do": "trash"}]);
    let rule = stage.rule(then).await;
    let written = stage.write("hello").await;
    assert_eq!((&written["status"], &written["tags"]), (&json!("unassigned"), &json!([])));
    let ended = stage.ended(&rule).await;
    let told: Vec<(&str, &str)> = ended
        .as_array()
        .expect("outcomes")
        .iter()
        .filter_map(|outcome| Some((outcome["path"].as_str()?, outcome["ended"]["as"].as_str()?)))
        .collect();
    assert_eq!(told, [("then[0]", "skipped"), ("then[1]", "skipped"), ("then[2]", "failed")], "{ended:#}");
    assert_eq!(ended[0]["ended"]["why"], "it was undone, as then[2] failed");
    assert!(ended[2]["ended"]["why"].as_str().is_some_and(|why| !why.is_empty()), "{ended:#}");
}

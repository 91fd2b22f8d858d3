//! Whose rules a thing that happens concerns: which moves are moves to a workspace, what is nobody's but the talkers', and
//! which messages a machine wrote.

use desk::access::Owner;
use desk::{inboxes, teammates};
use serde_json::{Map, Value, json};

use crate::rule_actions::{Stage, id};

impl Stage {
    /// A tag, and a rule that puts it on whatever the trigger tells of.
    async fn marks(&self, name: &str, whose: Value, when: Value, condition: Value) -> String {
        let tag = self.make("/company/tags", json!({"name": name})).await;
        let mut rule =
            json!({"name": name, "definition": {"when": [when], "then": [{"do": "add_tags", "tags": [tag]}]}});
        if !condition.is_null() {
            rule["definition"]["if"] = condition;
        }
        rule.as_object_mut().expect("an object").extend(whose.as_object().expect("an object").clone());
        self.make("/portico/v1/rules", rule).await;
        tag
    }

    async fn tags(&self, conversation: &str) -> Vec<String> {
        let shown = self.server.get(&format!("/conversations/{conversation}")).await.expect(200);
        let mut names: Vec<String> = shown["tags"]
            .as_array()
            .expect("tags")
            .iter()
            .map(|tag| tag["name"].as_str().expect("a name").to_string())
            .collect();
        names.sort();
        names
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspaces_rule_hears_of_moves_between_its_own_inboxes() {
    let stage = Stage::set().await;
    let here = stage.office.team.to_string();
    let there = stage.make("/portico/v1/teams", json!({"name": "Sales"})).await;
    let returns = stage.make(&format!("/teams/{here}/inboxes"), json!({"name": "Returns"})).await;
    let orders = stage.make(&format!("/teams/{there}/inboxes"), json!({"name": "Orders"})).await;
    let moved = json!({"on": "moved"});
    stage.marks("company", json!({}), moved.clone(), Value::Null).await;
    stage.marks("here", json!({"team_id": here}), moved.clone(), Value::Null).await;
    let definition = json!({"when": [moved], "then": [{"do": "archive"}]});
    let theirs = json!({"name": "Theirs", "team_id": there, "definition": definition});
    let theirs = stage.make("/portico/v1/rules", theirs).await;
    let one = stage.write("Where is it?").await;
    let path = format!("/conversations/{}", id(&one));
    stage.server.patch(&path, json!({"inbox_id": orders})).await.expect(204);
    assert_eq!(stage.tags(id(&one)).await, ["company"], "it came from another workspace");
    let shown = stage.server.get(&path).await.expect(200);
    assert_eq!(shown["status"], "unassigned", "and its new one's rule was not run");
    let events = stage.beside(&one, "events").await;
    let event = events.iter().find(|event| event["type"] == "move").expect("the move");
    let trial = json!({"rule_id": theirs, "event_id": event["id"]});
    let tried = stage.server.post("/portico/v1/rules/test", trial).await.expect(200);
    assert!(tried["passed_over"].as_str().is_some_and(|why| why.contains("came from outside")), "{tried}");
    stage.server.patch(&path, json!({"inbox_id": returns})).await.expect(204);
    assert_eq!(stage.tags(id(&one)).await, ["company"], "and so it did on its way back");
    stage.server.patch(&path, json!({"inbox_id": stage.office.inbox})).await.expect(204);
    assert_eq!(stage.tags(id(&one)).await, ["company", "here"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_conversation_was_already_it_is_not_moved_to() {
    let stage = Stage::set().await;
    let returns = stage.make("/inboxes", json!({"name": "Returns"})).await;
    let into = |inbox: &str| json!({"on": "moved", "inboxes": [inbox]});
    stage.marks("first", json!({}), into(&stage.office.inbox.to_string()), Value::Null).await;
    stage.marks("second", json!({}), into(&returns), Value::Null).await;
    stage.rule(json!([{"do": "add_inbox", "inbox": returns}])).await;
    let written = stage.write("Where is it?").await;
    assert_eq!(stage.tags(id(&written)).await, ["second"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_individuals_rules_leave_discussions_alone() {
    let stage = Stage::set().await;
    let ada = stage.office.ada;
    let desk = stage
        .server
        .arrange(move |work| {
            let new = inboxes::New {
                owner: Owner::Teammate(ada),
                name: "Ada's".to_string(),
                is_public: false,
                teammates: Vec::new(),
                custom_fields: Map::new(),
            };
            teammates::expose_private(work, ada, true)?;
            inboxes::create(work, &new)
        })
        .await;
    let own = json!({"teammate_id": ada});
    stage.marks("mine", own.clone(), json!({"on": "archived"}), Value::Null).await;
    stage.marks("later", own, json!({"on": "in_status_for", "after": "1h"}), Value::Null).await;
    stage.marks("everybody's", json!({}), json!({"on": "archived"}), Value::Null).await;
    let comment = json!({"body": "What about this?", "author_id": ada});
    for (kind, wanted) in [("discussion", vec!["everybody's"]), ("task", vec!["everybody's", "mine"])] {
        let new = json!({"type": kind, "inbox_id": desk, "subject": "Talk", "comment": comment});
        let made = stage.make("/conversations", new).await;
        stage.server.patch(&format!("/conversations/{made}"), json!({"status": "archived"})).await.expect(204);
        assert_eq!(stage.tags(&made).await, wanted, "{kind}");
        stage.server.desk().clock().advance(2 * desk::time::HOUR);
        stage.server.post(&format!("/conversations/{made}/comments"), comment.clone()).await.expect(201);
        assert_eq!(stage.tags(&made).await.contains(&"later".to_string()), kind == "task", "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_from_a_machine_is_known_by_its_headers() {
    let stage = Stage::set().await;
    stage.marks("machine", json!({}), json!({"on": "inbound"}), json!({"is_auto_reply": true})).await;
    stage.marks("person", json!({}), json!({"on": "inbound"}), json!({"is_auto_reply": false})).await;
    let path = format!("/channels/{}/incoming_messages", stage.office.custom);
    for (who, headers, wanted) in
        [("eve", json!({"Auto-Submitted": "auto-replied"}), "machine"), ("ann", json!({}), "person")]
    {
        let message = json!({"sender": {"handle": who}, "subject": "Away", "body": "I am out of office",
            "metadata": {"headers": headers}});
        stage.server.post(&path, message).await.expect(202);
        let conversation = stage.server.get("/conversations").await.rows().remove(0);
        assert_eq!(stage.tags(id(&conversation)).await, [wanted]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_empty_is_told_to_a_rules_author() {
    let stage = Stage::set().await;
    let body = "{{survey}} about {{message.language}}; {{account.name}}: {{conversation.subject}}";
    let definition = json!({"when": [{"on": "inbound"}], "then": [{"do": "comment", "body": body}]});
    let written = stage.write("Where is it?").await;
    let event = stage.beside(&written, "events").await.remove(0);
    let trial = json!({"definition": definition, "event_id": event["id"]});
    let tried = stage.server.post("/portico/v1/rules/test", trial).await.expect(200);
    let told = tried["findings"].to_string();
    assert!(told.contains("survey") && told.contains("message.language"), "{tried}");
    assert!(!told.contains("conversation.subject") && !told.contains("account.name"), "{tried}");
}

//! Custom fields that are deleted: what was in them is gone with them, for everybody and everything that reads values.

use serde_json::{Value, json};

use crate::rule_actions::{Stage, id};

/// A field of text called Plan, and something that has a value in it.
async fn planned(stage: &Stage, owner: &str, path: &str) -> String {
    let field = json!({"owner": owner, "name": "Plan", "type": "string"});
    let field = stage.make("/portico/v1/custom_fields", field).await;
    stage.server.patch(path, json!({"custom_fields": {"Plan": "gold"}})).await.expect(204);
    assert_eq!(stage.server.get(path).await.expect(200)["custom_fields"]["Plan"], "gold");
    field
}

/// Whatever can have values, as path and kind of owner.
async fn owners(stage: &Stage) -> Vec<(&'static str, String)> {
    let conversation = stage.write("Where is it?").await;
    let link = stage.make("/links", json!({"external_url": "https://shop.example/1"})).await;
    let account = stage.make("/accounts", json!({"name": "Example Ltd"})).await;
    vec![
        ("account", format!("/accounts/{account}")),
        ("conversation", format!("/conversations/{}", id(&conversation))),
        ("contact", "/contacts/alt:custom:ann".to_string()),
        ("link", format!("/links/{link}")),
        ("inbox", format!("/portico/v1/inboxes/{}", stage.office.inbox)),
        ("teammate", format!("/teammates/{}", stage.office.ada)),
    ]
}

/// The address at which a thing is read, which for an inbox is not the one at which it is changed.
fn shown_at(path: &str) -> String {
    path.replace("/portico/v1", "")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_values_of_a_deleted_field_are_gone_and_another_of_its_name_begins_empty() {
    let stage = Stage::set().await;
    for (owner, path) in owners(&stage).await {
        let new = json!({"owner": owner, "name": "Plan", "type": "string"});
        let field = stage.make("/portico/v1/custom_fields", new).await;
        let given = stage.server.patch(&path, json!({"custom_fields": {"Plan": "gold"}})).await;
        assert!(given.status < 300, "{owner}: {}", given.json);
        let values = async || stage.server.get(&shown_at(&path)).await.expect(200)["custom_fields"].clone();
        assert_eq!(values().await, json!({"Plan": "gold"}), "{owner}");
        stage.server.delete(&format!("/portico/v1/custom_fields/{field}"), None).await.expect(204);
        assert_eq!(values().await, json!({}), "{owner}");
        let other = json!({"owner": owner, "name": "Plan", "type": "number"});
        stage.make("/portico/v1/custom_fields", other).await;
        assert_eq!(values().await, json!({}), "{owner}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_nothing_by_a_deleted_field() {
    let stage = Stage::set().await;
    let path = format!("/conversations/{}", id(&stage.write("Where is it?").await));
    let field = planned(&stage, "conversation", &path).await;
    let search = "/conversations/search/custom_field%3A%22Plan%3Dgold%22";
    assert_eq!(stage.server.get(search).await.rows().len(), 1);
    stage.server.delete(&format!("/portico/v1/custom_fields/{field}"), None).await.expect(204);
    assert!(stage.server.get(search).await.rows().is_empty());
    stage.make("/portico/v1/custom_fields", json!({"owner": "conversation", "name": "Plan", "type": "string"})).await;
    assert!(stage.server.get(search).await.rows().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_see_nothing_of_a_deleted_field() {
    let stage = Stage::set().await;
    let path = format!("/conversations/{}", id(&stage.write("Where is it?").await));
    let field = planned(&stage, "conversation", &path).await;
    let of_contact = planned(&stage, "contact", "/contacts/alt:custom:ann").await;
    let said = "<{{conversation.fields.Plan}}{{recipient.fields.Plan}}>";
    stage.rule(json!([{"do": "comment", "body": said}])).await;
    stage.write("Hello?").await;
    for field in [field, of_contact] {
        stage.server.delete(&format!("/portico/v1/custom_fields/{field}"), None).await.expect(204);
    }
    stage.write("Anybody?").await;
    let comments = stage.server.get(&format!("{path}/comments")).await.rows();
    let bodies: Vec<&Value> = comments.iter().map(|row| &row["body"]).collect();
    assert_eq!(bodies, ["<>", "<goldgold>"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_names_a_teammate_holds_their_address_however_it_was_named() {
    let stage = Stage::set().await;
    let path = format!("/conversations/{}", id(&stage.write("Where is it?").await));
    let new = json!({"owner": "conversation", "name": "Owner", "type": "teammate"});
    let field = stage.make("/portico/v1/custom_fields", new).await;
    for name in [json!(stage.office.ada), json!("ADA@Acme.example"), json!("ada@acme.example")] {
        stage.server.patch(&path, json!({"custom_fields": {"Owner": name}})).await.expect(204);
        let shown = stage.server.get(&path).await.expect(200)["custom_fields"].clone();
        assert_eq!(shown, json!({"Owner": "ada@acme.example"}), "{name}");
        let search = "/conversations/search/custom_field%3A%22Owner%3Dada%40acme.example%22";
        assert_eq!(stage.server.get(search).await.rows().len(), 1, "{name}");
        stage.server.patch(&path, json!({"custom_fields": {}})).await.expect(204);
    }
    stage.rule(json!([{"do": "set_conversation_field", "field": field, "value": stage.office.ada}])).await;
    stage.write("Hello?").await;
    assert_eq!(stage.server.get(&path).await.expect(200)["custom_fields"]["Owner"], "ada@acme.example");
}

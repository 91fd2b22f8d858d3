//! Rules and what their fields, links and lists can hold.

use serde_json::{Value, json};

use crate::rule_actions::{Stage, id};

async fn field(stage: &Stage, name: &str, r#type: &str, choices: Value) -> String {
    let mut new = json!({"owner": "conversation", "name": name, "type": r#type});
    if !choices.is_null() {
        new["values"] = choices;
    }
    stage.make("/portico/v1/custom_fields", new).await
}

fn set(field: &str, value: Value) -> Value {
    json!({"do": "set_conversation_field", "field": field, "value": value})
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_fill_fields_of_every_type() {
    let stage = Stage::set().await;
    let count = field(&stage, "Count", "number", Value::Null).await;
    let written = field(&stage, "Written", "datetime", Value::Null).await;
    let subject = field(&stage, "About", "enum", json!([{"value": "Chair"}, {"value": "a lamp"}])).await;
    let urgent = field(&stage, "Urgent", "boolean", Value::Null).await;
    let rule = stage
        .rule(json!([
            set(&count, json!("{{conversation.message_count}}")),
            set(&written, json!("{{message.date}}")),
            set(&subject, json!("{{message.subject}}")),
            set(&urgent, json!("true")),
        ]))
        .await;
    let row = stage.write("Where is it?").await;
    let fields = &row["custom_fields"];
    assert_eq!((&fields["About"], &fields["Urgent"]), (&json!("a lamp"), &json!(true)), "{}", stage.ended(&rule).await);
    assert!(fields["Written"].as_f64().is_some_and(|at| at > 1_000_000_000.0), "{fields}");
    assert!(fields["Count"].as_f64().is_some_and(|count| count >= 1.0), "{fields}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_never_fits_is_refused_and_one_that_does_not_is_passed_over() {
    let stage = Stage::set().await;
    let count = field(&stage, "Count", "number", Value::Null).await;
    let size = field(&stage, "Size", "enum", json!([{"value": "small"}, {"value": "large"}])).await;
    for action in [set(&count, json!("many")), set(&count, json!(2.5)), set(&size, json!("huge"))] {
        let rule = json!({"name": "Act", "definition": {"when": [{"on": "inbound"}], "then": [action]}});
        let refused = stage.server.post("/portico/v1/rules", rule).await.expect(400);
        let why = refused["_error"]["message"].as_str().unwrap_or_default();
        assert!(why.contains("then[0].value") && why.contains("expected"), "{why}");
    }
    let tag = stage.make("/company/tags", json!({"name": "Seen"})).await;
    let rule = stage.rule(json!([set(&count, json!("{{message.subject}}")), {"do": "add_tags", "tags": [tag]}])).await;
    let row = stage.write("Where is it?").await;
    assert_eq!(row["tags"][0]["id"], json!(tag), "the other actions are done");
    let ended = stage.ended(&rule).await;
    assert!(ended[0].to_string().contains("expected a whole number below 2^53, found"), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_and_lists_that_are_gone_are_passed_over() {
    let stage = Stage::set().await;
    let rule = stage.rule(json!([{"do": "add_link", "link": {"id": "top_zzz9"}}])).await;
    let row = stage.write("Where is it?").await;
    assert!(stage.ended(&rule).await[0].to_string().contains("the link is gone"), "{}", stage.ended(&rule).await);
    let events = stage.server.get(&format!("/conversations/{}/events", id(&row))).await.rows();
    assert!(events.iter().all(|event| event["type"] != "link_added"), "{events:?}");
    let rule = stage.rule(json!([{"do": "add_to_list", "list": "grp_zzz9"}])).await;
    stage.write("Hello?").await;
    assert!(stage.ended(&rule).await[0].to_string().contains("the list is gone"), "{}", stage.ended(&rule).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_macro_says_how_each_of_its_actions_ended() {
    let stage = Stage::set().await;
    let count = field(&stage, "Count", "number", Value::Null).await;
    let then = json!([set(&count, json!("{{conversation.subject}}")), {"do": "archive"}]);
    let definition = json!({"when": [{"on": "macro"}], "then": then});
    let id_of_macro = stage.make("/portico/v1/rules", json!({"name": "Count", "definition": definition})).await;
    let row = stage.write("Where is it?").await;
    let run = json!({"conversation_id": id(&row), "teammate_id": stage.office.ada});
    let ran = stage.server.post(&format!("/portico/v1/rules/{id_of_macro}/run"), run).await.expect(200);
    let outcomes = ran["explanation"]["outcomes"].as_array().expect("outcomes");
    assert_eq!(outcomes.len(), 2, "{ran}");
    assert!(outcomes[0].to_string().contains("expected a whole number"), "{ran}");
    assert_eq!(stage.server.get(&format!("/conversations/{}", id(&row))).await.expect(200)["status"], "archived");
}

//! Rules about the account of whoever writes: what they ask of it, what they say of it, and what they write into it.

use serde_json::{Value, json};

use crate::rule_actions::{Stage, id};

impl Stage {
    /// An account that Ann belongs to, with a field called Plan; the ids of both.
    async fn account_of_ann(&self) -> (String, String) {
        let field = json!({"owner": "account", "name": "Plan", "type": "string"});
        let field = self.make("/portico/v1/custom_fields", field).await;
        let account = self.make("/accounts", json!({"name": "Example & Co", "custom_fields": {"Plan": "gold"}})).await;
        let ann = json!({"name": "Ann", "handles": [{"source": "custom", "handle": "ann"}]});
        let ann = self.make("/contacts", ann).await;
        self.server.post(&format!("/accounts/{account}/contacts"), json!({"contact_ids": [ann]})).await.expect(204);
        (account, field)
    }

    /// A rule that puts a tag on what comes in if a condition holds.
    async fn tag_if(&self, name: &str, condition: Value) {
        let tag = self.make("/company/tags", json!({"name": name})).await;
        let definition =
            json!({"when": [{"on": "inbound"}], "if": condition, "then": [{"do": "add_tags", "tags": [tag]}]});
        self.make("/portico/v1/rules", json!({"name": name, "definition": definition})).await;
    }
}

fn tags(conversation: &Value) -> Vec<&str> {
    let rows = conversation["tags"].as_array().expect("tags").iter();
    let mut names: Vec<&str> = rows.map(|tag| tag["name"].as_str().expect("a name")).collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_ask_whose_account_the_contact_belongs_to_and_for_its_fields() {
    let stage = Stage::set().await;
    let (account, field) = stage.account_of_ann().await;
    stage.tag_if("ours", json!({"account": {"any_of": [account]}})).await;
    stage.tag_if("any", json!({"account": "is_not_empty"})).await;
    stage.tag_if("none", json!({"account": "is_empty"})).await;
    stage.tag_if("other", json!({"account": {"any_of": ["acc_zz"]}})).await;
    stage.tag_if("gold", json!({"account_field": {"field": field, "test": {"is": "gold"}}})).await;
    stage.tag_if("plain", json!({"account_field": {"field": field, "test": "is_empty"}})).await;
    assert_eq!(tags(&stage.write("Hello").await), ["any", "gold", "ours"]);
    stage.server.delete(&format!("/accounts/{account}"), None).await.expect(204);
    let conversation = stage.write("Hello?").await;
    assert_eq!(tags(&conversation), ["any", "gold", "none", "ours", "plain"], "what was put there stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_rules_name_the_account_and_its_fields() {
    let stage = Stage::set().await;
    stage.account_of_ann().await;
    let said = "{{account.name}} has {{account.fields.Plan}}{{account.fields.Size}}";
    let then =
        json!([{"do": "comment", "body": said}, {"do": "draft", "content": {"text": "<p>Dear {{account.name}}</p>"}}]);
    let rule = stage.rule(then).await;
    let conversation = stage.write("Hello").await;
    assert_eq!(stage.beside(&conversation, "comments").await[0]["body"], "Example & Co has gold");
    assert_eq!(stage.beside(&conversation, "drafts").await[0]["body"], "<p>Dear Example &amp; Co</p>");
    let ended = stage.ended(&rule).await;
    assert!(ended[0].to_string().contains("no value for account.fields.Size"), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_fill_in_fields_of_the_account() {
    let stage = Stage::set().await;
    let (account, field) = stage.account_of_ann().await;
    let seats = json!({"owner": "account", "name": "Seats", "type": "number"});
    let seats = stage.make("/portico/v1/custom_fields", seats).await;
    let set = |field: &str, value: Value| json!({"do": "set_account_field", "field": field, "value": value});
    let wrong = json!({"when": [{"on": "inbound"}], "then": [set(&seats, json!("many"))]});
    let refused =
        stage.server.post("/portico/v1/rules", json!({"name": "Never", "definition": wrong})).await.expect(400);
    assert!(refused["_error"]["message"].as_str().is_some_and(|why| why.contains("then[0].value")), "{refused}");
    let rule =
        stage.rule(json!([set(&field, json!("asked for {{conversation.subject}}")), set(&seats, json!(7))])).await;
    stage.write("Hello").await;
    let fields = async || stage.server.get(&format!("/accounts/{account}")).await.expect(200)["custom_fields"].clone();
    assert_eq!(fields().await, json!({"Plan": "asked for A lamp", "Seats": 7}), "{:#}", stage.ended(&rule).await);
    stage.rule(json!([set(&seats, Value::Null)])).await;
    stage.write("Hello?").await;
    assert_eq!(fields().await, json!({"Plan": "asked for A lamp"}));
    stage.server.delete(&format!("/accounts/{account}"), None).await.expect(204);
    stage.write("Anybody?").await;
    let ended = stage.ended(&rule).await;
    assert!(ended[0].to_string().contains("the contact has no account"), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_about_accounts_is_explained_and_has_nothing_odd_about_it() {
    let stage = Stage::set().await;
    let (account, field) = stage.account_of_ann().await;
    let event = {
        let conversation = stage.write("Hello").await;
        let events = stage.server.get(&format!("/conversations/{}/events", id(&conversation))).await.rows();
        events[0]["id"].clone()
    };
    let definition = json!({
        "when": [{"on": "inbound"}],
        "if": {"all": [{"account": {"any_of": [account]}}, {"account_field": {"field": field, "test": "is_not_empty"}}]},
        "then": [{"do": "set_account_field", "field": field, "value": "{{account.name}}"}],
    });
    let tried = stage.server.post("/portico/v1/rules/test", json!({"definition": definition, "event_id": event})).await;
    let tried = tried.expect(200);
    assert_eq!((&tried["findings"], &tried["matched"]), (&json!([]), &json!(true)), "{tried}");
    let checks = tried["explanation"]["checks"].as_array().expect("checks");
    let told: Vec<(&Value, &Value)> =
        checks.iter().map(|check| (&check["sentence"], &check["found"])).skip(1).collect();
    assert_eq!(told[0], (&json!("Account is \"Example & Co\""), &json!({"ids": [account]})), "{tried}");
    assert_eq!(told[1].0, "Account field \"Plan\" is not empty", "{tried}");
}

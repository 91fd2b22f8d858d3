//! Rules that write with message templates.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::rule_actions::{Stage, id};

/// The last message of ours in a conversation.
async fn answer(stage: &Stage, conversation: &Value) -> Value {
    let messages = stage.beside(conversation, "messages").await;
    messages.into_iter().find(|message| message["is_inbound"] == false).expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_answers_with_a_template_its_subject_and_its_files() {
    let stage = Stage::set().await;
    let form = Form::new()
        .text("name", "Received")
        .text("subject", "Re: {{conversation.subject}} for {{recipient.first_name}}")
        .text(
            "body",
            "<p>Dear {{recipient.name}}, about {{conversation.public_id}} ({{message.from}}){{account.name}}</p>",
        )
        .part("attachments[]", Part::bytes(b"terms".as_slice()).file_name("terms.txt"));
    let request = stage.server.request(Method::POST, "/message_templates").bearer_auth(&stage.server.token);
    let template = stage.server.send(request.multipart(form)).await.expect(201);
    for action in ["reply", "auto_reply"] {
        let rule = stage.rule(json!([{"do": action, "content": {"template": id(&template)}}])).await;
        let written = stage.write("Where is it?").await;
        let sent = answer(&stage, &written).await;
        assert_eq!(sent["body"], format!("<p>Dear Ann Example, about {} (ann)</p>", id(&written)), "{action}");
        assert_eq!(sent["subject"], "Re: A lamp for Ann");
        assert_eq!(sent["attachments"][0]["filename"], "terms.txt");
        let file = format!("/download/{}", sent["attachments"][0]["id"].as_str().expect("an id"));
        assert_eq!(stage.server.get(&file).await.bytes, b"terms");
        let ended = stage.ended(&rule).await;
        assert!(ended.to_string().contains("no value for account.name"), "{ended:#}");
        let shown = stage.server.get(&format!("/rules/{rule}")).await.expect(200);
        let sentence = shown["actions"][0].as_str().expect("a sentence");
        assert!(sentence.contains("template") && sentence.contains("Received"), "{sentence}");
        stage.server.delete(&format!("/portico/v1/rules/{rule}"), None).await.expect(204);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_drafts_with_a_template_as_it_is_by_then() {
    let stage = Stage::set().await;
    let body = json!({"name": "Soon", "body": "<p>Soon, {{recipient.first_name}}</p>"});
    let template = stage.make("/message_templates", body).await;
    stage.rule(json!([{"do": "draft", "content": {"template": template}}])).await;
    let path = format!("/message_templates/{template}");
    stage.server.patch(&path, json!({"body": "<p>Now, {{recipient.first_name}}</p>"})).await.expect(200);
    let written = stage.write("Where is it?").await;
    let draft = stage.beside(&written, "drafts").await.remove(0);
    assert_eq!((&draft["body"], &draft["subject"]), (&json!("<p>Now, Ann</p>"), &json!("A lamp")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_name_brings_no_markup_into_a_template() {
    let stage = Stage::set().await;
    let body = json!({"name": "Hi", "subject": "{{message.body}}", "body": "<p>{{message.body}}</p>"});
    let template = stage.make("/message_templates", body).await;
    stage.rule(json!([{"do": "reply", "content": {"template": template}}])).await;
    let written = stage.write("first <b>line</b>\n\nsecond").await;
    let sent = answer(&stage, &written).await;
    assert!(!sent["body"].as_str().expect("a body").contains("<b>"), "{sent}");
    assert!(!sent["subject"].as_str().expect("a subject").contains('\n'), "{sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_without_its_template_is_refused_or_says_so() {
    let stage = Stage::set().await;
    let then = |template: &str| json!([{"do": "reply", "content": {"template": template}}, {"do": "archive"}]);
    let rule = |then: Value| json!({"name": "Act", "definition": {"when": [{"on": "inbound"}], "then": then}});
    let refused = stage.server.post("/portico/v1/rules", rule(then("rsp_zz"))).await.expect(400);
    assert!(refused.to_string().contains("then[0].content.template"), "{refused}");
    let template = stage.make("/message_templates", json!({"name": "Hi", "body": "Hi"})).await;
    let made = stage.server.post("/portico/v1/rules", rule(then(&template))).await.expect(201);
    assert!(!made.to_string().contains("not be done here yet"), "{made}");
    stage.server.delete(&format!("/message_templates/{template}"), None).await.expect(204);
    let written = stage.write("Where is it?").await;
    assert_eq!(written["status"], "unassigned", "it does nothing by halves");
    let shown = stage.server.get(&format!("/portico/v1/rules/{}", id(&made))).await.expect(200);
    assert!(shown["fault"].as_str().is_some_and(|fault| fault.contains("template")), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_templates_subject_that_comes_to_nothing_or_too_much_does_not_keep_a_rule_from_writing() {
    let stage = Stage::set().await;
    for (subject, wanted) in [("{{account.name}}", "A lamp".to_string()), ("{{message.body}}", "w".repeat(4_000))] {
        let body = json!({"name": "Hi", "subject": subject, "body": "<p>Hi</p>"});
        let template = stage.make("/message_templates", body).await;
        let rule = stage.rule(json!([{"do": "reply", "content": {"template": template}}])).await;
        let written = stage.write(&"w".repeat(5_000)).await;
        assert_eq!(answer(&stage, &written).await["subject"], wanted, "{subject}");
        stage.server.delete(&format!("/portico/v1/rules/{rule}"), None).await.expect(204);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_become_too_long_is_passed_over_with_a_reason() {
    let stage = Stage::set().await;
    let body = "{{message.body}}".repeat(1_000);
    let template = stage.make("/message_templates", json!({"name": "Hi", "body": body})).await;
    let then =
        json!([{"do": "reply", "content": {"template": template}}, {"do": "comment", "body": body}, {"do": "archive"}]);
    let rule = stage.rule(then).await;
    let written = stage.write(&"w".repeat(2_000)).await;
    let ended = stage.ended(&rule).await;
    for action in 0..2 {
        let why = ended[action].to_string();
        assert!(why.contains("skipped") && why.contains("too long"), "{ended:#}");
    }
    assert_eq!(written["status"], "archived", "the rest of the rule is done");
    assert_eq!(stage.beside(&written, "messages").await.len(), 1);
}

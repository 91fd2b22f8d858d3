//! The log goes on telling of what is gone, in the shapes that clients read.

use serde_json::{Value, json};

use crate::rule_actions::{Stage, id};

async fn of_type(stage: &Stage, kind: &str) -> Value {
    let rows = stage.server.get(&format!("/events?q[types]={kind}")).await.rows();
    assert_eq!(rows.len(), 1, "{rows:#?}");
    rows[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_name_tags_and_rules_that_were_deleted() {
    let stage = Stage::set().await;
    let tag = stage.make("/company/tags", json!({"name": "Urgent"})).await;
    let rule = stage.rule(json!([{"do": "add_tags", "tags": [tag]}])).await;
    let conversation = stage.write("Where is it?").await;
    let tags = format!("/conversations/{}/tags", id(&conversation));
    stage.server.delete(&tags, Some(json!({"tag_ids": [tag]}))).await.expect(204);
    let before = [of_type(&stage, "tag").await, of_type(&stage, "untag").await];
    stage.server.delete(&format!("/tags/{tag}"), None).await.expect(204);
    stage.server.delete(&format!("/portico/v1/rules/{rule}"), None).await.expect(204);
    for event in before {
        let kind = event["type"].as_str().expect("a type");
        let now = of_type(&stage, kind).await;
        for part in ["_links", "id", "name", "description", "highlight", "is_private"] {
            assert_eq!(now["target"]["data"][part], event["target"]["data"][part], "{kind}: {part}");
        }
        for part in ["_links", "id", "name", "is_private"] {
            assert_eq!(now["source"]["data"][part], event["source"]["data"][part], "{kind}: {part}");
        }
    }
    let source = of_type(&stage, "tag").await["source"].clone();
    assert_eq!((&source["data"]["id"], &source["data"]["name"]), (&json!(rule), &json!("Act")));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_go_on_naming_a_conversation_that_was_deleted_for_good() {
    let stage = Stage::set().await;
    let conversation = stage.write("Where is it?").await;
    let path = format!("/conversations/{}", id(&conversation));
    let message = of_type(&stage, "inbound").await["target"]["data"].clone();
    stage.server.patch(&path, json!({"status": "deleted"})).await.expect(204);
    stage.server.delete(&path, None).await.expect(204);
    stage.server.get(&path).await.expect(404);
    let events = stage.server.get("/events").await.rows();
    assert_eq!(events.len(), 2, "{events:#?}");
    for event in events {
        let about = &event["conversation"];
        assert_eq!((&about["id"], &about["subject"]), (&conversation["id"], &json!("A lamp")));
        assert_eq!((&about["status"], &about["_links"]["self"]), (&json!("deleted"), &conversation["_links"]["self"]));
        assert_eq!(stage.server.get(&format!("/events/{}", id(&event))).await.expect(200), event);
    }
    let target = of_type(&stage, "inbound").await["target"].clone();
    assert_eq!(target["_meta"]["type"], "message");
    assert_eq!(target["data"], json!({"_links": {"self": message["_links"]["self"]}, "id": message["id"]}));
}

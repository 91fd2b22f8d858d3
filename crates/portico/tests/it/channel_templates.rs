//! Message templates that a partner keeps for its channel.

use axum::http::Method;
use serde_json::{Value, json};

use crate::app_channels::Bridge;
use crate::channel_api::Line;

const PATH: &str = "/application_message_templates";

fn template(more: Value) -> Value {
    let mut body = json!({
        "external_id": "t-1", "name": "Hello", "blurb": "Hello {{1}}", "is_disabled": false, "status_name": "PENDING",
        "variable_mappings": [{"uid": "{{1}}", "name": "Name", "type": "text"}], "template_preview": "Hello Ann",
    });
    body.as_object_mut().expect("a body").extend(more.as_object().cloned().unwrap_or_default());
    body
}

async fn line() -> Line {
    Line::on(Bridge::with(json!({"type": "none"}), json!({"has_templates": true})).await).await
}

async fn kept(line: &Line) -> Vec<Value> {
    line.bridge.server.get(&format!("/portico/v1/channels/{}/templates", line.id)).await.rows()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_kept_once_and_changed() {
    let line = line().await;
    let first = line.tell(Method::PUT, PATH, template(json!({}))).await.expect(200)["template_id"].clone();
    let again = line.tell(Method::PUT, PATH, template(json!({"name": "Hi"}))).await.expect(200);
    assert_eq!((first.is_i64(), &again["template_id"]), (true, &first));
    let other = line.tell(Method::PUT, PATH, template(json!({"external_id": "t-2"}))).await.expect(200);
    assert_ne!(other["template_id"], first);
    let change = json!({"status_name": "APPROVED", "is_disabled": true});
    let changed = line.tell(Method::PATCH, &format!("{PATH}/t-1"), change).await.expect(200);
    assert_eq!(changed["template_id"], first);
    let rows = kept(&line).await;
    assert_eq!(rows.len(), 2);
    let mut whole = template(json!({"name": "Hi", "status_name": "APPROVED", "is_disabled": true}));
    whole["template_id"] = first;
    assert_eq!(rows[1], whole, "what is not named stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_channels_with_templates_keep_them() {
    let without = Line::open().await;
    without.tell(Method::PUT, PATH, template(json!({}))).await.expect(400);
    without.tell(Method::PATCH, &format!("{PATH}/t-1"), json!({})).await.expect(400);
    let plain = format!("/channels/{}{PATH}", without.bridge.office.custom);
    without.bridge.server.put(&plain, template(json!({}))).await.expect(400);
    let line = line().await;
    line.tell(Method::PATCH, &format!("{PATH}/t-1"), json!({})).await.expect(404);
    for wrong in [
        json!({"status_name": "MAYBE"}),
        json!({"name": " "}),
        json!({"external_id": ""}),
        json!({"variable_mappings": [{"uid": "{{1}}"}]}),
    ] {
        line.tell(Method::PUT, PATH, template(wrong)).await.expect(400);
    }
    assert_eq!(kept(&line).await, Vec::<Value>::new());
}

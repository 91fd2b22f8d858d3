//! What the log shows of conversations that move, merge and change, and to whom.

use serde_json::{Value, json};

use crate::office::{Office, Partner};
use crate::rule_actions::{Stage, id};
use crate::server::Server;

fn types(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["type"].as_str().expect("a type")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_survivor_of_a_merge_has_the_history_of_all() {
    let (server, partner) = (Server::start().await, Partner::start().await);
    let office = Office::furnish(&server, None).await;
    let then = json!([{"do": "webhook", "url": partner.url, "body": "preview"}]);
    let rule = json!({"name": "Tell", "definition": {"when": [{"on": "inbound"}], "then": then}});
    server.post("/portico/v1/rules", rule).await.expect(201);
    for who in ["ann", "ben"] {
        let path = format!("/channels/{}/incoming_messages", office.custom);
        server.post(&path, json!({"sender": {"handle": who}, "body": who})).await.expect(202);
    }
    let sent = [partner.call(0).await, partner.call(1).await];
    let before = server.get("/events?q[types]=inbound").await.rows();
    let (ben, ann) = (id(&before[0]["conversation"]), id(&before[1]["conversation"]));
    let merge = format!("/portico/v1/conversations/{ann}/merge");
    let kept = server.post(&merge, json!({"conversation_ids": [ben]})).await.expect(200);
    let (kept, gone) = (id(&kept), if id(&kept) == ann { ben } else { ann });
    let history = server.get(&format!("/conversations/{kept}/events")).await.rows();
    assert_eq!(types(&history), ["conversations_merged", "inbound", "inbound"]);
    let paged = server.get(&format!("/conversations/{kept}/events?limit=2")).await.rows();
    assert_eq!(paged, history[..2], "in their order");
    for event in &before {
        let now = server.get(&format!("/events/{}", id(event))).await.expect(200);
        assert_eq!((id(&now["conversation"]), &now["target"]["data"]["id"]), (kept, &event["target"]["data"]["id"]));
    }
    // What was sent stays as it was, and is what is sent again.
    let deliveries = server.get("/portico/v1/deliveries").await.rows();
    for call in &sent {
        let of_it = deliveries.iter().find(|row| row["event_id"] == call.json["id"]).expect("a delivery");
        let shown = server.get(&format!("/portico/v1/deliveries/{}", id(of_it))).await.expect(200);
        assert_eq!(shown["request_body"].as_str().map(str::as_bytes), Some(&*call.bytes));
    }
    assert!(sent.iter().any(|call| call.json["conversation"]["id"] == *gone));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_field_is_told_as_the_field_in_full_and_as_its_reduction_in_the_preview() {
    let (stage, partner) = (Stage::set().await, Partner::start().await);
    let new = json!({"owner": "conversation", "name": "Level", "type": "string"});
    let field = stage.make("/portico/v1/custom_fields", new).await;
    let then = json!([{"do": "webhook", "url": partner.url, "body": "preview"}]);
    let rule = json!({"name": "Tell", "definition": {"when": [{"on": "custom_field_updated"}], "then": then}});
    stage.server.post("/portico/v1/rules", rule).await.expect(201);
    let conversation = stage.write("Where is it?").await;
    let path = format!("/conversations/{}", id(&conversation));
    stage.server.patch(&path, json!({"custom_fields": {"Level": "gold"}})).await.expect(204);
    let told = partner.call(0).await.json;
    let event = stage.server.get(&format!("/events/{}", id(&told))).await.expect(200);
    let full = &event["target"]["data"];
    let defined = stage.server.get("/conversations/custom_fields").await.rows().remove(0);
    assert_eq!(full["id"], field.as_str());
    for (name, value) in defined.as_object().expect("a field") {
        assert_eq!(&full[name], value, "{name}");
    }
    assert_eq!(full["change"], json!([null, "gold"]));
    assert_eq!(told["target"]["data"], json!({"_links": full["_links"], "id": full["id"]}));
    // One that is gone is still named.
    stage.server.delete(&format!("/portico/v1/custom_fields/{field}"), None).await.expect(204);
    let event = stage.server.get(&format!("/events/{}", id(&told))).await.expect(200);
    assert_eq!(event["target"]["data"], told["target"]["data"]);
}

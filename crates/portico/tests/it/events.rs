//! What the log shows of conversations that move, merge and change, and to whom.

use serde_json::json;

use crate::office::Partner;
use crate::rule_actions::{Stage, id};

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

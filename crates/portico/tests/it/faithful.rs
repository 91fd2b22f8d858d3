//! What leaves is a fixed point of `JSON.stringify(JSON.parse(body))`, whatever clients have stored.

use serde_json::{Value, json};

use crate::office::{Office, Partner};
use crate::rule_actions::id;
use crate::server::Server;

/// Numbers and keys that other writers of JSON lay out otherwise than JavaScript.
fn treacherous() -> Value {
    json!({"a": 1.0, "b": 1e5, "c": 1e-7, "d": 1e21, "e": 12_345_678_901_234_567_890_u64, "10": "x", "2": "y"})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_clients_store_leaves_as_javascript_would_write_it() {
    let (server, partner) = (Server::start().await, Partner::start().await);
    let office = Office::furnish(&server, None).await;
    let then = json!([{"do": "webhook", "url": partner.url, "body": "full"}]);
    let rule = json!({"name": "Tell", "definition": {"when": [{"on": "inbound"}], "then": then}});
    server.post("/portico/v1/rules", rule).await.expect(201);
    let field = json!({"owner": "conversation", "name": "Datetime", "type": "datetime"});
    server.post("/portico/v1/custom_fields", field).await.expect(201);
    let incoming = format!("/channels/{}/incoming_messages", office.custom);
    let message = |metadata: Value| json!({"sender": {"handle": "ann"}, "body": "Hello", "metadata": metadata});
    server.post(&incoming, message(json!({"thread_ref": "c-1"}))).await.expect(202);
    let conversation = server.get("/conversations").await.rows().remove(0);
    let path = format!("/conversations/{}", id(&conversation));
    server.patch(&path, json!({"custom_fields": {"Datetime": 1_700_000_000.0}})).await.expect(204);
    let metadata = json!({"thread_ref": "c-1", "headers": treacherous()});
    server.post(&incoming, message(metadata)).await.expect(202);
    let call = partner.call(1).await;
    let text = String::from_utf8(call.bytes.to_vec()).expect("text");
    assert!(text.contains(r#""custom_fields":{"Datetime":1700000000}"#), "{text}");
    let headers = r#""2":"y","10":"x","a":1,"b":100000,"c":1e-7,"d":1e+21,"e":12345678901234567000"#;
    assert!(text.contains(headers), "{text}");
    assert!(wire::javascript::is_faithful(&call.bytes), "{text}");
}

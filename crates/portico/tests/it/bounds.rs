//! Texts that every list and event shows have a length; what is longer is refused with its field's name.

use serde_json::{Value, json};

use crate::office::Office;
use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_shown_everywhere_has_a_length() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let long = |length: usize| "é".repeat(length);
    let incoming = format!("/channels/{}/incoming_messages", office.custom);
    let message = |field: &str, value: Value| {
        let mut body = json!({"sender": {"handle": "ann", "name": "Ann"}, "subject": "A lamp", "body": "Hello"});
        match field {
            "sender.name" => body["sender"]["name"] = value,
            field => body[field] = value,
        }
        body
    };
    let imported = format!("/inboxes/{}/imported_messages", office.inbox);
    let old = json!({"sender": {"handle": "ann@example.com"}, "to": ["support@acme.example"], "body": "Hello",
        "subject": long(4_001), "external_id": "1", "created_at": 1_500_000_000, "metadata": {"is_inbound": true}});
    let rule = json!({"when": [{"on": "inbound"}], "then": [{"do": "archive"}]});
    let headers = json!({"headers": {"x-note": "x".repeat(300_000)}});
    let handles = json!([{"source": "email", "handle": "ann@example.com"}]);
    for (path, body, field) in [
        (incoming.as_str(), message("subject", json!(long(4_001))), "subject"),
        (&incoming, message("sender.name", json!(long(1_001))), "sender.name"),
        (&incoming, message("metadata", headers), "metadata"),
        (&imported, old, "subject"),
        ("/contacts", json!({"handles": handles, "name": long(1_001)}), "name"),
        ("/contacts", json!({"handles": handles, "description": long(65_536)}), "description"),
        ("/contacts", json!({"handles": handles, "links": [long(4_097)]}), "links"),
        ("/accounts", json!({"name": long(1_001)}), "name"),
        ("/accounts", json!({"name": "Example", "description": long(65_536)}), "description"),
        ("/accounts", json!({"name": "Example", "external_id": long(501)}), "external_id"),
        ("/accounts", json!({"name": "Example", "domains": [long(254)]}), "domains[0]"),
        ("/links", json!({"external_url": "https://a.example/1", "name": long(4_097)}), "name"),
        ("/tags", json!({"name": "VIP", "description": long(10_001)}), "description"),
        ("/portico/v1/rules", json!({"name": long(201), "definition": rule}), "name"),
        ("/portico/v1/tokens", json!({"name": long(257), "scopes": ["tags:read"]}), "name"),
    ] {
        let refused = server.post(path, body).await.expect(400);
        let why = refused["_error"]["message"].as_str().unwrap_or_default();
        assert!(why.contains(&format!("{field}: expected")), "{path} {field}: {refused}");
    }
    assert!(server.get("/conversations").await.rows().is_empty(), "nothing was kept");
    server.post(&incoming, message("subject", json!(long(4_000)))).await.expect(202);
    server.post("/tags", json!({"name": "VIP", "description": long(10_000)})).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_put_somewhere_and_taken_away_a_thousand_at_a_time() {
    let server = Server::start().await;
    Office::furnish(&server, None).await;
    let handles = json!([{"source": "email", "handle": "ann@example.com"}]);
    let ann = server.post("/contacts", json!({"handles": handles})).await.expect(201)["id"].clone();
    let account = server.post("/accounts", json!({"name": "Example"})).await.expect(201);
    server.post("/contact_lists", json!({"name": "VIP"})).await.expect(204);
    let list = server.get("/contact_lists").await.rows()[0]["id"].clone();
    let (account, list) = (account["id"].as_str().unwrap_or_default(), list.as_str().unwrap_or_default());
    for path in [format!("/accounts/{account}/contacts"), format!("/contact_lists/{list}/contacts")] {
        let many = json!({"contact_ids": vec![&ann; 1_001]});
        for refused in [
            server.post(&path, many.clone()).await.expect(400),
            server.delete(&path, Some(many.clone())).await.expect(400),
        ] {
            let why = refused["_error"]["message"].as_str().unwrap_or_default();
            assert!(why.contains("contact_ids: expected at most 1000"), "{path}: {refused}");
        }
        assert!(server.get(&path).await.rows().is_empty(), "nobody was put there");
        server.post(&path, json!({"contact_ids": vec![&ann; 1_000]})).await.expect(204);
        assert_eq!(server.get(&path).await.rows().len(), 1);
    }
}

//! Application objects and triggers: recognised in what people write, filled in by the app's server, and reason enough
//! for a rule to act (contract/apps.md sections 2.6 and 2.8, contract/rules.md section 8).

use std::sync::{Arc, Mutex};

use axum::http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};
use webhooks::sign::ApplicationKey;

use crate::apps::{feature, register};
use crate::guest::Guest;
use crate::office::{Office, Partner, until};
use crate::server::{Reply, Server};

/// A request that the shop got: its query, and whether it was signed.
type Asked = (String, bool);

/// A shop's server, which knows its orders.
struct Shop {
    url: String,
    secret: Arc<Mutex<String>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    answer: Arc<Mutex<(u16, Value)>>,
}

impl Shop {
    async fn open() -> Shop {
        let (asked, secret): (Arc<Mutex<Vec<Asked>>>, Arc<Mutex<String>>) = Default::default();
        let answer =
            Arc::new(Mutex::new((200, json!({"status": "packed", "total": 12.5, "secret": "x", "late": "no"}))));
        let (noted, key, told) = (asked.clone(), secret.clone(), answer.clone());
        let service = axum::Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap| {
            let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_string();
            let at: i64 = header("x-front-request-timestamp").parse().unwrap_or(0);
            let key = ApplicationKey::new(&key.lock().expect("the secret"));
            let is_signed = method == Method::GET && key.verify(at, b"undefined", &header("x-front-signature"));
            noted.lock().expect("the list").push((uri.to_string(), is_signed));
            let (status, body) = told.lock().expect("the answer").clone();
            async move { (StatusCode::from_u16(status).expect("a status"), axum::Json(body)) }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        #[expect(clippy::disallowed_methods, reason = "a fake at the edge of the building, gone with its test")]
        tokio::spawn(async move { axum::serve(listener, service).await });
        Shop { url, secret, asked, answer }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("the list").clone()
    }
}

/// A company whose app recognises the orders of a shop.
struct Scene {
    server: Server,
    office: Office,
    shop: Shop,
    uid: String,
}

impl Scene {
    async fn set() -> Scene {
        let server = Server::start().await;
        let office = Office::furnish(&server, None).await;
        let shop = Shop::open().await;
        let (uid, secret) = register(&server, "Shop").await;
        *shop.secret.lock().expect("the secret") = secret;
        let fields = json!([{"name": "status", "type": "string"}, {"name": "total", "type": "number"},
            {"name": "late", "type": "boolean"}, {"name": "missing", "type": "string"}]);
        let order = json!({"kind": "object", "name": "Order", "pattern": "ORDER-{Digits}", "fields": fields,
            "target_url": "https://shop.example/orders/{{1}}", "request": {"url": format!("{}/order", shop.url)}});
        feature(&server, &uid, order).await;
        let trigger = json!({"kind": "trigger", "event_type": "order_change", "object": "Order",
            "properties": [{"name": "status", "type": "string"}]});
        feature(&server, &uid, trigger).await;
        Scene { server, office, shop, uid }
    }

    /// A customer writes; answers the path of the conversation.
    async fn write(&self, who: &str, body: &str) -> String {
        let path = format!("/channels/{}/incoming_messages", self.office.custom);
        self.server.post(&path, json!({"sender": {"handle": who}, "body": body})).await.expect(202);
        let row = self.server.get("/conversations?limit=1").await.rows().remove(0);
        format!("/conversations/{}", row["id"].as_str().expect("an id"))
    }

    async fn links(&self, conversation: &str) -> Vec<Value> {
        self.server.get(conversation).await.expect(200)["links"].as_array().expect("links").clone()
    }

    async fn tell(&self, body: Value) -> Reply {
        self.server.post(&format!("/applications/{}/events", self.uid), body).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_becomes_an_object_with_the_shops_fields() {
    let scene = Scene::set().await;
    let conversation = scene.write("ann", "Where are ORDER-235 and (ORDER-7)? Not PREORDER-9.").await;
    let links = scene.links(&conversation).await;
    let shown: Vec<(&Value, &Value, &Value)> =
        links.iter().map(|link| (&link["name"], &link["type"], &link["external_url"])).collect();
    let kind = json!(format!("app_{}", scene.uid));
    let (first, second) = (json!("https://shop.example/orders/235"), json!("https://shop.example/orders/7"));
    assert_eq!(shown, [(&json!("ORDER-235"), &kind, &first), (&json!("ORDER-7"), &kind, &second)]);
    let path = format!("/links/{}", links[0]["id"].as_str().expect("an id"));
    let link = until(&scene.server, &path, |link| link["custom_fields"]["status"] == "packed").await;
    // What the object has no field for, and what is of another type, is not kept.
    assert_eq!(link["custom_fields"], json!({"status": "packed", "total": 12.5}));
    scene.server.patch(&path, json!({"custom_fields": {}})).await.expect(400);
    let asked = scene.shop.asked();
    assert!(asked.contains(&("/order?id=235".to_string(), true)), "{asked:?}");
    let comment = json!({"author_id": scene.office.ada, "body": "Same as ORDER-8"});
    scene.server.post(&format!("{conversation}/comments"), comment).await.expect(201);
    assert_eq!(scene.links(&conversation).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_or_a_text_names_an_object_in_the_api() {
    let scene = Scene::set().await;
    scene.server.post("/links", json!({"pattern": "ORDER-235"})).await.expect(400);
    let url = "https://shop.example/orders/235";
    let made = scene.server.post("/links", json!({"external_url": url})).await.expect(201);
    assert_eq!(made["type"], format!("app_{}", scene.uid));
    let path = format!("/links/{}", made["id"].as_str().expect("an id"));
    until(&scene.server, &path, |link| link["custom_fields"]["status"] == "packed").await;
    *scene.shop.answer.lock().expect("the answer") = (200, json!({"status": "sent"}));
    let same = scene.server.post("/links", json!({"pattern": "ORDER-235"})).await.expect(201);
    assert_eq!(same["id"], made["id"]);
    let link = until(&scene.server, &path, |link| link["custom_fields"]["status"] == "sent").await;
    assert_eq!(link["custom_fields"], json!({"status": "sent"}));
    scene.server.post("/links", json!({"pattern": "ORDER-236"})).await.expect(400);
    scene.server.post("/links", json!({"pattern": "ORDER-235", "external_url": url})).await.expect(400);
    let other =
        scene.server.post("/links", json!({"external_url": "https://shop.example/baskets/1"})).await.expect(201);
    assert_eq!(other["type"], "web");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_does_not_answer_leaves_the_object_as_it_is() {
    let scene = Scene::set().await;
    *scene.shop.answer.lock().expect("the answer") = (500, json!({"status": "broken"}));
    let conversation = scene.write("ann", "ORDER-235").await;
    until(&scene.server, "/portico/v1/deliveries", |log| log["_results"][0]["tries"] == 1).await;
    let link = scene.links(&conversation).await.remove(0);
    assert_eq!(link["custom_fields"], json!({}));
    let line = scene.server.get("/portico/v1/deliveries").await.rows().remove(0);
    assert_eq!((&line["link_id"], &line["shape"]), (&link["id"], &json!("object")));
    *scene.shop.answer.lock().expect("the answer") = (200, json!({"status": "packed"}));
    scene.server.desk().clock().advance(desk::time::HOUR);
    let path = format!("/links/{}", link["id"].as_str().expect("an id"));
    until(&scene.server, &path, |link| link["custom_fields"]["status"] == "packed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_outside_runs_rules_where_the_object_is() {
    let scene = Scene::set().await;
    let when = json!([{"on": "app_event", "application": scene.uid, "event_type": "order_change", "payload": ["status", "paid"]}]);
    let body = "Order {{payload.status}}, paid: {{payload.paid}}{{payload.by}}; before: {{object.status}}";
    let rule = json!({"name": "Tell", "definition": {"when": when, "if": {"payload": {"key": "status", "test": {"is": "shipped"}}},
        "then": [{"do": "comment", "body": body}]}});
    scene.server.post("/portico/v1/rules", rule).await.expect(201);
    let ann = scene.write("ann", "Where is ORDER-235?").await;
    let bob = scene.write("bob", "Is ORDER-235 mine?").await;
    let eve = scene.write("eve", "And ORDER-7?").await;
    let link = scene.links(&ann).await.remove(0);
    let path = format!("/links/{}", link["id"].as_str().expect("an id"));
    until(&scene.server, &path, |link| link["custom_fields"]["status"] == "packed").await;
    // Who paid is told as well, but the trigger declares no such property.
    let event = |status: &str, object: Value| json!({"event_type": "order_change", "app_object": object, "status": status, "paid": true, "by": "card"});
    let by_address = json!({"ext_link": "https://shop.example/orders/235"});
    scene.tell(event("shipped", by_address.clone())).await.expect(204);
    scene.tell(event("lost", by_address.clone())).await.expect(204);
    // The id wins over the address.
    let both = json!({"id": link["id"], "ext_link": "https://shop.example/orders/7"});
    scene.tell(event("shipped", both)).await.expect(204);
    for (conversation, wanted) in [(&ann, 2), (&bob, 2), (&eve, 0)] {
        let comments = scene.server.get(&format!("{conversation}/comments")).await.rows();
        assert_eq!(comments.len(), wanted, "{conversation}");
        for comment in comments {
            assert_eq!(comment["body"], "Order shipped, paid: true; before: packed");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_outside_is_told_as_one_of_its_link() {
    let (scene, partner) = (Scene::set().await, Partner::start().await);
    let when =
        json!([{"on": "app_event", "application": scene.uid, "event_type": "order_change", "payload": ["status"]}]);
    let then = json!([{"do": "webhook", "url": partner.url, "body": "full"}]);
    let rule = json!({"name": "Tell", "definition": {"when": when, "then": then}});
    scene.server.post("/portico/v1/rules", rule).await.expect(201);
    let conversation = scene.write("ann", "Where is ORDER-235?").await;
    let link = scene.links(&conversation).await.remove(0);
    let object = json!({"id": link["id"]});
    scene.tell(json!({"event_type": "order_change", "app_object": object, "status": "sent"})).await.expect(204);
    let told = partner.call(0).await.json;
    assert_eq!((&told["type"], &told["target"]["data"]["id"]), (&json!("link_added"), &link["id"]));
    let shown = scene.server.get(&format!("/events/{}", told["id"].as_str().expect("an id"))).await.expect(200);
    assert_eq!((&shown["type"], &shown["target"]["data"]["id"]), (&told["type"], &link["id"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_means_nothing_is_refused() {
    let scene = Scene::set().await;
    let conversation = scene.write("ann", "Where is ORDER-235? https://web.example/1").await;
    let link = scene.links(&conversation).await.remove(0);
    let web = scene.server.post("/links", json!({"external_url": "https://web.example/1"})).await.expect(201);
    let object = json!({"id": link["id"]});
    for (event, culprit) in [
        (json!({"event_type": "order_lost", "app_object": object}), "event_type"),
        (json!({"event_type": "order_change", "app_object": {"id": web["id"]}}), "app_object"),
        (
            json!({"event_type": "order_change", "app_object": {"ext_link": "https://shop.example/orders/8"}}),
            "app_object",
        ),
        (json!({"event_type": "order_change", "app_object": {}}), "app_object"),
        (json!({"event_type": "order_change", "app_object": {"id": "nonsense"}}), "app_object.id"),
        (json!({"event_type": "order_change"}), "app_object"),
        (json!({"event_type": "order_change", "app_object": object, "more": "x".repeat(20_000)}), "20"),
    ] {
        let refused = scene.tell(event.clone()).await.expect(400);
        assert!(refused.to_string().contains(culprit), "{event}: {refused}");
    }
    let event = json!({"event_type": "order_change", "app_object": object});
    let path = format!("/applications/{}/events", scene.uid);
    Guest::foreign(&scene.server).await.post(&path, event.clone()).await.expect(404);
    Guest::with_scopes(&scene.server, &["conversations:write"]).await.post(&path, event.clone()).await.expect(403);
    Guest::with_scopes(&scene.server, &["feature:app_trigger"]).await.post(&path, event.clone()).await.expect(204);
    scene.server.post(&format!("/portico/v1/apps/{}/disable", scene.uid), json!({})).await.expect(204);
    scene.tell(event).await.expect(404);
    let later = scene.write("ann", "And ORDER-9?").await;
    assert_eq!(scene.links(&later).await.len(), 1, "a switched-off app recognises nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_know_the_application_behind_a_link() {
    let scene = Scene::set().await;
    let tag = scene.server.post("/company/tags", json!({"name": "Order"})).await.expect(201);
    let when = json!([{"on": "link_added", "applications": [scene.uid]}]);
    let rule = json!({"name": "Mark", "definition": {"when": when, "then": [{"do": "add_tags", "tags": [tag["id"]]}]}});
    scene.server.post("/portico/v1/rules", rule).await.expect(201);
    let conversation = scene.write("ann", "hello").await;
    let tags = async || scene.server.get(&conversation).await.expect(200)["tags"].as_array().expect("tags").len();
    let links = format!("{conversation}/links");
    scene.server.post(&links, json!({"link_external_urls": ["https://web.example/1"]})).await.expect(204);
    assert_eq!(tags().await, 0);
    scene.server.post(&links, json!({"link_external_urls": ["https://shop.example/orders/1"]})).await.expect(204);
    assert_eq!(tags().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_that_makes_no_sense_is_refused_when_it_is_saved() {
    let server = Server::start().await;
    let (uid, _) = register(&server, "Shop").await;
    for (pattern, target, culprit) in [
        ("ORDER-{Digits}", "https://shop.example/{{number}}", "{{number}}"),
        ("ORDER-{Digits}", "https://shop.example/{{2}}", "{{2}}"),
        ("ORDER-{Digits}", "https://shop.example/*", "wildcard"),
        ("ORDER-{Digits}", "shop.example/{{1}}", "address"),
        ("", "https://shop.example/", "pattern"),
    ] {
        let settings = json!({"kind": "object", "name": "Order", "pattern": pattern, "target_url": target});
        let path = format!("/portico/v1/apps/{uid}/features");
        let refused = server.post(&path, json!({"settings": settings})).await.expect(400);
        assert!(refused.to_string().contains(culprit), "{pattern} {target}: {refused}");
    }
}

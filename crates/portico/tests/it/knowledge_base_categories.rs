//! Categories of knowledge bases over HTTP.

use serde_json::{Value, json};

use crate::guest::Guest;
use crate::knowledge_bases::{make as make_base, publish, published_at, told};
use crate::server::Server;
use crate::world::World;

/// A new category of a knowledge base; its id.
pub async fn make(server: &Server, base: &str, name: &str) -> String {
    let category = server.post(&format!("{base}/categories"), json!({"name": name})).await.expect(201);
    category["id"].as_str().expect("an id").to_string()
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["id"].as_str().expect("an id")).collect()
}

fn below(id: &str) -> String {
    format!("/knowledge_base_categories/{id}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_category_is_made_shown_changed_and_deleted() {
    let server = Server::start().await;
    let base = make_base(&server, "Help").await;
    let parent = make(&server, &base, "Getting started").await;
    let body = json!({"name": "Billing", "description": "What it costs", "parent_category_id": parent});
    let category = server.post(&format!("{base}/categories"), body).await.expect(201);
    let id = category["id"].as_str().expect("an id");
    assert!(id.starts_with("kbc_"), "{id}");
    let path = below(id);
    assert_eq!((&category["name"], &category["description"]), (&json!("Billing"), &json!("What it costs")));
    assert_eq!((&category["locale"], &category["is_hidden"]), (&json!("en"), &json!(false)));
    for (link, end) in [
        ("knowledge_base", base.clone()),
        ("parent_category", below(&parent)),
        ("articles", format!("{path}/articles")),
    ] {
        let link = category["_links"]["related"][link].as_str().expect("a link");
        assert!(link.ends_with(&end), "{link}");
    }
    assert_eq!(server.get(&format!("{path}/content")).await.expect(200), category);
    let slim = server.get(&path).await.expect(200);
    assert_eq!((&slim["slug"], &slim["locales"]), (&json!(format!("/categories/{}", &id[4..])), &json!(["en"])));
    let changed = server.patch(&format!("{path}/content"), json!({"description": null})).await.expect(200);
    assert_eq!((&changed["name"], &changed["description"]), (&json!("Billing"), &Value::Null));
    let changed = server.patch(&format!("{path}/content"), json!({"name": "Money"})).await.expect(200);
    assert_eq!(server.get(&format!("{path}/content")).await.expect(200), changed);
    assert_eq!(changed["name"], "Money");
    assert_eq!(server.delete(&below(&parent), None).await.expect(204), Value::Null);
    server.get(&below(&parent)).await.expect(404);
    let orphan = server.get(&path).await.expect(200);
    assert_eq!(orphan["_links"]["related"]["parent_category"], Value::Null, "it moved up");
    assert_eq!(ids(&server.get(&format!("{base}/categories")).await.rows()), [id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_category_says_something_in_each_locale_by_itself() {
    let server = Server::start().await;
    let base = make_base(&server, "Help").await;
    let french = server.post(&format!("{base}/locales/fr/categories"), json!({"name": "Factures"})).await.expect(201);
    assert_eq!((&french["locale"], &french["name"]), (&json!("fr"), &json!("Factures")));
    let path = below(french["id"].as_str().expect("an id"));
    assert_eq!(server.get(&path).await.expect(200)["locales"], json!(["fr"]));
    assert_eq!(server.get(&format!("{path}/locales/fr/content")).await.expect(200), french);
    server.get(&format!("{path}/content")).await.expect(404);
    server.patch(&format!("{path}/content"), json!({})).await.expect(404);
    server.patch(&format!("{path}/content"), json!({"name": "Bills"})).await.expect(200);
    assert_eq!(server.get(&path).await.expect(200)["locales"], json!(["en", "fr"]));
    let change = json!({"name": "Argent"});
    let changed = server.patch(&format!("{path}/locales/fr/content"), change).await.expect(200);
    assert_eq!((&changed["locale"], &changed["name"]), (&json!("fr"), &json!("Argent")));
    assert_eq!(server.get(&format!("{path}/content")).await.expect(200)["name"], "Bills");
    server.post(&format!("{base}/locales/es/categories"), json!({"name": "Facturas"})).await.expect(404);
    server.get(&format!("{path}/locales/es/content")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_categories_of_a_knowledge_base_come_in_pages() {
    let server = Server::start().await;
    let (base, other) = (make_base(&server, "Help").await, make_base(&server, "Inside").await);
    make(&server, &other, "elsewhere").await;
    let mut made = Vec::new();
    for name in ["a", "b", "c"] {
        made.push(make(&server, &base, name).await);
    }
    let page = server.get(&format!("{base}/categories?limit=2")).await.expect(200);
    assert_eq!(ids(page["_results"].as_array().expect("rows")), made[..2]);
    let next = page["_pagination"]["next"].as_str().expect("a second page");
    let page = server.get(next.strip_prefix(&server.url("")).expect("our own address")).await.expect(200);
    assert_eq!(ids(page["_results"].as_array().expect("rows")), made[2..]);
    assert_eq!(page["_pagination"]["next"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_knowledge_base_is_published_again_as_its_categories_change() {
    let server = Server::start().await;
    let base = make_base(&server, "Help").await;
    let category = make(&server, &base, "Billing").await;
    publish(&server, &base, "published").await;
    let first = published_at(&server, &base).await.expect("a time");
    let content = format!("{}/content", below(&category));
    server.patch(&content, json!({"name": "Billing"})).await.expect(200);
    assert_eq!(published_at(&server, &base).await, Some(first), "the same name is no change");
    server.patch(&content, json!({"name": "Money"})).await.expect(200);
    let second = published_at(&server, &base).await.expect("a time");
    assert!(second > first);
    server.delete(&below(&category), None).await.expect(204);
    assert!(published_at(&server, &base).await.expect("a time") > second);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_category_is_named() {
    let server = Server::start().await;
    let (base, other) = (make_base(&server, "Help").await, make_base(&server, "Inside").await);
    let foreign = make(&server, &other, "elsewhere").await;
    let before = told(&server).await;
    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": ""}), "name"),
        (json!({"name": "x".repeat(201)}), "name"),
        (json!({"name": "a", "description": "x".repeat(10_001)}), "description"),
        (json!({"name": "a", "parent_category_id": "nonsense"}), "parent_category_id"),
        (json!({"name": "a", "parent_category_id": "kbc_zz"}), "parent_category_id"),
        (json!({"name": "a", "parent_category_id": foreign}), "parent_category_id"),
    ] {
        let refused = server.post(&format!("{base}/categories"), body).await.expect(400);
        let why = refused["_error"]["details"][0].as_str().unwrap_or_default();
        assert!(why.starts_with(&format!("{field}:")), "{refused}");
    }
    server.patch(&format!("{}/content", below(&foreign)), json!({"name": ""})).await.expect(400);
    server.post("/knowledge_bases/knb_zz/categories", json!({"name": "a"})).await.expect(404);
    assert!(server.get(&format!("{base}/categories")).await.rows().is_empty());
    assert_eq!(told(&server).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn categories_need_the_scopes_of_knowledge_bases() {
    let server = Server::start().await;
    let base = make_base(&server, "Help").await;
    let path = below(&make(&server, &base, "Billing").await);
    let writer = Guest::with_scopes(&server, &["knowledge_bases:write"]).await;
    writer.get(&path).await.expect(403);
    writer.get(&format!("{base}/categories")).await.expect(403);
    writer.delete(&path, None).await.expect(403);
    let reader = Guest::with_scopes(&server, &["knowledge_bases:read"]).await;
    reader.get(&format!("{path}/content")).await.expect(200);
    reader.post(&format!("{base}/categories"), json!({"name": "a"})).await.expect(403);
    reader.patch(&format!("{path}/content"), json!({"name": "a"})).await.expect(403);
    reader.delete(&path, None).await.expect(403);
    Guest::with_scopes(&server, &["knowledge_bases:delete"]).await.delete(&path, None).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_reach_the_company_or_is_of_another_one_finds_no_category() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let base = make_base(&server, "Help").await;
    let path = below(&make(&server, &base, "Billing").await);
    for guest in [Guest::of_team(&server, world.support).await, Guest::foreign(&server).await] {
        guest.get(&path).await.expect(404);
        guest.get(&format!("{path}/content")).await.expect(404);
        guest.get(&format!("{base}/categories")).await.expect(404);
        guest.post(&format!("{base}/categories"), json!({"name": "Mine"})).await.expect(404);
        guest.patch(&format!("{path}/content"), json!({"name": "Mine"})).await.expect(404);
        guest.delete(&path, None).await.expect(404);
    }
    assert_eq!(server.get(&format!("{path}/content")).await.expect(200)["name"], "Billing");
}

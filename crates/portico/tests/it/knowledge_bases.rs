//! Knowledge bases over HTTP.

use serde_json::{Value, json};

use crate::guest::Guest;
use crate::server::Server;
use crate::world::World;

/// A new knowledge base; its path.
pub async fn make(server: &Server, name: &str) -> String {
    let base = server.post("/knowledge_bases", json!({"name": name})).await.expect(201);
    format!("/knowledge_bases/{}", base["id"].as_str().expect("an id"))
}

/// Publishes a knowledge base, or takes it back.
pub async fn publish(server: &Server, base: &str, status: &str) {
    let shown = server.patch(&format!("/portico/v1{base}"), json!({"status": status})).await.expect(200);
    assert_eq!(shown["status"], status);
}

/// When a knowledge base was published last.
pub async fn published_at(server: &Server, base: &str) -> Option<f64> {
    server.get(&format!("/portico/v1{base}")).await.expect(200)["published_at"].as_f64()
}

/// How many lines the log has.
pub async fn told(server: &Server) -> i64 {
    let count = |work: &mut desk::Work<'_>| {
        let (count,): (i64,) =
            work.conn.one("SELECT count(*) FROM events WHERE company = $1", db::args![work.company])?;
        Ok(count)
    };
    server.arrange(count).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_knowledge_base_is_made_shown_and_renamed() {
    let server = Server::start().await;
    let base = server.post("/knowledge_bases", json!({"name": "Help", "type": "internal"})).await.expect(201);
    let id = base["id"].as_str().expect("an id");
    assert!(id.starts_with("knb_"), "{id}");
    let path = format!("/knowledge_bases/{id}");
    assert_eq!((&base["name"], &base["type"], &base["locale"]), (&json!("Help"), &json!("internal"), &json!("en")));
    assert_eq!(base["status"], "unpublished");
    for (link, end) in [("articles", "/articles"), ("categories", "/categories")] {
        let link = base["_links"]["related"][link].as_str().expect("a link");
        assert!(link.ends_with(&format!("{path}{end}")), "{link}");
    }
    assert_eq!(server.get(&format!("{path}/content")).await.expect(200), base);
    assert_eq!(server.get(&format!("{path}/locales/en/content")).await.expect(200), base);
    let renamed = server.patch(&format!("{path}/content"), json!({"name": "Answers"})).await.expect(200);
    assert_eq!(renamed["name"], "Answers");
    assert_eq!(server.get(&format!("{path}/content")).await.expect(200), renamed);
    let slim = server.get(&path).await.expect(200);
    assert_eq!((&slim["type"], &slim["locales"]), (&json!("internal"), &json!(["en"])));
    assert_eq!(server.get("/knowledge_bases").await.rows(), [slim]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_knowledge_base_is_external_unless_it_says_otherwise() {
    let server = Server::start().await;
    let path = make(&server, "Help").await;
    assert_eq!(server.get(&path).await.expect(200)["type"], "external");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_knowledge_base_has_a_name_in_each_locale_that_it_was_given_one_in() {
    let server = Server::start().await;
    let path = make(&server, "Help").await;
    let french = format!("{path}/locales/fr/content");
    server.get(&french).await.expect(404);
    let named = server.patch(&french, json!({"name": "Aide"})).await.expect(200);
    assert_eq!((&named["name"], &named["locale"]), (&json!("Aide"), &json!("fr")));
    assert_eq!(server.get(&french).await.expect(200), named);
    assert_eq!(server.get(&format!("{path}/content")).await.expect(200)["name"], "Help");
    assert_eq!(server.get(&path).await.expect(200)["locales"], json!(["en", "fr"]));
    for locale in ["es", "EN", "en-US", "%20"] {
        server.get(&format!("{path}/locales/{locale}/content")).await.expect(404);
        server.patch(&format!("{path}/locales/{locale}/content"), json!({"name": "x"})).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_knowledge_base_that_is_renamed_is_published_again() {
    let server = Server::start().await;
    let path = make(&server, "Help").await;
    publish(&server, &path, "published").await;
    assert_eq!(server.get(&format!("{path}/content")).await.expect(200)["status"], "published");
    let before = (published_at(&server, &path).await.expect("a time"), told(&server).await);
    server.patch(&format!("{path}/content"), json!({"name": "Help"})).await.expect(200);
    let after = (published_at(&server, &path).await.expect("a time"), told(&server).await);
    assert_eq!(after, before, "the same name is no change");
    server.patch(&format!("{path}/content"), json!({"name": "Answers"})).await.expect(200);
    assert!(published_at(&server, &path).await.expect("a time") > before.0);
    publish(&server, &path, "unpublished").await;
    server.patch(&format!("{path}/content"), json!({"name": "Help"})).await.expect(200);
    assert_eq!(published_at(&server, &path).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_says_which_locale_is_the_default() {
    let server = Server::start().await;
    let path = make(&server, "Help").await;
    let admin = format!("/portico/v1{path}");
    for wrong in [json!({"default_locale": "fr"}), json!({"default_locale": "es"}), json!({"status": "lost"})] {
        server.patch(&admin, wrong).await.expect(400);
    }
    server.patch(&format!("{path}/locales/fr/content"), json!({"name": "Aide"})).await.expect(200);
    server.patch(&admin, json!({"default_locale": "fr"})).await.expect(200);
    let shown = server.get(&format!("{path}/content")).await.expect(200);
    assert_eq!((&shown["name"], &shown["locale"]), (&json!("Aide"), &json!("fr")));
    assert_eq!(server.get(&path).await.expect(200)["locales"], json!(["fr", "en"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_knowledge_base_is_named() {
    let server = Server::start().await;
    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": " "}), "name"),
        (json!({"name": "x".repeat(201)}), "name"),
        (json!({"name": "Help", "type": "secret"}), "type"),
    ] {
        let refused = server.post("/knowledge_bases", body).await.expect(400);
        let why = refused["_error"]["details"][0].as_str().unwrap_or_default();
        assert!(why.starts_with(&format!("{field}:")), "{refused}");
    }
    assert!(server.get("/knowledge_bases").await.rows().is_empty(), "nothing was kept");
    let path = make(&server, "Help").await;
    let before = told(&server).await;
    for (locale, body) in [("", json!({"name": ""})), ("", json!({})), ("/locales/fr", json!({"name": null}))] {
        let refused = server.patch(&format!("{path}{locale}/content"), body).await.expect(400);
        let why = refused["_error"]["details"][0].as_str().unwrap_or_default();
        assert!(why.starts_with("name:"), "{refused}");
    }
    assert_eq!(told(&server).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn knowledge_bases_need_their_scopes() {
    let server = Server::start().await;
    let path = make(&server, "Help").await;
    let reader = Guest::with_scopes(&server, &["knowledge_bases:read"]).await;
    reader.get("/knowledge_bases").await.expect(200);
    reader.get(&path).await.expect(200);
    reader.get(&format!("{path}/content")).await.expect(200);
    reader.post("/knowledge_bases", json!({"name": "Mine"})).await.expect(403);
    reader.patch(&format!("{path}/content"), json!({"name": "Mine"})).await.expect(403);
    let writer = Guest::with_scopes(&server, &["knowledge_bases:write"]).await;
    writer.get("/knowledge_bases").await.expect(403);
    writer.get(&format!("{path}/locales/en/content")).await.expect(403);
    writer.patch(&format!("/portico/v1{path}"), json!({"status": "published"})).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn knowledge_bases_are_the_companys_and_no_workspaces() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = make(&server, "Help").await;
    let guest = Guest::of_team(&server, world.support).await;
    guest.get("/knowledge_bases").await.expect(403);
    guest.post("/knowledge_bases", json!({"name": "Mine"})).await.expect(403);
    guest.get(&path).await.expect(404);
    guest.get(&format!("{path}/content")).await.expect(404);
    guest.patch(&format!("{path}/content"), json!({"name": "Mine"})).await.expect(404);
    guest.patch(&format!("/portico/v1{path}"), json!({"status": "published"})).await.expect(403);
    let company = Guest::of_the_company(&server).await;
    let shown = company.get(&format!("{path}/content")).await.expect(200);
    assert_eq!((&shown["name"], &shown["status"]), (&json!("Help"), &json!("unpublished")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_knowledge_bases_of_another_company_are_not_there() {
    let server = Server::start().await;
    let path = make(&server, "Help").await;
    let foreign = Guest::foreign(&server).await;
    assert_eq!(foreign.get("/knowledge_bases").await.rows(), Vec::<Value>::new());
    foreign.get(&path).await.expect(404);
    foreign.get(&format!("{path}/content")).await.expect(404);
    foreign.patch(&format!("{path}/content"), json!({"name": "Mine"})).await.expect(404);
    assert_eq!(server.get(&format!("{path}/content")).await.expect(200)["name"], "Help");
}

//! Links over HTTP.

use serde_json::{Value, json};

use crate::guest::Guest;
use crate::server::Server;

async fn make(server: &Server, number: usize) -> Value {
    server.post("/links", json!({"external_url": format!("https://tracker.example/{number}")})).await.expect(201)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_known_by_its_address() {
    let server = Server::start().await;
    let link = make(&server, 1).await;
    assert_eq!((&link["name"], &link["type"]), (&json!("https://tracker.example/1"), &json!("web")));
    assert_eq!(make(&server, 1).await, link, "the same address is the same link");
    let path = format!("/links/{}", link["id"].as_str().unwrap_or_default());
    server.patch(&path, json!({"name": "Ticket 1"})).await.expect(204);
    assert_eq!(server.get(&path).await.expect(200)["name"], "Ticket 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_identifies_a_link_as_it_was_written() {
    let server = Server::start().await;
    let mut ids = Vec::new();
    for url in ["https://tracker.example/a b", "https://tracker.example/a%20b", "https://tracker.example/\u{e4}"] {
        let link = server.post("/links", json!({"external_url": url})).await.expect(201);
        assert_eq!((&link["external_url"], &link["name"]), (&json!(url), &json!(url)));
        assert_eq!(server.post("/links", json!({"external_url": format!(" {url} ")})).await.expect(201), link);
        ids.push(link["id"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 3, "each is a link of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_come_in_pages_and_by_type() {
    let server = Server::start().await;
    for number in 1..=3 {
        make(&server, number).await;
    }
    let page = server.get("/links?limit=2&sort_by=id&sort_order=desc").await.expect(200);
    assert_eq!(page["_results"][0]["name"], "https://tracker.example/3");
    let next = page["_pagination"]["next"].as_str().expect("a second page");
    let rows = server.get(next.strip_prefix(&server.url("")).expect("our own address")).await.rows();
    assert_eq!((rows.len(), &rows[0]["name"]), (1, &json!("https://tracker.example/1")));
    assert_eq!(server.get("/links?q[types]=web").await.rows().len(), 3);
    assert!(server.get("/links?q[types][]=jira&q[types][]=trello").await.rows().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_link_is_named() {
    let server = Server::start().await;
    for body in [
        json!({}),
        json!({"external_url": "nowhere"}),
        json!({"external_url": "https://a.example/\n1"}),
        json!({"pattern": "ORDER-1"}),
        json!({"external_url": "https://a.example", "pattern": "ORDER-1"}),
    ] {
        server.post("/links", body).await.expect(400);
    }
    let link = make(&server, 1).await;
    server.patch(&format!("/links/{}", link["id"].as_str().unwrap_or_default()), json!({"name": ""})).await.expect(400);
    server.get("/links/top_1a2b").await.expect(404);
    server.patch("/links/top_1a2b", json!({"name": "x"})).await.expect(404);
    server.get("/links/top_1a2b/conversations").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_links_conversations_have_their_old_address_too() {
    let server = Server::start().await;
    let link = make(&server, 1).await;
    let id = link["id"].as_str().unwrap_or_default();
    for path in [format!("/links/{id}/conversations"), format!("/topics/{id}/conversations")] {
        assert!(server.get(&path).await.rows().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_need_their_scopes_and_stay_in_their_company() {
    let server = Server::start().await;
    let link = make(&server, 1).await;
    let path = format!("/links/{}", link["id"].as_str().unwrap_or_default());
    let reader = Guest::with_scopes(&server, &["links:read"]).await;
    reader.get(&path).await.expect(200);
    reader.patch(&path, json!({"name": "x"})).await.expect(403);
    reader.post("/links", json!({"external_url": "https://a.example"})).await.expect(403);
    reader.get(&format!("{path}/conversations")).await.expect(403);
    let foreign = Guest::foreign(&server).await;
    foreign.get(&path).await.expect(404);
    assert!(foreign.get("/links").await.rows().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_has_the_fields_that_the_company_defined() {
    let server = Server::start().await;
    for (name, kind) in [("Severity", "string"), ("Votes", "number")] {
        let field = json!({"owner": "link", "name": name, "type": kind});
        server.post("/portico/v1/custom_fields", field).await.expect(201);
    }
    let defined = server.get("/links/custom_fields").await.rows();
    assert_eq!(defined.len(), 2, "{defined:?}");
    let link = make(&server, 1).await;
    let path = format!("/links/{}", link["id"].as_str().unwrap_or_default());
    let fields = json!({"Severity": "high", "Votes": 3});
    let both = json!({"name": "Ticket 1", "custom_fields": fields});
    server.patch(&path, both).await.expect(204);
    let shown = server.get(&path).await.expect(200);
    assert_eq!((&shown["name"], &shown["custom_fields"]), (&json!("Ticket 1"), &fields));
    // A name alone leaves them; wrong ones change nothing, the name beside them neither.
    server.patch(&path, json!({"name": "Ticket one"})).await.expect(204);
    for wrong in [json!({"Votes": "many"}), json!({"Unknown": 1}), json!([1])] {
        server.patch(&path, json!({"name": "x", "custom_fields": wrong})).await.expect(400);
    }
    let shown = server.get(&path).await.expect(200);
    assert_eq!((&shown["name"], &shown["custom_fields"]), (&json!("Ticket one"), &fields));
    // They are all that the link has: what is left out is empty from now on.
    server.patch(&path, json!({"custom_fields": {"Votes": 4, "Severity": null}})).await.expect(204);
    assert_eq!(server.get(&path).await.expect(200)["custom_fields"], json!({"Votes": 4}));
    let foreign = Guest::foreign(&server).await;
    foreign.patch(&path, json!({"custom_fields": {"Votes": 5}})).await.expect(404);
    let reader = Guest::with_scopes(&server, &["links:read"]).await;
    reader.patch(&path, json!({"custom_fields": {"Votes": 5}})).await.expect(403);
}

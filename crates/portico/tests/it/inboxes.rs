//! Inboxes over HTTP.

use serde_json::{Value, json};

use crate::guest::Guest;
use crate::server::Server;
use crate::world::World;

fn names(rows: &[Value]) -> String {
    rows.iter().filter_map(|row| row["name"].as_str().or(row["username"].as_str())).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn inboxes_are_created_where_the_path_says() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let owner = |inbox: &Value| inbox["_links"]["related"]["owner"].as_str().unwrap_or_default().to_string();
    let oldest = server.post("/inboxes", json!({"name": "Oldest"})).await.expect(201);
    assert!(owner(&oldest).ends_with(&world.support.to_string()) && oldest["is_public"] == true);
    let team = format!("/teams/{}/inboxes", world.sales);
    let sales = server.post(&team, json!({"name": "Closed", "teammate_ids": [world.ben]})).await.expect(201);
    assert!(owner(&sales).ends_with(&world.sales.to_string()) && sales["is_public"] == false);
    let private = format!("/teammates/{}/private_inboxes", world.ada);
    let own = server.post(&private, json!({"name": "Own"})).await.expect(201);
    assert!(owner(&own).ends_with(&world.ada.to_string()) && own["is_private"] == true);
    assert_eq!(names(&server.get(&team).await.rows()), "Sales Closed");
    assert_eq!(names(&server.get(&private).await.rows()), "Own");
    assert_eq!(names(&server.get("/inboxes").await.rows()), "Support Sales Oldest Closed Own");
    assert_eq!(server.get(&format!("/inboxes/{}", own["id"].as_str().unwrap_or_default())).await.expect(200), own);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_inbox_is_named() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    for body in [
        json!({}),
        json!({"name": " "}),
        json!({"name": "a", "teammate_ids": ["tea_1a2b"]}),
        json!({"name": "a", "custom_fields": {"No such": 1}}),
        json!({"name": "a", "is_public": "perhaps"}),
    ] {
        server.post("/inboxes", body).await.expect(400);
    }
    server.post(&format!("/teammates/{}/private_inboxes", world.ben), json!({"name": "a"})).await.expect(404);
    server.get("/inboxes/inb_1a2b").await.expect(404);
    server.get("/inboxes/inb_1a2b/channels").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_let_in_and_out_by_name() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let access = format!("/inboxes/{}/teammates", world.sales_inbox);
    assert!(server.get(&access).await.rows().is_empty());
    server.post(&access, json!({"teammate_ids": ["alt:email:ben@acme.example"]})).await.expect(204);
    assert_eq!(names(&server.get(&access).await.rows()), "ben");
    server.delete(&access, Some(json!({"teammate_ids": [world.ben]}))).await.expect(204);
    assert!(server.get(&access).await.rows().is_empty());
    let public = server.get(&format!("/inboxes/{}/teammates", world.inbox)).await.rows();
    assert_eq!(names(&public), "ada", "members may open public inboxes");
    server.post(&access, json!({"teammate_ids": ["nobody"]})).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_lists_its_conversations_in_pages() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let channels = format!("/inboxes/{}/channels", world.inbox);
    server.post(&channels, json!({"type": "custom", "name": "Shop"})).await.expect(204);
    let channel = server.get(&channels).await.rows()[0]["id"].as_str().unwrap_or_default().to_string();
    for sender in ["a", "b", "c"] {
        let message = json!({"sender": {"handle": sender}, "body": "hello"});
        server.post(&format!("/channels/{channel}/incoming_messages"), message).await.expect(202);
    }
    let page = server.get(&format!("/inboxes/{}/conversations?limit=2", world.inbox)).await.expect(200);
    assert_eq!(page["_results"].as_array().map(Vec::len), Some(2));
    let next = page["_pagination"]["next"].as_str().expect("a second page");
    assert_eq!(server.get(next.strip_prefix(&server.url("")).expect("our own address")).await.rows().len(), 1);
    assert!(server.get(&format!("/inboxes/{}/conversations", world.sales_inbox)).await.rows().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn inboxes_need_their_scopes_and_namespace() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let reader = Guest::with_scopes(&server, &["inboxes:read"]).await;
    reader.get("/inboxes").await.expect(200);
    reader.post("/inboxes", json!({"name": "a"})).await.expect(403);
    reader.get(&format!("/inboxes/{}/teammates", world.inbox)).await.expect(403);
    let guest = Guest::of_team(&server, world.sales).await;
    assert_eq!(names(&guest.get("/inboxes").await.rows()), "Sales");
    for path in ["", "/channels", "/conversations", "/teammates"] {
        guest.get(&format!("/inboxes/{}{path}", world.inbox)).await.expect(404);
    }
    guest.post(&format!("/inboxes/{}/teammates", world.inbox), json!({"teammate_ids": []})).await.expect(404);
    guest.get(&format!("/teams/{}/inboxes", world.support)).await.expect(404);
    guest.post(&format!("/teams/{}/inboxes", world.support), json!({"name": "a"})).await.expect(404);
    let made = guest.post("/inboxes", json!({"name": "New"})).await.expect(201);
    assert_eq!(names(&guest.get(&format!("/teams/{}/inboxes", world.sales)).await.rows()), "Sales New");
    let foreign = Guest::foreign(&server).await;
    foreign.get(&format!("/inboxes/{}", made["id"].as_str().unwrap_or_default())).await.expect(404);
}

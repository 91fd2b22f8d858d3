//! Teammates over HTTP.

use serde_json::json;

use crate::guest::Guest;
use crate::server::Server;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_teammate_is_found_by_id_and_by_address() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let ada = server.get(&format!("/teammates/{}", world.ada)).await.expect(200);
    for path in [
        "/teammates/alt:email:Ada@acme.example",
        "/teammates/ada@acme.example",
        "/teammates/alt%3Aemail%3Aada@acme.example",
    ] {
        assert_eq!(server.get(path).await.expect(200), ada, "{path}");
    }
    assert_eq!(ada["email"], "ada@acme.example");
    server.get("/teammates/alt:email:nobody@acme.example").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_holds_people_and_no_bots() {
    let server = Server::start().await;
    World::make(&server).await;
    let rows = server.get("/teammates").await.rows();
    assert_eq!(rows.iter().map(|row| row["username"].as_str().unwrap_or_default()).collect::<Vec<_>>(), ["ada", "ben"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_teammate_is_changed_in_part() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = format!("/teammates/{}", world.ada);
    server.patch(&path, json!({"first_name": "Augusta", "is_available": false})).await.expect(204);
    let ada = server.get(&path).await.expect(200);
    assert_eq!(
        (&ada["first_name"], &ada["username"], &ada["is_available"]),
        (&json!("Augusta"), &json!("ada"), &json!(false))
    );
    server.patch(&path, json!({"username": "ben"})).await.expect(409);
    for body in [
        json!({"username": "a b"}),
        json!({"username": "Ada"}),
        json!({"is_available": "perhaps"}),
        json!({"custom_fields": {"No such": 1}}),
    ] {
        server.patch(&path, body).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_teammate_has_inboxes_channels_and_conversations() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = format!("/teammates/{}", world.ada);
    let inboxes = server.get(&format!("{path}/inboxes")).await.rows();
    assert_eq!(inboxes.len(), 1, "the public one of her workspace");
    assert!(server.get(&format!("{path}/conversations")).await.rows().is_empty());
    assert!(server.get(&format!("{path}/channels")).await.rows().is_empty());
    server.get("/teammates/tea_1a2b/conversations").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn teammates_need_their_scopes_and_namespace() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = format!("/teammates/{}", world.ada);
    let reader = Guest::with_scopes(&server, &["teammates:read"]).await;
    reader.get(&path).await.expect(200);
    reader.patch(&path, json!({})).await.expect(403);
    reader.get(&format!("{path}/inboxes")).await.expect(403);
    let guest = Guest::of_team(&server, world.sales).await;
    assert!(guest.get("/teammates").await.rows().is_empty(), "nobody belongs to it");
    guest.get(&path).await.expect(404);
    guest.patch(&path, json!({"first_name": "x"})).await.expect(404);
    Guest::of_team(&server, world.support).await.get(&path).await.expect(200);
    Guest::foreign(&server).await.get(&path).await.expect(404);
}

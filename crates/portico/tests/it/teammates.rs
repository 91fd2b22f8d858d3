//! Teammates over HTTP.

use serde_json::json;

use crate::guest::Guest;
use crate::office::Office;
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

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_in_the_name_of_somebody_blocked() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let incoming = json!({"sender": {"handle": "ann"}, "body": "Where is it?"});
    server.post(&format!("/channels/{}/incoming_messages", office.custom), incoming).await.expect(202);
    let conversation = server.get("/conversations").await.rows()[0]["id"].as_str().expect("an id").to_string();
    let new = json!({"to": ["ann@example.com"], "subject": "Offer", "body": "First", "author_id": office.ada});
    let draft = server.post(&format!("/channels/{}/drafts", office.email), new.clone()).await.expect(200);
    server.patch(&format!("/portico/v1/teammates/{}", office.ada), json!({"is_blocked": true})).await.expect(204);
    let text = json!({"body": "Here", "author_id": office.ada});
    let reply = json!({"body": "Here", "author_id": "alt:email:ada@acme.example", "channel_id": office.custom});
    let first = json!({"type": "discussion", "subject": "Plans", "teammate_ids": [office.ada], "comment": text});
    for (path, body) in [
        (format!("/conversations/{conversation}/comments"), text.clone()),
        (format!("/conversations/{conversation}/messages"), reply.clone()),
        (format!("/conversations/{conversation}/drafts"), reply),
        (format!("/channels/{}/messages", office.email), new.clone()),
        (format!("/channels/{}/drafts", office.email), new),
        ("/contacts/alt:custom:ann/notes".to_string(), text.clone()),
        ("/conversations".to_string(), first),
    ] {
        let refused = server.post(&path, body).await.expect(400);
        let why = refused["_error"]["message"].as_str().unwrap_or_default();
        assert!(why.contains(&format!("author_id: {} is blocked", office.ada)), "{path}: {refused}");
    }
    let edit = json!({"body": "Second", "channel_id": office.email, "version": draft["version"]});
    let mut in_their_name = edit.clone();
    in_their_name["author_id"] = json!(office.ada);
    let path = format!("/drafts/{}/", draft["id"].as_str().expect("an id"));
    server.patch(&path, in_their_name).await.expect(400);
    server.patch(&path, edit).await.expect(200);
    let past = json!({
        "sender": {"handle": "support@acme.example", "author_id": office.ada},
        "to": ["ann@example.com"],
        "body": "Long ago",
        "external_id": "past-1",
        "created_at": 1_600_000_000,
        "metadata": {"is_inbound": false},
    });
    server.post(&format!("/inboxes/{}/imported_messages", office.inbox), past).await.expect(202);
}

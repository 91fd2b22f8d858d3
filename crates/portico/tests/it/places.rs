//! What the admin API does to inboxes, workspaces and the secrets of channels, and to conversations.

use serde_json::{Value, json};
use webhooks::sign::RuleKey;

use crate::guest::Guest;
use crate::office::{Office, Partner};
use crate::server::Server;
use crate::world::World;

fn inbox(id: impl std::fmt::Display) -> String {
    format!("/portico/v1/inboxes/{id}")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_is_renamed_closed_and_moved() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let change = json!({"name": "Returns", "is_public": false, "team_id": world.sales});
    let changed = server.patch(&inbox(world.inbox), change).await.expect(200);
    assert_eq!((&changed["name"], &changed["is_public"]), (&json!("Returns"), &json!(false)));
    assert_eq!(server.get(&format!("/inboxes/{}", world.inbox)).await.expect(200), changed);
    assert_eq!(server.get(&format!("/teams/{}/inboxes", world.sales)).await.rows().len(), 2);
    assert!(server.get(&format!("/inboxes/{}/teammates", world.inbox)).await.rows().is_empty(), "nobody was let in");
    for wrong in [json!({"name": " "}), json!({"team_id": "tim_1a2b"}), json!({"custom_fields": {"Nothing": 1}})] {
        server.patch(&inbox(world.inbox), wrong).await.expect(400);
    }
    server.patch(&inbox("inb_1a2b"), json!({})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_inbox_is_made_renamed_and_deleted_but_stays_private() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let private = format!("/teammates/{}/private_inboxes", world.ada);
    let made = server.post(&private, json!({"name": "Mine"})).await.expect(201);
    let path = inbox(made["id"].as_str().expect("an id"));
    server.patch(&path, json!({"is_public": true})).await.expect(400);
    server.patch(&path, json!({"team_id": world.sales})).await.expect(400);
    let changed = server.patch(&path, json!({"name": "My own"})).await.expect(200);
    assert_eq!((&changed["name"], &changed["is_private"]), (&json!("My own"), &json!(true)));
    server.delete(&path, None).await.expect(204);
    assert!(server.get(&private).await.rows().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_is_deleted_when_no_channel_and_no_conversation_is_left() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let channels = format!("/inboxes/{}/channels", world.inbox);
    server.post(&channels, json!({"type": "custom"})).await.expect(204);
    let channel = format!("/channels/{}", server.get(&channels).await.rows()[0]["id"].as_str().expect("an id"));
    let message = json!({"sender": {"handle": "ann"}, "body": "hello"});
    server.post(&format!("{channel}/incoming_messages"), message).await.expect(202);
    server.delete(&inbox(world.inbox), None).await.expect(409);
    server.patch(&channel, json!({"inbox_id": world.sales_inbox})).await.expect(204);
    server.delete(&inbox(world.inbox), None).await.expect(204);
    server.get(&format!("/inboxes/{}", world.inbox)).await.expect(404);
    let task = json!({"type": "task", "subject": "Count the boxes", "inbox_id": world.sales_inbox});
    server.post("/conversations", task).await.expect(201);
    server.delete(&inbox(world.sales_inbox), None).await.expect(409);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_is_made_renamed_and_peopled() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let made = server.post("/portico/v1/teams", json!({"name": "Returns"})).await.expect(201);
    assert_eq!(made["assign_limit"], 100);
    let id = made["id"].as_str().expect("an id");
    let change = json!({"name": "Complaints", "assign_limit": 5});
    let changed = server.patch(&format!("/portico/v1/teams/{id}"), change).await.expect(200);
    assert_eq!((&changed["name"], &changed["assign_limit"]), (&json!("Complaints"), &json!(5)));
    server.post(&format!("/teams/{id}/teammates"), json!({"teammate_ids": [world.ben]})).await.expect(204);
    server.post(&format!("/teams/{id}/inboxes"), json!({"name": "Complaints"})).await.expect(201);
    let shown = server.get(&format!("/teams/{id}")).await.expect(200);
    assert_eq!((&shown["members"][0]["username"], &shown["inboxes"][0]["name"]), (&json!("ben"), &json!("Complaints")));
    server.patch(&format!("/portico/v1/teams/{id}"), json!({"name": ""})).await.expect(400);
    for limit in [-1, 0, 101] {
        server.patch(&format!("/portico/v1/teams/{id}"), json!({"assign_limit": limit})).await.expect(400);
    }
    server.patch("/portico/v1/teams/tim_1a2b", json!({})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_signs_with_its_own_secret_once_it_has_one() {
    let (server, partner) = (Server::start().await, Partner::start().await);
    let office = Office::furnish(&server, Some(&partner)).await;
    let path = format!("/portico/v1/channels/{}/secret", office.custom);
    let shared = server.get(&path).await.expect(200);
    let of_company = server.get("/portico/v1/company/secret").await.expect(200);
    assert_eq!((&shared["secret"], &shared["is_own"]), (&of_company["api_secret"], &json!(false)));
    assert_eq!(shared["webhook_url"], partner.url);
    let own = server.post(&format!("{path}/rotate"), json!({})).await.expect(200);
    assert!(own["is_own"] == true && own["secret"] != shared["secret"], "{own}");
    assert_eq!(server.get(&path).await.expect(200), own);
    server.delete(&path, None).await.expect(204);
    assert_eq!(server.get(&path).await.expect(200), shared);
    let again = server.post(&format!("{path}/rotate"), json!({})).await.expect(200);
    let body = json!({"to": ["ann"], "body": "Hello"});
    server.post(&format!("/channels/{}/messages", office.custom), body).await.expect(202);
    let call = partner.call(0).await;
    let key = RuleKey::new(again["secret"].as_str().expect("a secret"));
    assert_eq!(call.headers["x-front-signature"].to_str().expect("text"), key.sign(&call.bytes));
    let mail = format!("/portico/v1/channels/{}/secret/rotate", office.email);
    server.post(&mail, json!({})).await.expect(400);
}

async fn conversations(server: &Server, channel: impl std::fmt::Display) -> Vec<Value> {
    for handle in ["ann", "ben", "cem"] {
        let path = format!("/channels/{channel}/incoming_messages");
        server.post(&path, json!({"sender": {"handle": handle}, "body": handle})).await.expect(202);
    }
    server.get("/conversations").await.rows()
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_become_one_and_the_others_lead_to_it() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let all = conversations(&server, office.custom).await;
    let ids: Vec<&str> = all.iter().filter_map(|row| row["id"].as_str()).collect();
    let merge = format!("/portico/v1/conversations/{}/merge", ids[0]);
    let one = server.post(&merge, json!({"conversation_ids": [ids[1], ids[2]]})).await;
    assert!(!one.header("x-portico-version").is_empty());
    let one = one.expect(200);
    let kept = one["id"].as_str().expect("an id");
    assert_eq!(server.get(&format!("/conversations/{kept}/messages")).await.rows().len(), 3);
    for gone in ids.iter().filter(|id| **id != kept) {
        let moved = server.get(&format!("/conversations/{gone}/messages")).await;
        let survivor = server.url(&format!("/conversations/{kept}/messages"));
        assert_eq!((moved.status, moved.header("location")), (301, survivor.as_str()));
    }
    server.post(&format!("/portico/v1/conversations/{kept}/merge"), json!({"conversation_ids": []})).await.expect(400);
    let itself = json!({"conversation_ids": [kept]});
    server.post(&format!("/portico/v1/conversations/{kept}/merge"), itself).await.expect(400);
    let unknown = json!({"conversation_ids": ["cnv_1a2b"]});
    server.post(&format!("/portico/v1/conversations/{kept}/merge"), unknown).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_api_needs_its_scopes_and_namespace() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let channels = format!("/inboxes/{}/channels", world.inbox);
    server.post(&channels, json!({"type": "custom"})).await.expect(204);
    let custom = server.get(&channels).await.rows()[0]["id"].as_str().expect("an id").to_string();
    let all = conversations(&server, &custom).await;
    let (one, other) = (all[0]["id"].as_str().expect("an id"), &all[1]["id"]);
    let merge = format!("/portico/v1/conversations/{one}/merge");
    let (team, secret) =
        (format!("/portico/v1/teams/{}", world.support), format!("/portico/v1/channels/{custom}/secret"));
    let reader = Guest::with_scopes(&server, &["portico:read", "conversations:write"]).await;
    let (of_team, foreign) = (Guest::of_team(&server, world.sales).await, Guest::foreign(&server).await);
    for (guest, status) in [(reader, 403), (of_team, 404), (foreign, 404)] {
        guest.post(&merge, json!({"conversation_ids": [other]})).await.expect(status);
        guest.patch(&inbox(world.inbox), json!({"name": "x"})).await.expect(status);
        guest.delete(&inbox(world.inbox), None).await.expect(status);
        guest.patch(&team, json!({"name": "x"})).await.expect(status);
        guest.get(&secret).await.expect(status);
        guest.post(&format!("{secret}/rotate"), json!({})).await.expect(status);
        guest.delete(&secret, None).await.expect(status);
    }
}

//! Channels over HTTP.

use desk::access::Owner;
use desk::inboxes;
use serde_json::{Map, Value, json};

use crate::guest::Guest;
use crate::server::Server;
use crate::world::World;

async fn make(server: &Server, world: &World, body: Value) -> Value {
    let path = format!("/inboxes/{}/channels", world.inbox);
    server.post(&path, body).await.expect(204);
    server.get(&path).await.rows().pop().expect("a channel")
}

fn path(channel: &Value) -> String {
    format!("/channels/{}", channel["id"].as_str().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_created_and_found_by_id_and_address() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let body =
        json!({"type": "smtp", "name": "Support", "send_as": "help@acme.example", "settings": {"undo_send_time": 10}});
    let channel = make(&server, &world, body).await;
    assert_eq!((&channel["address"], &channel["type"]), (&json!("help@acme.example"), &json!("smtp")));
    assert_eq!(channel["settings"]["undo_send_time"], 10);
    assert_eq!(server.get(&path(&channel)).await.expect(200), channel);
    assert_eq!(server.get("/channels/alt:address:HELP@acme.example").await.expect(200), channel);
    assert_eq!(server.get("/channels").await.rows(), std::slice::from_ref(&channel));
    assert_eq!(server.get(&format!("/teams/{}/channels", world.support)).await.rows(), [channel]);
    assert!(server.get(&format!("/teams/{}/channels", world.sales)).await.rows().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channels_secrets_are_not_shown() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let settings = json!({"webhook_url": "https://partner.example/out", "sid": "S", "auth_token": "hidden"});
    let channel = make(&server, &world, json!({"type": "twilio", "send_as": "+15550100", "settings": settings})).await;
    assert!(!channel.to_string().contains("hidden") && !channel.to_string().contains("partner.example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_channel_is_named() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let inbox = format!("/inboxes/{}/channels", world.inbox);
    for body in [
        json!({}),
        json!({"type": "gmail"}),
        json!({"type": "smtp"}),
        json!({"type": "smtp", "send_as": "nobody"}),
        json!({"type": "custom", "settings": {"undo_send_time": 7}}),
        json!({"type": "custom", "settings": {"webhook_url": "somewhere"}}),
        json!({"type": "custom", "application_uid": "abc"}),
    ] {
        server.post(&inbox, body).await.expect(400);
    }
    server.post("/inboxes/inb_1a2b/channels", json!({"type": "custom"})).await.expect(404);
    server.post(&inbox, json!({"type": "smtp", "send_as": "a@acme.example"})).await.expect(204);
    server.post(&inbox, json!({"type": "smtp", "send_as": "A@acme.example"})).await.expect(409);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_moves_with_its_conversations() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let channel = make(&server, &world, json!({"type": "custom"})).await;
    let message = json!({"sender": {"handle": "a"}, "body": "hello"});
    server.post(&format!("{}/incoming_messages", path(&channel)), message).await.expect(202);
    server.patch(&path(&channel), json!({"name": "Shop", "inbox_id": world.sales_inbox})).await.expect(204);
    assert_eq!(server.get(&path(&channel)).await.expect(200)["name"], "Shop");
    assert_eq!(server.get(&format!("/inboxes/{}/conversations", world.sales_inbox)).await.rows().len(), 1);
    assert!(server.get(&format!("/inboxes/{}/conversations", world.inbox)).await.rows().is_empty());
    server.patch(&path(&channel), json!({"inbox_id": "inb_1a2b"})).await.expect(400);
    server.patch(&path(&channel), json!({"settings": {"undo_send_time": "soon"}})).await.expect(400);
    server.patch("/channels/cha_1a2b", json!({})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_may_have_its_address_taken_away() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let settings = json!({"webhook_url": "https://partner.example/out"});
    let channel = make(&server, &world, json!({"type": "custom", "settings": settings})).await;
    let secret = format!("/portico/v1{}/secret", path(&channel));
    assert_eq!(server.get(&secret).await.expect(200)["webhook_url"], "https://partner.example/out");
    server.patch(&path(&channel), json!({"settings": {"undo_send_time": 5}})).await.expect(204);
    assert_eq!(server.get(&secret).await.expect(200)["webhook_url"], "https://partner.example/out");
    server.patch(&path(&channel), json!({"settings": {"webhook_url": null}})).await.expect(204);
    assert_eq!(server.get(&secret).await.expect(200)["webhook_url"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_all_may_answer_is_a_setting_of_shared_channels_alone() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let ada = world.ada;
    let private = server
        .arrange(move |work| {
            let new = inboxes::New {
                owner: Owner::Teammate(ada),
                name: "Ada".to_string(),
                is_public: false,
                teammates: Vec::new(),
                custom_fields: Map::new(),
            };
            inboxes::create(work, &new)
        })
        .await;
    let settings = json!({"settings": {"all_teammates_can_reply": false}});
    let shared = make(&server, &world, json!({"type": "custom", "settings": settings["settings"]})).await;
    assert_eq!(shared["settings"]["all_teammates_can_reply"], false);
    let channels = format!("/inboxes/{private}/channels");
    server.post(&channels, json!({"type": "custom", "settings": settings["settings"]})).await.expect(400);
    server.post(&channels, json!({"type": "custom", "settings": {"undo_send_time": 10}})).await.expect(204);
    let own = server.get(&channels).await.rows().pop().expect("a channel");
    assert_eq!((&own["is_private"], &own["settings"]), (&json!(true), &json!({"undo_send_time": 10})));
    server.patch(&path(&own), settings.clone()).await.expect(400);
    let moving = json!({"inbox_id": private, "settings": settings["settings"]});
    server.patch(&path(&shared), moving).await.expect(400);
    server.patch(&path(&shared), json!({"inbox_id": private})).await.expect(204);
    let moved = server.get(&path(&shared)).await.expect(200);
    assert_eq!(moved["settings"], json!({"undo_send_time": 0}));
    server.patch(&path(&shared), json!({"inbox_id": world.inbox})).await.expect(204);
    assert_eq!(server.get(&path(&shared)).await.expect(200)["settings"], shared["settings"], "it was not forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_mail_channels_are_validated() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let mail = make(&server, &world, json!({"type": "smtp", "send_as": "a@acme.example"})).await;
    let answer = server.post(&format!("{}/validate", path(&mail)), json!({})).await.expect(202);
    assert_eq!(answer["status"], "accepted");
    let custom = make(&server, &world, json!({"type": "custom"})).await;
    server.post(&format!("{}/validate", path(&custom)), json!({})).await.expect(400);
    server.post("/channels/cha_1a2b/validate", json!({})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_need_their_scopes_and_namespace() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let channel = make(&server, &world, json!({"type": "custom"})).await;
    let reader = Guest::with_scopes(&server, &["channels:read"]).await;
    reader.get("/channels").await.expect(200);
    reader.patch(&path(&channel), json!({})).await.expect(403);
    reader.post(&format!("{}/validate", path(&channel)), json!({})).await.expect(403);
    reader.post(&format!("/inboxes/{}/channels", world.inbox), json!({"type": "custom"})).await.expect(403);
    let guest = Guest::of_team(&server, world.sales).await;
    assert!(guest.get("/channels").await.rows().is_empty());
    guest.get(&path(&channel)).await.expect(404);
    guest.patch(&path(&channel), json!({"name": "x"})).await.expect(404);
    guest.get(&format!("/teams/{}/channels", world.support)).await.expect(404);
    let foreign = Guest::foreign(&server).await;
    foreign.get(&path(&channel)).await.expect(404);
    assert_eq!(foreign.get("/channels").await.rows().len(), 1, "the one it was furnished with");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_channel_keeps_what_its_correspondents_are_known_by_and_whether_it_answers() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let settings = json!({"contact_type": "phone", "reply_mode": "unsupported", "compose_mode": "unsupported"});
    let channel = make(&server, &world, json!({"type": "custom", "settings": settings})).await;
    let message = json!({"sender": {"handle": "(555) 222-3333"}, "body": "hello"});
    server.post(&format!("{}/incoming_messages", path(&channel)), message).await.expect(202);
    let contact = server.get("/contacts").await.rows().remove(0);
    assert_eq!(contact["handles"][0]["source"], "phone", "{contact}");
    let conversation = server.get("/conversations").await.rows().remove(0);
    let reply = format!("/conversations/{}/messages", conversation["id"].as_str().expect("an id"));
    let new = format!("{}/messages", path(&channel));
    server.post(&reply, json!({"body": "hi"})).await.expect(403);
    server.post(&new, json!({"body": "hi", "to": ["+15552223333"]})).await.expect(403);
    let open = json!({"settings": {"reply_mode": "same_channel", "compose_mode": "normal", "contact_type": "phone"}});
    server.patch(&path(&channel), open).await.expect(204);
    server.post(&reply, json!({"body": "hi"})).await.expect(202);
    server.post(&new, json!({"body": "hi", "to": ["+15552223333"]})).await.expect(202);
    for refused in [json!({"contact_type": "email"}), json!({"reply_mode": "sometimes"})] {
        server.patch(&path(&channel), json!({"settings": refused})).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_signed_no_secret_is_shown() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let mail = make(&server, &world, json!({"type": "smtp", "send_as": "a@acme.example"})).await;
    server.get(&format!("/portico/v1{}/secret", path(&mail))).await.expect(400);
}

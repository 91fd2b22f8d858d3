//! What hangs on a conversation, over HTTP: who may be named, what is refused, and which scopes it needs.

use desk::ids::InboxId;
use serde_json::{Value, json};

use crate::guest::Guest;
use crate::office::until;
use crate::server::Server;
use crate::world::World;

/// A conversation in an inbox, open; its path.
async fn begun(server: &Server, inbox: InboxId) -> String {
    let body = json!({
        "sender": {"handle": "ann@example.com"},
        "to": ["support@acme.example"],
        "subject": "Order 42",
        "body": "Where is it?",
        "external_id": format!("{inbox}"),
        "created_at": 1_700_000_000,
        "metadata": {"is_inbound": true, "is_archived": false},
    });
    let answer = server.post(&format!("/inboxes/{inbox}/imported_messages"), body).await.expect(202);
    let uid = answer["message_uid"].as_str().expect("a uid");
    let message = server.get(&format!("/messages/alt:uid:{uid}")).await.expect(200);
    let url = message["_links"]["related"]["conversation"].as_str().expect("a link");
    url[url.find("/conversations/").expect("a conversation")..].to_string()
}

/// The types of a conversation's events, the oldest first.
async fn types(server: &Server, path: &str) -> Vec<String> {
    let events = server.get(&format!("{path}/events")).await.rows();
    events.iter().rev().filter_map(|event| event["type"].as_str().map(str::to_string)).collect()
}

fn message(error: &Value) -> &str {
    error["_error"]["message"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_assigned_by_id_or_alias_and_unassigned_by_null_or_nothing() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = begun(&server, world.inbox).await;
    let assignee = format!("{path}/assignee");
    for (to, status) in [
        (json!(world.ada), "assigned"),
        (Value::Null, "unassigned"),
        (json!("alt:email:ada@acme.example"), "assigned"),
        (json!(""), "unassigned"),
        (json!(""), "unassigned"),
    ] {
        server.put(&assignee, json!({"assignee_id": to})).await.expect(204);
        assert_eq!(server.get(&path).await.expect(200)["status"], status, "{to}");
    }
    assert_eq!(types(&server, &path).await, ["assign", "unassign", "assign", "unassign"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignee_has_to_be_named_and_known() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let assignee = format!("{}/assignee", begun(&server, world.inbox).await);
    for (body, status) in [
        (json!({}), 400),
        (json!({"assignee_id": 7}), 400),
        (json!({"assignee_id": "tea_1a2b"}), 404),
        (json!({"assignee_id": "alt:email:nobody@acme.example"}), 404),
    ] {
        server.put(&assignee, body).await.expect(status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_takes_a_conversation_out_of_the_open_lists_until_it_falls_due() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = begun(&server, world.inbox).await;
    let now = server.desk().clock().now().0 / 1_000;
    let body = json!({"teammate_id": "alt:email:ada@acme.example", "scheduled_at": now + 3_600});
    server.patch(&format!("{path}/reminders"), body).await.expect(204);
    let shown = server.get(&path).await.expect(200);
    assert_eq!(
        (&shown["status"], shown["scheduled_reminders"].as_array().map(Vec::len)),
        (&json!("archived"), Some(1))
    );
    assert_eq!(shown["scheduled_reminders"][0]["scheduled_at"], json!(now + 3_600));
    server.desk().clock().advance(3_601_000);
    // Any change rings for the timers; without one they are looked at in their own time.
    server.put(&format!("{path}/assignee"), json!({"assignee_id": world.ada})).await.expect(204);
    until(&server, &path, |shown| shown["status"] == "assigned").await;
    assert_eq!(server.get(&path).await.expect(200)["scheduled_reminders"], json!([]));
    assert_eq!(types(&server, &path).await, ["assign", "reminder"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_is_for_somebody_with_access_and_within_50_years() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = begun(&server, world.inbox).await;
    let reminders = format!("{path}/reminders");
    let now = server.desk().clock().now().0 / 1_000;
    let at = |when: Value| json!({"teammate_id": world.ada, "scheduled_at": when});
    server.patch(&reminders, at(json!(now + 60))).await.expect(204);
    server.patch(&reminders, at(Value::Null)).await.expect(204);
    let shown = server.get(&path).await.expect(200);
    assert_eq!((&shown["status"], &shown["scheduled_reminders"]), (&json!("unassigned"), &json!([])));
    for wrong in [json!(now - 1), json!(now + 51 * 366 * 86_400), json!("soon"), json!(1e300)] {
        let error = server.patch(&reminders, at(wrong)).await.expect(400);
        assert!(message(&error).contains("scheduled_at"), "{error}");
    }
    server.patch(&reminders, json!({"teammate_id": world.ada})).await.expect(400);
    server.patch(&reminders, json!({"scheduled_at": now + 60})).await.expect(400);
    let without_access = json!({"teammate_id": world.ben, "scheduled_at": now + 60});
    let error = server.patch(&reminders, without_access).await.expect(400);
    assert!(message(&error).contains("teammate_id"), "{error}");
    let stranger = json!({"teammate_id": "tea_1a2b", "scheduled_at": now + 60});
    server.patch(&reminders, stranger).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_among_teammates_is_snoozed_by_those_who_take_part() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let at = server.desk().clock().now().0 / 1_000 + 3_600;
    let remind = |teammate| json!({"teammate_id": teammate, "scheduled_at": at});
    for r#type in ["task", "discussion"] {
        let comment = json!({"body": "Who calls?"});
        let body = json!({"type": r#type, "subject": "Call", "teammate_ids": [world.ada], "comment": comment});
        let made = server.post("/conversations", body).await.expect(201);
        let path = format!("/conversations/{}", made["id"].as_str().expect("an id"));
        let reminders = format!("{path}/reminders");
        server.patch(&reminders, remind(world.ada)).await.expect(204);
        let shown = server.get(&path).await.expect(200);
        assert_eq!(
            (&shown["status"], &shown["scheduled_reminders"][0]["scheduled_at"]),
            (&json!("archived"), &json!(at))
        );
        let stranger = server.patch(&reminders, remind(world.ben)).await.expect(400);
        assert!(message(&stranger).contains("takes no part"), "{stranger}");
        let comment = json!({"body": "I do", "author_id": world.ben});
        server.post(&format!("{path}/comments"), comment).await.expect(201);
        server.patch(&reminders, remind(world.ben)).await.expect(204);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_without_access_to_the_inbox_does_not_snooze_it() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = begun(&server, world.inbox).await;
    server.post(&format!("{path}/followers"), json!({"teammate_ids": [world.ben]})).await.expect(204);
    let at = server.desk().clock().now().0 / 1_000 + 3_600;
    let remind = json!({"teammate_id": world.ben, "scheduled_at": at});
    let refused = server.patch(&format!("{path}/reminders"), remind).await.expect(400);
    assert!(message(&refused).contains("no access to the conversation's inbox"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn following_twice_is_following_once_and_no_public_event() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = begun(&server, world.inbox).await;
    let followers = format!("{path}/followers");
    let both = json!({"teammate_ids": [world.ada, "alt:email:ben@acme.example", "ada@acme.example"]});
    server.post(&followers, both.clone()).await.expect(204);
    assert_eq!(server.get(&followers).await.rows().len(), 2);
    server.delete(&followers, Some(json!({"teammate_ids": [world.ben]}))).await.expect(204);
    server.delete(&followers, Some(json!({"teammate_ids": [world.ben]}))).await.expect(204);
    let left = server.get(&followers).await.rows();
    assert_eq!((left.len(), &left[0]["id"]), (1, &json!(world.ada)));
    assert_eq!(types(&server, &path).await, Vec::<String>::new(), "following is no public event");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_follower_refuses_all_unless_errors_are_ignored() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let followers = format!("{}/followers", begun(&server, world.inbox).await);
    for stranger in ["tea_1a2b", "nonsense", "alt:email:nobody@acme.example"] {
        let body = json!({"teammate_ids": [world.ada, stranger]});
        let error = server.post(&followers, body.clone()).await.expect(400);
        assert!(message(&error).contains("teammate_ids"), "{error}");
        assert!(server.get(&followers).await.rows().is_empty());
        server.post(&format!("{followers}?ignore_errors=true"), body).await.expect(204);
        assert_eq!(server.get(&followers).await.rows().len(), 1);
        server.delete(&followers, Some(json!({"teammate_ids": [world.ada]}))).await.expect(204);
    }
    let many: Vec<_> = (0..51).map(|_| world.ada).collect();
    server.post(&followers, json!({"teammate_ids": many})).await.expect(400);
    server.post(&followers, json!({})).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_attached_by_address_or_id_and_taken_off() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = begun(&server, world.inbox).await;
    let links = format!("{path}/links");
    let url = "https://tracker.example/bugs/7";
    server.post(&links, json!({"link_external_urls": [url, url]})).await.expect(204);
    let shown = server.get(&path).await.expect(200)["links"].clone();
    assert_eq!((shown.as_array().map(Vec::len), &shown[0]["external_url"]), (Some(1), &json!(url)));
    let body = json!({"link_ids": [shown[0]["id"]]});
    server.delete(&links, Some(body.clone())).await.expect(204);
    assert_eq!(server.get(&path).await.expect(200)["links"], json!([]));
    server.post(&links, body.clone()).await.expect(204);
    assert_eq!(server.get(&path).await.expect(200)["links"], shown);
    assert_eq!(types(&server, &path).await, ["link_added", "link_removed", "link_added"]);
    let eleven: Vec<String> = (0..11).map(|number| format!("{url}{number}")).collect();
    for wrong in [
        json!({}),
        json!({"link_ids": [], "link_external_urls": []}),
        json!({"link_ids": ["top_1a2b"]}),
        json!({"link_external_urls": ["no address"]}),
        json!({"link_external_urls": eleven}),
    ] {
        server.post(&links, wrong).await.expect(400);
    }
    server.delete(&links, Some(json!({}))).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_the_caller_may_not_see_stays() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = begun(&server, world.inbox).await;
    let hidden = server.post(&format!("/teams/{}/tags", world.sales), json!({"name": "sales"})).await.expect(201);
    let own = server.post(&format!("/teams/{}/tags", world.support), json!({"name": "support"})).await.expect(201);
    let both = json!({"tag_ids": [hidden["id"], own["id"]]});
    server.post(&format!("{path}/tags"), both.clone()).await.expect(204);
    let guest = Guest::of_team(&server, world.support).await;
    guest.delete(&format!("{path}/tags"), Some(both)).await.expect(204);
    guest.patch(&path, json!({"tag_ids": []})).await.expect(204);
    let tags = server.get(&path).await.expect(200)["tags"].clone();
    assert_eq!((tags.as_array().map(Vec::len), &tags[0]["id"]), (Some(1), &hidden["id"]));
    assert_eq!(types(&server, &path).await, ["tag", "tag", "untag"]);
    server.delete(&format!("{path}/tags"), Some(json!({"tag_ids": [hidden["id"]]}))).await.expect(204);
    assert_eq!(server.get(&path).await.expect(200)["tags"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_of_other_workspaces_and_companies_are_not_found() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = begun(&server, world.inbox).await;
    let tag = server.post("/company/tags", json!({"name": "a"})).await.expect(201);
    for guest in [Guest::of_team(&server, world.sales).await, Guest::foreign(&server).await] {
        guest.get(&path).await.expect(404);
        guest.get(&format!("{path}/inboxes")).await.expect(404);
        guest.get(&format!("{path}/followers")).await.expect(404);
        guest.post(&format!("{path}/followers"), json!({"teammate_ids": []})).await.expect(404);
        guest.post(&format!("{path}/tags"), json!({"tag_ids": [tag["id"]]})).await.expect(404);
        guest.delete(&format!("{path}/tags"), Some(json!({"tag_ids": [tag["id"]]}))).await.expect(404);
        guest.post(&format!("{path}/links"), json!({"link_external_urls": ["https://a.example"]})).await.expect(404);
        let reminder = json!({"teammate_id": world.ada, "scheduled_at": null});
        guest.patch(&format!("{path}/reminders"), reminder).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_to_conversations_needs_its_scopes() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = begun(&server, world.inbox).await;
    let reader = Guest::with_scopes(&server, &["conversations:read"]).await;
    reader.get(&path).await.expect(200);
    reader.get(&format!("{path}/followers")).await.expect(403);
    reader.get(&format!("{path}/inboxes")).await.expect(403);
    for below in ["tags", "links", "followers"] {
        reader.post(&format!("{path}/{below}"), json!({})).await.expect(403);
        reader.delete(&format!("{path}/{below}"), Some(json!({}))).await.expect(403);
    }
    reader.patch(&format!("{path}/reminders"), json!({})).await.expect(403);
    Guest::with_scopes(&server, &["teammates:read"]).await.get(&format!("{path}/followers")).await.expect(200);
    Guest::with_scopes(&server, &["inboxes:read"]).await.get(&format!("{path}/inboxes")).await.expect(200);
}

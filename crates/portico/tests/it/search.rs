//! Search over HTTP: what every operator of contract/fundamentals.md section 9 finds, in which order, and for whom.

use desk::ids::InboxId;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::guest::Guest;
use crate::server::{Reply, Server};
use crate::world::World;

/// When the first of the messages was written (2023-11-14, 22:13:20 UTC), in seconds.
const FIRST: i64 = 1_700_000_000;

fn address(query: &str) -> String {
    format!("/conversations/search/{}", utf8_percent_encode(query, NON_ALPHANUMERIC))
}

async fn ask(server: &Server, query: &str) -> Reply {
    server.get(&address(query)).await
}

/// The subjects of the conversations that a query finds, in their order.
async fn found(server: &Server, query: &str) -> Vec<String> {
    let answer = ask(server, query).await.expect(200);
    let rows = answer["_results"].as_array().expect("rows");
    assert_eq!(answer["_total"], rows.len(), "{query}");
    rows.iter().map(|row| row["subject"].as_str().unwrap_or_default().to_string()).collect()
}

/// Imports a message into an inbox; answers the path of its conversation.
async fn import(server: &Server, inbox: InboxId, number: i64, from: &str, subject: &str, body: &str) -> String {
    let message = json!({
        "sender": {"handle": from},
        "to": ["support@acme.example"],
        "cc": ["carl@example.com"],
        "subject": subject,
        "body": body,
        "external_id": format!("{inbox}-{number}"),
        "created_at": FIRST + number * 86_400,
        "metadata": {"is_inbound": true, "is_archived": false},
    });
    let answer = server.post(&format!("/inboxes/{inbox}/imported_messages"), message).await.expect(202);
    let message = server.get(&format!("/messages/alt:uid:{}", answer["message_uid"].as_str().expect("a uid"))).await;
    let url = message.expect(200)["_links"]["related"]["conversation"].as_str().expect("a link").to_string();
    url[url.find("/conversations/").expect("a conversation")..].to_string()
}

/// Three conversations on three days: a lamp of Ann's, a chair of Bob's, and a lamp of Eve's in the other inbox.
struct Scene {
    server: Server,
    world: World,
    lamp: String,
    chair: String,
    other: String,
}

impl Scene {
    async fn set() -> Scene {
        let server = Server::start().await;
        let world = World::make(&server).await;
        let lamp = import(&server, world.inbox, 0, "ann@example.com", "Lamp", "Only one brass lamp arrived").await;
        let chair = import(&server, world.inbox, 1, "bob@example.com", "Chair", "It wobbles, unlike my lamp").await;
        let other =
            import(&server, world.sales_inbox, 2, "eve@example.com", "Grüße", "Eine Lampe? A lamp! 電灯 💡").await;
        Scene { server, world, lamp, chair, other }
    }

    async fn finds(&self, query: &str, subjects: &[&str]) {
        let mut found = found(&self.server, query).await;
        let mut wanted: Vec<String> = subjects.iter().map(ToString::to_string).collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_and_phrases_are_found_in_subjects_and_bodies() {
    let scene = Scene::set().await;
    scene.finds("lamp", &["Lamp", "Chair", "Grüße"]).await;
    scene.finds("LAMP wobbles", &["Chair"]).await;
    scene.finds("\"brass lamp\"", &["Lamp"]).await;
    scene.finds("\"lamp brass\"", &[]).await;
    scene.finds("grüsse", &[]).await;
    scene.finds("grüße", &["Grüße"]).await;
    scene.finds("電灯", &["Grüße"]).await;
    scene.finds("nothing like it", &[]).await;
    for nothing in ["lamp%00", "lamp%ff", "caf%e9"] {
        scene.server.get(&format!("/conversations/search/{nothing}")).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn handles_are_asked_for_by_their_role() {
    let scene = Scene::set().await;
    scene.finds("from:ann@example.com", &["Lamp"]).await;
    scene.finds("from:ANN@example.com from:bob@example.com", &["Lamp", "Chair"]).await;
    scene.finds("cc:carl@example.com", &["Lamp", "Chair", "Grüße"]).await;
    scene.finds("to:carl@example.com", &[]).await;
    scene.finds("bcc:carl@example.com", &[]).await;
    scene.finds("recipient:carl@example.com lamp is:open", &["Lamp", "Chair", "Grüße"]).await;
    scene.finds("from:ann@example.com wobbles", &[]).await;
    let contacts = scene.server.get("/contacts").await.rows();
    let ann = contacts.iter().find(|row| row["handles"][0]["handle"] == "ann@example.com").expect("Ann");
    scene.finds(&format!("contact:{}", ann["id"].as_str().expect("an id")), &["Lamp"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hangs_on_a_conversation_is_asked_for_by_id() {
    let scene = Scene::set().await;
    let Scene { server, world, lamp, chair, .. } = &scene;
    scene.finds(&format!("inbox:{}", world.sales_inbox), &["Grüße"]).await;
    let tag = server.post("/tags", json!({"name": "Urgent"})).await.expect(201)["id"].clone();
    server.post(&format!("{lamp}/tags"), json!({"tag_ids": [tag]})).await.expect(204);
    scene.finds(&format!("tag:{}", tag.as_str().expect("an id")), &["Lamp"]).await;
    let link = server.post("/links", json!({"external_url": "https://t.example/1"})).await.expect(201)["id"].clone();
    server.post(&format!("{chair}/links"), json!({"link_ids": [link]})).await.expect(204);
    scene.finds(&format!("link:{} lamp", link.as_str().expect("an id")), &["Chair"]).await;
    server.put(&format!("{lamp}/assignee"), json!({"assignee_id": world.ada})).await.expect(204);
    scene.finds(&format!("assignee:{}", world.ada), &["Lamp"]).await;
    scene.finds(&format!("assignee:{} is:unassigned", world.ada), &[]).await;
    let comment = json!({"body": "Look, @ben", "author_id": world.ada});
    server.post(&format!("{chair}/comments"), comment).await.expect(201);
    scene.finds(&format!("commenter:{}", world.ada), &["Chair"]).await;
    scene.finds(&format!("mention:{}", world.ben), &["Chair"]).await;
    scene.finds(&format!("participant:{}", world.ada), &["Chair"]).await;
    scene.finds("look", &["Chair"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn status_and_day_narrow_a_search() {
    let scene = Scene::set().await;
    let Scene { server, world, lamp, chair, other } = &scene;
    scene.finds("is:open is:unassigned is:unreplied", &["Lamp", "Chair", "Grüße"]).await;
    server.patch(lamp, json!({"status": "archived"})).await.expect(204);
    server.patch(chair, json!({"status": "deleted"})).await.expect(204);
    scene.finds("is:archived", &["Lamp"]).await;
    scene.finds("is:trashed lamp", &["Chair"]).await;
    scene.finds("is:open", &["Grüße"]).await;
    let joins = json!({"teammate_ids": [world.ada]});
    server.post(&format!("/teams/{}/teammates", world.sales), joins).await.expect(204);
    let until = server.desk().clock().now().0 / 1_000 + 3_600;
    let reminder = json!({"teammate_id": "alt:email:ada@acme.example", "scheduled_at": until});
    server.patch(&format!("{other}/reminders"), reminder).await.expect(204);
    scene.finds("is:snoozed", &["Grüße"]).await;
    let snoozed = ask(server, "is:snoozed").await.rows();
    assert_eq!(snoozed[0]["status"], "archived");
    scene.finds(&format!("before:{}", FIRST + 60), &["Lamp"]).await;
    scene.finds(&format!("after:{}", FIRST + 86_400 + 60), &["Grüße"]).await;
    scene.finds(&format!("during:{}", FIRST + 86_400), &["Chair"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_field_is_asked_for_by_name_and_value() {
    let scene = Scene::set().await;
    let field = json!({"owner": "conversation", "name": "Order state", "type": "string"});
    scene.server.post("/portico/v1/custom_fields", field).await.expect(201);
    let change = json!({"custom_fields": {"Order state": "On its way"}});
    scene.server.patch(&scene.chair, change).await.expect(204);
    scene.finds("custom_field:\"Order state=On its way\"", &["Chair"]).await;
    scene.finds("custom_field:\"Order state=Lost\"", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn custom_fields_of_every_type_are_asked_for_as_they_are_written() {
    let scene = Scene::set().await;
    for (name, r#type) in [("Paid", "boolean"), ("Count", "number"), ("Due", "datetime"), ("Word", "string")] {
        let field = json!({"owner": "conversation", "name": name, "type": r#type});
        scene.server.post("/portico/v1/custom_fields", field).await.expect(201);
    }
    let lamp = json!({"Paid": true, "Count": 1, "Due": 1_700_000_000.0, "Word": "tr\u{fc}b \"1\""});
    scene.server.patch(&scene.lamp, json!({"custom_fields": lamp})).await.expect(204);
    let chair = json!({"Paid": false, "Count": 10, "Due": 1_700_000_000.5, "Word": "true"});
    scene.server.patch(&scene.chair, json!({"custom_fields": chair})).await.expect(204);
    for (asked, subjects) in [
        ("Paid=true", &["Lamp"][..]),
        ("Paid=false", &["Chair"]),
        ("Paid=1", &[]),
        ("Count=1", &["Lamp"]),
        ("Count=1.0", &["Lamp"]),
        ("Due=1700000000", &["Lamp"]),
        ("Due=1700000000.5", &["Chair"]),
        ("Word=true", &["Chair"]),
        ("Word=tr\u{fc}b", &[]),
    ] {
        scene.finds(&format!("custom_field:\"{asked}\""), subjects).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_makes_no_sense_is_refused_with_its_place() {
    let scene = Scene::set().await;
    let long = "is:open ".repeat(16);
    for (query, part) in [("lamp tag:blue", "tag:blue at position 5"), ("is:lost", "is:lost"), (&long, "15 filters")] {
        let error = ask(&scene.server, query).await.expect(400);
        let message = error["_error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains(part), "{query}: {message}");
        assert!(message.starts_with("Invalid request: query: "), "it has no body: {message}");
    }
    // What only looks like a filter is text.
    scene.finds("10:30", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_finds_what_it_may_see() {
    let scene = Scene::set().await;
    let guest = Guest::of_team(&scene.server, scene.world.support).await;
    let answer = guest.get(&address("lamp")).await.expect(200);
    let subjects: Vec<&str> =
        answer["_results"].as_array().expect("rows").iter().filter_map(|row| row["subject"].as_str()).collect();
    assert_eq!((answer["_total"].as_i64(), subjects.contains(&"Grüße")), (Some(2), false), "{subjects:?}");
    let answer = guest.get(&address(&format!("inbox:{}", scene.world.sales_inbox))).await.expect(200);
    assert_eq!(answer["_total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_each_conversation_once_the_latest_first() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    for number in 0..7 {
        import(&server, world.inbox, number, &format!("c{number}@example.com"), &format!("Lamp {number}"), "Hello")
            .await;
    }
    let mut next = Some(format!("{}?limit=3", address("lamp")));
    let mut seen: Vec<Value> = Vec::new();
    while let Some(path) = next {
        let page = server.get(&path).await.expect(200);
        assert_eq!(page["_total"].as_i64().map(|total| total >= 7), Some(true));
        seen.extend(page["_results"].as_array().expect("rows").iter().map(|row| row["id"].clone()));
        // What arrives meanwhile belongs before the first page.
        let number = 100 + seen.len() as i64;
        import(&server, world.inbox, number, "new@example.com", "Lamp", "Hello").await;
        let link = page["_pagination"]["next"].as_str();
        next = link.and_then(|link| Some(link[link.find("/conversations/search")?..].to_string()));
    }
    let mut once = seen.clone();
    once.sort_by_key(ToString::to_string);
    once.dedup();
    assert_eq!((seen.len(), once.len()), (7, 7), "{seen:?}");
}

/// The subjects on the pages of a list whose `q` is plain text, in their order.
async fn listed(server: &Server, list: &str, query: &str) -> Vec<String> {
    let mut next = Some(format!("{list}?q={}&limit=1", utf8_percent_encode(query, NON_ALPHANUMERIC)));
    let mut subjects = Vec::new();
    while let Some(path) = next {
        let page = server.get(&path).await.expect(200);
        let rows = page["_results"].as_array().expect("rows");
        subjects.extend(rows.iter().map(|row| row["subject"].as_str().unwrap_or_default().to_string()));
        let link = page["_pagination"]["next"].as_str();
        next = link.and_then(|link| Some(link[link.find(list)?..].to_string()));
    }
    subjects
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_conversations_with_a_plain_q_gives_what_it_finds() {
    let scene = Scene::set().await;
    let Scene { server, world, lamp, .. } = &scene;
    assert_eq!(listed(server, "/conversations", "lamp is:open").await.len(), 3);
    assert_eq!(listed(server, "/conversations", "\"brass lamp\"").await, ["Lamp"]);
    assert_eq!(listed(server, &format!("/inboxes/{}/conversations", world.sales_inbox), "lamp").await, ["Grüße"]);
    assert_eq!(listed(server, "/contacts/alt:email:bob@example.com/conversations", "lamp").await, ["Chair"]);
    server.put(&format!("{lamp}/assignee"), json!({"assignee_id": world.ada})).await.expect(204);
    assert_eq!(listed(server, &format!("/teammates/{}/conversations", world.ada), "lamp").await, ["Lamp"]);
    let guest = Guest::of_team(server, world.support).await;
    let rows = guest.get("/conversations?q=lamp").await.rows();
    assert_eq!(rows.len(), 2, "{rows:?}");
    guest.get(&format!("/inboxes/{}/conversations?q=lamp", world.sales_inbox)).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_q_is_passed_over_or_refused_where_nothing_is_searched() {
    let server = Server::start().await;
    for list in ["/tags", "/inboxes", "/teammates"] {
        server.get(&format!("{list}?q=lamp")).await.expect(200);
    }
    // To pass over these would answer more than was asked for.
    for list in ["/contacts", "/events", "/links"] {
        server.get(&format!("{list}?q=lamp")).await.expect(400);
    }
    server.get("/conversations?q=tag:blue").await.expect(400);
    server.get("/conversations?q=lamp&q[statuses]=archived").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_q_counts_as_a_search() {
    let mut server = Server::with(|settings| {
        settings.serving.enforce_limits = true;
        settings.serving.requests_per_minute = 10;
    })
    .await;
    server.stay().await;
    for _ in 0..2 {
        server.get("/conversations?q=lamp").await.expect(200);
        ask(&server, "lamp").await.expect(200);
    }
    server.get("/conversations?q=lamp").await.expect(429);
    server.get("/conversations?q[statuses]=archived").await.expect(200);
}

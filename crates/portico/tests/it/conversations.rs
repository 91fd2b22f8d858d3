//! Conversations over HTTP.

use desk::ids::{ChannelId, ConversationId, InboxId};
use desk::messages::{self, Content, Incoming, Sender};
use desk::{Work, conversations};
use serde_json::{Value, json};

use crate::guest::Guest;
use crate::server::Server;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_company_has_no_conversations() {
    let server = Server::start().await;
    assert_eq!(server.get("/conversations").await.rows(), Vec::<serde_json::Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_conversation_is_not_found() {
    let server = Server::start().await;
    let error = server.get("/conversations/cnv_1a2b").await.expect(404);
    assert_eq!(error["_error"]["title"], "Not found");
}

/// A company with a conversation in its support inbox, which came through a channel.
struct Scene {
    server: Server,
    world: World,
    /// The path of the conversation.
    path: String,
}

impl Scene {
    async fn set() -> Scene {
        Scene::on(Server::start().await).await
    }

    async fn on(server: Server) -> Scene {
        let world = World::make(&server).await;
        let path = begun(&server, &world, "ann").await;
        Scene { server, world, path }
    }

    async fn conversation(&self) -> Value {
        self.server.get(&self.path).await.expect(200)
    }

    async fn change(&self, body: Value) {
        self.server.patch(&self.path, body).await.expect(204);
    }

    /// The types of its events, the oldest first.
    async fn told(&self) -> Vec<String> {
        let rows = self.server.get(&format!("{}/events", self.path)).await.rows();
        rows.iter().rev().filter_map(|row| row["type"].as_str()).map(str::to_string).collect()
    }
}

/// A message of somebody's begins a conversation; its path.
async fn begun(server: &Server, world: &World, handle: &str) -> String {
    let (inbox, handle) = (world.inbox, handle.to_string());
    let id = server
        .arrange(move |work| {
            let known = work.directory()?.channels_at("shop").next().map(|channel| channel.id);
            let channel = match known {
                Some(channel) => channel,
                None => custom(work, inbox)?,
            };
            let incoming = Incoming {
                channel,
                sender: Sender { handle: handle.clone(), name: None, contact: None },
                subject: "Order 42".to_string(),
                content: Content::plain("Where is it?"),
                thread: None,
                external_id: None,
                headers: None,
                uploads: Vec::new(),
                written_at: None,
            };
            Ok(messages::receive(work, &incoming)?.conversation)
        })
        .await;
    format!("/conversations/{id}")
}

fn custom(work: &mut Work<'_>, inbox: InboxId) -> desk::Result<ChannelId> {
    let channel = ChannelId(work.new_id());
    work.conn.exec(
        "INSERT INTO channels (company, id, inbox, type, name, address, settings, contact_type, is_valid, created_at) \
         VALUES ($1, $2, $3, 'custom', 'Shop', 'shop', $4, 'custom', TRUE, $5)",
        db::args![work.company, channel, inbox, json!({}), work.now],
    )?;
    work.directory_changed()?;
    Ok(channel)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_changes_all_it_names_and_nothing_else() {
    let scene = Scene::set().await;
    let sales = scene.world.sales_inbox.to_string();
    let tag = scene.server.post("/company/tags", json!({"name": "vip"})).await.expect(201);
    let change = json!({
        "assignee_id": "alt:email:ben@acme.example",
        "inbox_id": sales,
        "status": "archived",
        "tag_ids": [tag["id"]],
        "unknown_field": 1,
    });
    scene.change(change.clone()).await;
    scene.change(change).await;
    let now = scene.conversation().await;
    assert_eq!((&now["status"], &now["assignee"]["email"]), (&json!("archived"), &json!("ben@acme.example")));
    assert_eq!(now["tags"][0]["name"], "vip");
    assert_eq!(scene.told().await, ["inbound", "tag", "move", "assign", "archive"]);
    let inboxes = scene.server.get(&format!("{}/inboxes", scene.path)).await.rows();
    assert_eq!((inboxes.len(), &inboxes[0]["id"]), (1, &json!(sales)));
    scene.change(json!({"tags": ["vip", "new"], "assignee_id": null})).await;
    let now = scene.conversation().await;
    assert_eq!((now["tags"].as_array().map(Vec::len), &now["assignee"]), (Some(2), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_update_is_refused_with_the_field_and_changes_nothing() {
    let scene = Scene::set().await;
    for (body, field) in [
        (json!({"status": "done"}), "status"),
        (json!({"status": "open", "status_id": "sts_1"}), "status_id"),
        (json!({"status_id": "sts_1"}), "status_id"),
        (json!({"inbox_id": "inb_1", "status": "archived"}), "inbox_id"),
        (json!({"tag_ids": "all"}), "tag_ids"),
        (json!({"tag_ids": ["tag_1"], "status": "archived"}), "tag_ids"),
        (json!({"custom_fields": {"Nothing": 1}}), "custom_fields.Nothing"),
        (json!({"due_at": 4_000_000_000i64}), "due_at"),
    ] {
        let error = scene.server.patch(&scene.path, body).await.expect(400);
        assert!(error["_error"]["message"].as_str().is_some_and(|text| text.contains(field)), "{error} for {field}");
    }
    assert_eq!(scene.told().await, ["inbound"]);
    scene.server.patch(&scene.path, json!({"assignee_id": "tea_1"})).await.expect(404);
    scene.server.patch("/conversations/cnv_1", json!({"status": "open"})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_assignee_is_put_and_taken_away() {
    let scene = Scene::set().await;
    let path = format!("{}/assignee", scene.path);
    scene.server.put(&path, json!({"assignee_id": scene.world.ada.to_string()})).await.expect(204);
    assert_eq!(scene.conversation().await["status"], "assigned");
    scene.server.put(&path, json!({"assignee_id": null})).await.expect(204);
    assert_eq!(scene.conversation().await["status"], "unassigned");
    scene.server.put(&path, json!({})).await.expect(400);
    assert_eq!(scene.told().await, ["inbound", "assign", "unassign"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snoozed_conversation_shows_its_reminder() {
    let scene = Scene::set().await;
    let path = format!("{}/reminders", scene.path);
    let ada = "alt:email:ada@acme.example";
    let at = scene.server.desk().clock().now().plus(3_600_000).0 / 1_000;
    scene.server.patch(&path, json!({"teammate_id": ada, "scheduled_at": at})).await.expect(204);
    let now = scene.conversation().await;
    assert_eq!((&now["status"], &now["scheduled_reminders"][0]["scheduled_at"]), (&json!("archived"), &json!(at)));
    scene.server.patch(&path, json!({"teammate_id": ada, "scheduled_at": at - 7_200})).await.expect(400);
    scene.server.patch(&path, json!({"teammate_id": ada})).await.expect(400);
    scene.server.patch(&path, json!({"teammate_id": "tea_1", "scheduled_at": at})).await.expect(404);
    scene.server.patch(&path, json!({"teammate_id": ada, "scheduled_at": null})).await.expect(204);
    let now = scene.conversation().await;
    assert_eq!((&now["status"], &now["scheduled_reminders"]), (&json!("unassigned"), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn followers_come_and_go_and_errors_may_be_ignored() {
    let scene = Scene::set().await;
    let path = format!("{}/followers", scene.path);
    let some = json!({"teammate_ids": ["alt:email:ada@acme.example", "tea_1", "nonsense"]});
    scene.server.post(&path, some.clone()).await.expect(400);
    assert_eq!(scene.server.get(&path).await.rows().len(), 0);
    scene.server.post(&format!("{path}?ignore_errors=true"), some).await.expect(204);
    let rows = scene.server.get(&path).await.rows();
    assert_eq!((rows.len(), &rows[0]["email"]), (1, &json!("ada@acme.example")));
    let ada = json!({"teammate_ids": [scene.world.ada.to_string()]});
    scene.server.delete(&path, Some(ada)).await.expect(204);
    assert_eq!(scene.server.get(&path).await.rows().len(), 0);
    // Python's way to write it, and what does not mean it.
    let unknown = json!({"teammate_ids": ["tea_1"]});
    for (flag, status) in [("True", 204), ("TRUE", 204), ("1", 204), ("False", 400), ("0", 400), ("", 400)] {
        scene.server.post(&format!("{path}?ignore_errors={flag}"), unknown.clone()).await.expect(status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_and_links_come_and_go_each_with_its_event() {
    let scene = Scene::set().await;
    let (tags, links) = (format!("{}/tags", scene.path), format!("{}/links", scene.path));
    let mut ids = Vec::new();
    for name in ["one", "two"] {
        ids.push(scene.server.post("/company/tags", json!({"name": name})).await.expect(201)["id"].clone());
    }
    scene.server.post(&tags, json!({"tag_ids": ids})).await.expect(204);
    scene.server.post(&tags, json!({"tag_ids": ids})).await.expect(204);
    scene.server.delete(&tags, Some(json!({"tag_ids": ids[..1]}))).await.expect(204);
    let urls = json!({"link_external_urls": ["https://shop.example/42"]});
    scene.server.post(&links, urls).await.expect(204);
    let now = scene.conversation().await;
    assert_eq!(
        (&now["tags"][0]["name"], &now["links"][0]["external_url"]),
        (&json!("two"), &json!("https://shop.example/42"))
    );
    let link = now["links"][0]["id"].clone();
    let both = json!({"link_ids": [link], "link_external_urls": ["https://shop.example/43"]});
    scene.server.post(&links, both).await.expect(400);
    scene.server.post(&links, json!({})).await.expect(400);
    scene.server.delete(&links, Some(json!({"link_ids": [link]}))).await.expect(204);
    assert_eq!(scene.told().await, ["inbound", "tag", "tag", "untag", "link_added", "link_removed"]);
    // Generated clients send every list that they know of, empty where nobody filled it.
    scene.server.post(&links, json!({"link_ids": [link], "link_external_urls": []})).await.expect(204);
    scene.server.delete(&links, Some(json!({"link_ids": [link]}))).await.expect(204);
    let address = json!({"link_ids": [], "link_external_urls": ["https://shop.example/42"]});
    scene.server.post(&links, address).await.expect(204);
    assert_eq!(scene.conversation().await["links"][0]["id"], link);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_listed_in_pages_the_newest_first() {
    let scene = Scene::set().await;
    for _ in 0..2 {
        begun(&scene.server, &scene.world, "ann").await;
    }
    let first = scene.server.get(&format!("{}/messages?limit=2", scene.path)).await.expect(200);
    let next = first["_pagination"]["next"].as_str().expect("a second page");
    let next = &next[next.find("/conversations").expect("a path")..];
    let second = scene.server.get(next).await.expect(200);
    assert_eq!(
        (first["_results"].as_array().map(Vec::len), second["_results"].as_array().map(Vec::len)),
        (Some(2), Some(1))
    );
    assert_eq!(second["_pagination"]["next"], Value::Null);
    let oldest =
        scene.server.get(&format!("{}/messages?sort_order=asc&sort_by=created_at&limit=1", scene.path)).await.rows();
    assert_eq!(oldest[0]["id"], second["_results"][0]["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discussion_is_created_in_an_inbox_or_among_teammates() {
    let scene = Scene::set().await;
    let body = |more: Value| {
        let mut body = json!({"type": "discussion", "subject": "A plan", "comment": {"body": "Let us talk, @ada"}});
        for (key, value) in more.as_object().cloned().unwrap_or_default() {
            body[key] = value;
        }
        body
    };
    let inbox = scene.world.inbox.to_string();
    let empty_list = json!({"inbox_id": inbox, "teammate_ids": []});
    for place in [json!({"inbox_id": inbox}), json!({"teammate_ids": ["alt:email:ada@acme.example"]}), empty_list] {
        let made = scene.server.post("/conversations", body(place)).await.expect(201);
        assert_eq!(
            (&made["type"], &made["subject"], &made["recipient"]),
            (&json!("discussion"), &json!("A plan"), &Value::Null)
        );
        let path = format!("/conversations/{}", made["id"].as_str().unwrap_or_default());
        let comments = scene.server.get(&format!("{path}/comments")).await.rows();
        assert_eq!((comments.len(), &comments[0]["body"]), (1, &json!("Let us talk, @ada")));
        assert_eq!(scene.server.get(&format!("{path}/followers")).await.rows().len(), 1);
    }
    let both = json!({"inbox_id": inbox, "teammate_ids": ["alt:email:ada@acme.example"]});
    for wrong in [both, json!({}), json!({"inbox_id": inbox, "comment": null}), json!({"inbox_id": "inb_1"})] {
        scene.server.post("/conversations", body(wrong)).await.expect(400);
    }
    let task = json!({"type": "task", "subject": "Call", "inbox_id": inbox, "due_at": 2_500_000_000i64, "description": "Soon"});
    let made = scene.server.post("/conversations", task).await.expect(201);
    assert_eq!(
        (&made["type"], &made["due_at"], &made["description"]),
        (&json!("task"), &json!(2_500_000_000i64), &json!("Soon"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_alone_tell_what_is_to_be_done_and_when() {
    let scene = Scene::set().await;
    let made = |r#type: &str| {
        let comment = (r#type == "discussion").then(|| json!({"body": "Let us talk"}));
        let body = json!({"type": r#type, "subject": "Call", "inbox_id": scene.world.inbox, "comment": comment});
        scene.server.post("/conversations", body)
    };
    let task = made("task").await.expect(201);
    let discussion = made("discussion").await.expect(201);
    for name in ["description", "due_at"] {
        assert_eq!(task.get(name), Some(&Value::Null), "{task:#}");
        assert_eq!(discussion.get(name), None, "{discussion:#}");
        assert_eq!(scene.conversation().await.get(name), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn discussions_and_tasks_take_comments_and_no_messages() {
    let scene = Scene::set().await;
    let (server, inbox) = (&scene.server, scene.world.inbox);
    for r#type in ["discussion", "task"] {
        let comment = json!({"body": "Let us talk"});
        let body = json!({"type": r#type, "subject": "A plan", "inbox_id": inbox, "comment": comment});
        let made = server.post("/conversations", body).await.expect(201);
        let id = made["id"].as_str().expect("an id");
        let path = format!("/conversations/{id}");
        let events = server.get(&format!("{path}/events")).await.rows();
        let tags = server.get("/tags").await.rows();
        let reply = json!({"body": "Hello", "to": ["ann"], "channel_id": "alt:address:shop"});
        let import = json!({
            "sender": {"handle": "ann@example.com"},
            "to": ["support@acme.example"],
            "body": "Hello",
            "external_id": id,
            "created_at": 1_700_000_000,
            "conversation_id": id,
            "tags": ["Never made"],
            "metadata": {"is_inbound": true},
        });
        for (path, body) in [
            (format!("{path}/messages"), reply.clone()),
            (format!("{path}/messages"), json!({"body": "Hello"})),
            (format!("{path}/drafts"), reply.clone()),
            (format!("/inboxes/{inbox}/imported_messages"), import),
        ] {
            let refused = server.post(&path, body).await.expect(400);
            let why = refused["_error"]["message"].as_str().unwrap_or_default();
            assert!(why.contains(&format!("a {type} takes comments")), "{path}: {refused}");
        }
        assert_eq!(server.get(&path).await.expect(200), made);
        assert!(server.get(&format!("{path}/messages")).await.rows().is_empty());
        assert!(server.get(&format!("{path}/drafts")).await.rows().is_empty());
        assert_eq!(server.get(&format!("{path}/events")).await.rows(), events);
        assert_eq!(server.get("/tags").await.rows(), tags);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_status_takes_out_of_the_trash_or_is_refused() {
    let scene = Scene::set().await;
    scene.server.arrange(|work| desk::companies::set_ticketing(work, true)).await;
    let statuses = scene.server.get("/company/statuses").await.rows();
    let of = |category| statuses.iter().find(|row| row["category"] == category).expect("a status")["id"].clone();
    for trashed in ["deleted", "spam"] {
        for (category, status) in [("open", "unassigned"), ("resolved", "archived")] {
            scene.change(json!({"status": trashed})).await;
            scene.change(json!({"status_id": of(category)})).await;
            let now = scene.conversation().await;
            assert_eq!((&now["status"], &now["status_id"]), (&json!(status), &of(category)));
        }
        scene.change(json!({"status": trashed})).await;
        let (before, told) = (scene.conversation().await, scene.told().await);
        let both = json!({"status_id": of("waiting"), "assignee_id": scene.world.ada});
        let refused = scene.server.patch(&scene.path, both).await.expect(400);
        let why = refused["_error"]["message"].as_str().unwrap_or_default();
        assert!(why.contains("status_id: ") && why.contains("restore it first"), "{refused}");
        assert_eq!((scene.conversation().await, scene.told().await), (before, told), "nothing is half done");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_trash_is_deleted_for_good() {
    let scene = Scene::set().await;
    scene.server.delete(&scene.path, None).await.expect(400);
    scene.change(json!({"status": "deleted"})).await;
    assert_eq!(scene.conversation().await["status"], "deleted");
    let guest = Guest::with_scopes(&scene.server, &["conversations:read", "conversations:write"]).await;
    assert_eq!(guest.delete(&scene.path, None).await.status, 403);
    scene.server.delete(&scene.path, None).await.expect(204);
    scene.server.get(&scene.path).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_conversation_leads_to_the_survivor_with_every_method() {
    let scene = Scene::on(
        Server::with(|settings| settings.serving.public_url = Some("https://desk.example/front".into())).await,
    )
    .await;
    let other = begun(&scene.server, &scene.world, "ben").await;
    let ids: Vec<ConversationId> =
        [&scene.path, &other].iter().filter_map(|path| path.rsplit('/').next()?.parse().ok()).collect();
    let survivor = scene.server.arrange(move |work| conversations::merge(work, &ids)).await;
    let gone = if scene.path.ends_with(&survivor.to_string()) { &other } else { &scene.path };
    let to = format!("/conversations/{survivor}");
    let pages = "/messages?limit=1&sort_order=asc&q%5Bx%5D=a+b";
    for below in ["", "/messages", pages, "/comments", "/events", "/followers", "/inboxes"] {
        let reply = scene.server.get(&format!("{gone}{below}")).await;
        assert_eq!(reply.status, 301, "{below}");
        // It came to an inner address, and stays with it.
        assert_eq!(reply.header("location"), format!("/front{to}{below}"));
    }
    assert_eq!(scene.server.patch(gone, json!({"status": "open"})).await.status, 301);
    assert_eq!(scene.server.post(&format!("{gone}/tags"), json!({"tag_ids": []})).await.status, 301);
    scene.server.patch(&to, json!({"status": "deleted"})).await.expect(204);
    let deleted = scene.server.delete(gone, None).await;
    assert_eq!((deleted.status, deleted.header("location")), (404, ""), "nobody meant the survivor");
    scene.server.get(&to).await.expect(200);
    let rows = scene.server.get(&format!("{to}/events")).await.rows();
    let merge = rows.iter().find(|row| row["type"] == "conversations_merged").expect("an event");
    assert_eq!(merge["target"]["_meta"]["type"], "deleted_conversation_ids");
    assert_eq!(merge["target"]["data"], json!([gone.rsplit('/').next()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn ticket_statuses_are_there_only_with_ticketing() {
    let scene = Scene::set().await;
    scene.server.get("/company/statuses").await.expect(404);
    scene
        .server
        .arrange(|work| {
            work.conn.exec("UPDATE companies SET has_ticketing = TRUE WHERE company = $1", db::args![work.company])?;
            work.directory_changed()
        })
        .await;
    let known = scene.server.get("/company/statuses").await.rows();
    if known.is_empty() {
        scene.server.arrange(desk::statuses::create_defaults).await;
    }
    let rows = scene.server.get("/company/statuses").await.rows();
    let resolved = rows.iter().find(|row| row["category"] == "resolved").expect("a resolved status");
    let path = format!("/company/statuses/{}", resolved["id"].as_str().unwrap_or_default());
    assert_eq!(&scene.server.get(&path).await.expect(200), resolved);
    scene.server.get("/company/statuses/sts_1").await.expect(404);
    scene.change(json!({"status_id": resolved["id"]})).await;
    let now = scene.conversation().await;
    assert_eq!((&now["status"], &now["status_category"]), (&json!("archived"), &json!("resolved")));
    let found = scene.server.get("/conversations?q[status_categories]=resolved").await.rows();
    let none = scene.server.get("/conversations?q[status_categories][]=waiting").await.rows();
    assert_eq!((found.len(), none.len()), (1, 0));
    scene.server.get("/conversations?q[status_categories]=done").await.expect(400);
    scene.server.arrange(|work| desk::companies::set_ticketing(work, false)).await;
    let off = scene.conversation().await;
    assert_eq!((off.get("status_id"), off.get("status_category")), (None, None), "{off:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_the_trash_is_in_no_category_of_tickets() {
    let scene = Scene::set().await;
    scene.server.arrange(desk::statuses::create_defaults).await;
    scene.server.patch("/portico/v1/company", json!({"has_ticketing": true})).await.expect(204);
    let count = async |query: &str| scene.server.get(&format!("/conversations?{query}")).await.rows().len();
    assert_eq!(count("q[status_categories]=open").await, 1);
    scene.change(json!({"status": "deleted"})).await;
    assert_eq!(count("q[status_categories]=open").await, 0);
    assert_eq!(count("q[status_categories][]=open&q[status_categories][]=resolved").await, 0);
    assert_eq!((count("q[statuses]=trashed").await, count("").await), (1, 1));
    scene.change(json!({"status": "open"})).await;
    assert_eq!(count("q[status_categories]=open").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_in_the_trash_is_found_by_no_ticket_status() {
    let scene = Scene::set().await;
    scene.server.arrange(desk::statuses::create_defaults).await;
    scene.server.patch("/portico/v1/company", json!({"has_ticketing": true})).await.expect(204);
    scene.change(json!({"status": "archived"})).await;
    let status = scene.server.get(&scene.path).await.expect(200)["status_id"].clone();
    let by_id = format!("/conversations?q[status_ids]={}", status.as_str().expect("a ticket status"));
    let count = async |path: &str| scene.server.get(path).await.rows().len();
    const FOUND: &str = "/conversations/search/is:resolved";
    assert_eq!((count(&by_id).await, count(FOUND).await), (1, 1));
    scene.change(json!({"status": "deleted"})).await;
    assert_eq!((count(&by_id).await, count(FOUND).await), (0, 0));
    assert_eq!(count(&format!("{by_id}&q[statuses]=trashed")).await, 1, "whoever asks for the trash gets it");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_workspace_sees_and_changes_nothing() {
    let scene = Scene::set().await;
    let guest = Guest::of_team(&scene.server, scene.world.sales).await;
    assert_eq!(guest.get(&scene.path).await.status, 404);
    assert_eq!(guest.patch(&scene.path, json!({"status": "archived"})).await.status, 404);
    assert_eq!(guest.get(&format!("{}/followers", scene.path)).await.status, 404);
    assert_eq!(scene.told().await, ["inbound"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_statuses_may_stand_in_one_between_commas() {
    let scene = Scene::set().await;
    begun(&scene.server, &scene.world, "bob").await;
    scene.change(json!({"status": "archived"})).await;
    let rows = |query: &'static str| scene.server.get(query);
    assert_eq!(rows("/conversations?q[statuses][]=archived,unassigned").await.rows().len(), 2);
    assert_eq!(rows("/conversations?q[statuses]=archived,%20assigned,").await.rows().len(), 1);
    rows("/conversations?q[statuses]=archived,lost").await.expect(400);
}

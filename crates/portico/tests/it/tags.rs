//! Tags over HTTP.

use desk::access::Owner;
use desk::{conversations, tags, teammates};
use serde_json::{Value, json};

use crate::guest::Guest;
use crate::server::Server;
use crate::world::World;

async fn make(server: &Server, path: &str, name: &str) -> String {
    let tag = server.post(path, json!({"name": name})).await.expect(201);
    tag["id"].as_str().unwrap_or_default().to_string()
}

/// How many changes of the settings the log tells of.
async fn settings(server: &Server) -> i64 {
    server
        .arrange(|work| {
            let sql = "SELECT count(*) FROM events WHERE company = $1";
            let (count,): (i64,) = work.conn.one(sql, db::args![work.company])?;
            Ok(count)
        })
        .await
}

fn names(rows: &[Value]) -> String {
    rows.iter().filter_map(|row| row["name"].as_str()).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_is_created_shown_changed_and_deleted() {
    let server = Server::start().await;
    let body = json!({
        "name": "Urgent",
        "description": "Look at once",
        "highlight": "light-blue",
        "is_visible_in_conversation_lists": true,
    });
    let tag = server.post("/company/tags", body).await.expect(201);
    let path = format!("/tags/{}", tag["id"].as_str().unwrap_or_default());
    assert_eq!(server.get(&path).await.expect(200), tag);
    assert_eq!((&tag["name"], &tag["is_private"]), (&json!("Urgent"), &json!(false)));
    assert_eq!(tag["_links"]["related"]["owner"], Value::Null);
    let change = json!({"name": "Calm", "description": null, "highlight": null});
    server.patch(&path, change).await.expect(204);
    let tag = server.get(&path).await.expect(200);
    assert_eq!((&tag["name"], &tag["description"], &tag["highlight"]), (&json!("Calm"), &Value::Null, &Value::Null));
    assert_eq!(tag["is_visible_in_conversation_lists"], true, "absent means unchanged");
    server.delete(&path, None).await.expect(204);
    server.get(&path).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_owner_has_tags_of_its_own_and_the_old_operation_means_the_oldest_workspace() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let (support, sales) = (format!("/teams/{}", world.support), format!("/teams/{}", world.sales));
    make(&server, "/company/tags", "company").await;
    make(&server, &format!("{sales}/tags"), "sales").await;
    make(&server, "/teammates/alt:email:ada@acme.example/tags", "ada").await;
    make(&server, "/tags", "oldest").await;
    for (path, expected) in [
        ("/company/tags", "company"),
        (&format!("{support}/tags"), "oldest"),
        (&format!("{sales}/tags"), "sales"),
        (&format!("/teammates/{}/tags", world.ada), "ada"),
        ("/tags", "company sales ada oldest"),
    ] {
        assert_eq!(names(&server.get(path).await.rows()), expected, "{path}");
    }
    let private = server.get(&format!("/teammates/{}/tags", world.ada)).await.rows();
    assert_eq!(private[0]["is_private"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_taken_beside_it_answers_with_the_tag_that_has_it() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let parent = make(&server, "/company/tags", "parent").await;
    let children = format!("/tags/{parent}/children");
    let (support, ada) = (format!("/teams/{}/tags", world.support), format!("/teammates/{}/tags", world.ada));
    let places = ["/company/tags", &support, &ada, &children];
    let mut firsts = Vec::new();
    for path in places {
        firsts.push(server.post(path, json!({"name": "Größe", "highlight": "red"})).await.expect(201));
    }
    let told = settings(&server).await;
    for (path, first) in places.into_iter().zip(&firsts) {
        let other = json!({"name": " gRÖßE ", "highlight": "blue", "description": "another"});
        assert_eq!(&server.post(path, other).await.expect(201), first, "{path}");
        server.post(path, json!({"name": "größe", "highlight": "mauve"})).await.expect(400);
    }
    assert_eq!(server.post("/tags", json!({"name": "größe"})).await.expect(201), firsts[1], "the oldest workspace's");
    assert_eq!(settings(&server).await, told, "nothing happened");
    assert_eq!(server.get("/tags").await.rows().len(), 5, "each owner and each parent has one");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_name_at_the_same_time_is_one_tag() {
    let server = Server::start().await;
    let made = (0..8).map(|_| make(&server, "/company/tags", "Urgent"));
    let made = futures_util::future::join_all(made).await;
    assert!(made.iter().all(|id| *id == made[0]), "{made:?}");
    assert_eq!(names(&server.get("/company/tags").await.rows()), "Urgent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_takes_no_name_of_one_beside_it() {
    let server = Server::start().await;
    let top = make(&server, "/company/tags", "Urgent").await;
    let other = make(&server, "/company/tags", "Later").await;
    let child = make(&server, &format!("/tags/{other}/children"), "urgent").await;
    let refused =
        server.patch(&format!("/tags/{other}"), json!({"name": "URGENT", "highlight": "red"})).await.expect(409);
    let why = refused["_error"]["message"].as_str().unwrap_or_default();
    assert!(why.contains("\"Urgent\"") && why.contains(&top), "{refused}");
    server.patch(&format!("/tags/{child}"), json!({"parent_tag_id": null})).await.expect(409);
    let kept = server.get(&format!("/tags/{other}")).await.expect(200);
    assert_eq!((&kept["name"], &kept["highlight"]), (&json!("Later"), &Value::Null));
    server.patch(&format!("/tags/{top}"), json!({"name": "URGENT"})).await.expect(204);
    server.patch(&format!("/tags/{child}"), json!({"name": "Later"})).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn children_are_made_listed_and_moved() {
    let server = Server::start().await;
    let top = make(&server, "/company/tags", "top").await;
    let child = make(&server, &format!("/tags/{top}/children"), "child").await;
    let children = format!("/tags/{top}/children");
    assert_eq!(names(&server.get(&children).await.rows()), "child");
    let shown = server.get(&format!("/tags/{top}")).await.expect(200);
    assert!(shown["_links"]["related"]["children"].as_str().is_some_and(|url| url.ends_with(&children)));
    server.patch(&format!("/tags/{top}"), json!({"parent_tag_id": child})).await.expect(400);
    server.patch(&format!("/tags/{child}"), json!({"parent_tag_id": null})).await.expect(204);
    assert!(server.get(&children).await.rows().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_tag_is_named() {
    let server = Server::start().await;
    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": 7}), "name"),
        (json!({"name": "x".repeat(65)}), "name"),
        (json!({"name": "a", "highlight": "mauve"}), "highlight"),
        (json!({"name": "a", "is_visible_in_conversation_lists": "perhaps"}), "is_visible_in_conversation_lists"),
    ] {
        let error = server.post("/company/tags", body).await.expect(400);
        let message = error["_error"]["message"].as_str().unwrap_or_default().to_string();
        assert!(message.contains(field), "{message}");
    }
    let tag = make(&server, "/company/tags", "a").await;
    for parent in ["nonsense", "tag_1a2b"] {
        server.patch(&format!("/tags/{tag}"), json!({"parent_tag_id": parent})).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_page_of_tags_goes_on_where_the_first_one_ended() {
    let server = Server::start().await;
    for name in ["a", "b", "c"] {
        make(&server, "/company/tags", name).await;
    }
    for (order, first, second) in [("asc", "a b", "c"), ("desc", "c b", "a")] {
        let path = format!("/company/tags?limit=2&sort_by=id&sort_order={order}");
        let page = server.get(&path).await.expect(200);
        assert_eq!(names(page["_results"].as_array().expect("rows")), first);
        let next = page["_pagination"]["next"].as_str().expect("a second page");
        let next = next.strip_prefix(&server.url("")).expect("our own address");
        let page = server.get(next).await.expect(200);
        assert_eq!(
            (names(page["_results"].as_array().expect("rows")).as_str(), &page["_pagination"]["next"]),
            (second, &Value::Null)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_need_their_scopes() {
    let server = Server::start().await;
    let tag = make(&server, "/company/tags", "a").await;
    let reader = Guest::with_scopes(&server, &["tags:read"]).await;
    reader.get("/tags").await.expect(200);
    reader.post("/company/tags", json!({"name": "b"})).await.expect(403);
    reader.patch(&format!("/tags/{tag}"), json!({"name": "b"})).await.expect(403);
    reader.delete(&format!("/tags/{tag}"), None).await.expect(403);
    reader.get(&format!("/tags/{tag}/conversations")).await.expect(403);
    Guest::with_scopes(&server, &["tags:write"]).await.get("/tags").await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_one_workspace_sees_its_tags_alone() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let hidden = make(&server, "/company/tags", "company").await;
    let foreign = make(&server, &format!("/teams/{}/tags", world.support), "support").await;
    let guest = Guest::of_team(&server, world.sales).await;
    let own = guest.post("/tags", json!({"name": "sales"})).await.expect(201);
    assert!(own["_links"]["related"]["owner"].as_str().is_some_and(|url| url.ends_with(&world.sales.to_string())));
    assert_eq!(names(&guest.get("/tags").await.rows()), "sales");
    for tag in [hidden, foreign] {
        guest.get(&format!("/tags/{tag}")).await.expect(404);
        guest.patch(&format!("/tags/{tag}"), json!({"name": "x"})).await.expect(404);
        guest.delete(&format!("/tags/{tag}"), None).await.expect(404);
        guest.get(&format!("/tags/{tag}/children")).await.expect(404);
        guest.get(&format!("/tags/{tag}/conversations")).await.expect(404);
        guest.post(&format!("/tags/{tag}/children"), json!({"name": "x"})).await.expect(404);
    }
    guest.get("/company/tags").await.expect(403);
    guest.get(&format!("/teams/{}/tags", world.support)).await.expect(404);
    guest.get(&format!("/teammates/{}/tags", world.ada)).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_of_those_who_keep_them_to_themselves_are_hidden() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    server.get(&format!("/teammates/{}/tags", world.ben)).await.expect(404);
    server.post(&format!("/teammates/{}/tags", world.ben), json!({"name": "x"})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_shows_the_tags_alone_that_its_reader_reaches() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let begun = json!({"type": "discussion", "subject": "Lamps", "inbox_id": world.inbox, "comment": {"body": "Look"}});
    let begun = server.post("/conversations", begun).await.expect(201);
    let path = format!("/conversations/{}", begun["id"].as_str().expect("an id"));
    let conversation = path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
    server
        .arrange(move |work| {
            teammates::expose_private(work, world.ben, true)?;
            let owners = [
                ("of ada", Owner::Teammate(world.ada)),
                ("of ben", Owner::Teammate(world.ben)),
                ("of sales", Owner::Team(world.sales)),
                ("of support", Owner::Team(world.support)),
                ("of all", Owner::Company),
            ];
            for (name, owner) in owners {
                let new = tags::New {
                    place: tags::Place::Of(owner),
                    name: name.to_string(),
                    description: None,
                    highlight: None,
                    is_visible: false,
                };
                let tag = tags::create(work, &new)?;
                conversations::tagging::tag(work, conversation, &[tag])?;
            }
            teammates::expose_private(work, world.ben, false)
        })
        .await;
    let seen = |conversation: Value| {
        let mut names: Vec<String> = conversation["tags"]
            .as_array()
            .expect("tags")
            .iter()
            .filter_map(|tag| tag["name"].as_str().map(str::to_string))
            .collect();
        names.sort();
        names.join(", ")
    };
    assert_eq!(seen(server.get(&path).await.expect(200)), "of ada, of all, of sales, of support");
    let guest = Guest::of_team(&server, world.support).await;
    assert_eq!(seen(guest.get(&path).await.expect(200)), "of all, of support");
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_of_another_company_are_not_found() {
    let server = Server::start().await;
    let tag = make(&server, "/company/tags", "ours").await;
    let foreign = Guest::foreign(&server).await;
    assert!(foreign.get("/tags").await.rows().is_empty());
    foreign.get(&format!("/tags/{tag}")).await.expect(404);
    foreign.delete(&format!("/tags/{tag}"), None).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_without_conversations_has_an_empty_list() {
    let server = Server::start().await;
    let tag = make(&server, "/company/tags", "lonely").await;
    assert!(server.get(&format!("/tags/{tag}/conversations")).await.rows().is_empty());
}

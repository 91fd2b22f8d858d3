//! Views over HTTP.

use desk::access::Owner;
use desk::inboxes;
use serde_json::{Map, Value, json};

use crate::guest::Guest;
use crate::server::Server;
use crate::world::World;

fn id(row: &Value) -> String {
    row["id"].as_str().expect("an id").to_string()
}

fn names(rows: &[Value]) -> String {
    rows.iter().filter_map(|row| row["name"].as_str()).collect::<Vec<_>>().join(" ")
}

async fn tag(server: &Server, path: &str, name: &str) -> String {
    id(&server.post(path, json!({"name": name})).await.expect(201))
}

async fn make(server: &Server, world: &World, name: &str) -> String {
    let body = json!({"name": name, "inbox_ids": [world.inbox]});
    id(&server.post(&format!("/teams/{}/views", world.support), body).await.expect(201))
}

/// How many lines the log has.
async fn told(server: &Server) -> i64 {
    let count = |work: &mut desk::Work<'_>| {
        let (count,): (i64,) =
            work.conn.one("SELECT count(*) FROM events WHERE company = $1", db::args![work.company])?;
        Ok(count)
    };
    server.arrange(count).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_made_shown_and_changed() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let (vip, spam) = (tag(&server, "/company/tags", "vip").await, tag(&server, "/company/tags", "spam").await);
    let body = json!({
        "name": "Late", "inbox_ids": [world.inbox, world.sales_inbox, world.inbox], "tag_ids": [vip],
        "not_tag_ids": [spam], "assignee_ids": ["alt:email:ada@acme.example"], "not_assignee_ids": [world.ben],
        "highlight": "pink",
    });
    let view = server.post(&format!("/teams/{}/views", world.support), body).await.expect(201);
    assert!(view["id"].as_str().is_some_and(|id| id.starts_with("lns_")), "{view}");
    let owner = view["_links"]["related"]["owner"].as_str().expect("an owner");
    assert!(owner.ends_with(&format!("/teams/{}", world.support)), "{owner}");
    assert_eq!(view["inbox_ids"], json!([world.inbox, world.sales_inbox]), "each once");
    assert_eq!(
        (&view["tag_ids"], &view["not_tag_ids"], &view["no_tags"]),
        (&json!([vip]), &json!([spam]), &json!(false))
    );
    assert_eq!((&view["assignee_ids"], &view["not_assignee_ids"]), (&json!([world.ada]), &json!([world.ben])));
    assert_eq!((&view["name"], &view["highlight"]), (&json!("Late"), &json!("pink")));
    let path = format!("/views/{}", id(&view));
    assert_eq!(server.get(&path).await.expect(200), view);
    let change = json!({"name": "Untagged", "tag_ids": [], "no_tags": true, "highlight": null});
    server.patch(&path, change).await.expect(204);
    let after = server.get(&path).await.expect(200);
    assert_eq!((&after["name"], &after["highlight"]), (&json!("Untagged"), &Value::Null));
    assert_eq!((&after["tag_ids"], &after["no_tags"]), (&json!([]), &json!(true)));
    for field in ["inbox_ids", "not_tag_ids", "assignee_ids", "not_assignee_ids"] {
        assert_eq!(after[field], view[field], "{field}: absent means unchanged");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_views_of_a_workspace_are_among_all_views_and_come_in_pages() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    for name in ["a", "b", "c"] {
        make(&server, &world, name).await;
    }
    let body = json!({"name": "d", "inbox_ids": [world.sales_inbox]});
    server.post(&format!("/teams/{}/views", world.sales), body).await.expect(201);
    assert_eq!(names(&server.get(&format!("/teams/{}/views", world.sales)).await.rows()), "d");
    for (path, second) in [("/views", "c d"), (&format!("/teams/{}/views", world.support), "c")] {
        let page = server.get(&format!("{path}?limit=2")).await.expect(200);
        assert_eq!(names(page["_results"].as_array().expect("rows")), "a b", "{path}");
        let next = page["_pagination"]["next"].as_str().expect("a second page");
        let page = server.get(next.strip_prefix(&server.url("")).expect("our own address")).await.expect(200);
        assert_eq!(names(page["_results"].as_array().expect("rows")), second, "{path}");
        assert_eq!(page["_pagination"]["next"], Value::Null, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_view_is_named() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = format!("/teams/{}/views", world.support);
    let many = vec![world.inbox.to_string(); 2];
    for (change, field) in [
        (json!({"name": null}), "name"),
        (json!({"name": " "}), "name"),
        (json!({"name": "x".repeat(129)}), "name"),
        (json!({"inbox_ids": null}), "inbox_ids"),
        (json!({"inbox_ids": []}), "inbox_ids"),
        (json!({"inbox_ids": ["nonsense"]}), "inbox_ids[0]"),
        (json!({"inbox_ids": [many[0], "inb_zz"]}), "inbox_ids[1]"),
        (json!({"tag_ids": ["tag_zz"]}), "tag_ids[0]"),
        (json!({"not_tag_ids": ["tag_zz"]}), "not_tag_ids[0]"),
        (json!({"assignee_ids": ["tea_zz"]}), "assignee_ids[0]"),
        (json!({"not_assignee_ids": ["alt:email:zoe@acme.example"]}), "not_assignee_ids[0]"),
        (json!({"highlight": "mauve"}), "highlight"),
        (json!({"no_tags": "perhaps"}), "no_tags"),
    ] {
        let mut body = json!({"name": "Late", "inbox_ids": many});
        body.as_object_mut().expect("an object").extend(change.as_object().cloned().unwrap_or_default());
        let refused = server.post(&path, body).await.expect(400);
        let why = refused["_error"]["details"][0].as_str().unwrap_or_default();
        assert!(why.starts_with(&format!("{field}:")), "{change}: {refused}");
    }
    assert!(server.get("/views").await.rows().is_empty(), "nothing was kept");
    let view = make(&server, &world, "Late").await;
    let before = (server.get(&format!("/views/{view}")).await.expect(200), told(&server).await);
    for change in [json!({"inbox_ids": []}), json!({"name": ""}), json!({"tag_ids": ["tag_zz"], "name": "Soon"})] {
        server.patch(&format!("/views/{view}"), change).await.expect(400);
    }
    server.patch(&format!("/views/{view}"), json!({"name": "Late", "no_tags": false})).await.expect(204);
    let after = (server.get(&format!("/views/{view}")).await.expect(200), told(&server).await);
    assert_eq!(after, before, "neither a refusal nor the same again is a change");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_inboxes_beside_another_change_of_a_view_say_nothing() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let vip = tag(&server, "/company/tags", "vip").await;
    let path = format!("/views/{}", make(&server, &world, "Late").await);
    for change in [
        json!({"name": "Soon", "inbox_ids": []}),
        json!({"tag_ids": [vip], "inbox_ids": []}),
        json!({"tag_ids": [], "inbox_ids": []}),
        json!({"no_tags": false, "inbox_ids": []}),
        json!({"highlight": null, "inbox_ids": []}),
        json!({"assignee_ids": [world.ada], "inbox_ids": []}),
    ] {
        server.patch(&path, change.clone()).await.expect(204);
        let after = server.get(&path).await.expect(200);
        assert_eq!(after["inbox_ids"], json!([world.inbox]), "{change}");
        for (field, value) in change.as_object().expect("an object").iter().filter(|(field, _)| *field != "inbox_ids") {
            assert_eq!(&after[field], value, "{change}");
        }
    }
    server.patch(&path, json!({"name": null, "inbox_ids": []})).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn teammates_get_a_view_into_their_sidebars_by_id_or_address() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = format!("/views/{}/teammates", make(&server, &world, "Late").await);
    let before = told(&server).await;
    let people = json!({"teammate_ids": [world.ada, "alt:email:ben@acme.example"]});
    server.post(&path, people.clone()).await.expect(204);
    assert_eq!(told(&server).await, before + 1);
    server.post(&path, people).await.expect(204);
    assert_eq!(told(&server).await, before + 1, "they have it already");
    server.post(&path, json!({})).await.expect(400);
    server.post(&path, json!({"teammate_ids": ["tea_zz"]})).await.expect(400);
    let many = vec!["tea_zz"; 1_001];
    let refused = server.post(&path, json!({"teammate_ids": many})).await.expect(400);
    assert_eq!(refused["_error"]["details"][0], "teammate_ids: expected at most 1000, found 1001");
    server.post("/views/lns_zz/teammates", json!({"teammate_ids": [world.ada]})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn views_need_their_scopes() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let view = make(&server, &world, "Late").await;
    let reader = Guest::with_scopes(&server, &["views:read"]).await;
    reader.get("/views").await.expect(200);
    reader.get(&format!("/views/{view}")).await.expect(200);
    let body = json!({"name": "Late", "inbox_ids": [world.inbox]});
    reader.post(&format!("/teams/{}/views", world.support), body).await.expect(403);
    reader.patch(&format!("/views/{view}"), json!({"name": "Soon"})).await.expect(403);
    reader.post(&format!("/views/{view}/teammates"), json!({"teammate_ids": [world.ada]})).await.expect(403);
    let writer = Guest::with_scopes(&server, &["views:write"]).await;
    writer.get("/views").await.expect(403);
    writer.get(&format!("/teams/{}/views", world.support)).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_one_workspace_sees_its_views_and_in_them_what_it_may_see() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let (support, sales) = (format!("/teams/{}/views", world.support), format!("/teams/{}/views", world.sales));
    let vip = tag(&server, "/company/tags", "vip").await;
    let own = tag(&server, &format!("/teams/{}/tags", world.support), "own").await;
    let body = json!({"name": "mixed", "inbox_ids": [world.sales_inbox, world.inbox], "tag_ids": [vip, own],
                      "assignee_ids": [world.ada, world.ben]});
    let mixed = id(&server.post(&support, body).await.expect(201));
    let hidden = id(&server.post(&sales, json!({"name": "x", "inbox_ids": [world.sales_inbox]})).await.expect(201));
    let guest = Guest::of_team(&server, world.support).await;
    assert_eq!(names(&guest.get("/views").await.rows()), "mixed");
    let seen = guest.get(&format!("/views/{mixed}")).await.expect(200);
    assert_eq!((&seen["inbox_ids"], &seen["tag_ids"]), (&json!([world.inbox]), &json!([own])));
    assert_eq!(seen["assignee_ids"], json!([world.ada]), "Ben is in no workspace of theirs");
    guest.patch(&format!("/views/{mixed}"), json!({"tag_ids": [], "inbox_ids": [world.inbox]})).await.expect(204);
    let whole = server.get(&format!("/views/{mixed}")).await.expect(200);
    assert_eq!(whole["tag_ids"], json!([vip]), "what they do not see they do not take away");
    assert_eq!(whole["inbox_ids"], json!([world.inbox, world.sales_inbox]));
    guest.get(&format!("/views/{hidden}")).await.expect(404);
    guest.patch(&format!("/views/{hidden}"), json!({"name": "y"})).await.expect(404);
    guest.post(&format!("/views/{hidden}/teammates"), json!({"teammate_ids": [world.ada]})).await.expect(404);
    guest.get(&sales).await.expect(404);
    guest.post(&sales, json!({"name": "y", "inbox_ids": [world.inbox]})).await.expect(404);
    for foreign in
        [json!({"inbox_ids": [world.sales_inbox]}), json!({"tag_ids": [vip]}), json!({"assignee_ids": [world.ben]})]
    {
        guest.patch(&format!("/views/{mixed}"), foreign).await.expect(400);
    }
    let company = Guest::of_the_company(&server).await;
    assert!(company.get("/views").await.rows().is_empty());
    company.get(&format!("/views/{mixed}")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_one_workspace_learns_of_nobody_in_another() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let view = make(&server, &world, "Late").await;
    let guest = Guest::of_team(&server, world.support).await;
    let ben = world.ben.to_string();
    for (unseen, unknown) in [("alt:email:ben@acme.example", "alt:email:zoe@acme.example"), (ben.as_str(), "tea_zz")] {
        let mut told = Vec::new();
        for name in [unseen, unknown] {
            let (assigned, others) = (json!({"assignee_ids": [name]}), json!({"not_assignee_ids": [name]}));
            let made = json!({"name": "Mine", "inbox_ids": [world.inbox], "assignee_ids": [name]});
            let replies = [
                guest.post(&format!("/views/{view}/teammates"), json!({"teammate_ids": [world.ada, name]})).await,
                guest.post(&format!("/teams/{}/views", world.support), made).await,
                guest.patch(&format!("/views/{view}"), assigned).await,
                guest.patch(&format!("/views/{view}"), others).await,
            ];
            let whys = replies.into_iter().map(|reply| reply.expect(400)["_error"]["details"].to_string());
            told.push(whys.map(|why| why.replace(name, "them")).collect::<Vec<_>>());
        }
        assert_eq!(told[0], told[1], "somebody unseen is as unknown as nobody");
    }
    guest.post(&format!("/views/{view}/teammates"), json!({"teammate_ids": [world.ada]})).await.expect(204);
    server.post(&format!("/views/{view}/teammates"), json!({"teammate_ids": [world.ben]})).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_inbox_is_no_longer_in_a_view() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let team = world.support;
    let passing = server
        .arrange(move |work| {
            let new = inboxes::New {
                owner: Owner::Team(team),
                name: "Fair".to_string(),
                is_public: true,
                teammates: Vec::new(),
                custom_fields: Map::new(),
            };
            inboxes::create(work, &new)
        })
        .await;
    let body = json!({"name": "Late", "inbox_ids": [passing, world.inbox]});
    let view = id(&server.post(&format!("/teams/{team}/views"), body).await.expect(201));
    server.delete(&format!("/portico/v1/inboxes/{passing}"), None).await.expect(204);
    assert_eq!(server.get(&format!("/views/{view}")).await.expect(200)["inbox_ids"], json!([world.inbox]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_views_of_another_company_are_not_there() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let view = make(&server, &world, "Late").await;
    let foreign = Guest::foreign(&server).await;
    assert!(foreign.get("/views").await.rows().is_empty());
    foreign.get(&format!("/views/{view}")).await.expect(404);
    foreign.patch(&format!("/views/{view}"), json!({"name": "Mine"})).await.expect(404);
    foreign.get(&format!("/teams/{}/views", world.support)).await.expect(404);
    assert_eq!(names(&server.get("/views").await.rows()), "Late");
}

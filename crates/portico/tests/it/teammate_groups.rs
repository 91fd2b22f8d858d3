//! Teammate groups over HTTP.

use serde_json::{Value, json};

use crate::guest::Guest;
use crate::server::Server;
use crate::world::World;

fn names(rows: &[Value]) -> String {
    rows.iter().filter_map(|row| row["name"].as_str().or(row["username"].as_str())).collect::<Vec<_>>().join(" ")
}

fn id(row: &Value) -> &str {
    row["id"].as_str().expect("an id")
}

async fn make(server: &Server) -> String {
    let made = server.post("/teammate_groups", json!({"name": "Night owls"})).await.expect(201);
    format!("/teammate_groups/{}", id(&made))
}

async fn list(server: &Server, path: &str) -> String {
    names(&server.get(path).await.rows())
}

/// An inbox of a workspace that only those may open who are let in.
async fn closed(server: &Server, world: &World) -> String {
    let path = format!("/teams/{}/inboxes", world.support);
    let made = server.post(&path, json!({"name": "Closed", "is_public": false})).await.expect(201);
    id(&made).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_made_shown_changed_in_part_and_deleted() {
    let server = Server::start().await;
    World::make(&server).await;
    let made =
        server.post("/teammate_groups", json!({"name": " Sales ", "description": "Best ever"})).await.expect(201);
    let path = format!("/teammate_groups/{}", id(&made));
    assert!(path.starts_with("/teammate_groups/cir_"), "{path}");
    assert_eq!((&made["name"], &made["description"]), (&json!("Sales"), &json!("Best ever")));
    assert_eq!(made["is_managed_by_scim"], false);
    assert_eq!(made["permissions"], json!({"contacts": {"access": "all"}}));
    for (what, url) in made["_links"]["related"].as_object().expect("links") {
        assert_eq!(*url, server.url(&format!("{path}/{what}")));
    }
    assert_eq!(server.get(&path).await.expect(200), made);
    assert_eq!(server.get("/teammate_groups").await.rows(), [made]);
    server.patch(&path, json!({"name": "Support"})).await.expect(204);
    assert_eq!(server.get(&path).await.expect(200)["description"], "Best ever", "what is left out stays");
    server.patch(&path, json!({"description": null})).await.expect(204);
    let changed = server.get(&path).await.expect(200);
    assert_eq!((&changed["name"], &changed["description"]), (&json!("Support"), &Value::Null));
    server.delete(&path, None).await.expect(204);
    server.get(&path).await.expect(404);
    assert!(server.get("/teammate_groups").await.rows().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_contacts_a_group_sees_is_kept_and_shown() {
    let server = Server::start().await;
    World::make(&server).await;
    for name in ["VIP", "Late"] {
        server.post("/contact_lists", json!({"name": name})).await.expect(204);
    }
    let lists = server.get("/contact_lists").await.rows();
    let (vip, late) = (id(&lists[0]), id(&lists[1]));
    let path = make(&server).await;
    let shown = async || server.get(&path).await.expect(200)["permissions"]["contacts"].clone();
    for (given, kept) in [
        (json!({"access": "none"}), json!({"access": "none"})),
        (json!({"access": "all", "contact_group_ids": [], "contact_list_ids": []}), json!({"access": "all"})),
        (
            json!({"access": "contact_lists", "contact_list_ids": [late, vip, late]}),
            json!({"access": "contact_lists", "contact_list_ids": [vip, late]}),
        ),
        (
            json!({"access": "contact_groups", "contact_group_ids": [late]}),
            json!({"access": "contact_lists", "contact_list_ids": [late]}),
        ),
        (
            json!({"access": "contact_lists", "contact_group_ids": [], "contact_list_ids": [late]}),
            json!({"access": "contact_lists", "contact_list_ids": [late]}),
        ),
        (json!({"access": "contact_lists"}), json!({"access": "contact_lists", "contact_list_ids": []})),
        (
            json!({"access": "contact_lists", "contact_list_ids": [vip]}),
            json!({"access": "contact_lists", "contact_list_ids": [vip]}),
        ),
    ] {
        server.patch(&path, json!({"permissions": {"contacts": given}})).await.expect(204);
        assert_eq!(shown().await, kept, "{given}");
    }
    for wrong in [
        json!({}),
        json!({"access": "some"}),
        json!({"access": "all", "contact_list_ids": [vip]}),
        json!({"access": "none", "contact_group_ids": [vip]}),
        json!({"access": "contact_groups", "contact_list_ids": [vip]}),
        json!({"access": "contact_lists", "contact_list_ids": ["grp_1a2b"]}),
        json!({"access": "contact_lists", "contact_list_ids": ["VIP"]}),
    ] {
        let wrong = json!({"permissions": {"contacts": wrong}});
        server.patch(&path, wrong.clone()).await.expect(400);
        server.post("/teammate_groups", json!({"name": "x", "permissions": wrong["permissions"]})).await.expect(400);
    }
    for change in [json!({"permissions": {}}), json!({"name": "Owls"})] {
        server.patch(&path, change).await.expect(204);
    }
    assert_eq!(shown().await["contact_list_ids"], json!([vip]), "nothing of this changed it");
    server.delete(&format!("/contact_lists/{vip}"), None).await.expect(204);
    assert_eq!(shown().await, json!({"access": "contact_lists", "contact_list_ids": []}), "the list is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_that_are_hidden_are_not_shown_with_a_group_and_stay_in_it() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    server.arrange(|work| desk::contacts::lists::create(work, desk::access::Owner::Company, "Everybody")).await;
    server.post(&format!("/teams/{}/contact_lists", world.support), json!({"name": "Theirs"})).await.expect(204);
    let lists: Vec<Value> = server.get("/contact_lists").await.rows().iter().map(|list| list["id"].clone()).collect();
    let [open, hidden] = &lists[..] else { panic!("two lists: {lists:?}") };
    let naming =
        |ids: &Value| json!({"permissions": {"contacts": {"access": "contact_lists", "contact_list_ids": ids}}});
    let path = make(&server).await;
    server.patch(&path, naming(&json!(lists))).await.expect(204);
    let guest = Guest::of_the_company(&server).await;
    let shown = |row: &Value| row["permissions"]["contacts"]["contact_list_ids"].clone();
    assert_eq!(shown(&guest.get(&path).await.expect(200)), json!([open]));
    assert_eq!(shown(&guest.get("/teammate_groups").await.rows()[0]), json!([open]));
    assert_eq!(shown(&server.get(&path).await.expect(200)), json!(lists));
    guest.patch(&path, naming(&json!([hidden]))).await.expect(400);
    guest.patch(&path, naming(&json!([]))).await.expect(204);
    assert_eq!(shown(&server.get(&path).await.expect(200)), json!([hidden]), "who does not see it does not take it");
    guest.patch(&path, json!({"permissions": {"contacts": {"access": "all"}}})).await.expect(204);
    assert_eq!(server.get(&path).await.expect(200)["permissions"]["contacts"], json!({"access": "all"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_and_workspaces_come_and_go() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let group = make(&server).await;
    let (people, teams) = (format!("{group}/teammates"), format!("{group}/teams"));
    let both = json!({"teammate_ids": [world.ben, "alt:email:ADA@acme.example", world.ada]});
    server.post(&people, both).await.expect(204);
    assert_eq!(list(&server, &people).await, "ada ben");
    server.delete(&people, Some(json!({"teammate_ids": [world.ada]}))).await.expect(204);
    server.delete(&people, Some(json!({"teammate_ids": [world.ada]}))).await.expect(204);
    assert_eq!(list(&server, &people).await, "ben");
    server.post(&teams, json!({"team_ids": [world.sales, world.support, world.sales]})).await.expect(204);
    assert_eq!(list(&server, &teams).await, "Support Sales");
    server.delete(&teams, Some(json!({"team_ids": [world.sales]}))).await.expect(204);
    assert_eq!(list(&server, &teams).await, "Support");
    for (path, body) in [
        (&people, json!({})),
        (&people, json!({"teammate_ids": ["tea_1a2b"]})),
        (&people, json!({"teammate_ids": "all"})),
        (&teams, json!({})),
        (&teams, json!({"team_ids": ["tim_1a2b"]})),
        (&teams, json!({"team_ids": ["Support"]})),
        (&teams, json!({"team_ids": world.support})),
    ] {
        server.post(path, body.clone()).await.expect(400);
        server.delete(path, Some(body)).await.expect(400);
    }
    assert_eq!((list(&server, &people).await, list(&server, &teams).await), ("ben".to_string(), "Support".to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_opens_the_public_inboxes_of_its_workspaces_and_those_linked_to_it() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let closed = closed(&server, &world).await;
    let group = make(&server).await;
    let inboxes = format!("{group}/inboxes");
    let bens = format!("/teammates/{}/inboxes", world.ben);
    server.post(&format!("{group}/teammates"), json!({"teammate_ids": [world.ben]})).await.expect(204);
    let of_group = json!({"inbox_ids": [closed]});
    let refused = server.post(&inboxes, of_group.clone()).await.expect(400);
    assert!(refused.to_string().contains("in no workspace of the group"), "{refused}");
    server.post(&format!("{group}/teams"), json!({"team_ids": [world.support]})).await.expect(204);
    assert_eq!(list(&server, &inboxes).await, "Support");
    assert_eq!(list(&server, &bens).await, "Support");
    server.post(&inboxes, of_group.clone()).await.expect(204);
    server.post(&inboxes, of_group.clone()).await.expect(204);
    assert_eq!(list(&server, &inboxes).await, "Support Closed");
    assert_eq!(list(&server, &bens).await, "Support Closed");
    assert_eq!(list(&server, &format!("/inboxes/{closed}/teammates")).await, "ben");
    let refused = server.post(&inboxes, json!({"inbox_ids": [world.inbox]})).await.expect(400);
    assert!(refused.to_string().contains("is public"), "{refused}");
    let own =
        server.post(&format!("/teammates/{}/private_inboxes", world.ada), json!({"name": "Own"})).await.expect(201);
    for wrong in [json!([own["id"]]), json!([world.sales_inbox]), json!(["inb_1a2b"]), json!(["Closed"]), json!(7)] {
        server.post(&inboxes, json!({"inbox_ids": wrong})).await.expect(400);
    }
    server.delete(&inboxes, Some(of_group.clone())).await.expect(204);
    server.delete(&inboxes, Some(of_group)).await.expect(204);
    server.delete(&inboxes, Some(json!({"inbox_ids": ["inb_1a2b"]}))).await.expect(400);
    assert_eq!(list(&server, &bens).await, "Support");
    server.delete(&group, None).await.expect(204);
    assert_eq!(list(&server, &bens).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_group_is_named() {
    let server = Server::start().await;
    let path = make(&server).await;
    for (field, value) in [
        ("name", json!(" ")),
        ("name", json!("é".repeat(129))),
        ("description", json!("é".repeat(10_001))),
        ("description", json!(7)),
        ("permissions", json!("all")),
    ] {
        let mut body = json!({"name": "Owls"});
        body[field] = value.clone();
        for refused in [
            server.post("/teammate_groups", body).await.expect(400),
            server.patch(&path, json!({field: value})).await.expect(400),
        ] {
            let why = refused["_error"]["message"].as_str().unwrap_or_default();
            assert!(why.contains(field), "{field}: {refused}");
        }
    }
    assert_eq!(server.get("/teammate_groups").await.rows().len(), 1, "nothing was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_need_their_scopes_and_are_the_companys_own() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let group = make(&server).await;
    server.post(&format!("{group}/teams"), json!({"team_ids": [world.support]})).await.expect(204);
    let parts = [("teammates", "teammate_ids"), ("teams", "team_ids"), ("inboxes", "inbox_ids")];
    let reader = Guest::with_scopes(&server, &["teammate_groups:read"]).await;
    reader.get("/teammate_groups").await.expect(200);
    reader.get(&group).await.expect(200);
    reader.post("/teammate_groups", json!({"name": "x"})).await.expect(403);
    reader.patch(&group, json!({})).await.expect(403);
    let writer = Guest::with_scopes(&server, &["teammate_groups:write"]).await;
    writer.delete(&group, None).await.expect(403);
    for (part, ids) in parts {
        let path = format!("{group}/{part}");
        reader.get(&path).await.expect(403);
        Guest::with_scopes(&server, &[&format!("{part}:read")]).await.get(&path).await.expect(200);
        reader.post(&path, json!({ids: []})).await.expect(403);
        writer.post(&path, json!({ids: []})).await.expect(204);
        writer.delete(&path, Some(json!({ids: []}))).await.expect(204);
    }

    let guest = Guest::of_team(&server, world.support).await;
    guest.get("/teammate_groups").await.expect(403);
    guest.post("/teammate_groups", json!({"name": "Mine"})).await.expect(403);
    let foreign = Guest::foreign(&server).await;
    for stranger in [&guest, &foreign] {
        stranger.get(&group).await.expect(404);
        stranger.patch(&group, json!({"name": "Mine"})).await.expect(404);
        stranger.delete(&group, None).await.expect(404);
        for (part, ids) in parts {
            let path = format!("{group}/{part}");
            stranger.get(&path).await.expect(404);
            stranger.post(&path, json!({ids: []})).await.expect(404);
            stranger.delete(&path, Some(json!({ids: []}))).await.expect(404);
        }
    }
    let company = Guest::of_the_company(&server).await;
    company.get(&group).await.expect(200);
    assert!(company.get(&format!("{group}/teams")).await.rows().is_empty(), "workspaces are hidden from it");
    assert!(company.get(&format!("{group}/inboxes")).await.rows().is_empty(), "and so are their inboxes");
    company.post(&format!("{group}/teams"), json!({"team_ids": [world.support]})).await.expect(400);
}

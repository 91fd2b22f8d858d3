//! Shifts over HTTP.

use serde_json::{Value, json};

use crate::guest::Guest;
use crate::server::Server;
use crate::world::World;

fn days() -> Value {
    let day = json!({"start": "09:00", "end": "17:00"});
    json!({"name": "Days", "color": "green", "timezone": "America/New_York",
           "times": {"mon": day, "tue": day, "sun": {"start": "22:00", "end": "06:00"}}, "teammate_ids": []})
}

fn with(field: &str, value: Value) -> Value {
    let mut shift = days();
    shift[field] = value;
    shift
}

async fn make(server: &Server, path: &str) -> String {
    let made = server.post(path, days()).await.expect(201);
    format!("/shifts/{}", made["id"].as_str().expect("an id"))
}

fn names(rows: &[Value]) -> String {
    rows.iter().filter_map(|row| row["name"].as_str().or(row["username"].as_str())).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_is_made_shown_and_changed_in_part() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let made = server.post("/shifts", with("teammate_ids", json!(["alt:email:ada@acme.example"]))).await.expect(201);
    let path = format!("/shifts/{}", made["id"].as_str().expect("an id"));
    assert!(path.starts_with("/shifts/shf_"), "{path}");
    assert_eq!(made["times"]["sun"], json!({"start": "22:00", "end": "06:00"}));
    assert!(made["times"].get("wed").is_none(), "a free day is left out");
    let related = &made["_links"]["related"];
    assert_eq!(related["teammates"], server.url(&format!("{path}/teammates")));
    assert_eq!(related["owner"], server.url(&format!("/teams/{}", world.support)), "the oldest workspace");
    assert_eq!(server.get(&path).await.expect(200), made);
    server.desk().clock().advance(1_000);
    server
        .patch(&path, json!({"color": "red", "times": {"wed": {"start": "08:30", "end": "24:00"}}}))
        .await
        .expect(204);
    let changed = server.get(&path).await.expect(200);
    assert_eq!((&changed["name"], &changed["color"]), (&json!("Days"), &json!("red")));
    assert_eq!(changed["times"], json!({"wed": {"start": "08:30", "end": "24:00"}}), "times are changed as a whole");
    assert_eq!(changed["created_at"], made["created_at"]);
    assert!(changed["updated_at"].as_f64() > made["updated_at"].as_f64());
    assert_eq!(names(&server.get(&format!("{path}/teammates")).await.rows()), "ada", "what is left out stays");
    server.patch(&path, json!({"times": {"wed": null}})).await.expect(204);
    assert_eq!(server.get(&path).await.expect(200)["times"], json!({}), "all days are free");
    server.patch(&path, json!({"teammate_ids": []})).await.expect(204);
    assert!(server.get(&format!("{path}/teammates")).await.rows().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn shifts_are_listed_by_workspace_and_by_teammate() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let (support, sales) = (format!("/teams/{}/shifts", world.support), format!("/teams/{}/shifts", world.sales));
    make(&server, &support).await;
    server.post(&sales, with("name", json!("Nights"))).await.expect(201);
    server.post(&support, with("name", json!("Late"))).await.expect(201);
    assert_eq!(names(&server.get(&support).await.rows()), "Days Late");
    assert_eq!(names(&server.get(&sales).await.rows()), "Nights");
    assert_eq!(names(&server.get("/shifts").await.rows()), "Days Nights Late");
    let ada = format!("/teammates/{}/shifts", world.ada);
    assert!(server.get(&ada).await.rows().is_empty());
    let late = server.get(&support).await.rows()[1]["id"].as_str().expect("an id").to_string();
    server.post(&format!("/shifts/{late}/teammates"), json!({"teammate_ids": [world.ada]})).await.expect(204);
    assert_eq!(names(&server.get("/teammates/alt:email:ada@acme.example/shifts").await.rows()), "Late");
    server.get("/teammates/tea_1a2b/shifts").await.expect(404);
    server.get("/teams/tim_1a2b/shifts").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_the_workspace_come_and_go() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let members = format!("{}/teammates", make(&server, "/shifts").await);
    let ada = json!({"teammate_ids": ["alt:email:ADA@acme.example", world.ada]});
    server.post(&members, ada.clone()).await.expect(204);
    assert_eq!(names(&server.get(&members).await.rows()), "ada");
    let refused = server.post(&members, json!({"teammate_ids": [world.ben]})).await.expect(400);
    assert!(refused.to_string().contains("does not belong to the workspace"), "{refused}");
    for body in [json!({}), json!({"teammate_ids": ["tea_1a2b"]}), json!({"teammate_ids": "all"})] {
        server.post(&members, body.clone()).await.expect(400);
        server.delete(&members, Some(body)).await.expect(400);
    }
    server.delete(&members, Some(json!({"teammate_ids": [world.ben]}))).await.expect(204);
    assert_eq!(names(&server.get(&members).await.rows()), "ada", "who does not work in it is passed over");
    server.delete(&members, Some(ada)).await.expect(204);
    assert!(server.get(&members).await.rows().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_shift_is_named() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = make(&server, "/shifts").await;
    let before = server.get(&path).await.expect(200);
    for (field, value) in [
        ("name", json!(" ")),
        ("name", json!("é".repeat(129))),
        ("color", json!("mauve")),
        ("timezone", json!("Europe/Atlantis")),
        ("timezone", json!("")),
        ("times", json!({"monday": {"start": "09:00", "end": "17:00"}})),
        ("times", json!({"mon": {"start": "09:00"}})),
        ("times", json!({"mon": {"start": "9 am", "end": "17:00"}})),
        ("times", json!({"mon": {"start": "09:00", "end": "24:01"}})),
        ("teammate_ids", json!([world.ben])),
    ] {
        for refused in [
            server.post("/shifts", with(field, value.clone())).await.expect(400),
            server.patch(&path, json!({field: value})).await.expect(400),
        ] {
            let why = refused["_error"]["message"].as_str().unwrap_or_default();
            assert!(why.contains(field), "{field}: {refused}");
        }
    }
    assert_eq!(server.get(&path).await.expect(200), before);
    assert_eq!(server.get("/shifts").await.rows().len(), 1, "nothing was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn shifts_need_their_scopes_and_namespace() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = make(&server, "/shifts").await;
    let members = format!("{path}/teammates");
    let reader = Guest::with_scopes(&server, &["shifts:read"]).await;
    reader.get("/shifts").await.expect(200);
    reader.get(&path).await.expect(200);
    reader.post("/shifts", days()).await.expect(403);
    reader.patch(&path, json!({})).await.expect(403);
    reader.get(&members).await.expect(403);
    Guest::with_scopes(&server, &["teammates:read"]).await.get(&members).await.expect(200);

    let guest = Guest::of_team(&server, world.sales).await;
    assert!(guest.get("/shifts").await.rows().is_empty());
    let nobody = json!({"teammate_ids": []});
    guest.get(&path).await.expect(404);
    guest.patch(&path, json!({"name": "Mine"})).await.expect(404);
    guest.get(&members).await.expect(404);
    guest.post(&members, nobody.clone()).await.expect(404);
    guest.delete(&members, Some(nobody)).await.expect(404);
    guest.get(&format!("/teams/{}/shifts", world.support)).await.expect(404);
    guest.post(&format!("/teams/{}/shifts", world.support), days()).await.expect(404);
    guest.get(&format!("/teammates/{}/shifts", world.ada)).await.expect(404);
    let made = guest.post("/shifts", days()).await.expect(201);
    let owner = made["_links"]["related"]["owner"].as_str().unwrap_or_default();
    assert!(owner.ends_with(&world.sales.to_string()), "the oldest that the token reaches: {owner}");
    let company = Guest::of_the_company(&server).await;
    company.post("/shifts", days()).await.expect(403);
    assert!(company.get("/shifts").await.rows().is_empty());
    Guest::foreign(&server).await.get(&path).await.expect(404);
}

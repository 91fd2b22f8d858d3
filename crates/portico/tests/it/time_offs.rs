//! Time off over HTTP.

use serde_json::{Value, json};

use crate::guest::Guest;
use crate::office::Office;
use crate::server::Server;
use crate::world::World;

fn names(rows: &[Value]) -> String {
    rows.iter().filter_map(|row| row["name"].as_str()).collect::<Vec<_>>().join(" ")
}

async fn away(server: &Server, path: &str, name: &str, (start, end): (i64, Option<i64>)) -> String {
    let body = json!({"name": name, "start_at": start, "end_at": end});
    let made = server.post(path, body).await.expect(201);
    format!("/time_offs/{}", made["id"].as_str().expect("an id"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_off_is_made_shown_changed_in_part_and_deleted() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let path = format!("/teammates/{}/time_offs", office.ada);
    let answer = json!({"is_enabled": true, "is_contacts_only": true, "channel_ids": [office.custom, office.custom],
                        "body": "<p>I am away.</p><script>x()</script>"});
    let body =
        json!({"name": "Holiday", "start_at": 1_606_943_265.298, "end_at": 1_607_548_065, "auto_responder": answer});
    let made = server.post(&path, body).await.expect(201);
    let one = format!("/time_offs/{}", made["id"].as_str().expect("an id"));
    assert!(one.starts_with("/time_offs/vcr_"), "{one}");
    assert_eq!((&made["start_at"], &made["end_at"]), (&json!(1_606_943_265.298), &json!(1_607_548_065)));
    assert_eq!(made["_links"]["self"], server.url(&one));
    assert_eq!(made["_links"]["related"]["teammate"], server.url(&format!("/teammates/{}", office.ada)));
    let kept = json!({"is_enabled": true, "is_contacts_only": true, "channel_ids": [office.custom],
                      "body": "<p>I am away.</p>"});
    assert_eq!(made["auto_responder"], kept);
    assert_eq!(server.get(&one).await.expect(200), made);
    server.desk().clock().advance(1_000);
    server.patch(&one, json!({"end_at": null, "auto_responder": {"is_enabled": false}})).await.expect(204);
    let changed = server.get(&one).await.expect(200);
    assert_eq!((&changed["name"], &changed["end_at"]), (&json!("Holiday"), &Value::Null));
    assert_eq!(changed["auto_responder"]["is_enabled"], false);
    assert_eq!(changed["auto_responder"]["body"], "<p>I am away.</p>", "what is left out stays");
    assert!(changed["updated_at"].as_f64() > made["updated_at"].as_f64());
    server.patch(&one, json!({"end_at": 1_700_000_000, "auto_responder": {"channel_ids": []}})).await.expect(204);
    let changed = server.get(&one).await.expect(200);
    assert_eq!((&changed["end_at"], &changed["auto_responder"]["channel_ids"]), (&json!(1_700_000_000), &json!([])));
    server.delete(&one, None).await.expect(204);
    server.get(&one).await.expect(404);
    assert!(server.get(&path).await.rows().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_least_that_is_said_is_a_name_and_a_start() {
    let server = Server::start().await;
    World::make(&server).await;
    let path = "/teammates/alt:email:ben@acme.example/time_offs";
    let made = server.post(path, json!({"name": "Ill", "start_at": 1_700_000_000})).await.expect(201);
    let silent = json!({"is_enabled": false, "is_contacts_only": false, "channel_ids": [], "body": ""});
    assert_eq!((&made["end_at"], &made["auto_responder"]), (&Value::Null, &silent));
}

#[tokio::test(flavor = "multi_thread")]
async fn time_off_is_listed_by_teammate_and_by_workspace_in_pages() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let ada = format!("/teammates/{}/time_offs", world.ada);
    for (name, span) in [("Past", (100, Some(200))), ("Now", (150, Some(300))), ("Open", (250, None))] {
        away(&server, &ada, name, span).await;
    }
    away(&server, &format!("/teammates/{}/time_offs", world.ben), "Bens", (100, None)).await;
    assert_eq!(names(&server.get(&ada).await.rows()), "Past Now Open");
    let team = format!("/teams/{}/time_offs", world.support);
    assert_eq!(names(&server.get(&team).await.rows()), "Past Now Open", "Ben does not belong to it");
    server.post(&format!("/teams/{}/teammates", world.support), json!({"teammate_ids": [world.ben]})).await.expect(204);
    let (mut seen, mut next) = (Vec::new(), Some(format!("{team}?limit=3&q[active_from]=200")));
    while let Some(path) = next {
        let page = server.get(&path).await.expect(200);
        seen.extend(page["_results"].as_array().expect("rows").clone());
        let url = page["_pagination"]["next"].as_str().map(str::to_string);
        next = url.map(|url| url.strip_prefix(&server.url("")).expect("our own address").to_string());
        assert!(seen.len() < 9, "it never ends");
    }
    assert_eq!(names(&seen), "Now Open Bens");
    let two = server.get(&format!("{team}?limit=2")).await.expect(200);
    assert_eq!(two["_results"].as_array().map(Vec::len), Some(2));
    assert!(two["_pagination"]["next"].is_string());
    let narrow = format!("{ada}?q[active_from]=201&q[active_until]=249");
    assert_eq!(names(&server.get(&narrow).await.rows()), "Now");
    server.get(&format!("{ada}?q[active_from]=soon")).await.expect(400);
    server.get(&format!("{ada}?limit=0")).await.expect(400);
    assert!(server.get(&format!("/teams/{}/time_offs", world.sales)).await.rows().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_time_off_is_named() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = format!("/teammates/{}/time_offs", world.ada);
    let one = away(&server, &path, "Holiday", (1_000, Some(2_000))).await;
    let before = server.get(&one).await.expect(200);
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("é".repeat(201))),
        ("start_at", json!("tomorrow")),
        ("start_at", json!(-1)),
        ("start_at", json!(1_700_000_000_000_i64)),
        ("end_at", json!(1_000)),
        ("end_at", json!(1e300)),
        ("auto_responder", json!("Away")),
        ("auto_responder", json!({"is_enabled": "perhaps"})),
        ("auto_responder", json!({"channel_ids": ["cha_1a2b"]})),
        ("auto_responder", json!({"channel_ids": ["alt:address:nobody"]})),
        ("auto_responder", json!({"body": "é".repeat(65_536)})),
    ] {
        let mut body = json!({"name": "Holiday", "start_at": 1_000, "end_at": 2_000});
        body[field] = value.clone();
        for refused in
            [server.post(&path, body).await.expect(400), server.patch(&one, json!({field: value})).await.expect(400)]
        {
            let why = refused["_error"]["message"].as_str().unwrap_or_default();
            assert!(why.contains(field), "{field}: {refused}");
        }
    }
    assert_eq!(server.get(&one).await.expect(200), before);
    assert_eq!(server.get(&path).await.rows().len(), 1, "nothing was kept");
    server.post("/teammates/tea_1a2b/time_offs", json!({"name": "x", "start_at": 1})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn time_off_needs_its_scopes_and_is_seen_by_who_sees_the_teammate() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = format!("/teammates/{}/time_offs", world.ada);
    let team = format!("/teams/{}/time_offs", world.support);
    let new = json!({"name": "Holiday", "start_at": 1_000});
    let one = away(&server, &path, "Holiday", (1_000, None)).await;
    let reader = Guest::with_scopes(&server, &["time_off:read"]).await;
    for path in [&path, &team, &one] {
        reader.get(path).await.expect(200);
    }
    reader.post(&path, new.clone()).await.expect(403);
    reader.patch(&one, json!({})).await.expect(403);
    Guest::with_scopes(&server, &["time_off:write"]).await.delete(&one, None).await.expect(403);

    let guest = Guest::of_team(&server, world.sales).await;
    guest.get(&path).await.expect(404);
    guest.get(&team).await.expect(404);
    guest.get(&one).await.expect(404);
    guest.post(&path, new.clone()).await.expect(404);
    guest.patch(&one, json!({"name": "Mine"})).await.expect(404);
    guest.delete(&one, None).await.expect(404);
    let colleague = Guest::of_team(&server, world.support).await;
    assert_eq!(names(&colleague.get(&team).await.rows()), "Holiday");
    colleague.patch(&one, json!({"name": "Longer"})).await.expect(204);
    let company = Guest::of_the_company(&server).await;
    assert_eq!(names(&company.get(&path).await.rows()), "Longer", "teammates are the company's");
    company.get(&team).await.expect(404);
    let foreign = Guest::foreign(&server).await;
    foreign.get(&one).await.expect(404);
    foreign.delete(&one, None).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_that_are_hidden_are_not_shown_with_a_time_off() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let mut channels = Vec::new();
    for (inbox, name) in [(world.inbox, "Shop"), (world.sales_inbox, "Fair")] {
        let path = format!("/inboxes/{inbox}/channels");
        server.post(&path, json!({"type": "custom", "name": name})).await.expect(204);
        channels.push(server.get(&path).await.rows()[0]["id"].clone());
    }
    let body = json!({"name": "Holiday", "start_at": 1_000, "auto_responder": {"channel_ids": channels}});
    let made = server.post(&format!("/teammates/{}/time_offs", world.ada), body).await.expect(201);
    assert_eq!(made["auto_responder"]["channel_ids"], json!(channels));
    let one = format!("/time_offs/{}", made["id"].as_str().expect("an id"));
    let guest = Guest::of_team(&server, world.support).await;
    assert_eq!(guest.get(&one).await.expect(200)["auto_responder"]["channel_ids"], json!([channels[0]]));
    let listed = guest.get(&format!("/teams/{}/time_offs", world.support)).await.rows();
    assert_eq!(listed[0]["auto_responder"]["channel_ids"], json!([channels[0]]));
    let named = json!({"auto_responder": {"channel_ids": [channels[1]]}});
    guest.patch(&one, named).await.expect(400);
    guest.patch(&one, json!({"auto_responder": {"is_enabled": true}})).await.expect(204);
    assert_eq!(server.get(&one).await.expect(200)["auto_responder"]["channel_ids"], json!(channels), "none is lost");
    for (named, kept) in [(json!([]), json!([channels[1]])), (json!([channels[0]]), json!([channels[0], channels[1]]))]
    {
        guest.patch(&one, json!({"auto_responder": {"channel_ids": named}})).await.expect(204);
        assert_eq!(server.get(&one).await.expect(200)["auto_responder"]["channel_ids"], kept, "the hidden one stays");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_writes_to_somebody_away_is_answered_in_their_name() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let members = format!("/teams/{}/teammates", office.team);
    server.post(&members, json!({"teammate_ids": [office.ada]})).await.expect(204);
    let answer =
        json!({"is_enabled": true, "channel_ids": ["alt:address:shop"], "body": "<p>Back on <b>Monday</b></p>"});
    let body = json!({"name": "Holiday", "start_at": 1_000, "auto_responder": answer});
    server.post(&format!("/teammates/{}/time_offs", office.ada), body).await.expect(201);
    for text in ["Where is it?", "Hello?"] {
        let message = json!({"sender": {"handle": "ann"}, "body": text});
        server.post(&format!("/channels/{}/incoming_messages", office.custom), message).await.expect(202);
    }
    let conversation = server.get("/conversations").await.rows().remove(0);
    assert_eq!(conversation["status"], "unassigned", "an answer by itself archives nothing");
    let path = format!("/conversations/{}/messages", conversation["id"].as_str().expect("an id"));
    let messages = server.get(&path).await.rows();
    assert_eq!(messages.len(), 3, "two that came in, one answer");
    let told: Vec<&Value> = messages.iter().filter(|message| message["is_inbound"] == false).collect();
    assert_eq!(
        (told[0]["author"]["id"].as_str(), &told[0]["text"]),
        (Some(&*office.ada.to_string()), &json!("Back on Monday"))
    );
    assert_eq!(told[0]["author"]["is_available"], false);
}

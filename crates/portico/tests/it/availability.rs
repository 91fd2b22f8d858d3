//! Who is there: a teammate's own switch, shifts and time off together, as the API shows it and as rules go by it.

use serde_json::{Value, json};

use crate::guest::Guest;
use crate::rule_actions::Stage;
use crate::server::Server;
use crate::world::World;

/// 2025-10-09T08:53:20Z, a Thursday.
const BEGINNING: i64 = 1_760_000_000;
const HOUR: i64 = 3_600;

/// Puts the clock of the server to so many hours after the beginning.
fn at(server: &Server, hours: i64) {
    server.desk().clock().freeze(desk::Timestamp((BEGINNING + hours * HOUR) * 1_000));
}

fn thursdays(start: &str, end: &str, members: Value) -> Value {
    json!({"name": "Days", "color": "green", "timezone": "Etc/UTC", "times": {"thu": {"start": start, "end": end}},
           "teammate_ids": members})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_teammate_is_there_on_any_of_their_shifts() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let ada = format!("/teammates/{}", world.ada);
    let is_there = async |hours: i64| {
        at(&server, hours);
        server.get(&ada).await.expect(200)["is_available"].clone()
    };
    assert_eq!(is_there(20).await, true, "who works in no shift is there at all hours");
    at(&server, 0);
    let early = server.post("/shifts", thursdays("08:00", "10:00", json!([world.ada]))).await.expect(201);
    server.post("/shifts", thursdays("12:00", "14:00", json!([world.ada]))).await.expect(201);
    for (hours, wanted) in [(-2, false), (0, true), (2, false), (4, true), (6, false), (7 * 24, true)] {
        assert_eq!(is_there(hours).await, wanted, "{hours}");
    }
    let early = format!("/shifts/{}", early["id"].as_str().expect("an id"));
    at(&server, 0);
    server.patch(&early, json!({"timezone": "Asia/Tokyo"})).await.expect(204);
    assert_eq!(is_there(0).await, false, "it is evening there");
    at(&server, 0);
    server.patch(&early, json!({"timezone": "Etc/UTC"})).await.expect(204);
    assert_eq!(is_there(0).await, true);
    server.patch(&ada, json!({"is_available": false})).await.expect(204);
    assert_eq!(is_there(0).await, false, "the switch is stronger");
    let members = server.get(&format!("{early}/teammates")).await.rows();
    assert_eq!(members[0]["is_available"], false, "wherever a teammate is shown");
    assert_eq!(server.get(&format!("/teams/{}", world.support)).await.expect(200)["members"][0]["is_available"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_teammate_on_time_off_is_not_there() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    at(&server, 0);
    let (ada, ben) = (format!("/teammates/{}", world.ada), format!("/teammates/{}", world.ben));
    let is_there = async |who: &str| server.get(who).await.expect(200)["is_available"].clone();
    let off = json!({"name": "Dentist", "start_at": BEGINNING + HOUR, "end_at": BEGINNING + 2 * HOUR});
    let one = server.post(&format!("{ada}/time_offs"), off).await.expect(201);
    let one = format!("/time_offs/{}", one["id"].as_str().expect("an id"));
    for (hours, wanted) in [(0, true), (1, false), (2, true)] {
        at(&server, hours);
        assert_eq!(is_there(&ada).await, wanted, "{hours}");
        assert_eq!(is_there(&ben).await, true, "Ben has a time of his own");
    }
    server.patch(&one, json!({"end_at": null})).await.expect(204);
    at(&server, 24 * 400);
    assert_eq!(is_there(&ada).await, false, "nobody knows until when");
    server.delete(&one, None).await.expect(204);
    assert_eq!(is_there(&ada).await, true);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_give_work_to_who_is_there() {
    let stage = Stage::set().await;
    at(&stage.server, 0);
    let ada = stage.office.ada;
    let shift = stage.make("/shifts", thursdays("08:00", "10:00", json!([ada]))).await;
    let group = stage.make("/teammate_groups", json!({"name": "Owls"})).await;
    stage.server.post(&format!("/teammate_groups/{group}/teammates"), json!({"teammate_ids": [ada]})).await.expect(204);
    let rule = stage.rule(json!([{"do": "assign_among", "among": {"group": group}, "by": "round_robin"}])).await;
    let shown = stage.server.get(&format!("/portico/v1/rules/{rule}")).await.expect(200);
    assert_eq!(shown["actions"], json!(["Assign in group \"Owls\" (round robin)"]));
    at(&stage.server, 2);
    let late = stage.write("Anybody?").await;
    assert_eq!(late["assignee"], Value::Null);
    assert_eq!(stage.ended(&rule).await[0]["ended"]["why"], "nobody is available");
    at(&stage.server, 7 * 24);
    let answered = stage.write("Hello?").await;
    assert_eq!(answered["assignee"]["id"], json!(ada.to_string()));
    assert_eq!(answered["assignee"]["is_available"], true);

    let asking =
        json!({"when": [{"on": "inbound"}], "if": {"shift": {"any_of": [shift]}}, "then": [{"do": "archive"}]});
    let asking = stage.make("/portico/v1/rules", json!({"name": "Ask", "definition": asking})).await;
    assert_eq!(stage.write("Is it on?").await["status"], "archived");
    let runs = stage.server.get(&format!("/portico/v1/rules/{asking}/runs")).await.rows();
    let why = runs[0]["explanation"]["checks"].to_string();
    assert!(why.contains(&shift), "it says which are on: {why}");
    let unknown =
        json!({"when": [{"on": "inbound"}], "if": {"shift": {"any_of": ["shf_1a2b"]}}, "then": [{"do": "archive"}]});
    stage.server.post("/portico/v1/rules", json!({"name": "Ask", "definition": unknown})).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_of_one_workspace_names_no_shift_of_another() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let shift = server.post("/shifts", thursdays("08:00", "10:00", json!([]))).await.expect(201);
    let guest = Guest::of_team(&server, world.sales).await;
    let asking =
        json!({"when": [{"on": "inbound"}], "if": {"shift": {"any_of": [shift["id"]]}}, "then": [{"do": "archive"}]});
    let rule = |team: String| json!({"name": "Ask", "team_id": team, "definition": asking});
    guest.post("/portico/v1/rules", rule(world.sales.to_string())).await.expect(400);
    server.post("/portico/v1/rules", rule(world.support.to_string())).await.expect(201);
}

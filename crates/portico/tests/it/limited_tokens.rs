//! What a token of one workspace may do to the company: see and change nothing beyond, and make itself no greater.

use http::Method;
use serde_json::{Value, json};

use crate::guest::Guest;
use crate::server::Server;
use crate::world::World;

/// A rule of the company's, or of somebody's.
async fn rule(server: &Server, whose: Value) -> String {
    let definition = json!({"when": [{"on": "inbound"}], "then": [{"do": "archive"}]});
    let mut new = json!({"name": "Tidy", "definition": definition});
    new.as_object_mut().expect("an object").extend(whose.as_object().cloned().unwrap_or_default());
    let made = server.post("/portico/v1/rules", new).await.expect(201);
    made["id"].as_str().expect("an id").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_opens_all_workspaces_is_closed_to_the_token_of_one() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let guest = Guest::of_team(&server, world.support).await;
    let closed = [
        (Method::GET, "/portico/v1/company/secret".to_string(), Value::Null),
        (Method::POST, "/portico/v1/company/secret/rotate".to_string(), json!({})),
        (Method::PATCH, "/portico/v1/company".to_string(), json!({"has_ticketing": true})),
        (Method::GET, "/portico/v1/tokens".to_string(), Value::Null),
        (Method::POST, "/portico/v1/tokens".to_string(), json!({"name": "Up", "scopes": ["*"]})),
        (Method::POST, format!("/portico/v1/teammates/{}/login_link", world.ben), json!({})),
        (Method::POST, "/portico/v1/custom_fields".to_string(), json!({})),
        (Method::GET, "/portico/v1/deliveries".to_string(), Value::Null),
        (Method::GET, "/portico/v1/apps".to_string(), Value::Null),
    ];
    for (method, path, body) in closed {
        let body = (!body.is_null()).then_some(body);
        let refused = guest.call(method.clone(), &path, body).await.expect(403);
        let why = refused["_error"]["message"].as_str().unwrap_or_default();
        assert!(why.contains("does not reach"), "{method} {path}: {refused}");
    }
    // What it is about is named and seen: that stays open.
    guest.get("/portico/v1/company").await.expect(200);
    guest.patch(&format!("/portico/v1/teams/{}", world.support), json!({"name": "Help"})).await.expect(200);
    guest.patch(&format!("/portico/v1/teams/{}", world.sales), json!({"name": "Help"})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_a_token_cannot_see_it_cannot_touch() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let guest = Guest::of_team(&server, world.support).await;
    let own = rule(&server, json!({"team_id": world.support})).await;
    for whose in [json!({}), json!({"team_id": world.sales}), json!({"teammate_id": world.ada})] {
        let id = rule(&server, whose.clone()).await;
        let path = format!("/portico/v1/rules/{id}");
        guest.get(&path).await.expect(404);
        guest.patch(&path, json!({"name": "Mine"})).await.expect(404);
        guest.patch(&path, json!({"is_enabled": false})).await.expect(404);
        guest.post("/portico/v1/rules/order", json!({"rule_ids": [id]})).await.expect(404);
        guest.delete(&path, None).await.expect(404);
        let kept = server.get(&path).await.expect(200);
        assert_eq!((&kept["name"], &kept["is_enabled"]), (&json!("Tidy"), &json!(true)), "{whose}");
    }
    guest.post("/portico/v1/rules/order", json!({"rule_ids": [own]})).await.expect(204);
    guest.delete(&format!("/portico/v1/rules/{own}"), None).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn time_goals_are_for_who_sees_their_workspace() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let guest = Guest::of_team(&server, world.support).await;
    let goal =
        |team| json!({"name": "Soon", "team_id": team, "definition": {"kind": "reply", "breach": {"after": "1h"}}});
    let path = "/portico/v1/time-goals";
    let theirs = server.post(path, goal(world.sales.to_string())).await.expect(201);
    let one = format!("{path}/{}", theirs["id"].as_str().expect("an id"));
    guest.get(&one).await.expect(404);
    guest.patch(&one, json!({"name": "Mine"})).await.expect(404);
    guest.delete(&one, None).await.expect(404);
    guest.post(path, goal(world.sales.to_string())).await.expect(404);
    let own = guest.post(path, goal(world.support.to_string())).await.expect(201);
    assert_eq!(guest.get(path).await.rows(), std::slice::from_ref(&own));
    guest.delete(&format!("{path}/{}", own["id"].as_str().expect("an id")), None).await.expect(204);
    assert_eq!(server.get(&one).await.expect(200), theirs);
    let reader = Guest::with_scopes(&server, &["portico:read"]).await;
    reader.get(&one).await.expect(200);
    reader.patch(&one, json!({"is_enabled": false})).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_gives_no_scope_away_that_it_lacks_or_that_there_is_not() {
    let server = Server::start().await;
    let guest = Guest::with_scopes(&server, &["portico:write", "tags:read"]).await;
    let refused =
        guest.post("/portico/v1/tokens", json!({"name": "Up", "scopes": ["tags:read", "*"]})).await.expect(403);
    let why = "The token lacks the scope *, so it cannot give it to another.";
    assert_eq!(refused["_error"]["message"], why);
    guest.post("/portico/v1/tokens", json!({"name": "Less", "scopes": ["tags:read"]})).await.expect(201);
    for unknown in ["tags", "tags:red", "tag:read", "portico:all", "feature:", "events:read", "*:read", ""] {
        let refused = server.post("/portico/v1/tokens", json!({"name": "X", "scopes": ["tags:read", unknown]})).await;
        assert!(refused.expect(400).to_string().contains("there is no scope"), "{unknown}");
    }
    let nowhere = json!({"name": "Lost", "scopes": ["tags:read"], "namespaces": {"shared": ["tim_zzz"]}});
    let refused = server.post("/portico/v1/tokens", nowhere).await.expect(400);
    assert!(refused["_error"]["message"].as_str().unwrap_or_default().contains("tim_zzz"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_for_all_conversations_is_made_by_who_reaches_them_all() {
    let server = Server::start().await;
    let guest = Guest::of_the_company(&server).await;
    let definition = json!({"when": [{"on": "inbound"}], "then": [{"do": "archive"}]});
    let refused = guest.post("/portico/v1/rules", json!({"name": "All", "definition": definition})).await.expect(403);
    assert!(refused.to_string().contains("does not reach everything"), "{refused}");
    let id = rule(&server, json!({})).await;
    let path = format!("/portico/v1/rules/{id}");
    let other = json!({"when": [{"on": "inbound"}], "then": [{"do": "trash"}]});
    guest.patch(&path, json!({"definition": other})).await.expect(403);
    guest.patch(&path, json!({"name": "Tidier"})).await.expect(200);
    server.patch(&path, json!({"definition": other})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_may_not_do_everything_lets_nobody_in() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let path = format!("/portico/v1/teammates/{}/login_link", world.ada);
    let guest = Guest::with_scopes(&server, &["portico:read", "portico:write"]).await;
    let refused = guest.post(&path, json!({})).await.expect(403);
    assert!(refused.to_string().contains("the scope *"), "{refused}");
    server.post(&path, json!({})).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_use_of_a_token_is_noted_to_the_minute() {
    let server = Server::start().await;
    let make = json!({"name": "Spare", "scopes": ["tags:read"]});
    let spare = server.post("/portico/v1/tokens", make).await.expect(201);
    let spare = spare["id"].as_str().expect("an id").to_string();
    let used = async |id: &str| {
        let all = server.get("/portico/v1/tokens").await.rows();
        all.into_iter().find(|token| token["id"] == id).expect("the token")["last_used_at"].clone()
    };
    let own = server.get("/portico/v1/tokens").await.rows().remove(0)["id"].as_str().expect("an id").to_string();
    let first = used(&own).await.as_f64().expect("a time");
    assert_eq!(used(&spare).await, Value::Null);
    for (later, wanted) in [(30, first), (60, first + 90.0)] {
        server.desk().clock().advance(later * 1_000);
        // What is remembered of tokens is forgotten when one is revoked.
        let another =
            server.post("/portico/v1/tokens", json!({"name": "Gone", "scopes": ["tags:read"]})).await.expect(201);
        server
            .delete(&format!("/portico/v1/tokens/{}", another["id"].as_str().expect("an id")), None)
            .await
            .expect(204);
        let now = used(&own).await.as_f64().expect("a time");
        assert!((now - wanted).abs() < 10.0, "{later}: {now}, not {wanted}");
    }
}

//! The company over HTTP: whose token it is, ticket statuses, fields and rules.

use desk::access::Owner;
use desk::{custom_fields, rules, statuses};
use reqwest::Method;
use reqwest::multipart::Form;
use serde_json::{Value, json};

use crate::guest::Guest;
use crate::server::Server;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn every_token_may_ask_whose_it_is() {
    let server = Server::start().await;
    let guest = Guest::with_scopes(&server, &[]).await;
    let me = guest.get("/me").await.expect(200);
    assert_eq!((&me["id"], &me["name"]), (&json!(server.company), &json!("Acme")));
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_exist_where_the_company_uses_tickets() {
    let server = Server::start().await;
    server.get("/company/statuses").await.expect(404);
    server.arrange(statuses::create_defaults).await;
    server.patch("/portico/v1/company", json!({"has_ticketing": true})).await.expect(204);
    let rows = server.get("/company/statuses").await.rows();
    let names: Vec<&str> = rows.iter().filter_map(|row| row["category"].as_str()).collect();
    assert_eq!(names, ["open", "waiting", "resolved"]);
    let one = format!("/company/statuses/{}", rows[0]["id"].as_str().unwrap_or_default());
    assert_eq!(server.get(&one).await.expect(200), rows[0]);
    server.get("/company/statuses/sts_1a2b").await.expect(404);
    Guest::with_scopes(&server, &["tags:read"]).await.get("/company/statuses").await.expect(403);
    Guest::foreign(&server).await.get("/company/statuses").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_are_made_and_changed_by_the_admin_api() {
    let server = Server::start().await;
    server.patch("/portico/v1/company", json!({"has_ticketing": true})).await.expect(204);
    let new = json!({"name": "Blocked", "category": "waiting", "description": "By somebody else"});
    let made = server.post("/portico/v1/statuses", new.clone()).await.expect(201);
    server.post("/portico/v1/statuses", new).await.expect(409);
    server.post("/portico/v1/statuses", json!({"name": "x", "category": "gone"})).await.expect(400);
    let id = made["id"].as_str().unwrap_or_default();
    server
        .patch(&format!("/portico/v1/statuses/{id}"), json!({"name": "Stuck", "description": null}))
        .await
        .expect(204);
    let shown = server.get(&format!("/company/statuses/{id}")).await.expect(200);
    assert_eq!((&shown["name"], &shown["description"]), (&json!("Stuck"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_are_listed_by_what_they_are_on() {
    let server = Server::start().await;
    for owner in custom_fields::OWNERS {
        let new = json!({"owner": owner, "name": format!("On {owner}"), "type": "string"});
        server.post("/portico/v1/custom_fields", new).await.expect(201);
    }
    for owner in custom_fields::OWNERS {
        let plural = if *owner == "inbox" { "inboxes".to_string() } else { format!("{owner}s") };
        let rows = server.get(&format!("/{plural}/custom_fields")).await.rows();
        assert_eq!((rows.len(), &rows[0]["name"]), (1, &json!(format!("On {owner}"))));
    }
    assert_eq!(server.get("/custom_fields").await.rows(), server.get("/contacts/custom_fields").await.rows());
    Guest::with_scopes(&server, &["tags:read"]).await.get("/contacts/custom_fields").await.expect(403);
    assert!(Guest::foreign(&server).await.get("/contacts/custom_fields").await.rows().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_keeps_its_name_and_type_for_good() {
    let server = Server::start().await;
    let values = json!([{"value": "gold", "label": "Gold"}]);
    let new = json!({"owner": "link", "name": "Plan", "type": "enum", "values": values});
    let made = server.post("/portico/v1/custom_fields", new).await.expect(201);
    assert_eq!(server.get("/links/custom_fields").await.rows()[0]["values"], values);
    let path = format!("/portico/v1/custom_fields/{}", made["id"].as_str().unwrap_or_default());
    server.patch(&path, json!({"type": "string"})).await.expect(400);
    server.patch(&path, json!({"name": "Other"})).await.expect(400);
    server.patch(&path, json!({"description": "What they pay for"})).await.expect(204);
    assert_eq!(server.get("/links/custom_fields").await.rows()[0]["description"], "What they pay for");
    server.delete(&path, None).await.expect(204);
    assert!(server.get("/links/custom_fields").await.rows().is_empty());
    server.delete(&path, None).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_gives_every_field_a_value_of_its_type() {
    let server = Server::start().await;
    let types = ["string", "number", "boolean", "datetime"];
    for r#type in types {
        let new = json!({"owner": "contact", "name": r#type, "type": r#type});
        server.post("/portico/v1/custom_fields", new).await.expect(201);
    }
    let form = |values: [&'static str; 4]| {
        let fields = types.iter().zip(values).filter(|(_, value)| !value.is_empty());
        fields.fold(Form::new(), |form, (name, value)| form.text(format!("custom_fields[{name}]"), value))
    };
    let post = server.request(Method::POST, "/contacts").bearer_auth(&server.token);
    let handle = form(["7", "7", "true", "1700000000.5"]).text("handles[0][source]", "custom");
    let made = server.send(post.multipart(handle.text("handles[0][handle]", "ann"))).await.expect(201);
    let wanted = json!({"string": "7", "number": 7, "boolean": true, "datetime": 1_700_000_000.5});
    assert_eq!(made["custom_fields"], wanted);
    let path = format!("/contacts/{}", made["id"].as_str().expect("an id"));
    let patch = || server.request(Method::PATCH, &path).bearer_auth(&server.token);
    server.send(patch().multipart(form(["true", "-12.0", "0", "1700000000"]))).await.expect(204);
    let wanted = json!({"string": "true", "number": -12, "boolean": false, "datetime": 1_700_000_000});
    assert_eq!(server.get(&path).await.expect(200)["custom_fields"], wanted);
    for wrong in [["", "seven", "", ""], ["", "1.5", "", ""], ["", "1", "maybe", ""], ["", "1", "no", "soon"]] {
        let refused = server.send(patch().multipart(form(wrong))).await.expect(400);
        assert!(refused["_error"]["message"].as_str().unwrap_or_default().contains("custom_fields."), "{refused}");
    }
    for strict in [json!({"number": "7"}), json!({"boolean": "true"}), json!({"datetime": "1700000000"})] {
        server.patch(&path, json!({"custom_fields": strict})).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_listed_by_owner_and_hidden_by_namespace() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let owners = [Owner::Company, Owner::Team(world.support), Owner::Teammate(world.ada)];
    server
        .arrange(move |work| {
            for owner in owners {
                let definition = json!({"when": [{"on": "archived"}], "then": [{"do": "reopen"}]});
                let new = rules::New {
                    name: format!("{owner:?}"),
                    team: owner.team(),
                    owner: owner.teammate(),
                    is_enabled: true,
                    definition,
                };
                rules::create(work, &new)?;
            }
            Ok(())
        })
        .await;
    assert_eq!(server.get("/rules").await.rows().len(), 3);
    for path in
        ["/company/rules", &format!("/teams/{}/rules", world.support), &format!("/teammates/{}/rules", world.ada)]
    {
        let rows = server.get(path).await.rows();
        assert_eq!(rows.len(), 1, "{path}");
        let one = format!("/rules/{}", rows[0]["id"].as_str().unwrap_or_default());
        assert_eq!(server.get(&one).await.expect(200), rows[0]);
        Guest::of_team(&server, world.sales).await.get(&one).await.expect(404);
    }
    assert!(Guest::of_team(&server, world.sales).await.get("/rules").await.rows().is_empty());
    Guest::with_scopes(&server, &["tags:read"]).await.get("/rules").await.expect(403);
    server.get("/rules/rul_1a2b").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_and_workspaces_are_made_by_the_admin_api() {
    let server = Server::start().await;
    let team = server.post("/portico/v1/teams", json!({"name": "Support"})).await.expect(201);
    let new = json!({"email": "Ada@acme.example", "username": "ada", "first_name": "Ada", "team_ids": [team["id"]]});
    let ada = server.post("/portico/v1/teammates", new.clone()).await.expect(201);
    assert_eq!(ada["email"], "ada@acme.example");
    server.post("/portico/v1/teammates", new.clone()).await.expect(409);
    let mut other = new;
    other["email"] = json!("ada@elsewhere.example");
    other.as_object_mut().expect("an object").remove("username");
    let second = server.post("/portico/v1/teammates", other.clone()).await.expect(201);
    assert_eq!(second["username"], format!("{}_2", ada["username"].as_str().expect("a name")));
    other["email"] = json!("ada@third.example");
    other["username"] = ada["username"].clone();
    server.post("/portico/v1/teammates", other).await.expect(409);
    server.post("/portico/v1/teammates", json!({"email": "nobody", "first_name": "x"})).await.expect(400);
    let id = ada["id"].as_str().unwrap_or_default();
    server.patch(&format!("/portico/v1/teammates/{id}"), json!({"is_blocked": true})).await.expect(204);
    assert_eq!(server.get(&format!("/teammates/{id}")).await.expect(200)["is_blocked"], true);
    server.get(&format!("/teammates/{id}/tags")).await.expect(404);
    server.patch(&format!("/portico/v1/teammates/{id}"), json!({"exposes_private": true})).await.expect(204);
    server.get(&format!("/teammates/{id}/tags")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_changed_by_the_admin_api_and_one_administrator_stays() {
    let server = Server::start().await;
    let make = async |name: &str, is_admin: bool| {
        let new = json!({"email": format!("{name}@acme.example"), "first_name": name, "is_admin": is_admin});
        let made = server.post("/portico/v1/teammates", new).await.expect(201);
        format!("/portico/v1/teammates/{}", made["id"].as_str().expect("an id"))
    };
    let (ada, bob) = (make("ada", true).await, make("bob", false).await);
    let is_admin = async |name: &str| {
        server.get(&format!("/teammates/alt:email:{name}@acme.example")).await.expect(200)["is_admin"].clone()
    };
    for alone in [json!({"is_admin": false}), json!({"is_blocked": true})] {
        let refused = server.patch(&ada, alone).await.expect(400);
        assert!(
            refused["_error"]["message"].as_str().is_some_and(|why| why.contains("last administrator")),
            "{refused}"
        );
    }
    server.patch(&bob, json!({"is_admin": true})).await.expect(204);
    assert_eq!(is_admin("bob").await, true);
    server.patch(&ada, json!({"is_blocked": true})).await.expect(204);
    server.patch(&bob, json!({"is_admin": false})).await.expect(400);
    server.patch(&ada, json!({"is_blocked": false})).await.expect(204);
    server.patch(&bob, json!({"is_admin": false})).await.expect(204);
    assert_eq!((is_admin("ada").await, is_admin("bob").await), (json!(true), json!(false)));
}

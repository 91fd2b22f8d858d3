//! Accounts over HTTP: made, found by their aliases, changed, deleted, and the contacts that belong to them.

use serde_json::{Value, json};

use crate::guest::Guest;
use crate::office::Office;
use crate::server::Server;
use crate::world::World;

/// Makes an account, and answers its path.
async fn account(server: &Server, body: Value) -> String {
    let made = server.post("/accounts", body).await.expect(201);
    format!("/accounts/{}", made["id"].as_str().expect("an id"))
}

/// Makes a contact with an e-mail address, and answers its id.
async fn contact(server: &Server, address: &str) -> String {
    let made = json!({"handles": [{"source": "email", "handle": address}]});
    let made = server.post("/contacts", made).await.expect(201);
    made["id"].as_str().expect("an id").to_string()
}

/// The ids of the contacts of an account.
async fn members(server: &Server, account: &str) -> Vec<String> {
    let rows = server.get(&format!("{account}/contacts?sort_order=asc")).await.rows();
    rows.iter().map(|row| row["id"].as_str().expect("an id").to_string()).collect()
}

/// The address of the account that a contact belongs to, without the server's.
async fn account_of(server: &Server, contact: &str) -> Value {
    let shown = server.get(&format!("/contacts/{contact}")).await.expect(200);
    let url = shown["_links"]["related"]["account"].as_str();
    url.map_or(Value::Null, |url| json!(url[url.find("/accounts").expect("an account")..]))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_found_changed_and_deleted() {
    let server = Server::start().await;
    for (name, kind) in [("Plan", "string"), ("Seats", "number")] {
        let field = json!({"owner": "account", "name": name, "type": kind});
        server.post("/portico/v1/custom_fields", field).await.expect(201);
    }
    let new = json!({"name": " Example Ltd ", "description": "Paper", "domains": ["Example.com", "@shop.example.", "example.com"],
        "external_id": "crm:7", "custom_fields": {"Plan": "gold", "Seats": 3}});
    let made = server.post("/accounts", new).await.expect(201);
    let id = made["id"].as_str().expect("an id");
    let path = format!("/accounts/{id}");
    assert!(id.starts_with("acc_"), "{id}");
    assert_eq!(made["name"], "Example Ltd");
    assert_eq!(made["domains"], json!(["example.com", "shop.example"]));
    assert_eq!((&made["logo_url"], &made["external_id"]), (&Value::Null, &json!("crm:7")));
    assert_eq!(made["custom_fields"], json!({"Plan": "gold", "Seats": 3}));
    assert!(made["_links"]["related"]["contacts"].as_str().expect("an address").ends_with(&format!("{path}/contacts")));
    for alias in ["alt:domain:EXAMPLE.com", "alt:domain:shop.example", "alt:ext_id:crm:7", "alt:ext_id:crm%3A7", id] {
        assert_eq!(server.get(&format!("/accounts/{alias}")).await.expect(200), made, "{alias}");
    }
    for unknown in ["alt:domain:other.example", "alt:ext_id:CRM:7", "alt:name:Example", "alt:domain:", "acc_zz"] {
        server.get(&format!("/accounts/{unknown}")).await.expect(404);
    }
    server.desk().clock().advance(1_000);
    let changed =
        server.patch("/accounts/alt:ext_id:crm:7", json!({"name": "Example", "domains": []})).await.expect(200);
    assert_eq!((&changed["name"], &changed["domains"]), (&json!("Example"), &json!([])));
    assert_eq!((&changed["description"], &changed["custom_fields"]), (&json!("Paper"), &made["custom_fields"]));
    assert!(changed["updated_at"].as_f64() > made["updated_at"].as_f64(), "{changed}");
    assert_eq!(changed["created_at"], made["created_at"]);
    let emptied = json!({"description": null, "custom_fields": {"Seats": 4}, "external_id": "other"});
    let changed = server.patch(&path, emptied).await.expect(200);
    assert_eq!((&changed["description"], &changed["custom_fields"]), (&Value::Null, &json!({"Seats": 4})));
    assert_eq!(changed["external_id"], "crm:7", "the contract's change of an account has no external id");
    assert_eq!(server.get(&path).await.expect(200), changed);
    server.delete(&path, None).await.expect(204);
    server.get(&path).await.expect(404);
    server.patch(&path, json!({"name": "Again"})).await.expect(404);
    server.delete(&path, None).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_and_an_external_id_are_one_accounts_alone() {
    let server = Server::start().await;
    let first = account(&server, json!({"name": "One", "domains": ["one.example"], "external_id": "1"})).await;
    let second = account(&server, json!({"name": "One", "domains": ["two.example"], "external_id": "2"})).await;
    for (body, why) in [
        (json!({"name": "Three", "domains": ["three.example", "ONE.example"]}), "domain one.example"),
        (json!({"name": "Three", "domains": ["three.example"], "external_id": "2"}), "external id"),
    ] {
        let refused = server.post("/accounts", body).await.expect(409);
        assert!(refused["_error"]["message"].as_str().is_some_and(|told| told.contains(why)), "{refused}");
    }
    server.patch(&second, json!({"domains": ["two.example", "one.example"]})).await.expect(409);
    assert_eq!(server.get(&second).await.expect(200)["domains"], json!(["two.example"]), "nothing was changed");
    server.get("/accounts/alt:domain:three.example").await.expect(404);
    server.delete(&first, None).await.expect(204);
    let again = json!({"name": "Three", "domains": ["one.example"], "external_id": "1"});
    server.post("/accounts", again).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_account_is_refused_by_its_field() {
    let server = Server::start().await;
    let path = account(&server, json!({"name": "Example"})).await;
    let many: Vec<String> = (0..201).map(|number| format!("d{number}.example")).collect();
    for (body, field) in [
        (json!({"name": "  "}), "name"),
        (json!({"name": "E", "external_id": ""}), "external_id"),
        (json!({"name": "E", "domains": ["ok.example", "ann@example.com"]}), "domains[1]"),
        (json!({"name": "E", "domains": ["https://example.com"]}), "domains[0]"),
        (json!({"name": "E", "domains": ["@"]}), "domains[0]"),
        (json!({"name": "E", "domains": many}), "domains"),
        (json!({"name": "E", "custom_fields": {"Plan": "gold"}}), "custom_fields.Plan"),
    ] {
        for refused in [server.post("/accounts", body.clone()).await, server.patch(&path, body.clone()).await] {
            if refused.status == 200 && field == "external_id" {
                continue;
            }
            let detail = refused.expect(400)["_error"]["details"][0].clone();
            assert!(detail.as_str().is_some_and(|told| told.starts_with(&format!("{field}:"))), "{body}: {detail}");
        }
    }
    server.post("/accounts", json!({"description": "nameless"})).await.expect(400);
    assert_eq!(server.get("/accounts").await.rows().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_listed_in_pages_by_when_they_were_made_or_changed() {
    let server = Server::start().await;
    let mut paths = Vec::new();
    for number in 0..5 {
        server.desk().clock().advance(1_000);
        paths.push(
            account(&server, json!({"name": format!("a{number}"), "domains": [format!("a{number}.example")]})).await,
        );
    }
    server.desk().clock().advance(1_000);
    server.patch(&paths[1], json!({"description": "changed last"})).await.expect(200);
    for (query, wanted) in [
        ("", ["a4", "a3", "a2", "a1", "a0"]),
        ("&sort_order=asc", ["a0", "a1", "a2", "a3", "a4"]),
        ("&sort_by=updated_at", ["a1", "a4", "a3", "a2", "a0"]),
        ("&sort_by=updated_at&sort_order=asc", ["a0", "a2", "a3", "a4", "a1"]),
    ] {
        let (mut names, mut pages, mut at) = (Vec::new(), 0, Some(format!("/accounts?limit=2{query}")));
        while let Some(path) = at {
            let page = server.get(&path).await.expect(200);
            for row in page["_results"].as_array().expect("rows") {
                assert_eq!(row["domains"], json!([format!("{}.example", row["name"].as_str().expect("a name"))]));
                names.push(row["name"].as_str().expect("a name").to_string());
            }
            let next = page["_pagination"]["next"].as_str().map(str::to_string);
            at = next.map(|url| url[url.find("/accounts").expect("the list")..].to_string());
            pages += 1;
        }
        assert_eq!((names, pages), (wanted.map(str::to_string).to_vec(), 3), "{query}");
    }
    server.get("/accounts?sort_by=name").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_put_into_one_account_and_taken_out() {
    let server = Server::start().await;
    let (one, two) = (account(&server, json!({"name": "One"})).await, account(&server, json!({"name": "Two"})).await);
    let (ann, ben) = (contact(&server, "ann@a.example").await, contact(&server, "ben@b.example").await);
    assert_eq!(account_of(&server, &ann).await, Value::Null);
    let both = json!({"contact_ids": [ann, "alt:email:ben@b.example"]});
    for _ in 0..2 {
        server.post(&format!("{one}/contacts"), both.clone()).await.expect(204);
        assert_eq!(members(&server, &one).await, [ann.clone(), ben.clone()]);
    }
    server.post(&format!("{two}/contacts"), json!({"contact_ids": [ann]})).await.expect(204);
    assert_eq!((members(&server, &one).await, members(&server, &two).await), (vec![ben.clone()], vec![ann.clone()]));
    assert_eq!(account_of(&server, &ann).await, json!(two));
    server.delete(&format!("{one}/contacts"), Some(both.clone())).await.expect(204);
    assert_eq!(members(&server, &one).await, Vec::<String>::new());
    assert_eq!(account_of(&server, &ann).await, json!(two), "whoever is elsewhere stays there");
    let unknown = json!({"contact_ids": [ben, "crd_zz"]});
    server.post(&format!("{one}/contacts"), unknown.clone()).await.expect(404);
    server.delete(&format!("{one}/contacts"), Some(unknown)).await.expect(404);
    server.post(&format!("{one}/contacts"), json!({})).await.expect(400);
    assert_eq!(members(&server, &one).await, Vec::<String>::new(), "nobody, unless everybody is known");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contacts_of_an_account_come_in_pages() {
    let server = Server::start().await;
    let one = account(&server, json!({"name": "One", "domains": ["one.example"]})).await;
    let mut wanted = Vec::new();
    for number in 0..5 {
        server.desk().clock().advance(1_000);
        wanted.push(contact(&server, &format!("c{number}@one.example")).await);
        contact(&server, &format!("c{number}@else.example")).await;
    }
    server.desk().clock().advance(1_000);
    server.patch(&format!("/contacts/{}", wanted[2]), json!({"name": "Changed last"})).await.expect(204);
    let by_change = [0, 1, 3, 4, 2].map(|at: usize| wanted[at].clone()).to_vec();
    for (sort, wanted) in [("created_at", wanted.clone()), ("updated_at", by_change)] {
        let mut seen = Vec::new();
        let mut at = Some(format!("{one}/contacts?limit=2&sort_by={sort}&sort_order=asc"));
        while let Some(path) = at {
            let page = server.get(&path).await.expect(200);
            let rows = page["_results"].as_array().expect("rows").iter();
            seen.extend(rows.map(|row| row["id"].as_str().expect("an id").to_string()));
            let next = page["_pagination"]["next"].as_str().map(str::to_string);
            at = next.map(|url| url[url.find("/accounts").expect("the list")..].to_string());
        }
        assert_eq!(seen, wanted, "{sort}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_with_an_address_at_a_domain_joins_its_account() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let early = contact(&server, "early@one.example").await;
    let one = account(&server, json!({"name": "One", "domains": ["one.example"]})).await;
    let two = account(&server, json!({"name": "Two", "domains": ["two.example"]})).await;
    assert_eq!(account_of(&server, &early).await, Value::Null, "who was there before is not asked");
    let mail = json!({"sender": {"handle": "Ann@One.example"}, "body": "Hello"});
    server.post(&format!("/channels/{}/incoming_messages", office.email), mail).await.expect(202);
    let ann = server.get("/contacts/alt:email:ann@one.example").await.expect(200);
    let ann = ann["id"].as_str().expect("an id").to_string();
    let ben = contact(&server, "ben@one.example").await;
    assert_eq!(members(&server, &one).await, [ann.clone(), ben]);
    let below = contact(&server, "x@mail.one.example").await;
    assert_eq!(account_of(&server, &below).await, Value::Null, "another domain");
    for (address, wanted) in [("x@two.example", &two), ("x@one.example", &two)] {
        let handle = json!({"source": "email", "handle": address});
        server.post(&format!("/contacts/{below}/handles"), handle).await.expect(204);
        assert_eq!(account_of(&server, &below).await, json!(wanted), "the first is kept: {address}");
    }
    let named = json!({"handles": [{"source": "custom", "handle": "cleo@one.example"}]});
    server.post("/contacts", named).await.expect(201);
    assert_eq!(members(&server, &one).await.len(), 2, "a name that looks like an address is none");
    let both = json!({"contact_ids": [ann]});
    server.delete(&format!("{one}/contacts"), Some(both)).await.expect(204);
    let again = json!({"sender": {"handle": "ann@one.example"}, "body": "Hello?"});
    server.post(&format!("/channels/{}/incoming_messages", office.email), again).await.expect(202);
    assert_eq!(account_of(&server, &ann).await, Value::Null, "who was taken out is not put back");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_left_in_an_account_that_is_deleted_while_they_come() {
    let server = Server::start().await;
    for round in 0..20 {
        let domain = format!("d{round}.example");
        let one = account(&server, json!({"name": "One", "domains": [domain]})).await;
        let ann = json!({"handles": [{"source": "email", "handle": format!("ann@{domain}")}]});
        let (come, gone) = tokio::join!(server.post("/contacts", ann), server.delete(&one, None));
        let ann = come.expect(201)["id"].as_str().expect("an id").to_string();
        gone.expect(204);
        assert_eq!(account_of(&server, &ann).await, Value::Null, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn merged_contacts_keep_an_account_and_deleted_ones_leave_it() {
    let server = Server::start().await;
    let one = account(&server, json!({"name": "One", "domains": ["one.example"]})).await;
    let (target, other) = (contact(&server, "ann@else.example").await, contact(&server, "ann@one.example").await);
    let merge = json!({"target_contact_id": target, "contact_ids": [target, other]});
    server.post("/contacts/merge", merge).await.expect(200);
    assert_eq!(members(&server, &one).await, std::slice::from_ref(&target));
    let ben = contact(&server, "ben@one.example").await;
    server.delete(&format!("/contacts/{target}"), None).await.expect(204);
    assert_eq!(members(&server, &one).await, std::slice::from_ref(&ben));
    server.delete(&one, None).await.expect(204);
    assert_eq!(account_of(&server, &ben).await, Value::Null, "the contacts of a deleted account stay");
    server.get(&format!("{one}/contacts")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_for_tokens_that_reach_the_companys_own_things() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let one = account(&server, json!({"name": "One", "domains": ["one.example"], "external_id": "1"})).await;
    let guest = Guest::of_team(&server, world.support).await;
    let theirs = json!({"handles": [{"source": "email", "handle": "ann@one.example"}]});
    let ann = guest.post(&format!("/teams/{}/contacts", world.support), theirs).await.expect(201);
    let named = json!({"contact_ids": [ann["id"]]});
    assert_eq!(guest.get("/accounts").await.rows(), Vec::<Value>::new());
    guest.post("/accounts", json!({"name": "Two"})).await.expect(403);
    for path in [one.as_str(), "/accounts/alt:domain:one.example", "/accounts/alt:ext_id:1"] {
        guest.get(path).await.expect(404);
        guest.patch(path, json!({"name": "Mine"})).await.expect(404);
        guest.delete(path, None).await.expect(404);
        guest.get(&format!("{path}/contacts")).await.expect(404);
        guest.post(&format!("{path}/contacts"), named.clone()).await.expect(404);
        guest.delete(&format!("{path}/contacts"), Some(named.clone())).await.expect(404);
    }
    assert_eq!(server.get(&one).await.expect(200)["name"], "One");
    assert_eq!(
        members(&server, &one).await,
        [ann["id"].as_str().expect("an id")],
        "what a domain takes in is seen by who may"
    );
    let company = Guest::of_the_company(&server).await;
    assert_eq!(
        company.get(&format!("{one}/contacts")).await.rows(),
        Vec::<Value>::new(),
        "a workspace's contact is hidden"
    );
    company.post(&format!("{one}/contacts"), named).await.expect(404);
    let foreign = Guest::foreign(&server).await;
    foreign.get(&one).await.expect(404);
    foreign.get("/accounts/alt:ext_id:1").await.expect(404);
    foreign.post("/accounts", json!({"name": "One", "domains": ["one.example"], "external_id": "1"})).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_on_accounts_wants_its_own_scope() {
    let server = Server::start().await;
    let one = account(&server, json!({"name": "One"})).await;
    let ann = contact(&server, "ann@a.example").await;
    let named = json!({"contact_ids": [ann]});
    let reader = Guest::with_scopes(&server, &["accounts:read"]).await;
    reader.get("/accounts").await.expect(200);
    reader.get(&format!("{one}/contacts")).await.expect(403);
    reader.patch(&one, json!({"name": "Mine"})).await.expect(403);
    let writer = Guest::with_scopes(&server, &["accounts:write"]).await;
    writer.get(&one).await.expect(403);
    writer.patch(&one, json!({"name": "Ours"})).await.expect(200);
    writer.post(&format!("{one}/contacts"), named).await.expect(204);
    writer.delete(&one, None).await.expect(403);
    let people = Guest::with_scopes(&server, &["contacts:read"]).await;
    assert_eq!(people.get(&format!("{one}/contacts")).await.rows().len(), 1);
    Guest::with_scopes(&server, &["accounts:delete"]).await.delete(&one, None).await.expect(204);
}

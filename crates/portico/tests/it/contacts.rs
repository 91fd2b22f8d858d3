//! Contacts over HTTP.

use serde_json::{Value, json};

use crate::server::{Server, support};

async fn create(server: &Server, body: Value) -> String {
    let contact = server.post("/contacts", body).await.expect(201);
    contact["id"].as_str().expect("an id").to_string()
}

fn ann() -> Value {
    json!({"name": "Ann", "handles": [{"source": "email", "handle": "Ann@Example.com"}, {"source": "phone", "handle": "+49 30 1234"}],
           "links": ["https://ann.example"], "list_names": ["VIP"]})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_is_made_found_changed_and_deleted() {
    let server = Server::start().await;
    let id = create(&server, ann()).await;
    let shown = server.get("/contacts/alt:email:ann@example.com").await.expect(200);
    assert_eq!(shown["id"], json!(id));
    assert_eq!(shown["lists"][0]["name"], "VIP");
    assert_eq!(shown["handles"][0], json!({"handle": "Ann@Example.com", "source": "email"}));
    assert_eq!(server.get("/contacts/alt:phone:+49301234").await.expect(200)["id"], json!(id));
    server.patch(&format!("/contacts/{id}"), json!({"name": "Ann E."})).await.expect(204);
    let shown = server.get(&format!("/contacts/{id}/")).await.expect(200);
    assert_eq!((&shown["name"], &shown["links"]), (&json!("Ann E."), &json!(["https://ann.example"])));
    server.delete(&format!("/contacts/{id}"), Some(json!({}))).await.expect(204);
    server.get(&format!("/contacts/{id}")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_taken_by_both_of_their_names() {
    let server = Server::start().await;
    let names = |shown: &Value| {
        let rows = shown["lists"].as_array().expect("lists").iter();
        let mut names: Vec<String> = rows.map(|list| list["name"].as_str().expect("a name").to_string()).collect();
        names.sort_unstable();
        names
    };
    let body = json!({"handles": [{"source": "custom", "handle": "ann"}],
                      "list_names": ["VIP", "Both"], "group_names": ["Both", "Old"]});
    let made = server.post("/contacts", body).await.expect(201);
    assert_eq!(names(&made), ["Both", "Old", "VIP"]);
    let path = format!("/contacts/{}", made["id"].as_str().expect("an id"));
    for (change, left) in [
        (json!({"name": "Ann"}), vec!["Both", "Old", "VIP"]),
        (json!({"group_names": ["Old"]}), vec!["Old"]),
        (json!({"group_names": ["Old"], "list_names": []}), vec!["Old"]),
        (json!({"list_names": []}), vec![]),
    ] {
        server.patch(&path, change.clone()).await.expect(204);
        assert_eq!(names(&server.get(&path).await.expect(200)), left, "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handle_belongs_to_one_contact() {
    let server = Server::start().await;
    create(&server, ann()).await;
    let again = json!({"handles": [{"source": "email", "handle": "ANN@example.com"}]});
    let error = server.post("/contacts", again).await.expect(409);
    assert_eq!(error["_error"]["status"], 409);
    let error = server.post("/contacts", json!({"name": "Nobody"})).await.expect(400);
    assert!(error["_error"]["details"][0].as_str().is_some_and(|line| line.contains("handles")), "{error}");
    server.post("/contacts", json!({"handles": []})).await.expect(400);
    server.post("/contacts", json!({"handles": [{"source": "pigeon", "handle": "x"}]})).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_another_system_are_not_confused_by_their_capital_letters() {
    let server = Server::start().await;
    let (_, channel) = server.arrange(support).await;
    let path = format!("/channels/{channel}/incoming_messages");
    for handle in ["aB1x", "Ab1X", " aB1x "] {
        server.post(&path, json!({"sender": {"handle": handle}, "body": "hello"})).await.expect(202);
    }
    for nobody in ["", "  "] {
        let refused = server.post(&path, json!({"sender": {"handle": nobody}, "body": "hello"})).await.expect(400);
        assert!(refused.to_string().contains("sender.handle"), "{refused}");
    }
    assert_eq!(server.get("/conversations").await.rows().len(), 2);
    let contacts = server.get("/contacts").await.rows();
    let mut handles: Vec<&str> =
        contacts.iter().filter_map(|contact| contact["handles"][0]["handle"].as_str()).collect();
    handles.sort_unstable();
    assert_eq!(handles, ["Ab1X", "aB1x"]);
    let found = server.get("/contacts/alt:custom:Ab1X").await.expect(200);
    assert_eq!(found["handles"][0]["handle"], "Ab1X");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_handle_only_goes_with_the_contact() {
    let server = Server::start().await;
    let id = create(&server, json!({"handles": [{"source": "custom", "handle": "ann"}]})).await;
    let path = format!("/contacts/{id}/handles");
    server.post(&path, json!({"source": "email", "handle": "ann@example.com"})).await.expect(204);
    server.delete(&path, Some(json!({"source": "custom", "handle": "ann"}))).await.expect(204);
    let last = json!({"source": "email", "handle": "ann@example.com"});
    server.delete(&path, Some(last.clone())).await.expect(400);
    let forced = json!({"source": "email", "handle": "ann@example.com", "force": true});
    server.delete(&path, Some(forced)).await.expect(204);
    server.get(&format!("/contacts/{id}")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn merged_contacts_keep_everything_under_the_targets_id() {
    let server = Server::start().await;
    let (_, channel) = server.arrange(support).await;
    let body = json!({"sender": {"handle": "ann-7"}, "body": "hello"});
    server.post(&format!("/channels/{channel}/incoming_messages"), body).await.expect(202);
    let learnt = server.get("/contacts/alt:custom:ann-7").await.expect(200);
    let target = create(&server, ann()).await;
    let merge = json!({"target_contact_id": target, "contact_ids": [learnt["id"]]});
    let merged = server.post("/contacts/merge", merge).await.expect(200);
    assert_eq!(merged["id"], json!(target));
    assert_eq!(merged["handles"].as_array().map(Vec::len), Some(3));
    assert_eq!(server.get("/contacts/alt:custom:ann-7").await.expect(200)["id"], json!(target));
    assert_eq!(server.get(&format!("/contacts/{target}/conversations")).await.rows().len(), 1);
    server.get(&format!("/contacts/{}", learnt["id"].as_str().unwrap_or_default())).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_are_kept_with_their_author() {
    let server = Server::start().await;
    server.arrange(support).await;
    let id = create(&server, ann()).await;
    let author = server.arrange(|work| Ok(work.directory()?.teammates().next().map(|who| who.id))).await;
    let note = json!({"author_id": author, "body": "likes lamps"});
    server.post(&format!("/contacts/{id}/notes"), note).await.expect(201);
    let notes = server.get(&format!("/contacts/{id}/notes")).await.expect(202);
    assert_eq!(notes["_results"][0]["body"], "likes lamps");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_the_groups_they_once_were_are_the_same() {
    let server = Server::start().await;
    server.arrange(support).await;
    let id = create(&server, ann()).await;
    server.post("/contact_lists", json!({"name": "Newsletter"})).await.expect(204);
    let groups = server.get("/contact_groups").await.rows();
    let list = groups.iter().find(|list| list["name"] == "Newsletter").expect("the list")["id"].clone();
    let path = format!("/contact_groups/{}/contacts", list.as_str().unwrap_or_default());
    server.post(&path, json!({"contact_ids": [id]})).await.expect(204);
    assert_eq!(server.get(&path).await.rows().len(), 1);
    server.delete(&path, Some(json!({"contact_ids": ["alt:email:ann@example.com"]}))).await.expect(204);
    assert_eq!(server.get(&path).await.rows().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_contacts_visit_each_once() {
    let server = Server::start().await;
    for number in 0..7 {
        create(&server, json!({"handles": [{"source": "custom", "handle": format!("c{number}")}]})).await;
    }
    let mut seen = Vec::new();
    let mut next = Some("/contacts?limit=3&sort_by=updated_at&sort_order=asc".to_string());
    while let Some(path) = next {
        let page = server.get(&path).await.expect(200);
        seen.extend(page["_results"].as_array().into_iter().flatten().map(|row| row["id"].to_string()));
        let url = page["_pagination"]["next"].as_str().map(str::to_string);
        next = url.and_then(|url| url.find("/contacts").map(|at| url[at..].to_string()));
    }
    assert_eq!(seen.len(), 7);
    seen.dedup();
    assert_eq!(seen.len(), 7);
}

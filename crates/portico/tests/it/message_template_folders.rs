//! Folders of message templates over HTTP.

use reqwest::Method;
use serde_json::{Value, json};

use crate::guest::Guest;
use crate::server::Server;
use crate::world::World;

const FOLDERS: &str = "/message_template_folders";

async fn make(server: &Server, path: &str, name: &str) -> String {
    let made = server.post(path, json!({"name": name})).await.expect(201);
    made["id"].as_str().expect("an id").to_string()
}

fn at(id: &str) -> String {
    format!("{FOLDERS}/{id}")
}

fn inside(id: &str) -> String {
    format!("{FOLDERS}/{id}{FOLDERS}")
}

fn names(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["name"].as_str().expect("a name")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_nest_and_tell_what_is_in_them() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let outer = make(&server, FOLDERS, "Outer").await;
    let links = async |id: &str| server.get(&at(id)).await.expect(200)["_links"]["related"].take();
    let empty = links(&outer).await;
    assert!(empty["owner"].as_str().is_some_and(|url| url.ends_with(&format!("/teams/{}", world.support))), "{empty}");
    for absent in ["parent_folder", "child_folders", "child_answers"] {
        assert_eq!(empty[absent], Value::Null, "{absent}");
    }
    let inner = make(&server, &inside(&outer), "Inner").await;
    let template = json!({"name": "Hi", "body": "Hi"});
    server.post(&format!("{}/message_templates", at(&outer)), template).await.expect(201);
    let full = links(&outer).await;
    assert!(full["child_folders"].as_str().is_some_and(|url| url.ends_with(&inside(&outer))), "{full}");
    let answers = full["child_answers"].as_str().expect("templates");
    assert!(answers.ends_with(&format!("{}/message_templates", at(&outer))), "{answers}");
    let parent = links(&inner).await["parent_folder"].take();
    assert!(parent.as_str().is_some_and(|url| url.ends_with(&at(&outer))), "{parent}");
    assert_eq!(names(&server.get(&inside(&outer)).await.rows()), ["Inner"]);
    let named = json!({"name": "Named", "parent_folder_id": outer});
    server.post(FOLDERS, named).await.expect(201);
    assert_eq!(names(&server.get(&inside(&outer)).await.rows()), ["Named", "Inner"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_list_of_folders_shows_what_belongs_there_in_pages() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let (of_sales, of_ada) = (format!("/teams/{}{FOLDERS}", world.sales), format!("/teammates/{}{FOLDERS}", world.ada));
    let first = make(&server, FOLDERS, "a").await;
    for (path, name) in [(&of_sales, "b"), (&of_ada, "c")] {
        server.desk().clock().advance(1_000);
        make(&server, path, name).await;
    }
    assert_eq!(names(&server.get(&of_sales).await.rows()), ["b"]);
    assert_eq!(names(&server.get(&of_ada).await.rows()), ["c"]);
    server.desk().clock().advance(1_000);
    let renamed = server.patch(&at(&first), json!({"name": "A"})).await.expect(200);
    assert!(renamed["updated_at"].as_f64() > renamed["created_at"].as_f64(), "{renamed}");
    for (asked, wanted) in [("", "cbA"), ("&sort_by=updated_at", "Acb"), ("&sort_order=asc", "Abc")] {
        let one = server.get(&format!("{FOLDERS}?limit=2{asked}")).await.expect(200);
        let next = one["_pagination"]["next"].as_str().expect("a second page");
        let two = server.get(&next[next.find(FOLDERS).expect("a path")..]).await.expect(200);
        let rows = [&one, &two].map(|page| page["_results"].as_array().expect("rows").clone()).concat();
        assert_eq!(names(&rows).concat(), wanted, "{asked}");
    }
    server.get(&format!("{FOLDERS}?sort_by=sort_order")).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_moves_but_never_into_itself_or_to_somebody_else() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let outer = make(&server, FOLDERS, "Outer").await;
    let inner = make(&server, &inside(&outer), "Inner").await;
    let theirs = make(&server, &format!("/teams/{}{FOLDERS}", world.sales), "Theirs").await;
    for parent in [outer.as_str(), inner.as_str(), theirs.as_str(), "rsf_zz", "nonsense"] {
        let refused = server.patch(&at(&outer), json!({"parent_folder_id": parent})).await.expect(400);
        let told = refused["_error"]["details"][0].as_str().unwrap_or_default();
        assert!(told.starts_with("parent_folder_id"), "{told}");
    }
    server.patch(&at(&inner), json!({"name": "Same"})).await.expect(200);
    assert_eq!(names(&server.get(&inside(&outer)).await.rows()), ["Same"], "what is not said stays");
    let moved = server.patch(&at(&inner), json!({"parent_folder_id": null})).await.expect(200);
    assert_eq!(moved["_links"]["related"]["parent_folder"], Value::Null);
    server.patch(&at(&outer), json!({"parent_folder_id": inner})).await.expect(200);
    assert_eq!(names(&server.get(&inside(&inner)).await.rows()), ["Outer"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_nest_ten_deep_and_no_deeper() {
    let server = Server::start().await;
    World::make(&server).await;
    let mut path = FOLDERS.to_string();
    let mut deepest = String::new();
    for level in 0..10 {
        deepest = make(&server, &path, &format!("{level}")).await;
        path = inside(&deepest);
    }
    server.post(&path, json!({"name": "Too deep"})).await.expect(400);
    let pair = make(&server, FOLDERS, "Pair").await;
    make(&server, &inside(&pair), "Half").await;
    let ninth = server.get(&at(&deepest)).await.expect(200)["_links"]["related"]["parent_folder"].take();
    let ninth = ninth.as_str().and_then(|url| url.rsplit('/').next()).expect("a folder").to_string();
    server.patch(&at(&pair), json!({"parent_folder_id": ninth})).await.expect(400);
    let single = make(&server, FOLDERS, "Single").await;
    server.patch(&at(&single), json!({"parent_folder_id": ninth})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_folder_takes_everything_in_it_along() {
    let server = Server::start().await;
    World::make(&server).await;
    let outer = make(&server, FOLDERS, "Outer").await;
    let inner = make(&server, &inside(&outer), "Inner").await;
    let beside = make(&server, FOLDERS, "Beside").await;
    for folder in [&outer, &inner, &beside] {
        let template = json!({"name": "Hi", "body": "Hi"});
        server.post(&format!("{}/message_templates", at(folder)), template).await.expect(201);
    }
    let deleted = server.delete(&at(&outer), None).await.expect(202);
    assert_eq!(deleted, json!({"status": "accepted", "message_template_folder_id": outer}));
    for gone in [&outer, &inner] {
        server.get(&at(gone)).await.expect(404);
        server.get(&inside(gone)).await.expect(404);
        server.get(&format!("{}/message_templates", at(gone))).await.expect(404);
    }
    server.delete(&at(&outer), None).await.expect(404);
    assert_eq!(names(&server.get(FOLDERS).await.rows()), ["Beside"]);
    assert_eq!(server.get("/message_templates").await.rows().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_out_of_reach_are_not_there() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let of_sales = format!("/teams/{}{FOLDERS}", world.sales);
    let of_ada = format!("/teammates/{}{FOLDERS}", world.ada);
    let hidden = [make(&server, &of_sales, "Theirs").await, make(&server, &of_ada, "Hers").await];
    let guest = Guest::of_team(&server, world.support).await;
    let foreign = Guest::foreign(&server).await;
    for (id, stranger) in hidden.iter().flat_map(|id| [(id, &guest), (id, &foreign)]) {
        stranger.get(&at(id)).await.expect(404);
        stranger.get(&inside(id)).await.expect(404);
        stranger.post(&inside(id), json!({"name": "Mine"})).await.expect(404);
        stranger.post(&format!("{}/message_templates", at(id)), json!({"name": "Mine", "body": "x"})).await.expect(404);
        stranger.patch(&at(id), json!({"name": "Mine"})).await.expect(404);
        stranger.delete(&at(id), None).await.expect(404);
    }
    guest.get(&of_sales).await.expect(404);
    guest.post(&of_ada, json!({"name": "Mine"})).await.expect(404);
    assert_eq!(guest.get(FOLDERS).await.rows(), [] as [Value; 0]);
    let own = guest.post(FOLDERS, json!({"name": "Own"})).await.expect(201);
    assert_eq!(guest.get(FOLDERS).await.rows(), [own]);
    let reader = Guest::with_scopes(&server, &["message_templates:read"]).await;
    reader.get(&at(&hidden[0])).await.expect(200);
    for method in [Method::PATCH, Method::DELETE] {
        reader.call(method, &at(&hidden[0]), Some(json!({"name": "X"}))).await.expect(403);
    }
    reader.post(FOLDERS, json!({"name": "X"})).await.expect(403);
    assert_eq!(names(&server.get(FOLDERS).await.rows()), ["Own", "Hers", "Theirs"]);
}

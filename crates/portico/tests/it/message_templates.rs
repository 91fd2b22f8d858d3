//! Message templates over HTTP.

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::guest::Guest;
use crate::server::Server;
use crate::world::World;

fn id(row: &Value) -> &str {
    row["id"].as_str().expect("an id")
}

fn names(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["name"].as_str().expect("a name")).collect()
}

fn plain(name: &str) -> Value {
    json!({"name": name, "body": "<p>Hi</p>"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_made_shown_changed_and_deleted() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let new = json!({"name": " Out of Office ", "subject": "Away", "inbox_ids": [world.inbox],
                     "body": "<p onclick=\"x()\">Hi <b>{{recipient.first_name}}</b></p><script>1</script>"});
    let made = server.post("/message_templates", new).await.expect(201);
    assert_eq!((&made["name"], &made["subject"]), (&json!("Out of Office"), &json!("Away")));
    assert_eq!(made["body"], "<p>Hi <b>{{recipient.first_name}}</b></p>", "it is cleaned as messages are");
    assert_eq!((&made["is_available_for_all_inboxes"], &made["inbox_ids"]), (&json!(false), &json!([world.inbox])));
    let owner = made["_links"]["related"]["owner"].as_str().expect("an owner");
    assert!(owner.ends_with(&format!("/teams/{}", world.support)), "the oldest workspace's: {owner}");
    let path = format!("/message_templates/{}", id(&made));
    assert!(made["_links"]["self"].as_str().is_some_and(|url| url.ends_with(&path)), "{made}");
    assert_eq!(server.get(&path).await.expect(200), made);
    let changed = server.patch(&path, json!({"name": "Away", "subject": null, "inbox_ids": null})).await.expect(200);
    assert_eq!(
        (&changed["name"], &changed["subject"], &changed["body"]),
        (&json!("Away"), &json!(null), &made["body"])
    );
    assert_eq!((&changed["is_available_for_all_inboxes"], &changed["inbox_ids"]), (&json!(true), &json!(null)));
    server.delete(&path, None).await.expect(204);
    server.get(&path).await.expect(404);
    server.patch(&path, json!({"name": "Back"})).await.expect(404);
    server.delete(&path, None).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_text_stays_as_it_is_unless_its_lines_would_run_together() {
    let server = Server::start().await;
    World::make(&server).await;
    for (written, kept) in [
        ("Hello {{user.name}}", "Hello {{user.name}}"),
        // Which variables there are is for whoever writes with it: the fields of contacts and of objects are some.
        ("Hello {{nobody.knows}} {{ Plan }} {{", "Hello {{nobody.knows}} {{ Plan }} {{"),
        ("a & b\nc", "<p>a &amp; b<br>c</p>"),
    ] {
        let made = server.post("/message_templates", json!({"name": "Hi", "body": written})).await.expect(201);
        assert_eq!(made["body"], kept);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_list_shows_what_belongs_there() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let folder = server.post("/message_template_folders", json!({"name": "Returns"})).await.expect(201);
    let (of_team, of_ada) = (
        format!("/teams/{}/message_templates", world.sales),
        "/teammates/alt:email:ada@acme.example/message_templates",
    );
    let of_folder = format!("/message_template_folders/{}/message_templates", id(&folder));
    server.post("/message_templates", plain("oldest")).await.expect(201);
    server.post(&of_team, plain("sales")).await.expect(201);
    let own = server.post(of_ada, plain("own")).await.expect(201);
    let child = server.post(&of_folder, plain("child")).await.expect(201);
    let owner = own["_links"]["related"]["owner"].as_str().expect("an owner");
    assert!(owner.ends_with(&format!("/teammates/{}", world.ada)), "{owner}");
    let parent = child["_links"]["related"]["parent_folder"].as_str().expect("a folder");
    assert!(parent.ends_with(&format!("/message_template_folders/{}", id(&folder))), "{parent}");
    assert_eq!(names(&server.get("/message_templates").await.rows()), ["child", "own", "sales", "oldest"]);
    assert_eq!(names(&server.get(&of_team).await.rows()), ["sales"]);
    assert_eq!(names(&server.get(of_ada).await.rows()), ["own"]);
    assert_eq!(names(&server.get(&of_folder).await.rows()), ["child"]);
    let named = json!({"name": "named", "body": "Hi", "folder_id": id(&folder)});
    server.post("/message_templates", named).await.expect(201);
    assert_eq!(names(&server.get(&of_folder).await.rows()), ["named", "child"]);
    server.patch(&format!("/message_templates/{}", id(&child)), json!({"folder_id": null})).await.expect(200);
    assert_eq!(names(&server.get(&of_folder).await.rows()), ["named"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_in_every_order() {
    let server = Server::start().await;
    World::make(&server).await;
    let mut first = String::new();
    for name in ["a", "b", "c"] {
        let made = server.post("/message_templates", plain(name)).await.expect(201);
        first = if first.is_empty() { id(&made).to_string() } else { first };
        server.desk().clock().advance(1_000);
    }
    server.patch(&format!("/message_templates/{first}"), json!({"name": "A"})).await.expect(200);
    for (asked, wanted) in [
        ("", "cbA"),
        ("&sort_order=asc", "Abc"),
        ("&sort_by=created_at&sort_order=asc", "Abc"),
        ("&sort_by=updated_at", "Acb"),
        ("&sort_by=updated_at&sort_order=asc", "bcA"),
        ("&sort_by=sort_order", "Abc"),
        ("&sort_by=sort_order&sort_order=desc", "cbA"),
    ] {
        let one = server.get(&format!("/message_templates?limit=2{asked}")).await.expect(200);
        let next = one["_pagination"]["next"].as_str().expect("a second page");
        let two = server.get(&next[next.find("/message_templates").expect("a path")..]).await.expect(200);
        assert_eq!(two["_pagination"]["next"], Value::Null, "{asked}");
        let rows = [&one, &two].map(|page| page["_results"].as_array().expect("rows").clone()).concat();
        assert_eq!(names(&rows).concat(), wanted, "{asked}");
    }
    server.get("/message_templates?sort_by=name").await.expect(400);
}

fn files(fields: &[(&str, &str)], files: &[(&str, &'static str)]) -> Form {
    let form = fields.iter().fold(Form::new(), |form, (name, value)| form.text(name.to_string(), value.to_string()));
    let part = |name: &str, content: &'static str| Part::bytes(content.as_bytes()).file_name(name.to_string());
    files.iter().fold(form, |form, (name, content)| form.part("attachments[]", part(name, content)))
}

#[tokio::test(flavor = "multi_thread")]
async fn its_files_are_fetched_below_it_and_replaced_as_a_whole() {
    let server = Server::start().await;
    World::make(&server).await;
    let send = async |method: Method, path: &str, form: Form| {
        server.send(server.request(method, path).bearer_auth(&server.token).multipart(form)).await
    };
    let form = files(
        &[("name", "Terms"), ("body", "<p>See below</p>"), ("folder_id", "")],
        &[("a.txt", "one"), ("b.txt", "two")],
    );
    let made = send(Method::POST, "/message_templates", form).await.expect(201);
    let shown = |row: &Value| {
        let all = row["attachments"].as_array().expect("files").iter();
        all.map(|file| file["filename"].as_str().expect("a name").to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(shown(&made), "a.txt b.txt");
    let path = format!("/message_templates/{}", id(&made));
    let file = made["attachments"][0]["id"].as_str().expect("an id").to_string();
    for below in [format!("{path}/download/{file}"), format!("/download/{file}")] {
        let reply = server.get(&below).await;
        assert_eq!((reply.status, reply.bytes.as_slice()), (200, b"one".as_slice()), "{below}");
    }
    server.get(&format!("/message_templates/rsp_1/download/{file}")).await.expect(404);
    server.get(&format!("/messages/msg_1/download/{file}")).await.expect(404);
    let renamed = server.patch(&path, json!({"name": "Conditions"})).await.expect(200);
    assert_eq!(shown(&renamed), "a.txt b.txt", "what is not said stays");
    let replaced = send(Method::PATCH, &path, files(&[], &[("c.txt", "three")])).await.expect(200);
    assert_eq!(shown(&replaced), "c.txt");
    server.get(&format!("{path}/download/{file}")).await.expect(404);
    let emptied = server.patch(&path, json!({"attachments": []})).await.expect(200);
    assert_eq!(shown(&emptied), "");
    server.post("/message_templates", json!({"name": "X", "body": "x", "attachments": ["eA=="]})).await.expect(400);
    let again = send(Method::PATCH, &path, files(&[], &[("d.txt", "four")])).await.expect(200);
    server.delete(&path, None).await.expect(204);
    server.get(&format!("/download/{}", again["attachments"][0]["id"].as_str().expect("an id"))).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_takes_the_place_of_another_is_shown_where_the_body_shows_it() {
    let server = Server::start().await;
    World::make(&server).await;
    let logo = |content: &'static [u8]| {
        let id =
            HeaderMap::from_iter([(HeaderName::from_static("content-id"), HeaderValue::from_static("<logo@acme>"))]);
        Part::bytes(content).file_name("logo.png").headers(id)
    };
    let send = async |method: Method, path: &str, form: Form| {
        server.send(server.request(method, path).bearer_auth(&server.token).multipart(form)).await
    };
    let form =
        files(&[("name", "Logo"), ("body", "<img src=\"cid:logo@acme\">")], &[]).part("attachments[]", logo(b"1"));
    let made = send(Method::POST, "/message_templates", form).await.expect(201);
    let path = format!("/message_templates/{}", id(&made));
    let wanted = json!({"is_inline": true, "cid": "logo@acme"});
    assert_eq!(made["attachments"][0]["metadata"], wanted);
    let replaced = send(Method::PATCH, &path, Form::new().part("attachments[]", logo(b"2"))).await.expect(200);
    assert_eq!(replaced["attachments"][0]["metadata"], wanted, "the body is the same");
    let form = Form::new().text("body", "<p>No logo</p>").part("attachments[]", logo(b"3"));
    let hidden = send(Method::PATCH, &path, form).await.expect(200);
    assert_eq!(hidden["attachments"][0]["metadata"]["is_inline"], false, "the new body shows none");
    send(Method::PATCH, "/message_templates/rsp_zz", Form::new().part("attachments[]", logo(b"4"))).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_by_name() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let sales = format!("/teams/{}/message_template_folders", world.sales);
    let theirs = server.post(&sales, json!({"name": "Theirs"})).await.expect(201);
    let made = server.post("/message_templates", plain("Hi")).await.expect(201);
    let path = format!("/message_templates/{}", id(&made));
    for (wrong, field) in [
        (json!({"name": " "}), "name"),
        (json!({"name": "n".repeat(201)}), "name"),
        (json!({"subject": "s".repeat(1_001)}), "subject"),
        (json!({"body": "b".repeat(250_001)}), "body"),
        (json!({"inbox_ids": []}), "inbox_ids"),
        (json!({"inbox_ids": ["inb_zz"]}), "inbox_ids"),
        (json!({"inbox_ids": [world.sales_inbox]}), "inbox_ids"),
        (json!({"folder_id": "rsf_zz"}), "folder_id"),
        (json!({"folder_id": "nonsense"}), "folder_id"),
        (json!({"folder_id": id(&theirs)}), "folder_id"),
    ] {
        let refused = server.patch(&path, wrong.clone()).await.expect(400);
        let told = refused["_error"]["details"][0].as_str().unwrap_or_default();
        assert!(told.starts_with(field), "{told}");
        let mut new = plain("New");
        new.as_object_mut().expect("an object").extend(wrong.as_object().cloned().expect("an object"));
        server.post("/message_templates", new).await.expect(400);
    }
    assert_eq!(server.get("/message_templates").await.rows(), [made]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_inboxes_beside_another_change_of_a_template_say_nothing() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let new = json!({"name": "Hi", "body": "Hi", "inbox_ids": [world.inbox]});
    let path = format!("/message_templates/{}", id(&server.post("/message_templates", new).await.expect(201)));
    for change in [
        json!({"name": "Ho", "inbox_ids": []}),
        json!({"subject": "Hey", "inbox_ids": []}),
        json!({"body": "<p>Ho</p>", "inbox_ids": []}),
        json!({"folder_id": null, "inbox_ids": []}),
        json!({"attachments": [], "inbox_ids": []}),
    ] {
        let after = server.patch(&path, change.clone()).await.expect(200);
        assert_eq!(after["inbox_ids"], json!([world.inbox]), "{change}");
    }
    let after = server.get(&path).await.expect(200);
    assert_eq!((&after["name"], &after["subject"], &after["body"]), (&json!("Ho"), &json!("Hey"), &json!("<p>Ho</p>")));
    server.patch(&path, json!({"name": null, "inbox_ids": []})).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_or_touches_what_is_out_of_reach() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let of_sales = format!("/teams/{}/message_templates", world.sales);
    let of_ada = format!("/teammates/{}/message_templates", world.ada);
    let theirs = server.post(&of_sales, plain("theirs")).await.expect(201);
    let private = server.post(&of_ada, plain("private")).await.expect(201);
    let guest = Guest::of_team(&server, world.support).await;
    let foreign = Guest::foreign(&server).await;
    for hidden in [&theirs, &private] {
        let path = format!("/message_templates/{}", id(hidden));
        for stranger in [&guest, &foreign] {
            stranger.get(&path).await.expect(404);
            stranger.patch(&path, json!({"name": "Mine"})).await.expect(404);
            stranger.delete(&path, None).await.expect(404);
        }
    }
    for path in [&of_sales, &of_ada] {
        guest.get(path).await.expect(404);
        guest.post(path, plain("Mine")).await.expect(404);
    }
    let own = guest.post("/message_templates", plain("own")).await.expect(201);
    assert_eq!(guest.get("/message_templates").await.rows(), [own]);
    server.get(&format!("/teammates/{}/message_templates", world.ben)).await.expect(404);
    Guest::of_the_company(&server).await.post("/message_templates", plain("Nowhere")).await.expect(403);
    assert_eq!(foreign.get("/message_templates").await.rows(), [] as [Value; 0]);
    let path = format!("/message_templates/{}", id(&theirs));
    let reader = Guest::with_scopes(&server, &["message_templates:read"]).await;
    reader.get(&path).await.expect(200);
    reader.post("/message_templates", plain("X")).await.expect(403);
    reader.patch(&path, json!({"name": "X"})).await.expect(403);
    reader.delete(&path, None).await.expect(403);
    let writer = Guest::with_scopes(&server, &["message_templates:write"]).await;
    writer.get(&path).await.expect(403);
    writer.delete(&path, None).await.expect(403);
    assert_eq!(server.get(&path).await.expect(200), theirs);
}

//! Articles of knowledge bases over HTTP.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::guest::Guest;
use crate::knowledge_base_categories::make as make_category;
use crate::knowledge_bases::{make as make_base, told};
use crate::server::Server;
use crate::world::World;

/// A body with all that one must have: an author, a text and, of a new article, a title.
async fn whole(server: &Server, fields: Value) -> Value {
    let author = server.get("/teammates").await.rows()[0]["id"].clone();
    let mut body = json!({"author_id": author, "subject": "Bills", "content": "<p>Pay</p>"});
    body.as_object_mut().expect("an object").extend(fields.as_object().cloned().unwrap_or_default());
    body
}

async fn make(server: &Server, base: &str, fields: Value) -> Value {
    server.post(&format!("{base}/articles"), whole(server, fields).await).await.expect(201)
}

fn path(article: &Value) -> String {
    format!("/knowledge_base_articles/{}", article["id"].as_str().expect("an id"))
}

fn ids(rows: &[Value]) -> Vec<&Value> {
    rows.iter().map(|row| &row["id"]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_is_written_shown_changed_and_deleted() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let base = make_base(&server, "Help").await;
    let category = make_category(&server, &base, "Billing").await;
    let body = json!({"category_id": category, "author_id": "alt:email:ada@acme.example", "subject": "Bills",
                      "content": "<h1>Bills</h1><p>Pay them</p>", "status": "published"});
    let article = make(&server, &base, body).await;
    let id = article["id"].as_str().expect("an id");
    assert!(id.starts_with("kba_"), "{id}");
    assert_eq!((&article["name"], &article["status"]), (&json!("Bills"), &json!("published")));
    assert_eq!(article["content"], "<h1>Bills</h1><p>Pay them</p>");
    assert_eq!((&article["locale"], &article["keywords"]), (&json!("en"), &json!([])));
    assert_eq!(article["slug"], format!("/articles/{}", &id[4..]));
    let path = path(&article);
    for (link, end) in [
        ("knowledge_base", base.clone()),
        ("category", format!("/knowledge_base_categories/{category}")),
        ("last_editor", format!("/teammates/{}", world.ada)),
    ] {
        let link = article["_links"]["related"][link].as_str().expect("a link");
        assert!(link.ends_with(&end), "{link}");
    }
    assert_eq!(server.get(&format!("{path}/content")).await.expect(200), article);
    let slim = server.get(&path).await.expect(200);
    assert_eq!((&slim["slug"], &slim["locales"]), (&article["slug"], &json!(["en"])));
    let link = slim["_links"]["related"]["content"].as_str().expect("a link");
    assert!(link.ends_with(&format!("{path}/content")), "{link}");
    let change = json!({"author_id": world.ben, "content": "<p>Pay soon</p>"});
    let changed = server.patch(&format!("{path}/content"), change).await.expect(200);
    assert_eq!(
        (&changed["name"], &changed["status"]),
        (&json!("Bills"), &json!("published")),
        "absent means unchanged"
    );
    assert_eq!(changed["content"], "<p>Pay soon</p>");
    let editor = changed["_links"]["related"]["last_editor"].as_str().expect("a link");
    assert!(editor.ends_with(&format!("/teammates/{}", world.ben)), "{editor}");
    assert!(changed["last_edited_at"].as_f64() > article["last_edited_at"].as_f64());
    let gone = server.delete(&path, None).await.expect(200);
    assert_eq!((&gone["id"], &gone["slug"]), (&article["id"], &article["slug"]));
    server.get(&path).await.expect(404);
    server.get(&format!("{path}/content")).await.expect(404);
    server.delete(&path, None).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_may_say_nothing_yet_and_is_a_draft_until_it_is_published() {
    let server = Server::start().await;
    World::make(&server).await;
    let base = make_base(&server, "Help").await;
    let article = make(&server, &base, json!({"subject": "", "content": ""})).await;
    assert_eq!((&article["name"], &article["content"], &article["status"]), (&json!(""), &json!(""), &json!("draft")));
    assert_eq!(article["_links"]["related"].get("category"), None);
    let slim = server.get(&path(&article)).await.expect(200);
    assert_eq!(slim["_links"]["related"]["category"], Value::Null);
    let content = format!("{}/content", path(&article));
    let published = server.patch(&content, whole(&server, json!({"status": "published"})).await).await.expect(200);
    assert_eq!(published["status"], "published");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_says_something_in_each_locale_by_itself() {
    let server = Server::start().await;
    World::make(&server).await;
    let base = make_base(&server, "Help").await;
    let body = whole(&server, json!({"subject": "Factures", "content": "<p>Payez</p>", "status": "published"})).await;
    let french = server.post(&format!("{base}/locales/fr/articles"), body.clone()).await.expect(201);
    assert_eq!((&french["locale"], &french["name"]), (&json!("fr"), &json!("Factures")));
    let path = path(&french);
    assert_eq!(server.get(&format!("{path}/locales/fr/content")).await.expect(200), french);
    server.get(&format!("{path}/content")).await.expect(404);
    let english = server.patch(&format!("{path}/content"), whole(&server, json!({})).await).await.expect(200);
    assert_eq!((&english["locale"], &english["status"]), (&json!("en"), &json!("draft")));
    assert_eq!(server.get(&path).await.expect(200)["locales"], json!(["en", "fr"]));
    let change = json!({"author_id": body["author_id"], "content": "<p>Payez</p>", "status": "draft"});
    let changed = server.patch(&format!("{path}/locales/fr/content"), change).await.expect(200);
    assert_eq!((&changed["name"], &changed["status"]), (&json!("Factures"), &json!("draft")));
    server.get(&format!("{path}/locales/es/content")).await.expect(404);
    server.post(&format!("{base}/locales/es/articles"), body).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_html_of_an_article_is_cleaned() {
    let server = Server::start().await;
    World::make(&server).await;
    let base = make_base(&server, "Help").await;
    let dirty = "<p onclick=\"x()\">Pay</p><script>x()</script><a href=\"javascript:x()\">here</a>";
    let article = make(&server, &base, json!({"content": dirty})).await;
    let again = whole(&server, json!({"content": format!("{dirty}!")})).await;
    let changed = server.patch(&format!("{}/content", path(&article)), again).await;
    for shown in [article, changed.expect(200)] {
        let content = shown["content"].as_str().expect("a text");
        assert!(content.starts_with("<p>Pay</p>"), "{content}");
        for bad in ["script", "onclick"] {
            assert!(!content.contains(bad), "{content}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn articles_are_listed_by_base_and_by_category_in_pages() {
    let server = Server::start().await;
    World::make(&server).await;
    let (base, other) = (make_base(&server, "Help").await, make_base(&server, "Inside").await);
    let category = make_category(&server, &base, "Billing").await;
    make(&server, &other, json!({})).await;
    let mut made = Vec::new();
    for place in [json!(category), Value::Null, json!(category), json!(category)] {
        made.push(make(&server, &base, json!({"category_id": place})).await["id"].clone());
    }
    let inside = vec![&made[0], &made[2], &made[3]];
    for (list, all) in [
        (format!("{base}/articles"), made.iter().collect::<Vec<_>>()),
        (format!("/knowledge_base_categories/{category}/articles"), inside),
    ] {
        assert_eq!(ids(&server.get(&list).await.rows()), all, "{list}");
        let page = server.get(&format!("{list}?limit=2")).await.expect(200);
        assert_eq!(ids(page["_results"].as_array().expect("rows")), all[..2], "{list}");
        let next = page["_pagination"]["next"].as_str().expect("a second page");
        let page = server.get(next.strip_prefix(&server.url("")).expect("our own address")).await.expect(200);
        assert_eq!(ids(page["_results"].as_array().expect("rows")), all[2..], "{list}");
        assert_eq!(page["_pagination"]["next"], Value::Null, "{list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_category_takes_its_articles_along_and_no_others() {
    let server = Server::start().await;
    World::make(&server).await;
    let base = make_base(&server, "Help").await;
    let category = make_category(&server, &base, "Billing").await;
    let gone = make(&server, &base, json!({"category_id": category})).await;
    let kept = make(&server, &base, json!({})).await;
    server.delete(&format!("/knowledge_base_categories/{category}"), None).await.expect(204);
    server.get(&path(&gone)).await.expect(404);
    server.get(&format!("/knowledge_base_categories/{category}/articles")).await.expect(404);
    assert_eq!(ids(&server.get(&format!("{base}/articles")).await.rows()), [&kept["id"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_article_is_left_in_a_category_that_is_deleted_while_it_is_written() {
    let server = Server::start().await;
    World::make(&server).await;
    let base = make_base(&server, "Help").await;
    let articles = format!("{base}/articles");
    for _ in 0..10 {
        let category = make_category(&server, &base, "Billing").await;
        let body = whole(&server, json!({"category_id": category})).await;
        let writes = (0..4).map(|_| server.post(&articles, body.clone()));
        let path = format!("/knowledge_base_categories/{category}");
        let (written, deleted) = tokio::join!(futures_util::future::join_all(writes), server.delete(&path, None));
        deleted.expect(204);
        assert!(written.iter().all(|reply| matches!(reply.status, 201 | 400)));
        assert_eq!(server.get(&articles).await.rows(), Vec::<Value>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_an_article_are_fetched_below_it_and_by_themselves() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let base = make_base(&server, "Help").await;
    let file = Part::bytes(b"bill".as_slice()).file_name("bill.txt").mime_str("text/plain").expect("a media type");
    let author = whole(&server, json!({})).await["author_id"].as_str().expect("an id").to_string();
    let text = || Form::new().text("author_id", author.clone()).text("content", "<p>See below</p>");
    let form = text().text("subject", "Bills").part("attachments[]", file);
    let request = server.request(Method::POST, &format!("{base}/articles")).bearer_auth(&server.token).multipart(form);
    let article = server.send(request).await.expect(201);
    assert_eq!((&article["name"], &article["attachments"][0]["filename"]), (&json!("Bills"), &json!("bill.txt")));
    let path = path(&article);
    let more = text().part("attachments[]", Part::bytes(b"more".as_slice()).file_name("more.txt"));
    let request = server.request(Method::PATCH, &format!("{path}/content")).bearer_auth(&server.token).multipart(more);
    let changed = server.send(request).await.expect(200);
    assert_eq!((&changed["name"], changed["attachments"].as_array().map(Vec::len)), (&json!("Bills"), Some(1)));
    assert_eq!(changed["attachments"][0]["filename"], "more.txt", "the files before are gone");
    server.get(&format!("/download/{}", article["attachments"][0]["id"].as_str().expect("an id"))).await.expect(404);
    let content = format!("{path}/content");
    let untouched = server.patch(&content, whole(&server, json!({})).await).await.expect(200);
    assert_eq!(untouched["attachments"], changed["attachments"]);
    let emptied = server.patch(&content, whole(&server, json!({"attachments": []})).await).await.expect(200);
    assert_eq!(emptied["attachments"], json!([]));
    let file = Part::bytes(b"bill".as_slice()).file_name("bill.txt");
    let again = text().part("attachments[]", file);
    let request = server.request(Method::PATCH, &content).bearer_auth(&server.token).multipart(again);
    let article = server.send(request).await.expect(200);
    let id = article["attachments"][0]["id"].as_str().expect("an id");
    let below = format!("{path}/download/{id}");
    for at in [&below, &format!("/download/{id}")] {
        let reply = server.get(at).await;
        assert_eq!((reply.status, reply.bytes.as_slice()), (200, b"bill".as_slice()), "{at}");
        assert!(reply.header("content-disposition").starts_with("attachment; "), "it must not become a page of ours");
    }
    let other = make(&server, &base, json!({})).await;
    server
        .get(&format!("/knowledge_base_articles/{}/download/{id}", other["id"].as_str().expect("an id")))
        .await
        .expect(404);
    server.get(&format!("{path}/download/fil_zz")).await.expect(404);
    let writer = Guest::with_scopes(&server, &["knowledge_bases:write"]).await;
    writer.get(&below).await.expect(403);
    Guest::of_team(&server, world.support).await.get(&below).await.expect(404);
    Guest::foreign(&server).await.get(&format!("/download/{id}")).await.expect(404);
    server.delete(&path, None).await.expect(200);
    server.get(&format!("/download/{id}")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_article_is_named() {
    let server = Server::start().await;
    World::make(&server).await;
    let (base, other) = (make_base(&server, "Help").await, make_base(&server, "Inside").await);
    let foreign = make_category(&server, &other, "elsewhere").await;
    let article = make(&server, &other, json!({"subject": "Bills"})).await;
    let content = format!("{}/content", path(&article));
    let before = told(&server).await;
    for (body, field) in [
        (json!({"subject": 7}), "subject"),
        (json!({"subject": "x".repeat(1_001)}), "subject"),
        (json!({"content": "x".repeat(500_001)}), "content"),
        (json!({"status": "lost"}), "status"),
        (json!({"author_id": "nonsense"}), "author_id"),
        (json!({"author_id": "tea_zz"}), "author_id"),
        (json!({"attachments": ["bill.txt"]}), "attachments"),
        (json!({"category_id": "nonsense"}), "category_id"),
        (json!({"category_id": "kbc_zz"}), "category_id"),
        (json!({"category_id": foreign}), "category_id"),
    ] {
        let body = whole(&server, body).await;
        let refused = server.post(&format!("{base}/articles"), body.clone()).await.expect(400);
        let why = refused["_error"]["details"][0].as_str().unwrap_or_default();
        assert!(why.starts_with(&format!("{field}:")), "{refused}");
        if field != "category_id" {
            server.patch(&content, body).await.expect(400);
        }
    }
    let body = whole(&server, json!({})).await;
    for missing in ["author_id", "subject", "content"] {
        let mut body = body.clone();
        body.as_object_mut().expect("an object").remove(missing);
        let mut refused = vec![server.post(&format!("{base}/articles"), body.clone()).await.expect(400)];
        if missing != "subject" {
            refused.push(server.patch(&content, body).await.expect(400));
        }
        for refused in refused {
            let why = refused["_error"]["details"][0].as_str().unwrap_or_default();
            assert!(why.starts_with(&format!("{missing}:")), "{refused}");
        }
    }
    server.post("/knowledge_bases/knb_zz/articles", body.clone()).await.expect(404);
    assert!(server.get(&format!("{base}/articles")).await.rows().is_empty());
    server.patch(&content, body).await.expect(200);
    assert_eq!(told(&server).await, before, "neither a refusal nor the same again is a change");
}

#[tokio::test(flavor = "multi_thread")]
async fn articles_need_the_scopes_of_knowledge_bases() {
    let server = Server::start().await;
    World::make(&server).await;
    let base = make_base(&server, "Help").await;
    let path = path(&make(&server, &base, json!({"subject": "Bills"})).await);
    let writer = Guest::with_scopes(&server, &["knowledge_bases:write"]).await;
    writer.get(&path).await.expect(403);
    writer.get(&format!("{base}/articles")).await.expect(403);
    writer.delete(&path, None).await.expect(403);
    let reader = Guest::with_scopes(&server, &["knowledge_bases:read"]).await;
    reader.get(&format!("{path}/content")).await.expect(200);
    reader.post(&format!("{base}/articles"), json!({})).await.expect(403);
    reader.patch(&format!("{path}/content"), json!({"subject": "Mine"})).await.expect(403);
    reader.delete(&path, None).await.expect(403);
    Guest::with_scopes(&server, &["knowledge_bases:delete"]).await.delete(&path, None).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_reach_the_company_or_is_of_another_one_finds_no_article() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let base = make_base(&server, "Help").await;
    let category = make_category(&server, &base, "Billing").await;
    let path = path(&make(&server, &base, json!({"subject": "Bills", "category_id": category})).await);
    for guest in [Guest::of_team(&server, world.support).await, Guest::foreign(&server).await] {
        guest.get(&path).await.expect(404);
        guest.get(&format!("{path}/content")).await.expect(404);
        guest.get(&format!("{base}/articles")).await.expect(404);
        guest.get(&format!("/knowledge_base_categories/{category}/articles")).await.expect(404);
        let body = whole(&server, json!({"subject": "Mine"})).await;
        guest.post(&format!("{base}/articles"), body.clone()).await.expect(404);
        guest.patch(&format!("{path}/content"), body).await.expect(404);
        guest.delete(&path, None).await.expect(404);
    }
    assert_eq!(server.get(&format!("{path}/content")).await.expect(200)["name"], "Bills");
}

//! Files over HTTP: sent in every spelling, and fetched again.

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::office::Office;
use crate::server::Server;

fn file(name: &str, kind: &str, content: &'static [u8]) -> Part {
    Part::bytes(content).file_name(name.to_string()).mime_str(kind).expect("a media type")
}

async fn message(server: &Server, reply: Value) -> Value {
    let uid = reply["message_uid"].as_str().expect("a uid");
    server.get(&format!("/messages/alt:uid:{uid}")).await.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_in_every_spelling_and_are_fetched_as_they_were() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    for field in ["attachments", "attachments[]", "attachments[0]"] {
        let form = Form::new()
            .text("to[0]", "ann@example.com")
            .text("body", "<p>See below</p>")
            .text("options[archive]", "false")
            .part(field, file("na\u{ef}ve.html", "text/html", b"<script>1</script>"));
        let path = format!("/channels/{}/messages", office.email);
        let request = server.request(Method::POST, &path).bearer_auth(&server.token).multipart(form);
        let shown = message(&server, server.send(request).await.expect(202)).await;
        let attachment = &shown["attachments"][0];
        assert_eq!((attachment["filename"].as_str(), attachment["size"].as_i64()), (Some("na\u{ef}ve.html"), Some(18)));
        let id = attachment["id"].as_str().expect("an id");
        let url = attachment["url"].as_str().expect("a URL");
        assert!(url.ends_with(&format!("/download/{id}")), "{url}");
        let below = format!("/messages/{}/download/{id}", shown["id"].as_str().expect("an id"));
        for path in [format!("/download/{id}"), below] {
            let reply = server.get(&path).await;
            assert_eq!((reply.status, reply.bytes.as_slice()), (200, b"<script>1</script>".as_slice()));
            assert_eq!(reply.header("content-type"), "text/html");
            assert_eq!(reply.header("content-length"), "18");
            assert_eq!(reply.header("x-content-type-options"), "nosniff");
            assert!(
                reply.header("content-disposition").starts_with("attachment; "),
                "it must not become a page of ours"
            );
        }
        server.get(&format!("/messages/msg_1/download/{id}")).await.expect(404);
    }
    let conversations = server.get("/conversations?q[statuses]=unassigned").await.rows();
    assert_eq!(conversations.len(), 3, "options[archive]=false was read as a boolean");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_the_body_shows_is_inline() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let named = |id: &str| HeaderMap::from_iter([(HeaderName::from_static("content-id"), id.parse().expect("an id"))]);
    let form = Form::new()
        .text("to[0]", "ann@example.com")
        .text("body", "<p>Our logo: <img src=\"cid:logo@acme\"></p>")
        .part("attachments[0]", file("logo.png", "image/png", b"png").headers(named("<logo@acme>")))
        .part("attachments[1]", file("terms.pdf", "application/pdf", b"pdf").headers(named("<terms@acme>")))
        .part("attachments[2]", file("log.png", "image/png", b"png").headers(named("<logo@acm>")));
    let path = format!("/channels/{}/messages", office.email);
    let request = server.request(Method::POST, &path).bearer_auth(&server.token).multipart(form);
    let shown = message(&server, server.send(request).await.expect(202)).await;
    assert!(shown["body"].as_str().is_some_and(|body| body.contains("cid:logo@acme")), "{shown}");
    let metadata = |at: usize| shown["attachments"][at]["metadata"].clone();
    assert_eq!(metadata(0), json!({"is_inline": true, "cid": "logo@acme"}));
    assert_eq!((&metadata(1)["is_inline"], &metadata(2)["is_inline"]), (&json!(false), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incoming_message_brings_files() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let form = Form::new()
        .text("sender[handle]", "ann")
        .text("body", "Look")
        .text("metadata[thread_ref]", "t-1")
        .part("attachments[0]", file("a.png", "image/png", b"one"))
        .part("attachments[1]", file("b.png", "image/png", b"two"));
    let path = format!("/channels/{}/incoming_messages", office.custom);
    let request = server.request(Method::POST, &path).bearer_auth(&server.token).multipart(form);
    let shown = message(&server, server.send(request).await.expect(202)).await;
    let names: Vec<&str> =
        shown["attachments"].as_array().expect("files").iter().filter_map(|file| file["filename"].as_str()).collect();
    assert_eq!(names, ["a.png", "b.png"]);
    server.get("/download/fil_1").await.expect(404);
    let file = shown["attachments"][0]["id"].as_str().expect("an id");
    let uid = shown["message_uid"].as_str().expect("a uid");
    for (named, status) in [(format!("alt:uid:{uid}"), 200), (shown["id"].as_str().expect("an id").to_string(), 200)] {
        server.get(&format!("/messages/{named}/download/{file}")).await.expect(status);
    }
    server.get(&format!("/messages/alt:uid:{}/download/{file}", "0".repeat(32))).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_would_be_lost_are_refused() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let path = format!("/channels/{}/incoming_messages", office.custom);
    let body = |attachments: Value| json!({"sender": {"handle": "ann"}, "body": "Look", "attachments": attachments});
    for attachments in
        [json!(["aGVsbG8="]), json!([{"filename": "a.txt", "content": "x"}]), json!("aGVsbG8="), json!(1)]
    {
        let error = server.post(&path, body(attachments.clone())).await.expect(400)["_error"].take();
        let told = error["details"][0].as_str().expect("a detail");
        assert_eq!(told, "attachments: files must be sent as multipart/form-data", "{attachments}");
    }
    let form = server.request(Method::POST, &path).bearer_auth(&server.token);
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    server.send(form.body("sender[handle]=ann&body=Look&attachments[]=hello")).await.expect(400);
    for nothing in [json!([]), json!(null), json!("")] {
        server.post(&path, body(nothing)).await.expect(202);
    }
    let form = Form::new().text("sender[handle]", "ann").text("body", "Look").text("attachments[]", "a,b");
    let request = server.request(Method::POST, &path).bearer_auth(&server.token).multipart(form);
    let shown = message(&server, server.send(request).await.expect(202)).await;
    let attachment = &shown["attachments"][0];
    assert_eq!((attachment["filename"].as_str(), attachment["size"].as_i64()), (Some("attachment"), Some(3)));
}

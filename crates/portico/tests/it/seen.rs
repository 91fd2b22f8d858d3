//! The version guard over HTTP: nobody writes over a message that came in while he was writing.

use reqwest::Method;
use serde_json::{Value, json};

use crate::office::Office;
use crate::server::{Reply, Server};

/// Somebody outside writes; the path of the conversation it belongs to.
async fn incoming(server: &Server, office: &Office, body: &str) -> String {
    let message = json!({"sender": {"handle": "ann"}, "body": body, "metadata": {"thread_ref": "t-1"}});
    let answer = server.post(&format!("/channels/{}/incoming_messages", office.custom), message).await.expect(202);
    let uid = answer["message_uid"].as_str().expect("a uid");
    let message = server.get(&format!("/messages/alt:uid:{uid}")).await.expect(200);
    let url = message["_links"]["related"]["conversation"].as_str().expect("a link");
    url[url.find("/conversations/").expect("a conversation")..].to_string()
}

/// The version that a conversation is shown with.
async fn version(server: &Server, path: &str) -> String {
    let reply = server.get(path).await;
    let version = reply.header("x-portico-version").to_string();
    assert!(version.parse::<i64>().is_ok(), "{version:?}");
    version
}

/// Answers in a conversation, having seen a version of it.
async fn answer(server: &Server, path: &str, headers: &[(&str, &str)]) -> Reply {
    let request = server.request(Method::POST, &format!("{path}/messages")).bearer_auth(&server.token);
    let body = json!({"body": "Soon", "options": {"archive": false}});
    let request = headers.iter().fold(request.json(&body), |request, (name, value)| request.header(*name, *value));
    server.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_has_missed_a_message_is_refused_and_told_which() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let path = incoming(&server, &office, "Where is it?").await;
    let seen = version(&server, &path).await;
    incoming(&server, &office, "It has come!").await;
    let newest = server.get(&path).await.expect(200)["_links"]["related"]["last_message"].clone();
    let error = answer(&server, &path, &[("X-Portico-Seen", &seen)]).await.expect(409);
    let message = error["_error"]["message"].as_str().unwrap_or_default();
    let id = newest.as_str().and_then(|url| url.rsplit('/').next()).and_then(|id| id.split('?').next());
    assert!(message.contains(id.expect("the newest message")), "{message}");
    let seen = version(&server, &path).await;
    answer(&server, &path, &[("X-Portico-Seen", &seen)]).await.expect(202);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_does_itself_never_stands_in_its_way() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let path = incoming(&server, &office, "Where is it?").await;
    let seen = version(&server, &path).await;
    for _ in 0..2 {
        answer(&server, &path, &[("X-Portico-Seen", &seen)]).await.expect(202);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_says_nothing_is_never_refused() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let path = incoming(&server, &office, "Where is it?").await;
    incoming(&server, &office, "It has come!").await;
    answer(&server, &path, &[]).await.expect(202);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_was_done_is_answered_alike_when_it_is_sent_again_later() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let path = incoming(&server, &office, "Where is it?").await;
    let seen = version(&server, &path).await;
    let headers = [("X-Portico-Seen", seen.as_str()), ("Idempotency-Key", "once")];
    let first: Value = answer(&server, &path, &headers).await.expect(202);
    incoming(&server, &office, "It has come!").await;
    assert_eq!(answer(&server, &path, &headers).await.expect(202), first, "it was done before anything was missed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_version_is_refused() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let path = incoming(&server, &office, "Where is it?").await;
    answer(&server, &path, &[("X-Portico-Seen", "latest")]).await.expect(400);
}

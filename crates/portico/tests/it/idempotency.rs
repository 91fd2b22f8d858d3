//! A write that is sent again with the same `Idempotency-Key` is done once and answered alike, for a day.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Reply, Server};

const DAY: i64 = 86_400_000;

async fn make_tag(server: &Server, key: &str, name: &str) -> Reply {
    let request = server.request(Method::POST, "/company/tags").bearer_auth(&server.token);
    server.send(request.header("idempotency-key", key).json(&json!({"name": name}))).await
}

async fn tags(server: &Server) -> usize {
    server.get("/tags").await.rows().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_gets_the_same_answer() {
    let server = Server::start().await;
    let first = make_tag(&server, "k-1", "vip").await;
    let second = make_tag(&server, "k-1", "vip").await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.bytes, second.bytes);
    assert_eq!(tags(&server).await, 1);
    let other = make_tag(&server, "k-2", "vip 2").await.expect(201);
    assert_ne!(other["id"], first.json["id"], "another key is another write");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_with_another_body_is_a_conflict() {
    let server = Server::start().await;
    make_tag(&server, "k-1", "vip").await.expect(201);
    make_tag(&server, "k-1", "other").await.expect(409);
    assert_eq!(tags(&server).await, 1);
    make_tag(&server, "", "empty").await.expect(400);
    make_tag(&server, &"k".repeat(256), "long").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_not_kept() {
    let server = Server::start().await;
    make_tag(&server, "k-1", "").await.expect(400);
    make_tag(&server, "k-1", "vip").await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_at_the_same_time_is_one_write() {
    let server = Server::start().await;
    let answers = join_all((0..16).map(|_| make_tag(&server, "k-1", "vip"))).await;
    let ids: Vec<Value> = answers.into_iter().map(|answer| answer.expect(201)["id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(tags(&server).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_forgotten_after_a_day() {
    let server = Server::start().await;
    let clock = server.desk().clock();
    clock.freeze(clock.now());
    let first = make_tag(&server, "k-1", "vip").await.expect(201);
    clock.advance(DAY - 1);
    assert_eq!(make_tag(&server, "k-1", "vip").await.expect(201), first);
    clock.advance(1);
    let later = make_tag(&server, "k-1", "vip 2").await.expect(201);
    assert_ne!(later["id"], first["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_known_after_a_restart() {
    let server = Server::start().await;
    let first = make_tag(&server, "k-1", "vip").await;
    let server = server.restart().await;
    let again = make_tag(&server, "k-1", "vip").await;
    // Links begin with the address, and this server's is a free port of each start: the answer is that of the first.
    assert_eq!((again.status, &again.bytes), (201, &first.bytes));
    assert_eq!(tags(&server).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_a_kept_answer_is_not_kept_in_clear() {
    let server = Server::start().await;
    let make = async || {
        let request = server.request(Method::POST, "/portico/v1/tokens").bearer_auth(&server.token);
        let new = json!({"name": "ci", "scopes": ["tags:read"]});
        server.send(request.header("idempotency-key", "k-1").json(&new)).await.expect(201)
    };
    let made = make().await;
    assert_eq!(made, make().await, "the answer is told again");
    let bodies = server
        .arrange(|work| {
            let sql = "SELECT body FROM idempotency WHERE company = $1";
            Ok(work.conn.all::<(Vec<u8>,)>(sql, db::args![work.company])?)
        })
        .await;
    let token = made["token"].as_str().expect("a token").as_bytes();
    assert!(bodies.len() == 1 && bodies.iter().all(|(body,)| body.len() > token.len()));
    assert!(bodies.iter().all(|(body,)| !body.windows(token.len()).any(|part| part == token)));
}

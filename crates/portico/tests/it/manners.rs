//! What HTTP itself asks of every answer: connections that stay usable, and HEAD.

use axum::http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::office::Office;
use crate::server::{Server, client};

/// Sends a head, lets its answer begin if it will, and sends the body; then asks for `/me` on the same connection.
/// Told is the first status line, whether the connection was said to be closed, and whether the second was answered.
async fn twice(server: &Server, head: &str, body: &[u8]) -> (String, bool, bool) {
    let mut stream = TcpStream::connect(server.running.address).await.expect("a connection");
    let head = format!("{head}\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.expect("the head is sent");
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let me =
        format!("GET /me HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n", server.token);
    // A server that closes the connection breaks off what is still being sent to it.
    if stream.write_all(body).await.is_ok() {
        let _ = stream.write_all(me.as_bytes()).await;
    }
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all).await;
    let all = String::from_utf8_lossy(&all).into_owned();
    let (first, _) = all.split_once("\r\n\r\n").unwrap_or((&all, ""));
    let line = first.lines().next().unwrap_or_default().to_string();
    (
        line,
        first.contains("connection: close"),
        all.matches("HTTP/1.1 ").count() == 2 && all.contains("HTTP/1.1 200 OK"),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_before_the_body_was_read_leaves_the_connection_usable() {
    let server = Server::start().await;
    let known = format!("authorization: Bearer {}", server.token);
    for (request, status) in [
        ("POST /tags HTTP/1.1".to_string(), "401"),
        (format!("POST /nothing HTTP/1.1\r\n{known}"), "404"),
        (format!("PUT /tags HTTP/1.1\r\n{known}"), "405"),
        (format!("POST /tags HTTP/1.1\r\n{known}\r\ncontent-type: multipart/form-data"), "400"),
        (format!("POST /tags HTTP/1.1\r\n{known}\r\ncontent-encoding: gzip"), "415"),
    ] {
        let (line, is_closed, is_answered) = twice(&server, &request, &[b'x'; 20_000]).await;
        assert!(line.contains(status), "{request}: {line}");
        assert!(!is_closed && is_answered, "{request}: closed {is_closed}, answered {is_answered}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_nobody_reads_and_that_does_not_come_closes_its_connection_and_the_answer_says_so() {
    let server = Server::start().await;
    let (line, is_closed, is_answered) = twice(&server, "POST /tags HTTP/1.1", &vec![b'x'; 1_000_000]).await;
    assert!(line.contains("401") && !is_closed && is_answered, "{line}: it has come, closed {is_closed}");
    let (line, is_closed, _) = twice(&server, "POST /tags HTTP/1.1\r\nexpect: 100-continue", b"").await;
    assert!(line.contains("401") && !is_closed, "nothing was left to be sent: {line}");
    let (line, is_closed, _) = twice(&server, "POST /tags HTTP/1.1\r\nexpect: 100-continue", b"{}").await;
    assert!(line.contains("401") && is_closed, "the answer comes first: {line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_get_without_its_body() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let form = reqwest::multipart::Form::new()
        .text("sender[handle]", "ann")
        .text("body", "Look")
        .part("attachments[0]", reqwest::multipart::Part::bytes(b"twelve bytes").file_name("a.txt"));
    let path = format!("/channels/{}/incoming_messages", office.custom);
    let request = server.request(Method::POST, &path).bearer_auth(&server.token).multipart(form);
    let uid = server.send(request).await.expect(202)["message_uid"].as_str().expect("a uid").to_string();
    let message = server.get(&format!("/messages/alt:uid:{uid}")).await.expect(200);
    let file = message["attachments"][0]["id"].as_str().expect("an id");
    let head = async |path: &str| {
        let asked = client().head(server.url(path)).bearer_auth(&server.token);
        asked.send().await.expect("an answer")
    };
    for path in ["/me", "/tags", "/conversations?limit=1", "/tags/tag_zz", "/nothing", &format!("/download/{file}")] {
        let (got, head) = (server.get(path).await, head(path).await);
        assert_eq!(head.status().as_u16(), got.status, "{path}");
        for name in ["content-type", "content-length", "content-disposition"] {
            assert_eq!(head.headers().get(name), got.headers.get(name), "{path}: {name}");
        }
        assert!(head.headers().contains_key("x-ratelimit-limit"), "{path}");
    }
    assert_eq!(head(&format!("/download/{file}")).await.headers()["content-length"], "12");
    assert_eq!(head(&path).await.status().as_u16(), 405, "nothing is to be got there");
    let other = server.send(server.request(Method::PUT, "/tags").bearer_auth(&server.token)).await;
    assert!(other.header("allow").contains("HEAD"), "{:?}", other.headers);
}

//! `portico sample-channel`: a partner that works as partners should.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::commands::{Folder, Running, portico};
use crate::office::{Office, until};
use crate::server::{Server, client};

/// The program beside a server.
pub struct Sample {
    running: Running,
    pub url: String,
    app: String,
    pub channel: String,
}

impl Sample {
    pub fn start(server: &Server, data: &Path, more: &[&str]) -> Sample {
        let url = server.url("");
        let mut args = vec!["sample-channel", "--portico", &url, "--token", &server.token, "--listen", "127.0.0.1:0"];
        args.extend(["--json"].iter().chain(more));
        let running = Running::start(portico(data, &args));
        let ready: Value = serde_json::from_str(&running.line(|line| line.starts_with('{'))).expect("JSON");
        let text = |name: &str| ready[name].as_str().expect("a text").to_string();
        Sample { url: text("url"), app: text("app"), channel: text("channel"), running }
    }

    async fn get(&self, path: &str) -> Value {
        let answer = client().get(format!("{}{path}", self.url)).send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    async fn say(&self, body: Value) -> (u16, Value) {
        let answer = client().post(format!("{}/chat", self.url)).json(&body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// The chat of a visitor, once it is as wanted.
    async fn chat(&self, visitor: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut chat = Value::Null;
        for _ in 0..500 {
            chat = self.get(&format!("/chat?visitor={visitor}")).await;
            if wanted(&chat) {
                return chat;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("the chat never became what was wanted: {chat:#}");
    }
}

/// The conversation that a visitor's first message began.
pub async fn conversation(server: &Server) -> String {
    let listed = until(server, "/conversations", |all| all["_results"].as_array().is_some_and(|rows| rows.len() == 1));
    listed.await["_results"][0]["id"].as_str().expect("an id").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_and_a_teammate_talk_until_the_channel_is_deleted() {
    let (server, folder) = (Server::start().await, Folder::new());
    let office = Office::furnish(&server, None).await;
    let sample = Sample::start(&server, &folder.join("kept"), &[]);
    let typed = "1 < 2 & <b>not bold</b>";
    for _ in 0..2 {
        let (status, said) = sample.say(json!({"visitor": "Ann", "text": typed, "id": "once"})).await;
        assert_eq!((status, &said["id"]), (202, &json!("in-once")));
    }
    let id = conversation(&server).await;
    let messages = server.get(&format!("/conversations/{id}/messages")).await.rows();
    assert_eq!((messages.len(), &messages[0]["text"]), (1, &json!(typed)), "typed text stays as it is, and comes once");
    let reply = json!({"author_id": office.ada, "body": "On its way"});
    server.post(&format!("/conversations/{id}/messages"), reply).await.expect(202);
    let chat = sample.chat("ann", |chat| chat["entries"][1].is_object()).await;
    assert_eq!((&chat["entries"][0]["state"], &chat["entries"][1]["text"]), (&json!("arrived"), &json!("On its way")));
    assert_eq!(chat["entries"][1]["author"], "Ada Lovelace");
    let path = format!("/conversations/{id}/messages");
    let sent =
        |all: &Value| all["_results"].as_array().is_some_and(|rows| rows.iter().all(|row| row["error_type"].is_null()));
    until(&server, &path, sent).await;
    server.delete(&format!("/portico/v1/channels/{}", sample.channel), None).await.expect(204);
    sample.chat("ann", |chat| chat["is_deleted"] == true).await;
    assert_eq!(sample.say(json!({"visitor": "ann", "text": "Hello?"})).await.0, 410);
    let calls = sample.get("/calls").await;
    let told: Vec<&str> =
        calls["calls"].as_array().expect("calls").iter().filter_map(|call| call["body"]["type"].as_str()).collect();
    assert_eq!(told, ["authorization", "message_imported", "message", "delete"]);
    assert!(calls["calls"].as_array().expect("calls").iter().all(|call| call["signature"] == "verified"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_message_begins_a_chat_and_a_refused_one_fails_with_its_words() {
    let (server, folder) = (Server::start().await, Folder::new());
    let office = Office::furnish(&server, None).await;
    let sample = Sample::start(&server, &folder.join("kept"), &[]);
    let new = json!({"author_id": office.ada, "to": ["ben"], "body": "Hello Ben"});
    server.post(&format!("/channels/{}/messages", sample.channel), new.clone()).await.expect(202);
    sample.chat("ben", |chat| chat["entries"][0]["text"] == "Hello Ben").await;
    let (channel, app) = (sample.channel.clone(), sample.app.clone());
    assert_eq!(sample.running.stop(), Some(0));
    let refusing = Sample::start(&server, &folder.join("kept"), &["--fail-with", "forbidden"]);
    assert_eq!((&refusing.channel, &refusing.app), (&channel, &app), "a second run finds what the first one made");
    let uid = server.post(&format!("/channels/{channel}/messages"), new).await.expect(202)["message_uid"].clone();
    let path = format!("/messages/alt:uid:{}", uid.as_str().expect("a uid"));
    let failed = until(&server, &path, |message| message["error_type"].is_string()).await;
    assert_eq!(failed["error_type"], "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_secret_is_its_own_and_a_lost_one_is_replaced() {
    let (server, folder) = (Server::start().await, Folder::new());
    Office::furnish(&server, None).await;
    let first = Sample::start(&server, &folder.join("kept"), &[]);
    let file = folder.join("kept").join("sample-channel.json");
    assert_eq!(std::fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
    assert_eq!(first.running.stop(), Some(0));
    std::fs::remove_file(&file).expect("the file goes");
    let second = Sample::start(&server, &folder.join("kept"), &[]);
    assert_eq!(second.app, first.app);
    assert_eq!(second.say(json!({"visitor": "ann", "text": "Hello"})).await.0, 202);
    assert_eq!(server.get("/portico/v1/apps").await.rows().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_not_signed_just_now_by_the_app_are_refused() {
    let (server, folder) = (Server::start().await, Folder::new());
    Office::furnish(&server, None).await;
    let sample = Sample::start(&server, &folder.join("kept"), &[]);
    let file: Value =
        serde_json::from_slice(&std::fs::read(folder.join("kept").join("sample-channel.json")).expect("bytes"))
            .expect("JSON");
    let key = webhooks::sign::ApplicationKey::new(file["secret"].as_str().expect("a secret"));
    let body = json!({"type": "delete", "payload": {"channel_id": sample.channel}}).to_string();
    let now = server.desk().clock().now().0;
    let call = async |at: i64, signature: String| {
        let request = client().delete(format!("{}/front/{}", sample.url, sample.channel)).body(body.clone());
        let request = request.header("x-front-request-timestamp", at).header("x-front-signature", signature);
        request.send().await.expect("an answer").status().as_u16()
    };
    // Whoever reaches the page may send something large; the sample does not remember all of it.
    let large = format!(r#"{{"padding":"{}"}}"#, "x".repeat(16 * 1024));
    let sent = client().post(format!("{}/front/{}", sample.url, "y".repeat(1_000))).body(large.clone());
    assert_eq!(sent.send().await.expect("an answer").status().as_u16(), 403);
    let calls = sample.get("/calls").await;
    let noted = calls["calls"].as_array().and_then(|calls| calls.last()).expect("the call");
    assert_eq!(noted["body"], format!("{} bytes, too many to be remembered", large.len()));
    assert!(noted["path"].as_str().is_some_and(|path| path.len() == 200), "{noted}");
    let stale = now - 301_000;
    assert_eq!(call(now, key.sign(now, b"{}")).await, 403);
    assert_eq!(call(stale, key.sign(stale, body.as_bytes())).await, 403);
    assert_eq!(sample.get("/chat?visitor=ann").await["is_deleted"], false);
    assert_eq!(call(now, key.sign(now, body.as_bytes())).await, 200);
    assert_eq!(sample.get("/chat?visitor=ann").await["is_deleted"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_needs_nobody_else() {
    let (server, folder) = (Server::start().await, Folder::new());
    Office::furnish(&server, None).await;
    let sample = Sample::start(&server, &folder.join("kept"), &[]);
    let page = client().get(&sample.url).send().await.expect("the page");
    let policy = page.headers()["content-security-policy"].to_str().expect("text").to_string();
    let text = page.text().await.expect("text");
    assert!(policy.starts_with("default-src 'none'") && policy.contains("connect-src 'self'"), "{policy}");
    assert!(text.contains("width=device-width") && !text.contains("http"), "nothing is loaded from another host");
    let mut live = client().get(format!("{}/chat/live?visitor=ann", sample.url)).send().await.expect("a stream");
    assert_eq!(live.headers()["content-type"], "text/event-stream");
    let mut seen = String::new();
    sample.say(json!({"visitor": "ann", "text": "Hello"})).await;
    while !seen.contains(r#""text":"Hello""#) {
        let chunk = live.chunk().await.expect("a chunk").expect("more");
        seen.push_str(&String::from_utf8_lossy(&chunk));
    }
}

//! The Channel API: what the server of an app's channel tells, with tokens that it signs itself.

use api::edge::bearer::{ChannelClaims, mint_channel};
use api::routes;
use axum::http::Method;
use reqwest::RequestBuilder;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::app_channels::Bridge;
use crate::server::Reply;
use crate::twins;

/// A channel of an app, spoken for by the app's server.
pub struct Line {
    /// Everything around it.
    pub bridge: Bridge,
    /// The channel.
    pub id: String,
}

impl Line {
    /// Makes the channel. Its partner's call 0 was the authorization.
    pub async fn open() -> Line {
        let bridge = Bridge::build(json!({"type": "none"})).await;
        Line::on(bridge).await
    }

    /// Makes one more channel of the app.
    pub async fn on(bridge: Bridge) -> Line {
        bridge.ask(json!({})).await.expect(204);
        let made = bridge.made().await;
        let id = made.last().expect("a channel")["id"].as_str().expect("an id").to_string();
        Line { bridge, id }
    }

    /// A token of the app's server for this channel, good for some seconds.
    pub fn token(&self) -> String {
        self.signed(&self.bridge.secret, 20_000)
    }

    fn signed(&self, secret: &str, lives: i64) -> String {
        let now = self.bridge.server.desk().clock().now().0;
        let claims = ChannelClaims {
            application: self.bridge.uid.clone(),
            channel: self.id.clone(),
            expires_at: now + lives,
            id: Some("constant".to_string()),
        };
        mint_channel(secret.as_bytes(), &claims)
    }

    /// A request of the app's server.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bridge.server.request(method, path).bearer_auth(self.token())
    }

    /// A request below the channel.
    pub async fn tell(&self, method: Method, below: &str, body: Value) -> Reply {
        let path = format!("/channels/{}{below}", self.id);
        self.bridge.server.send(self.request(method, &path).json(&body)).await
    }

    /// A message that reached the channel; the `message_uid`.
    pub async fn inbound(&self, id: &str, thread: &str, more: Value) -> String {
        let ids = json!({"external_id": id, "external_conversation_id": thread});
        let mut body = json!({"sender": {"handle": "ann"}, "body": "Where is it?", "metadata": ids});
        lay(&mut body, more);
        taken(self.tell(Method::POST, "/inbound_messages", body).await)
    }

    /// A message that left the channel elsewhere; the `message_uid`.
    pub async fn outbound(&self, id: &str, thread: &str, more: Value) -> String {
        let ids = json!({"external_id": id, "external_conversation_id": thread});
        let mut body = json!({"to": [{"handle": "ann"}], "body": "On its way", "metadata": ids});
        lay(&mut body, more);
        taken(self.tell(Method::POST, "/outbound_messages", body).await)
    }

    /// What the app's server reads.
    pub async fn get(&self, path: &str) -> Reply {
        self.bridge.server.send(self.request(Method::GET, path)).await
    }

    /// A message as the owner sees it.
    pub async fn message(&self, uid: &str) -> Value {
        self.bridge.server.get(&format!("/messages/alt:uid:{uid}")).await.expect(200)
    }

    /// The conversation of a message.
    pub async fn conversation(&self, uid: &str) -> Value {
        let message = self.message(uid).await;
        let url = message["_links"]["related"]["conversation"].as_str().expect("a link").to_string();
        let id = url.rsplit('/').next().expect("an id").to_string();
        self.bridge.server.get(&format!("/conversations/{id}")).await.expect(200)
    }
}

fn lay(body: &mut Value, more: Value) {
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
}

#[track_caller]
fn taken(reply: Reply) -> String {
    let answer = reply.expect(202);
    assert_eq!(answer["status"], "accepted");
    answer["message_uid"].as_str().expect("a uid").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_reached_the_channel_is_kept_once() {
    let line = Line::open().await;
    let uid = line.inbound("m-1", "c-1", json!({"subject": "Order", "delivered_at": 1_700_000_000})).await;
    assert_eq!(line.inbound("m-1", "c-2", json!({"body": "Again"})).await, uid);
    let message = line.message(&uid).await;
    assert_eq!((&message["type"], &message["is_inbound"]), (&json!("custom"), &json!(true)));
    assert_eq!((&message["text"], &message["subject"]), (&json!("Where is it?"), &json!("Order")));
    assert_eq!(message["created_at"], 1_700_000_000);
    assert_eq!(line.bridge.server.get("/conversations").await.rows().len(), 1);
    let seen = line.get(&format!("/messages/alt:uid:{uid}")).await.expect(200);
    assert_eq!((&seen["metadata"]["external_id"], message["metadata"].get("external_id")), (&json!("m-1"), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_stand_together_by_the_conversations_external_id_alone() {
    let line = Line::open().await;
    let first = line.inbound("m-1", "c-1", json!({})).await;
    let conversation = line.conversation(&first).await;
    let path = format!("/conversations/{}", conversation["id"].as_str().expect("an id"));
    line.bridge.server.patch(&path, json!({"status": "archived"})).await.expect(204);
    let second = line.inbound("m-2", "c-1", json!({"sender": {"handle": "ben"}})).await;
    let sent = line.outbound("m-3", "c-1", json!({})).await;
    let elsewhere = line.inbound("m-4", "c-2", json!({})).await;
    for uid in [&second, &sent] {
        assert_eq!(line.conversation(uid).await["id"], conversation["id"]);
    }
    assert_ne!(line.conversation(&elsewhere).await["id"], conversation["id"]);
    assert_eq!(line.conversation(&first).await["status"], "unassigned", "a customer's message opens it again");
    let seen = line.get(&path).await.expect(200);
    assert_eq!(seen["metadata"], json!({"external_conversation_ids": ["c-1"]}));
    assert_eq!(line.bridge.server.get(&path).await.expect(200)["metadata"], json!({}), "for partners only");
    assert_eq!(line.get(&format!("{path}/messages")).await.rows().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_may_say_which_one_it_answers() {
    let line = Line::open().await;
    let first = line.inbound("m-1", "c-1", json!({})).await;
    let ids = json!({"external_id": "m-2", "external_conversation_id": "c-1", "referenced_message_external_id": "m-1"});
    for uid in [
        line.inbound("m-2", "c-1", json!({"metadata": ids})).await,
        line.outbound(
            "m-3",
            "c-1",
            json!({"metadata": {
                "external_id": "m-3", "external_conversation_id": "c-1", "referenced_message_external_id": "m-1"
            }}),
        )
        .await,
    ] {
        let replied = line.message(&uid).await["_links"]["related"]["message_replied_to"].clone();
        assert_eq!(replied, line.message(&first).await["_links"]["self"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_email_address_leads_to_the_contact_that_has_it() {
    let line = Line::open().await;
    let server = &line.bridge.server;
    let known = json!({"name": "Ann", "handles": [{"source": "email", "handle": "ann@example.com"}]});
    let contact = server.post("/contacts", known).await.expect(201)["id"].clone();
    let ann = json!({"handle": "ann-7", "email": "Ann@Example.com"});
    let uid = line.inbound("m-1", "c-1", json!({"sender": ann})).await;
    let linked = line.conversation(&uid).await["recipient"]["_links"]["related"]["contact"].clone();
    assert!(linked.as_str().expect("a link").ends_with(contact.as_str().expect("an id")), "{linked}");
    line.outbound("m-2", "c-2", json!({"to": {"handle": "ben-7", "name": "Ben", "email": "ben@example.com"}})).await;
    let ben = server.get("/contacts/alt:email:ben@example.com").await.expect(200);
    let handles: Vec<&Value> = ben["handles"].as_array().expect("handles").iter().map(|one| &one["handle"]).collect();
    assert_eq!((&ben["name"], handles), (&json!("Ben"), vec![&json!("ben-7"), &json!("ben@example.com")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_left_elsewhere_shows_as_sent_by_its_author() {
    let line = Line::open().await;
    let ada = json!({"author_id": line.bridge.office.ada, "sender_name": "Ada", "delivered_at": 1_700_000_000});
    let uid = line.outbound("m-1", "c-1", ada).await;
    assert_eq!(line.outbound("m-1", "c-1", json!({})).await, uid);
    let message = line.message(&uid).await;
    assert_eq!((&message["is_inbound"], &message["error_type"]), (&json!(false), &Value::Null));
    assert_eq!((&message["author"]["username"], &message["created_at"]), (&json!("ada"), &json!(1_700_000_000)));
    assert_eq!((&message["recipients"][0]["handle"], &message["recipients"][0]["role"]), (&json!("ann"), &json!("to")));
    let conversation = line.conversation(&uid).await;
    assert_eq!(conversation["recipient"]["handle"], "ann");
    line.tell(
        Method::POST,
        "/outbound_messages",
        json!({"to": [], "body": "x", "metadata": {
            "external_id": "m-2", "external_conversation_id": "c-1"
        }}),
    )
    .await
    .expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_as_partners_send_them_and_only_the_channels_server_fetches_them() {
    let line = Line::open().await;
    let form = Form::new()
        .text("sender[handle]", "ann")
        .text("body", "<p>See below</p>")
        .text("metadata[external_id]", "m-1")
        .text("metadata[external_conversation_id]", "c-1")
        .text("delivered_at", "1700000000")
        .part("attachments[0]", Part::bytes(b"picture".as_slice()).file_name("a%20b.txt"));
    let request = line.request(Method::POST, &format!("/channels/{}/inbound_messages", line.id)).multipart(form);
    let uid = taken(line.bridge.server.send(request).await);
    let message = line.message(&uid).await;
    let file = &message["attachments"][0];
    assert_eq!(file["filename"], "a b.txt");
    let (id, file) = (message["id"].as_str().expect("an id"), file["id"].as_str().expect("an id"));
    let paths = [format!("/download/{file}"), format!("/messages/{id}/download/{file}")];
    for path in &paths {
        assert_eq!(line.get(path).await.bytes, b"picture");
    }
    let other = Line::on(line.bridge).await;
    for path in paths {
        other.get(&path).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_message_is_named() {
    let line = Line::open().await;
    let long = "x".repeat(201);
    let ids = json!({"external_id": "m-1", "external_conversation_id": "c-1"});
    let whole = json!({"sender": {"handle": "ann"}, "body": "Hi", "metadata": ids});
    for (wrong, field) in [
        (json!({"metadata": {"external_id": long, "external_conversation_id": "c-1"}}), "metadata.external_id"),
        (
            json!({"metadata": {"external_id": "m", "external_conversation_id": ""}}),
            "metadata.external_conversation_id",
        ),
        (json!({"metadata": {"external_id": "m"}}), "metadata.external_conversation_id"),
        (json!({"sender": {"handle": " "}}), "sender.handle"),
        (json!({"delivered_at": 1e300}), "delivered_at"),
    ] {
        let mut body = whole.clone();
        lay(&mut body, wrong);
        let refused = line.tell(Method::POST, "/inbound_messages", body).await.expect(400);
        let detail = refused["_error"]["details"][0].as_str().unwrap_or_default();
        assert!(detail.starts_with(&format!("{field}: ")), "{field}: {refused}");
    }
    let plain = format!("/channels/{}/inbound_messages", line.bridge.office.custom);
    line.bridge.server.post(&plain, whole).await.expect(400);
    assert_eq!(line.bridge.server.get("/conversations").await.rows(), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_did_not_arrive_opens_its_conversation_again() {
    let line = Line::open().await;
    let uid = line.outbound("m-1", "c-1", json!({})).await;
    let id = line.conversation(&uid).await["id"].as_str().expect("an id").to_string();
    line.bridge.server.patch(&format!("/conversations/{id}"), json!({"status": "archived"})).await.expect(204);
    let path = "/conversations/c-1/messages/m-1/status";
    let failed = json!({"status": "failed", "reason": "the number is blocked"});
    line.tell(Method::PUT, path, failed.clone()).await.expect(204);
    line.tell(Method::PUT, path, failed.clone()).await.expect(204);
    assert_eq!(line.message(&uid).await["error_type"], "internal_error");
    assert_eq!(line.message(&uid).await["metadata"]["error_message"], "the number is blocked");
    assert_eq!(line.conversation(&uid).await["status"], "unassigned");
    let events = line.bridge.server.get(&format!("/conversations/{id}/events")).await.rows();
    let bounces = events.iter().filter(|event| event["type"] == "message_bounce_error").count();
    assert_eq!(bounces, 1, "said twice, it happened once");
    let told = events.iter().find(|event| event["type"] == "message_bounce_error").expect("the event");
    assert_eq!(told["target"]["data"]["metadata"]["error_message"], "the number is blocked");
    line.inbound("m-2", "c-1", json!({})).await;
    line.inbound("m-3", "c-2", json!({})).await;
    for (path, status) in [
        ("/conversations/c-1/messages/m-2/status", 400),
        ("/conversations/c-2/messages/m-1/status", 404),
        ("/conversations/c-1/messages/m-9/status", 404),
    ] {
        line.tell(Method::PUT, path, failed.clone()).await.expect(status);
    }
    line.tell(Method::PUT, path, json!({"status": "sent"})).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_did_not_arrive_may_be_named_as_it_was_sent() {
    let line = Line::open().await;
    let uid = line.outbound("m-1", "c-1", json!({})).await;
    let inbound = line.inbound("m-2", "c-1", json!({})).await;
    let elsewhere = json!({"to": ["shop@partner.example"], "body": "Hello"});
    let elsewhere =
        line.bridge.server.post(&format!("/channels/{}/messages", line.bridge.office.email), elsewhere).await;
    let elsewhere = elsewhere.expect(202)["message_uid"].as_str().expect("a uid").to_string();
    let failed = json!({"status": "failed", "reason": "the number is blocked"});
    let tell = async |uid: &str, body: Value| {
        let path = format!("/messages/alt:uid:{uid}/status");
        line.bridge.server.send(line.request(Method::PUT, &path).json(&body)).await
    };
    tell(&uid, json!({"status": "sent"})).await.expect(400);
    tell(&inbound, failed.clone()).await.expect(400);
    tell(&elsewhere, failed.clone()).await.expect(404);
    line.bridge.server.put(&format!("/messages/alt:uid:{elsewhere}/status"), failed.clone()).await.expect(400);
    assert_eq!(line.message(&uid).await["error_type"], Value::Null);
    tell(&uid, failed.clone()).await.expect(204);
    assert_eq!(line.message(&uid).await["error_type"], "internal_error");
    let id = line.message(&uid).await["id"].as_str().expect("an id").to_string();
    line.bridge.server.put(&format!("/messages/{id}/status"), failed).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_says_whether_its_channel_is_connected_and_changes_nothing_else() {
    let line = Line::open().await;
    let path = format!("/channels/{}", line.id);
    for (status, is_valid) in [("offline", false), ("ok", true)] {
        line.tell(Method::PATCH, "", json!({"status": status})).await.expect(204);
        assert_eq!(line.get(&path).await.expect(200)["is_valid"], is_valid);
    }
    line.tell(Method::PATCH, "", json!({"status": "away"})).await.expect(400);
    for more in [json!({"name": "Mine"}), json!({"settings": {"undo_send_time": 5}}), json!({"inbox_id": "inb_1"})] {
        line.tell(Method::PATCH, "", more).await.expect(403);
    }
    let plain = format!("/channels/{}", line.bridge.office.custom);
    line.bridge.server.patch(&plain, json!({"status": "offline"})).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_while_its_time_its_secret_and_its_app_are() {
    let line = Line::open().await;
    let Line { bridge, id } = &line;
    let ask = async |token: String| {
        bridge
            .server
            .send(bridge.server.request(Method::GET, &format!("/channels/{id}")).bearer_auth(token))
            .await
            .status
    };
    assert_eq!(ask(line.token()).await, 200);
    assert_eq!(ask(line.signed(&bridge.secret, -5_000)).await, 200, "clocks may differ a little");
    assert_eq!(ask(line.signed(&bridge.secret, -60_000)).await, 401);
    assert_eq!(ask(line.signed(&bridge.secret, 35_000)).await, 200, "in both directions");
    assert_eq!(ask(line.signed(&bridge.secret, 60_000)).await, 401, "a token is made for one call");
    assert_eq!(ask(line.signed("another secret", 20_000)).await, 401);
    let app = format!("/portico/v1/apps/{}", bridge.uid);
    let rotated = bridge.server.post(&format!("{app}/secrets/rotate"), json!({"purpose": "signing"})).await.expect(200);
    let fresh = rotated["secret"].as_str().expect("a secret");
    assert_eq!(ask(line.signed(fresh, 20_000)).await, 200);
    assert_eq!(ask(line.token()).await, 200, "during the overlap both verify");
    bridge.server.post(&format!("{app}/disable"), json!({})).await.expect(204);
    assert_eq!(ask(line.token()).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_a_channel_opens_nothing_else() {
    let line = Line::open().await;
    let server = &line.bridge.server;
    let (twin, _) = twins::make(server).await;
    let before = twins::contents(server).await;
    let mut cases = 0;
    for operation in routes::all() {
        let parts = operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let path = parts.fold(operation.path.to_string(), |path, part| {
            let id = twin.id(operation.path, part).unwrap_or_else(|| "anything".to_string());
            path.replace(&format!("{{{part}}}"), &id)
        });
        let mut request = line.request(operation.method.clone(), &path);
        if operation.method != Method::GET {
            request = request.json(&json!({}));
        }
        let reply = server.send(request).await;
        assert!(matches!(reply.status, 403 | 404), "{} {path}: {}", operation.method, reply.status);
        cases += 1;
    }
    assert!(cases > 150, "{cases}");
    twins::unchanged(&before, &twins::contents(server).await, "the server of another channel");
    let stream = line.request(Method::GET, portico::stream::PATH).send().await.expect("an answer");
    assert_eq!(stream.status(), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channels_server_reads_and_changes_its_own_conversations() {
    let line = Line::open().await;
    line.inbound("m-1", "c-1", json!({})).await;
    let server = &line.bridge.server;
    let conversation = server.get("/conversations").await.rows().remove(0);
    let path = format!("/conversations/{}", conversation["id"].as_str().expect("an id"));
    for below in ["", "/messages", "/comments", "/events", "/followers", "/inboxes"] {
        server.send(line.request(Method::GET, &format!("{path}{below}"))).await.expect(200);
    }
    let change = async |method: Method, below: &str, body: Value| {
        server.send(line.request(method, &format!("{path}{below}")).json(&body)).await
    };
    let ada = server.get("/teammates").await.rows().remove(0);
    change(Method::POST, "/comments", json!({"body": "They called as well"})).await.expect(400);
    change(Method::POST, "/comments", json!({"body": "They called as well", "author_id": ada["id"]})).await.expect(201);
    let tag = server.post("/company/tags", json!({"name": "Called"})).await.expect(201);
    change(Method::POST, "/tags", json!({"tag_ids": [tag["id"]]})).await.expect(204);
    change(Method::PATCH, "", json!({"status": "archived"})).await.expect(204);
    let shown = server.get(&path).await.expect(200);
    assert_eq!((&shown["status"], &shown["tags"][0]["name"]), (&json!("archived"), &json!("Called")));
    // What was not sent yet is nobody's business outside, and what is deleted is so for good.
    server.send(line.request(Method::GET, &format!("{path}/drafts"))).await.expect(403);
    change(Method::POST, "/messages", json!({"body": "Soon"})).await.expect(403);
    server.send(line.request(Method::DELETE, &path)).await.expect(403);
    for event in server.get(&format!("{path}/events")).await.rows() {
        server.get(&format!("/events/{}", event["id"].as_str().expect("an id"))).await.expect(200);
    }
}

//! Channels of apps: how they are made with their partner's consent.

use serde_json::{Value, json};

use crate::apps::{feature, register};
use crate::guest::Guest;
use crate::office::{Office, Partner, Received};
use crate::server::{Reply, Server};
use crate::twins;

/// A server with an app that brings a kind of channel, and the app's own server.
pub struct Bridge {
    /// The server.
    pub server: Server,
    /// Where its channels are.
    pub office: Office,
    /// The app's server.
    pub partner: Partner,
    /// The app.
    pub uid: String,
    /// Its secret.
    pub secret: String,
}

impl Bridge {
    /// Registers the app; its server is told who calls by `authentication`.
    pub async fn build(authentication: Value) -> Bridge {
        Bridge::with(authentication, json!({})).await
    }

    /// The same, with more settings of its channels.
    pub async fn with(authentication: Value, more: Value) -> Bridge {
        Bridge::on(Server::start().await, authentication, more).await
    }

    /// The same on a server of one's own.
    pub async fn on(server: Server, authentication: Value, more: Value) -> Bridge {
        let office = Office::furnish(&server, None).await;
        let partner = Partner::start().await;
        let (uid, secret) = register(&server, "Pigeons").await;
        let base = partner.url.trim_end_matches("/out");
        let main = json!({"kind": "server", "name": "main", "base_url": base, "authentication": authentication});
        feature(&server, &uid, main).await;
        let mut settings = json!({"kind": "channel", "name": "Pigeons", "server": "main", "url": "/pigeons"});
        settings.as_object_mut().expect("settings").extend(more.as_object().cloned().unwrap_or_default());
        feature(&server, &uid, settings).await;
        Bridge { server, office, partner, uid, secret }
    }

    /// Asks for a channel; `more` is laid over what every such request says.
    pub async fn ask(&self, more: Value) -> Reply {
        self.server.post(&self.channels(), self.body(more)).await
    }

    /// The channels of the app that there are.
    pub async fn made(&self) -> Vec<Value> {
        let mut rows = self.server.get(&self.channels()).await.rows();
        rows.retain(|row| row["name"] == "Pigeons" || row["name"] == "Coop");
        rows
    }

    fn channels(&self) -> String {
        format!("/inboxes/{}/channels", self.office.inbox)
    }

    fn body(&self, more: Value) -> Value {
        let mut body = json!({"type": "custom", "application_uid": self.uid});
        body.as_object_mut().expect("a body").extend(more.as_object().cloned().unwrap_or_default());
        body
    }
}

/// A header of a call as text, empty if it is absent.
pub fn header<'a>(call: &'a Received, name: &str) -> &'a str {
    call.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// Whether a call is signed with an app's secret.
pub fn is_signed(call: &Received, secret: &str) -> bool {
    let at: i64 = header(call, "x-front-request-timestamp").parse().expect("milliseconds");
    webhooks::sign::ApplicationKey::new(secret).verify(at, &call.bytes, header(call, "x-front-signature"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_is_asked_before_its_channel_is_made() {
    let bridge = Bridge::build(json!({"type": "bearer"})).await;
    let given = json!({"credentials": {"access_token": "t0p-s3cret"}, "settings": {"undo_send_time": 5}});
    bridge.ask(given).await.expect(204);
    let made = bridge.made().await;
    let call = bridge.partner.call(0).await;
    let wanted = format!(r#"{{"type":"authorization","payload":{{"channel_id":{}}}}}"#, made[0]["id"]);
    assert_eq!((call.bytes.as_ref(), made.len()), (wanted.as_bytes(), 1));
    assert!(is_signed(&call, &bridge.secret));
    assert_eq!(header(&call, "authorization"), "Bearer t0p-s3cret");
    assert_eq!((&made[0]["type"], &made[0]["is_valid"]), (&json!("custom"), &json!(true)));
    assert_eq!(made[0]["settings"]["undo_send_time"], 5);
    assert!(!format!("{:?}", twins::contents(&bridge.server).await).contains("t0p-s3cret"), "credentials are sealed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_moves_within_its_apps_server_alone() {
    let bridge = Bridge::build(json!({"type": "bearer"})).await;
    bridge.ask(json!({"credentials": {"access_token": "t0p-s3cret"}})).await.expect(204);
    let path = format!("/channels/{}", bridge.made().await[0]["id"].as_str().expect("an id"));
    let moved = |url: String| json!({"settings": {"webhook_url": url}});
    for foreign in ["https://thief.example/pigeons".to_string(), bridge.partner.url.replace("http://", "https://")] {
        bridge.server.patch(&path, moved(foreign)).await.expect(400);
    }
    bridge.server.patch(&path, moved(bridge.partner.url.replace("/out", "/coop"))).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_shown_what_its_authentication_asks_for() {
    for (authentication, credentials, name, shown) in [
        (json!({"type": "none"}), json!({}), "authorization", ""),
        (json!({"type": "basic"}), json!({"username": "u", "password": "p"}), "authorization", "Basic dTpw"),
        (json!({"type": "api_key", "header": "X-Coop"}), json!({"api_key": "k1"}), "x-coop", "k1"),
    ] {
        let bridge = Bridge::build(authentication).await;
        bridge.ask(json!({"name": "Coop", "credentials": credentials})).await.expect(204);
        assert_eq!(header(&bridge.partner.call(0).await, name), shown);
        assert_eq!(bridge.made().await[0]["name"], "Coop");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_channel_is_not_made_and_the_caller_learns_why() {
    let bridge = Bridge::build(json!({"type": "none"})).await;
    for (status, answer, told) in [
        (400, json!({"type": "bad_request", "message": "no such account"}), "no such account"),
        (200, json!({"type": "forbidden", "message": "not this company"}), "not this company"),
        (200, json!({"ok": true}), "did not answer with success"),
        (503, json!(null), "503"),
        (200, json!({"type": "success", "webhook_url": "somewhere"}), "somewhere"),
    ] {
        bridge.partner.answers(status, answer);
        let refused = bridge.ask(json!({})).await.expect(400);
        assert!(refused["_error"]["message"].as_str().expect("words").contains(told), "{refused}");
    }
    assert_eq!((bridge.made().await, bridge.partner.count()), (vec![], 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_may_not_be_called_has_refused_nothing_and_the_way_out_is_named() {
    let strict = Server::with(|settings| settings.serving.allow_private_networks = false).await;
    let bridge = Bridge::on(strict, json!({"type": "none"}), json!({})).await;
    let told = bridge.ask(json!({})).await.expect(400)["_error"]["message"].to_string();
    assert!(told.contains("not asked") && told.contains("--allow-private-networks"), "{told}");
    assert!(!told.contains("refused"), "{told}");
    assert_eq!((bridge.partner.count(), bridge.made().await.len()), (0, 0));
    let private = json!({"kind": "webhook", "url": "https://127.0.0.1:9/hook", "events": ["tag_added"]});
    let path = format!("/portico/v1/apps/{}/features", bridge.uid);
    let told = bridge.server.post(&path, json!({"settings": private})).await.expect(400).to_string();
    assert!(told.contains("not a public address (--allow-private-networks allows it)"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_channel_is_refused_before_the_partner_is_asked() {
    let bridge = Bridge::build(json!({"type": "bearer"})).await;
    let (bare, _) = register(&bridge.server, "Without channels").await;
    for (wrong, field) in [
        (json!({}), "credentials.access_token"),
        (json!({"credentials": {"access_token": "a\nb"}}), "credentials.access_token"),
        (json!({"credentials": {"access_token": "t"}, "type": "twilio", "send_as": "+1"}), "type"),
        (json!({"application_uid": "0000000000000000"}), "application_uid"),
        (json!({"application_uid": bare}), "application_uid"),
        (json!({"credentials": {"access_token": "t"}, "settings": {"undo_send_time": 7}}), "settings.undo_send_time"),
        (json!({"application_uid": null, "credentials": {"access_token": "t"}}), "credentials"),
    ] {
        let refused = bridge.ask(wrong).await.expect(400);
        let detail = refused["_error"]["details"][0].as_str().unwrap_or_default();
        assert!(detail.starts_with(&format!("{field}: ")), "{field}: {refused}");
    }
    bridge.server.post(&format!("/portico/v1/apps/{}/disable", bridge.uid), json!({})).await.expect(204);
    bridge.ask(json!({"credentials": {"access_token": "t"}})).await.expect(400);
    assert_eq!(bridge.partner.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_of_another_company_brings_channels_once_it_is_published_and_installed() {
    let bridge = Bridge::build(json!({"type": "none"})).await;
    let stranger = Guest::foreign(&bridge.server).await;
    let inbox = stranger.get("/inboxes").await.rows()[0]["id"].clone();
    let path = format!("/inboxes/{}/channels", inbox.as_str().expect("an id"));
    stranger.post(&path, bridge.body(json!({}))).await.expect(400);
    assert_eq!(bridge.partner.count(), 0);
    bridge.server.post(&format!("/portico/v1/apps/{}/publish", bridge.uid), json!({})).await.expect(204);
    stranger.post(&format!("/portico/v1/apps/{}/install", bridge.uid), json!({})).await.expect(204);
    stranger.post(&path, bridge.body(json!({}))).await.expect(204);
    assert_eq!((bridge.partner.count(), bridge.made().await), (1, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_with_the_same_key_makes_one_channel() {
    let bridge = Bridge::build(json!({"type": "none"})).await;
    for _ in 0..2 {
        let request = bridge.server.request(reqwest::Method::POST, &bridge.channels());
        let request = request.bearer_auth(&bridge.server.token).header("idempotency-key", "once");
        bridge.server.send(request.json(&bridge.body(json!({})))).await.expect(204);
    }
    assert_eq!((bridge.made().await.len(), bridge.partner.count()), (1, 1));
}

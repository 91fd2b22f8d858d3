//! Channels whose server grants tokens by OAuth: how a token is asked for and shown, and what is said when there is none.

use api::edge::bearer::{ChannelClaims, mint_channel};
use serde_json::{Value, json};

use crate::app_channels::{Bridge, header, is_signed};
use crate::apps::{feature, register};
use crate::browser::Browser;
use crate::office::until;
use crate::twins;

/// An app whose server grants tokens in this way. The one answer of its partner stands for all that it is asked.
pub async fn bridge(grant: &str, more: Value) -> Bridge {
    let bridge = Bridge::build(json!({"type": "none"})).await;
    let base = bridge.partner.url.trim_end_matches("/out");
    let mut authentication = json!({"type": "oauth2", "grant": grant, "token_url": format!("{base}/token"),
        "authorize_url": "https://partner.example/allow?lang=en", "client_id": "portico", "scopes": ["read", "write"]});
    authentication.as_object_mut().expect("settings").extend(more.as_object().cloned().unwrap_or_default());
    let path = format!("/portico/v1/apps/{}/features", bridge.uid);
    let all = bridge.server.get(&path).await.rows();
    let held = all.iter().find(|row| row["settings"]["kind"] == "server").expect("the server");
    let path = format!("{path}/{}", held["id"].as_str().expect("an id"));
    let mut settings = held["settings"].clone();
    settings["authentication"] = authentication;
    bridge.server.put(&path, json!({"settings": settings})).await.expect(200);
    bridge.server.put(&format!("{path}/secret"), json!({"secret": "0wn"})).await.expect(204);
    bridge.partner.answers(200, token("a1-s3cret"));
    bridge
}

/// What a partner answers to everything that it is asked.
pub fn token(access: &str) -> Value {
    json!({"type": "success", "access_token": access, "refresh_token": format!("r-{access}"), "expires_in": 3600,
           "active": true, "front_channel_name": "Shop", "front_channel_address": "shop-1"})
}

fn introspected(bridge: &Bridge) -> Value {
    json!({"introspection_url": bridge.partner.url})
}

/// The channels of the office's inbox beside those that it was furnished with.
pub async fn made(bridge: &Bridge) -> Vec<Value> {
    let mut rows = bridge.server.get(&format!("/inboxes/{}/channels", bridge.office.inbox)).await.rows();
    let office = [bridge.office.custom.to_string(), bridge.office.email.to_string()];
    rows.retain(|row| !office.iter().any(|id| row["id"] == id.as_str()));
    rows
}

/// Sends a message on a channel.
pub async fn send(bridge: &Bridge, channel: &Value) {
    let path = format!("/channels/{}/messages", channel["id"].as_str().expect("an id"));
    bridge.server.post(&path, json!({"to": ["ann"], "body": "Hello"})).await.expect(202);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_asked_for_before_the_channel_is_announced() {
    let plain = bridge("client_credentials", json!({})).await;
    let bridge = bridge("client_credentials", introspected(&plain)).await;
    plain.partner.answers(200, token("a1-s3cret"));
    let given = json!({"client_id": "shop", "client_secret": "p4ss"});
    bridge.ask(json!({"credentials": given})).await.expect(204);
    let asked = bridge.partner.call(0).await;
    assert_eq!(asked.bytes, "grant_type=client_credentials&scope=read+write");
    assert_eq!(header(&asked, "authorization"), "Basic c2hvcDpwNHNz");
    assert_eq!(header(&asked, "content-type"), "application/x-www-form-urlencoded");
    let whose = plain.partner.call(0).await;
    assert_eq!(
        (whose.bytes.as_ref(), header(&whose, "authorization")),
        (&b"token=a1-s3cret"[..], "Basic c2hvcDpwNHNz")
    );
    let told = bridge.partner.call(1).await;
    assert_eq!((&told.json["type"], header(&told, "authorization")), (&json!("authorization"), "Bearer a1-s3cret"));
    assert!(is_signed(&told, &bridge.secret));
    let channel = made(&bridge).await.remove(0);
    assert_eq!((&channel["name"], &channel["address"]), (&json!("Shop"), &json!("shop-1")));
    assert_eq!(channel["is_valid"], true);
    let kept = format!("{:?}", twins::contents(&bridge.server).await);
    assert!(!kept.contains("a1-s3cret") && !kept.contains("p4ss"), "credentials are sealed");
    send(&bridge, &channel).await;
    assert_eq!(header(&bridge.partner.call(2).await, "authorization"), "Bearer a1-s3cret");
    let before = bridge.partner.count();
    bridge.ask(json!({"credentials": given})).await.expect(409);
    assert_eq!(made(&bridge).await.len(), 1, "an address is a channel's alone");
    assert_eq!(bridge.partner.count(), before + 1, "its token was asked for, and nothing was announced");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_given_as_the_client_that_the_app_is() {
    let bridge = bridge("password", json!({"scopes": []})).await;
    bridge.ask(json!({"credentials": {"username": "ann", "password": "p4 ss&"}})).await.expect(204);
    let asked = bridge.partner.call(0).await;
    assert_eq!(asked.bytes, "grant_type=password&username=ann&password=p4+ss%26");
    assert_eq!(header(&asked, "authorization"), "Basic cG9ydGljbzowd24=");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_there_is_no_channel_and_the_caller_learns_why() {
    let plain = bridge("client_credentials", json!({})).await;
    let bridge = bridge("client_credentials", introspected(&plain)).await;
    let given = json!({"credentials": {"client_id": "shop", "client_secret": "p4ss"}});
    for (wrong, field) in [
        (json!({}), "credentials.client_id"),
        (json!({"credentials": {"client_id": "shop"}}), "credentials.client_secret"),
    ] {
        let refused = bridge.ask(wrong).await.expect(400);
        assert!(refused["_error"]["details"][0].as_str().expect("words").starts_with(field), "{refused}");
    }
    assert_eq!(bridge.partner.count(), 0);
    let refused = async |why: &str| {
        let refused = bridge.ask(given.clone()).await.expect(400);
        assert!(refused["_error"]["message"].as_str().expect("words").contains(why), "{refused}");
    };
    bridge.partner.answers(401, json!({"error": "invalid_client", "error_description": "nobody of that name"}));
    refused("granted no token: nobody of that name").await;
    bridge.partner.answers(200, json!({"token_type": "Bearer"}));
    refused("without an access_token").await;
    bridge.partner.answers(200, token("a1-s3cret"));
    plain.partner.answers(200, json!({"active": false}));
    refused("the token is not active").await;
    plain.partner.answers(200, json!({"active": true}));
    refused("front_channel_name").await;
    let before = bridge.partner.count();
    for (name, address) in [("a".repeat(257), "shop-1".to_string()), ("Shop".to_string(), "sh\0p".to_string())] {
        plain
            .partner
            .answers(200, json!({"active": true, "front_channel_name": name, "front_channel_address": address}));
        refused("front_channel_").await;
    }
    assert_eq!(bridge.partner.count(), before + 2, "tokens were asked for, and nothing was announced");
    assert_eq!(made(&bridge).await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_connected_by_a_persons_consent() {
    let bridge = bridge("authorization_code", json!({})).await;
    bridge.partner.answers(200, json!({"type": "success", "access_token": "a1", "refresh_token": "r1"}));
    bridge.ask(json!({"name": "Coop"})).await.expect(204);
    let channel = made(&bridge).await.remove(0);
    assert_eq!((bridge.partner.count(), &channel["is_valid"]), (0, &json!(false)));
    let id = channel["id"].as_str().expect("an id").to_string();
    let connect = format!("/channels/{id}/connect");
    let nobody = Browser::new(&bridge.server);
    assert!(nobody.get(&connect).await.text.contains("name=\"code\""), "people sign in first");
    assert_eq!(Browser::of(&bridge.server, "bob", false).await.get(&connect).await.status, 403);
    let ann = Browser::of(&bridge.server, "ann", true).await;
    let app = ann.get(&format!("/apps/{}", bridge.uid)).await.text;
    assert!(app.contains("waits for its connection") && app.contains(&connect), "{app}");
    let gone = ann.get(&connect).await;
    let back = bridge.server.url("/connect/channel");
    for (name, value) in [
        ("lang", "en"),
        ("response_type", "code"),
        ("client_id", "portico"),
        ("redirect_uri", back.as_str()),
        ("scope", "read write"),
    ] {
        assert_eq!(gone.led_to(name).as_deref(), Some(value), "{name}");
    }
    let state = gone.led_to("state").expect("a state");
    let other = Browser::of(&bridge.server, "eve", true).await;
    assert_eq!(other.get(&format!("/connect/channel?code=c1&state={state}")).await.status, 403, "a state is one's own");
    assert_eq!(ann.get("/connect/channel?code=c1&state=cha_1.x").await.status, 403);
    let refused = ann.get(&format!("/connect/channel?error=access_denied&state={state}")).await;
    assert!(refused.status == 400 && refused.text.contains("access_denied"), "{}", refused.text);
    bridge.partner.answers(400, json!({"error": "invalid_grant"}));
    let refused = ann.get(&format!("/connect/channel?code=c0&state={state}")).await;
    assert!(refused.status == 400 && refused.text.contains("invalid_grant"), "{}", refused.text);
    assert_eq!((bridge.partner.count(), &made(&bridge).await[0]["is_valid"]), (1, &json!(false)));
    bridge.partner.answers(200, json!({"type": "success", "access_token": "a1", "refresh_token": "r1"}));
    let done = ann.get(&format!("/connect/channel?code=c1&state={state}")).await;
    assert!(done.status == 200 && done.text.contains("Connected"), "{}", done.text);
    let asked = bridge.partner.call(1).await;
    let encoded = back.replace(':', "%3A").replace('/', "%2F");
    assert_eq!(asked.bytes, format!("grant_type=authorization_code&code=c1&redirect_uri={encoded}"));
    assert_eq!(header(&asked, "authorization"), "Basic cG9ydGljbzowd24=");
    let told = bridge.partner.call(2).await;
    assert_eq!((&told.json["payload"]["channel_id"], header(&told, "authorization")), (&json!(id), "Bearer a1"));
    let channel = made(&bridge).await.remove(0);
    assert_eq!((&channel["is_valid"], &channel["name"]), (&json!(true), &json!("Coop")));
    send(&bridge, &channel).await;
    assert_eq!(header(&bridge.partner.call(3).await, "authorization"), "Bearer a1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tab_that_is_closed_stops_no_connection() {
    let bridge = bridge("authorization_code", json!({})).await;
    bridge.ask(json!({})).await.expect(204);
    let id = made(&bridge).await.remove(0)["id"].as_str().expect("an id").to_string();
    let ann = Browser::of(&bridge.server, "ann", true).await;
    let state = ann.get(&format!("/channels/{id}/connect")).await.led_to("state").expect("a state");
    bridge.partner.waits(true);
    let back = format!("/connect/channel?code=c1&state={state}");
    tokio::select! {
        page = ann.get(&back) => panic!("nobody answered yet, but {}", page.text),
        _ = bridge.partner.call(0) => {}
    }
    bridge.partner.waits(false);
    until(&bridge.server, &format!("/channels/{id}"), |channel| channel["is_valid"] == true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_unique_among_one_apps_channels_and_ones_own_come_first() {
    let plain = bridge("client_credentials", json!({})).await;
    let bridge = bridge("client_credentials", introspected(&plain)).await;
    let named = |address: &str| {
        let named = json!({"active": true, "front_channel_name": "Shop", "front_channel_address": address});
        plain.partner.answers(200, named);
    };
    let given = json!({"credentials": {"client_id": "shop", "client_secret": "p4ss"}});
    named("shop");
    bridge.ask(given.clone()).await.expect(204);
    let of_app = made(&bridge).await.remove(0);
    assert_eq!(of_app["address"], "shop", "the office's own channel is called so, too");
    let meant = async |address: &str| bridge.server.get(&format!("/channels/alt:address:{address}")).await;
    assert_eq!(meant("Shop").await.expect(200)["id"], bridge.office.custom.to_string());
    let other = register(&bridge.server, "Doves").await.0;
    for held in bridge.server.get(&format!("/portico/v1/apps/{}/features", bridge.uid)).await.rows() {
        feature(&bridge.server, &other, held["settings"].clone()).await;
    }
    let mut of_other = given.clone();
    of_other["application_uid"] = json!(other);
    bridge.ask(of_other).await.expect(204);
    assert_eq!(made(&bridge).await[1]["address"], "shop", "so is another app's");
    bridge.ask(given).await.expect(409);
    // To the app's server its own channel is called so, whatever others are called.
    let (uid, id) = (bridge.uid.clone(), of_app["id"].as_str().expect("an id").to_string());
    let expires_at = bridge.server.desk().clock().now().0 + 20_000;
    let claims = ChannelClaims { application: uid, channel: id, expires_at, id: None };
    let token = mint_channel(bridge.secret.as_bytes(), &claims);
    let ids = json!({"external_id": "m-1", "external_conversation_id": "c-1"});
    let body = json!({"sender": {"handle": "ann"}, "body": "Where is it?", "metadata": ids});
    let path = "/channels/alt:address:shop/inbound_messages";
    let said = bridge.server.request(reqwest::Method::POST, path).bearer_auth(&token).json(&body);
    let uid = bridge.server.send(said).await.expect(202)["message_uid"].as_str().expect("a uid").to_string();
    bridge.server.get(&format!("/messages/alt:uid:{uid}")).await.expect(200);
    let patch = |path: &str| bridge.server.request(reqwest::Method::PATCH, path).bearer_auth(&token);
    let offline = patch("/channels/alt:address:shop").json(&json!({"status": "offline"}));
    bridge.server.send(offline).await.expect(204);
    assert_eq!(made(&bridge).await[0]["is_valid"], false);
    bridge.server.send(patch("/channels/alt:address:support@acme.example").json(&json!({}))).await.expect(404);
    // Once one's own is gone, the address is the app's.
    bridge.server.delete(&format!("/portico/v1/channels/{}", bridge.office.custom), None).await.expect(204);
    assert_eq!(meant("shop").await.expect(200)["id"], of_app["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_loses_no_token() {
    let bridge = bridge("client_credentials", json!({})).await;
    bridge.partner.waits(true);
    tokio::select! {
        answer = bridge.ask(json!({"credentials": {"client_id": "shop", "client_secret": "p4ss"}})) => {
            panic!("nobody answered yet, but {}", answer.status)
        }
        _ = bridge.partner.call(0) => {}
    }
    bridge.partner.waits(false);
    let path = format!("/inboxes/{}/channels", bridge.office.inbox);
    until(&bridge.server, &path, |all| all["_results"].as_array().is_some_and(|rows| rows.len() == 3)).await;
    send(&bridge, &made(&bridge).await[0]).await;
    assert_eq!(header(&bridge.partner.call(2).await, "authorization"), "Bearer a1-s3cret");
}

//! Tokens that the servers of channels granted: how they are renewed, and what happens if something comes between.

use desk::Work;
use desk::channels::consent;
use desk::channels::grant::{Granted, Named};
use desk::channels::holder::Holder;
use desk::channels::renewal::{self, Due};
use desk::ids::ChannelId;
use desk::sealing::Secret;
use desk::time::{MINUTE, Timestamp};
use serde_json::{Value, json};

use crate::app_channels::{Bridge, header};
use crate::browser::Browser;
use crate::channel_grants::{bridge, made, send, token};
use crate::office::{Partner, until};
use crate::server::Server;

/// A channel that was granted `a1-s3cret`, to be renewed with `r-a1-s3cret`.
async fn granted(bridge: &Bridge) -> (ChannelId, Value) {
    bridge.ask(json!({"credentials": {"client_id": "shop", "client_secret": "p4ss"}})).await.expect(204);
    let channel = made(bridge).await.remove(0);
    (channel["id"].as_str().and_then(|id| id.parse().ok()).expect("an id"), channel)
}

/// Sends until the server is shown this: what was renewed is kept a moment later.
async fn shown(server: &Server, partner: &Partner, channel: &Value, wanted: &str) {
    let path = format!("/channels/{}/messages", channel["id"].as_str().expect("an id"));
    for _ in 0..500 {
        let before = partner.count();
        server.post(&path, json!({"to": ["ann"], "body": "Hello"})).await.expect(202);
        if header(&partner.call(before).await, "authorization") == wanted {
            return;
        }
    }
    panic!("{wanted} was never shown");
}

async fn renew_at(bridge: &Bridge, id: ChannelId) -> Option<Timestamp> {
    let unit = move |work: &mut Work<'_>| Ok(work.directory()?.channel(id).expect("the channel").renew_at);
    bridge.server.arrange(unit).await
}

/// Lets a channel's token fall due inside a unit, so that nobody else sees it.
fn fall_due(work: &mut Work<'_>, id: ChannelId) -> desk::Result<()> {
    let (company, now) = (work.company, work.now);
    work.conn.exec("UPDATE channels SET renew_at = $3 WHERE company = $1 AND id = $2", db::args![company, id, now])?;
    work.directory_changed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_renewed_before_it_ends_until_its_server_refuses() {
    let bridge = bridge("client_credentials", json!({})).await;
    let (id, channel) = granted(&bridge).await;
    assert_eq!((bridge.partner.count(), &channel["name"]), (2, &json!("Pigeons")));
    bridge.partner.answers(200, token("a2"));
    bridge.server.desk().clock().advance(56 * MINUTE);
    let renewed = bridge.partner.call(2).await;
    assert_eq!(renewed.bytes, "grant_type=refresh_token&refresh_token=r-a1-s3cret");
    assert_eq!(header(&renewed, "authorization"), "Basic c2hvcDpwNHNz");
    shown(&bridge.server, &bridge.partner, &channel, "Bearer a2").await;
    bridge.partner.answers(503, json!({}));
    let before = bridge.partner.count();
    bridge.server.desk().clock().advance(56 * MINUTE);
    for again in 0..2 {
        let asked = bridge.partner.call(before + again).await;
        assert_eq!(asked.bytes, "grant_type=refresh_token&refresh_token=r-a2");
        let path = format!("/channels/{id}");
        assert_eq!(bridge.server.get(&path).await.expect(200)["is_valid"], true, "it may be well in a minute");
        bridge.server.desk().clock().advance(2 * MINUTE);
    }
    bridge.partner.call(before + 2).await;
    bridge.partner.answers(400, json!({"error": "invalid_grant"}));
    bridge.server.desk().clock().advance(2 * MINUTE);
    until(&bridge.server, &format!("/channels/{id}"), |channel| channel["is_valid"] == false).await;
    let last = bridge.partner.call(bridge.partner.count() - 1).await;
    assert_eq!(last.bytes, "grant_type=client_credentials&scope=read+write", "it is asked with what was given");
    assert_eq!(renew_at(&bridge, id).await, None, "it waits for a person");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_is_over_is_no_end_where_another_one_is_granted() {
    let bridge = bridge("password", json!({})).await;
    bridge.ask(json!({"credentials": {"username": "ann", "password": "p4ss"}})).await.expect(204);
    let channel = made(&bridge).await.remove(0);
    let id = channel["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let unit = move |work: &mut Work<'_>| {
        fall_due(work, id)?;
        let renewal = renewal::renew(work, Holder::Channel(id))?.expect("it is due");
        renewal::refused(work, Holder::Channel(id), renewal.until)?;
        let again = renewal::renew(work, Holder::Channel(id))?.expect("it is due again");
        Ok(again.ask.fields[0].1.reveal().to_string())
    };
    assert_eq!(bridge.server.arrange(unit).await, "password");
    assert_eq!(made(&bridge).await[0]["is_valid"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_keeps_what_it_has_asked_for() {
    let bridge = bridge("client_credentials", json!({})).await;
    let (_, channel) = granted(&bridge).await;
    bridge.partner.answers(200, token("a2"));
    bridge.partner.waits(true);
    bridge.server.desk().clock().advance(56 * MINUTE);
    bridge.partner.call(2).await;
    let Bridge { server, partner, .. } = bridge;
    let (server, ()) = tokio::join!(server.restart(), async { partner.waits(false) });
    let path = format!("/channels/{}/messages", channel["id"].as_str().expect("an id"));
    server.post(&path, json!({"to": ["ann"], "body": "Hello"})).await.expect(202);
    assert_eq!(header(&partner.call(3).await, "authorization"), "Bearer a2");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_late_changes_no_fresh_connection() {
    let bridge = bridge("client_credentials", json!({})).await;
    let (id, channel) = granted(&bridge).await;
    let unit = move |work: &mut Work<'_>| {
        fall_due(work, id)?;
        let until = renewal::renew(work, Holder::Channel(id))?.expect("it is due").until;
        let granted = |access: &str| Granted {
            access: Secret::new(access),
            refresh: None,
            lives: Some(60 * MINUTE),
            named: Named::default(),
        };
        consent::connected(work, id, (&granted("fresh"), None))?;
        renewal::renewed(work, Holder::Channel(id), (until, &granted("late")))?;
        renewal::refused(work, Holder::Channel(id), until)
    };
    bridge.server.arrange(unit).await;
    assert_eq!(made(&bridge).await[0]["is_valid"], true);
    assert!(renew_at(&bridge, id).await.is_some());
    send(&bridge, &channel).await;
    assert_eq!(header(&bridge.partner.call(2).await, "authorization"), "Bearer fresh");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_channel_is_renewed() {
    let bridge = bridge("client_credentials", json!({})).await;
    let (id, _) = granted(&bridge).await;
    let (ada, inbox) = (bridge.office.ada, bridge.office.inbox);
    let unit = move |work: &mut Work<'_>| {
        let company = work.company;
        let hidden = "UPDATE inboxes SET team = NULL, owner = $3 WHERE company = $1 AND id = $2";
        work.conn.exec(hidden, db::args![company, inbox, ada])?;
        fall_due(work, id)?;
        assert!(desk::channels::get(work, id).is_err(), "it is nobody's business");
        Ok(renewal::renew(work, Holder::Channel(id))?.is_some())
    };
    assert!(bridge.server.arrange(unit).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_whose_app_grants_no_tokens_rests_until_it_does() {
    let bridge = bridge("client_credentials", json!({})).await;
    let (id, channel) = granted(&bridge).await;
    // Its server is told who calls by nothing at all any more: there is nobody to ask.
    let path = format!("/portico/v1/apps/{}/features", bridge.uid);
    let all = bridge.server.get(&path).await.rows();
    let held = all.iter().find(|row| row["settings"]["kind"] == "server").expect("the server");
    let path = format!("{path}/{}", held["id"].as_str().expect("an id"));
    let mut without = held["settings"].clone();
    without["authentication"] = json!({"type": "none"});
    bridge.server.put(&path, json!({"settings": without})).await.expect(200);
    let resting = move |work: &mut Work<'_>| {
        fall_due(work, id)?;
        assert!(renewal::renew(work, Holder::Channel(id))?.is_none());
        renewal::due(work)
    };
    let rests = Due { now: vec![], resting: vec![Holder::Channel(id)] };
    assert_eq!(bridge.server.arrange(resting).await, rests, "and it stands before nobody");
    let before = bridge.partner.count();
    bridge.server.desk().clock().advance(2 * MINUTE);
    send(&bridge, &channel).await;
    assert_eq!(header(&bridge.partner.call(before).await, "authorization"), "");
    bridge.partner.answers(200, token("a2"));
    bridge.server.put(&path, json!({"settings": held["settings"]})).await.expect(200);
    let asked = bridge.partner.call(before + 1).await;
    assert_eq!(asked.bytes, "grant_type=refresh_token&refresh_token=r-a1-s3cret", "it is the app's once more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_unknown_life_is_renewed_once_when_it_is_rejected() {
    let grants = Partner::start().await;
    let bridge = bridge("authorization_code", json!({"token_url": grants.url})).await;
    bridge.ask(json!({})).await.expect(204);
    let channel = made(&bridge).await.remove(0);
    let id: ChannelId = channel["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let ann = Browser::of(&bridge.server, "ann", true).await;
    let state = ann.get(&format!("/channels/{id}/connect")).await.led_to("state").expect("a state");
    grants.answers(200, json!({"access_token": "a1", "refresh_token": "r1"}));
    assert_eq!(ann.get(&format!("/connect/channel?code=c1&state={state}")).await.status, 200);
    assert_eq!(renew_at(&bridge, id).await, None);
    grants.answers(200, json!({"access_token": "a2", "refresh_token": "r2"}));
    bridge.partner.answers(401, json!({}));
    send(&bridge, &channel).await;
    assert_eq!(grants.call(1).await.bytes, "grant_type=refresh_token&refresh_token=r1");
    bridge.partner.answers(200, json!({"type": "success"}));
    shown(&bridge.server, &bridge.partner, &channel, "Bearer a2").await;
    let path = format!("/channels/{id}");
    assert_eq!(bridge.server.get(&path).await.expect(200)["is_valid"], true);
    // The new one is worth no more: a person has to see to it.
    bridge.partner.answers(401, json!({}));
    bridge.server.desk().clock().advance(MINUTE);
    send(&bridge, &channel).await;
    until(&bridge.server, &path, |channel| channel["is_valid"] == false).await;
    assert_eq!((grants.count(), renew_at(&bridge, id).await), (2, None));
}

//! Credentials that many channels of an app share: what their server is asked, and what becomes of its addresses.

use std::time::Duration;

use desk::time::MINUTE;
use serde_json::{Value, json};

use crate::app_channels::{Bridge, header, is_signed};
use crate::browser::Browser;
use crate::channel_grants::{bridge, made, send, token};
use crate::office::until;
use crate::server::Server;
use crate::twins;

/// Two addresses, as a partner lists them.
fn addresses() -> Value {
    json!({"type": "success", "addresses": [
        {"address": "+15551234", "name": "Support"}, {"address": "+15559876", "name": "Sales"}]})
}

/// The same in an answer that stands for all that a partner is asked, a token and its owner among it.
fn granted(access: &str, owner: &str) -> Value {
    let mut answer = token(access);
    let more =
        json!({"addresses": addresses()["addresses"], "resource_owner_id": owner, "resource_owner_name": "Shop"});
    answer.as_object_mut().expect("an answer").extend(more.as_object().cloned().unwrap_or_default());
    answer
}

/// Where an app's shared credentials are given.
fn path(bridge: &Bridge) -> String {
    format!("/portico/v1/apps/{}/shared_credentials", bridge.uid)
}

/// Changes the settings of an app's channels.
async fn change(bridge: &Bridge, name: &str, value: Value) {
    let path = format!("/portico/v1/apps/{}/features", bridge.uid);
    let all = bridge.server.get(&path).await.rows();
    let held = all.iter().find(|row| row["settings"]["kind"] == "channel").expect("the kind of channel");
    let mut settings = held["settings"].clone();
    settings[name] = value;
    let path = format!("{path}/{}", held["id"].as_str().expect("an id"));
    bridge.server.put(&path, json!({"settings": settings})).await.expect(200);
}

/// An app whose channels share tokens that its server grants in this way.
async fn sharing(grant: &str, more: Value) -> Bridge {
    let bridge = bridge(grant, more).await;
    change(&bridge, "credentials", json!("shared")).await;
    bridge.partner.answers(200, granted("a1-s3cret", "7"));
    bridge
}

/// Makes a channel at an address.
async fn connect(bridge: &Bridge, shared: &str, address: &str) -> Value {
    let body = json!({"address": address, "inbox_id": bridge.office.inbox});
    bridge.server.post(&format!("/portico/v1/shared_credentials/{shared}/channels"), body).await.expect(201)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_are_made_at_the_addresses_that_the_server_lists() {
    let bridge = Bridge::with(json!({"type": "bearer"}), json!({"credentials": "shared"})).await;
    bridge.partner.answers(200, addresses());
    let given = json!({"credentials": {"access_token": "t0p-s3cret"}});
    let shared = bridge.server.post(&path(&bridge), given).await.expect(201);
    let asked = bridge.partner.call(0).await;
    assert_eq!(asked.bytes, r#"{"type":"list_addresses","payload":{}}"#);
    assert!(is_signed(&asked, &bridge.secret));
    assert_eq!(header(&asked, "authorization"), "Bearer t0p-s3cret");
    let (name, owner) = (&shared["name"], &shared["owner_id"]);
    assert_eq!((name, owner, &shared["is_valid"]), (&json!("Pigeons"), &Value::Null, &json!(true)));
    assert_eq!(shared["addresses"][1], json!({"address": "+15559876", "name": "Sales", "channel_id": null}));
    let id = text(&shared["id"]);

    let support = connect(&bridge, &id, "+15551234").await;
    assert_eq!(bridge.partner.call(1).await.json["type"], "list_addresses", "it may have changed meanwhile");
    let told = bridge.partner.call(2).await;
    let wanted =
        format!(r#"{{"type":"authorization","payload":{{"channel_id":{},"address":"+15551234"}}}}"#, support["id"]);
    assert_eq!((told.bytes.as_ref(), header(&told, "authorization")), (wanted.as_bytes(), "Bearer t0p-s3cret"));
    let (name, address) = (&support["name"], &support["address"]);
    assert_eq!((name, address, &support["is_valid"]), (&json!("Support"), &json!("+15551234"), &json!(true)));
    let sales = connect(&bridge, &id, "+15559876").await;
    let listed = bridge.server.get(&format!("/portico/v1/shared_credentials/{id}/addresses")).await.rows();
    assert_eq!((&listed[0]["channel_id"], &listed[1]["channel_id"]), (&support["id"], &sales["id"]));
    let all = bridge.server.get(&path(&bridge)).await.rows();
    assert_eq!(all[0]["channel_ids"], json!([support["id"], sales["id"]]));
    assert!(!format!("{:?}", twins::contents(&bridge.server).await).contains("t0p-s3cret"), "credentials are sealed");

    let before = bridge.partner.count();
    for (number, channel) in [&support, &sales].into_iter().enumerate() {
        send(&bridge, channel).await;
        assert_eq!(header(&bridge.partner.call(before + number).await, "authorization"), "Bearer t0p-s3cret");
    }
    let place = format!("/portico/v1/shared_credentials/{id}");
    bridge.server.delete(&place, None).await.expect(409);
    for channel in [&support, &sales] {
        bridge.server.delete(&format!("/portico/v1/channels/{}", text(&channel["id"])), None).await.expect(204);
    }
    // Their server is still told of their end with them.
    for number in 2..4 {
        let told = bridge.partner.call(before + number).await;
        assert_eq!((told.method.as_str(), header(&told, "authorization")), ("DELETE", "Bearer t0p-s3cret"));
    }
    for _ in 0..500 {
        if bridge.server.delete(&place, None).await.status == 204 {
            assert_eq!(bridge.server.get(&path(&bridge)).await.rows(), Vec::<Value>::new());
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it was never forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_cannot_be_a_channel_has_its_word() {
    let bridge = Bridge::with(json!({"type": "none"}), json!({"credentials": "shared"})).await;
    bridge.partner.answers(200, addresses());
    let shared = text(&bridge.server.post(&path(&bridge), json!({})).await.expect(201)["id"]);
    connect(&bridge, &shared, "+15551234").await;
    let place = format!("/portico/v1/shared_credentials/{shared}/channels");
    let before = bridge.partner.count();
    let again = json!({"address": "+15551234", "inbox_id": bridge.office.inbox});
    let refused = bridge.server.post(&place, again.clone()).await.expect(409);
    assert!(refused["_error"]["message"].as_str().is_some_and(|why| why.contains("+15551234")), "{refused}");
    let nowhere = json!({"address": "+15559876", "inbox_id": "inb_1a2b"});
    bridge.server.post(&place, nowhere).await.expect(404);
    assert_eq!(bridge.partner.count(), before, "neither needed to be asked about");
    let foreign = json!({"address": "+15550000", "inbox_id": bridge.office.inbox});
    let refused = bridge.server.post(&place, foreign).await.expect(400);
    assert!(refused["_error"]["message"].as_str().is_some_and(|why| why.contains("does not list")), "{refused}");
    assert_eq!(bridge.partner.count(), before + 1, "nothing was announced");
    assert_eq!(made(&bridge).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_list_nothing_is_kept_and_the_caller_learns_why() {
    let server = Server::with(|settings| settings.serving.channel_patience = Duration::from_millis(300)).await;
    let bridge = Bridge::on(server, json!({"type": "none"}), json!({"credentials": "shared"})).await;
    let refused = async |why: &str| {
        let refused = bridge.server.post(&path(&bridge), json!({})).await.expect(400);
        let said = refused["_error"]["message"].as_str().expect("words");
        assert!(said.contains("listed no addresses: ") && said.contains(why), "{refused}");
    };
    for (status, answer, why) in [
        (200, json!({"type": "success"}), "it did not answer with a list of addresses"),
        (200, json!({"type": "success", "addresses": [{"name": "Support"}]}), "something without an address"),
        (200, json!("pigeons"), "it did not answer with success"),
        (500, addresses(), "it answered 500"),
        (403, json!({"type": "forbidden", "message": "not this company"}), "not this company"),
    ] {
        bridge.partner.answers(status, answer);
        refused(why).await;
    }
    let mut endless = addresses();
    endless["pagination"] = json!({"next_page_token": "2"});
    bridge.partner.answers(200, endless);
    let before = bridge.partner.count();
    refused("has no end").await;
    let next = bridge.partner.call(before + 1).await;
    assert_eq!(next.bytes, r#"{"type":"list_addresses","payload":{"page_token":"2"}}"#);
    bridge.partner.waits(true);
    refused("300 ms").await;
    bridge.partner.waits(false);
    assert_eq!(bridge.server.get(&path(&bridge)).await.rows(), Vec::<Value>::new());
    // One who has no addresses yet may have some tomorrow.
    bridge.partner.answers(200, json!({"type": "success", "addresses": []}));
    let kept = bridge.server.post(&path(&bridge), json!({})).await.expect(201);
    assert_eq!(kept["addresses"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_channels_have_their_own_credentials_is_never_asked_for_addresses() {
    let bridge = Bridge::build(json!({"type": "bearer"})).await;
    let given = json!({"credentials": {"access_token": "t0p-s3cret"}});
    bridge.server.post(&path(&bridge), given.clone()).await.expect(400);
    let ann = Browser::of(&bridge.server, "ann", true).await;
    assert_eq!(ann.get(&format!("/apps/{}/connect", bridge.uid)).await.status, 404);
    change(&bridge, "credentials", json!("shared")).await;
    let refused = bridge.ask(given.clone()).await.expect(400);
    assert!(refused["_error"]["message"].as_str().is_some_and(|why| why.contains("share credentials")), "{refused}");
    assert_eq!(bridge.partner.count(), 0);
    bridge.partner.answers(200, addresses());
    let shared = text(&bridge.server.post(&path(&bridge), given).await.expect(201)["id"]);
    let channel = connect(&bridge, &shared, "+15551234").await;
    change(&bridge, "credentials", json!("private")).await;
    let before = bridge.partner.count();
    bridge.server.get(&format!("/portico/v1/shared_credentials/{shared}/addresses")).await.expect(400);
    let body = json!({"address": "+15559876", "inbox_id": bridge.office.inbox});
    bridge.server.post(&format!("/portico/v1/shared_credentials/{shared}/channels"), body).await.expect(400);
    assert_eq!(bridge.partner.count(), before);
    send(&bridge, &channel).await;
    assert_eq!(header(&bridge.partner.call(before).await, "authorization"), "Bearer t0p-s3cret", "what works goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_renewed_once_and_refused_once_for_all_of_its_channels() {
    let owners = bridge("client_credentials", json!({})).await;
    owners.partner.answers(200, granted("a1-s3cret", "7"));
    let bridge = sharing("client_credentials", json!({"introspection_url": owners.partner.url})).await;
    let given = json!({"credentials": {"client_id": "shop", "client_secret": "p4ss"}});
    let shared = bridge.server.post(&path(&bridge), given.clone()).await.expect(201);
    assert_eq!((&shared["name"], &shared["owner_id"]), (&json!("Shop"), &json!("7")));
    let id = text(&shared["id"]);
    let channels = [connect(&bridge, &id, "+15551234").await, connect(&bridge, &id, "+15559876").await];
    let before = bridge.partner.count();
    bridge.partner.answers(200, granted("a2-s3cret", "7"));
    bridge.server.desk().clock().advance(56 * MINUTE);
    let renewed = bridge.partner.call(before).await;
    assert_eq!(renewed.bytes, "grant_type=refresh_token&refresh_token=r-a1-s3cret");
    let is_kept = async || {
        let sent = bridge.partner.count();
        send(&bridge, &channels[0]).await;
        header(&bridge.partner.call(sent).await, "authorization") == "Bearer a2-s3cret"
    };
    let mut messages = 1;
    while !is_kept().await {
        messages += 1;
        assert!(messages < 500, "it was never shown");
    }
    send(&bridge, &channels[1]).await;
    let last = bridge.partner.call(before + 1 + messages).await;
    assert_eq!((&last.json["type"], header(&last, "authorization")), (&json!("message"), "Bearer a2-s3cret"));

    bridge.partner.answers(400, json!({"error": "invalid_grant"}));
    let before = bridge.partner.count();
    bridge.server.desk().clock().advance(56 * MINUTE);
    for channel in &channels {
        let path = format!("/channels/{}", text(&channel["id"]));
        until(&bridge.server, &path, |channel| channel["is_valid"] == false).await;
    }
    assert_eq!(bridge.partner.count(), before + 2, "with what was granted, and once more with what was given");
    assert_eq!(bridge.server.get(&path(&bridge)).await.rows()[0]["is_valid"], false);

    // Whoever connects the same owner connects all their channels.
    bridge.partner.answers(200, granted("a3-s3cret", "7"));
    let again = bridge.server.post(&path(&bridge), given.clone()).await.expect(201);
    assert_eq!((&again["id"], &again["is_valid"]), (&shared["id"], &json!(true)));
    assert!(made(&bridge).await.iter().all(|channel| channel["is_valid"] == true));
    owners.partner.answers(200, granted("a1-s3cret", "8"));
    bridge.server.put(&format!("/portico/v1/shared_credentials/{id}"), given.clone()).await.expect(409);
    let other = bridge.server.post(&path(&bridge), given.clone()).await.expect(201);
    assert_ne!(other["id"], shared["id"]);
    // Without an owner nobody knows whose it is.
    owners.partner.answers(200, json!({"active": true, "resource_owner_name": "Shop"}));
    let refused = bridge.server.post(&path(&bridge), given).await.expect(400);
    assert!(refused["_error"]["message"].as_str().is_some_and(|why| why.contains("resource_owner_id")), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_consents_once_and_chooses_addresses_on_a_page() {
    let owners = bridge("authorization_code", json!({})).await;
    owners.partner.answers(200, granted("a1-s3cret", "7"));
    let bridge = sharing("authorization_code", json!({"introspection_url": owners.partner.url})).await;
    let refused = bridge.server.post(&path(&bridge), json!({})).await.expect(409);
    assert!(refused["_error"]["message"].as_str().is_some_and(|why| why.contains("/connect")), "{refused}");
    let (app, connect) = (format!("/apps/{}", bridge.uid), format!("/apps/{}/connect", bridge.uid));
    assert_eq!(Browser::of(&bridge.server, "bob", false).await.get(&connect).await.status, 403);
    let ann = Browser::of(&bridge.server, "ann", true).await;
    let page = ann.get(&app).await.text;
    assert!(page.contains(&connect) && page.contains("Connect an account"), "{page}");
    let state = ann.get(&connect).await.led_to("state").expect("a state");
    let eve = Browser::of(&bridge.server, "eve", true).await;
    assert_eq!(eve.get(&format!("/connect/channel?code=c1&state={state}")).await.status, 403, "a state is one's own");
    assert_eq!(bridge.partner.count(), 0);
    let done = ann.get(&format!("/connect/channel?code=c1&state={state}")).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let place = done.header("location").to_string();
    let shown = ann.get(&place).await;
    assert!(shown.text.contains("<h1>Shop</h1>") && shown.text.contains("value=\"+15559876\""), "{}", shown.text);
    let proof = shown.hidden("proof");
    let inbox = bridge.office.inbox.to_string();
    let add = [("proof", proof.as_str()), ("task", "add"), ("inbox", &inbox), ("address", "+15551234")];
    assert_eq!(ann.post(&place, &add[1..]).await.status, 403, "a form is one's own");
    assert_eq!(eve.post(&place, &add).await.status, 403);
    assert_eq!(ann.post(&place, &add).await.status, 303);
    let twice = ann.post(&place, &add).await;
    assert!(twice.status == 400 && twice.text.contains("+15551234"), "{}", twice.text);
    let channel = made(&bridge).await.remove(0);
    assert_eq!((&channel["name"], &channel["address"]), (&json!("Support"), &json!("+15551234")));
    let shown = ann.get(&place).await.text;
    assert!(shown.contains("data-is=\"Channel\">Support</td>") && !shown.contains("value=\"+15551234\""), "{shown}");
    assert!(!shown.contains("Forget this account"), "{shown}");
    assert_eq!(ann.post(&place, &[("proof", &proof), ("task", "forget")]).await.status, 400, "a channel lives by it");
    bridge.partner.answers(500, json!({}));
    assert!(ann.get(&place).await.text.contains("it answered 500"), "the page says why there is no list");
    bridge.partner.answers(200, json!({"type": "success", "addresses": []}));
    assert!(ann.get(&place).await.text.contains("no addresses yet"));
    // What belongs to somebody else takes nobody's place.
    bridge.partner.answers(200, granted("a2-s3cret", "8"));
    owners.partner.answers(200, granted("a2-s3cret", "8"));
    let id = place.rsplit('/').next().expect("an id");
    let state = ann.get(&format!("{connect}?instead_of={id}")).await.led_to("state").expect("a state");
    let refused = ann.get(&format!("/connect/channel?code=c2&state={state}")).await;
    assert!(refused.status == 400 && refused.text.contains("belong to"), "{}", refused.text);
    let own = format!("/channels/{}/connect", text(&channel["id"]));
    assert_eq!(ann.get(&own).await.status, 400, "it has no credentials of its own");
    assert!(!ann.get(&app).await.text.contains(&own));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_gives_what_is_shared_on_a_page() {
    let bridge = Bridge::with(json!({"type": "basic"}), json!({"credentials": "shared"})).await;
    bridge.partner.answers(401, json!({"type": "authentication_required", "message": "nobody of that name"}));
    let ann = Browser::of(&bridge.server, "ann", true).await;
    let connect = format!("/apps/{}/connect", bridge.uid);
    let form = ann.get(&connect).await;
    let proof = form.hidden("proof");
    let mut given = vec![("proof", proof.as_str()), ("username", "u"), ("password", "p")];
    assert_eq!(ann.post(&connect, &given[1..]).await.status, 403, "a form is one's own");
    let refused = ann.post(&connect, &given).await;
    assert!(refused.status == 400 && refused.text.contains("nobody of that name"), "{}", refused.text);
    assert_eq!(header(&bridge.partner.call(0).await, "authorization"), "Basic dTpw");
    bridge.partner.answers(200, addresses());
    let done = ann.post(&connect, &given).await;
    let place = done.header("location").to_string();
    let id = place.rsplit('/').next().expect("an id");
    let again = format!("{connect}?instead_of={id}");
    let page = ann.get(&format!("/apps/{}", bridge.uid)).await.text;
    assert!(page.contains(&place) && page.contains(&again) && page.contains("is connected"), "{page}");
    given.push(("instead_of", id));
    assert_eq!(ann.get(&again).await.hidden("instead_of"), id);
    assert_eq!(ann.post(&connect, &given).await.header("location"), place);
    assert_eq!(bridge.server.get(&path(&bridge)).await.rows().len(), 1);
    let forgotten = ann.post(&place, &[("proof", &proof), ("task", "forget")]).await;
    assert_eq!((forgotten.status, forgotten.header("location")), (303, format!("/apps/{}", bridge.uid).as_str()));
    assert_eq!(bridge.server.get(&path(&bridge)).await.rows(), Vec::<Value>::new());
}

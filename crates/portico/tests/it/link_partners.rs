//! Partners' links, to a real receiver: validation, exact bytes and signatures, whose a link is, names, and the state
//! machine of contract/links.md section 4.

use serde_json::{Value, json};
use webhooks::sign::ApplicationKey;

use crate::apps::{feature, register};
use crate::guest::Guest;
use crate::office::{Office, Partner, Received, until};
use crate::server::Server;

const TOKEN: &str = "the partner's own token";

/// A company with a tracker's app, whose links nobody has let work yet.
struct Scene {
    server: Server,
    office: Office,
    tracker: Partner,
    uid: String,
    feature: String,
}

impl Scene {
    async fn set() -> Scene {
        let server = Server::start().await;
        let office = Office::furnish(&server, None).await;
        let tracker = Partner::start().await;
        let (uid, _) = register(&server, "Tracker").await;
        let settings = json!({"kind": "link", "name": "tracker", "url": tracker.url,
            "patterns": ["https://*.tracker.example/issues/*", "https://tracker.example/**"]});
        let made = feature(&server, &uid, settings).await;
        let feature = made["id"].as_str().expect("an id").to_string();
        Scene { server, office, tracker, uid, feature }
    }

    /// The same with the links at work: the validation was the tracker's call 0.
    async fn working() -> Scene {
        let scene = Scene::set().await;
        scene.app("links/enable").await.expect(200);
        scene
    }

    async fn app(&self, what: &str) -> crate::server::Reply {
        self.server.post(&format!("/portico/v1/apps/{}/{what}", self.uid), json!({})).await
    }

    async fn standing(&self) -> Value {
        self.server.get("/portico/v1/app_directory").await.rows()[0]["links"].clone()
    }

    async fn link(&self, url: &str) -> Value {
        self.server.post("/links", json!({"external_url": url})).await.expect(201)
    }

    /// A customer writes; answers the path of the conversation.
    async fn write(&self, who: &str, body: &str) -> String {
        let path = format!("/channels/{}/incoming_messages", self.office.custom);
        self.server.post(&path, json!({"sender": {"handle": who}, "body": body})).await.expect(202);
        let row = self.server.get("/conversations?limit=1").await.rows().remove(0);
        format!("/conversations/{}", row["id"].as_str().expect("an id"))
    }

    async fn name(&self, link: &Value, wanted: &str) {
        let path = format!("/links/{}", link["id"].as_str().expect("an id"));
        until(&self.server, &path, |link| link["name"] == wanted).await;
    }
}

fn header<'a>(call: &'a Received, name: &str) -> &'a str {
    call.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn is_signed(call: &Received) -> bool {
    let at: i64 = header(call, "x-front-request-timestamp").parse().unwrap_or(0);
    ApplicationKey::new(TOKEN).verify(at, &call.bytes, header(call, "x-front-signature"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_is_validated_by_hand_and_told_only_afterwards() {
    let scene = Scene::set().await;
    assert_eq!(scene.standing().await["state"], "off");
    assert_eq!(scene.link("https://tracker.example/1").await["type"], "web", "nobody has let them work yet");
    scene.tracker.answers(500, json!({}));
    let refused = scene.app("links/enable").await.expect(400);
    assert!(refused.to_string().contains("500"), "the person learns why: {refused}");
    let standing = scene.standing().await;
    assert_eq!(standing["state"], "failed");
    assert!(standing["error"].as_str().is_some_and(|why| why.contains("500")), "{standing}");
    assert_eq!(scene.link("https://tracker.example/2").await["type"], "web");
    assert_eq!(scene.tracker.count(), 1, "nothing is repeated by itself");
    scene.tracker.answers(200, json!({}));
    let standing = scene.app("links/enable").await.expect(200);
    assert_eq!((&standing["state"], &standing["error"]), (&json!("enabled"), &Value::Null));
    let call = scene.tracker.call(1).await;
    let ts = &call.json["ts"];
    assert!(ts.is_number());
    let wanted = format!(r#"{{"type":"sync","authorization":{{"id":"{}"}},"ts":{ts}}}"#, scene.server.company);
    assert_eq!(call.bytes, wanted);
    let headers = ["x-front-signature", "x-front-request-timestamp"].map(|name| call.headers.contains_key(name));
    assert_eq!(headers, [false, false], "without a token nothing is signed");
    assert!(header(&call, "x-front-challenge").len() >= 16);
    assert_eq!(scene.link("https://tracker.example/3").await["type"], "tracker");
    assert_eq!(scene.tracker.call(2).await.json["type"], "link_created");
    scene.app("links/disable").await.expect(204);
    assert_eq!(scene.standing().await["state"], "disabled");
    assert_eq!(scene.link("https://tracker.example/4").await["type"], "web");
    scene.app("links/enable").await.expect(200);
    scene.app("disable").await.expect(204);
    assert_eq!(scene.link("https://tracker.example/5").await["type"], "web", "a switched-off app has no links");
    scene.app("links/enable").await.expect(409);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_from_before_become_the_partners_once_they_are_used() {
    let scene = Scene::set().await;
    let before = ["https://tracker.example/1", "https://tracker.example/2", "https://tracker.example/3"];
    let mut links = Vec::new();
    for url in before {
        links.push(scene.server.post("/links", json!({"external_url": url, "name": "ours"})).await.expect(201));
    }
    scene.app("links/enable").await.expect(200);
    let conversation = scene.write("ann", "see https://tracker.example/1").await;
    let path = format!("{conversation}/links");
    scene.server.post(&path, json!({"link_external_urls": [before[1]]})).await.expect(204);
    scene.server.post(&path, json!({"link_ids": [links[2]["id"]]})).await.expect(204);
    let mut told = Vec::new();
    for number in 1..=6 {
        told.push(scene.tracker.call(number).await.json);
    }
    for link in &links {
        let created: Vec<_> = told
            .iter()
            .filter(|call| call["type"] == "link_created" && call["payload"]["id"] == link["id"])
            .map(|call| (&call["payload"]["type"], &call["payload"]["name"]))
            .collect();
        assert_eq!(created, [(&json!("tracker"), &json!("ours"))], "{told:?}");
        let now = scene.server.get(&format!("/links/{}", link["id"].as_str().expect("an id"))).await.expect(200);
        assert_eq!((&now["type"], &now["name"]), (&json!("tracker"), &json!("ours")));
    }
    // Once it is the partner's there is nothing new to tell.
    scene.write("bob", "see https://tracker.example/1").await;
    assert_ne!(scene.tracker.call(7).await.json["type"], "link_created");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_with_a_token_can_verify_every_call() {
    let scene = Scene::set().await;
    let path = format!("/portico/v1/apps/{}/features/{}/secret", scene.uid, scene.feature);
    scene.server.put(&path, json!({"secret": TOKEN})).await.expect(204);
    scene.app("links/enable").await.expect(200);
    let conversation = scene.write("ann", "hello").await;
    let link = json!({"link_external_urls": ["https://acme.tracker.example/issues/7"]});
    scene.server.post(&format!("{conversation}/links"), link).await.expect(204);
    for number in 0..3 {
        let call = scene.tracker.call(number).await;
        assert!(is_signed(&call), "call {number}: {:?} {}", call.headers, call.json);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_link_is_told_and_named_by_the_answer() {
    let scene = Scene::working().await;
    scene.tracker.answers(200, json!({"type": "success", "name": "AB-1 - Fix the lamp"}));
    let new = json!({"external_url": "https://tracker.example/AB-1", "name": "ours"});
    let link = scene.server.post("/links", new).await.expect(201);
    assert_eq!((&link["type"], &link["name"]), (&json!("tracker"), &json!("ours")));
    let call = scene.tracker.call(1).await;
    let id = link["id"].as_str().expect("an id");
    let (this, company, ts) = (&link["_links"]["self"], scene.server.company, &call.json["ts"]);
    let wanted = format!(
        r#"{{"type":"link_created","ts":{ts},"authorization":{{"id":"{company}"}},"payload":{{"_links":{{"self":{this}}},"id":"{id}","name":"ours","type":"tracker","external_url":"https://tracker.example/AB-1"}}}}"#
    );
    assert_eq!(call.bytes, wanted);
    scene.name(&link, "AB-1 - Fix the lamp").await;
    // The same address is the same link, and no news.
    let again = scene.link("https://tracker.example/AB-1").await;
    assert_eq!((&again["id"], &again["name"]), (&link["id"], &json!("AB-1 - Fix the lamp")));
    // The partner may give it another name later, and a repetition of the old news changes nothing any more.
    let renamed = json!({"name": "AB-1 - Fixed"});
    scene.server.patch(&format!("/links/{id}"), renamed).await.expect(204);
    let log = scene.server.get("/portico/v1/deliveries").await.rows();
    assert_eq!(log.len(), 1);
    assert_eq!((&log[0]["link_id"], &log[0]["conversation_id"]), (&link["id"], &Value::Null));
    let replay = format!("/portico/v1/deliveries/{}/replay", log[0]["id"].as_str().expect("an id"));
    scene.server.post(&replay, json!({})).await.expect(202);
    assert_eq!(scene.tracker.call(2).await.bytes, call.bytes);
    until(&scene.server, "/portico/v1/deliveries?state=done", |log| log["_results"][1].is_object()).await;
    scene.name(&link, "AB-1 - Fixed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attaching_and_taking_off_are_told_as_previews() {
    let scene = Scene::working().await;
    let link = scene.link("https://tracker.example/AB-1").await;
    scene.tracker.call(1).await;
    let conversation = scene.write("ann", "hello").await;
    let ids = json!({"link_ids": [link["id"]]});
    scene.server.post(&format!("{conversation}/links"), ids.clone()).await.expect(204);
    scene.server.delete(&format!("{conversation}/links"), Some(ids)).await.expect(204);
    for (number, kind) in [(2, "link_added"), (3, "link_removed")] {
        let call = scene.tracker.call(number).await;
        let event = &call.json["payload"];
        assert_eq!((&call.json["type"], &event["type"]), (&json!("conversation_event_created"), &json!(kind)));
        assert_eq!(call.json["authorization"]["id"], scene.server.company.to_string());
        assert!(call.bytes.starts_with(br#"{"authorization":{"id":"cmp_"#), "{:?}", call.bytes);
        assert_eq!(event["target"]["_meta"]["type"], "link");
        assert_eq!(event["target"]["data"]["id"], link["id"]);
        assert!(event["target"]["data"]["external_url"].is_null(), "a preview has ids and links alone");
        assert_eq!(event["source"]["_meta"]["type"], "api");
        assert!(conversation.ends_with(event["conversation"]["id"].as_str().expect("an id")));
    }
    // Other links are none of the tracker's business.
    let other = json!({"link_external_urls": ["https://elsewhere.example/1"]});
    scene.server.post(&format!("{conversation}/links"), other).await.expect(204);
    let rows = scene.server.get(&format!("/conversations/{}", &conversation[15..])).await.expect(200)["links"].clone();
    assert_eq!(rows[0]["type"], "web");
    assert_eq!(scene.tracker.count(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_in_messages_and_comments_become_links() {
    let scene = Scene::working().await;
    let text =
        "Is it https://tracker.example/AB-1, or (https://acme.tracker.example/issues/2)? https://elsewhere.example/3";
    let conversation = scene.write("ann", text).await;
    let urls = async || {
        let row = scene.server.get(&conversation).await.expect(200);
        let mut urls: Vec<String> =
            row["links"].as_array().expect("links").iter().map(|link| link["external_url"].to_string()).collect();
        urls.sort();
        urls
    };
    assert_eq!(urls().await, [r#""https://acme.tracker.example/issues/2""#, r#""https://tracker.example/AB-1""#]);
    let comment = json!({"author_id": scene.office.ada, "body": "Rather https://tracker.example/AB-3."});
    scene.server.post(&format!("{conversation}/comments"), comment).await.expect(201);
    let reply = json!({"body": "<p><a href=\"https://tracker.example/AB-4?a=1&amp;b=2\">here</a></p>"});
    scene.server.post(&format!("{conversation}/messages"), reply).await.expect(202);
    let found = urls().await;
    assert!(found.contains(&r#""https://tracker.example/AB-3""#.to_string()), "{found:?}");
    assert!(found.contains(&r#""https://tracker.example/AB-4?a=1&b=2""#.to_string()), "{found:?}");
    assert_eq!(found.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_most_specific_pattern_wins() {
    let scene = Scene::working().await;
    let orders = Partner::start().await;
    let (uid, _) = register(&scene.server, "Orders").await;
    let patterns = json!(["https://tracker.example/orders/*"]);
    feature(&scene.server, &uid, json!({"kind": "link", "name": "order", "url": orders.url, "patterns": patterns}))
        .await;
    scene.server.post(&format!("/portico/v1/apps/{uid}/links/enable"), json!({})).await.expect(200);
    assert_eq!(scene.link("https://tracker.example/orders/7").await["type"], "order");
    assert_eq!(scene.link("https://tracker.example/orders/7/log").await["type"], "tracker");
    assert_eq!(orders.call(1).await.json["payload"]["type"], "order");
    let types = scene.server.get("/links?q[types][]=order").await.rows();
    assert_eq!(types.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_partner_missed_is_sent_when_it_is_back() {
    let scene = Scene::working().await;
    scene.tracker.answers(503, json!({}));
    let link = scene.link("https://tracker.example/AB-1").await;
    scene.tracker.call(1).await;
    until(&scene.server, "/portico/v1/deliveries", |log| log["_results"][0]["tries"] == 1).await;
    scene.tracker.answers(200, json!({"type": "success", "name": "AB-1 - Late"}));
    scene.server.desk().clock().advance(desk::time::HOUR);
    scene.name(&link, "AB-1 - Late").await;
    assert_eq!(scene.tracker.call(1).await.bytes, scene.tracker.call(2).await.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_names_nothing_usable_changes_nothing() {
    for answer in [
        json!({"type": "success"}),
        json!({"type": "error", "name": "x"}),
        json!("x"),
        json!({"type": "success", "name": " "}),
        json!({"type": "success", "name": "x".repeat(5_000)}),
    ] {
        let scene = Scene::working().await;
        scene.tracker.answers(200, answer.clone());
        let link = scene.link("https://tracker.example/AB-1").await;
        until(&scene.server, "/portico/v1/deliveries", |log| log["_results"][0]["state"] == "done").await;
        let path = format!("/links/{}", link["id"].as_str().expect("an id"));
        assert_eq!(scene.server.get(&path).await.json["name"], "https://tracker.example/AB-1", "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_companys_links_are_none_of_a_partners() {
    let scene = Scene::working().await;
    let other = Guest::foreign(&scene.server).await;
    let theirs = other.post("/links", json!({"external_url": "https://tracker.example/9"})).await.expect(201);
    assert_eq!(theirs["type"], "web", "the app is not installed there");
    other.post(&format!("/portico/v1/apps/{}/links/enable", scene.uid), json!({})).await.expect(404);
    scene.link("https://tracker.example/9").await;
    assert_eq!(scene.tracker.call(1).await.json["authorization"]["id"], scene.server.company.to_string());
    assert_eq!(scene.tracker.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_inbox_keeps_its_conversations_from_partners() {
    let scene = Scene::working().await;
    let ada = scene.office.ada;
    scene.server.arrange(move |work| desk::teammates::expose_private(work, ada, true)).await;
    let inbox = format!("/teammates/{ada}/private_inboxes");
    let inbox = scene.server.post(&inbox, json!({"name": "Mine"})).await.expect(201)["id"].clone();
    let channel = json!({"type": "custom", "name": "Mine", "settings": {}});
    let path = format!("/inboxes/{}/channels", inbox.as_str().expect("an id"));
    scene.server.post(&path, channel).await.expect(204);
    let channel = scene.server.get(&path).await.rows().remove(0)["id"].clone();
    let incoming = format!("/channels/{}/incoming_messages", channel.as_str().expect("an id"));
    let body = json!({"sender": {"handle": "ann"}, "body": "See https://tracker.example/AB-1"});
    scene.server.post(&incoming, body).await.expect(202);
    let private = scene.server.get("/conversations?limit=1").await.rows().remove(0);
    let link = private["links"][0].clone();
    assert_eq!(link["type"], "tracker", "{private}");
    // The link is the company's, and the partner names it. Where it was put is nobody's business.
    assert_eq!(scene.tracker.call(1).await.json["payload"]["id"], link["id"]);
    let ids = json!({"link_ids": [link["id"]]});
    let private = format!("/conversations/{}/links", private["id"].as_str().expect("an id"));
    scene.server.delete(&private, Some(ids.clone())).await.expect(204);
    scene.server.post(&private, ids.clone()).await.expect(204);
    let shared = scene.write("bob", "hello").await;
    scene.server.post(&format!("{shared}/links"), ids).await.expect(204);
    let call = scene.tracker.call(2).await;
    assert!(shared.ends_with(call.json["payload"]["conversation"]["id"].as_str().expect("an id")), "{}", call.json);
    assert_eq!(scene.tracker.count(), 3);
    assert_eq!(scene.server.get("/portico/v1/deliveries").await.rows().len(), 2, "nothing else waits");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_of_links_is_one_apps_alone() {
    let scene = Scene::set().await;
    let (second, _) = register(&scene.server, "Second").await;
    let features = format!("/portico/v1/apps/{second}/features");
    let tracker =
        json!({"kind": "link", "name": "tracker", "url": scene.tracker.url, "patterns": ["https://two.example/**"]});
    let refused = scene.server.post(&features, json!({"settings": tracker})).await.expect(409);
    let why = format!("links of the type \"tracker\" are those of the app \"Tracker\" ({}) already", scene.uid);
    assert_eq!(refused["_error"]["message"], why.as_str());
    let mut other = tracker.clone();
    other["name"] = json!("issues");
    let made = feature(&scene.server, &second, other.clone()).await;
    let path = format!("{features}/{}", made["id"].as_str().expect("an id"));
    assert_eq!(
        scene.server.put(&path, json!({"settings": tracker})).await.expect(409)["_error"]["message"],
        why.as_str()
    );
    other["patterns"] = json!(["https://three.example/**"]);
    scene.server.put(&path, json!({"settings": other})).await.expect(200);
    scene.server.delete(&format!("/portico/v1/apps/{}", scene.uid), None).await.expect(204);
    scene.server.put(&path, json!({"settings": tracker})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_whose_type_of_links_is_taken_is_not_installed_and_does_not_work() {
    let scene = Scene::set().await;
    let other = Guest::foreign(&scene.server).await;
    let made = other.post("/portico/v1/apps", json!({"name": "Theirs"})).await.expect(201);
    let theirs = made["uid"].as_str().expect("a uid").to_string();
    let link = |name: &str| {
        let patterns = ["https://theirs.example/**"];
        json!({"settings": {"kind": "link", "name": name, "url": scene.tracker.url, "patterns": patterns}})
    };
    let features = format!("/portico/v1/apps/{theirs}/features");
    let held = other.post(&features, link("tracker")).await.expect(201);
    let path = format!("{features}/{}", held["id"].as_str().expect("an id"));
    other.post(&format!("/portico/v1/apps/{theirs}/publish"), json!({})).await.expect(204);
    let here = |what: &str| format!("/portico/v1/apps/{theirs}/{what}");
    let refused = scene.server.post(&here("install"), json!({})).await.expect(409);
    let why = format!("links of the type \"tracker\" are those of the app \"Tracker\" ({}) already", scene.uid);
    assert_eq!(refused["_error"]["message"], why.as_str());
    other.put(&path, link("theirs")).await.expect(200);
    scene.server.post(&here("install"), json!({})).await.expect(204);
    // Its maker does not see what its customers have, so the word may be taken there by the time its links are to work.
    other.put(&path, link("tracker")).await.expect(200);
    scene.app("links/enable").await.expect(200);
    let refused = scene.server.post(&here("links/enable"), json!({})).await.expect(409);
    assert_eq!(refused["_error"]["message"], why.as_str());
    scene.app("links/disable").await.expect(204);
    scene.server.post(&here("links/enable"), json!({})).await.expect(200);
}

//! The consent page: who sees it, what it says, where it leads, and who can't press its buttons.

use desk::sessions;
use reqwest::Method;
use serde_json::{Value, json};

use crate::apps::feature;
use crate::browser::{Browser, encoded, person, written};
use crate::guest::Guest;
use crate::oauth::{BACK, Client};
use crate::office::{Office, Partner};
use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_reads_what_an_app_wants_and_decides() {
    let server = Server::start().await;
    let app = Client::register(&server, json!({"scopes": ["tags:read", "messages:send"]})).await;
    let looks =
        json!({"name": "Bugs & <b>", "description": "Links issues", "icon_url": "https://partner.example/i.png"});
    server.patch(&format!("/portico/v1/apps/{}", app.id), looks).await.expect(200);
    let browser = Browser::of(&server, "grace", true).await;
    let page = browser.get(&app.address(&[])).await;
    assert_eq!((page.status, page.header("x-frame-options")), (200, "DENY"));
    for said in ["Allow Bugs &amp; &lt;b&gt;?", "Links issues", "i.png", "Acme", "Read tags", "Send messages"] {
        assert!(page.text.contains(said), "{said} in {}", page.text);
    }
    assert!(!page.text.contains("everything"));
    let back = app.decide(&browser, &[("state", "a b&c=ü")], "allow").await;
    assert_eq!(back.led_to("state").as_deref(), Some("a b&c=ü"));
    assert!(back.header("location").starts_with(&format!("{BACK}?code=")));
    assert_eq!(app.decide(&browser, &[], "allow").await.led_to("state"), None);
    let refused = app.decide(&browser, &[("state", "x")], "refuse").await;
    assert_eq!(refused.led_to("error").as_deref(), Some("access_denied"));
    assert_eq!((refused.led_to("state").as_deref(), refused.led_to("code")), (Some("x"), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_allow_an_app() {
    let server = Server::start().await;
    let app = Client::register(&server, json!({})).await;
    let browser = Browser::of(&server, "ada", false).await;
    let page = browser.get(&app.address(&[])).await;
    assert!(page.status == 403 && page.text.contains("administrator rights"), "{}", page.text);
    let press = [("proof", ""), ("decision", "allow")];
    assert_eq!(browser.post(&app.address(&[]), &press).await.status, 403);
    // Somebody who is not known signs in and comes back to the same question.
    let address = app.address(&[("state", "a&b")]);
    let mut newcomer = Browser::new(&server);
    let page = newcomer.get(&address).await;
    assert_eq!((page.status, page.hidden("next")), (200, address.clone()));
    // An app whose base URL ends in a slash sends them to two.
    let page = newcomer.get(&format!("/{address}")).await;
    assert_eq!((page.status, page.hidden("next")), (200, address.clone()));
    assert!(!page.text.contains("Tracker"), "an app is shown to those who may decide");
    assert_eq!(newcomer.post(&address, &press).await.header("location"), "", "nor does its button do anything");
    let grace = server.arrange(|work| person(work, "grace", true)).await;
    let link = server.arrange(move |work| sessions::invite(work, grace)).await;
    let page = newcomer.sign_in(link.ticket.reveal(), &address).await;
    assert_eq!(page.header("location"), address);
    assert!(newcomer.get(&address).await.text.contains("Allow Tracker?"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_registered_is_never_redirected_to() {
    let server = Server::start().await;
    let app = Client::register(&server, json!({})).await;
    let browser = Browser::of(&server, "grace", true).await;
    let id = ("client_id", app.id.as_str());
    let (kind, back) = (("response_type", "code"), ("redirect_uri", BACK));
    let slash = format!("{BACK}/");
    let longer = format!("{BACK}?x=1");
    for fields in [
        &[kind, back][..],
        &[kind, back, ("client_id", "0000000000000000")],
        &[kind, id],
        &[kind, id, ("redirect_uri", "https://evil.example/back")],
        &[kind, id, ("redirect_uri", &slash)],
        &[kind, id, ("redirect_uri", &longer)],
        &[kind, id, ("redirect_uri", "HTTPS://partner.example/back")],
        &[kind, id, id, back],
    ] {
        let address = format!("/oauth/authorize?{}", encoded(fields));
        let page = browser.get(&address).await;
        assert_eq!((page.status, page.header("location")), (400, ""), "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_request_of_a_known_client_is_sent_back() {
    let server = Server::start().await;
    let app = Client::register(&server, json!({})).await;
    let browser = Browser::new(&server);
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let (id, back) = (("client_id", app.id.as_str()), ("redirect_uri", BACK));
    let code = ("response_type", "code");
    for (more, error) in [
        (&[][..], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[code, ("code_challenge", challenge)], "invalid_request"),
        (&[code, ("code_challenge", challenge), ("code_challenge_method", "plain")], "invalid_request"),
        (&[code, ("code_challenge", "short"), ("code_challenge_method", "S256")], "invalid_request"),
        (&[code, ("code_challenge_method", "S256")], "invalid_request"),
    ] {
        let fields = [&[id, back, ("state", "s")], more].concat();
        let page = browser.get(&format!("/oauth/authorize?{}", encoded(&fields))).await;
        assert_eq!(page.led_to("error").as_deref(), Some(error), "{more:?}");
        assert_eq!(page.led_to("state").as_deref(), Some("s"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_presses_the_button_for_an_admin() {
    let server = Server::start().await;
    let app = Client::register(&server, json!({"scopes": ["tags:read"]})).await;
    let (browser, other) = (Browser::of(&server, "grace", true).await, Browser::of(&server, "mary", true).await);
    let address = app.address(&[]);
    let proof = browser.get(&address).await.hidden("proof");
    let theirs = other.get(&address).await.hidden("proof");
    for wrong in ["", "0", &theirs] {
        let page = browser.post(&address, &[("proof", wrong), ("decision", "allow")]).await;
        assert_eq!((page.status, page.header("location")), (403, ""), "{wrong}");
    }
    let fields = [("proof", proof.as_str()), ("decision", "allow")];
    let form = written(browser.request(Method::POST, &address), &fields).header("sec-fetch-site", "cross-site");
    assert_eq!(browser.send(form).await.status, 403);
    // What the app wants now is not what the admin has read.
    let features = format!("/portico/v1/apps/{}/features", app.id);
    let held = server.get(&features).await.rows().remove(0);
    let more =
        json!({"settings": {"kind": "oauth", "redirect_urls": [BACK], "scopes": ["tags:read", "contacts:read"]}});
    let path = format!("{features}/{}", held["id"].as_str().expect("an id"));
    server.put(&path, more).await.expect(200);
    assert_eq!(browser.post(&address, &fields).await.status, 403);
    assert!(server.get("/portico/v1/app_consents").await.rows().is_empty());
    let page = app.decide(&browser, &[], "allow").await;
    assert!(page.led_to("code").is_some());
    let listed = server.get("/portico/v1/app_consents").await.rows().remove(0);
    assert_eq!(listed["scopes"], json!(["tags:read", "contacts:read"]));
    assert!(listed["given_by"].is_string() && listed["given_at"].is_number(), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_company_allows_what_is_published_and_for_itself_alone() {
    let mut server = Server::start().await;
    server.stay().await;
    let app = Client::register(&server, json!({})).await;
    let other = Guest::foreign(&server).await;
    let eve = Browser::of_company(&server, other.company).await;
    let page = eve.get(&app.address(&[])).await;
    assert_eq!((page.status, page.header("location")), (400, ""), "it is private to its company");
    assert!(!page.text.contains("Tracker"));
    server.post(&format!("/portico/v1/apps/{}/publish", app.id), json!({})).await.expect(204);
    let (theirs, _) = app.tokens(&eve).await;
    let (ours, _) = app.tokens(&Browser::of(&server, "grace", true).await).await;
    let companies = async |access: &str| app.get(access, "/me").await.expect(200)["id"].clone();
    assert_eq!(companies(&theirs).await, other.company.to_string());
    assert_eq!(companies(&ours).await, server.company.to_string());
    let tag = server.post("/company/tags", json!({"name": "vip"})).await.expect(201);
    let path = format!("/tags/{}", tag["id"].as_str().expect("an id"));
    app.get(&ours, &path).await.expect(200);
    app.get(&theirs, &path).await.expect(404);
    let listed = other.get("/portico/v1/app_directory").await.rows().remove(0);
    assert_eq!((&listed["is_installed"], &listed["is_enabled"]), (&json!(true), &json!(true)));
    // What one company takes back, the other still has.
    other.post(&format!("/portico/v1/apps/{}/revoke", app.id), json!({})).await.expect(204);
    app.get(&theirs, "/me").await.expect(401);
    app.get(&ours, "/me").await.expect(200);
    server.delete(&format!("/portico/v1/apps/{}", app.id), None).await.expect(204);
    app.get(&ours, "/me").await.expect(401);
    let bots: Vec<Value> = server.get("/teammates").await.rows();
    assert!(bots.iter().all(|row| row["first_name"] != "Tracker"), "an app's bot is nobody in the list of people");
}

/// A customer writes to another company's shop of an order and an issue.
async fn write_to(other: &Guest<'_>, number: usize) {
    let channel = other.get("/channels").await.rows().remove(0);
    let path = format!("/channels/{}/incoming_messages", channel["id"].as_str().expect("an id"));
    let body = format!("ORDER-{number}, see https://tracker.example/{number}");
    other.post(&path, json!({"sender": {"handle": "eve"}, "body": body})).await.expect(202);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_companys_app_is_told_of_nothing_before_it_is_allowed() {
    let server = Server::start().await;
    let (receiver, tracker, shop) = (Partner::start().await, Partner::start().await, Partner::start().await);
    let app = Client::register(&server, json!({})).await;
    let order = json!({"kind": "object", "name": "Order", "pattern": "ORDER-{Digits}", "request": {"url": shop.url},
        "target_url": "https://shop.example/orders/{{1}}", "fields": [{"name": "status", "type": "string"}]});
    feature(&server, &app.id, order).await;
    let hook = json!({"kind": "webhook", "url": receiver.url, "events": ["inbound_received"]});
    feature(&server, &app.id, hook).await;
    let link =
        json!({"kind": "link", "name": "tracker", "url": tracker.url, "patterns": ["https://tracker.example/**"]});
    feature(&server, &app.id, link).await;
    let path = format!("/portico/v1/apps/{}", app.id);
    server.post(&format!("{path}/publish"), json!({})).await.expect(204);
    let other = Guest::foreign(&server).await;
    let eve = Browser::of_company(&server, other.company).await;
    let awaits_consent = async || other.get("/portico/v1/app_directory").await.rows()[0]["awaits_consent"].clone();
    let deliveries = async || other.get("/portico/v1/deliveries").await.rows().len();
    let is_told_of = async |number: usize| {
        write_to(&other, number).await;
        receiver.call(number).await;
        tracker.call(2 * number - 1).await;
        tracker.call(2 * number).await;
        shop.call(number - 1).await;
    };

    other.post(&format!("{path}/install"), json!({})).await.expect(204);
    assert_eq!(awaits_consent().await, true);
    assert!(eve.get(&format!("/apps/{}", app.id)).await.text.contains("told of nothing until"));
    let refused = other.post(&format!("{path}/links/enable"), json!({})).await.expect(409);
    assert!(refused.to_string().contains("consent page"), "the person learns what is missing: {refused}");
    write_to(&other, 0).await;
    assert_eq!((deliveries().await, tracker.count(), shop.count()), (0, 0, 0));

    app.tokens(&eve).await;
    assert_eq!(awaits_consent().await, false);
    other.post(&format!("{path}/links/enable"), json!({})).await.expect(200);
    is_told_of(1).await;

    // What was taken back stays so, however often the app is switched on.
    other.post(&format!("{path}/revoke"), json!({})).await.expect(204);
    let known = deliveries().await;
    for switch in ["enable", "disable", "enable"] {
        other.post(&format!("{path}/{switch}"), json!({})).await.expect(204);
        write_to(&other, 5).await;
    }
    assert_eq!((deliveries().await, awaits_consent().await), (known, json!(true)));
    other.post(&format!("{path}/links/enable"), json!({})).await.expect(409);

    // Taking it back from one that is switched off counts as well, and a new consent brings everything back.
    app.tokens(&eve).await;
    other.post(&format!("{path}/disable"), json!({})).await.expect(204);
    other.post(&format!("{path}/revoke"), json!({})).await.expect(204);
    other.post(&format!("{path}/enable"), json!({})).await.expect(204);
    write_to(&other, 6).await;
    assert_eq!(deliveries().await, known);
    app.tokens(&eve).await;
    is_told_of(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_companys_own_app_needs_no_consent_to_be_told() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let receiver = Partner::start().await;
    let app = Client::register(&server, json!({})).await;
    let hook = json!({"kind": "webhook", "url": receiver.url, "events": ["inbound_received"]});
    feature(&server, &app.id, hook).await;
    let path = format!("/channels/{}/incoming_messages", office.custom);
    server.post(&path, json!({"sender": {"handle": "ann"}, "body": "Hello"})).await.expect(202);
    assert_eq!(receiver.call(1).await.json["authorization"]["id"], json!(server.company));
}

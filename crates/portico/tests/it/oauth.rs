//! OAuth 2.0 as an app meets it: codes for tokens, what tokens open, and how they end.

use desk::conversations::{self, Action};
use desk::ids::ConversationId;
use desk::time::{DAY, HOUR, MINUTE};
use reqwest::Method;
use serde_json::{Value, json};

use crate::apps::{feature, register};
use crate::browser::{Browser, Page, encoded, written};
use crate::guest::Guest;
use crate::office::{Office, Partner};
use crate::server::{Server, client};

/// Where the app wants codes.
pub const BACK: &str = "https://partner.example/back";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An app with an OAuth client.
pub struct Client<'a> {
    server: &'a Server,
    pub id: String,
    pub secret: String,
}

impl<'a> Client<'a> {
    /// One that may do everything, unless its settings say otherwise.
    pub async fn register(server: &'a Server, settings: Value) -> Client<'a> {
        let (id, _) = register(server, "Tracker").await;
        let mut all = json!({"kind": "oauth", "redirect_urls": [BACK]});
        all.as_object_mut().expect("settings").extend(settings.as_object().cloned().unwrap_or_default());
        let secret = feature(server, &id, all).await["secret"].as_str().expect("a secret").to_string();
        Client { server, id, secret }
    }

    /// One that was registered elsewhere, as far as an admin sees it.
    pub fn known(server: &'a Server, id: &str) -> Client<'a> {
        Client { server, id: id.to_string(), secret: String::new() }
    }

    /// Where it sends an admin.
    pub fn address(&self, more: &[(&str, &str)]) -> String {
        let mut fields = vec![("response_type", "code"), ("client_id", &self.id), ("redirect_uri", BACK)];
        fields.extend(more);
        format!("/oauth/authorize?{}", encoded(&fields))
    }

    /// What the admin is led back with after pressing a button.
    pub async fn decide(&self, browser: &Browser<'_>, more: &[(&str, &str)], decision: &str) -> Page {
        let address = self.address(more);
        let page = browser.get(&address).await;
        assert_eq!(page.status, 200, "{}", page.text);
        browser.post(&address, &[("proof", &page.hidden("proof")), ("decision", decision)]).await
    }

    /// A code that an admin gave.
    pub async fn code(&self, browser: &Browser<'_>, more: &[(&str, &str)]) -> String {
        self.decide(browser, more, "allow").await.led_to("code").expect("a code")
    }

    /// What the token endpoint answers: status and body.
    pub async fn ask(&self, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let request = client().request(Method::POST, self.server.url(path)).basic_auth(&self.id, Some(&self.secret));
        read(written(request, fields)).await
    }

    pub async fn exchange(&self, code: &str, more: &[(&str, &str)]) -> (u16, Value) {
        let mut fields = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", BACK)];
        fields.extend(more);
        self.ask("/oauth/token", &fields).await
    }

    pub async fn refresh(&self, token: &str) -> (u16, Value) {
        self.ask("/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// Access and refresh token.
    pub async fn tokens(&self, browser: &Browser<'_>) -> (String, String) {
        let (status, body) = self.exchange(&self.code(browser, &[]).await, &[]).await;
        assert_eq!(status, 200, "{body}");
        (text(&body, "access_token"), text(&body, "refresh_token"))
    }

    /// What the API answers to an access token.
    pub async fn get(&self, access: &str, path: &str) -> crate::server::Reply {
        self.server.send(self.server.request(Method::GET, path).bearer_auth(access)).await
    }
}

async fn read(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("the server answers");
    let status = response.status().as_u16();
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["pragma"], "no-cache");
    assert_eq!(status == 401, response.headers().contains_key("www-authenticate"));
    let bytes = response.bytes().await.expect("a body");
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

/// Somebody writes; answers what it became.
async fn conversation(server: &Server, office: &Office) -> ConversationId {
    let path = format!("/channels/{}/incoming_messages", office.custom);
    server.post(&path, json!({"sender": {"handle": "ann"}, "body": "Hello"})).await.expect(202);
    text(&server.get("/conversations").await.rows()[0], "id").parse().expect("an id")
}

fn text(body: &Value, field: &str) -> String {
    body[field].as_str().unwrap_or_else(|| panic!("no {field} in {body}")).to_string()
}

#[track_caller]
fn refused((status, body): &(u16, Value), wanted: u16, error: &str) {
    assert_eq!((*status, body["error"].as_str()), (wanted, Some(error)), "{body}");
    assert!(body["error_description"].is_string(), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_learns_its_company_and_acts_for_it_as_oauth_client() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let app = Client::register(&server, json!({})).await;
    let browser = Browser::of(&server, "grace", true).await;
    let before = server.desk().clock().now().0 / 1_000;
    let (status, body) = app.exchange(&app.code(&browser, &[("state", "a b&c")]).await, &[]).await;
    assert_eq!((status, &body["token_type"], &body["expires_in"]), (200, &json!("Bearer"), &json!(3_600)));
    let expires_at = body["expires_at"].as_i64().expect("seconds");
    assert!((before + 3_600..before + 3_660).contains(&expires_at), "{body}");
    let (access, refresh) = (text(&body, "access_token"), text(&body, "refresh_token"));
    assert!(access.starts_with("eyJ"), "clients may look into it");
    let me = app.get(&access, "/me").await.expect(200);
    assert_eq!(me["id"], server.company.to_string());
    let id = conversation(&server, &office).await;
    let change = server.request(Method::PATCH, &format!("/conversations/{id}")).bearer_auth(&access);
    server.send(change.json(&json!({"status": "archived"}))).await.expect(204);
    let events = server.get(&format!("/conversations/{id}/events")).await.rows();
    let archived = events.iter().find(|event| event["type"] == "archive").expect("the event");
    assert_eq!(archived["source"]["_meta"]["type"], "oauth_client", "{archived}");
    // JSON is as good as a form, whatever is renewed.
    let request = client().post(server.url("/oauth/token")).basic_auth(&app.id, Some(&app.secret));
    let (status, again) = read(request.json(&json!({"grant_type": "refresh_token", "refresh_token": refresh}))).await;
    assert_eq!((status, text(&again, "refresh_token")), (200, refresh));
    assert_ne!(text(&again, "access_token"), access);
    app.get(&access, "/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_endpoint_refuses_in_the_words_of_the_standard() {
    let server = Server::start().await;
    let (app, other) = (Client::register(&server, json!({})).await, Client::register(&server, json!({})).await);
    let browser = Browser::of(&server, "grace", true).await;
    let code = app.code(&browser, &[]).await;
    let by = |id: &str, secret: &str| client().post(server.url("/oauth/token")).basic_auth(id, Some(secret));
    let fields = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", BACK)];
    let nobody = client().post(server.url("/oauth/token"));
    let in_body = [("client_id", app.id.as_str()), ("client_secret", &app.secret), ("grant_type", "refresh_token")];
    for request in [
        written(nobody.try_clone().expect("a request"), &fields),
        written(nobody, &in_body),
        written(by(&app.id, "wrong"), &fields),
        written(by("0000000000000000", &app.secret), &fields),
        written(by(&app.id, &other.secret), &fields),
        written(client().post(server.url("/oauth/revoke")).basic_auth(&app.id, Some("wrong")), &[("token", "x")]),
    ] {
        refused(&read(request).await, 401, "invalid_client");
    }
    for fields in [&[][..], &[("grant_type", "authorization_code"), ("redirect_uri", BACK)], &fields[..2]] {
        refused(&app.ask("/oauth/token", fields).await, 400, "invalid_request");
    }
    refused(&app.ask("/oauth/token", &[("grant_type", "refresh_token")]).await, 400, "invalid_request");
    let torn = by(&app.id, &app.secret).header("content-type", "application/json").body("{");
    refused(&read(torn).await, 400, "invalid_request");
    refused(&app.ask("/oauth/token", &[("grant_type", "password")]).await, 400, "unsupported_grant_type");
    let elsewhere = [&fields[..2], &[("redirect_uri", "https://partner.example/back/")]].concat();
    refused(&app.ask("/oauth/token", &elsewhere).await, 400, "invalid_grant");
    refused(&other.exchange(&code, &[]).await, 400, "invalid_grant");
    for code in
        ["", "nonsense", &format!("{}.{}", server.company, "0".repeat(64)), &format!("cmp_1.{}", "0".repeat(64))]
    {
        refused(&app.exchange(code, &[]).await, 400, "invalid_grant");
        refused(&app.refresh(code).await, 400, "invalid_grant");
    }
    let (status, issued) = app.exchange(&code, &[]).await;
    assert_eq!(status, 200, "none of all that used the code up");
    refused(&other.refresh(&text(&issued, "refresh_token")).await, 400, "invalid_grant");
    app.get(&text(&issued, "access_token"), "/tags").await.expect(200);
    refused(&app.exchange(&code, &[]).await, 400, "invalid_grant");
    // Somebody else has the code: what it gave has ended, also where it was just looked up.
    app.get(&text(&issued, "access_token"), "/tags").await.expect(401);
    refused(&app.refresh(&text(&issued, "refresh_token")).await, 400, "invalid_grant");
    let late = app.code(&browser, &[]).await;
    server.desk().clock().advance(10 * MINUTE);
    refused(&app.exchange(&late, &[]).await, 400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_binds_the_code_to_who_began() {
    let server = Server::start().await;
    let app = Client::register(&server, json!({})).await;
    let browser = Browser::of(&server, "grace", true).await;
    let asked = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let code = app.code(&browser, &asked).await;
    refused(&app.exchange(&code, &[]).await, 400, "invalid_grant");
    refused(&app.exchange(&code, &[("code_verifier", CHALLENGE)]).await, 400, "invalid_grant");
    assert_eq!(app.exchange(&code, &[("code_verifier", VERIFIER)]).await.0, 200);
    let without = app.code(&browser, &[]).await;
    refused(&app.exchange(&without, &[("code_verifier", VERIFIER)]).await, 400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_end_in_their_time() {
    let server = Server::start().await;
    let app = Client::register(&server, json!({})).await;
    let browser = Browser::of(&server, "grace", true).await;
    let (access, refresh) = app.tokens(&browser).await;
    app.get(&access, "/tags").await.expect(200);
    server.desk().clock().advance(HOUR);
    let gone = app.get(&access, "/tags").await.expect(401);
    assert_eq!(gone["_error"]["message"], "Invalid token");
    server.desk().clock().advance(183 * DAY - DAY - 2 * HOUR);
    let (_, same) = app.refresh(&refresh).await;
    assert_eq!(text(&same, "refresh_token"), refresh);
    server.desk().clock().advance(2 * HOUR);
    let (_, renewed) = app.refresh(&refresh).await;
    let next = text(&renewed, "refresh_token");
    assert_ne!(next, refresh, "its last day has begun");
    server.desk().clock().advance(DAY);
    refused(&app.refresh(&refresh).await, 400, "invalid_grant");
    assert_eq!(app.refresh(&next).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_what_was_allowed_and_never_the_administration() {
    let server = Server::start().await;
    let browser = Browser::of(&server, "grace", true).await;
    let narrow = Client::register(&server, json!({"scopes": ["tags:read"]})).await;
    let (access, _) = narrow.tokens(&browser).await;
    narrow.get(&access, "/tags").await.expect(200);
    narrow.get(&access, "/contacts").await.expect(403);
    let wide = Client::register(&server, json!({})).await;
    let (access, _) = wide.tokens(&browser).await;
    wide.get(&access, "/contacts").await.expect(200);
    for path in ["/portico/v1/tokens", "/portico/v1/apps", "/portico/v1/app_consents"] {
        wide.get(&access, path).await.expect(403);
    }
    // What belongs to a teammate alone is only there for apps that asked for it.
    let ada = server.arrange(|work| crate::browser::person(work, "ada", false)).await;
    server.arrange(move |work| desk::teammates::expose_private(work, ada, true)).await;
    let private = format!("/teammates/{ada}/private_inboxes");
    server.post(&private, json!({"name": "Mine"})).await.expect(201);
    wide.get(&access, &private).await.expect(404);
    let deep = Client::register(&server, json!({"reaches_private": true})).await;
    let (access, _) = deep.tokens(&browser).await;
    assert_eq!(deep.get(&access, &private).await.rows().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_has_a_bucket_of_its_own() {
    let mut server = Server::start().await;
    server.stay().await;
    let browser = Browser::of(&server, "grace", true).await;
    let (one, two) = (Client::register(&server, json!({})).await, Client::register(&server, json!({})).await);
    let (first, second) = (one.tokens(&browser).await.0, two.tokens(&browser).await.0);
    let left = |reply: &crate::server::Reply| reply.header("x-ratelimit-remaining").parse::<i64>().expect("a number");
    let own = left(&server.get("/tags").await);
    for _ in 0..3 {
        one.get(&first, "/tags").await.expect(200);
    }
    let reply = one.get(&first, "/tags").await;
    assert_eq!((reply.header("x-ratelimit-limit"), left(&reply)), ("120", 116));
    assert_eq!(left(&two.get(&second, "/tags").await), 119);
    assert_eq!(left(&server.get("/tags").await), own - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_ends_tokens_and_webhooks_at_once() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    let receiver = Partner::start().await;
    let app = Client::register(&server, json!({})).await;
    let hook = json!({"kind": "webhook", "url": receiver.url, "events": ["conversation_archived"]});
    feature(&server, &app.id, hook).await;
    let browser = Browser::of(&server, "grace", true).await;
    let id = conversation(&server, &office).await;
    let path = format!("/portico/v1/apps/{}", app.id);
    for end in ["revoke", "uninstall"] {
        let (access, refresh) = app.tokens(&browser).await;
        app.get(&access, "/tags").await.expect(200);
        let listed = server.get("/portico/v1/app_consents").await.rows();
        assert_eq!((listed.len(), &listed[0]["uid"]), (1, &json!(app.id)));
        server.post(&format!("{path}/{end}"), json!({})).await.expect(204);
        app.get(&access, "/tags").await.expect(401);
        refused(&app.refresh(&refresh).await, 400, "invalid_grant");
        assert!(server.get("/portico/v1/app_consents").await.rows().is_empty());
        server.arrange(move |work| conversations::act_on(work, id, Action::Archive)).await;
        server.arrange(move |work| conversations::act_on(work, id, Action::Reopen)).await;
        assert!(server.get("/portico/v1/deliveries").await.rows().is_empty(), "after {end}");
    }
    server.post(&format!("{path}/revoke"), json!({})).await.expect(404);
    // A new consent brings both back.
    let (access, _) = app.tokens(&browser).await;
    app.get(&access, "/tags").await.expect(200);
    server.arrange(move |work| conversations::act_on(work, id, Action::Archive)).await;
    receiver.call(1).await;
    Guest::foreign(&server).await.post(&format!("{path}/revoke"), json!({})).await.expect(404);
    Guest::with_scopes(&server, &["portico:read"]).await.post(&format!("{path}/revoke"), json!({})).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gives_its_tokens_back() {
    let server = Server::start().await;
    let (app, other) = (Client::register(&server, json!({})).await, Client::register(&server, json!({})).await);
    let browser = Browser::of(&server, "grace", true).await;
    let (access, refresh) = app.tokens(&browser).await;
    let second = text(&app.refresh(&refresh).await.1, "access_token");
    refused(&app.ask("/oauth/revoke", &[]).await, 400, "invalid_request");
    refused(&other.ask("/oauth/revoke", &[("token", &access)]).await, 400, "invalid_grant");
    refused(&other.ask("/oauth/revoke", &[("token", &refresh)]).await, 400, "invalid_grant");
    app.get(&access, "/tags").await.expect(200);
    let hint = ("token_type_hint", "refresh_token");
    assert_eq!(app.ask("/oauth/revoke", &[("token", &access), hint]).await, (200, json!({})));
    app.get(&access, "/tags").await.expect(401);
    app.get(&second, "/tags").await.expect(200);
    assert_eq!(app.ask("/oauth/revoke", &[("token", &refresh)]).await.0, 200);
    app.get(&second, "/tags").await.expect(401);
    refused(&app.refresh(&refresh).await, 400, "invalid_grant");
    for unknown in ["nonsense", &refresh, &access, &server.token] {
        assert_eq!(app.ask("/oauth/revoke", &[("token", unknown)]).await.0, 200);
    }
    server.get("/tags").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_client_secret_works_until_its_overlap_is_over() {
    let server = Server::start().await;
    let mut app = Client::register(&server, json!({})).await;
    let browser = Browser::of(&server, "grace", true).await;
    let (_, refresh) = app.tokens(&browser).await;
    let path = format!("/portico/v1/apps/{}/secrets", app.id);
    let rotated = server.post(&format!("{path}/rotate"), json!({"purpose": "oauth"})).await.expect(200);
    assert_eq!(app.refresh(&refresh).await.0, 200);
    server.post(&format!("{path}/end_overlap"), json!({"purpose": "oauth"})).await.expect(204);
    refused(&app.refresh(&refresh).await, 401, "invalid_client");
    app.secret = text(&rotated, "secret");
    assert_eq!(app.refresh(&refresh).await.0, 200, "tokens outlast the secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_find_everything_by_its_metadata() {
    let server = Server::with(|settings| settings.serving.public_url = Some("https://desk.example".to_string())).await;
    let response = client().get(server.url("/.well-known/oauth-authorization-server")).send().await.expect("an answer");
    let told: Value = response.json().await.expect("JSON");
    assert_eq!(told["issuer"], "https://desk.example");
    for (field, path) in
        [("authorization_endpoint", "authorize"), ("token_endpoint", "token"), ("revocation_endpoint", "revoke")]
    {
        assert_eq!(told[field], format!("https://desk.example/oauth/{path}"));
    }
    assert_eq!(told["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(told["token_endpoint_auth_methods_supported"], json!(["client_secret_basic"]));
}

//! The built program at its most talkative: whatever it was shown, its log shows none of it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use api::edge::bearer::{ChannelClaims, mint_channel};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::browser::{encoded, written};
use crate::commands::{Folder, portico};
use crate::oauth::BACK;
use crate::office::Partner;
use crate::server::{client, wants_postgres};

/// A server in a process of its own that writes down all it does, and everything it was shown that is nobody's business.
struct Watched {
    child: Child,
    folder: Folder,
    database: Option<String>,
    url: String,
    token: String,
    secrets: Vec<(&'static str, String)>,
    client: reqwest::Client,
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(name) = &self.database {
            db::testing::drop_database(name);
        }
    }
}

/// Its log: standard output and standard error together.
fn log(folder: &Folder) -> PathBuf {
    folder.join("log")
}

fn program(data: &Path, store: Option<&str>, args: &[&str]) -> Command {
    let mut command = portico(data, args);
    if let Some(store) = store {
        command.args(["--store", store]);
    }
    command
}

impl Watched {
    fn start() -> Watched {
        let folder = Folder::new();
        let (store, database) = match wants_postgres() {
            true => db::testing::postgres_database(desk::migrations::ALL).unzip(),
            false => (None, None),
        };
        let data = folder.join("data");
        // The owner's token is shown once, to whoever makes it; not by the server that is watched.
        let made = program(&data, store.as_deref(), &["token", "create", "ci", "--all", "--json"]).output();
        let made: Value = serde_json::from_slice(&made.expect("the program runs").stdout).expect("JSON");
        let token = made["token"].as_str().expect("a token").to_string();
        let out = File::create(log(&folder)).expect("a file");
        let errors = out.try_clone().expect("the same file");
        let args = ["serve", "--listen", "127.0.0.1:0", "--allow-private-networks"];
        let mut command = program(&data, store.as_deref(), &args);
        let child = command
            .env("PORTICO_LOG", "trace")
            .env("NO_COLOR", "1")
            .stdout(out)
            .stderr(errors)
            .spawn()
            .expect("it starts");
        let mut watched = Watched {
            child,
            folder,
            database,
            url: String::new(),
            token: token.clone(),
            secrets: vec![],
            client: client(),
        };
        watched.url = watched.address();
        watched.hide("the owner's token", &token);
        let key = std::fs::read_to_string(data.join("secret.key")).expect("a key");
        watched.hide("the key that secrets are sealed with", key.trim());
        watched
    }

    fn address(&self) -> String {
        for _ in 0..1_500 {
            let text = std::fs::read_to_string(log(&self.folder)).expect("a log");
            let line = text.lines().find_map(|line| line.strip_prefix("Portico serves "));
            if let Some(address) = line.and_then(|line| line.split(' ').next()) {
                return address.to_string();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it never served");
    }

    /// Something that no log may hold.
    fn hide(&mut self, what: &'static str, secret: &str) -> String {
        assert!(secret.len() > 7, "{what} is too short to be looked for");
        self.secrets.push((what, secret.to_string()));
        secret.to_string()
    }

    /// The same, out of an answer.
    fn hidden(&mut self, what: &'static str, of: &Value, field: &str) -> String {
        let secret = of[field].as_str().unwrap_or_else(|| panic!("no {field} in {of}")).to_string();
        self.hide(what, &secret)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// What the owner is answered.
    async fn call(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = answered(self.request(method, path).bearer_auth(&self.token).json(&body)).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    async fn get(&self, path: &str) -> Value {
        self.call(Method::GET, path, json!({})).await
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.call(Method::POST, path, body).await
    }

    async fn feature(&self, uid: &str, settings: Value) -> Value {
        self.post(&format!("/portico/v1/apps/{uid}/features"), json!({"settings": settings})).await
    }

    /// What the log says once it says this.
    async fn told(&self, wanted: &str) -> String {
        for _ in 0..500 {
            let text = std::fs::read_to_string(log(&self.folder)).expect("a log");
            if text.contains(wanted) {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the log never said {wanted:?}");
    }
}

/// Status and JSON of an answer; no JSON is `Null`.
async fn answered(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.expect("a body")).unwrap_or(Value::Null))
}

/// The field of a page's form.
fn field(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("a field");
    rest.split('"').next().expect("its value").to_string()
}

/// An admin signs in by a link, lets the app in, and the app gets, uses, renews and ends its tokens. What the admin's
/// browser sends as its cookie.
async fn sign_in_and_consent(watched: &mut Watched, uid: &str, secret: &str) -> String {
    let new = json!({"email": "grace@acme.example", "username": "grace", "first_name": "Grace", "is_admin": true});
    let grace = watched.post("/portico/v1/teammates", new).await;
    let path = format!("/portico/v1/teammates/{}/login_link", grace["id"].as_str().expect("an id"));
    let link = watched.post(&path, json!({})).await["url"].as_str().expect("a link").to_string();
    let login = watched.hide("a one-time link", link.split_once("code=").expect("a code").1);
    answered(watched.request(Method::GET, &format!("/login?code={login}"))).await;
    let form = [("code", login.as_str()), ("next", "/apps")];
    let begun = written(watched.request(Method::POST, "/login"), &form).send().await.expect("an answer");
    let cookie = begun.headers()["set-cookie"].to_str().expect("text").split(';').next().expect("it").to_string();
    watched.hide("a session", cookie.split_once('=').expect("a value").1);
    // The link is spent; it is still nobody's business.
    assert_eq!(answered(written(watched.request(Method::POST, "/login"), &form)).await.0, 400);

    let verifier = watched.hide("a PKCE verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    let state = watched.hide("an app's state", "an-unguessable-state");
    let asked = encoded(&[
        ("response_type", "code"),
        ("client_id", uid),
        ("redirect_uri", BACK),
        ("state", &state),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ]);
    let consent = format!("/oauth/authorize?{asked}");
    let page = watched.request(Method::GET, &consent).header("cookie", &cookie).send().await.expect("a page");
    let proof = field(&page.text().await.expect("text"), "proof");
    watched.hide("a form's proof", &proof);
    let given = watched.request(Method::POST, &consent).header("cookie", &cookie);
    let given = written(given, &[("proof", &proof), ("decision", "allow")]).send().await.expect("an answer");
    let back = url::Url::parse(given.headers()["location"].to_str().expect("text")).expect("an address");
    let code = back.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    watched.hide("a code", &code);

    let exchange = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", BACK),
        ("code_verifier", verifier.as_str()),
    ];
    let wrong = watched.hide("a wrong client secret", "wrong-client-secret-0123456789");
    let ask = |watched: &Watched, path: &str, secret: &str, fields: &[(&str, &str)]| {
        written(watched.request(Method::POST, path).basic_auth(uid, Some(secret)), fields)
    };
    assert_eq!(answered(ask(watched, "/oauth/token", &wrong, &exchange)).await.0, 401);
    let (status, tokens) = answered(ask(watched, "/oauth/token", secret, &exchange)).await;
    assert_eq!(status, 200, "{tokens}");
    let access = watched.hidden("an access token", &tokens, "access_token");
    let refresh = watched.hidden("a refresh token", &tokens, "refresh_token");
    let api = |watched: &Watched, token: &str| watched.request(Method::GET, "/me").bearer_auth(token);
    assert_eq!(answered(api(watched, &access)).await.0, 200);
    let broken = watched.hide("a token that somebody changed", &format!("{access}x"));
    assert_eq!(answered(api(watched, &broken)).await.0, 401);
    let renew = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let (status, renewed) = answered(ask(watched, "/oauth/token", secret, &renew)).await;
    assert_eq!(status, 200, "{renewed}");
    watched.hidden("a renewed access token", &renewed, "access_token");
    assert_eq!(answered(ask(watched, "/oauth/revoke", secret, &[("token", &refresh)])).await.0, 200);
    assert_eq!(answered(ask(watched, "/oauth/token", secret, &renew)).await.0, 400, "it was revoked");
    assert_eq!(answered(ask(watched, "/oauth/token", secret, &exchange)).await.0, 400, "the code is spent");
    cookie
}

/// Everything that a server of channels may be asked for, with a token that is renewed a moment later.
fn grant(access: &str, refresh: &str) -> Value {
    json!({"type": "success", "access_token": access, "refresh_token": refresh, "expires_in": 2, "active": true,
           "front_channel_name": "Doves", "front_channel_address": "dovecot", "resource_owner_id": "7",
           "resource_owner_name": "Ann", "addresses": [{"address": "+15551234", "name": "Support"}]})
}

/// An admin sets out to a server's page, comes back with a wrong code, and again with the right one.
async fn bring_a_code(watched: &mut Watched, path: &str, (cookie, code): (&str, &str)) -> reqwest::Response {
    let sent = async |watched: &Watched, path: &str| {
        watched.request(Method::GET, path).header("cookie", cookie).send().await.expect("an answer")
    };
    let gone = sent(watched, path).await;
    let to = url::Url::parse(gone.headers()["location"].to_str().expect("text")).expect("an address");
    let state = to.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
    watched.hide("the state of a channel's consent", state.split_once('.').expect("a proof").1);
    let code = watched.hide("the code of a channel's consent", code);
    let foreign = sent(watched, &format!("/connect/channel?state={state}x&code={code}")).await;
    assert_eq!(foreign.status(), 403);
    sent(watched, &format!("/connect/channel?state={state}&code={code}")).await
}

/// Once the server was asked to renew a token.
async fn renewal_of(server: &Partner, refresh: &str) {
    let wanted = format!("grant_type=refresh_token&refresh_token={refresh}");
    for number in 0.. {
        if server.call(number).await.bytes == wanted {
            return;
        }
    }
}

/// Channels get their tokens by OAuth: one its own, others what they share.
async fn connect_by_consent(watched: &mut Watched, cookie: &str) {
    let server = Partner::start().await;
    let app = watched.post("/portico/v1/apps", json!({"name": "Doves"})).await;
    let uid = app["uid"].as_str().expect("a uid");
    watched.hidden("another app's secret", &app, "secret");
    let authentication = json!({"type": "oauth2", "grant": "authorization_code", "client_id": "portico",
        "token_url": server.url, "authorize_url": "https://partner.example/allow", "introspection_url": server.url});
    let base = server.url.trim_end_matches("/out");
    let main = json!({"kind": "server", "name": "main", "base_url": base, "authentication": authentication});
    let main = watched.feature(uid, main).await;
    let secret = watched.hide("the client secret at a channel's server", "the-client-secret-at-the-server");
    let path = format!("/portico/v1/apps/{uid}/features");
    let keep = format!("{path}/{}/secret", main["id"].as_str().expect("an id"));
    watched.call(Method::PUT, &keep, json!({"secret": secret})).await;
    let doves = json!({"kind": "channel", "name": "Doves", "server": "main", "url": "/doves"});
    let doves = watched.feature(uid, doves).await;

    let inboxes = watched.get("/inboxes").await;
    let inbox = inboxes["_results"][0]["id"].as_str().expect("an id");
    let channels = format!("/inboxes/{inbox}/channels");
    watched.post(&channels, json!({"type": "custom", "application_uid": uid})).await;
    let rows = watched.get(&channels).await;
    let made = rows["_results"].as_array().expect("rows").iter().find(|row| row["name"] == "Doves").expect("it");
    let [access, refresh, next, after] =
        ["a-channels-granted-token", "a-channels-refresh-token", "a-channels-next-token", "a-channels-next-refresh"]
            .map(|token| watched.hide("a token that a channel's server granted", token));
    server.answers(200, grant(&access, &refresh));
    let connect = format!("/channels/{}/connect", made["id"].as_str().expect("an id"));
    let done = bring_a_code(watched, &connect, (cookie, "the-code-of-a-channel")).await;
    assert_eq!(done.status(), 200);
    server.answers(200, grant(&next, &after));
    renewal_of(&server, &refresh).await;

    let mut settings = doves["settings"].clone();
    settings["credentials"] = json!("shared");
    let change = format!("{path}/{}", doves["id"].as_str().expect("an id"));
    watched.call(Method::PUT, &change, json!({"settings": settings})).await;
    let [access, refresh] = ["a-token-that-channels-share", "a-refresh-token-of-many"]
        .map(|token| watched.hide("a token that many channels share", token));
    server.answers(200, grant(&access, &refresh));
    let done = bring_a_code(watched, &format!("/apps/{uid}/connect"), (cookie, "the-code-of-many-channels")).await;
    assert_eq!(done.status(), 303);
    let shared = done.headers()["location"].to_str().expect("text");
    let address = json!({"address": "+15551234", "inbox_id": inbox});
    let made = watched.post(&format!("/portico/v1{shared}/channels"), address).await;
    assert_eq!(made["name"], "Support");
    renewal_of(&server, &refresh).await;
    server.answers(400, json!({"error": "invalid_grant"}));
    watched.told("grants no other token").await;
}

/// An app's channel is made with its credentials, and its server tells of a message.
async fn speak_for_a_channel(watched: &mut Watched, uid: &str, secret: &str, base: &str) {
    let main = json!({"kind": "server", "name": "main", "base_url": base, "authentication": {"type": "bearer"}});
    watched.feature(uid, main).await;
    let pigeons = json!({"kind": "channel", "name": "Pigeons", "server": "main", "url": "/pigeons"});
    watched.feature(uid, pigeons).await;
    let inboxes = watched.get("/inboxes").await;
    let path = format!("/inboxes/{}/channels", inboxes["_results"][0]["id"].as_str().expect("an id"));
    let credential = watched.hide("a channel's credentials", "the-channels-own-access-token");
    let new = json!({"type": "custom", "application_uid": uid, "credentials": {"access_token": credential}});
    watched.post(&path, new).await;
    let rows = watched.get(&path).await;
    let made = rows["_results"].as_array().expect("rows").iter().find(|row| row["name"] == "Pigeons").expect("it");
    let id = made["id"].as_str().expect("an id").to_string();
    let claims = |expires_at| ChannelClaims { application: uid.to_string(), channel: id.clone(), expires_at, id: None };
    let soon = desk::time::Clock::default().now().0 + 20_000;
    let good = mint_channel(secret.as_bytes(), &claims(soon));
    let far = mint_channel(secret.as_bytes(), &claims(4_000_000_000_000));
    let late = mint_channel(secret.as_bytes(), &claims(1_000));
    let foreign = mint_channel(b"another-secret-0123456789abcdef", &claims(soon));
    for (what, token, status) in [
        ("a channel's JWT", good, 202),
        ("a JWT whose time is over", late, 401),
        ("a JWT that lives too long", far, 401),
        ("a JWT that somebody else signed", foreign, 401),
    ] {
        watched.hide(what, &token);
        let ids = json!({"external_id": "m-1", "external_conversation_id": "c-1"});
        let body = json!({"sender": {"handle": "ann"}, "body": "Where is it?", "metadata": ids});
        let request = watched.request(Method::POST, &format!("/channels/{id}/inbound_messages"));
        assert_eq!(answered(request.bearer_auth(&token).json(&body)).await.0, status, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_that_was_used_is_in_the_log() {
    let mut watched = tokio::task::spawn_blocking(Watched::start).await.expect("it starts");
    let (receiver, broken) = (Partner::start().await, Partner::start().await);
    broken.answers(500, json!({}));
    let app = watched.post("/portico/v1/apps", json!({"name": "Tracker"})).await;
    let (uid, signing) =
        (app["uid"].as_str().expect("a uid").to_string(), watched.hidden("an app's secret", &app, "secret"));
    let oauth = watched.feature(&uid, json!({"kind": "oauth", "redirect_urls": [BACK]})).await;
    let client_secret = watched.hidden("an OAuth client's secret", &oauth, "secret");
    let hook =
        json!({"kind": "webhook", "url": receiver.url, "events": ["inbound_received"], "standard_headers": true});
    watched.feature(&uid, hook).await;
    let links =
        json!({"kind": "link", "name": "tracker", "url": receiver.url, "patterns": ["https://tracker.example/**"]});
    let links = watched.feature(&uid, links).await;
    let partner = watched.hide("a partner's token", "the-partners-own-token");
    let keep = format!("/portico/v1/apps/{uid}/features/{}/secret", links["id"].as_str().expect("an id"));
    watched.call(Method::PUT, &keep, json!({"secret": partner})).await;
    watched.post(&format!("/portico/v1/apps/{uid}/links/enable"), json!({})).await;
    let company = watched.get("/portico/v1/company/secret").await;
    watched.hidden("the company's secret", &company, "api_secret");

    speak_for_a_channel(&mut watched, &uid, &signing, receiver.url.trim_end_matches("/out")).await;
    let cookie = sign_in_and_consent(&mut watched, &uid, &client_secret).await;
    connect_by_consent(&mut watched, &cookie).await;
    watched.post("/links", json!({"external_url": "https://tracker.example/AB-1"})).await;
    let rotated = watched.post(&format!("/portico/v1/apps/{uid}/secrets/rotate"), json!({})).await;
    watched.hidden("an app's next secret", &rotated, "secret");
    let rotated = watched.post("/portico/v1/company/secret/rotate", json!({})).await;
    watched.hidden("the company's next secret", &rotated, "api_secret");

    // A receiver that keeps failing is named in the log, so that this test knows that it reads the right one.
    let then = json!([{"do": "webhook", "url": broken.url, "body": "full", "retries": 0}]);
    let rule = json!({"name": "Tell", "definition": {"when": [{"on": "inbound"}], "then": then}});
    watched.post("/portico/v1/rules", rule).await;
    let channels = watched.get("/channels").await;
    let channel = channels["_results"][0]["id"].as_str().expect("an id");
    let words = watched.hide("what a customer wrote", "what-only-the-desk-may-read");
    let reply = watched.hide("what a teammate replied", "what-only-the-customer-may-read");
    for number in 0..5 {
        let message = json!({"sender": {"handle": format!("ben{number}")}, "body": format!("<p>{words}</p>")});
        watched.post(&format!("/channels/{channel}/incoming_messages"), message).await;
        broken.call(number).await;
    }
    let conversations = watched.get("/conversations").await;
    let conversation = conversations["_results"][0]["id"].as_str().expect("an id");
    let path = format!("/conversations/{conversation}/messages");
    watched.post(&path, json!({"body": format!("<p>{reply}</p>")})).await;
    let endpoints = watched.get("/portico/v1/endpoints").await;
    let endpoints = endpoints["_results"].as_array().expect("rows").clone();
    let endpoint = endpoints.iter().find(|row| row["url"] == broken.url.as_str()).expect("an endpoint");
    let id: desk::ids::EndpointId = endpoint["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let log = watched.told(&format!("subscriber={}", id.0)).await;

    // What was sent outside in an Authorization header was one of the secrets, and it did arrive.
    assert_eq!(receiver.call(2).await.headers["authorization"], "Bearer the-channels-own-access-token");
    for (what, secret) in &watched.secrets {
        assert!(!log.contains(secret.as_str()), "{what} is in the log:\n{}", around(&log, secret));
    }
    assert!(watched.secrets.len() >= 32, "{}", watched.secrets.len());
}

/// The lines of a log that hold a text.
fn around(log: &str, text: &str) -> String {
    log.lines().filter(|line| line.contains(text)).take(3).collect::<Vec<_>>().join("\n")
}

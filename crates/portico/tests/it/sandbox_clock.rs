//! What follows a sandbox's clock beside snoozes and retries: the life of an app's tokens, and rules that wait.

use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::{encoded, written};
use crate::oauth::BACK;
use crate::office::Partner;
use crate::sandbox::Sandbox;

/// An app of the sandbox, with the tokens that its admin allowed.
struct Client<'a> {
    sandbox: &'a Sandbox,
    id: String,
    secret: String,
}

impl<'a> Client<'a> {
    async fn register(sandbox: &'a Sandbox) -> Client<'a> {
        let app = sandbox.post("/portico/v1/apps", json!({"name": "Tracker"})).await;
        let id = app["uid"].as_str().expect("a uid").to_string();
        let settings = json!({"settings": {"kind": "oauth", "redirect_urls": [BACK]}});
        let made = sandbox.post(&format!("/portico/v1/apps/{id}/features"), settings).await;
        Client { sandbox, id, secret: made["secret"].as_str().expect("a secret").to_string() }
    }

    /// A code, as an admin who signs in gives it.
    async fn code(&self) -> String {
        let new = json!({"email": "olive@acme.example", "username": "olive", "first_name": "Olive", "is_admin": true});
        let olive = self.sandbox.post("/portico/v1/teammates", new).await;
        let path = format!("/portico/v1/teammates/{}/login_link", olive["id"].as_str().expect("an id"));
        let link = self.sandbox.post(&path, json!({})).await;
        let ask = |method, path: &str| self.sandbox.client.request(method, format!("{}{path}", self.sandbox.url));
        let form = [("code", link["url"].as_str().expect("a link"))];
        let begun = written(ask(Method::POST, "/login"), &form).send().await.expect("an answer");
        let cookie = begun.headers()["set-cookie"].to_str().expect("text").to_string();
        let cookie = cookie.split(';').next().expect("a cookie");
        let fields = encoded(&[("response_type", "code"), ("client_id", &self.id), ("redirect_uri", BACK)]);
        let consent = format!("/oauth/authorize?{fields}");
        let page = ask(Method::GET, &consent).header("cookie", cookie).send().await.expect("a page");
        let page = page.text().await.expect("text");
        let (_, rest) = page.split_once("name=\"proof\" value=\"").unwrap_or_else(|| panic!("no proof in {page}"));
        let form = [("proof", rest.split('"').next().expect("a value")), ("decision", "allow")];
        let given =
            written(ask(Method::POST, &consent).header("cookie", cookie), &form).send().await.expect("an answer");
        let back = given.headers()["location"].to_str().expect("text").to_string();
        back.split_once("code=").expect("a code").1.split('&').next().expect("its end").to_string()
    }

    /// Status and body of the token endpoint.
    async fn ask(&self, fields: &[(&str, &str)]) -> (u16, Value) {
        let request = self.sandbox.client.post(format!("{}/oauth/token", self.sandbox.url));
        let answer = written(request.basic_auth(&self.id, Some(&self.secret)), fields).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    async fn refresh(&self, token: &str) -> (u16, Value) {
        self.ask(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// The status with which an access token is answered.
    async fn status(&self, access: &str) -> u16 {
        let asked = self.sandbox.client.get(format!("{}/me", self.sandbox.url)).bearer_auth(access).send().await;
        asked.expect("an answer").status().as_u16()
    }

    async fn advance(&self, seconds: u64) {
        self.sandbox.switch(&["clock", "--advance", &seconds.to_string()]).await;
    }
}

fn text(body: &Value, field: &str) -> String {
    body[field].as_str().unwrap_or_else(|| panic!("no {field} in {body}")).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apps_tokens_end_by_the_moved_clock() {
    const DAY: u64 = 86_400;
    let sandbox = Sandbox::start().await;
    sandbox.switch(&["clock", "--freeze"]).await;
    let app = Client::register(&sandbox).await;
    let code = app.code().await;
    let (status, first) =
        app.ask(&[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", BACK)]).await;
    assert_eq!(status, 200, "{first}");
    let (access, refresh) = (text(&first, "access_token"), text(&first, "refresh_token"));
    app.advance(3_599).await;
    assert_eq!(app.status(&access).await, 200, "it has a second left");
    app.advance(2).await;
    assert_eq!(app.status(&access).await, 401);
    let (status, second) = app.refresh(&refresh).await;
    assert_eq!((status, &second["refresh_token"]), (200, &first["refresh_token"]), "the same until its last day");
    assert_eq!(app.status(&text(&second, "access_token")).await, 200);
    // A refresh token lives for six months (183 days) and is followed by another on its last day.
    app.advance(182 * DAY).await;
    let (status, third) = app.refresh(&refresh).await;
    assert_eq!(status, 200, "{third}");
    let next = text(&third, "refresh_token");
    assert_ne!(next, refresh);
    app.advance(DAY).await;
    let (status, refused) = app.refresh(&refresh).await;
    assert_eq!((status, &refused["error"]), (400, &json!("invalid_grant")), "its time is over");
    assert_eq!(app.refresh(&next).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_wait_run_when_the_clock_is_moved() {
    let sandbox = Sandbox::start().await;
    sandbox.switch(&["clock", "--freeze"]).await;
    let mut tags = Vec::new();
    for after in ["1h", "2h"] {
        let tag = sandbox.post("/company/tags", json!({"name": format!("Unreplied for {after}")})).await;
        let then = json!([{"do": "add_tags", "tags": [tag["id"]]}]);
        let definition = json!({"when": [{"on": "unreplied_for", "after": after}], "then": then});
        sandbox.post("/portico/v1/rules", json!({"name": after, "definition": definition})).await;
        tags.push(tag["id"].clone());
    }
    let conversation = sandbox.write("ann").await;
    let has =
        |row: &Value, tag: &Value| row["tags"].as_array().is_some_and(|tags| tags.iter().any(|one| one["id"] == *tag));
    sandbox.switch(&["clock", "--advance", "7199"]).await;
    let early = sandbox.until(&conversation, |row| has(row, &tags[0])).await;
    assert!(!has(&early, &tags[1]), "it is not time yet");
    sandbox.switch(&["clock", "--advance", "1"]).await;
    sandbox.until(&conversation, |row| has(row, &tags[1])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_says_how_often_its_webhook_is_tried_again() {
    let (sandbox, partner) = (Sandbox::start().await, Partner::start().await);
    sandbox.switch(&["clock", "--freeze"]).await;
    partner.answers(500, json!({}));
    let then = json!([{"do": "webhook", "url": partner.url, "retries": 2}]);
    let definition = json!({"when": [{"on": "inbound"}], "then": then});
    sandbox.post("/portico/v1/rules", json!({"name": "Tell", "definition": definition})).await;
    sandbox.write("ann").await;
    const LAST: &str = "/portico/v1/deliveries?limit=1";
    for tries in 1..=2 {
        let log = sandbox.until(LAST, |log| log["_results"][0]["tries"] == tries).await;
        assert_eq!(log["_results"][0]["state"], "pending", "{log}");
        sandbox.switch(&["clock", "--advance", "3600"]).await;
    }
    let log = sandbox.until(LAST, |log| log["_results"][0]["tries"] == 3).await;
    assert_eq!((&log["_results"][0]["state"], partner.count()), (&json!("dead"), 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_was_away_is_away_again_when_the_clock_is_put_back() {
    const WEEK: i64 = 7 * 86_400;
    let sandbox = Sandbox::start().await;
    sandbox.switch(&["clock", "--freeze"]).await;
    let began = sandbox.get("/portico/v1/sandbox").await["now"].as_f64().expect("a time");
    let somebody = &sandbox.get("/teammates").await["_results"][0];
    let path = format!("/teammates/{}", text(somebody, "id"));
    let is_there = async || sandbox.get(&path).await["is_available"].clone();
    assert_eq!(is_there().await, true);
    let off = json!({"name": "Holiday", "start_at": began, "end_at": began + WEEK as f64});
    sandbox.post(&format!("{path}/time_offs"), off).await;
    assert_eq!(is_there().await, false);
    sandbox.switch(&["clock", "--advance", &(5 * WEEK).to_string()]).await;
    sandbox.post("/company/tags", json!({"name": "Later"})).await;
    assert_eq!(is_there().await, true, "it is long over");
    sandbox.call(Method::PATCH, "/portico/v1/sandbox/clock", json!({"now": began})).await;
    assert_eq!(is_there().await, false);
}

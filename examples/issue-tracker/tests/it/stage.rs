//! A Portico with the tracker's app, the bridge, and an administrator with a browser.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use serde_json::{Value, json};
use url::Url;

use crate::programs::{self, Folder, Running};
use crate::tracker::Tracker;

/// What calls to the bridge are signed with.
const TOKEN: &str = "a token of the partner's own";

pub struct Stage {
    pub tracker: Tracker,
    /// Where Portico is.
    pub portico: String,
    /// Where the bridge is.
    pub bridge: String,
    pub app: String,
    client: (String, String),
    token: String,
    http: Client,
    // Programs end before their folder goes.
    _programs: [Running; 2],
    folder: Folder,
}

impl Stage {
    /// The app registered, the bridge running, nothing connected.
    pub async fn set() -> Stage {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = Folder::new();
        let tracker = Tracker::start().await;
        let (serving, portico, token) = programs::serve(&folder);
        let http = Client::builder().redirect(redirect::Policy::none()).build().expect("a client");
        let owner = Owner { http: &http, portico: &portico, token: &token };
        let app = owner.made("/portico/v1/apps", json!({"name": "Redmine"}), "uid").await;
        let features = format!("/portico/v1/apps/{app}/features");
        // Where the bridge will be is known when it runs, and it runs with what the registration gave.
        let mut oauth = json!({"kind": "oauth", "redirect_urls": ["http://localhost/"]});
        let made = owner.call(Method::POST, &features, json!({"settings": oauth})).await;
        let (feature, secret) = (text(&made, "id"), text(&made, "secret"));
        let client = (app.clone(), secret.clone());
        let settings = [
            ("portico", portico.as_str()),
            ("client-id", &app),
            ("client-secret", &secret),
            ("signing-token", TOKEN),
            ("redmine", &tracker.url),
            ("redmine-key", &tracker.key),
        ];
        let (bridging, bridge) = programs::bridge(&folder, &settings);
        oauth["redirect_urls"] = json!([format!("{bridge}/callback")]);
        owner.call(Method::PUT, &format!("{features}/{feature}"), json!({"settings": oauth})).await;
        let links = json!({"kind": "link", "name": "redmine", "url": format!("{bridge}/webhook"),
            "patterns": [format!("{}/issues/*", tracker.url)]});
        let feature = owner.made(&features, json!({"settings": links}), "id").await;
        owner.call(Method::PUT, &format!("{features}/{feature}/secret"), json!({"secret": TOKEN})).await;
        Stage { tracker, portico, bridge, app, client, token, http, _programs: [serving, bridging], folder }
    }

    /// The same, connected and with its links at work.
    pub async fn connected() -> Stage {
        let stage = Stage::set().await;
        let back = stage.consent().await;
        assert!(back.contains("Connected with <strong>My company</strong>"), "{back}");
        assert_eq!(stage.enable().await.status(), 200);
        stage
    }

    /// An administrator presses "Connect" and lets the app in; the last page of it.
    pub async fn consent(&self) -> String {
        let connect = self.http.get(format!("{}/connect", self.bridge)).send().await.expect("an answer");
        let (cookie, consent) = (cookie(&connect), location(&connect));
        let code = programs::ticket(&self.folder);
        let login = self.http.post(format!("{}/login", self.portico));
        let session = cookie_of(written(login, &[("code", &code), ("next", "")])).await;
        let asked = self.http.get(&consent).header("cookie", &session).send().await.expect("an answer");
        let page = asked.text().await.expect("text");
        let proof = page.split("name=\"proof\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let fields = [("proof", proof.expect("the form's proof")), ("decision", "allow")];
        let allowed = written(self.http.post(&consent).header("cookie", &session), &fields).send().await;
        let back = location(&allowed.expect("an answer"));
        let done = self.http.get(&back).header("cookie", &cookie).send().await.expect("an answer");
        done.text().await.expect("text")
    }

    /// An administrator lets the app's links work.
    pub async fn enable(&self) -> Response {
        let url = format!("{}/portico/v1/apps/{}/links/enable", self.portico, self.app);
        self.http.post(url).bearer_auth(&self.token).json(&json!({})).send().await.expect("an answer")
    }

    /// A call of the owner's that works.
    pub async fn call(&self, method: Method, path: &str, body: Value) -> Value {
        Owner { http: &self.http, portico: &self.portico, token: &self.token }.call(method, path, body).await
    }

    pub async fn get(&self, path: &str) -> Value {
        self.call(Method::GET, path, Value::Null).await
    }

    /// A customer writes; the id of the conversation.
    pub async fn write(&self, text: &str) -> String {
        let channel = self.get("/channels").await["_results"][0]["id"].as_str().expect("an id").to_string();
        let body = json!({"sender": {"handle": "ann"}, "body": text});
        self.call(Method::POST, &format!("/channels/{channel}/incoming_messages"), body).await;
        self.until("/conversations?limit=1", |page| page["_results"][0].is_object()).await["_results"][0]["id"]
            .as_str()
            .expect("an id")
            .to_string()
    }

    /// What is at a path, once this holds for it.
    pub async fn until(&self, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        for _ in 0..600 {
            last = self.get(path).await;
            if holds(&last) {
                return last;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{path} never came to that: {last:#}");
    }

    /// The notes of an issue, once there are so many.
    pub async fn notes(&self, issue: i64, count: usize) -> Vec<String> {
        for _ in 0..600 {
            let notes = self.tracker.notes(issue).await;
            if notes.len() >= count {
                return notes;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("never {count} notes in {issue}: {:?}", self.tracker.notes(issue).await);
    }

    /// The file in which the bridge remembers.
    pub fn state(&self) -> std::path::PathBuf {
        self.folder.0.join("bridge.json")
    }

    /// The access token that the bridge has.
    pub fn access(&self) -> Option<String> {
        let state: Value = serde_json::from_slice(&std::fs::read(self.state()).expect("the file")).expect("JSON");
        let company = state["companies"].as_object()?.values().next()?;
        Some(text(&company["tokens"], "access"))
    }

    /// Ends a token, as the client whose it is.
    pub async fn end_token(&self, token: &str) {
        let request = self.http.post(format!("{}/oauth/revoke", self.portico));
        let request = request.basic_auth(&self.client.0, Some(&self.client.1)).json(&json!({"token": token}));
        assert_eq!(request.send().await.expect("an answer").status(), 200);
    }

    /// A request to the bridge.
    pub fn to_bridge(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.bridge))
    }
}

/// The owner, with a token.
struct Owner<'a> {
    http: &'a Client,
    portico: &'a str,
    token: &'a str,
}

impl Owner<'_> {
    async fn call(&self, method: Method, path: &str, body: Value) -> Value {
        let mut request = self.http.request(method, format!("{}{path}", self.portico)).bearer_auth(self.token);
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.expect("an answer");
        let (status, text) = (response.status(), response.text().await.expect("text"));
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    async fn made(&self, path: &str, body: Value, field: &str) -> String {
        text(&self.call(Method::POST, path, body).await, field)
    }
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_string()
}

fn cookie(response: &Response) -> String {
    let set = response.headers()["set-cookie"].to_str().expect("text");
    set.split(';').next().expect("a cookie").to_string()
}

async fn cookie_of(request: RequestBuilder) -> String {
    cookie(&request.send().await.expect("an answer"))
}

fn location(response: &Response) -> String {
    let url = response.headers().get("location").unwrap_or_else(|| panic!("{response:?}")).to_str().expect("text");
    Url::parse(url).expect("an address").to_string()
}

fn written(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.header("content-type", "application/x-www-form-urlencoded").body(body)
}

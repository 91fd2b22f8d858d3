//! The tracker of a test: a Redmine of our own making, or a real one. The test speaks to both alike.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use reqwest::Method;
use serde_json::{Value, json};

/// The ids of two statuses, as a new Redmine has them.
pub const CLOSED: i64 = 5;
const NEW: i64 = 1;
/// The key of our own Redmine's only user.
const KEY: &str = "the key of a user";

/// A tracker, as its users see it.
pub struct Tracker {
    pub url: String,
    pub key: String,
}

impl Tracker {
    /// The real one, if there is one; otherwise ours.
    pub async fn start() -> Tracker {
        match (std::env::var("REDMINE_URL"), std::env::var("REDMINE_KEY")) {
            (Ok(url), Ok(key)) => Tracker { url, key },
            _ => fake().await,
        }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}{path}", self.url);
        let mut request = reqwest::Client::new().request(method, &url).header("x-redmine-api-key", &self.key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.expect("an answer");
        let (status, text) = (response.status(), response.text().await.expect("text"));
        assert!(status.is_success(), "{url}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Somebody reports an issue; its number.
    pub async fn report(&self, subject: &str) -> i64 {
        let body = json!({"issue": {"project_id": 1, "subject": subject}});
        let made = self.call(Method::POST, "/issues.json", Some(body)).await;
        assert_eq!(made["issue"]["status"]["name"], "New", "{made}");
        made["issue"]["id"].as_i64().expect("an id")
    }

    /// Somebody gives an issue another status.
    pub async fn set_status(&self, issue: i64, status: i64) {
        let body = json!({"issue": {"status_id": status}});
        self.call(Method::PUT, &format!("/issues/{issue}.json"), Some(body)).await;
    }

    /// What was noted in an issue, from the first on.
    pub async fn notes(&self, issue: i64) -> Vec<String> {
        let shown = self.call(Method::GET, &format!("/issues/{issue}.json?include=journals"), None).await;
        let journals = shown["issue"]["journals"].as_array().expect("journals");
        let notes = journals.iter().map(|entry| entry["notes"].as_str().unwrap_or_default().to_string());
        notes.filter(|note| !note.is_empty()).collect()
    }
}

/// An issue in our Redmine.
#[derive(Clone)]
struct Row {
    subject: String,
    status: i64,
    notes: Vec<String>,
    /// Somebody is just changing it, so the next change is refused.
    is_busy: bool,
    /// On a clock of its own, which goes on with each change.
    updated: usize,
}

#[derive(Default)]
struct Book {
    rows: Vec<Row>,
    clock: usize,
}

type Shared = State<Arc<Mutex<Book>>>;

async fn fake() -> Tracker {
    let routes = Router::new()
        .route("/issues.json", get(list).post(create))
        .route("/issues/{file}", get(show).put(change))
        .with_state(Arc::<Mutex<Book>>::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Tracker { url, key: KEY.to_string() }
}

/// The shape of an issue in Redmine 5.0's answers; what nobody here reads is left out.
fn issue(number: usize, row: &Row) -> Value {
    let status = if row.status == CLOSED { "Closed" } else { "New" };
    let (day, time) = ("2026-01-02", row.updated);
    let journals: Vec<Value> = row.notes.iter().map(|note| json!({"id": 1, "notes": note, "details": []})).collect();
    json!({
        "id": number + 1,
        "project": {"id": 1, "name": "Lamps"},
        "tracker": {"id": 1, "name": "Bug"},
        "status": {"id": row.status, "name": status, "is_closed": row.status == CLOSED},
        "subject": row.subject,
        "description": null,
        "updated_on": format!("{day}T{:02}:{:02}:{:02}Z", time / 3_600, time / 60 % 60, time % 60),
        "journals": journals
    })
}

fn is_let_in(headers: &HeaderMap) -> Result<(), StatusCode> {
    let given = headers.get("x-redmine-api-key").and_then(|key| key.to_str().ok());
    if given == Some(KEY) { Ok(()) } else { Err(StatusCode::UNAUTHORIZED) }
}

fn place(file: &str, book: &Book) -> Result<usize, StatusCode> {
    let number = file.strip_suffix(".json").and_then(|digits| digits.parse::<usize>().ok());
    let found = number.and_then(|number| number.checked_sub(1)).filter(|place| *place < book.rows.len());
    found.ok_or(StatusCode::NOT_FOUND)
}

async fn list(
    State(book): Shared,
    headers: HeaderMap,
    Query(asked): Query<std::collections::HashMap<String, String>>,
) -> Result<Json<Value>, StatusCode> {
    is_let_in(&headers)?;
    let text = |name: &str| asked.get(name).map_or("", String::as_str);
    let number = |name: &str, usual: usize| text(name).parse().unwrap_or(usual);
    let (since, offset, limit) =
        (text("updated_on").trim_start_matches(">="), number("offset", 0), number("limit", 25));
    let book = book.lock().expect("the book");
    let mut issues: Vec<Value> = book.rows.iter().enumerate().map(|(number, row)| issue(number, row)).collect();
    issues.retain(|row| {
        (text("status_id") == "*" || row["status"]["is_closed"] == false) && row["updated_on"].as_str() >= Some(since)
    });
    issues.sort_by_key(|row| row["updated_on"].to_string());
    if text("sort") == "updated_on:desc" {
        issues.reverse();
    }
    let total = issues.len();
    let page: Vec<Value> = issues.into_iter().skip(offset).take(limit).collect();
    Ok(Json(json!({"issues": page, "total_count": total, "offset": offset, "limit": limit})))
}

async fn create(State(book): Shared, headers: HeaderMap, Json(body): Json<Value>) -> Result<Response, StatusCode> {
    is_let_in(&headers)?;
    let mut book = book.lock().expect("the book");
    book.clock += 1;
    let subject = body["issue"]["subject"].as_str().expect("a subject").to_string();
    let row = Row { subject, status: NEW, notes: Vec::new(), is_busy: true, updated: book.clock };
    book.rows.push(row.clone());
    Ok((StatusCode::CREATED, Json(json!({"issue": issue(book.rows.len() - 1, &row)}))).into_response())
}

async fn show(State(book): Shared, headers: HeaderMap, Path(file): Path<String>) -> Result<Json<Value>, StatusCode> {
    is_let_in(&headers)?;
    let book = book.lock().expect("the book");
    let place = place(&file, &book)?;
    Ok(Json(json!({"issue": issue(place, &book.rows[place])})))
}

async fn change(
    State(book): Shared,
    headers: HeaderMap,
    Path(file): Path<String>,
    Json(body): Json<Value>,
) -> Result<Response, StatusCode> {
    is_let_in(&headers)?;
    let mut book = book.lock().expect("the book");
    let place = place(&file, &book)?;
    // As a real one answers to two changes at the same moment.
    if std::mem::take(&mut book.rows[place].is_busy) {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"errors": []}))).into_response());
    }
    book.clock += 1;
    let now = book.clock;
    let row = &mut book.rows[place];
    row.updated = now;
    row.status = body["issue"]["status_id"].as_i64().unwrap_or(row.status);
    row.notes.extend(body["issue"]["notes"].as_str().map(str::to_string));
    Ok(StatusCode::NO_CONTENT.into_response())
}

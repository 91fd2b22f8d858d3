//! What a customer sees: one page with a chat, and what the page asks for.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Query, State as Of};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::WatchStream;

use super::Partner;
use super::chats::{self, Entry, From, State};
use super::portico::Voice;

/// The whole page: nothing is loaded from elsewhere.
const PAGE: &str = include_str!("page.html");
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);
/// The longest message, in characters.
const LONGEST: usize = 4_000;

pub(super) fn routes() -> Router<Arc<Partner>> {
    Router::new()
        .route("/", get(page))
        .route("/chat", get(show).post(say))
        .route("/chat/live", get(live))
        .route("/calls", get(calls))
}

async fn page() -> Response {
    (
        [(header::CONTENT_SECURITY_POLICY, POLICY), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
        Html(PAGE),
    )
        .into_response()
}

/// Whose chat.
#[derive(Deserialize)]
struct Whose {
    visitor: String,
}

/// Something the page asks for, or why it does not get it.
type Shown = Result<Response, No>;
type No = (StatusCode, Json<Value>);

fn no(status: StatusCode, message: impl Into<String>) -> No {
    (status, Json(json!({"message": message.into()})))
}

fn named(visitor: &str) -> Result<String, No> {
    let why = "a visitor is called by up to 64 letters, digits or any of - _ . @ +";
    chats::visitor(visitor).ok_or_else(|| no(StatusCode::BAD_REQUEST, why))
}

/// The chat as it is.
async fn show(Of(partner): Of<Arc<Partner>>, Query(whose): Query<Whose>) -> Shown {
    Ok(Json(partner.chats.shown(&named(&whose.visitor)?)).into_response())
}

/// The chat as it is, and again whenever it changes.
async fn live(Of(partner): Of<Arc<Partner>>, Query(whose): Query<Whose>) -> Shown {
    let visitor = named(&whose.visitor)?;
    let changes = WatchStream::new(partner.chats.listen());
    let chats = changes.map(move |_| Event::default().json_data(partner.chats.shown(&visitor)));
    let events = chats.filter_map(|event| event.ok().map(Ok::<Event, Infallible>));
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

/// What Portico called.
async fn calls(Of(partner): Of<Arc<Partner>>) -> Response {
    Json(json!({"calls": partner.chats.calls()})).into_response()
}

/// What a visitor writes.
#[derive(Deserialize)]
struct Said {
    visitor: String,
    text: String,
    /// The page's own id of it, so that a second try is no second message.
    #[serde(default)]
    id: Option<String>,
}

/// Takes a visitor's message and tells Portico of it.
async fn say(Of(partner): Of<Arc<Partner>>, Json(said): Json<Said>) -> Shown {
    let (visitor, text) = (named(&said.visitor)?, said.text.trim().to_string());
    if text.is_empty() || text.chars().count() > LONGEST {
        return Err(no(StatusCode::BAD_REQUEST, "expected a text of at most 4000 characters"));
    }
    if partner.chats.is_deleted() {
        return Err(no(StatusCode::GONE, "the channel was deleted"));
    }
    let voice = partner.chats.voice().filter(|voice| !voice.channel.is_empty());
    let voice = voice.ok_or_else(|| no(StatusCode::SERVICE_UNAVAILABLE, "the channel is not there yet"))?;
    let id = said.id.and_then(|id| chats::visitor(&id)).unwrap_or_else(|| partner.random.hex(8));
    let entry = Entry {
        id: format!("in-{id}"),
        from: From::Visitor,
        author: None,
        text: text.clone(),
        state: State::Sending,
        why: None,
        key: None,
    };
    let (id, known) = partner.chats.add(&visitor, entry);
    if known != Some(State::Arrived) {
        tell(&partner, &voice, (&visitor, &id, &text)).await?;
    }
    Ok((StatusCode::ACCEPTED, Json(json!({"id": id}))).into_response())
}

/// Tells Portico of a message that reached the channel.
async fn tell(partner: &Partner, voice: &Voice, (visitor, id, text): (&str, &str, &str)) -> Result<(), No> {
    let message = json!({
        "sender": {"handle": visitor, "name": visitor},
        // Marked up, so that nobody takes what a visitor typed for HTML.
        "body": format!("<p>{}</p>", escaped(text)),
        "metadata": {"external_id": id, "external_conversation_id": chats::conversation(visitor)},
    });
    let told: Result<Value, _> = partner.portico.speak(voice, partner.clock.now(), "/inbound_messages", &message).await;
    let why = told.err().map(|failure| failure.to_string());
    let state = if why.is_none() { State::Arrived } else { State::Failed };
    partner.chats.mark(visitor, id, (state, why.clone()));
    why.map_or(Ok(()), |why| Err(no(StatusCode::BAD_GATEWAY, why)))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>")
}

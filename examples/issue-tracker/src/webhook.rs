//! What we are told: the challenge when a company lets its links work, new links, and links on conversations.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use crate::bridge::{Bridge, Change};
use crate::crypto::is_signed;
use crate::error::{Error, Result};
use crate::front::Link;
use crate::tracker::Tracker;

#[derive(Deserialize)]
struct Told {
    authorization: Id,
    #[serde(flatten)]
    what: What,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "payload", rename_all = "snake_case")]
enum What {
    Sync,
    LinkCreated(Link),
    ConversationEventCreated(Event),
}

#[derive(Deserialize)]
struct Event {
    id: String,
    r#type: String,
    conversation: Id,
    target: Target,
}

#[derive(Deserialize)]
struct Target {
    data: Id,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

/// `POST /webhook`
pub async fn receive<T: Tracker>(
    State(bridge): State<Arc<Bridge<T>>>,
    headers: HeaderMap,
    // As it came: the signature is over these bytes.
    body: Bytes,
) -> Response {
    let is_genuine = bridge.signing_token.as_deref().is_none_or(|token| is_signed(token, &headers, &body));
    if !is_genuine {
        return (StatusCode::UNAUTHORIZED, "the signature is not right").into_response();
    }
    let told: Told = match serde_json::from_slice(&body) {
        Ok(told) => told,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    let company = told.authorization.id;
    if !bridge.store.read(|state| state.companies.contains_key(&company)) {
        return (StatusCode::NOT_FOUND, "this company is not connected").into_response();
    }
    let answer = match told.what {
        What::Sync => Ok(challenge(&headers)),
        What::LinkCreated(link) => link_created(&bridge, &company, &link).await,
        What::ConversationEventCreated(event) => event_created(&bridge, &company, &event).await,
    };
    answer.unwrap_or_else(|error| {
        tracing::warn!(company, "a call could not be followed: {error}");
        // Nothing is lost: whoever tells us learns that it should be told again.
        (StatusCode::BAD_GATEWAY, error.to_string()).into_response()
    })
}

/// The challenge is repeated as plain text, and the links work from then on.
fn challenge(headers: &HeaderMap) -> Response {
    let Some(challenge) = headers.get("x-front-challenge") else {
        return (StatusCode::BAD_REQUEST, "there is no challenge").into_response();
    };
    ([(header::CONTENT_TYPE, "text/plain")], challenge.as_bytes().to_vec()).into_response()
}

/// The answer names the link.
async fn link_created<T: Tracker>(bridge: &Bridge<T>, company: &str, link: &Link) -> Result<Response> {
    let _turn = bridge.turn.lock().await;
    let mut answer = json!({"type": "success"});
    if let Some(name) = bridge.link_created(company, &link.id, &link.external_url).await? {
        answer["name"] = name.into();
    }
    Ok(Json(answer).into_response())
}

async fn event_created<T: Tracker>(bridge: &Bridge<T>, company: &str, event: &Event) -> Result<Response> {
    let change = match event.r#type.as_str() {
        "link_added" => Change::Added,
        "link_removed" => Change::Removed,
        other => return Err(Error::odd(format!("an event of the unknown type {other}"))),
    };
    let _turn = bridge.turn.lock().await;
    if !bridge.store.read(|state| state.has_handled(&event.id)) {
        bridge.link_changed(company, &event.target.data.id, (change, &event.conversation.id)).await?;
        bridge.store.change(|state| state.handled(&event.id))?;
    }
    Ok(Json(json!({"type": "success"})).into_response())
}

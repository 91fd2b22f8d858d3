//! What Portico calls: signed requests about the channel and its messages, and what a partner answers to each.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, State as Of};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use clap::ValueEnum;
use desk::time::MINUTE;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};
use webhooks::sign::{ApplicationKey, SIGNATURE, TIMESTAMP};

use super::Partner;
use super::chats::{self, Call, Entry, From, State};
use super::register::address;

/// Older calls are refused: somebody may have kept one to send it again.
const OLDEST: i64 = 5 * MINUTE;

/// The longest body of a call that is remembered, in bytes: anybody may send one.
const LONGEST_KEPT: usize = 16 * 1024;

/// Where customers find the chat, and what each place is called: channels that share credentials are made at these.
const ADDRESSES: [(&str, &str); 2] = [("support-chat", "Support chat"), ("sales-chat", "Sales chat")];

/// Why a partner does not do what it was asked for, in the words that the contract knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Refusal {
    /// The message makes no sense here.
    BadRequest,
    /// The channel has to be connected again.
    AuthenticationRequired,
    /// Not this message.
    Forbidden,
    /// There is nobody of that name.
    NotFound,
    /// It took too long behind the partner.
    RequestTimeout,
    /// Later, please.
    TooManyRequests,
    /// The partner is broken.
    InternalError,
}

impl Refusal {
    fn word(self) -> &'static str {
        match self {
            Refusal::BadRequest => "bad_request",
            Refusal::AuthenticationRequired => "authentication_required",
            Refusal::Forbidden => "forbidden",
            Refusal::NotFound => "not_found",
            Refusal::RequestTimeout => "request_timeout",
            Refusal::TooManyRequests => "too_many_requests",
            Refusal::InternalError => "internal_error",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Refusal::BadRequest => StatusCode::BAD_REQUEST,
            Refusal::AuthenticationRequired => StatusCode::UNAUTHORIZED,
            Refusal::Forbidden => StatusCode::FORBIDDEN,
            Refusal::NotFound => StatusCode::NOT_FOUND,
            Refusal::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Refusal::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Refusal::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A refusal, and what the teammate is told.
type Refused = (Refusal, String);

fn refused<T>(refusal: Refusal, message: impl Into<String>) -> Result<T, Refused> {
    Err((refusal, message.into()))
}

pub(super) fn routes() -> Router<Arc<Partner>> {
    Router::new().route("/front", any(called)).route("/front/{channel}", any(called))
}

async fn called(
    Of(partner): Of<Arc<Partner>>,
    OriginalUri(uri): OriginalUri,
    method: Method,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let verified = verify(&partner, &headers, &bytes);
    let read = || serde_json::from_slice::<Value>(&bytes).unwrap_or_default();
    let answer = match verified {
        Ok(()) => answer(&partner, &read()),
        Err(why) => refused(Refusal::Forbidden, why),
    };
    let (status, answer) = match answer {
        Ok(answer) => (StatusCode::OK, answer),
        Err((refusal, message)) => (refusal.status(), json!({"type": refusal.word(), "message": message})),
    };
    partner.chats.note(Call {
        method: beginning(method.as_str()),
        path: beginning(uri.path()),
        signature: verified.err().unwrap_or("verified"),
        body: match bytes.len() <= LONGEST_KEPT {
            true => read(),
            false => json!(format!("{} bytes, too many to be remembered", bytes.len())),
        },
        status: status.as_u16(),
        answer: answer.clone(),
    });
    (status, axum::Json(answer)).into_response()
}

/// As much of a text as is remembered.
fn beginning(text: &str) -> String {
    text.chars().take(200).collect()
}

/// Whether the app's secret signed exactly these bytes, a moment ago. The comparison takes the same time for every
/// wrong signature.
fn verify(partner: &Partner, headers: &HeaderMap, bytes: &Bytes) -> Result<(), &'static str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let secret = partner.chats.secret().ok_or("there is no app yet")?;
    let at: i64 = text(TIMESTAMP).and_then(|at| at.parse().ok()).ok_or("there is no timestamp")?;
    let signature = text(SIGNATURE).ok_or("there is no signature")?;
    if !ApplicationKey::new(secret.reveal()).verify(at, bytes, signature) {
        return Err("the signature is not the app's");
    }
    match (partner.clock.now().0 - at).abs() <= OLDEST {
        true => Ok(()),
        false => Err("the call is stale"),
    }
}

fn answer(partner: &Partner, call: &Value) -> Result<Value, Refused> {
    let channel = call["payload"]["channel_id"].as_str().unwrap_or_default();
    match call["type"].as_str().unwrap_or_default() {
        "authorization" => {
            partner.chats.announce(channel);
            Ok(json!({"type": "success", "webhook_url": format!("{}{}", partner.url, address(channel))}))
        }
        // Only asked where the channels of the app share credentials: they are good for these.
        "list_addresses" => {
            let all = ADDRESSES.map(|(address, name)| json!({"address": address, "name": name}));
            Ok(json!({"type": "success", "addresses": all}))
        }
        "message" => take(partner, call, From::Team),
        "message_autoreply" => take(partner, call, From::Automatic),
        // Portico took in what the visitor wrote; nobody reads the answer.
        "message_imported" => Ok(json!({})),
        "delete" => {
            partner.chats.close(channel);
            Ok(json!({"type": "success"}))
        }
        other => refused(Refusal::BadRequest, format!("{other:?} is no call that this channel knows")),
    }
}

/// Shows a message on the visitor's page, once, and says what the partner calls it and its conversation.
fn take(partner: &Partner, call: &Value, from: From) -> Result<Value, Refused> {
    if let Some(refusal) = partner.settings.refusal {
        return refused(refusal, format!("the sample was started with --fail-with {}", refusal.word()));
    }
    let message = &call["payload"];
    let Some(visitor) = addressee(call) else {
        return refused(Refusal::NotFound, "no visitor of the chat page is called so");
    };
    let text = |field: &str| message[field].as_str().filter(|text| !text.is_empty()).map(str::to_string);
    let name = |field: &str| message["author"][field].as_str().unwrap_or_default();
    let author = format!("{} {}", name("first_name"), name("last_name")).trim().to_string();
    let entry = Entry {
        id: format!("out-{}", partner.random.hex(8)),
        from,
        author: Some(author).filter(|author| !author.is_empty()),
        text: text("text").or_else(|| text("body")).unwrap_or_default(),
        state: State::Arrived,
        why: None,
        // An automatic reply has no id, but the same one always comes in the same words.
        key: Some(text("id").unwrap_or_else(|| message.to_string())),
    };
    let (id, _) = partner.chats.add(&visitor, entry);
    Ok(json!({"type": "success", "external_id": id, "external_conversation_id": chats::conversation(&visitor)}))
}

/// Whom a message is for: the visitor whose conversation it stands in, or whom a new one is addressed to.
fn addressee(call: &Value) -> Option<String> {
    let rows = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let known = rows(&call["metadata"]["external_conversation_ids"]);
    let recipients = rows(&call["payload"]["recipients"]);
    let to = recipients.iter().filter(|row| row["role"] == "to").filter_map(|row| row["handle"].as_str());
    let mut all =
        known.iter().filter_map(Value::as_str).filter_map(chats::visitor_of).chain(to.filter_map(chats::visitor));
    all.next()
}

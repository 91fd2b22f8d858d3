//! The delivery log: what left, how it went, and once more.

use desk::Timestamp;
use desk::deliveries::{self, Delivery, Filter, State, Subscriber};
use desk::ids::{ChannelId, ConversationId, DeliveryId, EndpointId, EventId, MessageId};
use desk::paging::Position;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use wire::Seconds;

use crate::answer::{Answer, Refusal};
use crate::call::{Call, Result};
use crate::edge::error::Problem;
use crate::edge::params::PageRules;

fn shown(delivery: &Delivery) -> Value {
    let (endpoint, channel) = match delivery.subscriber {
        Subscriber::Endpoint(id) => (Some(id), None),
        Subscriber::Channel(id) => (None, Some(id)),
    };
    let is_message = delivery.shape == deliveries::MESSAGE;
    json!({
        "id": delivery.id,
        "endpoint_id": endpoint,
        "channel_id": channel,
        "conversation_id": delivery.conversation,
        "event_id": (!is_message).then_some(EventId(delivery.about)),
        "message_id": is_message.then_some(MessageId(delivery.about)),
        "shape": delivery.shape,
        "state": delivery.state.as_str(),
        "created_at": Seconds(delivery.created_at),
        "finished_at": delivery.finished_at.map(Seconds),
        "tries": delivery.tries,
        "replay_of": delivery.replay_of,
        "attempts": delivery.attempts,
    })
}

fn subscriber(text: &str) -> std::result::Result<Subscriber, Refusal> {
    let endpoint = text.parse::<EndpointId>().map(Subscriber::Endpoint);
    let found = endpoint.or_else(|_| text.parse::<ChannelId>().map(Subscriber::Channel));
    found.map_err(|_| Problem::bad_request(format!("expected an endpoint or a channel, found {text:?}")).into())
}

fn filter(of: impl Fn(&str) -> Option<String>) -> std::result::Result<Filter, Refusal> {
    let time = |name: &str| match of(name) {
        None => Ok(None),
        Some(text) => {
            let parsed = text.parse::<f64>().ok().and_then(Timestamp::from_seconds);
            parsed.map(Some).ok_or_else(|| Problem::bad_request(format!("{name}: expected seconds, found {text:?}")))
        }
    };
    let state =
        match of("state") {
            None => None,
            Some(name) => Some(State::parse(&name).ok_or_else(|| {
                Problem::bad_request(format!("state: expected pending, done or dead, found {name:?}"))
            })?),
        };
    let conversation: Option<ConversationId> =
        of("conversation_id").map(|id| id.parse()).transpose().map_err(desk::Error::from)?;
    Ok(Filter {
        subscriber: of("subscriber").map(|id| subscriber(&id)).transpose()?,
        conversation,
        state,
        since: time("since")?,
        until: time("until")?,
    })
}

/// `GET /portico/v1/deliveries` with `subscriber`, `conversation_id`, `state`, `since` and `until`.
pub async fn list(call: Call) -> Result {
    let paging = call.paging("deliveries", &PageRules::USUAL, false)?;
    let filter = filter(|name| call.params.get(name).map(str::to_string))?;
    call.read(move |work| {
        let page = deliveries::list(work, &filter, &paging.window)?;
        Answer::page(&paging, page.rows.iter().map(shown), page.next)
    })
    .await
}

/// `GET /portico/v1/deliveries/{delivery_id}` with the request's body and every attempt.
pub async fn get(call: Call) -> Result {
    let id: DeliveryId = call.id(0)?;
    call.read(move |work| {
        let delivery = deliveries::get(work, id)?;
        let bytes = deliveries::bytes(work, delivery.about, &delivery.shape)?;
        let mut json = shown(&delivery);
        json["request_body"] = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).into();
        Answer::ok(&json)
    })
    .await
}

/// `POST /portico/v1/deliveries/{delivery_id}/replay`
pub async fn replay(call: Call) -> Result {
    let id: DeliveryId = call.id(0)?;
    call.write(move |work| {
        let new = deliveries::replay(work, id)?;
        Answer::accepted(&json!({"id": new}))
    })
    .await
}

/// A range of deliveries to be sent once more.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct ReplayRange {
    #[serde(default)]
    subscriber: Option<String>,
    #[serde(default)]
    conversation_id: Option<String>,
    /// `done` or `dead`; both, if left out.
    #[serde(default)]
    state: Option<String>,
    /// Seconds since 1970.
    #[serde(default)]
    since: Option<f64>,
    #[serde(default)]
    until: Option<f64>,
    /// Where the answer before said to go on.
    #[serde(default)]
    after: Option<String>,
}

/// `POST /portico/v1/deliveries/replay`: a slice of the range; `next` of the answer says where to go on.
pub async fn replay_range(call: Call) -> Result {
    let body: ReplayRange = call.body()?;
    let filter = filter(|name| match name {
        "subscriber" => body.subscriber.clone(),
        "conversation_id" => body.conversation_id.clone(),
        "state" => body.state.clone(),
        "since" => body.since.map(|seconds| seconds.to_string()),
        "until" => body.until.map(|seconds| seconds.to_string()),
        _ => None,
    })?;
    let after: Option<DeliveryId> = body.after.as_deref().map(str::parse).transpose().map_err(desk::Error::from)?;
    call.write(move |work| {
        let after = after.map(|id| Position { key: 0, id: id.0 });
        let (count, next) = deliveries::replay_all(work, &filter, after)?;
        Answer::accepted(&json!({"replayed": count, "next": next.map(|position| DeliveryId(position.id))}))
    })
    .await
}

/// `GET /portico/v1/endpoints`
pub async fn endpoints(call: Call) -> Result {
    let paging = call.whole()?;
    call.read(move |work| {
        let all = desk::endpoints::list(work)?;
        let shown = all.iter().map(|row| {
            json!({
                "id": row.id, "kind": row.kind, "url": row.url, "shape": row.shape, "retries": row.retries,
                "created_at": Seconds(row.created_at),
            })
        });
        Answer::list(&paging, shown)
    })
    .await
}

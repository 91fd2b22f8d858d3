//! The delivery log: what left, how it went, and once more.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use desk::deliveries::{self, Delivery, Filter, Recovered, State, Subscriber, Waiting};
use desk::ids::{ChannelId, ConversationId, DeliveryId, EndpointId, EventId, LinkId, MessageId};
use desk::paging::Position;
use desk::{Caller, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::Seconds;

use crate::answer::{Answer, Refusal};
use crate::app::App;
use crate::call::{Call, Result};
use crate::edge::error::Problem;
use crate::edge::params::{PageRules, Params};

/// A line of the log.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Delivery")]
pub(crate) struct Shown {
    id: DeliveryId,
    /// Who is told, if it is an address outside.
    endpoint_id: Option<EndpointId>,
    /// Who is told, if it is a channel's server.
    channel_id: Option<ChannelId>,
    conversation_id: Option<ConversationId>,
    event_id: Option<EventId>,
    message_id: Option<MessageId>,
    /// A new link that its partner is told of, or one whose fields are asked for.
    link_id: Option<LinkId>,
    /// `full`, `preview`, `application` or `link` for an event, `message` for a message that is sent, `imported` for one
    /// that a channel told of, `link_created` or `object` for a link, `deletion` for a channel that was deleted.
    shape: String,
    state: Progress,
    created_at: Seconds,
    finished_at: Option<Seconds>,
    tries: i64,
    /// The delivery of which this is a repetition by hand.
    replay_of: Option<DeliveryId>,
    /// The first attempt and the latest ones.
    attempts: Vec<Attempt>,
    /// Whether it concerns a conversation that the caller may not see, such as one in a private inbox. Then what was sent
    /// and what was answered is left out, and it cannot be sent once more.
    is_hidden: bool,
}

/// How far a delivery is.
#[derive(Serialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Progress {
    /// To be sent, or sent once more.
    Pending,
    /// Arrived.
    Done,
    /// Given up.
    Dead,
}

/// One attempt, as the sender noted it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeliveryAttempt")]
struct Attempt {
    /// When it began, in milliseconds.
    at: i64,
    /// How long it took, in milliseconds.
    ms: u64,
    /// The headers of the request; those that a receiver may know us by are hidden.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    request_headers: BTreeMap<String, String>,
    /// The status that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The headers of the answer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    response_headers: BTreeMap<String, String>,
    /// How the answer began.
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<String>,
    /// Why it does not count as delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

fn shown(delivery: &Delivery) -> desk::Result<Shown> {
    let (endpoint_id, channel_id) = match delivery.subscriber {
        Subscriber::Endpoint(id) => (Some(id), None),
        Subscriber::Channel(id) => (None, Some(id)),
    };
    let is_message = delivery.shape == deliveries::MESSAGE || delivery.shape == deliveries::IMPORTED;
    let is_deletion = delivery.shape == deliveries::DELETION;
    let link_id = delivery.link();
    let attempts = delivery.attempts()?.into_iter().map(|attempt| Attempt {
        at: attempt.at.0,
        ms: attempt.ms,
        request_headers: attempt.request_headers,
        status: attempt.status,
        response_headers: attempt.response_headers,
        response: attempt.response,
        error: attempt.error,
    });
    Ok(Shown {
        id: delivery.id,
        endpoint_id,
        channel_id,
        conversation_id: delivery.conversation(),
        event_id: (!is_message && !is_deletion && link_id.is_none()).then_some(EventId(delivery.about)),
        message_id: is_message.then_some(MessageId(delivery.about)),
        link_id,
        shape: delivery.shape.clone(),
        state: match delivery.state {
            State::Pending => Progress::Pending,
            State::Done => Progress::Done,
            State::Dead => Progress::Dead,
        },
        created_at: Seconds(delivery.created_at),
        finished_at: delivery.finished_at.map(Seconds),
        tries: delivery.tries,
        replay_of: delivery.replay_of,
        attempts: attempts.collect(),
        is_hidden: delivery.is_hidden,
    })
}

fn subscriber(text: &str) -> std::result::Result<Subscriber, Refusal> {
    let endpoint = text.parse::<EndpointId>().map(Subscriber::Endpoint);
    let found = endpoint.or_else(|_| text.parse::<ChannelId>().map(Subscriber::Channel));
    found.map_err(|_| Problem::bad_request(format!("expected an endpoint or a channel, found {text:?}")).into())
}

/// The subscriber, by its own name or by those that the answer's fields have.
fn whom(params: &Params) -> std::result::Result<Option<Subscriber>, Refusal> {
    fn id<T: FromStr<Err: Display>>(params: &Params, name: &str) -> std::result::Result<Option<T>, Refusal> {
        let read = params.get(name).map(str::parse).transpose();
        Ok(read.map_err(|bad| Problem::bad_request(format!("{name}: {bad}")))?)
    }
    let given = [
        params.get("subscriber").map(subscriber).transpose()?,
        id(params, "endpoint_id")?.map(Subscriber::Endpoint),
        id(params, "channel_id")?.map(Subscriber::Channel),
    ];
    let mut given = given.into_iter().flatten();
    match (given.next(), given.next()) {
        (_, Some(_)) => Err(Problem::bad_request("say one of subscriber, endpoint_id and channel_id").into()),
        (one, None) => Ok(one),
    }
}

fn state(name: &str) -> std::result::Result<State, Refusal> {
    let refused = || Problem::bad_request(format!("state: expected pending, done or dead, found {name:?}"));
    Ok(State::parse(name).ok_or_else(refused)?)
}

fn instant(name: &str, seconds: Option<f64>) -> std::result::Result<Timestamp, Refusal> {
    let refused = || Problem::bad_request(format!("{name}: expected seconds since 1970"));
    Ok(seconds.and_then(Timestamp::from_seconds).ok_or_else(refused)?)
}

fn filter(params: &Params) -> std::result::Result<Filter, Refusal> {
    let conversation = |id: &str| {
        let id = id.parse::<ConversationId>();
        id.map_err(|bad| Problem::bad_request(format!("conversation_id: {bad}")))
    };
    let time = |name: &str| params.get(name).map(|text| instant(name, text.parse().ok())).transpose();
    Ok(Filter {
        subscriber: whom(params)?,
        conversation: params.get("conversation_id").map(conversation).transpose()?,
        state: params.get("state").map(state).transpose()?,
        since: time("since")?,
        until: time("until")?,
        ended_since: None,
    })
}

/// `GET /portico/v1/deliveries` with `subscriber`, `endpoint_id` or `channel_id`, with `conversation_id`, `state`, `since` and `until`.
pub async fn list(call: Call) -> Result {
    let paging = call.paging("deliveries", &PageRules::USUAL, false)?;
    let filter = filter(&call.params)?;
    call.read(move |work| {
        let page = deliveries::list(work, &filter, &paging.window)?;
        let rows: Vec<Shown> = page.rows.iter().map(shown).collect::<desk::Result<_>>()?;
        Answer::page(&paging, rows, page.next)
    })
    .await
}

/// A line of the log with what was sent.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeliveryWithRequest")]
pub(crate) struct Whole {
    #[serde(flatten)]
    line: Shown,
    /// Where it goes; null if that is gone.
    request_url: Option<String>,
    /// The exact body of every attempt, while it is kept; null if it is hidden.
    request_body: Option<String>,
    /// When it is tried next, if that is planned.
    next_try_at: Option<Seconds>,
    /// The earlier one to the same receiver about the same conversation that it waits for.
    behind: Option<DeliveryId>,
}

/// `GET /portico/v1/deliveries/{delivery_id}` with the request's body and every attempt.
pub async fn get(call: Call) -> Result {
    let id: DeliveryId = call.id(0)?;
    call.read(move |work| {
        let delivery = deliveries::get(work, id)?;
        let bytes = deliveries::bytes(work, &delivery)?;
        let request_body = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let request_url = match delivery.subscriber {
            Subscriber::Endpoint(id) => Some(desk::endpoints::get(work, id)?.url),
            Subscriber::Channel(id) => work.directory()?.channel(id).and_then(|channel| channel.webhook_url.clone()),
        };
        let waiting = deliveries::waiting(work, &delivery)?;
        let next_try_at = match waiting {
            Some(Waiting::Until(at)) => Some(Seconds(at)),
            _ => None,
        };
        let behind = match waiting {
            Some(Waiting::Behind(first)) => Some(first),
            _ => None,
        };
        Answer::ok(&Whole { line: shown(&delivery)?, request_url, request_body, next_try_at, behind })
    })
    .await
}

/// `POST /portico/v1/deliveries/{delivery_id}/replay`
pub async fn replay(call: Call) -> Result {
    let id: DeliveryId = call.id(0)?;
    call.write(move |work| {
        let new = deliveries::replay(work, id)?;
        Answer::accepted(&Again { id: new })
    })
    .await
}

/// A delivery that repeats another.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReplayedDelivery")]
pub(crate) struct Again {
    id: DeliveryId,
}

/// A range of webhooks to be sent once more; messages are left out, as a customer would read them twice. At least one of its
/// bounds is said: nobody means everything ever sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayRange {
    /// Those to this endpoint.
    #[serde(default)]
    subscriber: Option<String>,
    /// Those about this conversation.
    #[serde(default)]
    conversation_id: Option<ConversationId>,
    /// `done` or `dead`; both, if left out.
    #[serde(default)]
    state: Option<String>,
    /// Those made at this time or later, in seconds since 1970.
    #[serde(default)]
    since: Option<f64>,
    /// Those made before this time; now, if it is left out or ahead of now.
    #[serde(default)]
    until: Option<f64>,
    /// Where the answer before said to go on. Its `until` is said along with it.
    #[serde(default)]
    after: Option<DeliveryId>,
}

/// `POST /portico/v1/deliveries/replay`: a slice of the range; `next` and `until` of the answer say how to go on.
pub async fn replay_range(call: Call) -> Result {
    let body: ReplayRange = call.body()?;
    let filter = Filter {
        subscriber: body.subscriber.as_deref().map(subscriber).transpose()?,
        conversation: body.conversation_id,
        state: body.state.as_deref().map(state).transpose()?,
        since: body.since.map(|seconds| instant("since", Some(seconds))).transpose()?,
        until: body.until.map(|seconds| instant("until", Some(seconds))).transpose()?,
        ended_since: None,
    };
    let after = body.after.map(|id| Position { key: 0, id: id.0 });
    let now = call.app.desk.clock().now();
    if after.is_some() && filter.until.is_none_or(|until| until > now) {
        // With any other end the range would take in what its earlier slices put in.
        return Err(Problem::bad_request("until: with after, say the until that was answered beside it").into());
    }
    call.write(move |work| {
        let done = deliveries::replay_all(work, &filter, after)?;
        Answer::accepted(&Replayed {
            replayed: done.count,
            until: Seconds(done.until),
            next: done.next.map(|position| DeliveryId(position.id)),
        })
    })
    .await
}

/// What a call for a range has done.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReplayedDeliveries")]
pub(crate) struct Replayed {
    /// How many were sent once more.
    replayed: usize,
    /// Where the range ends. The next call says the same.
    until: Seconds,
    /// What to say as `after` in the next call; nothing at the end of the range.
    next: Option<DeliveryId>,
}

/// Somebody outside who is told of events.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Endpoint {
    id: EndpointId,
    /// What kind of thing tells it.
    kind: String,
    url: String,
    /// What it is sent: `full`, `preview` or `application`.
    shape: String,
    /// How hard it is tried.
    retries: String,
    created_at: Seconds,
    /// Since when it has failed without a success in between; only kept of apps.
    failing_since: Option<Seconds>,
    /// Since when it is switched off because it failed for a day. Its recovery switches it on again.
    disabled_at: Option<Seconds>,
}

/// `GET /portico/v1/endpoints`
pub async fn endpoints(call: Call) -> Result {
    let paging = call.whole()?;
    call.read(move |work| {
        let all = desk::endpoints::list(work)?;
        let shown = all.into_iter().map(|row| Endpoint {
            id: row.id,
            kind: row.kind,
            url: row.url,
            shape: row.shape,
            retries: row.retries,
            created_at: Seconds(row.created_at),
            failing_since: row.failing_since.map(Seconds),
            disabled_at: row.disabled_at.map(Seconds),
        });
        Answer::list(&paging, shown)
    })
    .await
}

/// How far a recovery is.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Recovery {
    /// How many missed deliveries were sent once more.
    replayed: usize,
    /// Whether the endpoint is on again; if not, there was too much for one call, and another one goes on.
    is_enabled: bool,
}

/// The slices that one call does at most.
const MOST_SLICES: usize = 40;

/// `POST /portico/v1/endpoints/{endpoint_id}/recover`: what it missed goes out in order, then it is on again.
pub async fn recover(call: Call) -> Result {
    let Recovered { replayed, is_enabled } = recover_endpoint(&call.app, &call.caller, call.id(0)?).await?;
    Ok(Answer::ok(&Recovery { replayed, is_enabled })?)
}

/// Recovers an endpoint as far as one call may.
pub async fn recover_endpoint(app: &App, caller: &Caller, id: EndpointId) -> desk::Result<Recovered> {
    let mut recovery = Recovered { replayed: 0, is_enabled: false };
    for _ in 0..MOST_SLICES {
        let done = app.desk.write(caller, move |work| deliveries::recover(work, id)).await?;
        recovery.replayed += done.replayed;
        recovery.is_enabled = done.is_enabled;
        if done.is_enabled {
            break;
        }
        if done.replayed == 0 {
            // What was put in while the endpoint was off is still on its way to the log.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(recovery)
}

//! What leaves, or has left, by HTTP: jobs of the outbox with the bytes they carry, and the log of their attempts.
//!
//! A delivery is put in the unit that causes it, in the lane of its subscriber and conversation, so that what leaves,
//! leaves in order. Its bytes are rendered at that moment and stored once per event and shape; a retry next week and a
//! replay send the very same.

use std::sync::Arc;

use db::Bytes;
use db::outbox::{Job, Lane, NewJob, Placed};
use serde_json::{Value, json};

use crate::access::Access;
use crate::endpoints::{self, Retries};
use crate::error::{Error, Result};
use crate::events::{self, Event, Shape};
use crate::ids::{ChannelId, ConversationId, DeliveryId, EndpointId, EventId, MessageId, RuleId};
use crate::sealing::Secret;
use crate::time::Timestamp;
use crate::timers::topic;
use crate::work::Work;

mod attempts;
mod log;
mod recover;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub use attempts::{Attempt, Waiting, waiting};
pub use log::{Delivery, Filter, MOST_REPLAYED, Replayed, State, get, list, replay, replay_all};
pub use recover::{Recovered, recover};

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subscriber {
    /// An endpoint, of events.
    Endpoint(EndpointId),
    /// A channel, of a message to be sent.
    Channel(ChannelId),
}

impl Subscriber {
    /// The subscriber of an outbox lane, unless the lane is a timer's.
    pub fn of(lane: Lane) -> Option<Subscriber> {
        match lane.topic {
            topic::WEBHOOK => Some(Subscriber::Endpoint(EndpointId(lane.subscriber))),
            topic::CHANNEL => Some(Subscriber::Channel(ChannelId(lane.subscriber))),
            _ => None,
        }
    }

    /// The outbox lane for what concerns one conversation, or a link by its number.
    pub fn lane(self, subject: i64) -> Lane {
        let (topic, subscriber) = match self {
            Subscriber::Endpoint(id) => (topic::WEBHOOK, id.0),
            Subscriber::Channel(id) => (topic::CHANNEL, id.0),
        };
        Lane { topic, subscriber, subject }
    }
}

/// A delivery that was just committed, for the sender of this process.
#[derive(Debug)]
pub struct Fresh {
    /// The delivery.
    pub job: Job,
    /// Where it stands in its lane: as its head, with the lane leased to this node, or behind others.
    pub placed: Placed,
    /// All that its sending takes, if the unit that put it knew that; otherwise the sender reads it from the store.
    pub known: Option<Known>,
}

/// What a rule's webhook is sent with, as it stood when the unit committed.
#[derive(Debug)]
pub struct Known {
    /// The address.
    pub url: Arc<str>,
    /// How hard it is tried.
    pub retries: Retries,
    /// The exact bytes.
    pub body: Bytes,
    /// The company's secret, which signs them.
    pub secret: Secret,
}

/// Longer bodies are read from the store, so that deliveries in memory that nobody has counted yet stay small.
const LONGEST_KNOWN: usize = 8 * 1024;

/// The shape under which a message's bytes are kept beside those of events; the key is the message's number.
pub const MESSAGE: &str = "message";
/// The same for a message that an app's channel told of.
pub const IMPORTED: &str = "imported";
/// Of a delivery that says that a channel was deleted; it carries nothing but the channel's id.
pub const DELETION: &str = "deletion";

/// Tells an endpoint of an event. The bytes are rendered now, unless somebody else was told of it in the same shape.
pub fn enqueue_webhook(work: &mut Work<'_>, endpoint: EndpointId, event: &Event, shape: Shape) -> Result<DeliveryId> {
    let conversation = event.conversation.ok_or_else(|| {
        Error::Internal(format!("{} is about no conversation, so nobody outside can be told of it", event.id))
    })?;
    events::store_body(work, event, shape)?;
    enqueue(work, Subscriber::Endpoint(endpoint), conversation.0, event.id.0, json!({"shape": shape.as_str()}))
}

/// Tells the address that a rule names of an event. What this unit has rendered anyhow goes to the sender in memory.
pub(crate) fn enqueue_rule_webhook(
    work: &mut Work<'_>,
    rule: RuleId,
    url: &str,
    event: &Event,
    shape: Shape,
    retries: Retries,
) -> Result<DeliveryId> {
    let endpoint = endpoints::of_rule(work, rule, url, shape, retries)?;
    let id = enqueue_webhook(work, endpoint, event, shape)?;
    let body = events::store_body(work, event, shape)?.filter(|body| body.len() <= LONGEST_KNOWN);
    let directory = work.directory()?;
    let is_it = |fresh: &&mut Fresh| fresh.job.id == id.0;
    if let Some(body) = body
        && let Some(fresh) = work.traces.fresh.last_mut().filter(is_it)
    {
        fresh.known =
            Some(Known { url: url.into(), retries, body, secret: Secret::new(directory.company.api_secret.as_str()) });
    }
    Ok(id)
}

/// Sends a message through its channel. The bytes are rendered at the first call and stay the same for a retry.
pub fn enqueue_message(
    work: &mut Work<'_>,
    channel: ChannelId,
    conversation: ConversationId,
    message: MessageId,
) -> Result<DeliveryId> {
    if store::body(work.conn, work.company, message.0, MESSAGE)?.is_none() {
        let bytes = rendered(work, message)?;
        events::keep(work, EventId(message.0), MESSAGE, &bytes)?;
    }
    enqueue(work, Subscriber::Channel(channel), conversation.0, message.0, json!({"shape": MESSAGE}))
}

/// The bytes of a message as its channel gets it. Whoever set this off is not whom it is for.
fn rendered(work: &mut Work<'_>, message: MessageId) -> Result<Vec<u8>> {
    let renderer = work.renderer()?;
    let access = std::mem::replace(&mut work.access, Arc::new(Access::everything()));
    let bytes = renderer.message(work, message);
    work.access = access;
    bytes
}

/// Tells a channel's server that a message which it told of was taken in.
pub fn enqueue_import(
    work: &mut Work<'_>,
    channel: ChannelId,
    conversation: ConversationId,
    message: MessageId,
) -> Result<DeliveryId> {
    let bytes = rendered(work, message)?;
    events::keep(work, EventId(message.0), IMPORTED, &bytes)?;
    enqueue(work, Subscriber::Channel(channel), conversation.0, message.0, json!({"shape": IMPORTED}))
}

/// Tells the server of an app's channel that the channel was deleted.
pub fn enqueue_deletion(work: &mut Work<'_>, channel: ChannelId) -> Result<DeliveryId> {
    enqueue(work, Subscriber::Channel(channel), channel.0, channel.0, json!({"shape": DELETION}))
}

/// Puts a delivery behind the others of its lane: that of its subscriber and subject, the conversation or link that it
/// concerns. `about` is the event, message or link whose bytes it carries, `payload` names their shape. This process's sender
/// hears of it after the commit.
pub fn enqueue(
    work: &mut Work<'_>,
    subscriber: Subscriber,
    subject: i64,
    about: i64,
    payload: Value,
) -> Result<DeliveryId> {
    let lane = subscriber.lane(subject);
    let (company, now) = (work.company.0, work.now.0);
    let (node, lease) = (work.desk.settings.node, work.desk.settings.lease);
    let mut id = work.new_id_after(about);
    let placed = loop {
        let job = NewJob { id, lane, event: about, payload: &payload };
        match db::outbox::put(work.conn, company, node, now, lease, &job)? {
            // Another node's clock runs ahead of ours; what waits already leaves first all the same.
            Placed::Refused { last } => id = work.new_id_after(last),
            placed => break placed,
        }
    };
    let log = Value::Array(vec![]);
    let job = Job { company, id, lane, event: about, created_at: now, tries: 0, payload, log };
    work.traces.fresh.push(Fresh { job, placed, known: None });
    Ok(DeliveryId(id))
}

/// The stored bytes that a delivery carries, if there are any and the caller may read them.
pub fn bytes(work: &mut Work<'_>, delivery: &Delivery) -> Result<Option<Vec<u8>>> {
    match delivery.is_hidden {
        true => Ok(None),
        false => Ok(store::body(work.conn, work.company, delivery.about, &delivery.shape)?),
    }
}

/// The stored bytes of several events or messages, as `(number, shape, bytes)`: one statement for a batch of jobs.
pub fn bytes_of(work: &mut Work<'_>, about: &[i64]) -> Result<Vec<(i64, String, Vec<u8>)>> {
    Ok(store::bodies(work.conn, work.company, about)?)
}

/// Forgets deliveries that ended before an instant, at most `limit` of them; answers how many.
pub fn sweep(work: &mut Work<'_>, before: Timestamp, limit: i64) -> Result<u64> {
    Ok(db::outbox::sweep(work.conn, work.company.0, before.0, Work::first_id_at(before), limit)?)
}

/// Forgets the bytes of events and messages from before an instant, of at most `limit` of them; answers how many rows
/// went. They must outlive the deliveries that may still carry them.
pub fn sweep_bytes(work: &mut Work<'_>, before: Timestamp, limit: i64) -> Result<u64> {
    Ok(store::forget_bytes(work.conn, work.company, Work::first_id_at(before), limit)?)
}

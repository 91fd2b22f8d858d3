//! What becomes of a message that is to leave: queued, then sent or failed, and queued again by hand.
//!
//! A message never leaves twice by itself: a partner that does not answer may have sent it all the same, so after a
//! failure a person decides (channels.md section 4.3).

use serde_json::{Value, json};

use super::threading::{self, Space};
use super::{Message, get, store};
use crate::channels::{self, Channel};
use crate::conversations::{Held, Status, hold, standing};
use crate::deliveries::{self, Subscriber};
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::ids::{ConversationId, DeliveryId, MessageId};
use crate::names;
use crate::time::SECOND;
use crate::timers::{self, Timer};
use crate::work::Work;

/// So much is kept of the words in which a channel's server says why a message did not arrive, in characters.
const LONGEST_WORDS: usize = 1_000;

/// How far a message is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not to be sent yet.
    Draft,
    /// It came from outside.
    Received,
    /// To be sent.
    Queued,
    /// The channel took it.
    Sent,
    /// The channel did not take it, or says later that it did not arrive.
    Failed,
}

impl State {
    /// The name in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Received => "received",
            State::Queued => "queued",
            State::Sent => "sent",
            State::Failed => "failed",
        }
    }
}

/// Why a message failed, in the words of the contract (channels.md section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorType {
    /// The partner could not make sense of it.
    BadRequest,
    /// The channel has to be connected again.
    AuthenticationRequired,
    /// The partner does not allow it.
    Forbidden,
    /// The partner does not know the addressee.
    NotFound,
    /// The partner did not answer in time.
    RequestTimeout,
    /// The partner had too much to do.
    TooManyRequests,
    /// Anything else.
    InternalError,
}

impl ErrorType {
    const ALL: [ErrorType; 7] = [
        ErrorType::BadRequest,
        ErrorType::AuthenticationRequired,
        ErrorType::Forbidden,
        ErrorType::NotFound,
        ErrorType::RequestTimeout,
        ErrorType::TooManyRequests,
        ErrorType::InternalError,
    ];

    /// The name outside.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorType::BadRequest => "bad_request",
            ErrorType::AuthenticationRequired => "authentication_required",
            ErrorType::Forbidden => "forbidden",
            ErrorType::NotFound => "not_found",
            ErrorType::RequestTimeout => "request_timeout",
            ErrorType::TooManyRequests => "too_many_requests",
            ErrorType::InternalError => "internal_error",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<ErrorType> {
        ErrorType::ALL.into_iter().find(|error| error.as_str() == name)
    }
}

/// The state in which a new outgoing message begins: with nobody to hand it to, it is sent once it is recorded.
pub(super) fn first(channel: &Channel) -> State {
    if channel.webhook_url.is_some() { State::Queued } else { State::Sent }
}

/// Lets a queued message leave: now, or when the channel's time to undo is over.
pub(super) fn start(work: &mut Work<'_>, channel: &Channel, message: &Message) -> Result<()> {
    if message.delivery != State::Queued.as_str() {
        return Ok(());
    }
    let undo = channel.settings.get("undo_send_time").and_then(Value::as_i64).unwrap_or(0);
    if undo > 0 {
        let at = work.now.plus(undo * SECOND);
        return timers::set(work, Timer::Send, 0, message.id.0, at, &json!({}));
    }
    deliveries::enqueue_message(work, channel.id, message.conversation, message.id)?;
    Ok(())
}

/// The time to undo is over ([`Timer::Send`], whose subject is the message): it leaves now. A message that was taken
/// back meanwhile stays where it is.
pub fn depart(work: &mut Work<'_>, id: MessageId) -> Result<()> {
    let Some(message) = store::get(work.conn, work.company, id)? else { return Ok(()) };
    if message.delivery != State::Queued.as_str() || message.is_draft() {
        return Ok(());
    }
    let directory = work.directory()?;
    match message.channel.and_then(|id| directory.channel(id)) {
        Some(channel) if channel.webhook_url.is_some() => {
            deliveries::enqueue_message(work, channel.id, message.conversation, id)?;
            Ok(())
        }
        Some(_) => sent(work, id, &Receipt::default()),
        None => failed(work, id, ErrorType::NotFound, "the channel is gone"),
    }
}

/// What a channel says about a message that it took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The channel's own id of the message.
    pub external_id: Option<String>,
    /// The channel's own id of the conversation.
    pub external_conversation_id: Option<String>,
}

/// A channel took a message. What it calls message and conversation is kept, so that its later words about them are
/// understood. Saying so twice changes nothing.
pub fn sent(work: &mut Work<'_>, id: MessageId, receipt: &Receipt) -> Result<()> {
    let mut message = store::get(work.conn, work.company, id)?.ok_or(Error::NotFound("message"))?;
    if message.delivery == State::Sent.as_str() {
        return Ok(());
    }
    let mut held = survivor(work, message.conversation)?;
    let before = std::mem::replace(&mut message.delivery, State::Sent.as_str().to_string());
    message.error_type = None;
    message.error_text = None;
    message.sent_at = Some(work.now);
    // A name that could not be looked up is as good as none.
    let kept = |name: &Option<String>| name.clone().filter(|name| names::is_key(name));
    if let (Some(channel), Some(external_id)) = (message.channel, &kept(&receipt.external_id)) {
        // A partner that gives the same id twice gets along with the first.
        if store::by_external(work.conn, work.company, channel, external_id)?.is_none() {
            message.external_id = Some(external_id.clone());
        }
    }
    if let (Some(channel), Some(key)) = (message.channel, &kept(&receipt.external_conversation_id)) {
        for space in [Space::External, Space::Incoming] {
            if threading::find(work, channel, space, key)?.is_none() {
                threading::lead(work, channel, space, key, held.row.id)?;
            }
        }
    }
    store::set_delivery(work.conn, work.company, &message)?;
    let change = json!({"delivery": [before, message.delivery]});
    held.record(work, Record::with(Kind::Delivered, TargetKind::Message, id.0).changing(change))?;
    held.save(work)?;
    let directory = work.directory()?;
    match message.channel.and_then(|id| directory.channel(id)) {
        // Nobody connects a channel without an app: that it takes messages again is all there is to know.
        Some(channel) if channel.app.is_none() => channels::set_valid(work, channel.id, true),
        _ => Ok(()),
    }
}

/// A channel did not take a message, or says later that it did not arrive. The conversation is open again, so that
/// somebody sees it. Saying so twice changes nothing.
pub fn failed(work: &mut Work<'_>, id: MessageId, error: ErrorType, text: &str) -> Result<()> {
    let mut message = store::get(work.conn, work.company, id)?.ok_or(Error::NotFound("message"))?;
    if message.is_inbound || message.is_draft() {
        return Err(Error::Conflict(format!("{id} was not sent by us")));
    }
    if message.delivery == State::Failed.as_str() {
        return Ok(());
    }
    let text: String = text.chars().filter(|c| *c != '\0').take(LONGEST_WORDS).collect();
    let mut held = survivor(work, message.conversation)?;
    let kind = match message.delivery == State::Sent.as_str() {
        true => Kind::MessageBounceError,
        false => Kind::SendingError,
    };
    let before = std::mem::replace(&mut message.delivery, State::Failed.as_str().to_string());
    message.error_type = Some(error.as_str().to_string());
    message.error_text = Some(text.clone());
    store::set_delivery(work.conn, work.company, &message)?;
    let mut change = json!({"delivery": [before, message.delivery], "error_type": [null, error.as_str()],
        "error_text": [null, text]});
    let woken = match held.row.status() {
        Status::Archived => standing::wake(work, &mut held)?,
        _ => None,
    };
    if let (Some(change), Some(Value::Object(woken))) = (change.as_object_mut(), woken.clone()) {
        change.extend(woken);
    }
    held.bump(work);
    held.record(work, Record::with(kind, TargetKind::Message, id.0).changing(change))?;
    standing::tell_ticket_status(work, &mut held, woken.as_ref())?;
    held.save(work)?;
    match (error, message.channel) {
        (ErrorType::AuthenticationRequired, Some(channel)) => channels::renewal::rejected(work, channel),
        _ => Ok(()),
    }
}

/// Tries a failed message once more, because a person wants it.
pub fn retry(work: &mut Work<'_>, id: MessageId) -> Result<DeliveryId> {
    let mut message = get(work, id)?;
    if message.delivery != State::Failed.as_str() {
        return Err(Error::Conflict(format!("{id} has not failed: it is {}", message.delivery)));
    }
    let directory = work.directory()?;
    let channel = message.channel.and_then(|id| directory.channel(id)).ok_or(Error::NotFound("channel"))?;
    let mut held = survivor(work, message.conversation)?;
    let error_type = message.error_type.take();
    message.error_text = None;
    message.delivery = State::Queued.as_str().to_string();
    store::set_delivery(work.conn, work.company, &message)?;
    let change = json!({"delivery": ["failed", "queued"], "error_type": [error_type, null]});
    held.record(work, Record::with(Kind::Resent, TargetKind::Message, id.0).changing(change))?;
    held.save(work)?;
    work.trust(Subscriber::Channel(channel.id));
    deliveries::enqueue_message(work, channel.id, held.row.id, id)
}

/// The conversation of a message, or the one it went up in, locked.
fn survivor(work: &mut Work<'_>, id: ConversationId) -> Result<Held> {
    match hold(work, id) {
        Err(Error::Moved(survivor)) => hold(work, survivor),
        other => other,
    }
}

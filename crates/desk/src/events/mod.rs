//! The log: what happened, to which conversation, by whom, and why. Append-only; a merge alone gives events to another
//! conversation.

use std::sync::Arc;

use db::Bytes;
use serde_json::Value;

use crate::access::Access;
use crate::error::Result;
use crate::ids::{ConversationId, EventId, InboxId, RuleId, TeammateId};
use crate::time::Timestamp;
use crate::work::{Actor, ActorKind, Work};

mod kind;
mod list;
pub(crate) mod store;
mod tail;
#[cfg(test)]
mod tests;
mod view;

pub use kind::Kind;
pub use list::{Filter, get, in_conversation, list};
pub(crate) use list::{find, newest, of};
pub use store::DepartedRule;
pub use tail::{Position, Tail, end, follow, newest_time, position, settle_restored};
pub use view::{View, view, views};

/// One line of the log.
#[derive(Debug, Clone)]
pub struct Event {
    /// Sequential within a conversation.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: Kind,
    /// What it is about; absent for changes of the configuration.
    pub conversation: Option<ConversationId>,
    /// Who did it.
    pub actor: Actor,
    /// What it was done with.
    pub target: Option<Target>,
    /// The event and the rule that led to it.
    pub cause: Option<EventId>,
    /// The rule that did it.
    pub cause_rule: Option<RuleId>,
    /// How many rules stand between a first event and this one.
    pub depth: i64,
    /// `{"field": [before, after]}`.
    pub change: Option<Value>,
    /// The inboxes the conversation was in.
    pub inboxes: Vec<InboxId>,
    /// Whether rules pass it over: imports and mass actions. Only known in the unit that records it.
    pub skips_rules: bool,
}

/// What an event was done with: a kind and a number (events.md section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// What kind of thing.
    pub kind: TargetKind,
    /// Its number; 0 where the kind needs none.
    pub id: i64,
}

/// The kinds of targets, named as outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// A teammate that was assigned or mentioned.
    Teammate,
    /// The inboxes a conversation was moved to: those of the event.
    Inboxes,
    /// A message.
    Message,
    /// A comment.
    Comment,
    /// A tag.
    Tag,
    /// The conversations that went up in this one; their ids are in the change.
    DeletedConversationIds,
    /// A link.
    Link,
    /// A custom field.
    CustomField,
}

impl TargetKind {
    /// The name in the log and outside.
    pub fn as_str(self) -> &'static str {
        match self {
            TargetKind::Teammate => "teammate",
            TargetKind::Inboxes => "inboxes",
            TargetKind::Message => "message",
            TargetKind::Comment => "comment",
            TargetKind::Tag => "tag",
            TargetKind::DeletedConversationIds => "deleted_conversation_ids",
            TargetKind::Link => "link",
            TargetKind::CustomField => "custom_field",
        }
    }

    fn parse(name: &str) -> Option<TargetKind> {
        let all = [
            TargetKind::Teammate,
            TargetKind::Inboxes,
            TargetKind::Message,
            TargetKind::Comment,
            TargetKind::Tag,
            TargetKind::DeletedConversationIds,
            TargetKind::Link,
            TargetKind::CustomField,
        ];
        all.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What outside sees of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Everything (events.md section 2).
    Full,
    /// Ids and links (events.md section 3).
    Preview,
    /// Everything, in the envelope of an application webhook (webhooks.md section 1.2).
    Application,
    /// The preview, in the envelope of a partner's links (webhooks.md section 3).
    Link,
}

impl Shape {
    /// The name in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Shape::Full => "full",
            Shape::Preview => "preview",
            Shape::Application => "application",
            Shape::Link => "link",
        }
    }

    /// Reads the name in the store.
    pub fn parse(name: &str) -> Option<Shape> {
        [Shape::Full, Shape::Preview, Shape::Application, Shape::Link].into_iter().find(|shape| shape.as_str() == name)
    }
}

/// Renders what leaves the building. Implemented by `wire`, which knows the public shapes; called inside the unit, so
/// that the bytes are those of the moment and are stored with it.
pub trait Render: Send + Sync {
    /// The JSON of an event.
    fn event(&self, work: &mut Work<'_>, event: &Event, shape: Shape) -> Result<Vec<u8>>;
    /// The JSON of a message, as a channel gets it.
    fn message(&self, work: &mut Work<'_>, message: crate::ids::MessageId) -> Result<Vec<u8>>;
    /// The JSON that tells a partner of a new link.
    fn link_created(&self, work: &mut Work<'_>, link: &crate::links::Link) -> Result<Vec<u8>>;
}

/// What is to be recorded about a conversation.
#[derive(Debug, Clone)]
pub struct Record {
    /// What happened.
    pub kind: Kind,
    /// With what.
    pub target: Option<Target>,
    /// What changed: `{"field": [before, after]}`.
    pub change: Option<Value>,
}

impl Record {
    /// Something without a target.
    pub fn plain(kind: Kind) -> Record {
        Record { kind, target: None, change: None }
    }

    /// Something done with a target.
    pub fn with(kind: Kind, target: TargetKind, id: i64) -> Record {
        Record { kind, target: Some(Target { kind: target, id }), change: None }
    }

    /// Says what changed.
    pub fn changing(self, change: Value) -> Record {
        Record { change: Some(change), ..self }
    }
}

/// Records an event about a conversation. The conversation's row is locked by the caller, who passes its newest event
/// and an instant not before that one's, so that neither ids nor times run backwards, and stores the id that comes back
/// as the newest.
pub fn record(
    work: &mut Work<'_>,
    about: ConversationId,
    inboxes: &[InboxId],
    (newest, at): (EventId, Timestamp),
    record: Record,
) -> Result<EventId> {
    let event = Event {
        id: EventId(work.new_id_after(newest.0)),
        at,
        kind: record.kind,
        conversation: Some(about),
        actor: work.actor,
        target: record.target,
        cause: work.cause.map(|cause| cause.event),
        cause_rule: work.cause.map(|cause| cause.rule),
        depth: work.cause.map_or(0, |cause| cause.depth),
        change: record.change,
        inboxes: inboxes.to_vec(),
        skips_rules: work.skips_rules,
    };
    store::insert(work.conn, work.company, &event)?;
    let id = event.id;
    work.remember(event);
    Ok(id)
}

/// Records a change of the configuration: an internal event about no conversation.
pub fn record_setting(work: &mut Work<'_>, kind: Kind, change: Value) -> Result<EventId> {
    let event = Event {
        id: EventId(work.new_id()),
        at: work.now,
        kind,
        conversation: None,
        actor: work.actor,
        target: None,
        cause: None,
        cause_rule: None,
        depth: 0,
        change: Some(change),
        inboxes: Vec::new(),
        skips_rules: true,
    };
    store::insert(work.conn, work.company, &event)?;
    let id = event.id;
    work.remember(event);
    Ok(id)
}

/// Sees to it that the bytes of an event in a shape are stored: rendered at the first call, the same ever after. Answers
/// them if this unit is the one that did.
pub fn store_body(work: &mut Work<'_>, event: &Event, shape: Shape) -> Result<Option<Bytes>> {
    if let Some((.., bytes)) = work.traces.rendered.iter().find(|one| (one.0, one.1) == (event.id, shape)) {
        return Ok(bytes.clone());
    }
    let mut rendered = None;
    if work.is_new(event.id) || !store::has_body(work.conn, work.company, event.id, shape)? {
        let renderer = work.renderer()?;
        // Whoever set this off is not whom it is for.
        let access = std::mem::replace(&mut work.access, Arc::new(Access::everything()));
        let bytes = renderer.event(work, event, shape);
        work.access = access;
        let bytes = bytes?;
        store::insert_body(work.conn, work.company, event.id, shape.as_str(), &bytes)?;
        rendered = Some(Bytes::from(bytes));
    }
    work.traces.rendered.push((event.id, shape, rendered.clone()));
    Ok(rendered)
}

/// Gives the history of a conversation to the one that it went up in; answers how many events that were.
pub(crate) fn relocate(work: &mut Work<'_>, from: ConversationId, to: ConversationId) -> Result<u64> {
    Ok(store::relocate(work.conn, work.company, from, to)?)
}

/// When a conversation had its first message after an event, or its first call; imports that skip the rules are none.
pub(crate) fn first_message_after(
    work: &mut Work<'_>,
    conversation: ConversationId,
    after: EventId,
) -> Result<Option<Timestamp>> {
    Ok(store::first_message_after(work.conn, work.company, conversation, after)?)
}

/// Whether a conversation's status changed after an event; by an import that skips the rules it does not.
pub(crate) fn changes_status_after(work: &mut Work<'_>, conversation: ConversationId, after: EventId) -> Result<bool> {
    Ok(store::changes_status_after(work.conn, work.company, conversation, after)?)
}

/// Keeps bytes that were rendered elsewhere beside those of events; a message's number serves as well as an event's.
pub(crate) fn keep(work: &mut Work<'_>, about: EventId, shape: &str, bytes: &[u8]) -> Result<()> {
    store::insert_body(work.conn, work.company, about, shape, bytes)?;
    Ok(())
}

/// The source of an event as the contract names it (events.md section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The inboxes that received or sent.
    Inboxes,
    /// A teammate.
    Teammate(TeammateId),
    /// A rule.
    Rule(RuleId),
    /// A name without data: `api`, `oauth_client`, `reminder`, `recipient` …
    Named(&'static str),
}

impl Event {
    /// What the contract says was the source.
    pub fn source(&self) -> Source {
        if matches!(self.kind, Kind::Inbound | Kind::Outbound | Kind::OutReply) {
            return Source::Inboxes;
        }
        if matches!(self.kind, Kind::SendingError | Kind::MessageBounceError) {
            return Source::Named("recipient");
        }
        match (self.actor.kind, self.actor.teammate, self.cause_rule) {
            (ActorKind::Rule | ActorKind::Macro, _, Some(rule)) => Source::Rule(rule),
            (ActorKind::Teammate | ActorKind::Agent, Some(teammate), _) => Source::Teammate(teammate),
            (ActorKind::OauthClient, ..) => Source::Named("oauth_client"),
            (ActorKind::Reminder, ..) => Source::Named("reminder"),
            _ => Source::Named("api"),
        }
    }
}

//! A rule as data: **when** one of these things happens, **if** this holds, **then** do this.
//!
//! The JSON is the form in which rules are stored, exported and exchanged with the admin API. It is stable: names are only added.
//!
//! ```json
//! {
//!   "when": [{"on": "inbound"}, {"on": "tag_added", "tags": ["tag_1"]}, {"on": "unreplied_for", "after": "2h"}],
//!   "if":   {"subject": {"contains": "refund; money back"}},
//!   "then": [{"do": "add_tags", "tags": ["tag_2"]}, {"do": "assign", "to": "tea_1"}],
//!   "stop": false
//! }
//! ```
//!
//! Ids are the public ones (`tag_…`). The same types with `i64` in the place of the text are what [`super::compile::compile()`] makes of them.
//! The If part has a file of its own, [`super::condition`]; the actions are in [`super::action`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::action::Action;
use super::condition::Condition;
use super::hours::Hours;
use super::periods::Period;

/// The largest number of triggers in a rule.
pub const MAX_TRIGGERS: usize = 20;
/// How deep groups may be nested.
pub const MAX_DEPTH: usize = 6;
/// The largest number of conditions in a rule, groups included.
pub const MAX_CONDITIONS: usize = 200;
/// The largest number of actions in a rule.
pub const MAX_ACTIONS: usize = 50;
/// The largest number of ids or alternatives in one list.
pub const MAX_LIST: usize = 500;
/// The longest text a condition compares with, in bytes.
pub const MAX_NEEDLE: usize = 2_000;
/// The longest name of something outside: a header, a key, a type of event.
pub const LONGEST_NAME: usize = 200;
/// The longest text an action writes, in bytes.
pub const MAX_TEXT: usize = 100_000;

/// A rule as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RuleDefinition")]
pub struct Definition {
    /// What makes it run; any one of them.
    pub when: Vec<Trigger<String>>,
    /// What has to hold; nothing, if it is left out.
    #[serde(default, rename = "if")]
    pub condition: Condition,
    /// What is done, in order.
    pub then: Vec<Action<String>>,
    /// Whether later rules are skipped when this one has run.
    #[serde(default)]
    pub stop: bool,
}

/// Something that makes a rule run. An empty list of ids means "any".
// In a definition the ids are texts, compiled they are the desk's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "on", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "RuleTrigger")]
pub enum Trigger<Id = i64> {
    /// A message was received.
    Inbound {},
    /// A message was received that opened a conversation.
    InboundNewConversation {},
    /// A message was sent that opened a conversation.
    OutboundNewConversation {},
    /// A reply was sent.
    OutboundReply {},
    /// A message could not be delivered.
    DeliveryFailed {},
    /// The conversation was moved.
    Moved {
        /// Into one of these inboxes.
        #[serde(default)]
        inboxes: Vec<Id>,
    },

    /// The conversation was archived.
    Archived {},
    /// The conversation was reopened.
    Reopened {},
    /// The conversation was deleted or marked as spam.
    Trashed {},
    /// The conversation came back from the trash.
    Restored {},
    /// The conversation was snoozed.
    Snoozed {},
    /// A snooze ended.
    SnoozeExpired {},
    /// The ticket status was changed.
    TicketStatusChanged {
        /// To one of these.
        #[serde(default)]
        statuses: Vec<Id>,
    },

    /// A comment was added.
    CommentAdded {},
    /// A teammate was mentioned in a comment.
    Mentioned {
        /// One of these.
        #[serde(default)]
        teammates: Vec<Id>,
    },
    /// The assignee was changed.
    Assigned {
        /// To one of these.
        #[serde(default)]
        teammates: Vec<Id>,
    },
    /// The assignee was removed.
    Unassigned {},
    /// A teammate became a follower.
    FollowerAdded {
        /// One of these.
        #[serde(default)]
        teammates: Vec<Id>,
    },

    /// A tag was added.
    TagAdded {
        /// One of these.
        #[serde(default)]
        tags: Vec<Id>,
    },
    /// A tag was removed.
    TagRemoved {
        /// One of these.
        #[serde(default)]
        tags: Vec<Id>,
    },

    /// A link or an application object was attached.
    LinkAdded {
        /// Of one of these applications.
        #[serde(default)]
        applications: Vec<Id>,
    },
    /// A link or an application object was taken off.
    LinkRemoved {
        /// Of one of these applications.
        #[serde(default)]
        applications: Vec<Id>,
    },
    /// A custom field of the conversation was changed.
    CustomFieldUpdated {
        /// One of these.
        #[serde(default)]
        fields: Vec<Id>,
    },
    /// A topic was identified.
    TopicIdentified {
        /// One of these, by name.
        #[serde(default)]
        topics: Vec<String>,
    },

    /// A message has waited for a reply this long.
    UnrepliedFor {
        /// How long.
        after: Period,
        /// Count only the time these hours are open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hours: Option<Hours>,
    },
    /// The contact has not answered this long.
    NoResponseFromContactFor {
        /// How long.
        after: Period,
        /// Count only the time these hours are open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hours: Option<Hours>,
    },
    /// The conversation has been in a status this long.
    InStatusFor {
        /// The statuses, as in the condition `status`; any, if empty.
        #[serde(default)]
        statuses: Vec<String>,
        /// How long.
        after: Period,
        /// Count only the time these hours are open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hours: Option<Hours>,
    },
    /// The conversation has not been resolved this long: since it began, or was last taken up again. Snoozing it, or a
    /// ticket that waits, resolves nothing; what is in the trash is done with.
    UnresolvedFor {
        /// How long.
        after: Period,
        /// Count only the time these hours are open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hours: Option<Hours>,
    },

    /// A teammate runs it by hand.
    Macro {},
    /// An application reported an event about an attached object.
    AppEvent {
        /// The application.
        application: Id,
        /// The type of event, as the application names it.
        event_type: String,
        /// The keys of its body that may be used as variables.
        #[serde(default)]
        payload: Vec<String>,
    },
    /// Something happened on a call.
    Call {
        /// One of these.
        #[serde(default)]
        events: Vec<CallEvent>,
    },
    /// A survey was answered.
    SurveyAnswered {},
}

/// What can happen on a call; the names of the public events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallEvent {
    /// It rang.
    CallStarted,
    /// The caller gave up.
    CallAbandoned,
    /// It was put in line.
    CallQueued,
    /// It was put on hold.
    CallOnHold,
    /// It was parked.
    CallParked,
    /// It went on.
    CallResumed,
    /// Somebody answered.
    CallConnected,
    /// Nobody answered.
    CallMissed,
    /// It ended.
    CallHangup,
    /// It was passed on.
    CallTransferred,
    /// Its transcript arrived.
    CallTranscriptAdded,
    /// The transcript of its voicemail arrived.
    CallVoicemailTranscriptAdded,
}

impl CallEvent {
    /// The public event's name.
    pub fn name(self) -> &'static str {
        match self {
            CallEvent::CallStarted => "call_started",
            CallEvent::CallAbandoned => "call_abandoned",
            CallEvent::CallQueued => "call_queued",
            CallEvent::CallOnHold => "call_on_hold",
            CallEvent::CallParked => "call_parked",
            CallEvent::CallResumed => "call_resumed",
            CallEvent::CallConnected => "call_connected",
            CallEvent::CallMissed => "call_missed",
            CallEvent::CallHangup => "call_hangup",
            CallEvent::CallTransferred => "call_transferred",
            CallEvent::CallTranscriptAdded => "call_transcript_added",
            CallEvent::CallVoicemailTranscriptAdded => "call_voicemail_transcript_added",
        }
    }
}

/// A trigger without its particulars; what rules are indexed by. One event may be several: a first message is `Inbound` and
/// `InboundNewConversation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RuleTriggerKind")]
pub enum TriggerKind {
    Inbound,
    InboundNewConversation,
    OutboundNewConversation,
    OutboundReply,
    DeliveryFailed,
    Moved,
    Archived,
    Reopened,
    Trashed,
    Restored,
    Snoozed,
    SnoozeExpired,
    TicketStatusChanged,
    CommentAdded,
    Mentioned,
    Assigned,
    Unassigned,
    FollowerAdded,
    TagAdded,
    TagRemoved,
    LinkAdded,
    LinkRemoved,
    CustomFieldUpdated,
    TopicIdentified,
    UnrepliedFor,
    NoResponseFromContactFor,
    InStatusFor,
    UnresolvedFor,
    Macro,
    AppEvent,
    Call,
    SurveyAnswered,
}

impl TriggerKind {
    /// The triggers that wait.
    pub(super) const DELAYED: [TriggerKind; 4] = [
        TriggerKind::UnrepliedFor,
        TriggerKind::NoResponseFromContactFor,
        TriggerKind::InStatusFor,
        TriggerKind::UnresolvedFor,
    ];
}

impl<Id> Trigger<Id> {
    /// The trigger without its particulars.
    pub fn kind(&self) -> TriggerKind {
        match self {
            Trigger::Inbound {} => TriggerKind::Inbound,
            Trigger::InboundNewConversation {} => TriggerKind::InboundNewConversation,
            Trigger::OutboundNewConversation {} => TriggerKind::OutboundNewConversation,
            Trigger::OutboundReply {} => TriggerKind::OutboundReply,
            Trigger::DeliveryFailed {} => TriggerKind::DeliveryFailed,
            Trigger::Moved { .. } => TriggerKind::Moved,
            Trigger::Archived {} => TriggerKind::Archived,
            Trigger::Reopened {} => TriggerKind::Reopened,
            Trigger::Trashed {} => TriggerKind::Trashed,
            Trigger::Restored {} => TriggerKind::Restored,
            Trigger::Snoozed {} => TriggerKind::Snoozed,
            Trigger::SnoozeExpired {} => TriggerKind::SnoozeExpired,
            Trigger::TicketStatusChanged { .. } => TriggerKind::TicketStatusChanged,
            Trigger::CommentAdded {} => TriggerKind::CommentAdded,
            Trigger::Mentioned { .. } => TriggerKind::Mentioned,
            Trigger::Assigned { .. } => TriggerKind::Assigned,
            Trigger::Unassigned {} => TriggerKind::Unassigned,
            Trigger::FollowerAdded { .. } => TriggerKind::FollowerAdded,
            Trigger::TagAdded { .. } => TriggerKind::TagAdded,
            Trigger::TagRemoved { .. } => TriggerKind::TagRemoved,
            Trigger::LinkAdded { .. } => TriggerKind::LinkAdded,
            Trigger::LinkRemoved { .. } => TriggerKind::LinkRemoved,
            Trigger::CustomFieldUpdated { .. } => TriggerKind::CustomFieldUpdated,
            Trigger::TopicIdentified { .. } => TriggerKind::TopicIdentified,
            Trigger::UnrepliedFor { .. } => TriggerKind::UnrepliedFor,
            Trigger::NoResponseFromContactFor { .. } => TriggerKind::NoResponseFromContactFor,
            Trigger::InStatusFor { .. } => TriggerKind::InStatusFor,
            Trigger::UnresolvedFor { .. } => TriggerKind::UnresolvedFor,
            Trigger::Macro {} => TriggerKind::Macro,
            Trigger::AppEvent { .. } => TriggerKind::AppEvent,
            Trigger::Call { .. } => TriggerKind::Call,
            Trigger::SurveyAnswered {} => TriggerKind::SurveyAnswered,
        }
    }
}

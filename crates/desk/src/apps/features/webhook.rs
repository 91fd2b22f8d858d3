//! The application webhook (contract/webhooks.md section 1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::address::Target;
use super::{Held, Result};
use crate::error::Error;
use crate::events::Kind;

/// Who is told of what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// The app's server that a path belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Where it goes: a whole address, or a path that begins with a slash.
    pub url: String,
    /// What it is told of.
    pub events: Vec<WebhookType>,
    /// How hard it is tried.
    #[serde(default)]
    pub retries: Retries,
    /// Whether the headers of the Standard Webhooks specification stand beside Front's.
    #[serde(default)]
    pub standard_headers: bool,
}

/// How hard a webhook is tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "snake_case")]
pub enum Retries {
    /// Once and at most three times more, as Front does.
    #[default]
    Three,
    /// For a day, with growing pauses.
    Day,
}

impl Retries {
    /// The word in the store of endpoints.
    pub fn as_str(self) -> &'static str {
        match self {
            Retries::Three => "three",
            Retries::Day => "day",
        }
    }
}

macro_rules! webhook_types {
    ($($(#[$doc:meta])* $name:ident $word:literal: $($kind:ident)|+;)+) => {
        /// What a webhook is told of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
        #[serde(rename_all = "snake_case")]
        pub enum WebhookType {
            $($(#[$doc])* $name,)+
        }

        impl WebhookType {
            /// Every type there is.
            pub const ALL: &'static [WebhookType] = &[$(WebhookType::$name),+];

            /// The word outside.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(WebhookType::$name => $word,)+
                }
            }

            /// The type by which an event is told; most internal kinds have none.
            pub fn of(kind: Kind) -> Option<WebhookType> {
                match kind {
                    $($(Kind::$kind)|+ => Some(WebhookType::$name),)+
                    _ => None,
                }
            }
        }
    };
}

webhook_types! {
    /// A message was received.
    InboundReceived "inbound_received": Inbound;
    /// A message was sent.
    OutboundSent "outbound_sent": Outbound | OutReply;
    /// A message could not be delivered.
    MessageDeliveryFailed "message_delivery_failed": SendingError | MessageBounceError;
    /// Moved to other inboxes.
    ConversationMoved "conversation_moved": Move;
    /// Archived.
    ConversationArchived "conversation_archived": Archive;
    /// Open again.
    ConversationReopened "conversation_reopened": Reopen;
    /// Moved to the trash.
    ConversationDeleted "conversation_deleted": Trash;
    /// Back from the trash.
    ConversationRestored "conversation_restored": Restore;
    /// Snoozed.
    ConversationSnoozed "conversation_snoozed": Snoozed;
    /// A snooze ended.
    ConversationSnoozeExpired "conversation_snooze_expired": Reminder;
    /// A comment was posted.
    NewCommentAdded "new_comment_added": Comment;
    /// Assigned, or no longer.
    AssigneeChanged "assignee_changed": Assign | Unassign;
    /// Tagged.
    TagAdded "tag_added": Tag;
    /// A tag was taken away.
    TagRemoved "tag_removed": Untag;
    /// A link was added.
    LinkAdded "link_added": LinkAdded;
    /// A link was taken away.
    LinkRemoved "link_removed": LinkRemoved;
}

impl Webhook {
    pub(super) fn check(&self, beside: &[Held]) -> Result<()> {
        self.target().resolve(beside)?;
        match self.events.is_empty() {
            true => Err(Error::invalid("events", "expected at least one type of event")),
            false => Ok(()),
        }
    }

    /// Whether it wants to know of a kind of event.
    pub fn wants(&self, kind: Kind) -> bool {
        WebhookType::of(kind).is_some_and(|r#type| self.events.contains(&r#type))
    }

    /// Where it goes.
    pub fn target(&self) -> Target {
        Target { server: self.server.clone(), url: self.url.clone() }
    }
}

//! What an event of the log means to rules: one event may be several kinds of trigger.

use super::definition::TriggerKind;
use crate::events::{Event, Kind};

/// The kinds of trigger that an event is. `is_first` says whether the message it tells of opened the conversation.
pub(super) fn of(event: &Event, is_first: impl FnOnce() -> bool) -> Vec<TriggerKind> {
    let kind = match event.kind {
        Kind::Inbound => {
            return match is_first() {
                true => vec![TriggerKind::Inbound, TriggerKind::InboundNewConversation],
                false => vec![TriggerKind::Inbound],
            };
        }
        Kind::Outbound => TriggerKind::OutboundNewConversation,
        Kind::OutReply => TriggerKind::OutboundReply,
        Kind::SendingError | Kind::MessageBounceError => TriggerKind::DeliveryFailed,
        Kind::Move => TriggerKind::Moved,
        Kind::Archive => TriggerKind::Archived,
        Kind::Reopen => TriggerKind::Reopened,
        Kind::Trash => TriggerKind::Trashed,
        Kind::Restore => TriggerKind::Restored,
        Kind::Snoozed => TriggerKind::Snoozed,
        Kind::Reminder => TriggerKind::SnoozeExpired,
        Kind::TicketStatusUpdate => TriggerKind::TicketStatusChanged,
        Kind::Comment => TriggerKind::CommentAdded,
        Kind::Mention => TriggerKind::Mentioned,
        Kind::Assign => TriggerKind::Assigned,
        Kind::Unassign => TriggerKind::Unassigned,
        Kind::FollowerAdded => TriggerKind::FollowerAdded,
        Kind::Tag => TriggerKind::TagAdded,
        Kind::Untag => TriggerKind::TagRemoved,
        Kind::LinkAdded => TriggerKind::LinkAdded,
        Kind::LinkRemoved => TriggerKind::LinkRemoved,
        Kind::CustomFieldUpdated => TriggerKind::CustomFieldUpdated,
        Kind::AppEvent => TriggerKind::AppEvent,
        Kind::TopicIdentified => TriggerKind::TopicIdentified,
        _ if event.kind.as_str().starts_with("call_") => TriggerKind::Call,
        _ => return Vec::new(),
    };
    vec![kind]
}

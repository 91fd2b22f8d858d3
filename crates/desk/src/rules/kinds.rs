//! What an event of the log means to rules: one event may be several kinds of trigger.

use super::definition::TriggerKind;
use super::gather::Gathered;
use crate::error::Result;
use crate::events::{Event, Kind};
use crate::work::Work;

/// The kinds of trigger that an event is.
pub(super) fn of(work: &mut Work<'_>, event: &Event, facts: &mut Gathered) -> Result<Vec<TriggerKind>> {
    let mut kinds = may_be(event);
    match event.kind {
        Kind::Inbound if !facts.is_first_message(work)? => {
            kinds.retain(|kind| *kind != TriggerKind::InboundNewConversation)
        }
        // Talk among teammates is left alone.
        Kind::Comment if facts.row(work)?.is_some_and(|row| row.r#type == "discussion") => kinds.clear(),
        _ => {}
    }
    Ok(kinds)
}

/// The kinds of trigger that an event may be, whatever its conversation.
pub(super) fn may_be(event: &Event) -> Vec<TriggerKind> {
    let kind = match event.kind {
        Kind::Inbound => return vec![TriggerKind::Inbound, TriggerKind::InboundNewConversation],
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

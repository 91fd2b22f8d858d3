//! What an event of the log means to rules: one event may be several kinds of trigger.

use super::book::Rule;
use super::definition::TriggerKind;
use super::gather::{Gathered, moved_from};
use crate::error::Result;
use crate::events::{Event, Kind};
use crate::ids::InboxId;
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

/// Why an event is not a rule's business, whatever its kind: talk among teammates is not that of an individual's rules, and
/// to a workspace's a conversation is moved only from another of its own inboxes.
pub(super) fn not_for(
    work: &mut Work<'_>,
    rule: &Rule,
    event: &Event,
    facts: &mut Gathered,
) -> Result<Option<&'static str>> {
    if rule.owner.is_some() && facts.row(work)?.is_some_and(|row| row.r#type == "discussion") {
        return Ok(Some("a discussion is not the business of an individual's rules"));
    }
    if let (Kind::Move, Some(team)) = (event.kind, rule.team) {
        let directory = work.directory()?;
        let is_ours = |id: &InboxId| directory.inbox(*id).is_some_and(|inbox| inbox.team == Some(team));
        if !moved_from(event).iter().any(is_ours) {
            return Ok(Some("the conversation came from outside of the rule's workspace"));
        }
    }
    Ok(None)
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

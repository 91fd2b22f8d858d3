//! Tags that time goals share: one goal takes none away that another has put on and still stands by.

use super::action::Action;
use super::book::Rule;
use super::clocks;
use super::gather::Gathered;
use crate::error::Result;
use crate::events::Event;
use crate::ids::{ConversationId, TagId};
use crate::work::Work;

/// Those of some tags that a rule may take off a conversation. A part of a time goal leaves what another goal of the
/// workspace owes: the tags of the last of its rules about the same tags whose time has come since its clock began. All
/// other rules are free.
pub(super) fn free(
    work: &mut Work<'_>,
    rule: &Rule,
    (event, conversation): (&Event, ConversationId),
    tags: &[TagId],
) -> Result<Vec<TagId>> {
    let mut free = tags.to_vec();
    let (Some(own), Some(acting)) = (rule.time_goal, &rule.compiled) else { return Ok(free) };
    let book = work.directory()?.rules.clone();
    let mut owes = None;
    for other in book.all().filter(|other| other.is_enabled && other.team == rule.team).rev() {
        let (Some(goal), Some(compiled)) = (other.time_goal.filter(|goal| *goal != own), &other.compiled) else {
            continue;
        };
        let added = |tag: i64| {
            let mut actions = compiled.actions.iter();
            actions.any(|action| matches!(action, Action::AddTags { tags } if tags.contains(&tag)))
        };
        // What else is done at a breach is a rule of its own behind that of the tags, and says nothing of them.
        let is_about_them = acting.actions.iter().any(|action| match action {
            Action::AddTags { tags } | Action::RemoveTags { tags } => tags.iter().any(|tag| added(*tag)),
            _ => false,
        });
        if owes == Some(goal) || !is_about_them {
            continue;
        }
        let mut facts = Gathered::new(event.clone(), conversation);
        if clocks::has_had_its_turn(work, other.id, compiled, &mut facts)? {
            owes = Some(goal);
            free.retain(|tag| !added(tag.0));
        }
    }
    Ok(free)
}

//! Which inboxes a conversation is in.

use serde_json::json;

use super::{Held, assign, hold, tagging, tags_of};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::ids::{ConversationId, InboxId, TeamId};
use crate::inboxes;
use crate::rules::action::Step;
use crate::rules::demands;
use crate::work::{ActorKind, Work};

/// Moves a conversation that the caller may see to an inbox, out of all others.
pub fn move_to(work: &mut Work<'_>, id: ConversationId, inbox: InboxId) -> Result<()> {
    let mut held = hold(work, id)?;
    set(work, &mut held, &[inbox])?;
    held.save(work)
}

/// Shows a conversation in one more inbox.
pub fn add(work: &mut Work<'_>, id: ConversationId, inbox: InboxId) -> Result<()> {
    let mut held = hold(work, id)?;
    let mut all = held.inboxes.clone();
    all.push(inbox);
    set(work, &mut held, &all)?;
    held.save(work)
}

/// Puts a conversation in one's hands into exactly these inboxes, at least one. Answers whether that moved it. The
/// caller saves it.
///
/// A rule that moves it to another workspace takes its tags off, which mean nothing there; a person keeps them. An
/// assignee who cannot open any of the inboxes is unassigned, so that somebody else sees it.
pub fn set(work: &mut Work<'_>, held: &mut Held, to: &[InboxId]) -> Result<bool> {
    let directory = work.directory()?;
    let mut to = to.to_vec();
    to.sort_unstable();
    to.dedup();
    if to.is_empty() {
        return Err(Error::invalid("inbox_id", "a conversation is in at least one inbox"));
    }
    for id in &to {
        let inbox = directory
            .inbox(*id)
            .filter(|inbox| held.inboxes.contains(id) || work.access.sees_owner(&directory, inbox.team, inbox.owner));
        inbox.ok_or_else(|| Error::invalid("inbox_id", format!("unknown inbox {id}")))?;
    }
    if to == held.inboxes {
        return Ok(false);
    }
    if held.inboxes.iter().any(|inbox| !to.contains(inbox)) {
        demands::meet(work, held, Step::Move)?;
    }
    let names = |inboxes: &[InboxId]| inboxes.iter().map(InboxId::to_string).collect::<Vec<_>>();
    let change = json!({"inboxes": [names(&held.inboxes), names(&to)]});
    let crosses = teams(&directory, &held.inboxes) != teams(&directory, &to);
    held.inboxes = to;
    held.row.is_private = held.inboxes.iter().all(|id| directory.inbox(*id).is_some_and(|inbox| inbox.is_private()));
    // The event's inboxes are those it went to: that is what it tells as its target.
    held.record(work, Record::with(Kind::Move, TargetKind::Inboxes, 0).changing(change))?;
    if crosses && matches!(work.actor.kind, ActorKind::Rule) {
        let tags = tags_of(work, held.row.id)?;
        tagging::remove(work, held, &tags)?;
    }
    if held.row.assignee.is_some_and(|assignee| !inboxes::any_open_to(&directory, &held.inboxes, assignee)) {
        assign::give(work, held, None)?;
    }
    Ok(true)
}

/// The workspaces of inboxes; private ones stand outside of all.
fn teams(directory: &Directory, inboxes: &[InboxId]) -> Vec<Option<TeamId>> {
    let mut teams: Vec<Option<TeamId>> =
        inboxes.iter().filter_map(|id| directory.inbox(*id)).map(|inbox| inbox.team).collect();
    teams.sort_unstable();
    teams.dedup();
    teams
}

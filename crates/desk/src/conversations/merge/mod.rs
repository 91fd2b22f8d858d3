//! Merging: several conversations become one, and the others lead to it from then on.

use serde_json::{Map, Value, json};

use super::standing::act;
use super::transition::Action;
use super::{Held, Status, assign, fields, hold};
use crate::error::{Error, Result};
use crate::events::{self, Kind, Record, TargetKind};
use crate::ids::ConversationId;
use crate::timers::{self, Timer};
use crate::work::Work;
use crate::{comments, messages, rules, search};

mod store;
mod survivor;

pub use survivor::{Candidate, survivor};

/// How many messages and comments the merged conversation may have.
pub const MOST: i64 = 100;

/// Merges conversations that the caller may see; answers the one that lives on. It keeps its place in its life, except
/// that it is open if one of them was: nothing that is to be dealt with gets lost.
pub fn merge(work: &mut Work<'_>, ids: &[ConversationId]) -> Result<ConversationId> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() < 2 {
        return Err(Error::invalid("conversation_ids", "expected at least two different conversations"));
    }
    // Locked in the order of their ids, so that two merges never wait for each other.
    let all: Result<Vec<Held>> = ids.iter().map(|id| hold(work, *id)).collect();
    let all = all?;
    alike(work, &all)?;
    let mut candidates = Vec::with_capacity(all.len());
    for held in &all {
        candidates.push(Candidate {
            id: held.row.id,
            messages: held.row.message_count,
            is_assigned: held.row.assignee.is_some(),
            last_comment: comments::latest(work, held.row.id)?,
            tags: held.row.tag_count,
            created_at: held.row.created_at,
        });
    }
    let winner = survivor(&candidates).ok_or(Error::NotFound("conversation"))?;
    let (mut kept, mut gone): (Vec<Held>, Vec<Held>) = all.into_iter().partition(|held| held.row.id == winner);
    let mut kept = kept.pop().ok_or(Error::NotFound("conversation"))?;
    // The most recently active one comes last, so that what it says is what counts.
    gone.sort_by_key(|held| (held.row.bumped_at, held.row.id));
    let before = kept.row.bumped_at;
    // The time of what is done with has ended.
    let unresolved_since = gone.iter().chain([&kept]).filter_map(|held| held.row.unresolved_since).min();
    let was_open = gone.iter().any(|held| held.row.status() == Status::Open);
    let assignee = kept.row.assignee.or(gone.iter().rev().find_map(|held| held.row.assignee));
    let mut values = Map::new();
    for other in &mut gone {
        take_over(work, &mut kept, other, before)?;
        values.extend(other.row.custom_fields.as_object().cloned().unwrap_or_default());
    }
    values.extend(kept.row.custom_fields.as_object().cloned().unwrap_or_default());
    (kept.row.last_message, kept.row.last_inbound) = messages::newest(work, winner)?;
    (kept.row.tag_count, kept.row.link_count) = store::counts(work.conn, work.company, winner)?;
    kept.inboxes.sort_unstable();
    kept.inboxes.dedup();
    let merged: Vec<String> = gone.iter().map(|held| held.row.id.to_string()).collect();
    let record = Record::with(Kind::ConversationsMerged, TargetKind::DeletedConversationIds, 0);
    kept.record(work, record.changing(json!({"merged": merged})))?;
    add_fields(work, &mut kept, values)?;
    assign::give(work, &mut kept, assignee)?;
    if was_open {
        act(work, &mut kept, Action::Reopen)?;
    }
    if !kept.row.state(&*work.directory()?).is_over() {
        kept.row.unresolved_since = unresolved_since;
    }
    kept.save(work)?;
    Ok(winner)
}

/// Only conversations of one type, on channels of one type, become one; and only as long as it stays readable.
fn alike(work: &mut Work<'_>, all: &[Held]) -> Result<()> {
    let refuse = |why: String| Err(Error::invalid("conversation_ids", why));
    let directory = work.directory()?;
    let channel = |held: &Held| held.row.channel.and_then(|id| directory.channel(id)).map(|row| row.r#type.clone());
    let kind = |held: &Held| {
        let messages = channel(held).and(held.row.channel).and_then(|id| directory.channel(id));
        (held.row.r#type.clone(), messages.map(messages::type_on))
    };
    if let Some(form) = all.iter().find(|held| channel(held).as_deref() == Some("form")) {
        return refuse(format!("{} came through a form", form.row.id));
    }
    if let Some(other) = all.iter().find(|held| kind(held) != kind(&all[0])) {
        return refuse(format!("{} and {} are of different types", all[0].row.id, other.row.id));
    }
    let size: i64 = all.iter().map(|held| held.row.message_count + held.row.comment_count).sum();
    match size > MOST {
        true => refuse(format!("{size} messages and comments, at most {MOST} are possible")),
        false => Ok(()),
    }
}

/// Takes over what another conversation has. What the most recently active of them says about its recipient, its subject
/// and whether it was replied to is what holds; `before` is when the survivor itself was last active.
fn take_over(work: &mut Work<'_>, kept: &mut Held, other: &mut Held, before: crate::Timestamp) -> Result<()> {
    let (from, to) = (other.row.id, kept.row.id);
    search::move_docs(work, from, to)?;
    messages::relocate(work, from, to)?;
    comments::relocate(work, from, to)?;
    // Versions count events, and the newest ones are looked at by that count.
    kept.row.version += events::relocate(work, from, to)?.cast_signed();
    kept.row.last_event = kept.row.last_event.max(other.row.last_event);
    kept.row.updated_at = kept.row.updated_at.max(other.row.updated_at);
    rules::quiet::merge(work, from, to, other.row.bumped_at > before)?;
    store::relocate(work.conn, work.company, from, to)?;
    work.conversations_changed();
    timers::cancel(work, Timer::Snooze, 0, from.0)?;
    kept.inboxes.extend(&other.inboxes);
    kept.row.message_count += other.row.message_count;
    kept.row.comment_count += other.row.comment_count;
    kept.row.is_private &= other.row.is_private;
    if other.row.bumped_at > before {
        let (row, newer) = (&mut kept.row, &other.row);
        row.bumped_at = newer.bumped_at;
        row.subject.clone_from(&newer.subject);
        row.channel = newer.channel.or(row.channel);
        row.recipient_name.clone_from(&newer.recipient_name);
        row.recipient_handle.clone_from(&newer.recipient_handle);
        row.recipient_role.clone_from(&newer.recipient_role);
        row.recipient_contact = newer.recipient_contact;
        row.is_unreplied = newer.is_unreplied;
        row.waiting_since = newer.waiting_since;
    }
    // What is left of it is a sign that points to the survivor. It stays in its inboxes' keeping, so that those who saw
    // it may follow the sign, but in no list.
    other.row.merged_into = Some(to);
    other.row.snoozed_until = None;
    (other.row.message_count, other.row.comment_count) = (0, 0);
    (other.row.tag_count, other.row.link_count) = (0, 0);
    (other.row.last_message, other.row.last_inbound) = (None, None);
    other.save(work)
}

/// Values that only the others had; those of fields that are gone are left behind.
fn add_fields(work: &mut Work<'_>, kept: &mut Held, values: Map<String, Value>) -> Result<()> {
    let directory = work.directory()?;
    let known = |name: &String| directory.custom_fields("conversation").any(|field| field.name == *name);
    let values: Map<String, Value> = values.into_iter().filter(|(name, _)| known(name)).collect();
    match kept.row.custom_fields.as_object() == Some(&values) {
        true => Ok(()),
        false => fields::replace(work, kept, &values),
    }
}

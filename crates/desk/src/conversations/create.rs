//! Discussions and tasks: conversations among teammates, with comments alone.

use serde_json::{Map, Value, json};

use super::fields::{self, Task};
use super::{Conversation, Held, following};
use crate::comments;
use crate::error::{Error, Result};
use crate::events::{self, Record};
use crate::ids::{ConversationId, InboxId, TeammateId};
use crate::statuses;
use crate::teammates::{self, Who};
use crate::work::Work;

/// The longest subject, in characters.
const LONGEST: usize = 1_000;

/// What is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A talk.
    Discussion,
    /// Something to be done, perhaps until a time.
    Task,
}

/// Whom it is for.
#[derive(Debug, Clone)]
pub enum Place {
    /// Everybody with access to an inbox.
    Inbox(InboxId),
    /// These teammates, who follow it.
    Teammates(Vec<Who>),
}

/// A new discussion or task.
#[derive(Debug, Clone)]
pub struct New {
    /// Which of the two.
    pub kind: Kind,
    /// Whom it is for.
    pub place: Place,
    /// What it is about.
    pub subject: String,
    /// How it begins. A discussion begins with a comment.
    pub comment: Option<comments::New>,
    /// What tasks have.
    pub task: Task,
    /// Values of custom fields.
    pub custom_fields: Map<String, Value>,
}

/// Begins a discussion or task.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<ConversationId> {
    if new.subject.chars().count() > LONGEST {
        return Err(Error::invalid("subject", format!("at most {LONGEST} characters are possible")));
    }
    if new.kind == Kind::Discussion && new.comment.is_none() {
        return Err(Error::invalid("comment", "a discussion begins with a comment"));
    }
    let name = match new.kind {
        Kind::Discussion => "discussion",
        Kind::Task => "task",
    };
    let id = ConversationId(work.new_id());
    let mut row = Conversation::new(id, name, &new.subject, work.now);
    statuses::start(work, &mut row)?;
    let (inboxes, people) = place(work, &new.place)?;
    let directory = work.directory()?;
    row.is_private = inboxes.iter().all(|id| directory.inbox(*id).is_some_and(|inbox| inbox.is_private()));
    let mut held = Held::new(row, inboxes);
    let change = json!({"type": [null, name], "subject": [null, new.subject]});
    held.record(work, Record::plain(events::Kind::Details).changing(change))?;
    fields::task(work, &mut held, &new.task)?;
    fields::replace(work, &mut held, &new.custom_fields)?;
    following::add(work, &mut held, &people)?;
    if let Some(comment) = &new.comment {
        comments::add_to(work, &mut held, comment)?;
    }
    held.save(work)?;
    Ok(id)
}

fn place(work: &mut Work<'_>, place: &Place) -> Result<(Vec<InboxId>, Vec<TeammateId>)> {
    match place {
        Place::Inbox(id) => {
            let directory = work.directory()?;
            let inbox = directory.inbox(*id);
            let inbox = inbox.filter(|inbox| work.access.sees_owner(&directory, inbox.team, inbox.owner));
            let inbox = inbox.ok_or_else(|| Error::invalid("inbox_id", format!("unknown inbox {id}")))?;
            Ok((vec![inbox.id], Vec::new()))
        }
        Place::Teammates(who) if who.is_empty() => {
            Err(Error::invalid("teammate_ids", "expected at least one teammate"))
        }
        Place::Teammates(who) => {
            let unknown = |_| Error::invalid("teammate_ids", "one of them is unknown");
            let ids: Result<Vec<TeammateId>> =
                who.iter().map(|who| teammates::resolve(work, who).map_err(unknown)).collect();
            let mut ids = ids?;
            ids.sort_unstable();
            ids.dedup();
            Ok((Vec::new(), ids))
        }
    }
}

//! Editing and pinning a comment.

use serde_json::json;

use super::{Comment, add, get, mentions, store};
use crate::conversations::hold;
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::ids::{CommentId, TeammateId};
use crate::messages;
use crate::search;
use crate::work::Work;

/// A change of a comment. What is left out stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// What it says from now on. Only whoever posted it may say something else; who is named newly is told, and who is
    /// not named any more is not mentioned any more.
    pub body: Option<String>,
    /// Whether it stays on top.
    pub is_pinned: Option<bool>,
}

/// Changes a comment that the caller may see. The public log does not tell of it.
pub fn change(work: &mut Work<'_>, id: CommentId, change: &Change) -> Result<()> {
    let before = get(work, id)?;
    let after = Comment {
        body: change.body.clone().unwrap_or_else(|| before.body.clone()),
        is_pinned: change.is_pinned.unwrap_or(before.is_pinned),
        edited_at: Some(work.now),
        ..before.clone()
    };
    add::check(&after.body, usize::try_from(after.attachment_count).unwrap_or(0))?;
    let mut told = serde_json::Map::new();
    let is_reworded = after.body != before.body;
    if is_reworded {
        if before.posted_by != work.actor.teammate {
            return Err(Error::Forbidden("only who posted a comment may change its body".to_string()));
        }
        told.insert("body".to_string(), json!([before.body, after.body]));
        search::reindex(work, id.0, before.conversation, &[&after.body])?;
        let released = release(work, &before, &after.body)?;
        if !released.is_empty() {
            told.insert("mentions".to_string(), json!([released, null]));
        }
    }
    if after.is_pinned != before.is_pinned {
        told.insert("is_pinned".to_string(), json!([before.is_pinned, after.is_pinned]));
    }
    if told.is_empty() {
        return Ok(());
    }
    store::update(work.conn, work.company, &after)?;
    let mut held = hold(work, before.conversation)?;
    held.record(work, Record::with(Kind::CommentEdited, TargetKind::Comment, id.0).changing(told.into()))?;
    if is_reworded {
        add::call(work, &mut held, &after, &[])?;
    }
    held.save(work)
}

/// Takes the mentions off a comment of those whom it does not name any more, and answers them. That they were called stays
/// true: they go on following, and the event that told them stands.
fn release(work: &mut Work<'_>, before: &Comment, body: &str) -> Result<Vec<TeammateId>> {
    let directory = work.directory()?;
    let still = mentions::anybody_in(&directory, body);
    let mut gone = mentions::anybody_in(&directory, &before.body);
    gone.retain(|teammate| !still.contains(teammate));
    let mut released = Vec::new();
    for teammate in gone {
        if store::unmention(work.conn, work.company, before.id, teammate)? == 0 {
            continue;
        }
        if !store::is_mentioned(work.conn, work.company, before.conversation, teammate)? {
            messages::part_with(work, before.conversation, "mention", &teammate.to_string())?;
        }
        released.push(teammate);
    }
    Ok(released)
}

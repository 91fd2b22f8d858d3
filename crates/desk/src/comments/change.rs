//! Editing and pinning a comment.

use serde_json::json;

use super::{Comment, add, get, store};
use crate::conversations::hold;
use crate::error::Result;
use crate::events::{Kind, Record, TargetKind};
use crate::ids::CommentId;
use crate::search;
use crate::work::Work;

/// A change of a comment. What is left out stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// What it says from now on. Who is named newly is not told.
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
    add::check(&after.body)?;
    let mut told = serde_json::Map::new();
    if after.body != before.body {
        told.insert("body".to_string(), json!([before.body, after.body]));
        search::reindex(work, id.0, before.conversation, &[&after.body])?;
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
    held.save(work)
}

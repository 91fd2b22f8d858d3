//! Tags on a conversation.

use serde_json::json;

use super::{Held, store};
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::ids::TagId;
use crate::work::Work;

/// Adds tags to a conversation in one's hands, each with its event; those that it has already are left alone. The caller
/// saves it.
pub fn add(work: &mut Work<'_>, held: &mut Held, tags: &[TagId]) -> Result<()> {
    for tag in quietly(work, held, tags)? {
        let change = json!({"tags": [null, tag.to_string()]});
        held.record(work, Record::with(Kind::Tag, TargetKind::Tag, tag.0).changing(change))?;
    }
    Ok(())
}

/// The same without events: the caller tells of those that were added.
pub(crate) fn quietly(work: &mut Work<'_>, held: &mut Held, tags: &[TagId]) -> Result<Vec<TagId>> {
    let directory = work.directory()?;
    let mut added = Vec::new();
    for id in tags {
        let tag = directory.tag(*id).filter(|tag| work.access.sees_owner(&directory, tag.team, tag.owner));
        let tag = tag.ok_or_else(|| Error::invalid("tag_ids", format!("unknown tag {id}")))?;
        if store::tag(work.conn, work.company, held.row.id, tag.id, work.now)? > 0 {
            held.row.tag_count += 1;
            added.push(tag.id);
        }
    }
    Ok(added)
}

/// Takes a tag off all its conversations, because it is gone.
pub(crate) fn forget(work: &mut Work<'_>, tag: TagId) -> Result<()> {
    store::uncount_tag(work.conn, work.company, tag)?;
    store::forget_tag(work.conn, work.company, tag)?;
    Ok(())
}

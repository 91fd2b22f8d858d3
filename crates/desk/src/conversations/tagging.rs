//! Tags on a conversation.

use serde_json::json;

use super::{Held, hold, store};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::ids::{ConversationId, TagId};
use crate::tags::{self, Tag};
use crate::work::Work;

/// Adds tags to a conversation that the caller may see.
pub fn tag(work: &mut Work<'_>, id: ConversationId, tags: &[TagId]) -> Result<()> {
    let mut held = hold(work, id)?;
    add(work, &mut held, tags)?;
    held.save(work)
}

/// Takes tags off a conversation that the caller may see. Tags that the caller may not see stay, and nothing tells
/// them from tags that the conversation does not have.
pub fn untag(work: &mut Work<'_>, id: ConversationId, tags: &[TagId]) -> Result<()> {
    let mut held = hold(work, id)?;
    let visible = visible(work, tags)?;
    remove(work, &mut held, &visible)?;
    held.save(work)
}

/// Makes these the conversation's only tags. Tags that the caller may not see stay. The caller saves it.
pub fn replace(work: &mut Work<'_>, held: &mut Held, tags: &[TagId]) -> Result<()> {
    let mut gone = super::tags_of(work, held.row.id)?;
    gone.retain(|id| !tags.contains(id));
    let gone = visible(work, &gone)?;
    add(work, held, tags)?;
    remove(work, held, &gone)
}

/// The tags that names mean on a conversation; unknown names become new tags.
pub(crate) fn named(work: &mut Work<'_>, held: &Held, names: &[String]) -> Result<Vec<TagId>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let inbox = held.inboxes.first().copied();
    let inbox = inbox.ok_or_else(|| Error::invalid("tags", "this conversation is in no inbox: use tag_ids"))?;
    names.iter().map(|name| tags::named(work, inbox, name)).collect()
}

/// Those of some tags that the caller may see.
fn visible(work: &mut Work<'_>, tags: &[TagId]) -> Result<Vec<TagId>> {
    let directory = work.directory()?;
    let sees =
        |id: &TagId| directory.tag(*id).is_some_and(|tag| work.access.sees_owner(&directory, tag.team, tag.owner));
    Ok(tags.iter().copied().filter(sees).collect())
}

/// Whether a conversation that the caller may see shows this tag. The company's own tags are no secret there.
pub(crate) fn is_shown(work: &Work<'_>, directory: &Directory, tag: &Tag) -> bool {
    tag.team.is_none() && tag.owner.is_none() || work.access.sees_owner(directory, tag.team, tag.owner)
}

/// Takes tags off a conversation in one's hands, each with its event; those that it does not have are left alone. The
/// caller saves it.
pub fn remove(work: &mut Work<'_>, held: &mut Held, tags: &[TagId]) -> Result<()> {
    let directory = work.directory()?;
    for id in tags {
        if store::untag(work.conn, work.company, held.row.id, *id)? > 0 {
            held.row.tag_count -= 1;
            let name = directory.tag(*id).map(|tag| &tag.name);
            let change = json!({"tags": [id.to_string(), null], "name": [name, null]});
            held.record(work, Record::with(Kind::Untag, TargetKind::Tag, id.0).changing(change))?;
        }
    }
    Ok(())
}

/// Adds tags to a conversation in one's hands, each with its event; those that it has already are left alone. The caller
/// saves it.
pub fn add(work: &mut Work<'_>, held: &mut Held, tags: &[TagId]) -> Result<()> {
    let directory = work.directory()?;
    for tag in quietly(work, held, tags)? {
        // The name outlives the tag in the log.
        let name = directory.tag(tag).map(|tag| &tag.name);
        let change = json!({"tags": [null, tag.to_string()], "name": [null, name]});
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
    work.conversations_changed();
    store::forget_tag(work.conn, work.company, tag)?;
    Ok(())
}

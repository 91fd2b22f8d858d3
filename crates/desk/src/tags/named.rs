//! Tags by name, for those who know nothing else: imports and old clients.

use serde_json::json;

use super::{LONGEST, Tag, alike, store};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{InboxId, TagId};
use crate::names;
use crate::work::Work;

/// The tag of a name that conversations of an inbox may have: its workspace's or owner's, else the company's. One that
/// differs in case is better than none. An unknown name becomes a new tag beside the inbox.
pub fn named(work: &mut Work<'_>, inbox: InboxId, name: &str) -> Result<TagId> {
    let name = names::checked("tags", name, LONGEST)?;
    let directory = work.directory()?;
    let inbox = directory.inbox(inbox).ok_or(Error::NotFound("inbox"))?;
    let is_near = |tag: &Tag| tag.team == inbox.team && tag.owner == inbox.owner;
    let is_companys = |tag: &Tag| tag.team.is_none() && tag.owner.is_none();
    let mut known: Vec<&Tag> = directory.tags().filter(|tag| alike(&tag.name, &name)).collect();
    known.retain(|tag| is_near(tag) || is_companys(tag));
    if let Some(tag) = known.iter().min_by_key(|tag| (tag.name != name, !is_near(tag), tag.id)) {
        return Ok(tag.id);
    }
    let tag = Tag {
        id: TagId(work.new_id()),
        team: inbox.team,
        owner: inbox.owner,
        parent: None,
        name,
        description: None,
        highlight: None,
        is_visible: false,
        created_at: work.now,
        updated_at: work.now,
    };
    store::insert(work.conn, work.company, &tag)?;
    work.directory_changed()?;
    events::record_setting(work, Kind::Setting, json!({"tag": [null, tag.id.to_string()], "name": [null, tag.name]}))?;
    Ok(tag.id)
}

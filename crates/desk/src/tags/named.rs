//! Tags by name, for those who know nothing else: imports and old clients.

use serde_json::json;

use super::{LONGEST, Tag, store};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{InboxId, TagId};
use crate::names;
use crate::work::Work;

/// The tag of a name that conversations of an inbox may have: its workspace's or owner's, else the company's. An unknown
/// name becomes a new tag beside the inbox.
pub fn named(work: &mut Work<'_>, inbox: InboxId, name: &str) -> Result<TagId> {
    let name = names::checked("tags", name, LONGEST)?;
    let directory = work.directory()?;
    let inbox = directory.inbox(inbox).ok_or(Error::NotFound("inbox"))?;
    let near = |tag: &&Tag| tag.name == name && tag.team == inbox.team && tag.owner == inbox.owner;
    let companys = |tag: &&Tag| tag.name == name && tag.team.is_none() && tag.owner.is_none();
    if let Some(tag) = directory.tags().find(near).or_else(|| directory.tags().find(companys)) {
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

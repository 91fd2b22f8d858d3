//! A new tag.

use serde_json::json;

use super::{LONGEST, Tag, checked_description, checked_highlight, get, store, twin};
use crate::access::Owner;
use crate::error::Result;
use crate::events::{self, Kind};
use crate::ids::TagId;
use crate::names;
use crate::work::Work;

/// A new tag.
#[derive(Debug, Clone)]
pub struct New {
    /// Where it goes.
    pub place: Place,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// One of [`super::HIGHLIGHTS`].
    pub highlight: Option<String>,
    /// Whether lists of conversations show it.
    pub is_visible: bool,
}

/// Where a tag goes: a child belongs to whom its parent belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the top of somebody's tags.
    Of(Owner),
    /// Below another tag.
    Under(TagId),
}

/// Adds a tag, unless there is one of its name, whatever the case, at its place already: then nothing changes and that
/// one is the answer, so that no two tags look alike. What the request says is checked all the same.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<TagId> {
    let (owner, parent) = match new.place {
        Place::Of(owner) => (owner, None),
        Place::Under(parent) => (get(work, parent)?.owner(), Some(parent)),
    };
    owner.check(work)?;
    let tag = Tag {
        id: TagId(work.new_id()),
        team: owner.team(),
        owner: owner.teammate(),
        parent,
        name: names::checked("name", &new.name, LONGEST)?,
        description: checked_description(new.description.as_deref())?,
        highlight: checked_highlight(new.highlight.as_deref())?,
        is_visible: new.is_visible,
        created_at: work.now,
        updated_at: work.now,
    };
    if let Some(known) = twin(&*work.directory()?, &tag) {
        return Ok(known.id);
    }
    store::insert(work.conn, work.company, &tag)?;
    work.directory_changed()?;
    events::record_setting(work, Kind::Setting, json!({"tag": [null, tag.id.to_string()], "name": [null, tag.name]}))?;
    Ok(tag.id)
}

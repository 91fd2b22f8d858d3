//! Changing a tag, and moving it below another one.

use serde_json::{Map, json};

use super::{LONGEST, Tag, checked_description, checked_highlight, get, store, twin};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::TagId;
use crate::names;
use crate::work::Work;

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Another description, or none.
    pub description: Option<Option<String>>,
    /// Another colour, or none.
    pub highlight: Option<Option<String>>,
    /// Another parent, or the top.
    pub parent: Option<Option<TagId>>,
    /// Whether lists of conversations show it.
    pub is_visible: Option<bool>,
}

/// Changes a tag. Its children move with it. A name that a tag beside it has, whatever the case, is a conflict.
pub fn update(work: &mut Work<'_>, id: TagId, change: &Change) -> Result<()> {
    let before = get(work, id)?;
    let mut tag = before.clone();
    if let Some(name) = &change.name {
        tag.name = names::checked("name", name, LONGEST)?;
    }
    if let Some(description) = &change.description {
        tag.description = checked_description(description.as_deref())?;
    }
    if let Some(highlight) = &change.highlight {
        tag.highlight = checked_highlight(highlight.as_deref())?;
    }
    if let Some(parent) = change.parent {
        let directory = work.directory()?;
        tag.parent = parent.map(|parent| fits_below(work, &directory, &before, parent)).transpose()?;
    }
    if let Some(is_visible) = change.is_visible {
        tag.is_visible = is_visible;
    }
    let mut changed = Map::new();
    let mut note = |field: &str, before: serde_json::Value, after: serde_json::Value| {
        if before != after {
            changed.insert(field.to_string(), json!([before, after]));
        }
    };
    note("name", json!(before.name), json!(tag.name));
    note("description", json!(before.description), json!(tag.description));
    note("highlight", json!(before.highlight), json!(tag.highlight));
    note("parent", json!(before.parent), json!(tag.parent));
    note("is_visible", json!(before.is_visible), json!(tag.is_visible));
    if changed.is_empty() {
        return Ok(());
    }
    if changed.contains_key("name") || changed.contains_key("parent") {
        let directory = work.directory()?;
        if let Some(twin) = twin(&directory, &tag) {
            let (name, id) = (&twin.name, twin.id);
            return Err(Error::Conflict(format!("there is a tag named {name:?} at the same place already: {id}")));
        }
    }
    tag.updated_at = work.now;
    store::update(work.conn, work.company, &tag)?;
    work.directory_changed()?;
    changed.insert("tag".to_string(), json!(id));
    events::record_setting(work, Kind::Setting, changed.into())?;
    Ok(())
}

/// The new parent, if the tag may go there: to the same owner's tags, and not below itself.
fn fits_below(work: &Work<'_>, directory: &Directory, tag: &Tag, parent: TagId) -> Result<TagId> {
    let refused = |why: String| Error::invalid("parent_tag_id", why);
    let seen = directory.tag(parent).filter(|tag| work.access.sees_owner(directory, tag.team, tag.owner));
    let seen = seen.ok_or_else(|| refused(format!("unknown tag {parent}")))?;
    if seen.owner() != tag.owner() {
        return Err(refused(format!("{parent} belongs to somebody else")));
    }
    let mut above = Some(parent);
    while let Some(id) = above {
        if id == tag.id {
            return Err(refused(format!("{parent} is the tag itself or below it")));
        }
        above = directory.tag(id).and_then(|tag| tag.parent);
    }
    Ok(parent)
}

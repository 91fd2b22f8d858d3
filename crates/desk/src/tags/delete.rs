//! The end of a tag.

use serde_json::json;

use super::{get, store};
use crate::conversations::tagging;
use crate::error::Result;
use crate::events::{self, Kind};
use crate::ids::TagId;
use crate::work::Work;

/// Deletes a tag: its conversations lose it, its children move up to where it was. This is one change of the
/// configuration, told by one line in the log, however many conversations had the tag; they get no event of their own.
pub fn delete(work: &mut Work<'_>, id: TagId) -> Result<()> {
    let tag = get(work, id)?;
    store::raise_children(work.conn, work.company, id, tag.parent, work.now)?;
    store::delete(work.conn, work.company, id)?;
    tagging::forget(work, id)?;
    work.directory_changed()?;
    events::record_setting(work, Kind::Setting, json!({"tag": [id, null], "name": [tag.name, null]}))?;
    Ok(())
}

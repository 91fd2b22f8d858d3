//! The end of a category.

use serde_json::json;

use super::{get, store};
use crate::error::Result;
use crate::events::{self, Kind};
use crate::ids::KnowledgeBaseCategoryId;
use crate::knowledge_bases;
use crate::work::Work;

/// Deletes a category; the categories below it move up to where it was. The knowledge base is published again if it is
/// published.
pub fn delete(work: &mut Work<'_>, id: KnowledgeBaseCategoryId) -> Result<()> {
    let category = get(work, id)?;
    store::raise_children(work.conn, work.company, id, (category.parent, work.now))?;
    store::delete(work.conn, work.company, id)?;
    events::record_setting(work, Kind::Setting, json!({"knowledge_base": category.base, "category": [id, null]}))?;
    knowledge_bases::republish(work, category.base)
}

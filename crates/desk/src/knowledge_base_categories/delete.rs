//! The end of a category, and of the articles in it.

use serde_json::json;

use super::{get, store};
use crate::error::Result;
use crate::events::{self, Kind};
use crate::ids::KnowledgeBaseCategoryId;
use crate::knowledge_base_articles as articles;
use crate::knowledge_bases;
use crate::timers::{self, Timer};
use crate::work::Work;

/// Articles that one unit takes away.
pub(super) const BATCH: i64 = 100;

/// Deletes a category with its articles; the categories below it move up to where it was. The knowledge base is published
/// again if it is published. Nobody is shown any of it from here on, however many articles there are; they are taken away a
/// few in a unit. This is one change, told by one line in the log.
pub fn delete(work: &mut Work<'_>, id: KnowledgeBaseCategoryId) -> Result<()> {
    let category = get(work, id)?;
    store::raise_children(work.conn, work.company, id, (category.parent, work.now))?;
    store::leave(work.conn, work.company, id, work.now)?;
    let mut change = json!({"knowledge_base": category.base, "category": [id, null]});
    if let Some(parent) = category.parent {
        change["parent"] = json!([parent, null]);
    }
    events::record_setting(work, Kind::Setting, change)?;
    knowledge_bases::republish(work, category.base)?;
    clear(work, id)
}

/// Takes the next articles of a deleted category away, and goes on later if there are more ([`Timer::Category`], whose
/// subject is the category). The category is forgotten with the last of them.
pub(crate) fn clear(work: &mut Work<'_>, id: KnowledgeBaseCategoryId) -> Result<()> {
    match articles::remove_some(work, id, BATCH)? {
        gone if gone == BATCH => timers::set(work, Timer::Category, 0, id.0, work.now, &json!({})),
        _ => {
            store::delete(work.conn, work.company, id)?;
            Ok(())
        }
    }
}

//! Another name or description for a category, or one in another locale.

use serde_json::json;

use super::{LONGEST, checked_description, get, locale_of, store};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::KnowledgeBaseCategoryId;
use crate::knowledge_bases::{self, Locale};
use crate::names;
use crate::work::Work;

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Another description, or none.
    pub description: Option<Option<String>>,
}

/// Changes what a category says in a locale, or in the default one of its knowledge base, and publishes the base again if
/// it is published. In a locale in which it said nothing it begins to, if there is anything to say; else that is not found.
pub fn update(work: &mut Work<'_>, id: KnowledgeBaseCategoryId, locale: Option<Locale>, change: &Change) -> Result<()> {
    let category = get(work, id)?;
    let locale = locale_of(work, &category, locale)?;
    let before = store::words(work.conn, work.company, id, locale)?;
    if before.is_none() && change.name.is_none() && change.description.is_none() {
        return Err(Error::NotFound("locale"));
    }
    let mut words = before.clone().unwrap_or_default();
    if let Some(name) = &change.name {
        words.name = Some(names::checked("name", name, LONGEST)?);
    }
    if let Some(description) = &change.description {
        words.description = checked_description(description.as_deref())?;
    }
    if before.as_ref() == Some(&words) {
        return Ok(());
    }
    store::set_words(work.conn, work.company, id, (locale, &words))?;
    store::touch(work.conn, work.company, id, work.now)?;
    let before = before.unwrap_or_default();
    let change = json!({
        "category": id,
        "locale": locale.as_str(),
        "name": [before.name, words.name],
        "description": [before.description, words.description],
    });
    events::record_setting(work, Kind::Setting, change)?;
    knowledge_bases::republish(work, category.base)
}

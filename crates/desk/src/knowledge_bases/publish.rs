//! Whether a knowledge base is published. The public API tells of it and does not change it; administrators do.

use serde_json::{Map, json};

use super::{Locale, get, store};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::KnowledgeBaseId;
use crate::work::Work;

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Whether it is published.
    pub is_published: Option<bool>,
    /// The locale of whoever asks for none: one that it has a name in.
    pub default_locale: Option<Locale>,
}

/// Publishes a knowledge base or takes it back, and says in which locale it speaks if nobody asks for another.
pub fn publish(work: &mut Work<'_>, id: KnowledgeBaseId, change: &Change) -> Result<()> {
    let base = get(work, id)?;
    let (mut published_at, mut locale) = (base.published_at, base.default_locale);
    if let Some(wanted) = change.default_locale {
        if !base.locales.contains(&wanted) {
            let why = format!("{id} has no name in {:?}", wanted.as_str());
            return Err(Error::invalid("default_locale", why));
        }
        locale = wanted;
    }
    match (change.is_published, base.published_at) {
        (Some(true), None) => published_at = Some(work.now),
        (Some(false), Some(_)) => published_at = None,
        _ => {}
    }
    let mut changed = Map::new();
    if published_at.is_some() != base.published_at.is_some() {
        let (before, after) = (base.published_at.is_some(), published_at.is_some());
        changed.insert("is_published".to_string(), json!([before, after]));
    }
    if locale != base.default_locale {
        changed.insert("default_locale".to_string(), json!([base.default_locale.as_str(), locale.as_str()]));
    }
    if changed.is_empty() {
        return Ok(());
    }
    store::set_published(work.conn, work.company, id, published_at)?;
    store::set_default_locale(work.conn, work.company, id, locale)?;
    store::touch(work.conn, work.company, id, work.now)?;
    changed.insert("knowledge_base".to_string(), json!(id));
    events::record_setting(work, Kind::Setting, changed.into())?;
    Ok(())
}

/// Publishes a knowledge base again if it is published: what it or one of its categories says has changed.
pub fn republish(work: &mut Work<'_>, id: KnowledgeBaseId) -> Result<()> {
    let base = get(work, id)?;
    if base.published_at.is_none_or(|before| before == work.now) {
        return Ok(());
    }
    store::set_published(work.conn, work.company, id, Some(work.now))?;
    let change = json!({"knowledge_base": id, "published_at": [base.published_at, work.now]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(())
}

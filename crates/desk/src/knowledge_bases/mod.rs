//! Knowledge bases: what customers, or the company's own people, may read. Categories and articles stand in them; all three
//! say what they say once in each locale (contract/domain.md section 12).

use serde_json::json;

use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::KnowledgeBaseId;
use crate::names;
use crate::time::Timestamp;
use crate::work::Work;

mod locale;
mod publish;
mod store;
#[cfg(test)]
mod tests;
mod update;

pub use locale::Locale;
pub(crate) use locale::translations;
pub use publish::{Change, publish, republish};
pub use update::rename;

db::record! {
    /// A knowledge base as stored.
    #[derive(Debug, Clone)]
    struct Stored {
        pub id: KnowledgeBaseId,
        pub r#type: String,
        pub default_locale: String,
        pub published_at: Option<Timestamp>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

/// For whom a knowledge base is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The company's own people.
    Internal,
    /// Everybody.
    External,
}

impl Audience {
    /// The name in the store and outside.
    pub fn as_str(self) -> &'static str {
        match self {
            Audience::Internal => "internal",
            Audience::External => "external",
        }
    }
}

/// A knowledge base without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnowledgeBase {
    /// Its number.
    pub id: KnowledgeBaseId,
    /// For whom it is.
    pub audience: Audience,
    /// The locale of whoever asks for none.
    pub default_locale: Locale,
    /// The locales that it has a name in, the default one first.
    pub locales: Vec<Locale>,
    /// When it was published last; none if it is not published.
    pub published_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// A knowledge base with what it says in one locale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The knowledge base.
    pub base: KnowledgeBase,
    /// The locale.
    pub locale: Locale,
    /// What it is called there.
    pub name: String,
}

/// The longest name, in characters.
const LONGEST: usize = 200;

/// A new knowledge base.
#[derive(Debug, Clone)]
pub struct New {
    /// What it is called in English, the default locale of a new knowledge base.
    pub name: String,
    /// For whom it is.
    pub audience: Audience,
}

/// Adds a knowledge base of the company's, which is not published.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<KnowledgeBaseId> {
    work.access.require_global()?;
    let name = names::checked("name", &new.name, LONGEST)?;
    let id = KnowledgeBaseId(work.new_id());
    let row = Stored {
        id,
        r#type: new.audience.as_str().to_string(),
        default_locale: Locale::FIRST.as_str().to_string(),
        published_at: None,
        created_at: work.now,
        updated_at: work.now,
    };
    store::insert(work.conn, work.company, &row)?;
    store::set_name(work.conn, work.company, id, (Locale::FIRST, &name))?;
    let change = json!({"knowledge_base": [null, id], "name": [null, name], "type": [null, row.r#type]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(id)
}

/// The knowledge bases of the company, the oldest first.
pub fn list(work: &mut Work<'_>) -> Result<Vec<KnowledgeBase>> {
    work.access.require_global()?;
    let rows = store::all(work.conn, work.company)?;
    shown(work, rows)
}

/// A knowledge base, for those who reach the company's own things.
pub fn get(work: &mut Work<'_>, id: KnowledgeBaseId) -> Result<KnowledgeBase> {
    let row = store::get(work.conn, work.company, id)?.filter(|_| work.access.global);
    let row = row.ok_or(Error::NotFound("knowledge base"))?;
    shown(work, vec![row])?.pop().ok_or(Error::NotFound("knowledge base"))
}

/// What a knowledge base says in a locale, or in its default one. A locale that it has no name in is not found.
pub fn content(work: &mut Work<'_>, id: KnowledgeBaseId, locale: Option<Locale>) -> Result<Content> {
    let base = get(work, id)?;
    let locale = locale.unwrap_or(base.default_locale);
    let name = store::name(work.conn, work.company, id, locale)?.ok_or(Error::NotFound("locale"))?;
    Ok(Content { base, locale, name })
}

fn shown(work: &mut Work<'_>, rows: Vec<Stored>) -> Result<Vec<KnowledgeBase>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
    let mut known = translations(store::locales(work.conn, work.company, &ids)?)?;
    let shown = rows.into_iter().map(|row| {
        let default_locale = Locale::stored(&row.default_locale)?;
        Ok(KnowledgeBase {
            id: row.id,
            audience: if row.r#type == "internal" { Audience::Internal } else { Audience::External },
            default_locale,
            locales: known.of(row.id.0, default_locale),
            published_at: row.published_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    });
    shown.collect()
}

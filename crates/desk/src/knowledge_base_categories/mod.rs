//! Categories of a knowledge base, in trees. Articles stand in them and go with them (contract/domain.md section 12).

use serde_json::json;

use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{KnowledgeBaseCategoryId, KnowledgeBaseId};
use crate::knowledge_bases::{self, Locale, translations};
use crate::names;
use crate::paging::{Page, Position, Window};
use crate::time::Timestamp;
use crate::work::Work;

mod delete;
mod store;
#[cfg(test)]
mod tests;
mod update;

pub(crate) use delete::clear;
pub use delete::delete;
pub use update::{Change, update};

db::record! {
    /// A category as stored.
    #[derive(Debug, Clone)]
    struct Stored {
        pub id: KnowledgeBaseCategoryId,
        pub base: KnowledgeBaseId,
        pub parent: Option<KnowledgeBaseCategoryId>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

db::record! {
    /// What a category says in a locale. One that was only described there has no name there.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    struct Words {
        pub name: Option<String>,
        pub description: Option<String>,
    }
}

/// A category without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its number.
    pub id: KnowledgeBaseCategoryId,
    /// The knowledge base that it belongs to.
    pub base: KnowledgeBaseId,
    /// The category above it.
    pub parent: Option<KnowledgeBaseCategoryId>,
    /// The locales that it says something in, the default one of its knowledge base first.
    pub locales: Vec<Locale>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// A category with what it says in one locale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The category.
    pub category: Category,
    /// The locale.
    pub locale: Locale,
    /// What it is called there.
    pub name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
}

/// The longest name, in characters.
const LONGEST: usize = 200;
/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 10_000;
/// The most categories right below another one: they all move up at once when it is deleted.
const MOST_BELOW: i64 = 1_000;

/// A new category.
#[derive(Debug, Clone)]
pub struct New {
    /// The category above it, of the same knowledge base.
    pub parent: Option<KnowledgeBaseCategoryId>,
    /// What it is called.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
}

/// Adds a category to a knowledge base, in a locale or in the default one, and publishes the base again if it is published.
pub fn create(
    work: &mut Work<'_>,
    base: KnowledgeBaseId,
    locale: Option<Locale>,
    new: &New,
) -> Result<KnowledgeBaseCategoryId> {
    let known = knowledge_bases::get(work, base)?;
    let locale = locale.unwrap_or(known.default_locale);
    if let Some(parent) = new.parent {
        hold(work, base, parent, "parent_category_id")?;
        if store::children(work.conn, work.company, parent)? >= MOST_BELOW {
            let why = format!("expected at most {MOST_BELOW} categories below {parent}");
            return Err(Error::invalid("parent_category_id", why));
        }
    }
    let words = Words {
        name: Some(names::checked("name", &new.name, LONGEST)?),
        description: checked_description(new.description.as_deref())?,
    };
    let id = KnowledgeBaseCategoryId(work.new_id());
    let row = Stored { id, base, parent: new.parent, created_at: work.now, updated_at: work.now };
    store::insert(work.conn, work.company, &row)?;
    store::set_words(work.conn, work.company, id, (locale, &words))?;
    let mut change = json!({"knowledge_base": base, "category": [null, id], "name": [null, words.name]});
    if let Some(parent) = new.parent {
        change["parent"] = json!([null, parent]);
    }
    events::record_setting(work, Kind::Setting, change)?;
    knowledge_bases::republish(work, base)?;
    Ok(id)
}

/// A category, for those who reach the company's own things.
pub fn get(work: &mut Work<'_>, id: KnowledgeBaseCategoryId) -> Result<Category> {
    let row = store::get(work.conn, work.company, id)?.filter(|_| work.access.global);
    let row = row.ok_or(Error::NotFound("category"))?;
    let default = knowledge_bases::get(work, row.base)?.default_locale;
    shown(work, vec![row], default)?.pop().ok_or(Error::NotFound("category"))
}

/// A page of the categories of a knowledge base, by id.
pub fn list(work: &mut Work<'_>, base: KnowledgeBaseId, window: &Window) -> Result<Page<Category>> {
    let default = knowledge_bases::get(work, base)?.default_locale;
    let rows = store::of_base(work.conn, work.company, base, window)?;
    let page = Page::cut(rows, window.limit, |row: &Stored| Position { key: 0, id: row.id.0 });
    Ok(Page { rows: shown(work, page.rows, default)?, next: page.next })
}

/// What a category says in a locale, or in the default one of its knowledge base. A locale in which it says nothing is not
/// found.
pub fn content(work: &mut Work<'_>, id: KnowledgeBaseCategoryId, locale: Option<Locale>) -> Result<Content> {
    let category = get(work, id)?;
    let locale = locale_of(work, &category, locale)?;
    let words = store::words(work.conn, work.company, id, locale)?.ok_or(Error::NotFound("locale"))?;
    Ok(Content { category, locale, name: words.name, description: words.description })
}

/// Holds a category of a knowledge base until the unit ends, so that nobody deletes it under what is put into it. Another
/// one is refused, naming the field.
pub(crate) fn hold(work: &mut Work<'_>, base: KnowledgeBaseId, id: KnowledgeBaseCategoryId, field: &str) -> Result<()> {
    match store::hold(work.conn, work.company, base, id)? {
        0 => Err(Error::invalid(field, format!("unknown category {id}"))),
        _ => Ok(()),
    }
}

fn locale_of(work: &mut Work<'_>, category: &Category, locale: Option<Locale>) -> Result<Locale> {
    match locale {
        Some(locale) => Ok(locale),
        None => Ok(knowledge_bases::get(work, category.base)?.default_locale),
    }
}

fn shown(work: &mut Work<'_>, rows: Vec<Stored>, default: Locale) -> Result<Vec<Category>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
    let mut known = translations(store::locales(work.conn, work.company, &ids)?)?;
    let shown = rows.into_iter().map(|row| Category {
        id: row.id,
        base: row.base,
        parent: row.parent,
        locales: known.of(row.id.0, default),
        created_at: row.created_at,
        updated_at: row.updated_at,
    });
    Ok(shown.collect())
}

fn checked_description(description: Option<&str>) -> Result<Option<String>> {
    description.map(|text| names::short("description", text, LONGEST_DESCRIPTION)).transpose()?;
    Ok(description.map(str::to_string))
}

//! Articles of a knowledge base: drafts and published ones, told in several locales (contract/domain.md section 12).

use crate::attachments::{self, Attachment};
use crate::error::{Error, Result};
use crate::ids::{KnowledgeBaseArticleId, KnowledgeBaseCategoryId, KnowledgeBaseId, TeammateId};
use crate::knowledge_base_categories as categories;
use crate::knowledge_bases::{self, Locale, translations};
use crate::paging::{Page, Position, Window};
use crate::time::Timestamp;
use crate::work::Work;

mod delete;
mod store;
#[cfg(test)]
mod tests;
mod write;

pub use delete::delete;
pub(crate) use delete::remove_some;
pub use write::{Change, New, create, update};

db::record! {
    /// An article as stored.
    #[derive(Debug, Clone)]
    struct Stored {
        pub id: KnowledgeBaseArticleId,
        pub base: KnowledgeBaseId,
        pub category: Option<KnowledgeBaseCategoryId>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

db::record! {
    /// What an article says in a locale.
    #[derive(Debug, Clone, PartialEq, Eq)]
    struct Words {
        pub subject: String,
        pub body: String,
        pub is_published: bool,
        pub last_editor: Option<TeammateId>,
        pub last_edited_at: Timestamp,
    }
}

/// An article without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// Its number.
    pub id: KnowledgeBaseArticleId,
    /// The knowledge base that it belongs to.
    pub base: KnowledgeBaseId,
    /// The category that it stands in.
    pub category: Option<KnowledgeBaseCategoryId>,
    /// The locales that it says something in, the default one of its knowledge base first.
    pub locales: Vec<Locale>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// An article with what it says in one locale.
#[derive(Debug, Clone)]
pub struct Content {
    /// The article.
    pub article: Article,
    /// The locale.
    pub locale: Locale,
    /// Its title; may be empty.
    pub subject: String,
    /// Clean HTML.
    pub body: String,
    /// Whether it is published, or a draft.
    pub is_published: bool,
    /// Who wrote it last.
    pub last_editor: Option<TeammateId>,
    /// When that was.
    pub last_edited_at: Timestamp,
    /// Its files, which all locales share.
    pub attachments: Vec<Attachment>,
}

/// An article, for those who reach the company's own things.
pub fn get(work: &mut Work<'_>, id: KnowledgeBaseArticleId) -> Result<Article> {
    let row = store::get(work.conn, work.company, id)?.filter(|_| work.access.global);
    let row = row.ok_or(Error::NotFound("article"))?;
    let default = knowledge_bases::get(work, row.base)?.default_locale;
    shown(work, vec![row], default)?.pop().ok_or(Error::NotFound("article"))
}

/// A page of the articles of a knowledge base, by id.
pub fn of_base(work: &mut Work<'_>, base: KnowledgeBaseId, window: &Window) -> Result<Page<Article>> {
    let default = knowledge_bases::get(work, base)?.default_locale;
    let rows = store::of_base(work.conn, work.company, base, window)?;
    page(work, rows, (window, default))
}

/// A page of the articles in a category, by id; those in categories below it are not among them.
pub fn of_category(work: &mut Work<'_>, id: KnowledgeBaseCategoryId, window: &Window) -> Result<Page<Article>> {
    let base = categories::get(work, id)?.base;
    let default = knowledge_bases::get(work, base)?.default_locale;
    let rows = store::of_category(work.conn, work.company, id, window)?;
    page(work, rows, (window, default))
}

/// What an article says in a locale, or in the default one of its knowledge base. A locale in which it says nothing is not
/// found.
pub fn content(work: &mut Work<'_>, id: KnowledgeBaseArticleId, locale: Option<Locale>) -> Result<Content> {
    let article = get(work, id)?;
    let locale = locale_of(work, &article, locale)?;
    let words = store::words(work.conn, work.company, id, locale)?.ok_or(Error::NotFound("locale"))?;
    let files = attachments::of(work, attachments::Owner::Article(id).key().0, &[id.0])?.remove(&id.0);
    Ok(Content {
        article,
        locale,
        subject: words.subject,
        body: words.body,
        is_published: words.is_published,
        last_editor: words.last_editor,
        last_edited_at: words.last_edited_at,
        attachments: files.unwrap_or_default(),
    })
}

fn locale_of(work: &mut Work<'_>, article: &Article, locale: Option<Locale>) -> Result<Locale> {
    match locale {
        Some(locale) => Ok(locale),
        None => Ok(knowledge_bases::get(work, article.base)?.default_locale),
    }
}

fn page(work: &mut Work<'_>, rows: Vec<Stored>, (window, default): (&Window, Locale)) -> Result<Page<Article>> {
    let page = Page::cut(rows, window.limit, |row: &Stored| Position { key: 0, id: row.id.0 });
    Ok(Page { rows: shown(work, page.rows, default)?, next: page.next })
}

fn shown(work: &mut Work<'_>, rows: Vec<Stored>, default: Locale) -> Result<Vec<Article>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
    let mut known = translations(store::locales(work.conn, work.company, &ids)?)?;
    let shown = rows.into_iter().map(|row| Article {
        id: row.id,
        base: row.base,
        category: row.category,
        locales: known.of(row.id.0, default),
        created_at: row.created_at,
        updated_at: row.updated_at,
    });
    Ok(shown.collect())
}

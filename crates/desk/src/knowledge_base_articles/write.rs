//! Articles are written, and written anew.

use serde_json::{Map, Value, json};

use super::{Stored, Words, get, locale_of, store};
use crate::attachments::{self, Owner, Upload};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{KnowledgeBaseArticleId, KnowledgeBaseCategoryId, KnowledgeBaseId, TeammateId};
use crate::knowledge_base_categories as categories;
use crate::knowledge_bases::{self, Locale};
use crate::messages;
use crate::names;
use crate::teammates;
use crate::work::Work;

/// The longest title, in characters.
const LONGEST_SUBJECT: usize = 1_000;
/// The longest text, in characters of HTML.
const LONGEST_CONTENT: usize = 500_000;
/// The most files on an article.
const MOST_FILES: usize = 100;

/// A new article.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// The category that it stands in, of the same knowledge base.
    pub category: Option<KnowledgeBaseCategoryId>,
    /// What it says at first.
    pub words: Change,
}

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The teammate who writes; the caller's bot, if nobody is named.
    pub author: Option<TeammateId>,
    /// Another title.
    pub subject: Option<String>,
    /// Another text.
    pub content: Option<messages::Content>,
    /// Whether it is published, or a draft.
    pub is_published: Option<bool>,
    /// Other files in the place of those it has, in every locale.
    pub uploads: Option<Vec<Upload>>,
}

/// Adds an article to a knowledge base, in a locale or in the default one. It is a draft unless the request says otherwise.
pub fn create(
    work: &mut Work<'_>,
    base: KnowledgeBaseId,
    locale: Option<Locale>,
    new: &New,
) -> Result<KnowledgeBaseArticleId> {
    let known = knowledge_bases::get(work, base)?;
    let locale = locale.unwrap_or(known.default_locale);
    if let Some(category) = new.category {
        categories::hold(work, base, category, "category_id")?;
    }
    let uploads = new.words.uploads.as_deref().unwrap_or_default();
    few(uploads)?;
    let words = rewritten(work, None, &new.words)?;
    let id = KnowledgeBaseArticleId(work.new_id());
    let row = Stored { id, base, category: new.category, created_at: work.now, updated_at: work.now };
    store::insert(work.conn, work.company, &row)?;
    store::set_words(work.conn, work.company, id, (locale, &words))?;
    attachments::attach(work, Owner::Article(id), uploads)?;
    let mut change = json!({
        "knowledge_base": base,
        "article": [null, id],
        "locale": locale.as_str(),
        "subject": [null, words.subject],
        "is_published": [null, words.is_published],
    });
    if let Some(category) = new.category {
        change["category"] = json!([null, category]);
    }
    if !uploads.is_empty() {
        change["attachments"] = json!([[], names_of(uploads)]);
    }
    events::record_setting(work, Kind::Setting, change)?;
    Ok(id)
}

/// Changes what an article says in a locale, or in the default one of its knowledge base. In a locale in which it said
/// nothing it begins to, as a draft unless the request says otherwise; without a title and a text that is not found.
pub fn update(work: &mut Work<'_>, id: KnowledgeBaseArticleId, locale: Option<Locale>, change: &Change) -> Result<()> {
    let article = get(work, id)?;
    let locale = locale_of(work, &article, locale)?;
    let before = store::words(work.conn, work.company, id, locale)?;
    if before.is_none() && change.subject.is_none() && change.content.is_none() {
        return Err(Error::NotFound("locale"));
    }
    let words = rewritten(work, before.as_ref(), change)?;
    let mut told = Map::new();
    let mut note = |field: &str, before: Value, after: Value| {
        if before != after {
            told.insert(field.to_string(), json!([before, after]));
        }
    };
    let had = before.as_ref();
    note("subject", json!(had.map(|words| &words.subject)), json!(words.subject));
    note("is_published", json!(had.map(|words| words.is_published)), json!(words.is_published));
    if change.author.is_some() {
        note("last_editor", json!(had.and_then(|words| words.last_editor)), json!(words.last_editor));
    }
    // The log tells that a text changed; it does not keep every version of it.
    if had.is_none_or(|had| had.body != words.body) {
        told.insert("has_new_content".to_string(), json!(true));
    }
    if let Some(files) = replace_files(work, id, change.uploads.as_deref())? {
        told.insert("attachments".to_string(), files);
    }
    if told.is_empty() {
        return Ok(());
    }
    store::set_words(work.conn, work.company, id, (locale, &words))?;
    store::touch(work.conn, work.company, id, work.now)?;
    told.insert("article".to_string(), json!(id));
    told.insert("locale".to_string(), json!(locale.as_str()));
    events::record_setting(work, Kind::Setting, told.into())?;
    Ok(())
}

/// What an article says after a change, written now by the author that is named or by who asks.
fn rewritten(work: &mut Work<'_>, before: Option<&Words>, change: &Change) -> Result<Words> {
    let author = match change.author {
        Some(author) => Some(
            teammates::get(work, author)
                .map_err(|_| Error::invalid("author_id", format!("unknown teammate {author}")))?
                .id,
        ),
        None => work.actor.teammate,
    };
    if let Some(subject) = &change.subject {
        names::short("subject", subject, LONGEST_SUBJECT)?;
    }
    if let Some(content) = &change.content {
        names::short("content", &content.body, LONGEST_CONTENT)?;
    }
    let content = change.content.as_ref().map(|content| &content.body);
    Ok(Words {
        subject: change.subject.as_ref().or(before.map(|words| &words.subject)).cloned().unwrap_or_default(),
        body: content.or(before.map(|words| &words.body)).cloned().unwrap_or_default(),
        is_published: change.is_published.or(before.map(|words| words.is_published)).unwrap_or(false),
        last_editor: author,
        last_edited_at: work.now,
    })
}

/// Hangs other files on an article in the place of those it has; answers how the log tells of them, `None` if nothing
/// changes.
fn replace_files(work: &mut Work<'_>, id: KnowledgeBaseArticleId, uploads: Option<&[Upload]>) -> Result<Option<Value>> {
    let Some(uploads) = uploads else { return Ok(None) };
    few(uploads)?;
    let owner = Owner::Article(id);
    let had = attachments::of(work, owner.key().0, &[id.0])?.remove(&id.0).unwrap_or_default();
    if had.is_empty() && uploads.is_empty() {
        return Ok(None);
    }
    attachments::detach(work, owner)?;
    attachments::attach(work, owner, uploads)?;
    let had: Vec<&str> = had.iter().map(|file| file.filename.as_str()).collect();
    Ok(Some(json!([had, names_of(uploads)])))
}

fn names_of(uploads: &[Upload]) -> Vec<&str> {
    uploads.iter().map(|file| file.filename.as_str()).collect()
}

fn few(uploads: &[Upload]) -> Result<()> {
    match uploads.len() <= MOST_FILES {
        true => Ok(()),
        false => Err(Error::invalid("attachments", format!("expected at most {MOST_FILES} files on an article"))),
    }
}

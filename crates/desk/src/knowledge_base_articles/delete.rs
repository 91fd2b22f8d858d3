//! The end of articles.

use serde_json::json;

use super::{Article, get, store};
use crate::attachments::{self, Owner};
use crate::error::Result;
use crate::events::{self, Kind};
use crate::ids::{KnowledgeBaseArticleId, KnowledgeBaseCategoryId};
use crate::work::Work;

/// Deletes an article with all that it says in every locale, and its files. Answers what it was.
pub fn delete(work: &mut Work<'_>, id: KnowledgeBaseArticleId) -> Result<Article> {
    let article = get(work, id)?;
    remove(work, &[id])?;
    events::record_setting(work, Kind::Setting, json!({"knowledge_base": article.base, "article": [id, null]}))?;
    Ok(article)
}

/// Takes the oldest articles of a category away, at most so many, and answers how many there were. Whoever deletes the
/// category tells of it.
pub(crate) fn remove_some(work: &mut Work<'_>, category: KnowledgeBaseCategoryId, most: i64) -> Result<i64> {
    let ids = store::oldest_of(work.conn, work.company, category, most)?;
    remove(work, &ids)?;
    Ok(i64::try_from(ids.len()).unwrap_or(most))
}

fn remove(work: &mut Work<'_>, ids: &[KnowledgeBaseArticleId]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let numbers: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let kind = Owner::Article(ids[0]).key().0;
    attachments::detach_all(work, kind, &numbers)?;
    store::delete(work.conn, work.company, &numbers)?;
    Ok(())
}

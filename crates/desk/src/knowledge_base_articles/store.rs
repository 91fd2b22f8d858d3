//! The statements about articles of knowledge bases. Those in a deleted category are nowhere to be found.

use db::{Conn, args, list};

use super::{Stored, Words};
use crate::ids::{CompanyId, KnowledgeBaseArticleId, KnowledgeBaseCategoryId, KnowledgeBaseId};
use crate::knowledge_bases::Locale;
use crate::paging::{Window, direction};
use crate::select::Select;
use crate::time::Timestamp;

const COLUMNS: &str = "a.id, a.base, a.category, a.created_at, a.updated_at";

/// What holds of an article whose category is not on its way out.
const STAYS: &str = "NOT EXISTS (SELECT 1 FROM knowledge_base_categories c \
                     WHERE c.company = a.company AND c.id = a.category AND c.deleted_at IS NOT NULL)";

pub(super) fn get(conn: &mut Conn, company: CompanyId, id: KnowledgeBaseArticleId) -> db::Result<Option<Stored>> {
    conn.opt(
        &format!("SELECT {COLUMNS} FROM knowledge_base_articles a WHERE a.company = $1 AND a.id = $2 AND {STAYS}"),
        args![company, id],
    )
}

pub(super) fn of_base(
    conn: &mut Conn,
    company: CompanyId,
    base: KnowledgeBaseId,
    window: &Window,
) -> db::Result<Vec<Stored>> {
    let select = Select::new(format!("SELECT {COLUMNS} FROM knowledge_base_articles a"))
        .with(" WHERE a.company = ?", company)
        .with(" AND a.base = ?", base)
        .text(&format!(" AND {STAYS}"));
    page(conn, select, window)
}

pub(super) fn of_category(
    conn: &mut Conn,
    company: CompanyId,
    category: KnowledgeBaseCategoryId,
    window: &Window,
) -> db::Result<Vec<Stored>> {
    let select = Select::new(format!("SELECT {COLUMNS} FROM knowledge_base_articles a"))
        .with(" WHERE a.company = ?", company)
        .with(" AND a.category = ?", category);
    page(conn, select, window)
}

fn page(conn: &mut Conn, select: Select, window: &Window) -> db::Result<Vec<Stored>> {
    let (than, order) = direction(window.ascending);
    select
        .maybe(&format!(" AND a.id {than} ?"), window.after.map(|after| after.id))
        .with(&format!(" ORDER BY a.id {order} LIMIT ?"), window.limit + 1)
        .all(conn)
}

/// The oldest articles of a category, deleted or not.
pub(super) fn oldest_of(
    conn: &mut Conn,
    company: CompanyId,
    category: KnowledgeBaseCategoryId,
    most: i64,
) -> db::Result<Vec<KnowledgeBaseArticleId>> {
    let rows: Vec<(KnowledgeBaseArticleId,)> = conn.all(
        "SELECT id FROM knowledge_base_articles WHERE company = $1 AND category = $2 ORDER BY id LIMIT $3",
        args![company, category, most],
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, row: &Stored) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO knowledge_base_articles (company, id, base, category, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        args![company, row.id, row.base, row.category, row.created_at, row.updated_at],
    )
}

pub(super) fn touch(
    conn: &mut Conn,
    company: CompanyId,
    id: KnowledgeBaseArticleId,
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE knowledge_base_articles SET updated_at = $3 WHERE company = $1 AND id = $2",
        args![company, id, now],
    )
}

/// Forgets articles and all that they said.
pub(super) fn delete(conn: &mut Conn, company: CompanyId, ids: &[i64]) -> db::Result<u64> {
    let among = conn.among(2);
    let ids = list(ids.iter().copied());
    conn.exec(
        &format!("DELETE FROM knowledge_base_article_words WHERE company = $1 AND article IN {among}"),
        args![company, ids],
    )?;
    conn.exec(&format!("DELETE FROM knowledge_base_articles WHERE company = $1 AND id IN {among}"), args![company, ids])
}

pub(super) fn words(
    conn: &mut Conn,
    company: CompanyId,
    id: KnowledgeBaseArticleId,
    locale: Locale,
) -> db::Result<Option<Words>> {
    conn.opt(
        "SELECT subject, body, is_published, last_editor, last_edited_at FROM knowledge_base_article_words \
         WHERE company = $1 AND article = $2 AND locale = $3",
        args![company, id, locale.as_str()],
    )
}

pub(super) fn set_words(
    conn: &mut Conn,
    company: CompanyId,
    id: KnowledgeBaseArticleId,
    (locale, words): (Locale, &Words),
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO knowledge_base_article_words (company, article, locale, subject, body, is_published, last_editor, \
         last_edited_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (company, article, locale) \
         DO UPDATE SET subject = excluded.subject, body = excluded.body, is_published = excluded.is_published, \
         last_editor = excluded.last_editor, last_edited_at = excluded.last_edited_at",
        args![
            company,
            id,
            locale.as_str(),
            words.subject,
            words.body,
            words.is_published,
            words.last_editor,
            words.last_edited_at
        ],
    )
}

/// The locales in which several articles say something.
pub(super) fn locales(conn: &mut Conn, company: CompanyId, ids: &[i64]) -> db::Result<Vec<(i64, String)>> {
    let among = conn.among(2);
    let sql = format!(
        "SELECT article, locale FROM knowledge_base_article_words WHERE company = $1 AND article IN {among} \
         ORDER BY article, locale"
    );
    conn.all(&sql, args![company, list(ids.iter().copied())])
}

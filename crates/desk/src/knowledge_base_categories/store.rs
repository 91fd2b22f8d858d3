//! The statements about categories of knowledge bases. One that was deleted is nowhere to be found, though its row stays
//! until its articles are gone.

use db::{Conn, args, list};

use super::{Stored, Words};
use crate::ids::{CompanyId, KnowledgeBaseCategoryId, KnowledgeBaseId};
use crate::knowledge_bases::Locale;
use crate::paging::{Window, direction};
use crate::select::Select;
use crate::time::Timestamp;

const COLUMNS: &str = "id, base, parent, created_at, updated_at";

pub(super) fn get(conn: &mut Conn, company: CompanyId, id: KnowledgeBaseCategoryId) -> db::Result<Option<Stored>> {
    conn.opt(
        &format!(
            "SELECT {COLUMNS} FROM knowledge_base_categories WHERE company = $1 AND id = $2 AND deleted_at IS NULL"
        ),
        args![company, id],
    )
}

/// Writes a category of a knowledge base down as it is; 0 if there is none. Only a row that is written, not one that is
/// read or locked, lets a unit run again that deletes it at the same time.
pub(super) fn hold(
    conn: &mut Conn,
    company: CompanyId,
    base: KnowledgeBaseId,
    id: KnowledgeBaseCategoryId,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE knowledge_base_categories SET base = base WHERE company = $1 AND id = $2 AND base = $3 \
         AND deleted_at IS NULL",
        args![company, id, base],
    )
}

pub(super) fn of_base(
    conn: &mut Conn,
    company: CompanyId,
    base: KnowledgeBaseId,
    window: &Window,
) -> db::Result<Vec<Stored>> {
    let (than, order) = direction(window.ascending);
    Select::new(format!("SELECT {COLUMNS} FROM knowledge_base_categories"))
        .with(" WHERE company = ?", company)
        .with(" AND base = ? AND deleted_at IS NULL", base)
        .maybe(&format!(" AND id {than} ?"), window.after.map(|after| after.id))
        .with(&format!(" ORDER BY id {order} LIMIT ?"), window.limit + 1)
        .all(conn)
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, row: &Stored) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO knowledge_base_categories (company, id, base, parent, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        args![company, row.id, row.base, row.parent, row.created_at, row.updated_at],
    )
}

pub(super) fn touch(
    conn: &mut Conn,
    company: CompanyId,
    id: KnowledgeBaseCategoryId,
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE knowledge_base_categories SET updated_at = $3 WHERE company = $1 AND id = $2",
        args![company, id, now],
    )
}

/// Takes a category out of sight.
pub(super) fn leave(
    conn: &mut Conn,
    company: CompanyId,
    id: KnowledgeBaseCategoryId,
    now: Timestamp,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE knowledge_base_categories SET deleted_at = $3 WHERE company = $1 AND id = $2",
        args![company, id, now],
    )
}

/// How many categories stand right below another one.
pub(super) fn children(conn: &mut Conn, company: CompanyId, id: KnowledgeBaseCategoryId) -> db::Result<i64> {
    let (count,): (i64,) = conn.one(
        "SELECT count(*) FROM knowledge_base_categories WHERE company = $1 AND parent = $2 AND deleted_at IS NULL",
        args![company, id],
    )?;
    Ok(count)
}

/// Puts the children of a category where it was itself.
pub(super) fn raise_children(
    conn: &mut Conn,
    company: CompanyId,
    id: KnowledgeBaseCategoryId,
    (parent, now): (Option<KnowledgeBaseCategoryId>, Timestamp),
) -> db::Result<u64> {
    conn.exec(
        "UPDATE knowledge_base_categories SET parent = $3, updated_at = $4 WHERE company = $1 AND parent = $2",
        args![company, id, parent, now],
    )
}

/// Forgets a category and all that it said.
pub(super) fn delete(conn: &mut Conn, company: CompanyId, id: KnowledgeBaseCategoryId) -> db::Result<u64> {
    conn.exec("DELETE FROM knowledge_base_category_words WHERE company = $1 AND category = $2", args![company, id])?;
    conn.exec("DELETE FROM knowledge_base_categories WHERE company = $1 AND id = $2", args![company, id])
}

pub(super) fn words(
    conn: &mut Conn,
    company: CompanyId,
    id: KnowledgeBaseCategoryId,
    locale: Locale,
) -> db::Result<Option<Words>> {
    conn.opt(
        "SELECT name, description FROM knowledge_base_category_words \
         WHERE company = $1 AND category = $2 AND locale = $3",
        args![company, id, locale.as_str()],
    )
}

pub(super) fn set_words(
    conn: &mut Conn,
    company: CompanyId,
    id: KnowledgeBaseCategoryId,
    (locale, words): (Locale, &Words),
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO knowledge_base_category_words (company, category, locale, name, description) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (company, category, locale) \
         DO UPDATE SET name = excluded.name, description = excluded.description",
        args![company, id, locale.as_str(), words.name, words.description],
    )
}

/// The locales in which several categories say something.
pub(super) fn locales(conn: &mut Conn, company: CompanyId, ids: &[i64]) -> db::Result<Vec<(i64, String)>> {
    let among = conn.among(2);
    let sql = format!(
        "SELECT category, locale FROM knowledge_base_category_words WHERE company = $1 AND category IN {among} \
         ORDER BY category, locale"
    );
    conn.all(&sql, args![company, list(ids.iter().copied())])
}

//! The statements about knowledge bases.

use db::{Conn, args, list};

use super::{Locale, Stored};
use crate::ids::{CompanyId, KnowledgeBaseId};
use crate::time::Timestamp;

const COLUMNS: &str = "id, type, default_locale, published_at, created_at, updated_at";

pub(super) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Stored>> {
    conn.all(&format!("SELECT {COLUMNS} FROM knowledge_bases WHERE company = $1 ORDER BY id"), args![company])
}

pub(super) fn get(conn: &mut Conn, company: CompanyId, id: KnowledgeBaseId) -> db::Result<Option<Stored>> {
    conn.opt(&format!("SELECT {COLUMNS} FROM knowledge_bases WHERE company = $1 AND id = $2"), args![company, id])
}

pub(super) fn insert(conn: &mut Conn, company: CompanyId, row: &Stored) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO knowledge_bases (company, id, type, default_locale, published_at, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![company, row.id, row.r#type, row.default_locale, row.published_at, row.created_at, row.updated_at],
    )
}

pub(super) fn touch(conn: &mut Conn, company: CompanyId, id: KnowledgeBaseId, now: Timestamp) -> db::Result<u64> {
    conn.exec("UPDATE knowledge_bases SET updated_at = $3 WHERE company = $1 AND id = $2", args![company, id, now])
}

pub(super) fn set_published(
    conn: &mut Conn,
    company: CompanyId,
    id: KnowledgeBaseId,
    published_at: Option<Timestamp>,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE knowledge_bases SET published_at = $3 WHERE company = $1 AND id = $2",
        args![company, id, published_at],
    )
}

pub(super) fn set_default_locale(
    conn: &mut Conn,
    company: CompanyId,
    id: KnowledgeBaseId,
    locale: Locale,
) -> db::Result<u64> {
    conn.exec(
        "UPDATE knowledge_bases SET default_locale = $3 WHERE company = $1 AND id = $2",
        args![company, id, locale.as_str()],
    )
}

pub(super) fn name(
    conn: &mut Conn,
    company: CompanyId,
    id: KnowledgeBaseId,
    locale: Locale,
) -> db::Result<Option<String>> {
    let row: Option<(String,)> = conn.opt(
        "SELECT name FROM knowledge_base_names WHERE company = $1 AND base = $2 AND locale = $3",
        args![company, id, locale.as_str()],
    )?;
    Ok(row.map(|(name,)| name))
}

/// Gives a knowledge base its name in a locale.
pub(super) fn set_name(
    conn: &mut Conn,
    company: CompanyId,
    id: KnowledgeBaseId,
    (locale, name): (Locale, &str),
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO knowledge_base_names (company, base, locale, name) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (company, base, locale) DO UPDATE SET name = excluded.name",
        args![company, id, locale.as_str(), name],
    )
}

/// The locales that several knowledge bases have names in.
pub(super) fn locales(conn: &mut Conn, company: CompanyId, ids: &[i64]) -> db::Result<Vec<(i64, String)>> {
    let among = conn.among(2);
    let sql = format!(
        "SELECT base, locale FROM knowledge_base_names WHERE company = $1 AND base IN {among} ORDER BY base, locale"
    );
    conn.all(&sql, args![company, list(ids.iter().copied())])
}

//! The statements about companies.

use db::{Conn, args};

use super::{Company, New};
use crate::ids::CompanyId;
use crate::time::Timestamp;

pub(crate) fn get(conn: &mut Conn, company: CompanyId) -> db::Result<Company> {
    conn.one(
        "SELECT company, name, slug, api_secret, token_key, has_ticketing, settings FROM companies WHERE company = $1",
        args![company],
    )
}

/// Counts up and gives the new number.
pub(crate) fn count(conn: &mut Conn, company: CompanyId, name: &str) -> db::Result<i64> {
    let (value,): (i64,) = conn.one(
        "INSERT INTO counters (company, name, value) VALUES ($1, $2, 1) \
         ON CONFLICT (company, name) DO UPDATE SET value = counters.value + 1 RETURNING value",
        args![company, name],
    )?;
    Ok(value)
}

pub(super) fn insert(
    conn: &mut Conn,
    company: CompanyId,
    new: &New,
    api_secret: &str,
    token_key: &[u8],
    now: Timestamp,
) -> db::Result<()> {
    conn.exec(
        "INSERT INTO companies (company, name, slug, api_secret, token_key, has_ticketing, settings, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![company, new.name, new.slug, api_secret, token_key, new.has_ticketing, serde_json::json!({}), now],
    )?;
    conn.exec("INSERT INTO directory_versions (company, version) VALUES ($1, 1)", args![company])?;
    Ok(())
}

pub(super) fn ids(conn: &mut Conn) -> db::Result<Vec<CompanyId>> {
    let rows: Vec<(CompanyId,)> = conn.all("SELECT company FROM companies ORDER BY company", args![])?;
    Ok(rows.into_iter().map(|(company,)| company).collect())
}

pub(super) fn with_slug(conn: &mut Conn, slug: &str) -> db::Result<Vec<CompanyId>> {
    let rows: Vec<(CompanyId,)> = conn.all("SELECT company FROM companies WHERE slug = $1", args![slug])?;
    Ok(rows.into_iter().map(|(company,)| company).collect())
}

pub(super) fn set_secret(conn: &mut Conn, company: CompanyId, secret: &str) -> db::Result<u64> {
    conn.exec("UPDATE companies SET api_secret = $2 WHERE company = $1", args![company, secret])
}

pub(super) fn set_ticketing(conn: &mut Conn, company: CompanyId, is_on: bool) -> db::Result<u64> {
    conn.exec("UPDATE companies SET has_ticketing = $2 WHERE company = $1", args![company, is_on])
}

/// Counts up by a number and gives the value before.
pub(crate) fn count_by(conn: &mut Conn, company: CompanyId, name: &str, number: i64) -> db::Result<i64> {
    let (value,): (i64,) = conn.one(
        "INSERT INTO counters (company, name, value) VALUES ($1, $2, $3) \
         ON CONFLICT (company, name) DO UPDATE SET value = counters.value + excluded.value RETURNING value",
        args![company, name, number],
    )?;
    Ok(value - number)
}

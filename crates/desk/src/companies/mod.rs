//! The company: the unit of isolation.

use serde_json::Value;

use crate::access::Access;
use crate::error::{Error, Result};
use crate::ids::CompanyId;
use crate::work::{Actor, Caller, Desk, Work};
use std::sync::Arc;

pub(crate) mod store;
#[cfg(test)]
mod tests;
mod ticketing;

pub use ticketing::set_ticketing;

db::record! {
    /// A company as stored.
    #[derive(Debug, Clone)]
    pub struct Company {
        pub id: CompanyId,
        pub name: String,
        pub slug: String,
        pub api_secret: String,
        pub token_key: Vec<u8>,
        pub has_ticketing: bool,
        pub settings: Value,
    }
}

/// A new company.
#[derive(Debug, Clone)]
pub struct New {
    /// What it is called.
    pub name: String,
    /// Its part of host names and of the company host.
    pub slug: String,
    /// Whether conversations have ticket statuses.
    pub has_ticketing: bool,
}

/// Founds a company: the only operation that is not bound to one. `fill` runs in the same unit, as the new company.
pub fn found<T: Send + 'static>(
    desk: &Desk,
    new: New,
    fill: impl Fn(&mut Work<'_>) -> Result<T> + Send + 'static,
) -> Result<(CompanyId, T)> {
    let nobody = Caller { company: CompanyId(0), actor: Actor::SYSTEM, access: Arc::new(Access::everything()) };
    desk.write_blocking(&nobody, move |work| {
        let id = CompanyId(work.new_id());
        work.company = id;
        let mut token_key = vec![0u8; 32];
        work.random().fill(&mut token_key);
        let api_secret = work.random().hex(16);
        store::insert(work.conn, id, &new, &api_secret, &token_key, work.now)?;
        Ok((id, fill(work)?))
    })
}

/// Every company in the store, the oldest first. For threads that may wait.
pub fn all(desk: &Desk) -> Result<Vec<CompanyId>> {
    desk.store().read_blocking(|conn| Ok(store::ids(conn)?))
}

/// [`all`], of a store without a desk.
pub(crate) fn all_in(from: &db::Store) -> Result<Vec<CompanyId>> {
    from.read_blocking(|conn| Ok(store::ids(conn)?))
}

/// Every company in a store, the oldest first.
pub async fn all_of(from: &db::Store) -> Result<Vec<CompanyId>> {
    from.read(|conn| Ok(store::ids(conn)?)).await
}

/// Whether the unit's company is the only one of the store: asked by those who found the first.
pub fn is_only(work: &mut Work<'_>) -> Result<bool> {
    Ok(store::ids(work.conn)? == [work.company])
}

/// Refuses a slug that another company of the store has: asked by those who found one more.
pub fn require_own_slug(work: &mut Work<'_>) -> Result<()> {
    let slug = work.directory()?.company.slug.clone();
    match store::with_slug(work.conn, &slug)? == [work.company] {
        true => Ok(()),
        false => Err(Error::Conflict(format!("there is a company {slug:?} already"))),
    }
}

/// Counts up one of the company's counters and gives the new number, from 1 on.
pub fn count(work: &mut Work<'_>, counter: &str) -> Result<i64> {
    Ok(store::count(work.conn, work.company, counter)?)
}

/// Counts up one of the company's counters by several numbers and gives the last one that was taken before.
pub(crate) fn reserve(work: &mut Work<'_>, counter: &str, numbers: i64) -> Result<i64> {
    Ok(store::count_by(work.conn, work.company, counter, numbers)?)
}

/// Gives the company a new API secret and answers it. What leaves from now on is signed with it.
pub fn rotate_secret(work: &mut Work<'_>) -> Result<String> {
    let secret = work.random().hex(16);
    store::set_secret(work.conn, work.company, &secret)?;
    work.directory_changed()?;
    crate::events::record_setting(work, crate::events::Kind::Setting, serde_json::json!({"api_secret": "rotated"}))?;
    Ok(secret)
}

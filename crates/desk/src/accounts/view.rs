//! Accounts with what every answer shows beside their row, and which one is meant.

use std::collections::HashMap;

use super::write::domain;
use super::{Account, see, store};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::work::Work;

/// An account with its domains.
#[derive(Debug, Clone)]
pub struct View {
    /// The row.
    pub row: Account,
    /// Its domains, in order.
    pub domains: Vec<String>,
}

/// Which account is meant (contract/fundamentals.md section 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// By its id.
    Id(AccountId),
    /// By one of its domains: `alt:domain:example.com`.
    Domain(String),
    /// By what another system calls it: `alt:ext_id:abc123`.
    ExternalId(String),
}

impl std::str::FromStr for Which {
    type Err = Error;
    fn from_str(text: &str) -> Result<Which> {
        let unknown = Error::NotFound("account");
        match text.strip_prefix("alt:").and_then(|alias| alias.split_once(':')) {
            Some(("domain", name)) => domain("", name).map(Which::Domain).map_err(|_| unknown),
            Some(("ext_id", id)) => Ok(Which::ExternalId(id.trim().to_string())),
            Some(_) => Err(unknown),
            None => text.parse().map(Which::Id).map_err(|_| unknown),
        }
    }
}

/// The account that is meant, if the caller may see it.
pub fn resolve(work: &mut Work<'_>, which: &Which) -> Result<AccountId> {
    let id = match which {
        Which::Id(id) => Some(*id),
        Which::Domain(domain) => store::of_domain(work.conn, work.company, domain)?,
        Which::ExternalId(id) => store::of_external_id(work.conn, work.company, id)?,
    };
    Ok(see(work, id.ok_or(Error::NotFound("account"))?)?.id)
}

/// One account as answers show it.
pub fn get(work: &mut Work<'_>, id: AccountId) -> Result<View> {
    let row = see(work, id)?;
    views(work, vec![row])?.pop().ok_or(Error::NotFound("account"))
}

/// What those of some accounts are called that the caller may see.
pub(crate) fn names(work: &mut Work<'_>, ids: &[AccountId]) -> Result<Vec<(AccountId, String)>> {
    if !work.access.global {
        return Ok(Vec::new());
    }
    Ok(store::names(work.conn, work.company, ids)?)
}

/// Rows with their domains: one more statement, whatever the number of rows.
pub fn views(work: &mut Work<'_>, rows: Vec<Account>) -> Result<Vec<View>> {
    let ids: Vec<AccountId> = rows.iter().map(|row| row.id).collect();
    let mut domains: HashMap<AccountId, Vec<String>> = HashMap::new();
    for (account, domain) in store::domains_of(work.conn, work.company, &ids)? {
        domains.entry(account).or_default().push(domain);
    }
    let view = |row: Account| View { domains: domains.remove(&row.id).unwrap_or_default(), row };
    Ok(rows.into_iter().map(view).collect())
}

//! The first start: a company with what it needs to receive a message, and its owner's token.

use api::edge::bearer::{self, ApiClaims};
use desk::companies::{self, New};
use desk::ids::{CompanyId, TokenId};
use desk::tokens;
use desk::{Access, Desk, Result, Work};

/// A company that was just founded.
#[derive(Debug)]
pub struct Founded {
    /// Its number.
    pub company: CompanyId,
    /// The owner's API token, shown this once.
    pub token: String,
}

/// Makes a token that may do everything, or less.
pub fn token(work: &mut Work<'_>, name: &str, scopes: Vec<String>, access: Access) -> Result<(TokenId, String)> {
    let (company, issued_at) = (work.company.0, work.now.0 / 1_000);
    let new = tokens::New { name: name.to_string(), scopes, access };
    tokens::create(work, &new, |id, key| bearer::mint(key, &ApiClaims { company, token: id.0, issued_at }))
}

/// Founds a company with a token of its owner, and whatever `fill` adds, all in one unit.
pub fn found(desk: &Desk, new: New, fill: impl Fn(&mut Work<'_>) -> Result<()> + Send + 'static) -> Result<Founded> {
    let (company, token) = companies::found(desk, new, move |work| {
        fill(work)?;
        let (_, text) = token(work, "Owner", vec!["*".to_string()], Access::everything())?;
        Ok(text)
    })?;
    Ok(Founded { company, token })
}

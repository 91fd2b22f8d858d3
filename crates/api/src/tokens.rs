//! Who shows which token: looked up in the store, and remembered for a moment.

use std::sync::Arc;
use std::time::Duration;

use desk::ids::{CompanyId, TokenId};
use desk::{Access, Actor, ActorKind, Caller, Desk, Error};
use quick_cache::sync::Cache;
use tokio::time::Instant;

use crate::answer::Refusal;
use crate::edge::bearer::{Jwt, Unauthenticated};
use crate::edge::crypto::Sha256;
use crate::edge::error::Problem;

/// A token revoked by another process is refused after this time at the latest.
const MEMORY: Duration = Duration::from_secs(1);

/// A token that is valid, and what it opens.
#[derive(Debug)]
pub struct Known {
    /// Its number.
    pub id: TokenId,
    /// On whose behalf it speaks.
    pub caller: Caller,
    /// The key of this company's page tokens.
    pub page_key: Arc<[u8]>,
    scopes: desk::tokens::Token,
}

impl Known {
    /// Whether the token holds a scope.
    pub fn holds(&self, scope: &str) -> bool {
        self.scopes.holds(scope)
    }
}

/// The tokens seen lately, by the digest of their text.
pub struct Tokens(Cache<[u8; 32], (Arc<Known>, Instant)>);

impl Default for Tokens {
    fn default() -> Self {
        Tokens(Cache::new(10_000))
    }
}

impl Tokens {
    /// The token of an `Authorization` header.
    #[expect(clippy::disallowed_methods, reason = "a frozen clock must not keep a revoked token alive")]
    pub async fn recognise(&self, desk: &Desk, header: Option<&str>) -> Result<Arc<Known>, Refusal> {
        let shown = header.map(str::trim).unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(shown.as_bytes());
        let digest = hash.finish();
        if let Some((known, until)) = self.0.get(&digest)
            && Instant::now() < until
        {
            return Ok(known);
        }
        let jwt = Jwt::from_header(header).map_err(Problem::from)?;
        let claims = jwt.api_unverified().map_err(Problem::from)?;
        let text = shown.split_once(' ').map_or("", |(_, text)| text.trim()).to_string();
        let known = Arc::new(load(desk, CompanyId(claims.company), TokenId(claims.token), text).await?);
        self.0.insert(digest, (known.clone(), Instant::now() + MEMORY));
        Ok(known)
    }

    /// Forgets everything, so that a revocation in this process holds at once.
    pub fn forget(&self) {
        self.0.clear();
    }
}

async fn load(desk: &Desk, company: CompanyId, id: TokenId, text: String) -> Result<Known, Refusal> {
    let system = Caller::system(company);
    let found = desk.read(&system, move |work| {
        let token = desk::tokens::find(work, id, &text)?;
        Ok((token, work.directory()?.company.token_key.clone()))
    });
    let (token, key) = found.await.map_err(|error| match error {
        Error::NotFound(_) => Refusal::from(Problem::from(Unauthenticated::Unknown)),
        other => other.into(),
    })?;
    let access: Access = token.access()?;
    let actor = Actor { kind: ActorKind::Api, teammate: Some(token.bot) };
    Ok(Known { id, caller: Caller { company, actor, access: Arc::new(access) }, page_key: key.into(), scopes: token })
}

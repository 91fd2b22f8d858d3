//! The OAuth client of an app (contract/oauth.md).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::address::checked_redirect;
use crate::error::{Error, Result};
use crate::scopes;

/// Where codes may be sent, and what the tokens may do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
pub struct OAuthClient {
    /// Compared letter by letter with what a client asks for.
    pub redirect_urls: Vec<String>,
    /// Scopes as in the contract; `*` is every public one, but never triggers or the admin API.
    #[serde(default = "every_scope")]
    pub scopes: Vec<String>,
    /// Whether private resources of teammates who allow it are reached too.
    #[serde(default)]
    pub reaches_private: bool,
}

fn every_scope() -> Vec<String> {
    vec!["*".to_string()]
}

impl OAuthClient {
    pub(super) fn check(&self) -> Result<()> {
        if self.redirect_urls.is_empty() || self.redirect_urls.len() > 50 {
            return Err(Error::invalid("redirect_urls", "expected 1 to 50 addresses"));
        }
        for url in &self.redirect_urls {
            checked_redirect(url)?;
        }
        match self.scopes.iter().find(|scope| scopes::is_own(scope)) {
            Some(scope) => Err(Error::invalid("scopes", format!("{scope} is not for OAuth clients"))),
            None if self.scopes.is_empty() => Err(Error::invalid("scopes", "expected at least one scope")),
            None => Ok(()),
        }
    }

    /// Whether there are such scopes: asked of what is given, not of what was kept before they were compared.
    pub(super) fn check_scopes(&self) -> Result<()> {
        scopes::check(&self.scopes)
    }

    /// Whether a client may be sent back there.
    pub fn may_return_to(&self, url: &str) -> bool {
        self.redirect_urls.iter().any(|known| known == url)
    }
}

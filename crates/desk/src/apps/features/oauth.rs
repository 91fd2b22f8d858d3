//! The OAuth client of an app (contract/oauth.md).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::address::checked_redirect;
use crate::error::{Error, Result};

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

/// The scopes of Front's public API: nouns and what may be done with them. An app asks for those of operations that are
/// not served here as well, since it was written for Front.
const SCOPES: &[(&str, &[&str])] = &[
    ("accounts", &["read", "write", "delete"]),
    ("analytics", &["read"]),
    ("attachments", &["read"]),
    ("channels", &["read", "write"]),
    ("comments", &["read", "write"]),
    ("contacts", &["read", "write", "delete"]),
    ("conversations", &["read", "write", "delete"]),
    ("custom_fields", &["read"]),
    ("drafts", &["read", "write", "delete"]),
    ("events:*", &["read"]),
    ("inboxes", &["read", "write"]),
    ("knowledge_bases", &["read", "write", "delete"]),
    ("links", &["read", "write"]),
    ("message_templates", &["read", "write", "delete"]),
    ("messages", &["read", "write", "send"]),
    ("rules", &["read"]),
    ("shifts", &["read", "write"]),
    ("signatures", &["read", "write", "delete"]),
    ("statuses", &["read"]),
    ("tags", &["read", "write", "delete"]),
    ("teammate_groups", &["read", "write", "delete"]),
    ("teammates", &["read", "write"]),
    ("teams", &["read", "write"]),
    ("time_off", &["read", "write", "delete"]),
    ("views", &["read", "write"]),
];

fn exists(scope: &str) -> bool {
    let is_known =
        |(noun, verb): (&str, &str)| SCOPES.iter().any(|(known, verbs)| *known == noun && verbs.contains(&verb));
    scope == "*" || scope.rsplit_once(':').is_some_and(is_known)
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
        let never = |scope: &&String| scope.starts_with("portico:") || scope.starts_with("feature:");
        match self.scopes.iter().find(never) {
            Some(scope) => Err(Error::invalid("scopes", format!("{scope} is not for OAuth clients"))),
            None if self.scopes.is_empty() => Err(Error::invalid("scopes", "expected at least one scope")),
            None => Ok(()),
        }
    }

    /// Whether there are such scopes: asked of what is given, not of what was kept before they were compared.
    pub(super) fn check_scopes(&self) -> Result<()> {
        match self.scopes.iter().find(|scope| !exists(scope)) {
            Some(unknown) => Err(Error::invalid("scopes", format!("there is no scope {unknown:?}"))),
            None => Ok(()),
        }
    }

    /// Whether a client may be sent back there.
    pub fn may_return_to(&self, url: &str) -> bool {
        self.redirect_urls.iter().any(|known| known == url)
    }
}

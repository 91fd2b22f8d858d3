//! A partner's type of links (contract/links.md section 3).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Held;
use super::address::Target;
use crate::error::{Error, Result};

/// Links that belong to a partner: which they are, and who is told of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
pub struct LinkType {
    /// The `type` of its links.
    pub name: String,
    /// Addresses that belong to it: `*` stands for anything within a segment, `**` for anything across segments.
    pub patterns: Vec<String>,
    /// The app's server that a path belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Who is told of new links and their conversations: a whole address, or a path that begins with a slash.
    pub url: String,
}

/// Words that mean something else already (contract/links.md section 1).
const TAKEN: &[&str] = &["web"];

impl LinkType {
    pub(super) fn check(&self, beside: &[Held]) -> Result<()> {
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
        let is_taken = TAKEN.contains(&self.name.as_str()) || self.name.starts_with("app_");
        if self.name.is_empty() || self.name.len() > 32 || !self.name.bytes().all(is_word) || is_taken {
            let why = format!("expected a word of small letters other than web and app_…, found {:?}", self.name);
            return Err(Error::invalid("name", why));
        }
        if self.patterns.is_empty() || self.patterns.len() > 50 {
            return Err(Error::invalid("patterns", "expected 1 to 50 patterns"));
        }
        for pattern in &self.patterns {
            let host = pattern.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
            if host.trim_matches(['*', '.']).is_empty() || pattern.len() > 1_024 {
                let why = format!("expected an address with a host that is more than a wildcard, found {pattern:?}");
                return Err(Error::invalid("patterns", why));
            }
        }
        self.target().resolve(beside).map(drop)
    }

    /// Who is told of new links and their conversations.
    pub fn target(&self) -> Target {
        Target { server: self.server.clone(), url: self.url.clone() }
    }
}

//! A page of the app inside the inbox (contract/apps.md section 2.3).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::address::checked;
use crate::error::Result;
use crate::names;

/// Where the page is, and where it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
pub struct Plugin {
    /// What it is called.
    pub name: String,
    /// Where it is shown.
    pub place: Place,
    /// Its address; the app's plugin secret is added to the query.
    pub url: String,
    /// Whether phone numbers open it.
    #[serde(default)]
    pub calls: bool,
    /// Whether it is loaded before anybody looks at it.
    #[serde(default)]
    pub runs_in_background: bool,
}

/// Where a plugin is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Beside the conversation.
    Sidebar,
    /// Below the message that is written.
    Composer,
}

impl Plugin {
    pub(super) fn check(&self) -> Result<()> {
        names::checked("name", &self.name, 64)?;
        checked("url", &self.url).map(drop)
    }
}

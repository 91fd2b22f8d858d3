//! The servers of an app (contract/apps.md section 3).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::address::checked;
use crate::error::{Error, Result};
use crate::names;

/// A server that other features name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// How other features name it.
    pub name: String,
    /// What their paths are put behind.
    pub base_url: String,
    /// How it is told who calls, beside the signature that every call has: not at all, if it is left out.
    #[serde(default)]
    pub authentication: Authentication,
}

/// How a server is told who calls. The credentials themselves are given where the app is installed or a channel made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Authentication {
    /// By the signature alone.
    #[default]
    None,
    /// A key in a header.
    ApiKey {
        /// The header's name.
        header: String,
    },
    /// User name and password.
    Basic,
    /// A token in `Authorization`.
    Bearer,
    /// A token that the server itself grants. The client secret is kept apart, sealed.
    Oauth2 {
        /// How it is granted.
        grant: Grant,
        /// Where the token is asked for.
        token_url: String,
        /// Where people give their consent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        authorize_url: Option<String>,
        /// As whom we ask.
        client_id: String,
        /// What we ask for.
        #[serde(default)]
        scopes: Vec<String>,
        /// Where the server says whose token one is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        introspection_url: Option<String>,
    },
}

/// How a token is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// To the app itself.
    ClientCredentials,
    /// For a user name and password.
    Password,
    /// By a person's consent.
    AuthorizationCode,
}

impl Server {
    pub(super) fn check(&self) -> Result<()> {
        names::checked("name", &self.name, 64)?;
        checked("base_url", &self.base_url)?;
        match &self.authentication {
            Authentication::ApiKey { header } => {
                let is_token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
                match !header.is_empty() && header.len() <= 128 && header.bytes().all(is_token) {
                    true => Ok(()),
                    false => Err(Error::invalid("authentication.header", format!("no header is called {header:?}"))),
                }
            }
            Authentication::Oauth2 { grant, token_url, authorize_url, introspection_url, .. } => {
                checked("authentication.token_url", token_url)?;
                if let Some(url) = introspection_url {
                    checked("authentication.introspection_url", url)?;
                }
                match (grant, authorize_url) {
                    (Grant::AuthorizationCode, None) => {
                        Err(Error::invalid("authentication.authorize_url", "required for authorization_code"))
                    }
                    (_, Some(url)) => checked("authentication.authorize_url", url).map(drop),
                    (_, None) => Ok(()),
                }
            }
            Authentication::None | Authentication::Basic | Authentication::Bearer => Ok(()),
        }
    }
}

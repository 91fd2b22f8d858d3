//! Where a feature's calls go: an address of its own, or a path below one of the app's servers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Feature, Held};
use crate::error::{Error, Result};

/// The longest address.
const LONGEST: usize = 2_048;

/// `{"url": "https://…"}`, or `{"server": "main", "url": "/hooks"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The app's server that a path belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// A whole address, or a path that begins with a slash.
    pub url: String,
}

impl Target {
    /// The whole address, if the features make it one.
    pub fn resolve(&self, features: &[Held]) -> Result<String> {
        let Some(name) = &self.server else { return checked("url", &self.url) };
        let server = features.iter().find_map(|held| match &held.feature {
            Feature::Server(server) if server.name == *name => Some(server),
            _ => None,
        });
        let server = server.ok_or_else(|| Error::invalid("server", format!("the app has no server {name:?}")))?;
        if !self.url.starts_with('/') {
            return Err(Error::invalid("url", format!("expected a path below the server, found {:?}", self.url)));
        }
        checked("url", &format!("{}{}", server.base_url.trim_end_matches('/'), self.url))
    }
}

/// An address that can be called: http or https, with a host, without a fragment. Whether it may be called (private
/// networks, plain http) is decided when it is.
pub(super) fn checked(field: &str, text: &str) -> Result<String> {
    let refuse = |why: &str| Err(Error::invalid(field, format!("{why}: {text:?}")));
    if text.len() > LONGEST {
        return refuse("longer than 2048 characters");
    }
    if text.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        return refuse("an address holds no space");
    }
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return refuse("expected an address that begins with https://");
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || host.contains('@') {
        return refuse("expected a host, without a user in front of it");
    }
    if text.contains('#') {
        return refuse("an address that is called has no fragment");
    }
    Ok(text.to_string())
}

/// Whether two addresses are of one server: the same scheme, host and port.
pub(crate) fn is_same_server(one: &str, other: &str) -> bool {
    let server = |text: &str| {
        let (scheme, rest) = text.split_once("://")?;
        Some((scheme.to_ascii_lowercase(), rest.split(['/', '?', '#']).next()?.to_ascii_lowercase()))
    };
    server(one).is_some_and(|found| server(other) == Some(found))
}

/// The address of an icon: anywhere, or the picture itself as a `data:` address.
pub(crate) fn checked_icon(text: &str) -> Result<String> {
    match text.starts_with("data:image/") && text.len() <= 64 * 1024 {
        true => Ok(text.to_string()),
        false => checked("icon_url", text),
    }
}

/// Where a browser may be sent back to with a code: https, or http on this very machine (RFC 8252).
pub(super) fn checked_redirect(text: &str) -> Result<String> {
    let address = checked("redirect_urls", text)?;
    let host = address.strip_prefix("http://").map(|rest| rest.split(['/', '?', ':']).next().unwrap_or_default());
    let is_loopback =
        host.is_some_and(|host| matches!(host, "localhost" | "127.0.0.1")) || address.starts_with("http://[::1]");
    match host.is_none() || is_loopback {
        true => Ok(address),
        false => Err(Error::invalid("redirect_urls", format!("expected https, or http on localhost: {text:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_called_is_an_address() {
        for good in ["https://a.example", "http://127.0.0.1:3000/hook?x=1", "https://a.example/ä"] {
            assert_eq!(checked("url", good).ok().as_deref(), Some(good));
        }
        for bad in
            ["", "a.example", "ftp://a.example", "https://", "https://u@a.example/", "https://a b/", "https://a/#x"]
        {
            assert!(checked("url", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_server_is_its_scheme_host_and_port() {
        for same in ["https://a.example", "https://A.example/x", "https://a.example?y", "https://a.example/#z"] {
            assert!(is_same_server("https://a.example/hook", same), "{same}");
        }
        for other in [
            "http://a.example/hook",
            "https://a.example:8443/hook",
            "https://a.example@b.example/",
            "https://a.example.b.example/",
            "https://a.example\\@b.example/",
            "a.example",
        ] {
            assert!(!is_same_server("https://a.example/hook", other), "{other}");
        }
    }

    #[test]
    fn a_browser_is_sent_back_over_tls_or_to_this_machine() {
        for good in ["https://a.example/back", "http://localhost:3000/cb", "http://127.0.0.1/cb", "http://[::1]:9/cb"] {
            assert!(checked_redirect(good).is_ok(), "{good}");
        }
        for bad in ["http://a.example/cb", "http://localhost.evil.example/cb", "https://a.example/#x", "app://cb"] {
            assert!(checked_redirect(bad).is_err(), "{bad}");
        }
    }
}

//! The wall between what a customer may name as a receiver and what stands beside Portico on its own network.
//!
//! A URL is parsed once, its host is resolved once, *every* address found is judged, and the connection goes to an
//! address that was judged: a name that changes its mind between the check and the connection gains nothing.

mod address;
mod resolve;

pub use address::is_public;
pub use resolve::Resolver;

use http::{HeaderValue, Uri};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use thiserror::Error;
use url::{Host, Url};

/// No receiver's address needs more.
const LONGEST_URL: usize = 8192;

/// What receivers are allowed to be. The default is the strict one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// Receivers on loopback, private and otherwise special addresses are allowed.
    pub allow_private: bool,
    /// Receivers without TLS are allowed.
    pub allow_http: bool,
}

/// The way out for whoever tries things on their own machine.
const SWITCH: &str = " (--allow-private-networks allows it)";

/// Why a receiver was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// It does not parse as a URL with a host.
    #[error("not a URL that can be called: {0}")]
    Malformed(String),
    /// Only `https`, and `http` where it is allowed.
    #[error("the scheme {0} is not allowed{hint}", hint = if .0 == "http" { SWITCH } else { "" })]
    Scheme(String),
    /// `https://trusted.example@evil.example` misleads whoever reads it.
    #[error("a URL with a user name or password is not allowed")]
    UserInfo,
    /// The host is, or resolves to, an address that is not public.
    #[error("{host} is at {address}, which is not a public address{hint}", hint = if .address.is_unspecified() { "" } else { SWITCH })]
    Private {
        /// The host as it was written.
        host: String,
        /// The first address that was refused.
        address: IpAddr,
    },
    /// The name does not resolve.
    #[error("{host} cannot be resolved: {why}")]
    Unresolved {
        /// The host as it was written.
        host: String,
        /// The resolver's own words.
        why: String,
    },
}

/// Where a connection goes: what connections may be shared for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Speaks TLS.
    pub tls: bool,
    /// Name or address, as TLS and the resolver want it (no brackets).
    pub host: Place,
    /// The port, written or implied.
    pub port: u16,
}

/// A host after parsing: every spelling of an IPv4 address (`0x7f.1`, `2130706433`) has become the address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A name to be resolved.
    Name(String),
    /// A literal address.
    Address(IpAddr),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Name(name) => f.write_str(name),
            Place::Address(address) => address.fmt(f),
        }
    }
}

/// A checked URL, taken apart once so that a request costs no parsing.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where to connect to.
    pub origin: Arc<Origin>,
    /// The path and query, as the request line wants them.
    pub path: Uri,
    /// The `Host` header.
    pub host: HeaderValue,
}

impl Guard {
    /// Parses and checks everything that can be known without resolving.
    pub fn parse(&self, text: &str) -> Result<Target, Refusal> {
        if text.len() > LONGEST_URL {
            return Err(Refusal::Malformed(format!("longer than {LONGEST_URL} characters")));
        }
        let url = Url::parse(text).map_err(|e| Refusal::Malformed(e.to_string()))?;
        let tls = match url.scheme() {
            "https" => true,
            "http" if self.allow_http => false,
            other => return Err(Refusal::Scheme(other.to_string())),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::UserInfo);
        }
        let place = match url.host() {
            Some(Host::Domain(name)) => Place::Name(name.to_string()),
            Some(Host::Ipv4(address)) => Place::Address(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Place::Address(IpAddr::V6(address)),
            None => return Err(Refusal::Malformed("it names no host".into())),
        };
        let port = url.port_or_known_default().unwrap_or(if tls { 443 } else { 80 });
        if let Place::Address(address) = place {
            self.judge(&place, [address])?;
        }
        let written = url.host_str().unwrap_or_default();
        let host = match url.port() {
            Some(port) => format!("{written}:{port}"),
            None => written.to_string(),
        };
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_string(),
        };
        Ok(Target {
            path: path.parse().map_err(|e: http::uri::InvalidUri| Refusal::Malformed(e.to_string()))?,
            host: HeaderValue::try_from(host).map_err(|e| Refusal::Malformed(e.to_string()))?,
            origin: Arc::new(Origin { tls, host: place, port }),
        })
    }

    /// Refuses a host when any of its addresses is not public: one good address among bad ones proves nothing.
    pub fn judge(&self, host: &Place, addresses: impl IntoIterator<Item = IpAddr>) -> Result<(), Refusal> {
        for address in addresses {
            // Not even an operator's own tests deliver to these: connecting to them reaches the machine itself.
            let nowhere = [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)].contains(&address);
            if nowhere || (!self.allow_private && !is_public(address)) {
                return Err(Refusal::Private { host: host.to_string(), address });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: Guard = Guard { allow_private: false, allow_http: false };
    const OPEN: Guard = Guard { allow_private: true, allow_http: true };

    #[test]
    fn a_plain_receiver_is_taken_apart() {
        let target = STRICT.parse("https://Example.com:8443/hook/a%20b?x=1#part").unwrap();
        let origin = Origin { tls: true, host: Place::Name("example.com".into()), port: 8443 };
        assert_eq!(*target.origin, origin);
        assert_eq!(
            (target.path.to_string().as_str(), target.host.as_bytes()),
            ("/hook/a%20b?x=1", &b"example.com:8443"[..])
        );
        let bare = STRICT.parse("https://example.com").unwrap();
        assert_eq!((bare.path.to_string().as_str(), bare.host.as_bytes()), ("/", &b"example.com"[..]));
    }

    #[test]
    fn every_spelling_of_a_private_address_is_refused() {
        for url in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://017700000001/",
            "https://0177.0.0.1/",
            "https://127.0.0.1./",
            "https://%31%32%37.0.0.1/",
            "https://①②⑦.0.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://0xa9fea9fe/",
            "https://[::1]/",
            "https://[::]/",
            "https://0/",
            "https://[::ffff:10.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[64:ff9b::a00:1]/",
            "https://[2002:7f00:1::]/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
        ] {
            assert!(matches!(STRICT.parse(url), Err(Refusal::Private { .. })), "{url}: {:?}", STRICT.parse(url));
        }
    }

    #[test]
    fn schemes_users_and_nonsense_are_refused() {
        assert_eq!(STRICT.parse("http://example.com/").unwrap_err(), Refusal::Scheme("http".into()));
        assert_eq!(OPEN.parse("file:///etc/passwd").unwrap_err(), Refusal::Scheme("file".into()));
        assert_eq!(OPEN.parse("ftp://example.com/").unwrap_err(), Refusal::Scheme("ftp".into()));
        assert_eq!(OPEN.parse("https://good.example@evil.example/").unwrap_err(), Refusal::UserInfo);
        assert_eq!(OPEN.parse("https://:secret@evil.example/").unwrap_err(), Refusal::UserInfo);
        for nonsense in ["", "example.com", "https://", "https://exa mple.com/", "https://999.1.1.1/", "/hook"] {
            assert!(matches!(OPEN.parse(nonsense), Err(Refusal::Malformed(_))), "{nonsense}");
        }
        assert!(OPEN.parse(&format!("https://example.com/{}", "x".repeat(9000))).is_err());
    }

    #[test]
    fn an_open_guard_allows_loopback_but_never_the_unspecified_address() {
        assert!(OPEN.parse("http://127.0.0.1:8080/").is_ok());
        assert!(OPEN.parse("http://[::1]:8080/").is_ok());
        assert!(OPEN.parse("http://0.0.0.0:8080/").is_err());
    }

    #[test]
    fn one_private_address_among_public_ones_refuses_the_host() {
        let host = Place::Name("mixed.example".into());
        let (public, private) = ("93.184.215.14".parse().unwrap(), "10.0.0.1".parse().unwrap());
        assert!(STRICT.judge(&host, [public]).is_ok());
        assert_eq!(
            STRICT.judge(&host, [public, private]).unwrap_err(),
            Refusal::Private { host: "mixed.example".into(), address: private }
        );
    }
}

//! What a receiver is shown beside the signature, so that it knows on whose behalf it is called.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};

/// A header with a secret in it; none where it can be no header's value.
pub type Shown = Option<(HeaderName, HeaderValue)>;

/// A token.
pub fn bearer(token: &str) -> Shown {
    shown(AUTHORIZATION, &format!("Bearer {token}"))
}

/// User name and password.
pub fn basic(username: &str, password: &str) -> Shown {
    shown(AUTHORIZATION, &format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))))
}

/// A key in a header of the receiver's choice.
pub fn key(header: &str, key: &str) -> Shown {
    shown(header.parse().ok()?, key)
}

fn shown(name: HeaderName, value: &str) -> Shown {
    let mut value = HeaderValue::from_str(value).ok()?;
    // Whoever prints the headers prints no secret.
    value.set_sensitive(true);
    Some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_written_as_its_standard_has_it() {
        let text = |shown: Shown| shown.map(|(name, value)| format!("{name}: {}", value.to_str().expect("text")));
        assert_eq!(text(bearer("t0k")).as_deref(), Some("authorization: Bearer t0k"));
        assert_eq!(text(basic("user", "pass:word")).as_deref(), Some("authorization: Basic dXNlcjpwYXNzOndvcmQ="));
        assert_eq!(text(key("X-Api-Key", "k1")).as_deref(), Some("x-api-key: k1"));
        assert_eq!((bearer("a\nb"), key("no header", "k")), (None, None));
    }

    #[test]
    fn what_is_shown_does_not_print() {
        assert!(!format!("{:?}", bearer("t0k")).contains("t0k"));
    }
}

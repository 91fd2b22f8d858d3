//! What needs cryptography: whether a call is Front's, and words that nobody can guess.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use crate::error::{Error, Result};

/// Whether these bytes were signed with our token: base64(HMAC-SHA256("timestamp:body")), over the body exactly as it came.
/// The body read and written again has other bytes, and another signature.
///
/// We do not ask how old the timestamp is, as everything we are told may be told again without harm (see `bridge`).
pub fn is_signed(token: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(timestamp), Some(signature)) = (header("x-front-request-timestamp"), header("x-front-signature")) else {
        return false;
    };
    let Ok(signature) = STANDARD.decode(signature) else { return false };
    let signed = [timestamp.as_bytes(), b":", body].concat();
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes()), &signed, &signature).is_ok()
}

/// A word that nobody can guess.
pub fn unguessable() -> Result<String> {
    let mut bytes = [0; 24];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::odd("the machine has no randomness"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"type":"sync","authorization":{"id":"cmp_1"},"ts":1632869241.975}"#;

    fn headers(timestamp: &str, signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-front-request-timestamp", timestamp.parse().unwrap());
        headers.insert("x-front-signature", signature.parse().unwrap());
        headers
    }

    #[test]
    fn only_these_very_bytes_with_our_token_are_signed() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"ours");
        let signature = STANDARD.encode(hmac::sign(&key, &[b"1632869241975:".as_slice(), BODY].concat()));
        let good = headers("1632869241975", &signature);
        assert!(is_signed("ours", &good, BODY));
        assert!(!is_signed("another", &good, BODY));
        assert!(!is_signed("ours", &good, &BODY[1..]));
        assert!(!is_signed("ours", &headers("1632869241976", &signature), BODY));
        assert!(!is_signed("ours", &headers("1632869241975", "no base64!"), BODY));
        assert!(!is_signed("ours", &HeaderMap::new(), BODY));
    }
}

//! The two signatures Front's receivers verify.
//!
//! Rule webhooks carry base64(HMAC-SHA1(body)); everything that belongs to an application carries
//! base64(HMAC-SHA256("timestamp:body")) and says the timestamp, in milliseconds, in a header of its own.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use ring::{digest, hmac};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Carries the signature of either kind.
pub const SIGNATURE: HeaderName = HeaderName::from_static("x-front-signature");
/// Carries the milliseconds an application signature was made at.
pub const TIMESTAMP: HeaderName = HeaderName::from_static("x-front-request-timestamp");
/// Names what is sent, by the Standard Webhooks specification.
pub const STANDARD_ID: HeaderName = HeaderName::from_static("webhook-id");
/// The seconds a standard signature was made at.
pub const STANDARD_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
/// Carries the standard signatures.
pub const STANDARD_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// What stands in for the body of a request that has none: Front's own sample signs the text of an undefined value.
pub const NO_BODY: &[u8] = b"undefined";

/// Signs with a company's API secret, as rule webhooks and plain custom channels do. Prints nothing of the secret.
#[derive(Clone)]
pub struct RuleKey(hmac::Key);

impl RuleKey {
    /// Takes the secret's characters as they are shown, without decoding.
    pub fn new(secret: &str) -> RuleKey {
        // SHA-1 is what every existing receiver verifies; HMAC does not lean on its collision resistance.
        RuleKey(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes()))
    }

    /// The signature of exactly these bytes.
    pub fn sign(&self, body: &[u8]) -> String {
        STANDARD.encode(hmac::sign(&self.0, body))
    }

    /// Whether `signature` belongs to these bytes, compared in constant time.
    pub fn verify(&self, body: &[u8], signature: &str) -> bool {
        STANDARD.decode(signature).is_ok_and(|mac| hmac::verify(&self.0, body, &mac).is_ok())
    }
}

/// Signs with an application's or channel type's secret. Prints nothing of the secret.
#[derive(Clone)]
pub struct ApplicationKey(hmac::Key);

impl ApplicationKey {
    /// Takes the secret's characters as they are shown, without decoding.
    pub fn new(secret: &str) -> ApplicationKey {
        ApplicationKey(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
    }

    /// The signature of `body` at `timestamp` milliseconds. For a `GET` pass [`NO_BODY`].
    pub fn sign(&self, timestamp: i64, body: &[u8]) -> String {
        STANDARD.encode(self.mac(timestamp, body))
    }

    /// Whether `signature` belongs to this timestamp and body, compared in constant time.
    pub fn verify(&self, timestamp: i64, body: &[u8], signature: &str) -> bool {
        let Ok(given) = STANDARD.decode(signature) else { return false };
        // ring compares in constant time only what it verifies itself, so both MACs are verified under one more key.
        hmac::verify(&self.0, self.mac(timestamp, body).as_ref(), hmac::sign(&self.0, &given).as_ref()).is_ok()
    }

    /// The signature of the Standard Webhooks specification: over name, seconds and body.
    fn standard(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{seconds}.").as_bytes());
        context.update(body);
        STANDARD.encode(context.sign())
    }

    fn mac(&self, timestamp: i64, body: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(timestamp.to_string().as_bytes());
        context.update(b":");
        context.update(body);
        context.sign()
    }
}

/// What receivers sign with, rightly or wrongly.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Sha1,
    Sha256,
    /// No HMAC, but a hash over secret and content.
    Sha256WithoutKey,
}

/// A signature by any of the algorithms, to be compared with what a receiver computed.
pub(crate) fn mac(algorithm: Algorithm, secret: &[u8], content: &[u8]) -> Vec<u8> {
    let keyed = |algorithm| hmac::sign(&hmac::Key::new(algorithm, secret), content).as_ref().to_vec();
    match algorithm {
        Algorithm::Sha1 => keyed(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
        Algorithm::Sha256 => keyed(hmac::HMAC_SHA256),
        Algorithm::Sha256WithoutKey => digest::digest(&digest::SHA256, &[secret, content].concat()).as_ref().to_vec(),
    }
}

/// How a request is signed at the moment it is sent.
#[derive(Clone, Debug, Default)]
pub enum Signer {
    /// Not at all.
    #[default]
    Unsigned,
    /// As rule webhooks are.
    Rule(RuleKey),
    /// The same, for bytes that several receivers get.
    Shared(Arc<Shared>),
    /// As requests to applications are: the timestamp differs from attempt to attempt.
    Application(ApplicationKey),
    /// The same, with the headers of the Standard Webhooks specification beside Front's.
    Standard(Arc<Standard>),
}

/// The signature of one event's bytes as a rule sends them: whoever sends them first makes it, for all who get the same.
pub struct Shared {
    key: RuleKey,
    body: Bytes,
    signature: OnceLock<HeaderValue>,
}

impl Shared {
    /// For these bytes, signed with this key.
    pub fn new(key: RuleKey, body: Bytes) -> Shared {
        Shared { key, body, signature: OnceLock::new() }
    }

    /// Whether it is about the very bytes, which are not compared but for where they are.
    pub fn is_of(&self, body: &[u8]) -> bool {
        std::ptr::eq(&raw const *self.body, body)
    }

    fn apply(&self, body: &[u8], headers: &mut HeaderMap) {
        if !self.is_of(body) {
            return put(headers, SIGNATURE, self.key.sign(body));
        }
        let signature = self.signature.get_or_init(|| value(self.key.sign(body)));
        headers.insert(SIGNATURE, signature.clone());
    }
}

/// What the headers of the Standard Webhooks specification are made of. Its secret, in the specification's own words,
/// is `whsec_` and the base64 of the application secret's characters.
#[derive(Debug)]
pub struct Standard {
    /// Signs Front's header.
    pub front: ApplicationKey,
    /// Every secret that verifies at present: during a rotation the receiver finds the signature that it knows.
    pub keys: Vec<ApplicationKey>,
    /// What is sent, by a name that is the same on every attempt and every replay.
    pub id: String,
}

impl Standard {
    fn apply(&self, now: i64, body: &[u8], headers: &mut HeaderMap) {
        let seconds = now.div_euclid(1000);
        let signed = self.keys.iter().map(|key| format!("v1,{}", key.standard(&self.id, seconds, body)));
        let signatures: Vec<String> = signed.collect();
        put(headers, STANDARD_ID, self.id.clone());
        put(headers, STANDARD_TIMESTAMP, seconds.to_string());
        put(headers, STANDARD_SIGNATURE, signatures.join(" "));
    }
}

impl Signer {
    /// Adds the signature headers for a request with these bytes; `None` is a request without a body.
    pub fn apply(&self, now: i64, body: Option<&[u8]>, headers: &mut HeaderMap) {
        match self {
            Signer::Unsigned => {}
            Signer::Rule(key) => put(headers, SIGNATURE, key.sign(body.unwrap_or_default())),
            Signer::Shared(shared) => shared.apply(body.unwrap_or_default(), headers),
            Signer::Application(key) => {
                put(headers, TIMESTAMP, now.to_string());
                put(headers, SIGNATURE, key.sign(now, body.unwrap_or(NO_BODY)));
            }
            Signer::Standard(standard) => {
                Signer::Application(standard.front.clone()).apply(now, body, headers);
                standard.apply(now, body.unwrap_or_default(), headers);
            }
        }
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, text: String) {
    headers.insert(name, value(text));
}

/// Digits, names of ours and base64 are always a legal header value.
fn value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

impl fmt::Debug for RuleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RuleKey(..)")
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared(..)")
    }
}

impl fmt::Debug for ApplicationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApplicationKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = r#"{"_links":{"self":"https://acme.api.frontapp.com/events/evt_1a2b3"},"id":"evt_1a2b3","type":"archive","emitted_at":1700000000.123}"#;
    const B: &str = r#"{"type":"sync","authorization":{"id":"cmp_abc"}}"#;
    const C: &str = r#"{"type":"inbound_received","authorization":{"id":"cmp_abc"},"payload":{"id":"evt_1a2b3","type":"inbound","emitted_at":1700000000.123,"conversation":{"id":"cnv_55c8c149","subject":"Café – réservation"}}}"#;
    const D: &str = r#"{"type":"link_created","ts":1700000000.789,"authorization":{"id":"cmp_abc"},"payload":{"_links":{"self":"https://acme.api.frontapp.com/links/top_123"},"id":"top_123","name":"https://tracker.example.com/AB-123","type":"tracker","external_url":"https://tracker.example.com/AB-123"}}"#;
    const E: &str = r#"{"type":"message","payload":{"id":"msg_55c8c149"}}"#;

    #[test]
    fn rule_signatures_match_the_worked_ones() {
        assert_eq!(A.len(), 130);
        let vectors = [
            ("rule-secret-0123456789abcdef", A, "4OP4Cngixhc7X6htqgcmA9V9T4A="),
            ("s3cr3t-app-key", r#"{"id":"evt_1"}"#, "e/bqVxGszdbKFrbfG3AlgTdctpo="),
        ];
        for (secret, body, signature) in vectors {
            let key = RuleKey::new(secret);
            assert_eq!(key.sign(body.as_bytes()), signature);
            assert!(key.verify(body.as_bytes(), signature));
            assert!(!key.verify(b"other", signature));
            assert!(!key.verify(body.as_bytes(), "not base64!"));
        }
    }

    #[test]
    fn application_signatures_match_the_worked_ones() {
        assert_eq!(C.len(), 206);
        let (app, channel) = ("app-signing-key-0123456789abcdef", "s3cr3t-app-key");
        let vectors: &[(&str, i64, &str, &str)] = &[
            (app, 1700000000123, B, "zYq0BARjhO9BAmi5p3rpjUyTeR7aybwhNhq62Pwfg/s="),
            (app, 1700000000456, C, "Pn+JMkpTt5UpOV9/m9NTfSbGZY0yBQ86veakpGcisCs="),
            (app, 1700000000789, D, "8z1dT553+fqdlobFCvEQptgbcO6dXgANByYKW4L+RtM="),
            (app, 1700000000999, "undefined", "XhoE5mhH7sZqeV5g7WpxF6pbJhO1ih/qRTkhxW1yKrs="),
            (app, 1700000000999, "", "EXRdmAGFIt3YwJjsz9lC5UHNd20Z8z8c+T7mhVWXzAI="),
            (app, 1700000001000, E, "ioet8o7M+V8ZOiXk2G6r5JV1Dx+acFmdBtASsVNTVvw="),
            (
                channel,
                1760000000123,
                r#"{"type":"authorization","payload":{"channel_id":"cha_1a2b"}}"#,
                "C4bFkNFY19zCpA6hWaV0y0ET6GwWz2UCDW9Q7+wW6PU=",
            ),
            (
                channel,
                1760000000123,
                r#"{"type":"message","payload":{"id":"msg_3c4d","text":"Héllo"},"metadata":{"external_conversation_ids":["conv-1"]}}"#,
                "fwQr3UFSkLeO7QO1ejqhgJpNVBlPEKIX+UbN0Kt7yto=",
            ),
            (
                channel,
                1760000000123,
                r#"{"type":"delete","payload":{"channel_id":"cha_1a2b"}}"#,
                "ZnbEBsCZiMlIl6O6UKtWhaei57mEywLWv14CZbNX7Ps=",
            ),
            (channel, 1760000000123, "undefined", "yYypvuQO6Lar7OqTsDMNPdg9iA8VD7jGRYdnk6AdAOU="),
        ];
        for (secret, at, body, signature) in vectors {
            let key = ApplicationKey::new(secret);
            assert_eq!(&key.sign(*at, body.as_bytes()), signature, "{body}");
            assert!(key.verify(*at, body.as_bytes(), signature));
            assert!(!key.verify(*at + 1, body.as_bytes(), signature));
            assert!(!key.verify(*at, body.as_bytes(), "AAAA"));
        }
    }

    #[test]
    fn a_request_without_a_body_signs_the_word_undefined() {
        let mut headers = HeaderMap::new();
        let signer = Signer::Application(ApplicationKey::new("s3cr3t-app-key"));
        signer.apply(1760000000123, None, &mut headers);
        assert_eq!(headers[SIGNATURE], "yYypvuQO6Lar7OqTsDMNPdg9iA8VD7jGRYdnk6AdAOU=");
        assert_eq!(headers[TIMESTAMP], "1760000000123");
    }

    #[test]
    fn standard_signatures_match_the_specification_and_stand_beside_ours() {
        let key = ApplicationKey(hmac::Key::new(
            hmac::HMAC_SHA256,
            &STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64"),
        ));
        let signed = key.standard("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let keys = ["app-signing-key-0123456789abcdef", "another"].map(ApplicationKey::new);
        let front = keys[0].clone();
        let signer = Signer::Standard(Arc::new(Standard { front, keys: keys.to_vec(), id: "evt_1a2b3".to_string() }));
        let mut headers = HeaderMap::new();
        signer.apply(1700000000123, Some(B.as_bytes()), &mut headers);
        assert_eq!(headers[SIGNATURE], "zYq0BARjhO9BAmi5p3rpjUyTeR7aybwhNhq62Pwfg/s=");
        assert_eq!(
            (&headers[STANDARD_ID], &headers[STANDARD_TIMESTAMP]),
            (&"evt_1a2b3".parse().unwrap(), &"1700000000".parse().unwrap())
        );
        let signatures = headers[STANDARD_SIGNATURE].to_str().unwrap();
        assert!(signatures.starts_with("v1,P99wff3B5dVp8YkvddxvEoroUvRTC9MaYfa/e/uNJCs= v1,"), "{signatures}");
    }

    #[test]
    fn a_signature_is_shared_by_those_who_get_the_very_bytes() {
        let body = Bytes::from_static(A.as_bytes());
        let signer = Signer::Shared(Arc::new(Shared::new(RuleKey::new("rule-secret-0123456789abcdef"), body.clone())));
        let signed = |body: &[u8]| {
            let mut headers = HeaderMap::new();
            signer.apply(0, Some(body), &mut headers);
            headers.remove(SIGNATURE).unwrap()
        };
        // What it is not about is signed by itself, be it asked before or after.
        let other = RuleKey::new("rule-secret-0123456789abcdef").sign(B.as_bytes());
        assert_eq!(signed(B.as_bytes()), other);
        assert_eq!(signed(&body), "4OP4Cngixhc7X6htqgcmA9V9T4A=");
        assert_eq!(signed(&body.clone()), "4OP4Cngixhc7X6htqgcmA9V9T4A=");
        assert_eq!(signed(&body[..0]), RuleKey::new("rule-secret-0123456789abcdef").sign(b""));
        assert_eq!(signed(B.as_bytes()), other);
    }

    #[test]
    fn keys_do_not_print_themselves() {
        assert_eq!(format!("{:?}", RuleKey::new("secret")), "RuleKey(..)");
        assert_eq!(
            format!("{:?}", Signer::Application(ApplicationKey::new("secret"))),
            "Application(ApplicationKey(..))"
        );
    }
}

//! Why a signature does not verify: instead of "invalid", the step that differs.
//!
//! A receiver that fails to verify a request of ours usually does one small thing otherwise: it signs JSON that it wrote
//! anew, compares hexadecimal digits with base64, or forgets the timestamp. So every such slip, alone and together with
//! others, is tried out, and the fewest that explain a signature are named. What is explained is the signature of the
//! request, given body and secret as the receiver has them; or, if it says what it computed, that.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use http::HeaderMap;
use wire::javascript;

use crate::sign::{Algorithm, NO_BODY, SIGNATURE, TIMESTAMP, mac};

/// The largest body that is looked at, in bytes: more than a thousand signatures are made of it.
pub const LARGEST: usize = 64 * 1024;
/// How old a timestamp may be before receivers should refuse it (milliseconds; contract/webhooks.md section 1.3).
pub const FRESH: i64 = 5 * 60 * 1_000;

/// How a request is signed, by what its headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// base64(HMAC-SHA1(secret, body)), without a timestamp.
    Rule,
    /// base64(HMAC-SHA256(secret, "timestamp:body")).
    Application,
}

impl Scheme {
    /// The word outside.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Rule => "rule",
            Scheme::Application => "application",
        }
    }
}

macro_rules! causes {
    ($($(#[$doc:meta])* $name:ident $code:literal $weight:literal $why:literal,)+) => {
        /// One thing that differs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Cause {
            $($(#[$doc])* $name,)+
        }

        impl Cause {
            /// Every cause.
            pub const ALL: &'static [Cause] = &[$(Cause::$name),+];

            /// The word outside.
            pub fn code(self) -> &'static str {
                match self {
                    $(Cause::$name => $code,)+
                }
            }

            /// What is the matter, and what to do.
            pub fn why(self) -> &'static str {
                match self {
                    $(Cause::$name => $why,)+
                }
            }

            /// How unlikely it is: of two explanations the lighter one is told.
            fn weight(self) -> u32 {
                match self {
                    $(Cause::$name => $weight,)+
                }
            }
        }
    };
}

causes! {
    /// No signature header.
    MissingSignature "missing_signature" 1 "The request has no x-front-signature header: nothing was signed, or a proxy took it away.",
    /// A SHA-256 signature without its timestamp header.
    MissingTimestamp "missing_timestamp" 1 "The signature is as long as SHA-256 makes it, but there is no x-front-request-timestamp header, over which it was made.",
    /// The timestamp header is no number.
    BadTimestamp "bad_timestamp" 1 "x-front-request-timestamp is not a number of milliseconds.",
    /// The request is too old, or of the future.
    ClockSkew "clock_skew" 1 "The timestamp is more than five minutes off: a clock is wrong, or the request is being replayed.",
    /// Written anew.
    ReserialisedJson "reserialised_json" 1 "The body was parsed and written anew. Verify the raw bytes, before any JSON middleware touches them.",
    /// Space around it.
    TrimmedBody "trimmed_body" 1 "White space at the end or the beginning of the body was taken away or added. Verify the raw bytes.",
    /// Other line ends.
    LineEndings "line_endings" 2 "The line endings of the body were changed. Verify the raw bytes.",
    /// Another character set.
    Recoded "recoded_text" 2 "The body went through another character set (Latin-1 for UTF-8). Keep it as bytes.",
    /// Nothing in place of the body.
    EmptyBody "empty_body" 2 "The signature is over no body at all: it had been read already, or it was a GET.",
    /// The text `undefined`.
    UndefinedBody "undefined_body" 2 "The signature is over the word undefined, as for a GET: there was no body when it was made.",
    /// No timestamp in front.
    NoTimestamp "no_timestamp" 1 "The timestamp and its colon are missing in front of the body.",
    /// A timestamp in front where none belongs.
    NeedlessTimestamp "needless_timestamp" 2 "A timestamp stands in front of the body, but rule webhooks are signed over the body alone.",
    /// A full stop.
    WrongSeparator "wrong_separator" 2 "Timestamp and body are joined with a full stop. A colon belongs between them.",
    /// Divided by 1000.
    SecondsForMilliseconds "seconds_for_milliseconds" 1 "The timestamp was taken in seconds. Use the header's milliseconds as they are.",
    /// Times 1000.
    MillisecondsTwice "milliseconds_twice" 3 "The timestamp was multiplied by 1000, but it is in milliseconds already.",
    /// The other algorithm.
    WrongAlgorithm "wrong_algorithm" 1 "The wrong algorithm: rule webhooks are signed with HMAC-SHA1, everything of applications with HMAC-SHA256.",
    /// A hash without a key.
    NoKey "no_key" 2 "The secret was hashed together with the body. Use it as the key of an HMAC.",
    /// Hexadecimal digits.
    HexForBase64 "hex_for_base64" 1 "The signature is written in hexadecimal digits. The header has base64.",
    /// The other alphabet.
    Base64Variant "base64_variant" 1 "The signature is in base64 for addresses, or without its padding. The header has standard base64.",
    /// The secret's own white space.
    SecretSpace "secret_space" 1 "There is white space around the secret.",
    /// A decoded secret.
    DecodedSecret "decoded_secret" 2 "The secret was decoded. Its characters are the key as they are.",
    /// Nothing explains it.
    WrongSecret "wrong_secret" 9 "Nothing else explains it: most likely the secret is not the one that signs (an app's, a channel's and the company's differ), or the body is not the one that was sent.",
}

/// What a receiver has.
#[derive(Debug, Clone, Copy)]
pub struct Given<'g> {
    /// The headers of the request.
    pub headers: &'g HeaderMap,
    /// Its body, as the receiver has it; `None` for a request without one.
    pub body: Option<&'g [u8]>,
    /// The secret that it verifies with.
    pub secret: &'g str,
    /// What it computed, if it tells.
    pub computed: Option<&'g str>,
    /// The time now, in milliseconds.
    pub now: i64,
}

/// What is the matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// How the request is signed.
    pub scheme: Scheme,
    /// Whether everything is as it should be.
    pub is_valid: bool,
    /// What differs; empty if nothing does.
    pub causes: Vec<Cause>,
    /// The signature that belongs to headers, body and secret as they were given.
    pub expected: String,
    /// How old the request is by its timestamp, in milliseconds; negative if that lies ahead.
    pub age: Option<i64>,
}

impl Diagnosis {
    /// Whether the signature is right, however old the request may be.
    pub fn is_signed_right(&self) -> bool {
        self.causes.iter().all(|cause| *cause == Cause::ClockSkew)
    }
}

/// Finds what differs. A body over [`LARGEST`] is only verified, not explained.
pub fn diagnose(given: &Given<'_>) -> Diagnosis {
    let text = |name| given.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let (signature, stamp) = (text(SIGNATURE), text(TIMESTAMP));
    let is_long = signature.is_some_and(|text| STANDARD.decode(text).is_ok_and(|mac| mac.len() == 32));
    let scheme = if stamp.is_some() || is_long { Scheme::Application } else { Scheme::Rule };
    let stamp_number = stamp.and_then(|stamp| stamp.parse::<i64>().ok());
    let tries = Tries { given, scheme, stamp: stamp.unwrap_or_default() };
    let expected = tries.expected();
    let mut causes = Vec::new();
    match (signature, stamp, stamp_number) {
        (None, ..) => causes.push(Cause::MissingSignature),
        (_, None, _) if scheme == Scheme::Application => causes.push(Cause::MissingTimestamp),
        (_, Some(_), None) => causes.push(Cause::BadTimestamp),
        _ => {}
    }
    if causes.is_empty() {
        // What the receiver computed explains more than what it got, which nobody but its body may have changed.
        let received = signature.unwrap_or_default();
        causes = match given.computed.map(str::trim) {
            Some(computed) if computed != received => tries.explain(computed).unwrap_or_else(|| {
                let of_request = tries.explain(received);
                of_request.filter(|causes| !causes.is_empty()).unwrap_or_else(|| vec![Cause::WrongSecret])
            }),
            _ => tries.explain(received).unwrap_or_else(|| vec![Cause::WrongSecret]),
        };
        if stamp_number.is_some_and(|stamp| given.now.saturating_sub(stamp).saturating_abs() > FRESH) {
            causes.push(Cause::ClockSkew);
        }
    }
    let age = stamp_number.map(|stamp| given.now.saturating_sub(stamp));
    Diagnosis { scheme, is_valid: causes.is_empty(), causes, expected, age }
}

struct Tries<'g> {
    given: &'g Given<'g>,
    scheme: Scheme,
    stamp: &'g str,
}

type Variants<T> = Vec<(T, Option<Cause>)>;

impl Tries<'_> {
    fn expected(&self) -> String {
        let (algorithm, content) = match self.scheme {
            Scheme::Rule => (Algorithm::Sha1, self.given.body.unwrap_or_default().to_vec()),
            Scheme::Application => (Algorithm::Sha256, joined(self.stamp, ":", self.given.body.unwrap_or(NO_BODY))),
        };
        STANDARD.encode(mac(algorithm, self.given.secret.as_bytes(), &content))
    }

    /// The lightest slips that lead to a signature; none if it is the right one, nothing if no slips do.
    fn explain(&self, signature: &str) -> Option<Vec<Cause>> {
        if signature == self.expected() {
            return Some(Vec::new());
        }
        if self.given.body.is_some_and(|body| body.len() > LARGEST) {
            return None;
        }
        let (secrets, algorithms) = (self.secrets(), self.algorithms());
        let mut best: Option<(u32, Vec<Cause>)> = None;
        for (content, of_content) in self.contents() {
            for (secret, of_secret) in &secrets {
                for (algorithm, of_algorithm) in &algorithms {
                    let tag = mac(*algorithm, secret, &content);
                    for (written, of_writing) in writings(&tag) {
                        if written != signature {
                            continue;
                        }
                        let slips = of_content.iter().copied().chain(*of_secret).chain(*of_algorithm).chain(of_writing);
                        let mut causes: Vec<Cause> = slips.collect();
                        causes.sort_unstable();
                        causes.dedup();
                        let weight = causes.iter().map(|cause| cause.weight()).sum();
                        if best.as_ref().is_none_or(|(known, _)| weight < *known) {
                            best = Some((weight, causes));
                        }
                    }
                }
            }
        }
        best.map(|(_, causes)| causes)
    }

    fn algorithms(&self) -> Variants<Algorithm> {
        let wrong = Some(Cause::WrongAlgorithm);
        let keyless = (Algorithm::Sha256WithoutKey, Some(Cause::NoKey));
        match self.scheme {
            Scheme::Rule => vec![(Algorithm::Sha1, None), (Algorithm::Sha256, wrong), keyless],
            Scheme::Application => vec![(Algorithm::Sha256, None), (Algorithm::Sha1, wrong), keyless],
        }
    }

    fn secrets(&self) -> Variants<Vec<u8>> {
        let secret = self.given.secret;
        let mut all: Variants<Vec<u8>> = vec![(secret.as_bytes().to_vec(), None)];
        if secret.trim() != secret {
            all.push((secret.trim().as_bytes().to_vec(), Some(Cause::SecretSpace)));
        } else {
            all.push((format!("{secret}\n").into_bytes(), Some(Cause::SecretSpace)));
        }
        let decoded = STANDARD.decode(secret.trim()).ok().into_iter().chain(from_hex(secret.trim()));
        all.extend(decoded.map(|key| (key, Some(Cause::DecodedSecret))));
        all
    }

    /// Everything that may have been signed, with the slips that lead to it.
    fn contents(&self) -> Vec<(Vec<u8>, Vec<Cause>)> {
        let stamps: Variants<String> = match self.stamp.parse::<i64>() {
            Ok(number) => vec![
                (self.stamp.to_string(), None),
                ((number / 1_000).to_string(), Some(Cause::SecondsForMilliseconds)),
                (number.saturating_mul(1_000).to_string(), Some(Cause::MillisecondsTwice)),
            ],
            Err(_) => Vec::new(),
        };
        let mut all = Vec::new();
        for (body, of_body) in self.bodies() {
            let bare = (self.scheme == Scheme::Application).then_some(Cause::NoTimestamp);
            all.push((body.clone(), of_body.into_iter().chain(bare).collect()));
            for (stamp, of_stamp) in &stamps {
                for (separator, of_separator) in [(":", None), (".", Some(Cause::WrongSeparator))] {
                    let needless = (self.scheme == Scheme::Rule).then_some(Cause::NeedlessTimestamp);
                    let slips = of_body.into_iter().chain(*of_stamp).chain(of_separator).chain(needless);
                    all.push((joined(stamp, separator, &body), slips.collect()));
                }
            }
        }
        all
    }

    fn bodies(&self) -> Variants<Vec<u8>> {
        let body = self.given.body.unwrap_or(NO_BODY);
        let text = String::from_utf8_lossy(body);
        let mut all: Variants<Vec<u8>> = vec![(body.to_vec(), None)];
        let mut add = |variant: Vec<u8>, cause: Cause| all.push((variant, Some(cause)));
        add(text.trim().as_bytes().to_vec(), Cause::TrimmedBody);
        add(format!("{text}\n").into_bytes(), Cause::TrimmedBody);
        if let Ok(compact) = javascript::normalise(body) {
            add(spaced(&compact), Cause::ReserialisedJson);
            add(escaped(&compact), Cause::ReserialisedJson);
            add(escaped(&spaced(&compact)), Cause::ReserialisedJson);
            for indent in ["  ", "    ", "\t"] {
                add(indented(&compact, indent), Cause::ReserialisedJson);
            }
            // With its keys in order, as Go and several databases write it.
            let sorted =
                serde_json::from_slice::<serde_json::Value>(&compact).and_then(|value| serde_json::to_vec(&value));
            if let Ok(sorted) = sorted {
                add(spaced(&sorted), Cause::ReserialisedJson);
                add(sorted, Cause::ReserialisedJson);
            }
            add(compact, Cause::ReserialisedJson);
        }
        add(text.replace("\r\n", "\n").into_bytes(), Cause::LineEndings);
        add(text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes(), Cause::LineEndings);
        // Bytes taken for Latin-1 and written as UTF-8, and the other way round.
        add(body.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes(), Cause::Recoded);
        if let Some(back) = text.chars().map(|letter| u8::try_from(u32::from(letter)).ok()).collect::<Option<Vec<u8>>>()
        {
            add(back, Cause::Recoded);
        }
        add(Vec::new(), Cause::EmptyBody);
        if self.given.body.is_some() {
            add(NO_BODY.to_vec(), Cause::UndefinedBody);
        }
        let mut seen = HashSet::new();
        all.retain(|(variant, _)| seen.insert(variant.clone()));
        all
    }
}

fn joined(stamp: &str, separator: &str, body: &[u8]) -> Vec<u8> {
    [stamp.as_bytes(), separator.as_bytes(), body].concat()
}

/// A signature as it may be written.
fn writings(tag: &[u8]) -> [(String, Option<Cause>); 6] {
    let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    [
        (STANDARD.encode(tag), None),
        (hex.to_uppercase(), Some(Cause::HexForBase64)),
        (hex, Some(Cause::HexForBase64)),
        (STANDARD_NO_PAD.encode(tag), Some(Cause::Base64Variant)),
        (URL_SAFE.encode(tag), Some(Cause::Base64Variant)),
        (URL_SAFE_NO_PAD.encode(tag), Some(Cause::Base64Variant)),
    ]
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.len().is_multiple_of(2) && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pairs = || text.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    digits.then(|| pairs().filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect())
}

/// Compact JSON with a space behind each colon and comma outside of texts, as Python writes it.
fn spaced(compact: &[u8]) -> Vec<u8> {
    let (mut spaced, mut in_text, mut is_escaped) = (Vec::with_capacity(compact.len() + 64), false, false);
    for byte in compact {
        spaced.push(*byte);
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_text,
            b'"' => in_text = !in_text,
            b':' | b',' if !in_text => spaced.push(b' '),
            _ => {}
        }
    }
    spaced
}

/// JSON in ASCII alone, as Python and PHP write it.
fn escaped(json: &[u8]) -> Vec<u8> {
    let mut escaped = String::with_capacity(json.len());
    for letter in String::from_utf8_lossy(json).chars() {
        match letter.is_ascii() {
            true => escaped.push(letter),
            false => {
                letter.encode_utf16(&mut [0; 2]).iter().for_each(|unit| escaped.push_str(&format!("\\u{unit:04x}")))
            }
        }
    }
    escaped.into_bytes()
}

/// Compact JSON on lines of their own, as `JSON.stringify(…, null, 2)` writes it.
fn indented(compact: &[u8], indent: &str) -> Vec<u8> {
    let (mut lines, mut depth, mut in_text, mut is_escaped) = (Vec::new(), 0usize, false, false);
    let new_line = |lines: &mut Vec<u8>, depth: usize| {
        lines.push(b'\n');
        lines.extend(indent.as_bytes().repeat(depth));
    };
    for (at, byte) in compact.iter().enumerate() {
        let is_empty = |close: u8| compact.get(at + 1) == Some(&close);
        let (opens, closes) = (matches!(byte, b'{' | b'['), matches!(byte, b'}' | b']'));
        if closes && !in_text && !matches!(compact.get(at.wrapping_sub(1)), Some(b'{' | b'[')) {
            depth = depth.saturating_sub(1);
            new_line(&mut lines, depth);
        }
        lines.push(*byte);
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_text,
            b'"' => in_text = !in_text,
            b':' if !in_text => lines.push(b' '),
            b',' if !in_text => new_line(&mut lines, depth),
            _ if opens && !in_text && !is_empty(byte + 2) => {
                depth += 1;
                new_line(&mut lines, depth);
            }
            _ => {}
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::{ApplicationKey, RuleKey};

    const SECRET: &str = "5e0f8a9c77d1";
    const BODY: &str =
        r#"{"type":"inbound_received","payload":{"id":"evt_1","subject":"Café: a, b","at":1700000000.5}}"#;
    const AT: i64 = 1_760_000_000_123;

    fn headers(stamp: Option<&str>, signature: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [(TIMESTAMP, stamp), (SIGNATURE, signature)] {
            if let Some(value) = value {
                headers.insert(name, value.parse().expect("a value"));
            }
        }
        headers
    }

    /// Of a request to an application, whose receiver has these things.
    fn received(body: &[u8], secret: &str, computed: Option<&str>) -> Vec<&'static str> {
        let signature = ApplicationKey::new(SECRET).sign(AT, BODY.as_bytes());
        let headers = headers(Some(&AT.to_string()), Some(&signature));
        let given = Given { headers: &headers, body: Some(body), secret, computed, now: AT + 1_000 };
        diagnose(&given).causes.into_iter().map(Cause::code).collect()
    }

    fn computed(signature: &str) -> Vec<&'static str> {
        received(BODY.as_bytes(), SECRET, Some(signature))
    }

    fn sha256(content: &str) -> Vec<u8> {
        mac(Algorithm::Sha256, SECRET.as_bytes(), content.as_bytes())
    }

    #[test]
    fn a_body_that_was_changed_is_seen_as_what_was_done_to_it() {
        assert_eq!(received(BODY.as_bytes(), SECRET, None), Vec::<&str>::new());
        let pretty = "{\n  \"type\": \"inbound_received\",\n  \"payload\": {\n    \"id\": \"evt_1\",\n    \"subject\": \"Café: a, b\",\n    \"at\": 1700000000.5\n  }\n}";
        assert_eq!(received(pretty.as_bytes(), SECRET, None), ["reserialised_json"]);
        let python = BODY.replace("\":", "\": ").replace(",\"", ", \"").replace('é', "\\u00e9");
        assert_eq!(received(python.as_bytes(), SECRET, None), ["reserialised_json"]);
        assert_eq!(received(format!("{BODY}\n").as_bytes(), SECRET, None), ["trimmed_body"]);
        assert_eq!(received(BODY.replace('é', "Ã©").as_bytes(), SECRET, None), ["recoded_text"]);
        assert_eq!(received(BODY.replace("evt_1", "evt_2").as_bytes(), SECRET, None), ["wrong_secret"]);
    }

    #[test]
    fn json_is_indented_as_javascript_does() {
        let text = indented(br#"{"a":[],"b":{},"c":[1,{"d":"x{,:\"[]"}]}"#, "  ");
        let wanted =
            "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    {\n      \"d\": \"x{,:\\\"[]\"\n    }\n  ]\n}";
        assert_eq!(String::from_utf8_lossy(&text), wanted);
    }

    #[test]
    fn a_secret_that_was_changed_is_seen() {
        assert_eq!(received(BODY.as_bytes(), "5e0f8a9c77d1\n", None), ["secret_space"]);
        assert_eq!(received(BODY.as_bytes(), "another", None), ["wrong_secret"]);
        let decoded = mac(Algorithm::Sha256, &from_hex(SECRET).expect("digits"), format!("{AT}:{BODY}").as_bytes());
        assert_eq!(computed(&STANDARD.encode(decoded)), ["decoded_secret"]);
    }

    #[test]
    fn what_a_receiver_computed_tells_what_it_did() {
        let right = sha256(&format!("{AT}:{BODY}"));
        let hex: String = right.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(computed(&STANDARD.encode(&right)), Vec::<&str>::new());
        assert_eq!(computed(&hex), ["hex_for_base64"]);
        assert_eq!(computed(&hex.to_uppercase()), ["hex_for_base64"]);
        assert_eq!(computed(STANDARD.encode(&right).trim_end_matches('=')), ["base64_variant"]);
        assert_eq!(computed(&STANDARD.encode(sha256(BODY))), ["no_timestamp"]);
        assert_eq!(computed(&STANDARD.encode(sha256(&format!("{}:{BODY}", AT / 1_000)))), ["seconds_for_milliseconds"]);
        assert_eq!(computed(&STANDARD.encode(sha256(&format!("{AT}.{BODY}")))), ["wrong_separator"]);
        assert_eq!(computed(&STANDARD.encode(sha256(&format!("{AT}:")))), ["empty_body"]);
        let sha1 = mac(Algorithm::Sha1, SECRET.as_bytes(), format!("{AT}:{BODY}").as_bytes());
        assert_eq!(computed(&STANDARD.encode(sha1)), ["wrong_algorithm"]);
        let pretty = indented(BODY.as_bytes(), "  ");
        let both = sha256(&String::from_utf8_lossy(&pretty));
        assert_eq!(computed(&STANDARD.encode(both)), ["reserialised_json", "no_timestamp"]);
        let keyless = mac(Algorithm::Sha256WithoutKey, SECRET.as_bytes(), format!("{AT}:{BODY}").as_bytes());
        assert_eq!(computed(&STANDARD.encode(keyless)), ["no_key"]);
        assert_eq!(computed("nonsense"), ["wrong_secret"]);
    }

    #[test]
    fn rule_webhooks_have_no_timestamp() {
        let diagnosed = |computed: Option<&str>, headers: HeaderMap| {
            diagnose(&Given { headers: &headers, body: Some(BODY.as_bytes()), secret: SECRET, computed, now: AT })
        };
        let right = RuleKey::new(SECRET).sign(BODY.as_bytes());
        let told = diagnosed(None, headers(None, Some(&right)));
        assert_eq!((told.scheme, told.is_valid, told.expected == right), (Scheme::Rule, true, true));
        let other = STANDARD.encode(sha256(BODY));
        let told = diagnosed(Some(&other), headers(None, Some(&right)));
        assert_eq!(told.causes, [Cause::WrongAlgorithm]);
        let signed = ApplicationKey::new(SECRET).sign(AT, BODY.as_bytes());
        assert_eq!(diagnosed(None, headers(None, Some(&signed))).causes, [Cause::MissingTimestamp]);
        assert_eq!(diagnosed(None, headers(None, None)).causes, [Cause::MissingSignature]);
        assert_eq!(diagnosed(None, headers(Some("now"), Some(&signed))).causes, [Cause::BadTimestamp]);
    }

    #[test]
    fn an_old_request_is_told_apart_from_a_wrong_one() {
        let signature = ApplicationKey::new(SECRET).sign(AT, BODY.as_bytes());
        let headers = headers(Some(&AT.to_string()), Some(&signature));
        let given = Given { headers: &headers, body: Some(BODY.as_bytes()), secret: SECRET, computed: None, now: AT };
        for (now, causes) in
            [(AT + FRESH, vec![]), (AT + FRESH + 1, vec![Cause::ClockSkew]), (AT - FRESH - 1, vec![Cause::ClockSkew])]
        {
            let told = diagnose(&Given { now, ..given });
            assert_eq!((told.causes, told.age), (causes, Some(now - AT)));
        }
        let old = Given { now: AT + FRESH + 1, ..given };
        assert!(diagnose(&old).is_signed_right());
        let wrong = diagnose(&Given { secret: "another", ..old });
        assert_eq!((wrong.is_signed_right(), wrong.causes), (false, vec![Cause::WrongSecret, Cause::ClockSkew]));
        let far = HeaderMap::from_iter([(TIMESTAMP, i64::MIN.to_string().parse().expect("a value"))]);
        assert!(!diagnose(&Given { headers: &far, ..given }).is_valid, "no timestamp is too far away");
    }

    #[test]
    fn a_get_is_signed_over_the_word_undefined() {
        let signature = ApplicationKey::new(SECRET).sign(AT, NO_BODY);
        let headers = headers(Some(&AT.to_string()), Some(&signature));
        let given = Given { headers: &headers, body: None, secret: SECRET, computed: None, now: AT };
        assert!(diagnose(&given).is_valid);
        let empty = diagnose(&Given { body: Some(b""), ..given });
        assert_eq!(empty.causes, [Cause::UndefinedBody]);
    }
}

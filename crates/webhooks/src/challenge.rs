//! The validation of a receiver: it is sent a signed challenge, and shows by its answer that it reads what it gets
//! (contract/webhooks.md section 1.1).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::client::{Answer, Client, Outgoing};
use crate::sign::Signer;

/// Carries the challenge.
pub const CHALLENGE: HeaderName = HeaderName::from_static("x-front-challenge");
/// How long a receiver has.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a receiver is asked.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// Where it is.
    pub url: Arc<str>,
    /// The exact bytes.
    pub body: Bytes,
    /// How they are signed.
    pub signer: Signer,
    /// What the receiver has to repeat.
    pub token: String,
}

/// Asks once. The error says to a person why the receiver did not pass.
pub async fn ask(client: &Client, now: i64, challenge: Challenge) -> Result<(), String> {
    let Challenge { url, body, signer, token } = challenge;
    let value = HeaderValue::from_str(&token).map_err(|error| error.to_string())?;
    let outgoing = Outgoing {
        url,
        method: Method::POST,
        headers: vec![(CHALLENGE, value)],
        body: Some(body),
        signer,
        timeout: PATIENCE,
        repeatable: false,
    };
    let answer = client.send(now, &outgoing).await.map_err(|failure| failure.to_string())?;
    judge(&answer, &token)
}

fn judge(answer: &Answer, token: &str) -> Result<(), String> {
    if answer.status != StatusCode::OK {
        return Err(format!("it answered {} in place of 200", answer.status));
    }
    let Ok(text) = std::str::from_utf8(&answer.body) else { return Err(NOT_REPEATED.to_string()) };
    if in_json(text, token) || in_form(text, token) {
        return Ok(());
    }
    if text.trim() != token {
        return Err(NOT_REPEATED.to_string());
    }
    if text != token {
        return Err("there is white space around the challenge: nothing else belongs into the body".to_string());
    }
    match kind(answer) {
        None => Ok(()),
        Some(kind) if kind.eq_ignore_ascii_case("text/plain") => Ok(()),
        Some(kind) => Err(format!("it repeated the challenge as {kind}; a bare one belongs into text/plain")),
    }
}

const NOT_REPEATED: &str = "it did not repeat the challenge, as text, as challenge=… or as {\"challenge\":…}";

/// The media type that an answer claims. JSON and forms tell themselves by their shape; a text without a type is taken
/// for plain.
fn kind(answer: &Answer) -> Option<&str> {
    let claimed = answer.headers.get(CONTENT_TYPE)?.to_str().unwrap_or("something unreadable");
    Some(claimed.split(';').next().unwrap_or_default().trim())
}

fn in_json(text: &str, token: &str) -> bool {
    let json = serde_json::from_str::<serde_json::Value>(text);
    json.is_ok_and(|json| json.get("challenge").and_then(serde_json::Value::as_str) == Some(token))
}

fn in_form(text: &str, token: &str) -> bool {
    url::form_urlencoded::parse(text.as_bytes()).any(|(name, value)| name == "challenge" && value == token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, kind: &str, body: &'static str) -> Answer {
        let mut headers = http::HeaderMap::new();
        if !kind.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(kind).expect("a value"));
        }
        Answer {
            status: StatusCode::from_u16(status).expect("a status"),
            headers,
            body: Bytes::from_static(body.as_bytes()),
            truncated: false,
            took: Duration::ZERO,
        }
    }

    #[test]
    fn the_three_ways_of_repeating_are_accepted() {
        for (kind, body) in [
            ("text/plain", "0123abc"),
            ("Text/Plain; charset=utf-8", "0123abc"),
            ("", "0123abc"),
            ("application/x-www-form-urlencoded", "challenge=0123abc"),
            ("text/html; charset=utf-8", "challenge=0123abc"),
            ("application/json", r#"{"challenge":"0123abc"}"#),
            ("text/html; charset=utf-8", "{\"challenge\": \"0123abc\"}\n"),
        ] {
            assert_eq!(judge(&answer(200, kind, body), "0123abc"), Ok(()), "{kind} {body}");
        }
        // A challenge that happens to consist of digits is still repeated by a text.
        assert_eq!(judge(&answer(200, "text/plain", "123"), "123"), Ok(()));
    }

    #[test]
    fn everything_else_is_not() {
        for (status, kind, body) in [
            (201, "text/plain", "0123abc"),
            (302, "text/plain", "0123abc"),
            (200, "text/plain", ""),
            (200, "text/plain", "0123ABC"),
            (200, "application/json", r#"{"token":"0123abc"}"#),
            (200, "application/json", r#"{"challenge":123}"#),
            (200, "application/json", r#""0123abc""#),
            (200, "application/x-www-form-urlencoded", "challenge="),
            (200, "application/x-www-form-urlencoded", "challenge=0123abc\n"),
        ] {
            assert!(judge(&answer(status, kind, body), "0123abc").is_err(), "{status} {kind} {body}");
        }
    }

    #[test]
    fn whoever_comes_close_is_told_what_is_missing() {
        let why = |kind: &str, body| judge(&answer(200, kind, body), "0123abc").expect_err("it is refused");
        let html = why("text/html; charset=utf-8", "0123abc");
        assert_eq!(html, "it repeated the challenge as text/html; a bare one belongs into text/plain");
        for body in ["0123abc\n", " 0123abc"] {
            assert!(why("text/plain", body).starts_with("there is white space around the challenge"), "{body:?}");
        }
    }
}

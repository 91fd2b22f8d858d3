//! The validation of a receiver: it is sent a signed challenge, and shows by its answer that it reads what it gets
//! (contract/webhooks.md section 1.1).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
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
    match repeated(&answer.body).as_deref() == Some(token) {
        true => Ok(()),
        false => Err("it did not repeat the challenge, as text, as challenge=… or as {\"challenge\":…}".to_string()),
    }
}

/// What an answer repeats, in any of the three ways, whatever media type it claims: receivers get that wrong.
fn repeated(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim();
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(text) {
        let said = json.get("challenge").unwrap_or(&json);
        return said.as_str().map(str::to_string).or_else(|| Some(said.to_string()));
    }
    let mut form = url::form_urlencoded::parse(text.as_bytes());
    let field = form.find(|(name, _)| name == "challenge").map(|(_, value)| value.into_owned());
    field.or_else(|| Some(text.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &'static str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).expect("a status"),
            headers: http::HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
            truncated: false,
            took: Duration::ZERO,
        }
    }

    #[test]
    fn the_three_ways_of_repeating_are_accepted() {
        for body in ["0123abc", " 0123abc\n", "challenge=0123abc", r#"{"challenge":"0123abc"}"#, r#""0123abc""#] {
            assert_eq!(judge(&answer(200, body), "0123abc"), Ok(()), "{body}");
        }
        // A challenge that happens to consist of digits is still repeated by a text.
        assert_eq!(judge(&answer(200, "123"), "123"), Ok(()));
    }

    #[test]
    fn everything_else_is_not() {
        for (status, body) in [
            (201, "0123abc"),
            (302, "0123abc"),
            (200, ""),
            (200, "0123ABC"),
            (200, r#"{"token":"0123abc"}"#),
            (200, "challenge="),
        ] {
            assert!(judge(&answer(status, body), "0123abc").is_err(), "{status} {body}");
        }
    }
}

//! What a partner's answer to a message means (contract/channels.md section 4.3). Pure: bytes in, meaning out.

use desk::messages::{ErrorType, Receipt};
use serde_json::Value;

/// The longest id that is kept, in characters.
const LONGEST_ID: usize = 200;
/// The longest words that are shown to people, in characters.
const LONGEST_WORDS: usize = 1_000;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The partner took it.
    Sent(Receipt),
    /// The partner did not.
    Failed {
        /// Why, in the contract's words.
        error: ErrorType,
        /// Why, in words for people.
        words: String,
    },
}

/// Reads an answer. Anything but a success, said as such or by giving ids, is a failure: who cannot say that a message
/// was taken may not have taken it.
pub fn read(status: u16, body: &[u8]) -> Outcome {
    let json: Option<Value> = serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)).ok();
    let text = |name: &str| json.as_ref().and_then(|json| json.get(name)).and_then(Value::as_str);
    let stated = text("type");
    let receipt = json.as_ref().map(receipt).unwrap_or_default();
    if (200..300).contains(&status) {
        match stated {
            Some("success") => return Outcome::Sent(receipt),
            None if receipt != Receipt::default() => return Outcome::Sent(receipt),
            _ => {}
        }
    }
    let error = match stated {
        Some(name) if name != "success" => ErrorType::parse(name).unwrap_or(ErrorType::InternalError),
        _ => by_status(status),
    };
    let words = match text("message").map(|words| cut(words, LONGEST_WORDS)) {
        Some(words) if !words.trim().is_empty() => words,
        _ if !(200..300).contains(&status) => format!("the channel's server answered {status}"),
        _ if json.is_none() => "the channel's server did not answer with JSON".to_string(),
        _ => "the channel's server did not say that it took the message".to_string(),
    };
    Outcome::Failed { error, words }
}

fn by_status(status: u16) -> ErrorType {
    match status {
        400 | 422 => ErrorType::BadRequest,
        401 => ErrorType::AuthenticationRequired,
        403 => ErrorType::Forbidden,
        404 | 410 => ErrorType::NotFound,
        408 => ErrorType::RequestTimeout,
        429 => ErrorType::TooManyRequests,
        _ => ErrorType::InternalError,
    }
}

fn receipt(json: &Value) -> Receipt {
    Receipt {
        external_id: id(json.get("external_id")),
        external_conversation_id: id(json.get("external_conversation_id")),
    }
}

/// An id as text, also where a partner writes a number. Of several, joined by commas, that are too long together, the
/// first is kept.
fn id(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.trim().to_string(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let short = |text: &str| !text.is_empty() && text.chars().count() <= LONGEST_ID && !text.contains('\0');
    if short(&text) {
        return Some(text);
    }
    text.split(',').next().map(str::trim).filter(|first| short(first)).map(str::to_string)
}

fn cut(text: &str, characters: usize) -> String {
    text.chars().filter(|c| *c != '\0').take(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(external_id: Option<&str>, conversation: Option<&str>) -> Outcome {
        Outcome::Sent(Receipt {
            external_id: external_id.map(str::to_string),
            external_conversation_id: conversation.map(str::to_string),
        })
    }

    fn error(status: u16, body: &str) -> ErrorType {
        match read(status, body.as_bytes()) {
            Outcome::Failed { error, .. } => error,
            Outcome::Sent(receipt) => panic!("{status} {body} was read as {receipt:?}"),
        }
    }

    fn words(status: u16, body: &str) -> String {
        match read(status, body.as_bytes()) {
            Outcome::Failed { words, .. } => words,
            Outcome::Sent(receipt) => panic!("{status} {body} was read as {receipt:?}"),
        }
    }

    #[test]
    fn success_may_come_with_ids_and_without() {
        assert_eq!(read(200, br#"{"type":"success"}"#), sent(None, None));
        let whole = br#"{"type":"success","external_id":"m-77","external_conversation_id":"conv-1"}"#;
        assert_eq!(read(200, whole), sent(Some("m-77"), Some("conv-1")));
        assert_eq!(read(201, br#"{"type":"success","external_id":77}"#), sent(Some("77"), None));
    }

    #[test]
    fn ids_alone_say_that_it_was_taken() {
        let both = br#"{"external_id":"m-77","external_conversation_id":"conv-1"}"#;
        assert_eq!(read(200, both), sent(Some("m-77"), Some("conv-1")));
        assert_eq!(error(200, "{}"), ErrorType::InternalError);
    }

    #[test]
    fn joined_ids_are_kept_as_they_are_while_they_are_short() {
        assert_eq!(read(200, br#"{"external_id":"a, b"}"#), sent(Some("a, b"), None));
        let long = format!(r#"{{"external_id":"first,{}"}}"#, "x".repeat(300));
        assert_eq!(read(200, long.as_bytes()), sent(Some("first"), None));
        let endless = format!(r#"{{"type":"success","external_id":"{}"}}"#, "x".repeat(300));
        assert_eq!(read(200, endless.as_bytes()), sent(None, None));
    }

    #[test]
    fn documented_errors_are_read_from_the_type_and_else_from_the_status() {
        for name in [
            "bad_request",
            "authentication_required",
            "forbidden",
            "not_found",
            "request_timeout",
            "too_many_requests",
            "internal_error",
        ] {
            let body = format!(r#"{{"type":"{name}","message":"why"}}"#);
            assert_eq!(error(200, &body).as_str(), name);
            assert_eq!(words(200, &body), "why");
        }
        assert_eq!(error(200, r#"{"type":"whatever"}"#), ErrorType::InternalError);
        for (status, name) in [(400, "bad_request"), (401, "authentication_required"), (403, "forbidden")] {
            assert_eq!(error(status, "").as_str(), name);
        }
        assert_eq!(error(429, "slow down"), ErrorType::TooManyRequests);
        assert_eq!(error(500, r#"{"type":"success"}"#), ErrorType::InternalError, "the status counts too");
        assert_eq!(error(302, ""), ErrorType::InternalError);
    }

    #[test]
    fn what_is_no_json_is_a_failure_in_words() {
        assert_eq!(words(200, "OK"), "the channel's server did not answer with JSON");
        assert_eq!(words(503, "<html>"), "the channel's server answered 503");
        assert_eq!(words(200, "[1]"), "the channel's server did not say that it took the message");
    }
}

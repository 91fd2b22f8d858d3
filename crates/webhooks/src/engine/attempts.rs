//! The log of a job's attempts, as people read it: a JSON array of bounded length.

use super::carry::{ATTEMPT, DELIVERY};
use super::courier::Tried;
use crate::sign::{SIGNATURE, STANDARD_ID, STANDARD_SIGNATURE, STANDARD_TIMESTAMP, TIMESTAMP};
use http::header::{CONTENT_TYPE, HOST, SET_COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName};
use serde_json::{Map, Value};
use std::time::Duration;

/// Entries kept: the first, because it tells how it began, and the latest.
const ENTRIES: usize = 30;
/// What is kept of an answer.
const EXCERPT: usize = 2 * 1024;
/// Headers kept of an answer, and how much of each.
const HEADERS: usize = 20;
const VALUE: usize = 200;
/// What stands for a value that is nobody's business.
const HIDDEN: &str = "(hidden)";
/// The headers of a request whose values are kept. Every other may be what a receiver knows us by.
const HARMLESS: [HeaderName; 10] = [
    HOST,
    USER_AGENT,
    CONTENT_TYPE,
    SIGNATURE,
    TIMESTAMP,
    STANDARD_ID,
    STANDARD_TIMESTAMP,
    STANDARD_SIGNATURE,
    DELIVERY,
    ATTEMPT,
];

/// One attempt.
pub struct Attempt<'a> {
    /// When it began (milliseconds).
    pub at: i64,
    /// How long it took.
    pub took: Duration,
    /// The headers of the request; empty or nothing if it was not made.
    pub sent: Option<&'a HeaderMap>,
    /// What came of it; nothing if it was not made.
    pub tried: Option<&'a Tried>,
    /// Why it does not count as delivered.
    pub error: Option<&'a str>,
}

/// Adds an attempt to a job's log.
pub fn append(log: Value, attempt: &Attempt) -> Value {
    let mut entry = Map::new();
    entry.insert("at".into(), attempt.at.into());
    entry.insert("ms".into(), u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX).into());
    if let Some(sent) = attempt.sent.filter(|sent| !sent.is_empty()) {
        entry.insert("request_headers".into(), shown(sent, |name| HARMLESS.contains(name)));
    }
    if let Some(Ok(answer)) = attempt.tried {
        entry.insert("status".into(), answer.status.as_u16().into());
        if !answer.headers.is_empty() {
            entry.insert("response_headers".into(), shown(&answer.headers, |name| *name != SET_COOKIE));
        }
        let response = answer.excerpt(EXCERPT);
        if !response.is_empty() {
            entry.insert("response".into(), response.into());
        }
    }
    if let Some(error) = attempt.error {
        let error: String = error.chars().filter(|c| *c != '\0').take(500).collect();
        entry.insert("error".into(), error.into());
    }
    let mut entries = match log {
        Value::Array(entries) => entries,
        _ => Vec::new(),
    };
    while entries.len() >= ENTRIES {
        entries.remove(1);
    }
    entries.push(Value::Object(entry));
    Value::Array(entries)
}

/// Headers by name; one that comes more than once has its values side by side.
fn shown(headers: &HeaderMap, is_harmless: impl Fn(&HeaderName) -> bool) -> Value {
    let value = |name: &HeaderName| {
        if !is_harmless(name) {
            return HIDDEN.to_string();
        }
        let all = headers.get_all(name).iter();
        let mut text = all.map(|one| String::from_utf8_lossy(one.as_bytes())).collect::<Vec<_>>().join(", ");
        text.truncate(text.floor_char_boundary(VALUE));
        text
    };
    Value::Object(headers.keys().take(HEADERS).map(|name| (name.as_str().to_string(), value(name).into())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Answer, Failure};
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};
    use serde_json::json;

    fn answer(body: impl Into<Bytes>) -> Tried {
        let (status, took) = (StatusCode::OK, Duration::from_millis(12));
        Ok(Answer { status, headers: HeaderMap::new(), body: body.into(), truncated: false, took })
    }

    #[test]
    fn an_answer_and_a_failure_leave_their_lines() {
        let attempt =
            |at, tried, error| Attempt { at, took: Duration::from_millis(12), sent: None, tried: Some(tried), error };
        let failed = Err(Failure::Open);
        let log = append(Value::Null, &attempt(5, &failed, Some("no\0 answer")));
        let log = append(log, &attempt(9, &answer("fine"), None));
        assert_eq!(
            log,
            json!([{"at": 5, "ms": 12, "error": "no answer"}, {"at": 9, "ms": 12, "status": 200, "response": "fine"}])
        );
    }

    #[test]
    fn headers_are_kept_but_nothing_that_a_receiver_knows_us_by() {
        let header = |name: &'static str, value: &'static str| {
            (HeaderName::from_static(name), http::HeaderValue::from_static(value))
        };
        let sent = HeaderMap::from_iter([
            header("x-front-signature", "c2lnbmF0dXJl"),
            header("authorization", "Bearer t0k"),
            header("x-api-key", "k3y"),
        ]);
        let mut tried = answer("fine");
        if let Ok(answer) = &mut tried {
            for (name, value) in [header("set-cookie", "s3ssion"), header("via", "one"), header("via", "two")] {
                answer.headers.append(name, value);
            }
        }
        let attempt = Attempt { at: 5, took: Duration::ZERO, sent: Some(&sent), tried: Some(&tried), error: None };
        let log = append(Value::Null, &attempt);
        let request =
            json!({"x-front-signature": "c2lnbmF0dXJl", "authorization": "(hidden)", "x-api-key": "(hidden)"});
        assert_eq!(log[0]["request_headers"], request);
        assert_eq!(log[0]["response_headers"], json!({"set-cookie": "(hidden)", "via": "one, two"}));
    }

    #[test]
    fn a_long_answer_is_cut_between_characters_and_keeps_no_nul() {
        let log = append(
            Value::Null,
            &Attempt {
                at: 0, took: Duration::ZERO, sent: None, tried: Some(&answer("\0é".repeat(5000))), error: None
            },
        );
        let text = log[0]["response"].as_str().unwrap();
        assert!(text.len() <= 2048 && text.chars().all(|c| c == 'é'), "{text}");
    }

    #[test]
    fn the_first_and_the_latest_entries_stay() {
        let mut log = Value::Null;
        for at in 0..100 {
            log = append(log, &Attempt { at, took: Duration::ZERO, sent: None, tried: None, error: Some("x") });
        }
        let times: Vec<i64> = log.as_array().unwrap().iter().map(|e| e["at"].as_i64().unwrap()).collect();
        assert_eq!((times.len(), times[0], times[1], times[29]), (30, 0, 71, 99));
    }
}

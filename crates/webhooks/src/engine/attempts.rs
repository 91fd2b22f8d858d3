//! The log of a job's attempts, as people read it: a JSON array of bounded length.

use super::carry::{ATTEMPT, DELIVERY, EVENT};
use super::courier::Tried;
use crate::sign::{SIGNATURE, STANDARD_ID, STANDARD_SIGNATURE, STANDARD_TIMESTAMP, TIMESTAMP};
use db::Json;
use http::header::{CONTENT_TYPE, HOST, SET_COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName};
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};
use serde_json::Value;
use std::borrow::Cow;
use std::time::Duration;

/// Entries kept: the first, because it tells how it began, and the latest.
const ENTRIES: usize = 30;
/// What is kept of an answer.
const EXCERPT: usize = 2 * 1024;
/// Room for the log of most jobs: a single attempt (bytes).
const USUAL: usize = 768;
/// Headers kept of an answer, and how much of each.
const HEADERS: usize = 20;
const VALUE: usize = 200;
/// What stands for a value that is nobody's business.
const HIDDEN: &str = "(hidden)";
/// The headers of a request whose values are kept. Every other may be what a receiver knows us by.
const HARMLESS: [HeaderName; 11] = [
    HOST,
    USER_AGENT,
    CONTENT_TYPE,
    SIGNATURE,
    TIMESTAMP,
    STANDARD_ID,
    STANDARD_TIMESTAMP,
    STANDARD_SIGNATURE,
    EVENT,
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

/// An attempt as it is written down.
#[derive(Serialize)]
struct Entry<'a> {
    at: i64,
    ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_headers: Option<Shown<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_headers: Option<Shown<'a>>,
    #[serde(skip_serializing_if = "String::is_empty")]
    response: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// The log of a job with one more attempt.
pub fn append(log: &Value, attempt: &Attempt) -> Json {
    let answer = attempt.tried.and_then(|tried| tried.as_ref().ok());
    let sent = attempt.sent.filter(|sent| !sent.is_empty());
    let entry = Entry {
        at: attempt.at,
        ms: u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
        request_headers: sent.map(|headers| Shown { headers, is_shown: |name| HARMLESS.contains(name) }),
        status: answer.map(|answer| answer.status.as_u16()),
        response_headers: answer
            .map(|answer| Shown { headers: &answer.headers, is_shown: |name| *name != SET_COOKIE })
            .filter(|shown| !shown.headers.is_empty()),
        response: answer.map(|answer| answer.excerpt(EXCERPT)).unwrap_or_default(),
        error: attempt.error.map(|error| error.chars().filter(|c| *c != '\0').take(500).collect()),
    };
    let earlier = log.as_array().map_or(&[][..], Vec::as_slice);
    Json::sized(&Entries { earlier, entry }, USUAL)
}

/// Entries of which only so many are kept, with a new one behind them.
struct Entries<'a> {
    earlier: &'a [Value],
    entry: Entry<'a>,
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (first, later) = self.earlier.split_at(self.earlier.len().min(1));
        let latest = &later[later.len().saturating_sub(ENTRIES - 2)..];
        let mut list = serializer.serialize_seq(None)?;
        first.iter().chain(latest).try_for_each(|entry| list.serialize_element(entry))?;
        list.serialize_element(&self.entry)?;
        list.end()
    }
}

/// Headers by name; one that comes more than once has its values side by side.
struct Shown<'a> {
    headers: &'a HeaderMap,
    is_shown: fn(&HeaderName) -> bool,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named = self.headers.keys().take(HEADERS);
        serializer.collect_map(named.map(|name| match (self.is_shown)(name) {
            true => (name.as_str(), value(self.headers, name)),
            false => (name.as_str(), Cow::Borrowed(HIDDEN)),
        }))
    }
}

fn value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Cow<'a, str> {
    let mut all = headers.get_all(name).iter().map(|one| String::from_utf8_lossy(one.as_bytes()));
    let mut text = all.next().unwrap_or_default();
    for more in all {
        let joined = text.to_mut();
        joined.push_str(", ");
        joined.push_str(&more);
    }
    if text.len() > VALUE {
        let end = text.floor_char_boundary(VALUE);
        text.to_mut().truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Answer, Failure};
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};
    use serde_json::json;

    fn append(log: Value, attempt: &Attempt) -> Value {
        serde_json::from_str(super::append(&log, attempt).as_str()).unwrap()
    }

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

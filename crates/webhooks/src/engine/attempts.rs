//! The log of a job's attempts, as people read it: a JSON array of bounded length.

use super::courier::Tried;
use serde_json::{Map, Value};
use std::time::Duration;

/// Entries kept: the first, because it tells how it began, and the latest.
const ENTRIES: usize = 30;
/// What is kept of an answer.
const EXCERPT: usize = 2 * 1024;

/// One attempt.
pub struct Attempt<'a> {
    /// When it began (milliseconds).
    pub at: i64,
    /// How long it took.
    pub took: Duration,
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
    if let Some(Ok(answer)) = attempt.tried {
        entry.insert("status".into(), answer.status.as_u16().into());
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
        let attempt = |at, tried, error| Attempt { at, took: Duration::from_millis(12), tried: Some(tried), error };
        let failed = Err(Failure::Open);
        let log = append(Value::Null, &attempt(5, &failed, Some("no\0 answer")));
        let log = append(log, &attempt(9, &answer("fine"), None));
        assert_eq!(
            log,
            json!([{"at": 5, "ms": 12, "error": "no answer"}, {"at": 9, "ms": 12, "status": 200, "response": "fine"}])
        );
    }

    #[test]
    fn a_long_answer_is_cut_between_characters_and_keeps_no_nul() {
        let log = append(
            Value::Null,
            &Attempt { at: 0, took: Duration::ZERO, tried: Some(&answer("\0é".repeat(5000))), error: None },
        );
        let text = log[0]["response"].as_str().unwrap();
        assert!(text.len() <= 2048 && text.chars().all(|c| c == 'é'), "{text}");
    }

    #[test]
    fn the_first_and_the_latest_entries_stay() {
        let mut log = Value::Null;
        for at in 0..100 {
            log = append(log, &Attempt { at, took: Duration::ZERO, tried: None, error: Some("x") });
        }
        let times: Vec<i64> = log.as_array().unwrap().iter().map(|e| e["at"].as_i64().unwrap()).collect();
        assert_eq!((times.len(), times[0], times[1], times[29]), (30, 0, 71, 99));
    }
}

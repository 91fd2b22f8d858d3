//! What came back, or why nothing did.

use crate::guard::Refusal;
use bytes::Bytes;
use http::header::{LOCATION, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use std::time::Duration;
use thiserror::Error;

/// A receiver's answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status, redirects included: they are not followed.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// At most the first 64 kB.
    pub body: Bytes,
    /// There was more than that, and it was not read.
    pub truncated: bool,
    /// From the first thought of connecting to the last byte read.
    pub took: Duration,
}

impl Answer {
    /// Where a redirect points to.
    pub fn location(&self) -> Option<&str> {
        self.status.is_redirection().then(|| self.headers.get(LOCATION)?.to_str().ok()).flatten()
    }

    /// How long the receiver asks to be left alone, in milliseconds. Only the form in seconds is read.
    pub fn retry_after(&self) -> Option<i64> {
        let seconds: u32 = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
        Some(i64::from(seconds) * 1000)
    }

    /// The beginning of the body as text, for people: at most `bytes` long and cut between characters.
    pub fn excerpt(&self, bytes: usize) -> String {
        let whole = String::from_utf8_lossy(&self.body[..self.body.len().min(bytes)]);
        let mut text = whole.trim_end_matches(char::REPLACEMENT_CHARACTER).to_string();
        // PostgreSQL stores no NUL in JSON.
        text.retain(|c| c != '\0');
        text.truncate(text.floor_char_boundary(bytes));
        text
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// The receiver may not be called.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// No connection came about.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The certificate or the handshake is not acceptable.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// The answer was not complete in time.
    #[error("no complete answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// The connection broke, or what came over it was not HTTP.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// This machine is out of something (file descriptors, ports): no fault of the receiver.
    #[error("this machine cannot open another connection: {0}")]
    Exhausted(String),
    /// Not tried, because the receiver has been failing and is left alone for now.
    #[error("not sent, because the receiver keeps failing")]
    Open,
}

//! What is left of a body that was answered before its end.
//!
//! A connection is kept only if its request was read to the end. A client that does not know that it is about to be
//! closed sends its next request into it, and cannot tell whether that one was done.

use std::time::Duration;

use axum::body::{BodyDataStream, HttpBody};
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, Version, header};

/// A body of which more is left is not worth its reading. One that is just too large for a request is: many clients look for
/// an answer only when they have sent everything, and see nothing but a broken connection otherwise.
const MOST: u64 = 64 * 1024 * 1024;
/// A client that takes longer to send the rest loses its connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// So long may it pause. One that sends nothing waits for its answer.
const PAUSE: Duration = Duration::from_millis(200);

/// Reads a body to its end, so that the connection may be kept; if that takes too much, the answer says that it is closed.
/// A client that `waits` to be asked for its body has its answer now, and need not send it.
pub async fn settle(version: Version, waits: bool, body: &mut BodyDataStream, answer: &mut HeaderMap) {
    if body.is_end_stream() {
        return;
    }
    let is_read = !waits
        && HttpBody::size_hint(body).lower() <= MOST
        && tokio::time::timeout(PATIENCE, is_soon_at_its_end(body)).await.unwrap_or(false);
    // HTTP/2 gives up a stream without its connection, and knows no such header.
    if !is_read && version < Version::HTTP_2 {
        answer.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}

async fn is_soon_at_its_end(body: &mut BodyDataStream) -> bool {
    let mut read = 0;
    while let Ok(next) = tokio::time::timeout(PAUSE, body.next()).await {
        let Some(piece) = next else { return true };
        let Ok(bytes) = piece else { return false };
        read += bytes.len() as u64;
        if read > MOST {
            return false;
        }
    }
    false
}

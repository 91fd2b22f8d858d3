//! Real time, for what really takes time: sockets, pauses between polls, the age of a connection. When something is due
//! is never decided by it, but by the clock the engine was started with.

use tokio::time::Instant;

/// This moment.
#[expect(clippy::disallowed_methods, reason = "measures real durations")]
pub fn now() -> Instant {
    Instant::now()
}

//! The parts that every request needs, put together once at start-up.

use std::sync::Arc;

use desk::Desk;
use desk::attachments::Blobs;

use crate::edge::body::Reading;
use crate::edge::limits::Limiter;
use crate::tokens::Tokens;

/// What the API works with.
pub struct App {
    /// The shared inbox.
    pub desk: Desk,
    /// How bodies are read, and where files wait.
    pub reading: Reading,
    /// Where their content stays.
    pub blobs: Arc<Blobs>,
    /// Who may ask how often.
    pub limiter: Limiter,
    /// The tokens seen lately.
    pub tokens: Tokens,
}

impl App {
    /// Puts the parts together.
    pub fn new(desk: Desk, reading: Reading, blobs: Arc<Blobs>, limiter: Limiter) -> Arc<App> {
        Arc::new(App { desk, reading, blobs, limiter, tokens: Tokens::default() })
    }
}

//! `portico openapi`: the document that `/openapi.json` serves, for tools that want a file.

use super::{Failure, say};

/// Prints the document.
#[expect(clippy::unnecessary_wraps, reason = "every command may fail, and is called alike")]
pub fn run() -> Result<(), Failure> {
    say(&format!("{:#}", api::openapi::document()));
    Ok(())
}

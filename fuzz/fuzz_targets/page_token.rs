//! No text is a page token unless we wrote it, and every token that is read writes itself again.
#![no_main]

use api::edge::pages::Position;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|token: &str| {
    if let Ok(position) = Position::from_token(b"key", "events", token) {
        assert_eq!(position.to_token(b"key"), token.to_ascii_lowercase());
    }
});

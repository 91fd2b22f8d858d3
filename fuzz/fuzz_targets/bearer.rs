//! Any header is a token or a refusal, and none that we did not sign opens anything.
#![no_main]

use api::edge::bearer::{Jwt, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|header: &str| {
    assert!(parse(b"a key that no input can know", Some(header)).is_err());
    if let Ok(token) = Jwt::from_token(header) {
        let _ = token.channel_unverified();
        assert!(token.channel(b"a secret that no input can know", 0, 0).is_err());
    }
});

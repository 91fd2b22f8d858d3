//! JSON exactly as JavaScript would write it.
//!
//! Many receivers verify a signature over `JSON.stringify(JSON.parse(body))` instead of the bytes they were sent. So
//! that both agree, what we send must be a fixed point of that expression: [`to_bytes`] writes such bytes, and
//! [`normalise`] is the expression itself.

mod number;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::NotJson;
pub use write::{Unwritable, to_bytes};

/// What `JSON.stringify(JSON.parse(body))` gives. Refuses what is not JSON, and lone surrogates, which JavaScript keeps
/// but UTF-8 cannot carry.
pub fn normalise(body: &[u8]) -> Result<Vec<u8>, NotJson> {
    let node = read::parse(body)?;
    let mut out = Vec::with_capacity(body.len());
    node.write(&mut out);
    Ok(out)
}

/// Whether a receiver that parses and re-serialises the body in JavaScript ends up with the very same bytes.
pub fn is_faithful(body: &[u8]) -> bool {
    normalise(body).is_ok_and(|bytes| bytes == body)
}

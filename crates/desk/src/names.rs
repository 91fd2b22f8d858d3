//! What things may be called.

use crate::error::{Error, Result};

/// The longest name that stands in an index, in bytes. PostgreSQL allows a key 2 704, with all that stands beside it.
const LONGEST_KEY: usize = 2_000;

/// Whether an index can hold a name.
pub(crate) fn is_key(name: &str) -> bool {
    name.len() <= LONGEST_KEY
}

/// Refuses a name that no index would hold, naming the field.
pub(crate) fn key(field: &str, name: &str) -> Result<()> {
    match is_key(name) {
        true => Ok(()),
        false => Err(Error::invalid(field, format!("expected at most {LONGEST_KEY} bytes, found {}", name.len()))),
    }
}

/// Refuses a text of more than `longest` characters, naming the field: what every list and event shows is bounded.
pub(crate) fn short(field: &str, text: &str, longest: usize) -> Result<()> {
    // Hardly ever is there anything to count.
    let length = if text.len() <= longest { text.len() } else { text.chars().count() };
    match length <= longest {
        true => Ok(()),
        false => Err(Error::invalid(field, format!("expected at most {longest} characters, found {length}"))),
    }
}

/// A name as it is kept: without space around it, 1 to `longest` characters. Anything else is refused, naming the field.
pub(crate) fn checked(field: &str, name: &str, longest: usize) -> Result<String> {
    let name = name.trim();
    let length = name.chars().count();
    if length == 0 || length > longest {
        return Err(Error::invalid(field, format!("expected 1 to {longest} characters, found {length}")));
    }
    if name.contains('\0') {
        return Err(Error::invalid(field, "a name holds no NUL character"));
    }
    Ok(name.to_string())
}

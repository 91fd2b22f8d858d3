//! What things may be called.

use crate::error::{Error, Result};

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

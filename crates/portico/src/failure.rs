//! Why a command failed, and what its exit code says to scripts: 1 failed, 2 was asked wrongly.

use std::fmt;

/// Why a command failed: one sentence for people.
#[derive(Debug)]
pub struct Failure {
    why: String,
    is_usage: bool,
}

impl Failure {
    /// A failure with its sentence.
    pub fn new(why: impl Into<String>) -> Failure {
        Failure { why: why.into(), is_usage: false }
    }

    /// The command cannot mean what was asked for.
    pub fn usage(why: impl Into<String>) -> Failure {
        Failure { why: why.into(), is_usage: true }
    }

    /// The exit code of the process.
    pub fn code(&self) -> u8 {
        if self.is_usage { 2 } else { 1 }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl From<desk::Error> for Failure {
    fn from(error: desk::Error) -> Failure {
        Failure::new(error.to_string())
    }
}

impl From<db::Error> for Failure {
    fn from(error: db::Error) -> Failure {
        Failure::new(format!("the store: {error}"))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::new(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        Failure::new(error.to_string())
    }
}

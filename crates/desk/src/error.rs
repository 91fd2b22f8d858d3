//! What can come out of an operation that did not succeed: few kinds, by outcome.

use crate::ids::{BadId, ConversationId};

/// The result of a desk operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation changed nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or the actor may not see it. Carries what was looked for.
    #[error("unknown {0}")]
    NotFound(&'static str),
    /// The request makes no sense: which field, and why.
    #[error("{field}: {why}")]
    Invalid {
        /// Where in the request, as a path (`metadata.is_inbound`).
        field: String,
        /// What is wrong with it, with the offending value.
        why: String,
    },
    /// The actor may see it but not do this.
    #[error("{0}")]
    Forbidden(String),
    /// Somebody else was first.
    #[error("{0}")]
    Conflict(String),
    /// The conversation was merged; this one lives on.
    #[error("merged into {0}")]
    Moved(ConversationId),
    /// Too much at once; worth another try a little later.
    #[error("busy")]
    Busy,
    /// Our fault or the machine's. Logged once at the edge, shown as a reference number.
    #[error("{0}")]
    Internal(String),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] db::Error),
}

impl Error {
    /// A request that makes no sense.
    pub fn invalid(field: impl Into<String>, why: impl Into<String>) -> Error {
        Error::Invalid { field: field.into(), why: why.into() }
    }

    /// Whether the store refused because something with the same key is already there.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Error::Store(error) if error.is_duplicate())
    }
}

impl From<BadId> for Error {
    fn from(error: BadId) -> Error {
        Error::NotFound(match error.prefix {
            "cnv" => "conversation",
            "msg" => "message",
            "tag" => "tag",
            _ => "resource",
        })
    }
}

impl db::UnitError for Error {
    fn database(&self) -> Option<&db::Error> {
        match self {
            Error::Store(error) => Some(error),
            _ => None,
        }
    }
}

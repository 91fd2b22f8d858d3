//! What can go wrong in a database, sorted by what the caller can do about it.

use std::fmt;
use std::sync::Arc;

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of the database or of a unit of work. Cheap to clone: one failed commit answers many units.
#[derive(Clone)]
pub struct Error {
    kind: Kind,
    message: Arc<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A unique key already has this value.
    Duplicate,
    /// The unit was rolled back for a reason that lies outside it; a second run may succeed.
    Conflict,
    /// The connection is gone, or was refused; nothing was committed.
    Connection,
    /// The server takes no changes: a primary that was stepped down in a failover, or a reading unit that writes.
    ReadOnly,
    /// The store has more waiting units than it accepts.
    Busy,
    /// The connection was lost while the commit was under way.
    OutcomeUnknown,
    /// A row that must exist does not.
    Missing,
    /// There is no room for what was to be written; nothing was.
    Full,
    /// The file takes nothing: it is read-only, or its disk fails (SQLite).
    Unwritable,
    /// The unit of work panicked.
    Panicked,
    /// Anything else: a broken statement, a violated check.
    Other,
}

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<Arc<str>>) -> Error {
        Error { kind, message: message.into() }
    }

    pub(crate) fn other(message: impl Into<Arc<str>>) -> Error {
        Error::new(Kind::Other, message)
    }

    /// The error for a row that had to be there.
    pub fn no_row(what: &str) -> Error {
        Error::new(Kind::Missing, format!("no row: {}", excerpt(what)))
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether a primary key or unique index already holds the value: "already exists".
    pub fn is_duplicate(&self) -> bool {
        self.kind == Kind::Duplicate
    }

    /// Whether the same unit may succeed when it is run again: a conflict, a deadlock, a lost connection, a busy store.
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, Kind::Conflict | Kind::Connection | Kind::ReadOnly | Kind::Busy | Kind::OutcomeUnknown)
    }

    /// Whether the disk is full: it will go on being so until somebody makes room.
    pub fn is_full(&self) -> bool {
        self.kind == Kind::Full
    }

    /// Whether nothing at all can be written, whoever tries, until somebody does something about it: the disk is full, it
    /// fails, or the store takes no changes.
    pub fn is_unwritable(&self) -> bool {
        matches!(self.kind, Kind::Full | Kind::ReadOnly | Kind::Unwritable)
    }

    /// Whether a row that had to exist was absent.
    pub fn is_missing(&self) -> bool {
        self.kind == Kind::Missing
    }

    /// Whether the connection died during the commit, so that the unit may or may not have happened.
    pub fn outcome_unknown(&self) -> bool {
        self.kind == Kind::OutcomeUnknown
    }

    /// Whether the unit of work panicked.
    pub fn is_panic(&self) -> bool {
        self.kind == Kind::Panicked
    }

    pub(crate) fn panicked(payload: &(dyn std::any::Any + Send)) -> Error {
        let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
        Error::new(Kind::Panicked, format!("a unit of work panicked: {}", text.unwrap_or("no message")))
    }

    /// Sorts a failure of SQLite.
    pub(crate) fn sqlite(error: &rusqlite::Error, sql: &str) -> Error {
        use rusqlite::ErrorCode;
        use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID, SQLITE_CONSTRAINT_UNIQUE};
        let kind = match error.sqlite_error() {
            Some(cause) => match (cause.code, cause.extended_code) {
                (_, SQLITE_CONSTRAINT_PRIMARYKEY | SQLITE_CONSTRAINT_ROWID | SQLITE_CONSTRAINT_UNIQUE) => {
                    Kind::Duplicate
                }
                (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Kind::Conflict,
                (ErrorCode::DiskFull, _) => Kind::Full,
                (ErrorCode::ReadOnly | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen, _) => Kind::Unwritable,
                _ => Kind::Other,
            },
            None => Kind::Other,
        };
        Error::new(kind, format!("{error}, in: {}", excerpt(sql)))
    }

    /// Sorts a failure of PostgreSQL.
    pub(crate) fn postgres(error: &postgres::Error, sql: &str) -> Error {
        let Some(cause) = error.as_db_error() else {
            // Without a server's answer it is either the connection or a value the driver refused to encode.
            let lost = error.is_closed() || std::error::Error::source(error).is_some_and(|e| e.is::<std::io::Error>());
            let kind = if lost { Kind::Connection } else { Kind::Other };
            return Error::new(kind, format!("{}, in: {}", chain(error), excerpt(sql)));
        };
        let code = cause.code().code();
        let kind = match code {
            "23505" => Kind::Duplicate,
            // Serialisation failure; deadlock; a plan cached before a migration changed its columns.
            "40001" | "40P01" => Kind::Conflict,
            "0A000" if cause.message().contains("cached plan") => Kind::Conflict,
            "25006" => Kind::ReadOnly,
            "53100" => Kind::Full,
            "57P01" | "57P02" | "57P03" | "53300" => Kind::Connection,
            _ if code.starts_with("08") => Kind::Connection,
            _ => Kind::Other,
        };
        Error::new(kind, format!("{} ({code}), in: {}", cause.message(), excerpt(sql)))
    }
}

/// The first line's worth of a statement: enough to find it, without its values (they are bound, never in the text).
fn excerpt(sql: &str) -> String {
    let mut words = sql.split_whitespace().fold(String::new(), |mut text, word| {
        if text.len() < 160 {
            text.push_str(if text.is_empty() { "" } else { " " });
            text.push_str(word);
        }
        text
    });
    if let Some((end, _)) = words.char_indices().nth(200) {
        words.truncate(end);
    }
    words
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.message)
    }
}

impl std::error::Error for Error {}

/// The error type of a unit of work: it can carry a database error, and shows it, so that a conflict is run again.
pub trait UnitError: From<Error> + Send + 'static {
    /// The database error inside, if that is what this is.
    fn database(&self) -> Option<&Error>;
}

impl UnitError for Error {
    fn database(&self) -> Option<&Error> {
        Some(self)
    }
}

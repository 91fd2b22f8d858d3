//! What we need of an issue tracker. Put your own in the place of Redmine by writing these four.

use crate::error::Result;

/// An issue, as far as it concerns conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub subject: String,
    /// How it stands.
    pub status: String,
}

impl Issue {
    /// What a link to it is called.
    pub fn name(&self) -> String {
        format!("#{} {} ({})", self.id, self.subject, self.status)
    }
}

/// What changed, and from where to read on.
#[derive(Debug)]
pub struct Changes {
    /// The issues, as they are now. One may come again although nothing happened to it.
    pub issues: Vec<Issue>,
    /// Where to read on: only the tracker knows what it means.
    pub read_until: Option<String>,
}

/// An issue tracker.
pub trait Tracker: Send + Sync + 'static {
    /// The id of the issue at an address, if it is one of ours.
    fn issue_at(&self, url: &str) -> Option<String>;

    /// An issue, if it is there.
    fn issue(&self, id: &str) -> impl Future<Output = Result<Option<Issue>>> + Send;

    /// Writes a note into an issue.
    fn note(&self, id: &str, text: &str) -> impl Future<Output = Result<()>> + Send;

    /// The issues that changed since; without a beginning only from where to read on.
    fn changes(&self, since: Option<&str>) -> impl Future<Output = Result<Changes>> + Send;
}

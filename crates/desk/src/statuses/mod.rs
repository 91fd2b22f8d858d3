//! Ticket statuses: named states inside the categories open, waiting and resolved.

use crate::conversations::Conversation;
use crate::error::Result;
use crate::ids::StatusId;
use crate::time::Timestamp;
use crate::work::Work;

pub(crate) mod store;

db::record! {
    /// A ticket status as stored.
    #[derive(Debug, Clone)]
    pub struct Status {
        pub id: StatusId,
        pub name: String,
        pub category: String,
        pub description: Option<String>,
        pub is_default: bool,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

/// Gives a new conversation its first ticket status, where the company uses ticketing.
pub fn start(work: &mut Work<'_>, row: &mut Conversation) -> Result<()> {
    let directory = work.directory()?;
    if !directory.company.has_ticketing {
        return Ok(());
    }
    row.ticket_status = default_of(&directory, "open");
    row.ticket_number = Some(crate::companies::count(work, "ticket")?);
    Ok(())
}

/// The status that a category falls back to.
pub fn default_of(directory: &crate::Directory, category: &str) -> Option<StatusId> {
    let of_category: Vec<&Status> = directory.statuses().filter(|status| status.category == category).collect();
    let chosen = of_category.iter().find(|status| status.is_default).or(of_category.first());
    chosen.map(|status| status.id)
}

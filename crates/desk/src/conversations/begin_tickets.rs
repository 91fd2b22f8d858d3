//! Conversations become tickets, when the company turns ticketing on.

use super::{Status, store};
use crate::companies;
use crate::error::Result;
use crate::ids::StatusId;
use crate::work::Work;

/// Gives every conversation the status that fits, and a number to those without one, the oldest first.
pub(crate) fn begin_tickets(work: &mut Work<'_>, open: StatusId, waiting: StatusId, resolved: StatusId) -> Result<()> {
    let archived = Status::Archived.code();
    store::sort_tickets(work.conn, work.company, archived, [open, waiting, resolved])?;
    let unnumbered = store::without_ticket(work.conn, work.company)?;
    if unnumbered > 0 {
        let first = companies::reserve(work, "ticket", unnumbered)?;
        store::number_tickets(work.conn, work.company, first)?;
    }
    work.conversations_changed();
    Ok(())
}

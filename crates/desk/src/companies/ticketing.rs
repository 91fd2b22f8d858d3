//! Turning ticketing on and off (domain.md section 3.1).

use serde_json::json;

use super::store;
use crate::conversations;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::statuses;
use crate::work::Work;

/// Turns ticketing on or off. On, every conversation gets a number, if it has none, and the status that fits: archived
/// ones are resolved, snoozed ones wait, all others are open. Off, nothing is forgotten, only no longer shown. This is
/// one change of the configuration: conversations get no event of their own.
pub fn set_ticketing(work: &mut Work<'_>, is_on: bool) -> Result<()> {
    work.access.require_global()?;
    if work.directory()?.company.has_ticketing == is_on {
        return Ok(());
    }
    store::set_ticketing(work.conn, work.company, is_on)?;
    work.directory_changed()?;
    if is_on {
        let directory = work.directory()?;
        if directory.statuses().next().is_none() {
            statuses::create_defaults(work)?;
        }
        let directory = work.directory()?;
        let default = |category| {
            let status = statuses::default_of(&directory, category);
            status.ok_or_else(|| Error::Conflict(format!("there is no ticket status in the category {category}")))
        };
        let (open, waiting, resolved) = (default("open")?, default("waiting")?, default("resolved")?);
        conversations::begin_tickets(work, open, waiting, resolved)?;
    }
    events::record_setting(work, Kind::Setting, json!({"has_ticketing": [!is_on, is_on]}))?;
    Ok(())
}

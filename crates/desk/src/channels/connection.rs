//! Whether a channel still works: what its partner's answers say about it.

use serde_json::json;

use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{ChannelId, CompanyId};
use crate::work::Work;

use super::store;

/// Notes that a channel works, or that somebody has to connect it again. Nothing happens if that was known.
pub fn set_valid(work: &mut Work<'_>, id: ChannelId, is_valid: bool) -> Result<()> {
    let directory = work.directory()?;
    let channel = directory.channel(id).ok_or(Error::NotFound("channel"))?;
    if channel.is_valid == is_valid {
        return Ok(());
    }
    store::set_valid(work.conn, work.company, id, is_valid)?;
    work.directory_changed()?;
    events::record_setting(work, Kind::Setting, json!({"channel": id.to_string(), "is_valid": [!is_valid, is_valid]}))?;
    Ok(())
}

/// Notes that the app of a channel is gone for good, whosever channel it is: nobody can connect it again.
pub(crate) fn orphaned(work: &mut Work<'_>, customer: CompanyId, id: ChannelId) -> Result<()> {
    if customer != work.company {
        store::set_valid(work.conn, customer, id, false)?;
        return work.directory_of_other_changed(customer);
    }
    match set_valid(work, id, false) {
        // It went before its app.
        Err(Error::NotFound(_)) => Ok(()),
        other => other,
    }
}

//! Taking a channel away. What came and went on it stays; nothing comes or goes on it any more.

use serde_json::json;

use super::{Channel, get, store};
use crate::apps;
use crate::deliveries;
use crate::error::Result;
use crate::events::{self, Kind};
use crate::ids::ChannelId;
use crate::work::Work;

/// Deletes a channel. The server of an app's channel is told; what it answers changes nothing.
pub fn delete(work: &mut Work<'_>, id: ChannelId) -> Result<()> {
    let channel = get(work, id)?;
    match channel.app {
        None => store::delete(work.conn, work.company, id)?,
        Some(app) => {
            let directory = work.directory()?;
            if let Some(installed) = directory.apps().find(|here| here.app.id == app) {
                apps::forget_channel(work, &installed.app, id)?;
            }
            store::hide(work.conn, work.company, id, &id.to_string(), work.now)?;
            deliveries::enqueue_deletion(work, id)?;
        }
    }
    work.directory_changed()?;
    let change = json!({"channel": [id.to_string(), null], "inbox": channel.inbox.to_string()});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(())
}

/// A channel that was deleted, while its server has not been told.
pub fn departed(work: &mut Work<'_>, id: ChannelId) -> Result<Option<Channel>> {
    Ok(store::departed(work.conn, work.company, id)?)
}

/// Forgets a deleted channel, with what its server was shown, once that was told or cannot be.
pub fn forget(work: &mut Work<'_>, id: ChannelId) -> Result<()> {
    match departed(work, id)? {
        Some(_) => Ok(store::delete(work.conn, work.company, id)?),
        None => Ok(()),
    }
}

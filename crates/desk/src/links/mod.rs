//! Outside things (tickets, orders, bugs) attached to conversations.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::error::Result;
use crate::events::{self, Kind};
use crate::ids::{ConversationId, LinkId};
use crate::work::Work;

mod ensure;
mod list;
mod recognise;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub use ensure::ensure;
pub(crate) use ensure::{claim, ensure_object};
pub use list::{get, list, name_by_partner, rename, replace_fields};
pub(crate) use recognise::addresses;

db::record! {
    /// A link as stored.
    #[derive(Debug, Clone)]
    pub struct Link {
        pub id: LinkId,
        pub name: String,
        pub r#type: String,
        pub external_url: String,
        pub custom_fields: Value,
    }
}

/// The link to an address, if there is one.
pub(crate) fn at(work: &mut Work<'_>, url: &str) -> Result<Option<Link>> {
    Ok(store::of_url(work.conn, work.company, url.trim())?)
}

/// The conversations that a link is attached to, the oldest first, whoever asks.
pub(crate) fn conversations(work: &mut Work<'_>, id: LinkId) -> Result<Vec<ConversationId>> {
    Ok(store::conversations(work.conn, work.company, id)?)
}

/// Replaces the custom fields of a link. Saying what is known already is no change.
pub(crate) fn set_fields(work: &mut Work<'_>, link: &Link, fields: Value) -> Result<()> {
    if fields == link.custom_fields {
        return Ok(());
    }
    store::set_fields(work.conn, work.company, link.id, &fields)?;
    let change = json!({"link": link.id, "custom_fields": [link.custom_fields, fields]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(())
}

/// Links by id, for those who show them beside something else; absent ones are left out.
pub fn load(work: &mut Work<'_>, ids: &[LinkId]) -> Result<Vec<Link>> {
    Ok(store::by_ids(work.conn, work.company, ids)?)
}

/// The links of several conversations, by conversation, in the order they were attached.
pub fn of(work: &mut Work<'_>, ids: &[ConversationId]) -> Result<HashMap<ConversationId, Vec<Link>>> {
    Ok(store::of_conversations(work.conn, work.company, ids)?)
}

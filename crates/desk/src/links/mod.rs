//! Outside things (tickets, orders, bugs) attached to conversations.

use std::collections::HashMap;

use serde_json::Value;

use crate::error::Result;
use crate::ids::{ConversationId, LinkId};
use crate::work::Work;

mod ensure;
mod list;
mod recognise;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub use ensure::ensure;
pub use list::{get, list, name_by_partner, rename};
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

/// Links by id, for those who show them beside something else; absent ones are left out.
pub fn load(work: &mut Work<'_>, ids: &[LinkId]) -> Result<Vec<Link>> {
    Ok(store::by_ids(work.conn, work.company, ids)?)
}

/// The links of several conversations, by conversation, in the order they were attached.
pub fn of(work: &mut Work<'_>, ids: &[ConversationId]) -> Result<HashMap<ConversationId, Vec<Link>>> {
    Ok(store::of_conversations(work.conn, work.company, ids)?)
}

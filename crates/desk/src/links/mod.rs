//! Outside things (tickets, orders, bugs) attached to conversations.

use serde_json::Value;

use crate::error::Result;
use crate::ids::LinkId;
use crate::work::Work;

pub(crate) mod store;

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

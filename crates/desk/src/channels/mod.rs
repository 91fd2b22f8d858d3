//! Ways in and out for messages. Each posts into one inbox.

use serde_json::Value;

use crate::ids::{ChannelId, InboxId};

mod connection;
mod create;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod which;

pub use connection::set_valid;
pub use create::{New, create};
pub use which::{Which, resolve};

db::record! {
    /// A channel as stored.
    #[derive(Debug, Clone)]
    pub struct Channel {
        pub id: ChannelId,
        pub inbox: InboxId,
        pub r#type: String,
        pub name: String,
        pub address: String,
        pub send_as: Option<String>,
        pub settings: Value,
        pub webhook_url: Option<String>,
        pub contact_type: String,
        pub is_valid: bool,
    }
}

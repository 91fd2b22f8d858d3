//! Ways in and out for messages. Each posts into one inbox.

use serde_json::Value;

use crate::access::Owner;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AppId, ChannelId, InboxId, SharedCredentialsId};
use crate::time::Timestamp;
use crate::work::Work;

pub mod application;
mod connection;
pub mod consent;
mod create;
mod delete;
pub mod grant;
pub mod holder;
pub mod renewal;
mod secret;
pub mod shared;
pub(crate) mod store;
pub mod templates;
#[cfg(test)]
mod tests;
mod update;
mod which;

pub(crate) use connection::orphaned;
pub use connection::set_valid;
pub use create::{New, create};
pub use delete::{delete, departed, forget};
pub use secret::{is_signed_here, rotate_secret, secret, share_secret};
pub use update::{Change, update};
pub use which::{Which, is_called, resolve};

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
        pub secret: Option<String>,
        pub app: Option<AppId>,
        pub credentials: Option<Vec<u8>>,
        pub renew_at: Option<Timestamp>,
        pub shared: Option<SharedCredentialsId>,
    }
}

/// A channel that the caller may see: it is seen with its inbox.
pub fn get(work: &mut Work<'_>, id: ChannelId) -> Result<Channel> {
    let directory = work.directory()?;
    let found = directory.channel(id).filter(|channel| sees(work, &directory, channel));
    found.cloned().ok_or(Error::NotFound("channel"))
}

/// The channels that the caller may see, of one owner or all, the oldest first.
pub fn list(work: &mut Work<'_>, of: Option<Owner>) -> Result<Vec<Channel>> {
    if let Some(owner) = of {
        owner.check(work)?;
    }
    let directory = work.directory()?;
    let owners = |channel: &Channel| directory.inbox(channel.inbox).map(|inbox| Owner::of(inbox.team, inbox.owner));
    let wanted = |channel: &&Channel| match of {
        Some(owner) => owners(channel) == Some(owner),
        None => sees(work, &directory, channel),
    };
    Ok(directory.channels().filter(wanted).cloned().collect())
}

/// The channels that post into an inbox, the oldest first.
pub fn of_inbox(work: &mut Work<'_>, inbox: InboxId) -> Result<Vec<Channel>> {
    crate::inboxes::get(work, inbox)?;
    let directory = work.directory()?;
    Ok(directory.channels().filter(|channel| channel.inbox == inbox).cloned().collect())
}

fn sees(work: &Work<'_>, directory: &Directory, channel: &Channel) -> bool {
    let inbox = directory.inbox(channel.inbox);
    inbox.is_some_and(|inbox| work.access.sees_owner(directory, inbox.team, inbox.owner))
}

//! How a message finds its conversation.

use super::store;
use crate::error::Result;
use crate::ids::{ChannelId, ConversationId};
use crate::names;
use crate::work::Work;

/// The spaces that keep apart references which happen to be spelt alike (channels.md section 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// `metadata.thread_ref` of incoming messages.
    Incoming,
    /// `metadata.thread_ref` of imports.
    Import,
    /// `metadata.external_conversation_id` of an application channel.
    External,
    /// The sender's handle, where nothing better is given.
    Sender,
}

impl Space {
    /// The name in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Space::Incoming => "incoming",
            Space::Import => "import",
            Space::External => "external",
            Space::Sender => "sender",
        }
    }
}

/// Where a thread leads, if it is known.
pub fn find(work: &mut Work<'_>, channel: ChannelId, space: Space, key: &str) -> Result<Option<ConversationId>> {
    Ok(store::thread(work.conn, work.company, channel, space.as_str(), key)?)
}

/// From now on the thread leads to this conversation.
pub fn lead(work: &mut Work<'_>, channel: ChannelId, space: Space, key: &str, to: ConversationId) -> Result<()> {
    names::key("metadata.thread_ref", key)?;
    store::set_thread(work.conn, work.company, channel, space.as_str(), (key, work.now), to)?;
    Ok(())
}

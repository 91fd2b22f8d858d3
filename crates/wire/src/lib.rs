//! Every JSON shape that the outside sees, in answers and in webhook bodies alike (contract/core-api.json).
//!
//! It does no I/O and decides nothing: it turns what the desk has loaded into what the contract promises. What a shape
//! needs beside its own row (names of people, tags, inboxes) comes from the directory in [`Context`].
//!
//! Start at [`conversations`]; [`render`] makes the bytes that leave the building, as [`javascript`] writes them.

use desk::{Directory, Timestamp};

pub mod accounts;
pub mod analytics;
pub mod applications;
pub mod attachments;
pub mod channel_calls;
pub mod channels;
pub mod comments;
pub mod contacts;
pub mod conversations;
pub mod custom_fields;
pub mod eml;
pub mod events;
pub mod inboxes;
pub mod javascript;
pub mod knowledge_base_articles;
pub mod knowledge_base_categories;
pub mod knowledge_bases;
pub mod links;
pub mod message_templates;
pub mod messages;
pub mod render;
pub mod seconds;
pub mod seen;
pub mod shifts;
pub mod signatures;
pub mod statuses;
pub mod tags;
pub mod teammate_groups;
pub mod teammates;
pub mod teams;
pub mod time_offs;
pub mod url;
pub mod views;

pub use render::Renderer;
pub use seconds::Seconds;
pub use url::Url;

/// What shapes need beside their own row.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The public base URL, without a trailing slash.
    pub base: &'a str,
    /// The company's small nouns.
    pub directory: &'a Directory,
    /// The instant that they show things at.
    pub now: Timestamp,
}

impl<'a> Context<'a> {
    /// An absolute URL: the pieces are joined as they are.
    pub fn url(&self, path: &'static str, id: impl Into<url::Segment>) -> Url<'a> {
        Url::new(self.base, path, id.into())
    }
}

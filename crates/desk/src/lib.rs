//! The shared inbox itself: what a company, its people, conversations, rules and events are, the operations on them, and their SQL.
//!
//! It is *not* a server: it knows no HTTP, no HTML and no public JSON shapes. Those are `wire`, `api` and `webhooks`.
//!
//! Start at [`work`] (what an operation gets in its hands), then [`mod@messages::receive`] (what happens when a message arrives).

pub mod access;
pub mod accounts;
pub mod analytics;
pub mod apps;
pub mod attachments;
pub mod calls;
pub mod channels;
pub mod comments;
pub mod companies;
pub mod contacts;
pub mod conversations;
pub mod crypto;
pub mod custom_fields;
pub mod deliveries;
pub mod directory;
pub mod endpoints;
pub mod error;
pub mod events;
pub mod guesses;
pub mod idempotency;
pub mod ids;
pub mod inboxes;
pub mod knowledge_base_articles;
pub mod knowledge_base_categories;
pub mod knowledge_bases;
pub mod links;
pub mod message_templates;
pub mod messages;
pub mod migrations;
mod names;
pub mod oauth;
pub mod paging;
pub mod rules;
pub mod scopes;
pub mod sealing;
pub mod search;
mod select;
pub mod sessions;
pub mod shifts;
pub mod signatures;
pub mod statuses;
pub mod tags;
pub mod teammate_groups;
pub mod teammates;
pub mod teams;
#[cfg(test)]
mod testing;
pub mod tickets;
pub mod time;
pub mod time_goals;
pub mod time_offs;
pub mod timers;
pub mod tokens;
pub mod views;
pub mod work;

pub use access::Access;
pub use directory::Directory;
pub use error::{Error, Result};
pub use time::{Clock, Timestamp};
pub use work::{Actor, ActorKind, Caller, Desk, Settings, Work};

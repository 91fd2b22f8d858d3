//! The public HTTP API: what a program that speaks to Portico meets.
//!
//! It is not the inbox itself (that is `desk`), nor the shape of the answers (that is `wire`): here requests are read,
//! callers are recognised and limited, and outcomes become statuses.
//!
//! Start at [`routes`], the table of operations; [`mod@router`] is what happens to every request; [`edge`] reads and
//! refuses without knowing a single resource.

pub mod answer;
pub mod app;
pub mod call;
pub mod edge;
pub mod oauth;
pub mod openapi;
pub mod router;
pub mod routes;
pub mod tokens;

mod accounts;
mod admin;
mod analytics;
mod application_channels;
mod applications;
mod attachments;
mod channels;
mod comments;
mod company;
mod connecting;
mod contact_lists;
mod contacts;
mod conversations;
mod custom_fields;
mod drafts;
mod events;
mod idempotency;
mod inboxes;
mod knowledge_base_articles;
mod knowledge_base_categories;
mod knowledge_bases;
mod links;
mod message_template_folders;
mod message_templates;
mod messages;
mod reach;
mod rules;
mod search;
mod seen;
mod shifts;
mod signatures;
mod tags;
mod teammate_groups;
mod teammates;
mod teams;
mod time_offs;
mod views;
mod whose;

pub use admin::apps::features::validate_webhook;
pub use admin::apps::links::validate_links;
pub use admin::deliveries::recover_endpoint;
pub use app::App;
pub use connecting::{Address, add_address, addresses, connect, share};
pub use router::router;

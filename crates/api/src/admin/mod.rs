//! The admin API under `/portico/v1/`: what Front only configures in its own pages, and what it does not have.
//!
//! It answers in the same shapes as the public API (collections, errors, ids), with scopes of its own: `portico:read`
//! and `portico:write`, which tokens with all scopes hold.

pub(crate) mod apps;
pub(crate) mod channels;
pub(crate) mod company;
pub(crate) mod conversations;
pub(crate) mod definitions;
pub(crate) mod deliveries;
pub(crate) mod inboxes;
pub(crate) mod knowledge_bases;
pub(crate) mod people;
pub(crate) mod rules;
pub(crate) mod sandbox;
pub(crate) mod signatures;
pub(crate) mod time_goals;
pub(crate) mod tokens;

//! The border between HTTP bytes and typed requests, the same for every resource.
//!
//! Nothing in here knows what a conversation is. Whatever arrives from outside is parsed once, refused with a
//! [`error::Problem`] if it is wrong, and trusted afterwards.

pub mod bearer;
pub mod body;
pub mod crypto;
pub mod error;
pub mod fields;
pub mod fingerprint;
pub mod given;
pub mod limits;
pub mod nul;
pub mod pages;
pub mod params;

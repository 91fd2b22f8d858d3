//! Application channels: the server of an app, called for every channel of its kind. What it answers to a message is read
//! like a custom channel's answer ([`crate::custom::answer`]).

pub mod authorization;
pub mod grant;

//! Messages in and out: what a channel server says, and what it is told.
//!
//! It reads and writes the words of channels; it neither sends nor stores them.
//! Start at [`custom`], the channels that anybody can build; [`application`] are those that an app brings.

pub mod application;
pub mod custom;

//! Everything that leaves Portico by HTTP: rule and application webhooks, links partners, channel calls.
//!
//! What this is: signing ([`sign`]), the wall around private networks ([`guard`]), the HTTP client ([`client`]), when to
//! try again ([`schedule`]) and the engine that carries outbox jobs outside in order and at least once ([`engine`]).
//!
//! What this is *not*: it knows no conversation, no rule and no event. Who is told, and with which bytes, is decided by
//! a [`engine::Courier`] that the caller supplies for each outbox topic.
//!
//! Start reading at [`engine`].

pub mod challenge;
pub mod client;
pub mod diagnose;
pub mod engine;
pub mod examine;
pub mod faults;
pub mod guard;
pub mod schedule;
pub mod shown;
pub mod sign;
mod stopwatch;

#[cfg(test)]
mod sink;

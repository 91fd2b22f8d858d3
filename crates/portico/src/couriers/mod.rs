//! Who carries what outside: one courier for each topic of the outbox. This is the complete list.

use std::sync::Arc;
use std::time::Duration;

use ::webhooks::engine::Courier;
use desk::Desk;
use desk::timers::topic;

mod app_webhooks;
mod channels;
mod link_webhooks;
mod object_requests;
mod webhooks;

pub use webhooks::AtHand;

/// Every courier, by topic. A channel's server has so long to answer.
pub fn all(desk: &Desk, channel_patience: Duration) -> Vec<(i64, Arc<dyn Courier>)> {
    vec![
        (topic::WEBHOOK, Arc::new(webhooks::Webhooks::new(desk.clone()))),
        (topic::CHANNEL, Arc::new(channels::Channels::new(desk.clone(), channel_patience))),
    ]
}

//! Who carries what outside: one courier for each topic of the outbox. This is the complete list.

use std::sync::Arc;

use ::webhooks::engine::Courier;
use desk::Desk;
use desk::timers::topic;

mod app_webhooks;
mod channels;
mod link_webhooks;
mod object_requests;
mod webhooks;

/// Every courier, by topic.
pub fn all(desk: &Desk) -> Vec<(i64, Arc<dyn Courier>)> {
    vec![
        (topic::WEBHOOK, Arc::new(webhooks::Webhooks::new(desk.clone()))),
        (topic::CHANNEL, Arc::new(channels::Channels::new(desk.clone()))),
    ]
}

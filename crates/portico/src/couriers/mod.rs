//! Who carries what outside: one courier for each topic of the outbox. This is the complete list.

use std::sync::Arc;

use desk::Desk;
use desk::timers::topic;
use webhooks::engine::Courier;

mod channels;
mod rule_webhooks;

/// Every courier, by topic.
pub fn all(desk: &Desk) -> Vec<(i64, Arc<dyn Courier>)> {
    vec![
        (topic::WEBHOOK, Arc::new(rule_webhooks::RuleWebhooks::new(desk.clone()))),
        (topic::CHANNEL, Arc::new(channels::Channels::new(desk.clone()))),
    ]
}

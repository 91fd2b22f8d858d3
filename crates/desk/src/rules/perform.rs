//! Does what a rule says: every action is one of the desk's own operations, run as the rule.

use super::action::{Action, WebhookBody};
use super::book::Rule;
use super::explanation::{Ended, Outcome};
use super::gather::Gathered;
use crate::deliveries;
use crate::endpoints;
use crate::error::Result;
use crate::events::{Event, Shape};
use crate::ids::ConversationId;
use crate::work::Work;

/// What became of a rule's actions.
pub(super) struct Done {
    /// One for each action that was reached.
    pub(super) outcomes: Vec<Outcome>,
    /// Whether an action said to skip all later rules.
    pub(super) stopped: bool,
}

/// Runs the actions of a matching rule, in order. An error undoes them all.
pub(super) fn all(
    work: &mut Work<'_>,
    event: &Event,
    conversation: ConversationId,
    rule: &Rule,
    actions: &[Action],
    facts: &mut Gathered,
) -> Result<Done> {
    let mut done = Done { outcomes: Vec::with_capacity(actions.len()), stopped: false };
    for (index, action) in actions.iter().enumerate() {
        let ended = match action {
            Action::Stop {} => {
                done.stopped = true;
                Ended::Done { note: None }
            }
            other => one(work, event, conversation, rule, index, other, facts)?,
        };
        done.outcomes.push(Outcome::new(index, ended));
        if done.stopped {
            break;
        }
    }
    Ok(done)
}

fn one(
    work: &mut Work<'_>,
    event: &Event,
    _conversation: ConversationId,
    rule: &Rule,
    _index: usize,
    action: &Action,
    _facts: &mut Gathered,
) -> Result<Ended> {
    match action {
        Action::Webhook { url, body, retries } => webhook(work, event, rule, url, *body, *retries),
        _ => Ok(Ended::Skipped { why: "not available".to_string() }),
    }
}

fn webhook(
    work: &mut Work<'_>,
    event: &Event,
    rule: &Rule,
    url: &str,
    body: WebhookBody,
    retries: Option<u8>,
) -> Result<Ended> {
    let shape = match body {
        WebhookBody::Full => Shape::Full,
        WebhookBody::Preview => Shape::Preview,
    };
    let policy = match retries {
        Some(0) => endpoints::Retries::Off,
        _ => endpoints::Retries::Durable,
    };
    let endpoint = endpoints::of_rule(work, rule.id, url, shape, policy)?;
    deliveries::enqueue_webhook(work, endpoint, event, shape)?;
    Ok(Ended::Done { note: None })
}

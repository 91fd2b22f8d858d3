//! Renders the bytes that leave the building, inside the unit that records what they tell of.

use std::sync::Arc;

use desk::apps::features::WebhookType;
use desk::events::{self, Event, Render, Shape};
use desk::ids::{InboxId, MessageId};
use desk::{Error, Result, Work, messages};
use serde::Serialize;

use crate::{Context, javascript};

/// The renderer that `portico` gives the desk at start-up.
#[derive(Debug, Clone, Copy)]
pub struct Renderer;

impl Render for Renderer {
    fn event(&self, work: &mut Work<'_>, event: &Event, shape: Shape) -> Result<Vec<u8>> {
        let directory = work.directory()?;
        let base = work.public_url();
        let context = Context { base, directory: &directory, now: work.now };
        match shape {
            Shape::Preview => bytes(&crate::events::preview(context, event)),
            Shape::Full => {
                let view = shown(work, event.clone())?;
                bytes(&crate::events::full(context, &view))
            }
            Shape::Application => {
                let r#type = WebhookType::of(event.kind)
                    .ok_or_else(|| Error::Internal(format!("{} has no type for applications", event.id)))?;
                // Apps hear of shared inboxes only.
                let is_shared = |id: &&InboxId| directory.inbox(**id).is_some_and(|inbox| inbox.owner.is_none());
                let inboxes = event.inboxes.iter().filter(is_shared).copied().collect();
                let view = shown(work, Event { inboxes, ..event.clone() })?;
                bytes(&crate::applications::envelope(r#type, work.company, crate::events::full(context, &view)))
            }
            Shape::Link => {
                bytes(&crate::links::attached(work.company, work.now, crate::events::preview(context, event)))
            }
        }
    }

    fn link_created(&self, work: &mut Work<'_>, link: &desk::links::Link) -> Result<Vec<u8>> {
        let directory = work.directory()?;
        let context = Context { base: work.public_url(), directory: &directory, now: work.now };
        bytes(&crate::links::created(context, work.company, work.now, link))
    }

    fn message(&self, work: &mut Work<'_>, message: MessageId) -> Result<Vec<u8>> {
        let directory = work.directory()?;
        let context = Context { base: work.public_url(), directory: &directory, now: work.now };
        let mut view = messages::view(work, message)?;
        view.redact();
        let channel = view.row.channel.and_then(|id| directory.channel(id));
        if channel.is_some_and(|channel| channel.app.is_some()) {
            if view.row.is_auto_reply {
                return bytes(&crate::channel_calls::auto_reply(context, &view));
            }
            messages::sync::reveal(&mut view);
        }
        bytes(&crate::messages::message(context, &view))
    }
}

/// An event with what it is about, as the outside sees it.
fn shown(work: &mut Work<'_>, event: Event) -> Result<events::View> {
    let mut view = events::view(work, event)?;
    if let Some(message) = &mut view.message {
        Arc::make_mut(message).redact();
    }
    Ok(view)
}

fn bytes(shape: &impl Serialize) -> Result<Vec<u8>> {
    javascript::to_bytes(shape).map_err(|error| Error::Internal(format!("rendering: {error}")))
}

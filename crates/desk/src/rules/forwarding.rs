//! A rule hands a message on, and never in circles.

use super::explanation::Ended;
use super::machines;
use super::perform::{Scene, skipped, with_unresolved};
use super::values::{TOO_LONG, filled};
use super::variables::Markup;
use crate::directory::Directory;
use crate::error::Result;
use crate::messages::{self, Content, Message};
use crate::work::Work;

/// Hands the message of the event on to those who are neither its senders nor ourselves.
pub(super) fn forward(
    work: &mut Work<'_>,
    scene: &mut Scene<'_>,
    to: &[String],
    note: Option<&String>,
) -> Result<Ended> {
    let Some(message) = scene.facts.message(work)?.filter(|message| !message.is_draft()).cloned() else {
        return Ok(skipped("there is no message to forward"));
    };
    let directory = work.directory()?;
    let senders = senders(&message);
    if message.is_auto_reply || machines::wrote(&message) {
        return Ok(skipped("a machine wrote"));
    }
    if message.is_inbound && senders.iter().any(|handle| is_ours(&directory, handle)) {
        return Ok(skipped("it came from an address of our own"));
    }
    let place = (scene.rule, scene.conversation);
    let mut unresolved = Vec::new();
    let mut receivers: Vec<String> = Vec::new();
    for written in to {
        let Some((addresses, missing)) = filled(work, scene.facts, place, written, Markup::Plain)? else {
            return Ok(skipped(TOO_LONG));
        };
        unresolved.extend(missing);
        // A variable may stand for several, as those of who got a copy do.
        for address in addresses.split([',', ';']).map(str::trim).filter(|address| !address.is_empty()) {
            let same = |other: &String| other.eq_ignore_ascii_case(address);
            if !is_ours(&directory, address) && !senders.iter().any(same) && !receivers.iter().any(same) {
                receivers.push(address.to_string());
            }
        }
    }
    if receivers.is_empty() {
        return Ok(skipped("there is nobody to forward to but the sender and ourselves"));
    }
    let note = match note {
        None => None,
        Some(note) => {
            let Some((html, missing)) = filled(work, scene.facts, place, note, Markup::Html)? else {
                return Ok(skipped(TOO_LONG));
            };
            unresolved.extend(missing);
            Some(Content::html(&html))
        }
    };
    messages::forward(work, &messages::Forward { message: &message, to: receivers, note })?;
    Ok(with_unresolved(&unresolved))
}

fn senders(message: &Message) -> Vec<String> {
    let is_sender = |role: &str| matches!(role, "from" | "reply-to");
    message.recipients().into_iter().filter(|who| is_sender(&who.role)).map(|who| who.handle).collect()
}

/// Whether mail to an address comes back to us.
fn is_ours(directory: &Directory, address: &str) -> bool {
    let is = |other: &str| other.eq_ignore_ascii_case(address);
    directory.channels().any(|channel| is(&channel.address) || channel.send_as.as_deref().is_some_and(is))
}

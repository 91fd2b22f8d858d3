//! The version guard: nobody answers over a message that came in while he was writing.

use super::Held;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::work::Work;

/// How many of the newest events are looked at. Whoever has missed more than that has missed something.
const MOST: i64 = 200;

/// Refuses to go on if messages or drafts of others came into the conversation since the version that the caller has
/// seen, naming what it missed. What it did itself, and what changes no words (tags, assignees), never stands in its way.
pub fn guard(work: &mut Work<'_>, held: &Held, seen_version: i64) -> Result<()> {
    let behind = held.row.version - seen_version;
    if behind <= 0 {
        return Ok(());
    }
    let newest = events::newest(work, held.row.id, behind.min(MOST))?;
    let is_theirs = |event: &&events::Event| event.actor != work.actor || event.kind == Kind::Inbound;
    let missed: Vec<String> = newest.iter().filter(is_theirs).filter_map(named).collect();
    if missed.is_empty() && behind <= MOST {
        return Ok(());
    }
    let list = if missed.is_empty() { "a lot".to_string() } else { missed.join(", ") };
    Err(Error::Conflict(format!(
        "the conversation is at version {}, you have seen {seen_version} and missed: {list}",
        held.row.version
    )))
}

fn named(event: &events::Event) -> Option<String> {
    let word = match event.kind {
        Kind::Inbound => "a message received",
        Kind::Outbound | Kind::OutReply | Kind::Forward => "a message sent",
        Kind::Imported => "a message imported",
        Kind::Draft => "a draft",
        Kind::ConversationsMerged => return Some("the messages of merged conversations".to_string()),
        _ => return None,
    };
    let message = event.target.map(|target| crate::ids::MessageId(target.id));
    Some(message.map_or_else(|| word.to_string(), |id| format!("{word} ({id})")))
}

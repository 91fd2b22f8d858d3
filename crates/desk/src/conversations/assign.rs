//! Who is responsible for a conversation.

use serde_json::json;

use super::{Held, hold};
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::ids::{ConversationId, TeammateId};
use crate::teammates::{self, Who};
use crate::work::Work;

/// Gives a conversation that the caller may see to a teammate, or to nobody.
pub fn assign(work: &mut Work<'_>, id: ConversationId, to: Option<&Who>) -> Result<()> {
    let mut held = hold(work, id)?;
    let to = to.map(|who| assignable(work, who)).transpose()?;
    give(work, &mut held, to)?;
    held.save(work)
}

/// The teammate that conversations may be given to. People who are away are taken: whoever assigns knows best.
pub fn assignable(work: &mut Work<'_>, who: &Who) -> Result<TeammateId> {
    let id = teammates::resolve(work, who)?;
    let directory = work.directory()?;
    let Some(teammate) = directory.teammate(id) else { return Err(Error::NotFound("teammate")) };
    if teammate.is_blocked {
        return Err(Error::invalid("assignee_id", format!("{id} is blocked")));
    }
    if !matches!(teammate.r#type.as_str(), "user" | "visitor") {
        return Err(Error::invalid("assignee_id", format!("{id} is a bot")));
    }
    Ok(id)
}

/// Gives a conversation in one's hands to a teammate, or to nobody. Answers whether that changed anything. The caller
/// saves it.
pub fn give(work: &mut Work<'_>, held: &mut Held, to: Option<TeammateId>) -> Result<bool> {
    if held.row.assignee == to {
        return Ok(false);
    }
    let name = |teammate: Option<TeammateId>| teammate.map(|id| id.to_string());
    let change = json!({"assignee": [name(held.row.assignee), name(to)]});
    held.row.assignee = to;
    let record = match to {
        Some(teammate) => Record::with(Kind::Assign, TargetKind::Teammate, teammate.0),
        None => Record::plain(Kind::Unassign),
    };
    held.record(work, record.changing(change))?;
    Ok(true)
}

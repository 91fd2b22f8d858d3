//! Who hears of a conversation without being responsible for it.

use serde_json::json;

use super::{Held, hold, see, store};
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::ids::{ConversationId, TeammateId};
use crate::teammates::{self, Who};
use crate::work::Work;

/// How many followers one request may name.
pub const MOST_AT_ONCE: usize = 50;

/// What happens when a request names somebody unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// The whole request is refused.
    Refuse,
    /// The others are taken.
    Ignore,
}

/// The followers of a conversation that the caller may see.
pub fn followers(work: &mut Work<'_>, id: ConversationId) -> Result<Vec<TeammateId>> {
    see(work, id)?;
    Ok(store::followers(work.conn, work.company, id)?)
}

/// Makes teammates follow a conversation.
pub fn follow(work: &mut Work<'_>, id: ConversationId, who: &[Who], unknown: Unknown) -> Result<()> {
    let mut held = hold(work, id)?;
    let teammates = named(work, who, unknown)?;
    add(work, &mut held, &teammates)?;
    held.save(work)
}

/// Makes teammates follow a conversation no longer.
pub fn unfollow(work: &mut Work<'_>, id: ConversationId, who: &[Who]) -> Result<()> {
    let mut held = hold(work, id)?;
    let teammates = named(work, who, Unknown::Refuse)?;
    remove(work, &mut held, &teammates)?;
    held.save(work)
}

/// Adds followers to a conversation in one's hands; those that it has already are left alone. The caller saves it.
pub fn add(work: &mut Work<'_>, held: &mut Held, teammates: &[TeammateId]) -> Result<()> {
    for id in teammates {
        if store::follow(work.conn, work.company, held.row.id, *id)? > 0 {
            let record = Record::with(Kind::FollowerAdded, TargetKind::Teammate, id.0);
            held.record(work, record.changing(json!({"followers": [null, id.to_string()]})))?;
        }
    }
    Ok(())
}

/// Removes followers; those that it does not have are left alone. The caller saves it.
pub fn remove(work: &mut Work<'_>, held: &mut Held, teammates: &[TeammateId]) -> Result<()> {
    for id in teammates {
        if store::unfollow(work.conn, work.company, held.row.id, *id)? > 0 {
            let record = Record::with(Kind::FollowerRemoved, TargetKind::Teammate, id.0);
            held.record(work, record.changing(json!({"followers": [id.to_string(), null]})))?;
        }
    }
    Ok(())
}

/// The people that a request names, each once.
fn named(work: &mut Work<'_>, who: &[Who], unknown: Unknown) -> Result<Vec<TeammateId>> {
    if who.len() > MOST_AT_ONCE {
        let why = format!("{} teammates, at most {MOST_AT_ONCE} are possible", who.len());
        return Err(Error::invalid("teammate_ids", why));
    }
    let mut found = Vec::with_capacity(who.len());
    for who in who {
        match teammates::resolve(work, who) {
            Ok(id) if found.contains(&id) => {}
            Ok(id) => found.push(id),
            Err(Error::NotFound(_)) if unknown == Unknown::Ignore => {}
            Err(Error::NotFound(_)) => {
                let shown = match who {
                    Who::Id(id) => id.to_string(),
                    Who::Email(email) => email.clone(),
                };
                return Err(Error::invalid("teammate_ids", format!("unknown teammate {shown}")));
            }
            Err(other) => return Err(other),
        }
    }
    Ok(found)
}

//! Changing several things of a conversation at once.

use serde_json::{Map, Value};

use super::fields::{self, Task};
use super::{Held, Shelf, Status, assign, hold, moving, standing, tagging};
use crate::error::{Error, Result};
use crate::ids::{ConversationId, InboxId, StatusId, TagId};
use crate::teammates::Who;
use crate::work::Work;

/// What is to change; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// Who is responsible; the inner `None` is nobody.
    pub assignee: Option<Option<Who>>,
    /// The inbox to move it to.
    pub inbox: Option<InboxId>,
    /// Where it stands.
    pub standing: Option<Standing>,
    /// Its only tags.
    pub tags: Option<Tags>,
    /// What tasks have.
    pub task: Task,
    /// The only values of custom fields.
    pub custom_fields: Option<Map<String, Value>>,
}

/// The two ways to say where a conversation stands, of which a request uses one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// By status.
    Status(Status),
    /// By ticket status.
    Ticket(StatusId),
}

/// The two ways to name tags.
#[derive(Debug, Clone)]
pub enum Tags {
    /// By id.
    Ids(Vec<TagId>),
    /// By name, as old clients do; unknown ones are made.
    Names(Vec<String>),
}

/// Changes a conversation that the caller may see: all of it or nothing.
pub fn update(work: &mut Work<'_>, id: ConversationId, update: &Update) -> Result<()> {
    let mut held = hold(work, id)?;
    if let Some(values) = &update.custom_fields {
        fields::replace(work, &mut held, values)?;
    }
    fields::task(work, &mut held, &update.task)?;
    if let Some(wanted) = &update.tags {
        let ids = tag_ids(work, &held, wanted)?;
        tagging::replace(work, &mut held, &ids)?;
    }
    if let Some(inbox) = update.inbox {
        moving::set(work, &mut held, &[inbox])?;
    }
    if let Some(assignee) = &update.assignee {
        let assignee = assignee.as_ref().map(|who| assign::assignable(work, who)).transpose()?;
        assign::give(work, &mut held, assignee)?;
    }
    match update.standing {
        Some(Standing::Status(status)) => drop(standing::act(work, &mut held, status.action())?),
        Some(Standing::Ticket(status)) => {
            standing::set_ticket_status(work, &mut held, status)?;
            if held.row.shelf() == Shelf::Trashed {
                return Err(Error::invalid("status_id", "what is in the trash waits for nothing: restore it first"));
            }
        }
        None => {}
    }
    held.save(work)
}

fn tag_ids(work: &mut Work<'_>, held: &Held, wanted: &Tags) -> Result<Vec<TagId>> {
    match wanted {
        Tags::Ids(ids) => Ok(ids.clone()),
        Tags::Names(names) => tagging::named(work, held, names),
    }
}

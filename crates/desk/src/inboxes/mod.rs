//! Where conversations arrive: shared inboxes of a workspace and private ones of a teammate.

use serde_json::{Map, Value, json};

use crate::access::Owner;
use crate::custom_fields;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{InboxId, TeamId, TeammateId};
use crate::names;
use crate::teammates;
use crate::work::Work;

mod access;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod update;

pub use access::{add_teammates, remove_teammates, teammates_of};
pub use update::{Change, delete, update};

db::record! {
    /// An inbox as stored. It has a team or an owner.
    #[derive(Debug, Clone)]
    pub struct Inbox {
        pub id: InboxId,
        pub team: Option<TeamId>,
        pub owner: Option<TeammateId>,
        pub name: String,
        pub is_public: bool,
        pub custom_fields: Value,
    }
}

impl Inbox {
    /// Whether it belongs to one teammate.
    pub fn is_private(&self) -> bool {
        self.owner.is_some()
    }
}

/// The longest name of an inbox, in characters.
const LONGEST: usize = 128;

/// A new inbox.
#[derive(Debug, Clone)]
pub struct New {
    /// Whose it is: a workspace's or a teammate's, never the company's.
    pub owner: Owner,
    /// What it is called.
    pub name: String,
    /// Whether every member of the workspace may open it. Private inboxes never are public.
    pub is_public: bool,
    /// Who else may open it.
    pub teammates: Vec<TeammateId>,
    /// Values of custom fields, by name.
    pub custom_fields: Map<String, Value>,
}

/// Adds an inbox.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<InboxId> {
    new.owner.check(work)?;
    if new.owner == Owner::Company {
        return Err(Error::invalid("owner", "an inbox belongs to a workspace or a teammate"));
    }
    teammates::people(work, &new.teammates)?;
    let inbox = Inbox {
        id: InboxId(work.new_id()),
        team: new.owner.team(),
        owner: new.owner.teammate(),
        name: names::checked("name", &new.name, LONGEST)?,
        is_public: new.is_public && new.owner.teammate().is_none(),
        custom_fields: custom_fields::checked(work, "inbox", &new.custom_fields)?,
    };
    store::insert(work.conn, work.company, &inbox, work.now)?;
    for teammate in &new.teammates {
        store::allow(work.conn, work.company, inbox.id, *teammate)?;
    }
    work.directory_changed()?;
    let change = json!({"inbox": [null, inbox.id.to_string()], "name": [null, inbox.name]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(inbox.id)
}

/// An inbox that the caller may see.
pub fn get(work: &mut Work<'_>, id: InboxId) -> Result<Inbox> {
    let directory = work.directory()?;
    let found = directory.inbox(id).filter(|inbox| work.access.sees_owner(&directory, inbox.team, inbox.owner));
    found.cloned().ok_or(Error::NotFound("inbox"))
}

/// Whether a teammate may open at least one of several inboxes.
pub fn any_open_to(directory: &crate::Directory, inboxes: &[InboxId], teammate: TeammateId) -> bool {
    let mut known = inboxes.iter().filter_map(|id| directory.inbox(*id));
    known.any(|inbox| directory.inbox_teammates(inbox).contains(&teammate))
}

/// The inboxes that the caller may see, of one owner or all, the oldest first.
pub fn list(work: &mut Work<'_>, of: Option<Owner>) -> Result<Vec<Inbox>> {
    if let Some(owner) = of {
        owner.check(work)?;
    }
    let directory = work.directory()?;
    let wanted = |inbox: &&Inbox| match of {
        Some(owner) => Owner::of(inbox.team, inbox.owner) == owner,
        None => work.access.sees_owner(&directory, inbox.team, inbox.owner),
    };
    Ok(directory.inboxes().filter(wanted).cloned().collect())
}

/// The inboxes that a teammate may open, as far as the caller may see them.
pub fn open_to(work: &mut Work<'_>, teammate: TeammateId) -> Result<Vec<Inbox>> {
    teammates::get(work, teammate)?;
    let directory = work.directory()?;
    let open = |inbox: &&Inbox| {
        work.access.sees_owner(&directory, inbox.team, inbox.owner)
            && directory.inbox_teammates(inbox).contains(&teammate)
    };
    Ok(directory.inboxes().filter(open).cloned().collect())
}

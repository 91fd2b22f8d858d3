//! Signatures: what stands below e-mails, of a workspace or of one teammate (contract/domain.md section 9).

use serde_json::{Value, json};

use crate::access::{Access, Owner};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{ChannelId, SignatureId, TeamId, TeammateId};
use crate::paging::{Page, Position, Window};
use crate::time::Timestamp;
use crate::work::Work;

mod choose;
mod store;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use choose::{chosen, filled, kept};
pub use write::{Change, New, create, delete, update};

db::record! {
    /// A signature as stored.
    #[derive(Debug, Clone)]
    pub struct Signature {
        pub id: SignatureId,
        pub team: Option<TeamId>,
        pub owner: Option<TeammateId>,
        pub name: String,
        pub sender_info: Option<String>,
        pub is_default: bool,
        pub is_for_people: bool,
        pub channels: Option<Value>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub body: String,
    }
}

impl Signature {
    /// Whose it is.
    pub fn owner(&self) -> Owner {
        Owner::of(self.team, self.owner)
    }

    /// The channels that it is for; `None` for all. One that is gone is left out, and so are those that the caller does
    /// not see if the signature was read for somebody.
    pub fn channels(&self, directory: &Directory) -> Option<Vec<ChannelId>> {
        let named: Vec<ChannelId> = serde_json::from_value(self.channels.clone()?).unwrap_or_default();
        Some(named.into_iter().filter(|id| directory.channel(*id).is_some()).collect())
    }

    /// Whether it is for a channel.
    pub(crate) fn is_for(&self, directory: &Directory, channel: ChannelId) -> bool {
        self.channels(directory).is_none_or(|channels| channels.contains(&channel))
    }

    /// The same as the caller sees it: without the channels that moved to where the caller does not.
    pub(crate) fn seen(mut self, access: &Access, directory: &Directory) -> Signature {
        if let Some(mut channels) = self.channels(directory) {
            let inbox = |id: &ChannelId| directory.inbox(directory.channel(*id)?.inbox);
            channels.retain(|id| inbox(id).is_some_and(|row| access.sees_owner(directory, row.team, row.owner)));
            self.channels = Some(json!(channels));
        }
        self
    }
}

/// A signature that the caller may see, as the caller sees it.
pub fn get(work: &mut Work<'_>, id: SignatureId) -> Result<Signature> {
    let directory = work.directory()?;
    Ok(find(work, id)?.seen(&work.access, &directory))
}

/// A signature that the caller may see, as it is kept.
fn find(work: &mut Work<'_>, id: SignatureId) -> Result<Signature> {
    let directory = work.directory()?;
    let found = load(work, &[id])?.pop();
    let seen = found.filter(|row| work.access.sees_owner(&directory, row.team, row.owner));
    seen.ok_or(Error::NotFound("signature"))
}

/// Signatures by id, whoever asks; absent ones are left out.
pub(crate) fn load(work: &mut Work<'_>, ids: &[SignatureId]) -> Result<Vec<Signature>> {
    Ok(store::by_ids(work.conn, work.company, ids)?)
}

/// A page of the signatures of an owner, the oldest first unless the window says otherwise.
pub fn list(work: &mut Work<'_>, owner: Owner, window: &Window) -> Result<Page<Signature>> {
    owner.check(work)?;
    let directory = work.directory()?;
    let rows = store::list(work.conn, work.company, owner, window)?;
    let rows = rows.into_iter().map(|row| row.seen(&work.access, &directory)).collect();
    Ok(Page::cut(rows, window.limit, |row| Position { key: 0, id: row.id.0 }))
}

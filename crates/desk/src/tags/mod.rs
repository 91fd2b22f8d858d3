//! Labels on conversations: of the company, of a workspace, or of one teammate; in trees.

use crate::access::Owner;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{TagId, TeamId, TeammateId};
use crate::names;
use crate::paging::{Page, Window, page_of};
use crate::time::Timestamp;
use crate::work::Work;

mod create;
mod delete;
mod named;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod update;

pub use create::{New, Place, create};
pub use delete::delete;
pub use named::named;
pub use update::{Change, update};

db::record! {
    /// A tag as stored.
    #[derive(Debug, Clone)]
    pub struct Tag {
        pub id: TagId,
        pub team: Option<TeamId>,
        pub owner: Option<TeammateId>,
        pub parent: Option<TagId>,
        pub name: String,
        pub description: Option<String>,
        pub highlight: Option<String>,
        pub is_visible: bool,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

impl Tag {
    /// Whose it is.
    pub fn owner(&self) -> Owner {
        Owner::of(self.team, self.owner)
    }
}

/// Another tag that has a tag's name, whatever the case, at the same place: beside it among its owner's tags. The oldest,
/// as stores from before may hold several, which is why no index forbids it. Whoever changes tags raises the directory's
/// version, so two who do it at once do not pass each other by.
fn twin<'d>(directory: &'d Directory, tag: &Tag) -> Option<&'d Tag> {
    let is_beside = |other: &&Tag| other.owner() == tag.owner() && other.parent == tag.parent && other.id != tag.id;
    directory.tags().filter(is_beside).find(|other| alike(&other.name, &tag.name))
}

/// Whether two names are the same but for their case.
fn alike(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// The longest name of a tag, in characters.
pub(crate) const LONGEST: usize = 64;

/// The colours that a tag may be given.
pub const HIGHLIGHTS: &[&str] = &["grey", "pink", "red", "orange", "yellow", "green", "light-blue", "blue", "purple"];

/// A tag that the caller may see.
pub fn get(work: &mut Work<'_>, id: TagId) -> Result<Tag> {
    let directory = work.directory()?;
    let found = directory.tag(id).filter(|tag| work.access.sees_owner(&directory, tag.team, tag.owner));
    found.cloned().ok_or(Error::NotFound("tag"))
}

/// A page of the tags that the caller may see, by id: of one owner, or all.
pub fn list(work: &mut Work<'_>, of: Option<Owner>, window: &Window) -> Result<Page<Tag>> {
    if let Some(owner) = of {
        owner.check(work)?;
    }
    let directory = work.directory()?;
    let wanted = |tag: &&Tag| match of {
        Some(owner) => tag.owner() == owner,
        None => work.access.sees_owner(&directory, tag.team, tag.owner),
    };
    Ok(page_of(directory.tags().filter(wanted), window, |tag| tag.id.0).map(Tag::clone))
}

/// The children of a tag, the oldest first.
pub fn children(work: &mut Work<'_>, id: TagId) -> Result<Vec<Tag>> {
    get(work, id)?;
    let directory = work.directory()?;
    Ok(directory.tags().filter(|tag| tag.parent == Some(id)).cloned().collect())
}

/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 10_000;

fn checked_description(description: Option<&str>) -> Result<Option<String>> {
    description.map(|text| names::short("description", text, LONGEST_DESCRIPTION)).transpose()?;
    Ok(description.map(str::to_string))
}

/// A colour as it is kept: one of [`HIGHLIGHTS`], or none.
pub(crate) fn checked_highlight(highlight: Option<&str>) -> Result<Option<String>> {
    match highlight {
        Some(colour) if !HIGHLIGHTS.contains(&colour) => {
            Err(Error::invalid("highlight", format!("expected one of {}, found {colour:?}", HIGHLIGHTS.join(", "))))
        }
        colour => Ok(colour.map(str::to_string)),
    }
}

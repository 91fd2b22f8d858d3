//! Folders of message templates. They nest, but not for ever, and what is in one belongs to whom the folder belongs.

use std::collections::HashSet;

use serde_json::{Map, json};

pub use super::Folder;
use super::{LONGEST, MOST_FOLDERS, store};
use crate::access::Owner;
use crate::attachments;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{MessageTemplateFolderId, MessageTemplateId};
use crate::names;
use crate::paging::{Page, Position, Window, page_sorted};
use crate::work::Work;

/// So many folders lie inside each other at most.
pub const DEEPEST: usize = 10;

/// What folders are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// When they were made.
    Created,
    /// When they were last changed.
    Updated,
}

/// Which folders are wanted.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// All that the caller may see.
    All,
    /// Those of one owner.
    Owner(Owner),
    /// Those that lie in a folder itself.
    Folder(MessageTemplateFolderId),
}

/// Where a new folder goes.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// Among somebody's, perhaps in another folder of theirs.
    Of(Owner, Option<MessageTemplateFolderId>),
    /// In a folder, whosever it is.
    Under(MessageTemplateFolderId),
}

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Another folder around it, or none.
    pub parent: Option<Option<MessageTemplateFolderId>>,
}

/// A folder that the caller may see.
pub fn get(work: &mut Work<'_>, id: MessageTemplateFolderId) -> Result<Folder> {
    let directory = work.directory()?;
    let found =
        directory.message_template_folder(id).filter(|row| work.access.sees_owner(&directory, row.team, row.owner));
    found.cloned().ok_or(Error::NotFound("message template folder"))
}

/// A page of the folders that the caller may see.
///
/// # Errors
/// Refuses an owner or a folder that the caller may not see.
pub fn list(work: &mut Work<'_>, of: Of, order: Order, window: &Window) -> Result<Page<Folder>> {
    match of {
        Of::All => {}
        Of::Owner(owner) => owner.check(work)?,
        Of::Folder(folder) => drop(get(work, folder)?),
    }
    let directory = work.directory()?;
    let wanted = |row: &&Folder| match of {
        Of::All => work.access.sees_owner(&directory, row.team, row.owner),
        Of::Owner(owner) => row.owner() == owner,
        Of::Folder(folder) => row.parent == Some(folder),
    };
    let key = |row: &&Folder| match order {
        Order::Created => row.created_at.0,
        Order::Updated => row.updated_at.0,
    };
    let rows = directory.message_template_folders().filter(wanted);
    Ok(page_sorted(rows, window, |row| Position { key: key(row), id: row.id.0 }).map(Folder::clone))
}

/// Adds a folder. Folders of one name may lie side by side.
///
/// # Errors
/// Refuses one in somebody else's, one deeper than [`DEEPEST`], and one more than an owner may have.
pub fn create(work: &mut Work<'_>, place: Place, name: &str) -> Result<MessageTemplateFolderId> {
    let (owner, parent) = match place {
        Place::Of(owner, parent) => (owner, parent),
        Place::Under(parent) => (get(work, parent)?.owner(), Some(parent)),
    };
    owner.check(work)?;
    if work.directory()?.message_template_folders().filter(|row| row.owner() == owner).count() >= MOST_FOLDERS {
        return Err(Error::invalid("name", format!("there are {MOST_FOLDERS} folders of this owner, and no more fit")));
    }
    if let Some(parent) = parent {
        fits(work, "parent_folder_id", owner, parent)?;
        let directory = work.directory()?;
        shallow(around(&directory, parent).count() + 1)?;
    }
    let folder = Folder {
        id: MessageTemplateFolderId(work.new_id()),
        team: owner.team(),
        owner: owner.teammate(),
        parent,
        name: names::checked("name", name, LONGEST)?,
        created_at: work.now,
        updated_at: work.now,
    };
    store::insert_folder(work.conn, work.company, &folder)?;
    work.directory_changed()?;
    let change = json!({"message_template_folder": [null, folder.id], "name": [null, folder.name]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(folder.id)
}

/// Changes a folder. What is in it moves with it.
///
/// # Errors
/// Refuses to put a folder into itself, into one of somebody else's, and deeper than [`DEEPEST`].
pub fn update(work: &mut Work<'_>, id: MessageTemplateFolderId, change: &Change) -> Result<()> {
    let before = get(work, id)?;
    let mut folder = before.clone();
    if let Some(name) = &change.name {
        folder.name = names::checked("name", name, LONGEST)?;
    }
    if let Some(parent) = change.parent {
        if let Some(parent) = parent {
            fits(work, "parent_folder_id", before.owner(), parent)?;
            let directory = work.directory()?;
            if around(&directory, parent).any(|above| above.id == id) {
                return Err(Error::invalid("parent_folder_id", format!("{parent} is the folder itself or in it")));
            }
            shallow(around(&directory, parent).count() + within(&directory, id).len())?;
        }
        folder.parent = parent;
    }
    let mut changed = Map::new();
    if before.name != folder.name {
        changed.insert("name".to_string(), json!([before.name, folder.name]));
    }
    if before.parent != folder.parent {
        changed.insert("parent".to_string(), json!([before.parent, folder.parent]));
    }
    if changed.is_empty() {
        return Ok(());
    }
    folder.updated_at = work.now;
    store::update_folder(work.conn, work.company, &folder)?;
    work.directory_changed()?;
    changed.insert("message_template_folder".to_string(), json!(id));
    events::record_setting(work, Kind::Setting, changed.into())?;
    Ok(())
}

/// Deletes a folder with all folders and templates in it: a fixed number of statements, however many they are, and one
/// line in the log.
pub fn delete(work: &mut Work<'_>, id: MessageTemplateFolderId) -> Result<()> {
    let folder = get(work, id)?;
    let directory = work.directory()?;
    let folders: HashSet<MessageTemplateFolderId> = within(&directory, id).into_iter().flatten().collect();
    let is_inside = |inside: Option<MessageTemplateFolderId>| inside.is_some_and(|inside| folders.contains(&inside));
    let templates: Vec<MessageTemplateId> =
        directory.message_templates().filter(|row| is_inside(row.folder)).map(|row| row.id).collect();
    let numbers: Vec<i64> = templates.iter().map(|id| id.0).collect();
    attachments::detach_all(work, attachments::TEMPLATE, &numbers)?;
    store::delete_all(work.conn, work.company, &numbers)?;
    let numbers: Vec<i64> = folders.iter().map(|id| id.0).collect();
    store::delete_folders(work.conn, work.company, &numbers)?;
    work.directory_changed()?;
    let change = json!({
        "message_template_folder": [id, null], "name": [folder.name, null], "folders": folders.len(), "templates": templates.len(),
    });
    events::record_setting(work, Kind::Setting, change)?;
    Ok(())
}

/// Refuses a folder that the caller may not see, or that is not an owner's.
pub(super) fn fits(work: &mut Work<'_>, field: &str, owner: Owner, id: MessageTemplateFolderId) -> Result<()> {
    let seen = get(work, id).map_err(|_| Error::invalid(field, format!("unknown folder {id}")))?;
    match seen.owner() == owner {
        true => Ok(()),
        false => Err(Error::invalid(field, format!("{id} belongs to somebody else"))),
    }
}

fn shallow(levels: usize) -> Result<()> {
    match levels <= DEEPEST {
        true => Ok(()),
        false => Err(Error::invalid("parent_folder_id", format!("at most {DEEPEST} folders lie inside each other"))),
    }
}

/// A folder and those around it, from the inside out.
fn around(directory: &Directory, id: MessageTemplateFolderId) -> impl Iterator<Item = &Folder> {
    let up = |folder: &&Folder| directory.message_template_folder(folder.parent?);
    std::iter::successors(directory.message_template_folder(id), up).take(DEEPEST)
}

/// A folder and those in it, level by level.
fn within(directory: &Directory, id: MessageTemplateFolderId) -> Vec<Vec<MessageTemplateFolderId>> {
    let down = |level: &Vec<MessageTemplateFolderId>| {
        let level: HashSet<MessageTemplateFolderId> = level.iter().copied().collect();
        let inside =
            directory.message_template_folders().filter(|row| row.parent.is_some_and(|id| level.contains(&id)));
        let inside: Vec<MessageTemplateFolderId> = inside.map(|row| row.id).collect();
        (!inside.is_empty()).then_some(inside)
    };
    std::iter::successors(Some(vec![id]), down).take(DEEPEST).collect()
}

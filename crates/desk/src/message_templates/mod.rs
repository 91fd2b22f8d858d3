//! Message templates: what people write again and again, of a workspace or of one teammate, in folders that nest
//! (contract/domain.md section 9). Rules write with them, too.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::access::{Access, Owner};
use crate::attachments::{self, Attachment};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{InboxId, MessageTemplateFolderId, MessageTemplateId, TeamId, TeammateId};
use crate::paging::{Page, Position, Window, page_sorted};
use crate::time::Timestamp;
use crate::work::Work;

pub mod folders;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod write;

pub use write::{Change, New, Place, create, delete, update};

/// The longest name of a template or a folder, in characters.
const LONGEST: usize = 200;
/// The most templates of one owner.
const MOST_TEMPLATES: usize = 10_000;
/// The most folders of one owner.
const MOST_FOLDERS: usize = 1_000;

db::record! {
    /// A template as everybody knows it who does not write with it.
    #[derive(Debug, Clone)]
    pub struct Entry {
        pub id: MessageTemplateId,
        pub team: Option<TeamId>,
        pub owner: Option<TeammateId>,
        pub folder: Option<MessageTemplateFolderId>,
        pub name: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

db::record! {
    /// What a template says, and where.
    #[derive(Debug, Clone)]
    pub struct Said {
        pub id: MessageTemplateId,
        pub subject: Option<String>,
        pub inboxes: Option<Value>,
        pub body: String,
    }
}

db::record! {
    /// A folder as stored.
    #[derive(Debug, Clone)]
    pub struct Folder {
        pub id: MessageTemplateFolderId,
        pub team: Option<TeamId>,
        pub owner: Option<TeammateId>,
        pub parent: Option<MessageTemplateFolderId>,
        pub name: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

/// A template with everything that answers show.
#[derive(Debug, Clone)]
pub struct View {
    /// Whose it is, where it is and what it is called.
    pub entry: Entry,
    /// What it says.
    pub said: Said,
    /// Its files, in order.
    pub attachments: Vec<Attachment>,
}

impl Entry {
    /// Whose it is.
    pub fn owner(&self) -> Owner {
        Owner::of(self.team, self.owner)
    }
}

impl Said {
    /// The inboxes that it is for; `None` for all. One that is gone is left out, and so are those that the caller does
    /// not see if the template was read for somebody.
    pub fn inboxes(&self, directory: &Directory) -> Option<Vec<InboxId>> {
        let named: Vec<InboxId> = serde_json::from_value(self.inboxes.clone()?).unwrap_or_default();
        Some(named.into_iter().filter(|id| directory.inbox(*id).is_some()).collect())
    }

    /// Leaves out the inboxes that moved to where the caller does not see them.
    fn hide(&mut self, access: &Access, directory: &Directory) {
        if let Some(mut inboxes) = self.inboxes(directory) {
            let inbox = |id: &InboxId| directory.inbox(*id);
            inboxes.retain(|id| inbox(id).is_some_and(|row| access.sees_owner(directory, row.team, row.owner)));
            self.inboxes = Some(json!(inboxes));
        }
    }
}

impl Folder {
    /// Whose it is.
    pub fn owner(&self) -> Owner {
        Owner::of(self.team, self.owner)
    }
}

/// What templates are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// When they were made.
    Created,
    /// When they were last changed.
    Updated,
    /// As they stand in their folder: in the order in which they came.
    Place,
}

/// Which templates are wanted.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// All that the caller may see.
    All,
    /// Those of one owner.
    Owner(Owner),
    /// Those that lie in a folder itself.
    Folder(MessageTemplateFolderId),
}

/// A template's entry, if the caller may see it.
pub(crate) fn entry(work: &mut Work<'_>, id: MessageTemplateId) -> Result<Entry> {
    let directory = work.directory()?;
    let found = directory.message_template(id).filter(|row| work.access.sees_owner(&directory, row.team, row.owner));
    found.cloned().ok_or(Error::NotFound("message template"))
}

/// A template that the caller may see, as the caller sees it.
pub fn get(work: &mut Work<'_>, id: MessageTemplateId) -> Result<View> {
    let mut view = find(work, id)?;
    let directory = work.directory()?;
    view.said.hide(&work.access, &directory);
    Ok(view)
}

/// A template that the caller may see, as it is kept.
fn find(work: &mut Work<'_>, id: MessageTemplateId) -> Result<View> {
    let entry = entry(work, id)?;
    views(work, vec![entry])?.pop().ok_or(Error::NotFound("message template"))
}

/// A template, whoever asks: for rules.
pub(crate) fn load(work: &mut Work<'_>, id: MessageTemplateId) -> Result<Option<View>> {
    let found = work.directory()?.message_template(id).cloned();
    Ok(views(work, found.into_iter().collect())?.pop())
}

/// What templates say, without their files, whoever asks.
pub(crate) fn said(work: &mut Work<'_>, ids: &[MessageTemplateId]) -> Result<HashMap<MessageTemplateId, Said>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    Ok(store::said(work.conn, work.company, &ids)?)
}

/// A page of the templates that the caller may see.
///
/// # Errors
/// Refuses an owner or a folder that the caller may not see.
pub fn list(work: &mut Work<'_>, of: Of, order: Order, window: &Window) -> Result<Page<View>> {
    match of {
        Of::All => {}
        Of::Owner(owner) => owner.check(work)?,
        Of::Folder(folder) => drop(folders::get(work, folder)?),
    }
    let directory = work.directory()?;
    let wanted = |row: &&Entry| match of {
        Of::All => work.access.sees_owner(&directory, row.team, row.owner),
        Of::Owner(owner) => row.owner() == owner,
        Of::Folder(folder) => row.folder == Some(folder),
    };
    let key = |row: &Entry| match order {
        Order::Created => row.created_at.0,
        Order::Updated => row.updated_at.0,
        Order::Place => 0,
    };
    let rows = directory.message_templates().filter(wanted).cloned();
    let page = page_sorted(rows, window, |row| Position { key: key(row), id: row.id.0 });
    let mut rows = views(work, page.rows)?;
    rows.iter_mut().for_each(|view| view.said.hide(&work.access, &directory));
    Ok(Page { next: page.next, rows })
}

/// Templates with what they say and their files: two statements, however many they are.
fn views(work: &mut Work<'_>, entries: Vec<Entry>) -> Result<Vec<View>> {
    let ids: Vec<i64> = entries.iter().map(|entry| entry.id.0).collect();
    let mut said = store::said(work.conn, work.company, &ids)?;
    let mut files = attachments::of(work, attachments::TEMPLATE, &ids)?;
    let view = |entry: Entry| {
        let attachments = files.remove(&entry.id.0).unwrap_or_default();
        Some(View { said: said.remove(&entry.id)?, attachments, entry })
    };
    Ok(entries.into_iter().filter_map(view).collect())
}

//! Making, changing and deleting templates.

use serde_json::{Map, Value, json};

use super::{Entry, LONGEST, MOST_TEMPLATES, Said, entry, find, folders, store};
use crate::access::Owner;
use crate::attachments::{self, Owner as Holder, Upload};
use crate::crypto::{hex, sha256};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{InboxId, MessageTemplateFolderId, MessageTemplateId};
use crate::messages::Content;
use crate::names;
use crate::work::Work;

/// The longest subject, in characters.
const LONGEST_SUBJECT: usize = 1_000;
/// The longest body, in characters of HTML.
const LONGEST_BODY: usize = 250_000;

/// Where a new template goes.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// Among somebody's, perhaps in a folder of theirs.
    Of(Owner, Option<MessageTemplateFolderId>),
    /// In a folder, whosever it is.
    Under(MessageTemplateFolderId),
}

/// A new template.
#[derive(Debug, Clone)]
pub struct New {
    /// Where it goes.
    pub place: Place,
    /// What it is called.
    pub name: String,
    /// The subject that it writes.
    pub subject: Option<String>,
    /// What it says, as HTML with variables.
    pub content: Content,
    /// The inboxes that it is for; `None` for all.
    pub inboxes: Option<Vec<InboxId>>,
    /// Its files, already on disk.
    pub uploads: Vec<Upload>,
}

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Another subject, or none.
    pub subject: Option<Option<String>>,
    /// Another text.
    pub content: Option<Content>,
    /// Another folder around it, or none.
    pub folder: Option<Option<MessageTemplateFolderId>>,
    /// Other inboxes, or all.
    pub inboxes: Option<Option<Vec<InboxId>>>,
    /// Other files in the place of those it has.
    pub uploads: Option<Vec<Upload>>,
}

/// Adds a template.
///
/// # Errors
/// Refuses folders and inboxes that are not the owner's, and one more than an owner may have.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<MessageTemplateId> {
    let (owner, folder) = match new.place {
        Place::Of(owner, folder) => (owner, folder),
        Place::Under(folder) => (folders::get(work, folder)?.owner(), Some(folder)),
    };
    owner.check(work)?;
    if work.directory()?.message_templates().filter(|row| row.owner() == owner).count() >= MOST_TEMPLATES {
        return Err(Error::invalid(
            "name",
            format!("there are {MOST_TEMPLATES} templates of this owner, and no more fit"),
        ));
    }
    if let Some(folder) = folder {
        folders::fits(work, "folder_id", owner, folder)?;
    }
    let id = MessageTemplateId(work.new_id());
    let entry = Entry {
        id,
        team: owner.team(),
        owner: owner.teammate(),
        folder,
        name: names::checked("name", &new.name, LONGEST)?,
        created_at: work.now,
        updated_at: work.now,
    };
    let said = Said {
        id,
        subject: checked_subject(new.subject.as_deref())?,
        inboxes: checked_inboxes(work, owner, new.inboxes.as_deref())?,
        body: checked_body(&new.content)?,
    };
    store::insert(work.conn, work.company, &entry, &said)?;
    attachments::attach(work, Holder::Template(id), &new.uploads)?;
    work.directory_changed()?;
    let change = json!({"message_template": [null, id], "name": [null, entry.name]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(id)
}

/// Changes a template. What changes nothing is not in the log.
///
/// # Errors
/// Refuses folders and inboxes that are not the owner's.
pub fn update(work: &mut Work<'_>, id: MessageTemplateId, change: &Change) -> Result<()> {
    let before = find(work, id)?;
    let (mut entry, mut said) = (before.entry.clone(), before.said.clone());
    let owner = entry.owner();
    if let Some(name) = &change.name {
        entry.name = names::checked("name", name, LONGEST)?;
    }
    if let Some(subject) = &change.subject {
        said.subject = checked_subject(subject.as_deref())?;
    }
    if let Some(content) = &change.content {
        said.body = checked_body(content)?;
    }
    if let Some(folder) = change.folder {
        if let Some(folder) = folder {
            folders::fits(work, "folder_id", owner, folder)?;
        }
        entry.folder = folder;
    }
    if let Some(inboxes) = &change.inboxes {
        said.inboxes = checked_inboxes(work, owner, inboxes.as_deref())?;
    }
    let mut changed = Map::new();
    let mut note = |field: &str, before: Value, after: Value| {
        if before != after {
            changed.insert(field.to_string(), json!([before, after]));
        }
    };
    note("name", json!(before.entry.name), json!(entry.name));
    note("folder", json!(before.entry.folder), json!(entry.folder));
    note("subject", json!(before.said.subject), json!(said.subject));
    note("inboxes", json!(before.said.inboxes), json!(said.inboxes));
    // The log tells that it is another text, and would be as long as all of them together if it told which.
    note("body", json!(fingerprint(&before.said.body)), json!(fingerprint(&said.body)));
    if let Some(uploads) = change.uploads.as_ref().filter(|new| !(new.is_empty() && before.attachments.is_empty())) {
        attachments::detach(work, Holder::Template(id))?;
        attachments::attach(work, Holder::Template(id), uploads)?;
        let had: Vec<&str> = before.attachments.iter().map(|file| file.filename.as_str()).collect();
        let has: Vec<&str> = uploads.iter().map(|file| file.filename.as_str()).collect();
        changed.insert("attachments".to_string(), json!([had, has]));
    }
    if changed.is_empty() {
        return Ok(());
    }
    entry.updated_at = work.now;
    store::update(work.conn, work.company, &entry, &said)?;
    work.directory_changed()?;
    changed.insert("message_template".to_string(), json!(id));
    events::record_setting(work, Kind::Setting, changed.into())?;
    Ok(())
}

/// Deletes a template with its files. A rule that writes with it cannot run from then on, and says so.
pub fn delete(work: &mut Work<'_>, id: MessageTemplateId) -> Result<()> {
    let entry = entry(work, id)?;
    attachments::detach(work, Holder::Template(id))?;
    store::delete_all(work.conn, work.company, &[id.0])?;
    work.directory_changed()?;
    let change = json!({"message_template": [id, null], "name": [entry.name, null]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(())
}

fn fingerprint(text: &str) -> String {
    hex(&sha256(text.as_bytes()))
}

fn checked_subject(subject: Option<&str>) -> Result<Option<String>> {
    let subject = subject.map(str::trim).filter(|text| !text.is_empty());
    subject.map(|text| names::short("subject", text, LONGEST_SUBJECT)).transpose()?;
    Ok(subject.map(str::to_string))
}

fn checked_body(content: &Content) -> Result<String> {
    names::short("body", &content.body, LONGEST_BODY)?;
    Ok(content.body.clone())
}

/// The inboxes as they are kept: those of the workspace, or those in which the teammate may work.
fn checked_inboxes(work: &mut Work<'_>, owner: Owner, inboxes: Option<&[InboxId]>) -> Result<Option<Value>> {
    let Some(inboxes) = inboxes else { return Ok(None) };
    if inboxes.is_empty() {
        return Err(Error::invalid("inbox_ids", "expected at least one inbox, or null for all"));
    }
    let directory = work.directory()?;
    let mut kept: Vec<InboxId> = Vec::new();
    for (at, id) in inboxes.iter().enumerate() {
        let seen = directory.inbox(*id).filter(|row| work.access.sees_owner(&directory, row.team, row.owner));
        let field = format!("inbox_ids[{at}]");
        let inbox = seen.ok_or_else(|| Error::invalid(&field, format!("unknown inbox {id}")))?;
        let is_near = match owner {
            Owner::Company => true,
            Owner::Team(team) => inbox.team == Some(team),
            Owner::Teammate(teammate) => inbox.owner.is_none_or(|owner| owner == teammate),
        };
        if !is_near {
            return Err(Error::invalid(&field, format!("{id} belongs to somebody else")));
        }
        if !kept.contains(id) {
            kept.push(*id);
        }
    }
    Ok(Some(json!(kept)))
}

//! Message templates and their folders (schemas `MessageTemplateResponse`, `MessageTemplateFolderResponse`).

use desk::ids::{InboxId, MessageTemplateFolderId, MessageTemplateId};
use desk::message_templates::{Folder, View};
use schemars::JsonSchema;
use serde::Serialize;

use crate::attachments::{Attachment, attachment};
use crate::tags::owner;
use crate::{Context, Seconds, Url};

/// What people write again and again.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MessageTemplate<'a> {
    _links: Links<'a>,
    id: MessageTemplateId,
    name: &'a str,
    subject: Option<&'a str>,
    body: &'a str,
    attachments: Vec<Attachment<'a>>,
    is_available_for_all_inboxes: bool,
    inbox_ids: Option<Vec<InboxId>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct Links<'a> {
    #[serde(rename = "self")]
    this: Url<'a>,
    related: Related<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct Related<'a> {
    owner: Option<Url<'a>>,
    parent_folder: Option<Url<'a>>,
}

/// A message template as answers show it.
pub fn message_template<'a>(context: Context<'a>, view: &'a View) -> MessageTemplate<'a> {
    let (entry, said) = (&view.entry, &view.said);
    let inbox_ids = said.inboxes(context.directory);
    MessageTemplate {
        _links: Links {
            this: context.url("/message_templates/", entry.id),
            related: Related {
                owner: owner(context, entry.team, entry.owner),
                parent_folder: entry.folder.map(|folder| context.url("/message_template_folders/", folder)),
            },
        },
        id: entry.id,
        name: &entry.name,
        subject: said.subject.as_deref(),
        body: &said.body,
        attachments: view.attachments.iter().map(|row| attachment(context, row)).collect(),
        is_available_for_all_inboxes: inbox_ids.is_none(),
        inbox_ids,
    }
}

/// A folder of message templates.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MessageTemplateFolder<'a> {
    _links: FolderLinks<'a>,
    id: MessageTemplateFolderId,
    name: &'a str,
    created_at: Seconds,
    updated_at: Seconds,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct FolderLinks<'a> {
    #[serde(rename = "self")]
    this: Url<'a>,
    related: FolderRelated<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct FolderRelated<'a> {
    owner: Option<Url<'a>>,
    parent_folder: Option<Url<'a>>,
    child_folders: Option<Url<'a>>,
    child_answers: Option<Url<'a>>,
}

/// A folder as answers show it.
pub fn folder<'a>(context: Context<'a>, row: &'a Folder) -> MessageTemplateFolder<'a> {
    let this = context.url("/message_template_folders/", row.id);
    let has_folders = context.directory.message_template_folders().any(|other| other.parent == Some(row.id));
    let has_templates = context.directory.message_templates().any(|template| template.folder == Some(row.id));
    MessageTemplateFolder {
        _links: FolderLinks {
            this,
            related: FolderRelated {
                owner: owner(context, row.team, row.owner),
                parent_folder: row.parent.map(|parent| context.url("/message_template_folders/", parent)),
                child_folders: has_folders.then(|| this.then("/message_template_folders")),
                child_answers: has_templates.then(|| this.then("/message_templates")),
            },
        },
        id: row.id,
        name: &row.name,
        created_at: Seconds(row.created_at),
        updated_at: Seconds(row.updated_at),
    }
}

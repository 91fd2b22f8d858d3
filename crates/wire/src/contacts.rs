//! Contacts, their lists and notes (schemas `ContactResponse`, `ContactListResponses`, `ContactNoteResponses`).

use std::borrow::Cow;

use desk::contacts::notes::Note;
use desk::contacts::{List as ListRow, View};
use desk::ids::{ContactId, ContactListId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::custom_fields::values;
use crate::tags::owner;
use crate::teammates::{self, Teammate};
use crate::{Context, Seconds, Url};

/// A contact.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Contact<'a> {
    _links: Links<'a>,
    id: ContactId,
    name: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar_url: Option<Url<'a>>,
    /// Addresses of pages about it.
    #[schemars(with = "Vec<String>")]
    links: &'a Value,
    groups: Vec<List<'a>>,
    lists: Vec<List<'a>>,
    handles: Vec<Handle<'a>>,
    #[schemars(with = "Map<String, Value>")]
    custom_fields: Cow<'a, Value>,
    is_private: bool,
    created_at: Seconds,
    updated_at: Seconds,
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
    notes: Url<'a>,
    conversations: Url<'a>,
    owner: Option<Url<'a>>,
    account: Option<Url<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct Handle<'a> {
    handle: &'a str,
    source: &'a str,
}

/// A list of contacts.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ContactList")]
pub struct List<'a> {
    _links: ListLinks<'a>,
    id: ContactListId,
    name: &'a str,
    is_private: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct ListLinks<'a> {
    #[serde(rename = "self")]
    this: Url<'a>,
    related: ListRelated<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct ListRelated<'a> {
    contacts: Url<'a>,
    owner: Option<Url<'a>>,
}

/// A note on a contact.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ContactNote<'a> {
    _links: NoteLinks<'a>,
    author: Option<Teammate<'a>>,
    body: &'a str,
    created_at: Seconds,
    is_private: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct NoteLinks<'a> {
    related: NoteRelated<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct NoteRelated<'a> {
    author: Url<'a>,
    owner: Option<Url<'a>>,
}

/// A contact as answers show it.
pub fn contact<'a>(context: Context<'a>, view: &'a View) -> Contact<'a> {
    let row = &view.row;
    let this = context.url("/contacts/", row.id);
    let lists = || view.lists.iter().map(|row| list(context, row)).collect();
    Contact {
        _links: Links {
            this,
            related: Related {
                notes: this.then("/notes"),
                conversations: this.then("/conversations"),
                owner: owner(context, row.team, row.owner),
                account: row.account.map(|id| context.url("/accounts/", id)),
            },
        },
        id: row.id,
        name: &row.name,
        description: &row.description,
        avatar_url: row.avatar.map(|id| context.url("/download/", id)),
        links: &row.links,
        groups: lists(),
        lists: lists(),
        handles: view.handles.iter().map(|row| Handle { handle: &row.handle, source: &row.source }).collect(),
        custom_fields: values(context, "contact", &row.custom_fields),
        is_private: row.owner.is_some(),
        created_at: Seconds(row.created_at),
        updated_at: Seconds(row.updated_at),
    }
}

/// A list as answers show it.
pub fn list<'a>(context: Context<'a>, row: &'a ListRow) -> List<'a> {
    let this = context.url("/contact_lists/", row.id);
    List {
        _links: ListLinks {
            this,
            related: ListRelated { contacts: this.then("/contacts"), owner: owner(context, row.team, row.owner) },
        },
        id: row.id,
        name: &row.name,
        is_private: row.owner.is_some(),
    }
}

/// A note as answers show it.
pub fn note<'a>(context: Context<'a>, row: &'a Note) -> ContactNote<'a> {
    ContactNote {
        _links: NoteLinks { related: NoteRelated { author: context.url("/teammates/", row.author), owner: None } },
        author: teammates::by_id(context, Some(row.author)),
        body: &row.body,
        created_at: Seconds(row.created_at),
        is_private: row.is_private,
    }
}

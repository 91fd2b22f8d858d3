//! Inboxes (schema `InboxResponse`).

use std::borrow::Cow;

use desk::ids::InboxId;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::custom_fields::values;
use crate::tags::owner;
use crate::{Context, Url};

/// An inbox.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Inbox<'a> {
    _links: Links<'a>,
    id: InboxId,
    name: &'a str,
    is_private: bool,
    is_public: bool,
    #[schemars(with = "Map<String, Value>")]
    custom_fields: Cow<'a, Value>,
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
    teammates: Url<'a>,
    conversations: Url<'a>,
    channels: Url<'a>,
    owner: Option<Url<'a>>,
}

/// An inbox as answers show it.
pub fn inbox<'a>(context: Context<'a>, row: &'a desk::inboxes::Inbox) -> Inbox<'a> {
    let this = context.url("/inboxes/", row.id);
    Inbox {
        _links: Links {
            this,
            related: Related {
                teammates: this.then("/teammates"),
                conversations: this.then("/conversations"),
                channels: this.then("/channels"),
                owner: owner(context, row.team, row.owner),
            },
        },
        id: row.id,
        name: &row.name,
        is_private: row.is_private(),
        is_public: row.is_public,
        custom_fields: values(context, "inbox", &row.custom_fields),
    }
}

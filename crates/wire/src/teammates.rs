//! Teammates (schema `TeammateResponse`).

use std::borrow::Cow;

use desk::ids::TeammateId;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::custom_fields::values;
use crate::{Context, Url};

/// A teammate or bot.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Teammate<'a> {
    _links: Links<'a>,
    id: TeammateId,
    email: &'a str,
    username: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    license_type: &'static str,
    is_admin: bool,
    is_available: bool,
    is_blocked: bool,
    r#type: &'a str,
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
    inboxes: Url<'a>,
    conversations: Url<'a>,
    #[serde(rename = "botSource", skip_serializing_if = "Option::is_none")]
    bot_source: Option<String>,
}

/// A teammate as answers show it.
pub fn teammate<'a>(context: Context<'a>, row: &'a desk::teammates::Teammate) -> Teammate<'a> {
    let this = context.url("/teammates/", row.id);
    let bot_source = row.bot_source.as_deref().filter(|source| source.starts_with("rul_"));
    Teammate {
        _links: Links {
            this,
            related: Related {
                inboxes: this.then("/inboxes"),
                conversations: this.then("/conversations"),
                bot_source: bot_source.map(|source| format!("{}/rules/{source}", context.base)),
            },
        },
        id: row.id,
        email: &row.email,
        username: &row.username,
        first_name: &row.first_name,
        last_name: &row.last_name,
        license_type: if row.is_person() { "full" } else { "bot" },
        is_admin: row.is_admin,
        is_available: context.directory.is_available(row, context.now),
        is_blocked: row.is_blocked,
        r#type: &row.r#type,
        custom_fields: values(context, "teammate", &row.custom_fields),
    }
}

/// The teammate with an id, where it is known.
pub fn by_id(context: Context<'_>, id: Option<TeammateId>) -> Option<Teammate<'_>> {
    context.directory.teammate(id?).map(|row| teammate(context, row))
}

//! Tags (schema `TagResponse`).

use desk::ids::{TagId, TeamId, TeammateId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Context, Seconds, Url};

/// A tag.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tag<'a> {
    _links: Links<'a>,
    id: TagId,
    name: &'a str,
    description: Option<&'a str>,
    highlight: Option<&'a str>,
    is_private: bool,
    is_visible_in_conversation_lists: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Seconds>,
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
    conversations: Url<'a>,
    owner: Option<Url<'a>>,
    parent_tag: Option<Url<'a>>,
    children: Option<Url<'a>>,
}

/// A tag as answers show it.
pub fn tag<'a>(context: Context<'a>, row: &'a desk::tags::Tag) -> Tag<'a> {
    let this = context.url("/tags/", row.id);
    let has_children = context.directory.tags().any(|other| other.parent == Some(row.id));
    Tag {
        _links: Links {
            this,
            related: Related {
                conversations: this.then("/conversations"),
                owner: owner(context, row.team, row.owner),
                parent_tag: row.parent.map(|parent| context.url("/tags/", parent)),
                children: has_children.then(|| this.then("/children")),
            },
        },
        id: row.id,
        name: &row.name,
        description: row.description.as_deref(),
        highlight: row.highlight.as_deref(),
        is_private: row.owner.is_some(),
        is_visible_in_conversation_lists: row.is_visible,
        created_at: Some(Seconds(row.created_at)),
        updated_at: Some(Seconds(row.updated_at)),
    }
}

/// A tag that was deleted, as events go on to show it.
pub(crate) fn departed<'a>(context: Context<'a>, id: TagId, name: &'a str) -> Tag<'a> {
    let this = context.url("/tags/", id);
    Tag {
        _links: Links {
            this,
            related: Related {
                conversations: this.then("/conversations"),
                owner: None,
                parent_tag: None,
                children: None,
            },
        },
        id,
        name,
        description: None,
        highlight: None,
        is_private: false,
        is_visible_in_conversation_lists: false,
        created_at: None,
        updated_at: None,
    }
}

/// The owner of a thing: a workspace, a teammate, or nobody (the company).
pub fn owner(context: Context<'_>, team: Option<TeamId>, owner: Option<TeammateId>) -> Option<Url<'_>> {
    match (team, owner) {
        (Some(team), _) => Some(context.url("/teams/", team)),
        (None, Some(owner)) => Some(context.url("/teammates/", owner)),
        (None, None) => None,
    }
}

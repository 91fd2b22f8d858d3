//! Views (schema `SharedViewResponse`).

use desk::ids::{InboxId, TagId, TeammateId, ViewId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Context, Url};

/// A selection of conversations that a workspace shares.
#[derive(Debug, Serialize, JsonSchema)]
pub struct View<'a> {
    _links: Links<'a>,
    id: ViewId,
    name: &'a str,
    highlight: Option<&'a str>,
    inbox_ids: &'a [InboxId],
    tag_ids: &'a [TagId],
    not_tag_ids: &'a [TagId],
    no_tags: bool,
    assignee_ids: &'a [TeammateId],
    not_assignee_ids: &'a [TeammateId],
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
}

/// A view as answers show it.
pub fn view<'a>(context: Context<'a>, row: &'a desk::views::View) -> View<'a> {
    View {
        _links: Links {
            this: context.url("/views/", row.id),
            related: Related { owner: Some(context.url("/teams/", row.team)) },
        },
        id: row.id,
        name: &row.name,
        highlight: row.highlight.as_deref(),
        inbox_ids: &row.filter.inboxes,
        tag_ids: &row.filter.tags,
        not_tag_ids: &row.filter.not_tags,
        no_tags: row.filter.no_tags,
        assignee_ids: &row.filter.assignees,
        not_assignee_ids: &row.filter.not_assignees,
    }
}

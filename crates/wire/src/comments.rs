//! Comments (schema `CommentResponse`).

use desk::comments::View;
use desk::ids::CommentId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::attachments::{Attachment, attachment};
use crate::teammates::{self, Teammate};
use crate::{Context, Seconds, Url};

/// A comment.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Comment<'a> {
    _links: Links<'a>,
    id: CommentId,
    author: Option<Teammate<'a>>,
    body: &'a str,
    posted_at: Seconds,
    attachments: Vec<Attachment<'a>>,
    is_pinned: bool,
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
    conversation: Url<'a>,
    mentions: Url<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment_replied_to: Option<Url<'a>>,
}

/// A comment as answers and full events show it.
pub fn comment<'a>(context: Context<'a>, view: &'a View) -> Comment<'a> {
    let row = &view.row;
    let this = context.url("/comments/", row.id);
    Comment {
        _links: Links {
            this,
            related: Related {
                conversation: context.url("/conversations/", row.conversation),
                mentions: this.then("/mentions"),
                comment_replied_to: row.replied_to.map(|id| context.url("/comments/", id)),
            },
        },
        id: row.id,
        author: teammates::by_id(context, row.author),
        body: &row.body,
        posted_at: Seconds(row.posted_at),
        attachments: view.attachments.iter().map(|row| attachment(context, row)).collect(),
        is_pinned: row.is_pinned,
    }
}

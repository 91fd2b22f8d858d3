//! Attachments (schema `Attachment`).

use desk::ids::AttachmentId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Context, Url};

/// A file on a message or comment.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Attachment<'a> {
    id: AttachmentId,
    filename: &'a str,
    url: Url<'a>,
    content_type: &'a str,
    size: i64,
    metadata: Metadata<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct Metadata<'a> {
    is_inline: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cid: Option<&'a str>,
}

/// A file as answers show it.
pub fn attachment<'a>(context: Context<'a>, row: &'a desk::attachments::Attachment) -> Attachment<'a> {
    Attachment {
        id: row.id,
        filename: &row.filename,
        url: context.url("/download/", row.id),
        content_type: &row.content_type,
        size: row.size,
        metadata: Metadata { is_inline: row.is_inline, cid: row.cid.as_deref() },
    }
}

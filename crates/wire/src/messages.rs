//! Messages and drafts (schema `MessageResponse`).

use desk::ids::MessageId;
use desk::messages::View;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::attachments::{Attachment, attachment};
use crate::conversations::{Recipient, recipient};
use crate::signatures::{Signature, signature};
use crate::teammates::{self, Teammate};
use crate::{Context, Seconds, Url};

/// A message or draft.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Message<'a> {
    _links: Links<'a>,
    id: MessageId,
    message_uid: &'a str,
    r#type: &'a str,
    is_inbound: bool,
    created_at: Seconds,
    blurb: &'a str,
    body: &'a str,
    text: &'a str,
    error_type: Option<&'a str>,
    version: Option<&'a str>,
    subject: &'a str,
    draft_mode: Option<&'a str>,
    #[schemars(with = "Map<String, Value>")]
    metadata: Value,
    author: Option<Teammate<'a>>,
    recipients: Vec<Recipient<'a>>,
    attachments: Vec<Attachment<'a>>,
    signature: Option<Signature<'a>>,
    is_draft: bool,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    message_replied_to: Option<Url<'a>>,
    message_seen: Url<'a>,
}

/// A message as answers and full events show it.
pub fn message<'a>(context: Context<'a>, view: &'a View) -> Message<'a> {
    let row = &view.row;
    let this = context.url("/messages/", row.id);
    let shown =
        |to: &'a desk::messages::Recipient| recipient(context, &to.role, &to.handle, to.name.as_deref(), to.contact);
    Message {
        _links: Links {
            this,
            related: Related {
                conversation: context.url("/conversations/", row.conversation),
                message_replied_to: row.replied_to.map(|id| context.url("/messages/", id)),
                message_seen: this.then("/seen"),
            },
        },
        id: row.id,
        message_uid: &row.uid,
        r#type: &row.r#type,
        is_inbound: row.is_inbound,
        created_at: Seconds(row.created_at),
        blurb: &row.blurb,
        body: &row.body,
        text: &row.text,
        error_type: row.error_type.as_deref(),
        version: row.version.as_deref(),
        subject: &row.subject,
        draft_mode: row.draft_mode.as_deref(),
        metadata: metadata(row),
        author: teammates::by_id(context, row.author),
        recipients: view.recipients.iter().map(shown).collect(),
        attachments: view.attachments.iter().map(|row| attachment(context, row)).collect(),
        signature: view.signature.as_ref().map(|row| signature(context, row)),
        is_draft: row.is_draft(),
    }
}

/// What is known of a message beside what everybody knows; of one that did not arrive, why, in the words of whoever could
/// not deliver it. The schema has a place for the kind of the error alone.
fn metadata(row: &desk::messages::Message) -> Value {
    let mut known = row.metadata.clone();
    if let (Some(known), Some(why)) = (known.as_object_mut(), &row.error_text) {
        known.insert("error_message".to_string(), Value::from(why.as_str()));
    }
    known
}

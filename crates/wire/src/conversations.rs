//! Conversations (schema `ConversationResponse`).

use std::borrow::Cow;
use std::sync::LazyLock;

use desk::conversations::{Shelf, View};
use desk::ids::{ContactId, ConversationId, StatusId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::custom_fields::values;
use crate::links::{Link, link};
use crate::seconds::maybe;
use crate::tags::{Tag, tag};
use crate::teammates::{self, Teammate};
use crate::{Context, Seconds, Url};

/// A conversation with what is shown inside it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Conversation<'a> {
    _links: Links<'a>,
    id: ConversationId,
    r#type: &'a str,
    subject: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_id: Option<StatusId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_category: Option<&'a str>,
    ticket_ids: Vec<String>,
    assignee: Option<Teammate<'a>>,
    recipient: Option<Recipient<'a>>,
    tags: Vec<Tag<'a>>,
    /// The links attached to it.
    links: Vec<Link<'a>>,
    #[schemars(with = "Map<String, Value>")]
    custom_fields: Cow<'a, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_since: Option<Seconds>,
    is_private: bool,
    scheduled_reminders: Vec<Reminder<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<OrNull<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<OrNull<Seconds>>,
    metadata: Metadata<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct Links<'a> {
    #[serde(rename = "self")]
    this: Url<'a>,
    related: Related<'a>,
}

/// Something that is null, rather than absent, while there is nothing to say. It has a name in the document, because what
/// stands in its place there and may be absent is never null.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}OrNull")]
struct OrNull<T>(Option<T>);

/// The resources below a conversation.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Related<'a> {
    events: Url<'a>,
    followers: Url<'a>,
    messages: Url<'a>,
    comments: Url<'a>,
    inboxes: Url<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message: Option<Url<'a>>,
}

/// Somebody on a message or the other side of a conversation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Recipient<'a> {
    _links: RecipientLinks<'a>,
    name: Option<&'a str>,
    handle: &'a str,
    role: &'a str,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct RecipientLinks<'a> {
    related: RecipientRelated<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct RecipientRelated<'a> {
    contact: Option<Url<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct Reminder<'a> {
    _links: ReminderLinks<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Seconds>,
    scheduled_at: Seconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Seconds>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct ReminderLinks<'a> {
    related: ReminderRelated<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct ReminderRelated<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<Url<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct Metadata<'a> {
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    external_conversation_ids: &'a [String],
}

/// The resources below a conversation, with its newest message where one is known.
pub(crate) fn related<'a>(this: Url<'a>, last_message: Option<Url<'a>>) -> Related<'a> {
    Related {
        events: this.then("/events"),
        followers: this.then("/followers"),
        messages: this.then("/messages"),
        comments: this.then("/comments"),
        inboxes: this.then("/inboxes"),
        last_message: last_message.map(|url| url.then("?referer=conversation")),
    }
}

/// Somebody in a role.
pub fn recipient<'a>(
    context: Context<'a>,
    role: &'a str,
    handle: &'a str,
    name: Option<&'a str>,
    contact: Option<ContactId>,
) -> Recipient<'a> {
    let contact = contact.map(|id| context.url("/contacts/", id));
    Recipient { _links: RecipientLinks { related: RecipientRelated { contact } }, name, handle, role }
}

/// A conversation as answers and full events show it.
pub fn conversation<'a>(context: Context<'a>, view: &'a View) -> Conversation<'a> {
    let row = &view.row;
    let this = context.url("/conversations/", row.id);
    // What tickets stood at is kept, in case the company turns ticketing on again.
    let status = row.ticket_status.filter(|_| context.directory.company.has_ticketing);
    let status = status.and_then(|id| context.directory.status(id));
    let is_task = row.r#type == "task";
    let reminder = row.snoozed_until.map(|until| Reminder {
        _links: ReminderLinks {
            related: ReminderRelated { owner: row.snoozed_by.map(|id| context.url("/teammates/", id)) },
        },
        created_at: maybe(row.snoozed_at),
        scheduled_at: Seconds(until),
        updated_at: maybe(row.snoozed_at),
    });
    let role = row.recipient_role.as_deref().unwrap_or("from");
    let name = row.recipient_name.as_deref();
    let main = row.recipient_handle.as_deref();
    Conversation {
        _links: Links { this, related: related(this, row.last_message.map(|id| context.url("/messages/", id))) },
        id: row.id,
        r#type: &row.r#type,
        subject: &row.subject,
        status: row.shelf().reported(),
        status_id: status.map(|status| status.id),
        status_category: status.map(|status| status.category.as_str()),
        ticket_ids: row.ticket_number.map(|number| format!("TICKET-{number}")).into_iter().collect(),
        assignee: teammates::by_id(context, row.assignee),
        recipient: main.map(|handle| recipient(context, role, handle, name, row.recipient_contact)),
        tags: view.tags.iter().filter_map(|id| context.directory.tag(*id)).map(|row| tag(context, row)).collect(),
        links: view.links.iter().map(|row| link(context, row)).collect(),
        custom_fields: values(context, "conversation", &row.custom_fields),
        created_at: Some(Seconds(row.created_at)),
        updated_at: Some(Seconds(row.updated_at)),
        waiting_since: maybe(row.waiting_since),
        is_private: row.is_private,
        scheduled_reminders: reminder.into_iter().collect(),
        description: is_task.then_some(OrNull(row.description.as_deref())),
        due_at: is_task.then_some(OrNull(maybe(row.due_at))),
        metadata: Metadata { external_conversation_ids: &view.external_ids },
    }
}

/// A conversation that was deleted for good, as events go on to show it: what is not known any more is empty.
pub(crate) fn departed<'a>(context: Context<'a>, id: ConversationId, subject: &'a str) -> Conversation<'a> {
    static NO_FIELDS: LazyLock<Value> = LazyLock::new(|| Value::Object(Map::new()));
    let this = context.url("/conversations/", id);
    Conversation {
        _links: Links { this, related: related(this, None) },
        id,
        r#type: "conversation",
        subject,
        status: Shelf::Trashed.reported(),
        status_id: None,
        status_category: None,
        ticket_ids: Vec::new(),
        assignee: None,
        recipient: None,
        tags: Vec::new(),
        links: Vec::new(),
        custom_fields: Cow::Borrowed(&NO_FIELDS),
        created_at: None,
        updated_at: None,
        waiting_since: None,
        is_private: false,
        scheduled_reminders: Vec::new(),
        description: None,
        due_at: None,
        metadata: Metadata { external_conversation_ids: &[] },
    }
}

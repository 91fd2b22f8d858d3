//! Channels (schema `ChannelResponse`).

use desk::ids::ChannelId;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::tags::owner;
use crate::{Context, Url};

/// A channel.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Channel<'a> {
    _links: Links<'a>,
    id: ChannelId,
    name: &'a str,
    address: &'a str,
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    send_as: Option<&'a str>,
    settings: Settings,
    is_private: bool,
    is_valid: bool,
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
    inbox: Url<'a>,
    owner: Option<Url<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct Settings {
    undo_send_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    all_teammates_can_reply: Option<bool>,
}

/// A channel as answers show it. Secrets and addresses of webhooks stay inside.
pub fn channel<'a>(context: Context<'a>, row: &'a desk::channels::Channel) -> Channel<'a> {
    let inbox = context.directory.inbox(row.inbox);
    let is_private = inbox.is_some_and(desk::inboxes::Inbox::is_private);
    let can_all_reply = row.settings.get("all_teammates_can_reply").and_then(Value::as_bool).unwrap_or(true);
    Channel {
        _links: Links {
            this: context.url("/channels/", row.id),
            related: Related {
                inbox: context.url("/inboxes/", row.inbox),
                owner: inbox.and_then(|inbox| owner(context, inbox.team, inbox.owner)),
            },
        },
        id: row.id,
        name: &row.name,
        address: &row.address,
        r#type: &row.r#type,
        send_as: row.send_as.as_deref(),
        settings: Settings {
            undo_send_time: row.settings.get("undo_send_time").and_then(Value::as_i64).unwrap_or(0),
            all_teammates_can_reply: (!is_private).then_some(can_all_reply),
        },
        is_private,
        is_valid: row.is_valid,
    }
}

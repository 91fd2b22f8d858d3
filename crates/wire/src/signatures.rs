//! Signatures (schema `SignatureResponse`).

use desk::ids::{ChannelId, SignatureId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::tags::owner;
use crate::{Context, Url};

/// What stands below e-mails.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Signature<'a> {
    _links: Links<'a>,
    id: SignatureId,
    name: &'a str,
    body: &'a str,
    sender_info: Option<&'a str>,
    is_visible_for_all_teammate_channels: bool,
    is_default: bool,
    is_private: bool,
    channel_ids: Option<Vec<ChannelId>>,
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

/// A signature as answers show it.
pub fn signature<'a>(context: Context<'a>, row: &'a desk::signatures::Signature) -> Signature<'a> {
    Signature {
        _links: Links {
            this: context.url("/signatures/", row.id),
            related: Related { owner: owner(context, row.team, row.owner) },
        },
        id: row.id,
        name: &row.name,
        body: &row.body,
        sender_info: row.sender_info.as_deref(),
        is_visible_for_all_teammate_channels: row.is_for_people,
        is_default: row.is_default,
        is_private: row.owner.is_some(),
        channel_ids: row.channels(context.directory),
    }
}

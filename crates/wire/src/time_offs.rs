//! Time off (schema `TimeOffResponse`).

use desk::ids::{ChannelId, TimeOffId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Context, Seconds, Url, seconds};

/// When somebody is away.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TimeOff<'a> {
    _links: Links<'a>,
    id: TimeOffId,
    name: &'a str,
    start_at: Seconds,
    end_at: Option<Seconds>,
    created_at: Seconds,
    updated_at: Seconds,
    auto_responder: AutoResponder<'a>,
}

/// What those who write meanwhile are to be told.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct AutoResponder<'a> {
    is_enabled: bool,
    channel_ids: Vec<ChannelId>,
    is_contacts_only: bool,
    body: &'a str,
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
    teammate: Url<'a>,
}

/// A time off as answers show it, with the channels of it that whoever asks may see.
pub fn time_off<'a>(
    context: Context<'a>,
    row: &'a desk::time_offs::TimeOff,
    channel_ids: Vec<ChannelId>,
) -> TimeOff<'a> {
    TimeOff {
        _links: Links {
            this: context.url("/time_offs/", row.id),
            related: Related { teammate: context.url("/teammates/", row.teammate) },
        },
        id: row.id,
        name: &row.name,
        start_at: Seconds(row.start_at),
        end_at: seconds::maybe(row.end_at),
        created_at: Seconds(row.created_at),
        updated_at: Seconds(row.updated_at),
        auto_responder: AutoResponder {
            is_enabled: row.answers,
            channel_ids,
            is_contacts_only: row.answers_contacts_only,
            body: &row.answer,
        },
    }
}

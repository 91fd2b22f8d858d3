//! Shifts (schema `ShiftResponse`).

use desk::ids::ShiftId;
use desk::shifts::Week;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Context, Seconds, Url};

/// When people of a workspace work.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Shift<'a> {
    _links: Links<'a>,
    id: ShiftId,
    name: &'a str,
    color: &'a str,
    timezone: &'a str,
    times: &'a Week,
    created_at: Seconds,
    updated_at: Seconds,
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
    teammates: Url<'a>,
    owner: Url<'a>,
}

/// A shift as answers show it.
pub fn shift<'a>(context: Context<'a>, row: &'a desk::shifts::Shift) -> Shift<'a> {
    let this = context.url("/shifts/", row.id);
    Shift {
        _links: Links {
            this,
            related: Related { teammates: this.then("/teammates"), owner: context.url("/teams/", row.team) },
        },
        id: row.id,
        name: &row.name,
        color: &row.color,
        timezone: &row.zone,
        times: &row.times,
        created_at: Seconds(row.created_at),
        updated_at: Seconds(row.updated_at),
    }
}

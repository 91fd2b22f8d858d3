//! Ticket statuses (schema `StatusResponse`).

use desk::ids::StatusId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::links::SelfLink;
use crate::{Context, Seconds};

/// A ticket status.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Status<'a> {
    _links: SelfLink<'a>,
    id: StatusId,
    name: &'a str,
    category: &'a str,
    description: Option<&'a str>,
    created_at: Seconds,
    updated_at: Seconds,
}

/// A ticket status as answers show it.
pub fn status<'a>(context: Context<'a>, row: &'a desk::statuses::Status) -> Status<'a> {
    Status {
        _links: SelfLink::new(context.url("/company/statuses/", row.id)),
        id: row.id,
        name: &row.name,
        category: &row.category,
        description: row.description.as_deref(),
        created_at: Seconds(row.created_at),
        updated_at: Seconds(row.updated_at),
    }
}

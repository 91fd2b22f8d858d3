//! Workspaces (schemas `TeamPreviewResponse` and `TeamResponse`).

use desk::ids::TeamId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::Context;
use crate::inboxes::{Inbox, inbox};
use crate::links::SelfLink;
use crate::teammates::{Teammate, teammate};

/// A workspace in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TeamPreview<'a> {
    _links: SelfLink<'a>,
    id: TeamId,
    name: &'a str,
}

/// A workspace with its inboxes and members.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Team<'a> {
    #[serde(flatten)]
    preview: TeamPreview<'a>,
    inboxes: Vec<Inbox<'a>>,
    members: Vec<Teammate<'a>>,
}

/// A workspace as lists show it.
pub fn preview<'a>(context: Context<'a>, row: &'a desk::teams::Team) -> TeamPreview<'a> {
    TeamPreview { _links: SelfLink::new(context.url("/teams/", row.id)), id: row.id, name: &row.name }
}

/// A workspace as answers show it.
pub fn team<'a>(context: Context<'a>, row: &'a desk::teams::Team) -> Team<'a> {
    let directory = context.directory;
    let inboxes = directory.inboxes().filter(|inbox| inbox.team == Some(row.id));
    let members = directory.members(row.id).filter_map(|member| directory.teammate(member.teammate));
    Team {
        preview: preview(context, row),
        inboxes: inboxes.map(|row| inbox(context, row)).collect(),
        members: members.map(|row| teammate(context, row)).collect(),
    }
}

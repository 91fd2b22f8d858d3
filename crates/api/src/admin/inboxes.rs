//! What the public API does not do to inboxes: rename, move and delete them.

use desk::ids::{InboxId, TeamId};
use desk::inboxes::{self, Change};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::custom_fields;

/// A change of an inbox. What is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateInbox {
    /// Another name.
    #[serde(default)]
    name: Option<String>,
    /// Whether every member of the workspace may open it.
    #[serde(default)]
    is_public: Option<bool>,
    /// Another workspace; its channels and conversations come along.
    #[serde(default)]
    team_id: Option<TeamId>,
    /// All values of custom fields; those left out are emptied.
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
}

/// `PATCH /portico/v1/inboxes/{inbox_id}`
pub async fn update(call: Call) -> Result {
    let id: InboxId = call.id(0)?;
    let body: UpdateInbox = call.body()?;
    let custom_fields = custom_fields::values(&call, "inbox", body.custom_fields).await?;
    let change = Change { name: body.name, is_public: body.is_public, team: body.team_id, custom_fields };
    call.write(move |work| {
        inboxes::update(work, id, &change)?;
        let row = inboxes::get(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&wire::inboxes::inbox(context(work, &directory), &row))
    })
    .await
}

/// `DELETE /portico/v1/inboxes/{inbox_id}`
pub async fn delete(call: Call) -> Result {
    let id: InboxId = call.id(0)?;
    call.write(move |work| {
        inboxes::delete(work, id)?;
        Answer::no_content()
    })
    .await
}

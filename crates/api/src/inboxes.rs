//! Inboxes.

use desk::access::Owner;
use desk::conversations::Filter;
use desk::ids::InboxId;
use desk::inboxes::{self, New};
use desk::{Work, channels};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use wire::channels::channel;
use wire::inboxes::inbox;
use wire::teammates::teammate;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::conversations;
use crate::custom_fields;
use crate::teammates::{TeammateIds, people};
use crate::whose::Whose;

/// `GET /inboxes`
pub async fn list(call: Call) -> Result {
    all(&call, None).await
}

/// `GET /teams/{team_id}/inboxes`
pub async fn of_team(call: Call) -> Result {
    all(&call, Some(Whose::team(&call)?)).await
}

/// `GET /teammates/{teammate_id}/private_inboxes`
pub async fn private_of(call: Call) -> Result {
    all(&call, Some(Whose::teammate(&call)?)).await
}

async fn all(call: &Call, whose: Option<Whose>) -> Result {
    let paging = call.whole()?;
    call.read(move |work| {
        let owner = whose.as_ref().map(|whose| whose.owner(work)).transpose()?;
        let rows = inboxes::list(work, owner)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, rows.iter().map(|row| inbox(context, row)))
    })
    .await
}

/// `GET /inboxes/{inbox_id}`
pub async fn get(call: Call) -> Result {
    let id: InboxId = call.id(0)?;
    call.read(move |work| shown(work, id)).await
}

fn shown(work: &mut Work<'_>, id: InboxId) -> desk::Result<Answer> {
    let row = inboxes::get(work, id)?;
    let directory = work.directory()?;
    Answer::ok(&inbox(context(work, &directory), &row))
}

/// `GET /inboxes/{inbox_id}/channels`
pub async fn channels(call: Call) -> Result {
    let id: InboxId = call.id(0)?;
    let paging = call.whole()?;
    call.read(move |work| {
        let rows = channels::of_inbox(work, id)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, rows.iter().map(|row| channel(context, row)))
    })
    .await
}

/// `GET /inboxes/{inbox_id}/conversations`
pub async fn conversations(call: Call) -> Result {
    let id: InboxId = call.id(0)?;
    conversations::page(&call, "inbox_conversations", move |work| {
        inboxes::get(work, id)?;
        Ok(Filter { inbox: Some(id), ..Filter::default() })
    })
    .await
}

/// `GET /inboxes/{inbox_id}/teammates`: those who may open it.
pub async fn teammates(call: Call) -> Result {
    let id: InboxId = call.id(0)?;
    let paging = call.whole()?;
    call.read(move |work| {
        let rows = inboxes::teammates_of(work, id)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, rows.iter().map(|row| teammate(context, row)))
    })
    .await
}

/// `POST /inboxes/{inbox_id}/teammates`
pub async fn add_teammates(call: Call) -> Result {
    let id: InboxId = call.id(0)?;
    let body: TeammateIds = call.body()?;
    call.write(move |work| {
        inboxes::get(work, id)?;
        let people = body.resolve(work)?;
        inboxes::add_teammates(work, id, &people)?;
        Answer::no_content()
    })
    .await
}

/// `DELETE /inboxes/{inbox_id}/teammates`
pub async fn remove_teammates(call: Call) -> Result {
    let id: InboxId = call.id(0)?;
    let body: TeammateIds = call.body()?;
    call.write(move |work| {
        inboxes::get(work, id)?;
        let people = body.resolve(work)?;
        inboxes::remove_teammates(work, id, &people)?;
        Answer::no_content()
    })
    .await
}

/// A new inbox.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateInbox {
    /// What it is called.
    name: String,
    /// Who may open it beside the members of the workspace, by id or alias.
    #[serde(default)]
    teammate_ids: Option<Vec<String>>,
    /// Whether every member of the workspace may open it; if left out, only when nobody is named.
    #[serde(default)]
    is_public: Option<bool>,
    /// Values of custom fields, by name.
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
}

/// `POST /inboxes`: in the oldest workspace that the token reaches.
pub async fn create(call: Call) -> Result {
    add(&call, Whose::OldestTeam).await
}

/// `POST /teams/{team_id}/inboxes`
pub async fn create_of_team(call: Call) -> Result {
    add(&call, Whose::team(&call)?).await
}

/// `POST /teammates/{teammate_id}/private_inboxes`
pub async fn create_private(call: Call) -> Result {
    add(&call, Whose::teammate(&call)?).await
}

async fn add(call: &Call, whose: Whose) -> Result {
    let mut body: CreateInbox = call.body()?;
    let fields = custom_fields::values(call, "inbox", body.custom_fields.take()).await?.unwrap_or_default();
    call.write(move |work| {
        let owner: Owner = whose.owner(work)?;
        let named = body.teammate_ids.as_deref().unwrap_or_default();
        let new = New {
            owner,
            name: body.name.clone(),
            // An inbox that names nobody would be open to nobody.
            is_public: body.is_public.unwrap_or(named.is_empty()),
            teammates: if owner.team().is_some() { people(work, named)? } else { Vec::new() },
            custom_fields: fields.clone(),
        };
        let id = inboxes::create(work, &new)?;
        let answer = shown(work, id)?;
        Ok(Answer { status: http::StatusCode::CREATED, ..answer })
    })
    .await
}

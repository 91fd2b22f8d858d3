//! Folders of message templates.

use desk::Work;
use desk::ids::MessageTemplateFolderId;
use desk::message_templates::folders::{self, Change, Of, Order, Place};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::message_templates::folder as shape;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::edge::given::given;
use crate::edge::params::PageRules;
use crate::message_templates::folder;
use crate::whose::Whose;

/// `GET /message_template_folders`
pub async fn list(call: Call) -> Result {
    page(&call, "message_template_folders", |_| Ok(Of::All)).await
}

/// `GET /teams/{team_id}/message_template_folders`
pub async fn of_team(call: Call) -> Result {
    let whose = Whose::team(&call)?;
    page(&call, "team_message_template_folders", move |work| Ok(Of::Owner(whose.owner(work)?))).await
}

/// `GET /teammates/{teammate_id}/message_template_folders`
pub async fn of_teammate(call: Call) -> Result {
    let whose = Whose::teammate(&call)?;
    page(&call, "teammate_message_template_folders", move |work| Ok(Of::Owner(whose.owner(work)?))).await
}

/// `GET /message_template_folders/{message_template_folder_id}/message_template_folders`
pub async fn children(call: Call) -> Result {
    let parent: MessageTemplateFolderId = call.id(0)?;
    page(&call, "child_message_template_folders", move |_| Ok(Of::Folder(parent))).await
}

async fn page(
    call: &Call,
    list: &'static str,
    of: impl Fn(&mut Work<'_>) -> desk::Result<Of> + Send + 'static,
) -> Result {
    let paging = call.paging(list, &PageRules::BY_CHANGE, false)?;
    let order = if paging.sort_by == "updated_at" { Order::Updated } else { Order::Created };
    call.read(move |work| {
        let of = of(work)?;
        let page = folders::list(work, of, order, &paging.window)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::page(&paging, page.rows.iter().map(|row| shape(context, row)), page.next)
    })
    .await
}

/// `GET /message_template_folders/{message_template_folder_id}`
pub async fn get(call: Call) -> Result {
    let id: MessageTemplateFolderId = call.id(0)?;
    call.read(move |work| show(work, id)).await
}

fn show(work: &mut Work<'_>, id: MessageTemplateFolderId) -> desk::Result<Answer> {
    let row = folders::get(work, id)?;
    let directory = work.directory()?;
    Answer::ok(&shape(context(work, &directory), &row))
}

/// A new folder of message templates.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateMessageTemplateFolder {
    /// What it is called.
    name: String,
    /// The folder that it goes into; at the top, if there is none.
    #[serde(default)]
    parent_folder_id: Option<String>,
}

/// A new folder in another one.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateChildMessageTemplateFolder {
    /// What it is called.
    name: String,
}

/// `POST /message_template_folders`: to the oldest workspace.
pub async fn create(call: Call) -> Result {
    add(&call, Whose::OldestTeam).await
}

/// `POST /teams/{team_id}/message_template_folders`
pub async fn create_of_team(call: Call) -> Result {
    add(&call, Whose::team(&call)?).await
}

/// `POST /teammates/{teammate_id}/message_template_folders`
pub async fn create_of_teammate(call: Call) -> Result {
    add(&call, Whose::teammate(&call)?).await
}

async fn add(call: &Call, whose: Whose) -> Result {
    let body: CreateMessageTemplateFolder = call.body()?;
    let parent = folder("parent_folder_id", body.parent_folder_id.as_deref())?;
    call.write(move |work| {
        let place = Place::Of(whose.owner(work)?, parent);
        made(work, place, &body.name)
    })
    .await
}

/// `POST /message_template_folders/{message_template_folder_id}/message_template_folders`
pub async fn create_child(call: Call) -> Result {
    let place = Place::Under(call.id(0)?);
    let body: CreateChildMessageTemplateFolder = call.body()?;
    call.write(move |work| made(work, place, &body.name)).await
}

fn made(work: &mut Work<'_>, place: Place, name: &str) -> desk::Result<Answer> {
    let id = folders::create(work, place, name)?;
    let row = folders::get(work, id)?;
    let directory = work.directory()?;
    Answer::created(&shape(context(work, &directory), &row))
}

/// A change of a folder. What is left out stays.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct UpdateMessageTemplateFolder {
    /// Another name.
    #[serde(default)]
    name: Option<String>,
    /// Another folder around it; null for none.
    #[serde(default, deserialize_with = "given")]
    parent_folder_id: Option<Option<String>>,
}

/// `PATCH /message_template_folders/{message_template_folder_id}`
pub async fn update(call: Call) -> Result {
    let id: MessageTemplateFolderId = call.id(0)?;
    let body: UpdateMessageTemplateFolder = call.body()?;
    let parent = body.parent_folder_id.map(|id| folder("parent_folder_id", id.as_deref())).transpose()?;
    let change = Change { name: body.name, parent };
    call.write(move |work| {
        folders::update(work, id, &change)?;
        show(work, id)
    })
    .await
}

/// That a folder is going, with what is in it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AcceptedMessageTemplateFolderDeletion")]
pub(crate) struct Deleted {
    status: &'static str,
    message_template_folder_id: MessageTemplateFolderId,
}

/// `DELETE /message_template_folders/{message_template_folder_id}`
pub async fn delete(call: Call) -> Result {
    let id: MessageTemplateFolderId = call.id(0)?;
    call.write(move |work| {
        folders::delete(work, id)?;
        Answer::accepted(&Deleted { status: "accepted", message_template_folder_id: id })
    })
    .await
}

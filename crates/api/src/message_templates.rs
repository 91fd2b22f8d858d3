//! Message templates.

use desk::ids::{InboxId, MessageTemplateFolderId, MessageTemplateId};
use desk::message_templates::{self as templates, Change, New, Of, Order, Place};
use desk::messages::Content;
use desk::{Error, Work};
use schemars::JsonSchema;
use serde::Deserialize;
use wire::message_templates::message_template;

use crate::answer::{Answer, context};
use crate::attachments::{other_uploads, uploads};
use crate::call::{Call, Result};
use crate::edge::given::given;
use crate::edge::params::PageRules;
use crate::whose::Whose;

/// `GET /message_templates`
pub async fn list(call: Call) -> Result {
    page(&call, "message_templates", |_| Ok(Of::All)).await
}

/// `GET /teams/{team_id}/message_templates`
pub async fn of_team(call: Call) -> Result {
    let whose = Whose::team(&call)?;
    page(&call, "team_message_templates", move |work| Ok(Of::Owner(whose.owner(work)?))).await
}

/// `GET /teammates/{teammate_id}/message_templates`
pub async fn of_teammate(call: Call) -> Result {
    let whose = Whose::teammate(&call)?;
    page(&call, "teammate_message_templates", move |work| Ok(Of::Owner(whose.owner(work)?))).await
}

/// `GET /message_template_folders/{message_template_folder_id}/message_templates`
pub async fn of_folder(call: Call) -> Result {
    let folder: MessageTemplateFolderId = call.id(0)?;
    page(&call, "folder_message_templates", move |_| Ok(Of::Folder(folder))).await
}

async fn page(
    call: &Call,
    list: &'static str,
    of: impl Fn(&mut Work<'_>) -> desk::Result<Of> + Send + 'static,
) -> Result {
    // Places are counted from the first one, times from the newest.
    let by_place = call.params.get("sort_by") == Some("sort_order");
    let paging = call.paging(list, &PageRules::BY_PLACE, by_place)?;
    let order = match paging.sort_by.as_str() {
        "updated_at" => Order::Updated,
        "sort_order" => Order::Place,
        _ => Order::Created,
    };
    call.read(move |work| {
        let of = of(work)?;
        let page = templates::list(work, of, order, &paging.window)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::page(&paging, page.rows.iter().map(|view| message_template(context, view)), page.next)
    })
    .await
}

/// `GET /message_templates/{message_template_id}`
pub async fn get(call: Call) -> Result {
    let id: MessageTemplateId = call.id(0)?;
    call.read(move |work| {
        let view = templates::get(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&message_template(context(work, &directory), &view))
    })
    .await
}

/// A new message template.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateMessageTemplate {
    /// What it is called.
    name: String,
    /// The subject that it writes.
    #[serde(default)]
    subject: Option<String>,
    /// What it says: HTML with variables such as `{{recipient.first_name}}`.
    body: String,
    /// The folder that it goes into; at the top, if there is none.
    #[serde(default)]
    folder_id: Option<String>,
    /// The inboxes that it is for; all, if there are none.
    #[serde(default)]
    inbox_ids: Option<Vec<InboxId>>,
}

/// A new message template in a folder.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateChildMessageTemplate {
    /// What it is called.
    name: String,
    /// The subject that it writes.
    #[serde(default)]
    subject: Option<String>,
    /// What it says: HTML with variables such as `{{recipient.first_name}}`.
    body: String,
    /// The inboxes that it is for; all, if there are none.
    #[serde(default)]
    inbox_ids: Option<Vec<InboxId>>,
}

/// `POST /message_templates`: to the oldest workspace.
pub async fn create(call: Call) -> Result {
    add(call, Whose::OldestTeam).await
}

/// `POST /teams/{team_id}/message_templates`
pub async fn create_of_team(call: Call) -> Result {
    let whose = Whose::team(&call)?;
    add(call, whose).await
}

/// `POST /teammates/{teammate_id}/message_templates`
pub async fn create_of_teammate(call: Call) -> Result {
    let whose = Whose::teammate(&call)?;
    add(call, whose).await
}

async fn add(mut call: Call, whose: Whose) -> Result {
    let body: CreateMessageTemplate = call.body()?;
    let folder = folder("folder_id", body.folder_id.as_deref())?;
    let (content, uploads) = (Content::reusable(&body.body), uploads(&mut call).await?);
    call.write(move |work| {
        let new = New {
            place: Place::Of(whose.owner(work)?, folder),
            name: body.name.clone(),
            subject: body.subject.clone(),
            content: content.clone(),
            inboxes: body.inbox_ids.clone(),
            uploads: uploads.clone(),
        };
        made(work, &new)
    })
    .await
}

/// `POST /message_template_folders/{message_template_folder_id}/message_templates`
pub async fn create_child(mut call: Call) -> Result {
    let place = Place::Under(call.id(0)?);
    let body: CreateChildMessageTemplate = call.body()?;
    let new = New {
        place,
        name: body.name,
        subject: body.subject,
        content: Content::reusable(&body.body),
        inboxes: body.inbox_ids,
        uploads: uploads(&mut call).await?,
    };
    call.write(move |work| made(work, &new)).await
}

fn made(work: &mut Work<'_>, new: &New) -> desk::Result<Answer> {
    let id = templates::create(work, new)?;
    let view = templates::get(work, id)?;
    let directory = work.directory()?;
    Answer::created(&message_template(context(work, &directory), &view))
}

/// A change of a message template. What is left out stays.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct UpdateMessageTemplate {
    /// Another name.
    #[serde(default)]
    name: Option<String>,
    /// Another subject; null for none.
    #[serde(default, deserialize_with = "given")]
    subject: Option<Option<String>>,
    /// Another text.
    #[serde(default)]
    body: Option<String>,
    /// Another folder; null for none.
    #[serde(default, deserialize_with = "given")]
    folder_id: Option<Option<String>>,
    /// Other inboxes, at least one; null for all. None beside another change says nothing.
    #[serde(default, deserialize_with = "given")]
    inbox_ids: Option<Option<Vec<InboxId>>>,
}

/// `PATCH /message_templates/{message_template_id}`
pub async fn update(mut call: Call) -> Result {
    let id: MessageTemplateId = call.id(0)?;
    let body: UpdateMessageTemplate = call.body()?;
    let text = match &body.body {
        // What stays shows the new files where it showed the old ones.
        None if !call.form.files.is_empty() => {
            call.app.desk.read(&call.caller, move |work| Ok(templates::get(work, id)?.said.body)).await?
        }
        text => text.clone().unwrap_or_default(),
    };
    let mut change = Change {
        name: body.name,
        subject: body.subject,
        content: body.body.as_deref().map(Content::reusable),
        folder: body.folder_id.map(|id| folder("folder_id", id.as_deref())).transpose()?,
        inboxes: None,
        uploads: other_uploads(&mut call, text).await?,
    };
    // Generated clients send every list that they know of, empty where nobody filled it.
    let is_empty = matches!(&body.inbox_ids, Some(Some(ids)) if ids.is_empty());
    if !is_empty || change == Change::default() {
        change.inboxes = body.inbox_ids;
    }
    call.write(move |work| {
        templates::update(work, id, &change)?;
        let view = templates::get(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&message_template(context(work, &directory), &view))
    })
    .await
}

/// `DELETE /message_templates/{message_template_id}`
pub async fn delete(call: Call) -> Result {
    let id: MessageTemplateId = call.id(0)?;
    call.write(move |work| {
        templates::delete(work, id)?;
        Answer::no_content()
    })
    .await
}

/// A folder that a body names; an empty text is none.
pub(crate) fn folder(field: &str, id: Option<&str>) -> desk::Result<Option<MessageTemplateFolderId>> {
    let named = id.filter(|text| !text.is_empty()).map(str::parse::<MessageTemplateFolderId>).transpose();
    named.map_err(|bad| Error::invalid(field, bad.to_string()))
}

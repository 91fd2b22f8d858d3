//! Contacts, their handles and notes.

use desk::contacts::notes;
use desk::contacts::{self, Details, Filter, Handle, New, Order, Which};
use desk::conversations::Filter as Conversations;
use desk::ids::ContactId;
use desk::teammates::{self, Who};
use desk::{Timestamp, Work};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use wire::contacts::{contact, note};

use crate::answer::{Answer, context};
use crate::attachments::uploads;
use crate::call::{Call, Paging, Result};
use crate::conversations;
use crate::custom_fields;
use crate::edge::params::PageRules;
use crate::whose::Whose;

/// `GET /contacts`
pub async fn list(call: Call) -> Result {
    page(&call, "contacts", None).await
}

/// `GET /teams/{team_id}/contacts`
pub async fn of_team(call: Call) -> Result {
    page(&call, "team_contacts", Some(Whose::team(&call)?)).await
}

/// `GET /teammates/{teammate_id}/contacts`
pub async fn of_teammate(call: Call) -> Result {
    page(&call, "teammate_contacts", Some(Whose::teammate(&call)?)).await
}

async fn page(call: &Call, list: &'static str, whose: Option<Whose>) -> Result {
    let paging = call.paging(list, &PageRules::BY_CHANGE, false)?;
    let order = if paging.sort_by == "updated_at" { Order::Updated } else { Order::Created };
    let q = call.params.q()?;
    let (after, before) = (q.millis("updated_after")?.map(Timestamp), q.millis("updated_before")?.map(Timestamp));
    call.read(move |work| {
        let owner = whose.as_ref().map(|whose| whose.owner(work)).transpose()?;
        let filter = Filter { owner, updated_after: after, updated_before: before, account: None };
        let page = contacts::list(work, &filter, order, &paging.window)?;
        shown(work, &paging, page)
    })
    .await
}

/// A page of contacts as answers show it.
pub(crate) fn shown(
    work: &mut Work<'_>,
    paging: &Paging,
    page: desk::paging::Page<contacts::Contact>,
) -> desk::Result<Answer> {
    let views = contacts::views(work, page.rows)?;
    let directory = work.directory()?;
    let context = context(work, &directory);
    Answer::page(paging, views.iter().map(|view| contact(context, view)), page.next)
}

fn one(work: &mut Work<'_>, id: ContactId, status: StatusCode) -> desk::Result<Answer> {
    let view = contacts::get(work, id)?;
    let directory = work.directory()?;
    Answer::json(status, &contact(context(work, &directory), &view))
}

/// `GET /contacts/{contact_id}`
pub async fn get(call: Call) -> Result {
    let which: Which = call.id(0)?;
    call.read(move |work| {
        let id = contacts::resolve(work, &which)?;
        one(work, id, StatusCode::OK)
    })
    .await
}

/// A way to reach somebody.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ContactHandle")]
pub(crate) struct HandleShape {
    /// The address, number or name itself.
    handle: String,
    /// What it is: `email`, `phone`, `custom` …
    source: String,
}

impl HandleShape {
    fn handle(&self) -> Handle {
        Handle::new(&self.source, &self.handle)
    }
}

/// What is known of a contact. What is left out stays.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "WriteContact")]
pub(crate) struct Written {
    /// What they are called.
    #[serde(default)]
    name: Option<String>,
    /// Who they are.
    #[serde(default)]
    description: Option<String>,
    /// Addresses of pages about them.
    #[serde(default)]
    links: Option<Vec<String>>,
    /// Lists that they are on, as they were called before.
    #[serde(default)]
    group_names: Option<Vec<String>>,
    /// Lists that they are on.
    #[serde(default)]
    list_names: Option<Vec<String>>,
    /// All values of custom fields, by name; those left out are emptied.
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
}

/// How a contact is reached.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "WriteContactHandles")]
pub(crate) struct Handles {
    /// At least one.
    handles: Vec<HandleShape>,
}

async fn details(call: &mut Call) -> Result<Details> {
    let body: Written = call.body()?;
    let avatar = uploads(call).await?.pop();
    Ok(Details {
        name: body.name,
        description: body.description,
        avatar,
        links: body.links,
        lists: joined(body.list_names, body.group_names),
        custom_fields: custom_fields::values(call, "contact", body.custom_fields).await?,
    })
}

/// Both names of the same thing together.
fn joined(lists: Option<Vec<String>>, groups: Option<Vec<String>>) -> Option<Vec<String>> {
    match (lists, groups) {
        (Some(lists), Some(groups)) => {
            let more: Vec<String> = groups.into_iter().filter(|name| !lists.contains(name)).collect();
            Some([lists, more].concat())
        }
        (lists, groups) => lists.or(groups),
    }
}

/// `POST /contacts`
pub async fn create(call: Call) -> Result {
    add(call, Whose::Company).await
}

/// `POST /teams/{team_id}/contacts`
pub async fn create_of_team(call: Call) -> Result {
    let whose = Whose::team(&call)?;
    add(call, whose).await
}

/// `POST /teammates/{teammate_id}/contacts`
pub async fn create_of_teammate(call: Call) -> Result {
    let whose = Whose::teammate(&call)?;
    add(call, whose).await
}

async fn add(mut call: Call, whose: Whose) -> Result {
    let handles: Handles = call.body()?;
    let handles: Vec<Handle> = handles.handles.iter().map(HandleShape::handle).collect();
    let details = details(&mut call).await?;
    call.write(move |work| {
        let new = New { owner: whose.owner(work)?, handles: handles.clone(), details: details.clone() };
        let id = contacts::create(work, &new)?;
        one(work, id, StatusCode::CREATED)
    })
    .await
}

/// `PATCH /contacts/{contact_id}`
pub async fn update(mut call: Call) -> Result {
    let which: Which = call.id(0)?;
    let details = details(&mut call).await?;
    call.write(move |work| {
        let id = contacts::resolve(work, &which)?;
        contacts::change(work, id, &details)?;
        Answer::no_content()
    })
    .await
}

/// `DELETE /contacts/{contact_id}`
pub async fn delete(call: Call) -> Result {
    let which: Which = call.id(0)?;
    call.write(move |work| {
        let id = contacts::resolve(work, &which)?;
        contacts::delete(work, id)?;
        Answer::no_content()
    })
    .await
}

/// Contacts that become one.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct MergeContacts {
    /// The one that lives on; one of them is chosen, if left out.
    #[serde(default)]
    target_contact_id: Option<String>,
    /// The contacts, by id or alias.
    contact_ids: Vec<String>,
}

/// `POST /contacts/merge`
pub async fn merge(call: Call) -> Result {
    let body: MergeContacts = call.body()?;
    let target: Option<Which> = body.target_contact_id.as_deref().map(str::parse).transpose()?;
    let named: Vec<Which> = body.contact_ids.iter().map(|id| id.parse()).collect::<desk::Result<_>>()?;
    call.write(move |work| {
        let target = target.as_ref().map(|which| contacts::resolve(work, which)).transpose()?;
        let ids = named.iter().map(|which| contacts::resolve(work, which)).collect::<desk::Result<Vec<_>>>()?;
        let id = contacts::merge::merge(work, target, &ids)?;
        one(work, id, StatusCode::OK)
    })
    .await
}

/// `GET /contacts/{contact_id}/conversations`
pub async fn conversations(call: Call) -> Result {
    let which: Which = call.id(0)?;
    conversations::page(&call, "contact_conversations", move |work| {
        let id = contacts::resolve(work, &which)?;
        Ok(Conversations { contact: Some(id), ..Conversations::default() })
    })
    .await
}

/// `POST /contacts/{contact_id}/handles`
pub async fn add_handle(call: Call) -> Result {
    let which: Which = call.id(0)?;
    let handle = call.body::<HandleShape>()?.handle();
    call.write(move |work| {
        let id = contacts::resolve(work, &which)?;
        contacts::add_handle(work, id, &handle)?;
        Answer::no_content()
    })
    .await
}

/// A way to reach somebody, to be taken away.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "DeleteContactHandle")]
pub(crate) struct DeleteHandle {
    /// The address, number or name itself.
    handle: String,
    /// What it is.
    source: String,
    /// Also the last one, which deletes the contact.
    #[serde(default)]
    force: bool,
}

/// `DELETE /contacts/{contact_id}/handles`
pub async fn remove_handle(call: Call) -> Result {
    let which: Which = call.id(0)?;
    let body: DeleteHandle = call.body()?;
    let handle = Handle::new(&body.source, &body.handle);
    call.write(move |work| {
        let id = contacts::resolve(work, &which)?;
        contacts::remove_handle(work, id, &handle, body.force)?;
        Answer::no_content()
    })
    .await
}

/// `GET /contacts/{contact_id}/notes`, which answers 202 (contract/gaps.md section 2).
pub async fn notes(call: Call) -> Result {
    let which: Which = call.id(0)?;
    let paging = call.whole()?;
    call.read(move |work| {
        let id = contacts::resolve(work, &which)?;
        let rows = notes::list(work, id)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        let answer = Answer::list(&paging, rows.iter().map(|row| note(context, row)))?;
        Ok(Answer { status: StatusCode::ACCEPTED, ..answer })
    })
    .await
}

/// A new note on a contact.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CreateContactNote")]
pub(crate) struct CreateNote {
    /// The teammate who writes it, by id or alias.
    author_id: String,
    /// What it says.
    body: String,
}

/// `POST /contacts/{contact_id}/notes`
pub async fn add_note(call: Call) -> Result {
    let which: Which = call.id(0)?;
    let body: CreateNote = call.body()?;
    let author: Who = body.author_id.parse()?;
    call.write(move |work| {
        let id = contacts::resolve(work, &which)?;
        let author = teammates::resolve(work, &author)?;
        let row = notes::add(work, id, author, &body.body)?;
        let directory = work.directory()?;
        Answer::created(&note(context(work, &directory), &row))
    })
    .await
}

//! Tags.

use desk::conversations::Filter;
use desk::ids::TagId;
use desk::tags::{self, Change, New, Place};
use desk::{Error, Work};
use schemars::JsonSchema;
use serde::Deserialize;
use wire::tags::tag;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::conversations;
use crate::edge::given::given;
use crate::edge::params::PageRules;
use crate::whose::Whose;

/// `GET /tags`
pub async fn list(call: Call) -> Result {
    page(&call, "tags", None).await
}

/// `GET /company/tags`
pub async fn of_company(call: Call) -> Result {
    page(&call, "company_tags", Some(Whose::Company)).await
}

/// `GET /teams/{team_id}/tags`
pub async fn of_team(call: Call) -> Result {
    page(&call, "team_tags", Some(Whose::team(&call)?)).await
}

/// `GET /teammates/{teammate_id}/tags`
pub async fn of_teammate(call: Call) -> Result {
    page(&call, "teammate_tags", Some(Whose::teammate(&call)?)).await
}

async fn page(call: &Call, list: &'static str, whose: Option<Whose>) -> Result {
    let paging = call.paging(list, &PageRules::BY_ID, true)?;
    call.read(move |work| {
        let owner = whose.as_ref().map(|whose| whose.owner(work)).transpose()?;
        let page = tags::list(work, owner, &paging.window)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::page(&paging, page.rows.iter().map(|row| tag(context, row)), page.next)
    })
    .await
}

/// `GET /tags/{tag_id}/children`
pub async fn children(call: Call) -> Result {
    let id: TagId = call.id(0)?;
    let paging = call.whole()?;
    call.read(move |work| {
        let rows = tags::children(work, id)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, rows.iter().map(|row| tag(context, row)))
    })
    .await
}

/// `GET /tags/{tag_id}`
pub async fn get(call: Call) -> Result {
    let id: TagId = call.id(0)?;
    call.read(move |work| {
        let row = tags::get(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&tag(context(work, &directory), &row))
    })
    .await
}

/// `GET /tags/{tag_id}/conversations`
pub async fn conversations(call: Call) -> Result {
    let id: TagId = call.id(0)?;
    conversations::page(&call, "tag_conversations", move |work| {
        tags::get(work, id)?;
        Ok(Filter { tag: Some(id), ..Filter::default() })
    })
    .await
}

/// A new tag.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateTag {
    /// What it is called. If a tag at the same place is called so already, whatever the case, that one is the answer and
    /// nothing changes.
    name: String,
    /// What it is for.
    #[serde(default)]
    description: Option<String>,
    /// A colour: `grey`, `pink`, `red`, `orange`, `yellow`, `green`, `light-blue`, `blue` or `purple`.
    #[serde(default)]
    highlight: Option<String>,
    /// Whether lists of conversations show it.
    #[serde(default)]
    is_visible_in_conversation_lists: Option<bool>,
}

/// `POST /tags`: an old operation; the tag goes to the oldest workspace.
pub async fn create(call: Call) -> Result {
    add(&call, |work| Ok(Place::Of(Whose::OldestTeam.owner(work)?))).await
}

/// `POST /company/tags`
pub async fn create_of_company(call: Call) -> Result {
    add(&call, |work| Ok(Place::Of(Whose::Company.owner(work)?))).await
}

/// `POST /teams/{team_id}/tags`
pub async fn create_of_team(call: Call) -> Result {
    let whose = Whose::team(&call)?;
    add(&call, move |work| Ok(Place::Of(whose.owner(work)?))).await
}

/// `POST /teammates/{teammate_id}/tags`
pub async fn create_of_teammate(call: Call) -> Result {
    let whose = Whose::teammate(&call)?;
    add(&call, move |work| Ok(Place::Of(whose.owner(work)?))).await
}

/// `POST /tags/{tag_id}/children`
pub async fn create_child(call: Call) -> Result {
    let parent: TagId = call.id(0)?;
    add(&call, move |_| Ok(Place::Under(parent))).await
}

async fn add(call: &Call, place: impl Fn(&mut Work<'_>) -> desk::Result<Place> + Send + 'static) -> Result {
    let body: CreateTag = call.body()?;
    call.write(move |work| {
        let new = New {
            place: place(work)?,
            name: body.name.clone(),
            description: body.description.clone(),
            highlight: body.highlight.clone(),
            is_visible: body.is_visible_in_conversation_lists.unwrap_or(false),
        };
        let id = tags::create(work, &new)?;
        let row = tags::get(work, id)?;
        let directory = work.directory()?;
        Answer::created(&tag(context(work, &directory), &row))
    })
    .await
}

/// A change of a tag. What is left out stays.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct UpdateTag {
    /// Another name, which no tag at the same place has.
    #[serde(default)]
    name: Option<String>,
    /// What it is for; null for nothing.
    #[serde(default, deserialize_with = "given")]
    description: Option<Option<String>>,
    /// A colour; null for none.
    #[serde(default, deserialize_with = "given")]
    highlight: Option<Option<String>>,
    /// The tag above it; null for none.
    #[serde(default, deserialize_with = "given")]
    parent_tag_id: Option<Option<String>>,
    /// Whether lists of conversations show it.
    #[serde(default)]
    is_visible_in_conversation_lists: Option<bool>,
}

/// `PATCH /tags/{tag_id}`
pub async fn update(call: Call) -> Result {
    let id: TagId = call.id(0)?;
    let body: UpdateTag = call.body()?;
    let parent = |id: Option<String>| id.map(|id| id.parse::<TagId>()).transpose();
    let change = Change {
        name: body.name,
        description: body.description,
        highlight: body.highlight,
        parent: body
            .parent_tag_id
            .map(parent)
            .transpose()
            .map_err(|bad| Error::invalid("parent_tag_id", bad.to_string()))?,
        is_visible: body.is_visible_in_conversation_lists,
    };
    call.write(move |work| {
        tags::update(work, id, &change)?;
        Answer::no_content()
    })
    .await
}

/// `DELETE /tags/{tag_id}`
pub async fn delete(call: Call) -> Result {
    let id: TagId = call.id(0)?;
    call.write(move |work| {
        tags::delete(work, id)?;
        Answer::no_content()
    })
    .await
}

//! Views.

use desk::Work;
use desk::ids::{InboxId, TagId, TeamId, ViewId};
use desk::views::{self, Change, Filter, FilterChange, New};
use schemars::JsonSchema;
use serde::Deserialize;
use wire::views::view;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::edge::given::given;
use crate::edge::params::PageRules;
use crate::teammates::{TeammateIds, seen_people};

/// `GET /views`
pub async fn list(call: Call) -> Result {
    page(&call, "views", None).await
}

/// `GET /teams/{team_id}/views`
pub async fn of_team(call: Call) -> Result {
    let team: TeamId = call.id(0)?;
    page(&call, "team_views", Some(team)).await
}

async fn page(call: &Call, list: &'static str, team: Option<TeamId>) -> Result {
    let paging = call.paging(list, &PageRules::USUAL, true)?;
    call.read(move |work| {
        let page = views::list(work, team, &paging.window)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::page(&paging, page.rows.iter().map(|row| view(context, row)), page.next)
    })
    .await
}

/// `GET /views/{view_id}`
pub async fn get(call: Call) -> Result {
    let id: ViewId = call.id(0)?;
    call.read(move |work| {
        let row = views::get(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&view(context(work, &directory), &row))
    })
    .await
}

/// A new view.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateView {
    /// What it is called.
    name: String,
    /// The inboxes whose conversations are in it; at least one.
    inbox_ids: Vec<InboxId>,
    /// Only conversations with one of these tags.
    #[serde(default)]
    tag_ids: Option<Vec<TagId>>,
    /// Only conversations with none of these tags.
    #[serde(default)]
    not_tag_ids: Option<Vec<TagId>>,
    /// Only conversations without tags.
    #[serde(default)]
    no_tags: Option<bool>,
    /// Only conversations assigned to one of these teammates, by id or alias.
    #[serde(default)]
    assignee_ids: Option<Vec<String>>,
    /// Only conversations assigned to none of these teammates, by id or alias.
    #[serde(default)]
    not_assignee_ids: Option<Vec<String>>,
    /// A colour: `grey`, `pink`, `red`, `orange`, `yellow`, `green`, `light-blue`, `blue` or `purple`.
    #[serde(default)]
    highlight: Option<String>,
}

impl CreateView {
    fn filter(&self, work: &mut Work<'_>) -> desk::Result<Filter> {
        let named = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
        Ok(Filter {
            inboxes: self.inbox_ids.clone(),
            tags: self.tag_ids.clone().unwrap_or_default(),
            not_tags: self.not_tag_ids.clone().unwrap_or_default(),
            no_tags: self.no_tags.unwrap_or(false),
            assignees: seen_people(work, "assignee_ids", &named(&self.assignee_ids))?,
            not_assignees: seen_people(work, "not_assignee_ids", &named(&self.not_assignee_ids))?,
        })
    }
}

/// `POST /teams/{team_id}/views`
pub async fn create_of_team(call: Call) -> Result {
    let team: TeamId = call.id(0)?;
    let body: CreateView = call.body()?;
    call.write(move |work| {
        desk::teams::get(work, team)?;
        let filter = body.filter(work)?;
        let id =
            views::create(work, &New { team, name: body.name.clone(), highlight: body.highlight.clone(), filter })?;
        let row = views::get(work, id)?;
        let directory = work.directory()?;
        Answer::created(&view(context(work, &directory), &row))
    })
    .await
}

/// A change of a view. What is left out stays; a list takes the place of the one before.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct UpdateView {
    /// Another name.
    #[serde(default)]
    name: Option<String>,
    /// The inboxes whose conversations are in it; at least one. None beside another change says nothing.
    #[serde(default)]
    inbox_ids: Option<Vec<InboxId>>,
    /// Only conversations with one of these tags.
    #[serde(default)]
    tag_ids: Option<Vec<TagId>>,
    /// Only conversations with none of these tags.
    #[serde(default)]
    not_tag_ids: Option<Vec<TagId>>,
    /// Only conversations without tags.
    #[serde(default)]
    no_tags: Option<bool>,
    /// Only conversations assigned to one of these teammates, by id or alias.
    #[serde(default)]
    assignee_ids: Option<Vec<String>>,
    /// Only conversations assigned to none of these teammates, by id or alias.
    #[serde(default)]
    not_assignee_ids: Option<Vec<String>>,
    /// A colour; null for none.
    #[serde(default, deserialize_with = "given")]
    highlight: Option<Option<String>>,
}

impl UpdateView {
    fn change(&self, work: &mut Work<'_>) -> desk::Result<Change> {
        let mut people = |field: &str, named: &Option<Vec<String>>| {
            named.as_ref().map(|named| seen_people(work, field, named)).transpose()
        };
        let mut change = Change {
            name: self.name.clone(),
            highlight: self.highlight.clone(),
            filter: FilterChange {
                inboxes: None,
                tags: self.tag_ids.clone(),
                not_tags: self.not_tag_ids.clone(),
                no_tags: self.no_tags,
                assignees: people("assignee_ids", &self.assignee_ids)?,
                not_assignees: people("not_assignee_ids", &self.not_assignee_ids)?,
            },
        };
        // Generated clients send every list that they know of, empty where nobody filled it. The other lists may be empty, so
        // that they are taken at their word.
        let is_empty = self.inbox_ids.as_ref().is_some_and(Vec::is_empty);
        if !is_empty || change == Change::default() {
            change.filter.inboxes.clone_from(&self.inbox_ids);
        }
        Ok(change)
    }
}

/// `PATCH /views/{view_id}`
pub async fn update(call: Call) -> Result {
    let id: ViewId = call.id(0)?;
    let body: UpdateView = call.body()?;
    call.write(move |work| {
        views::get(work, id)?;
        let change = body.change(work)?;
        views::update(work, id, &change)?;
        Answer::no_content()
    })
    .await
}

/// `POST /views/{view_id}/teammates`
pub async fn add_teammates(call: Call) -> Result {
    let id: ViewId = call.id(0)?;
    let body: TeammateIds = call.body()?;
    call.write(move |work| {
        views::get(work, id)?;
        let people = body.resolve_seen(work)?;
        views::add_teammates(work, id, &people)?;
        Answer::no_content()
    })
    .await
}

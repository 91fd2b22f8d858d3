//! Contact lists, and the groups that they once were: the same objects under two names.

use desk::contacts::{self, Which, lists};
use desk::ids::ContactListId;
use schemars::JsonSchema;
use serde::Deserialize;
use wire::contacts::list as shape;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::contacts::shown;
use crate::edge::params::PageRules;
use crate::whose::Whose;

/// `GET /contact_lists`, `GET /contact_groups`
pub async fn list(call: Call) -> Result {
    all(&call, None).await
}

/// `GET /teams/{team_id}/contact_lists`, `…/contact_groups`
pub async fn of_team(call: Call) -> Result {
    all(&call, Some(Whose::team(&call)?)).await
}

/// `GET /teammates/{teammate_id}/contact_lists`, `…/contact_groups`
pub async fn of_teammate(call: Call) -> Result {
    all(&call, Some(Whose::teammate(&call)?)).await
}

async fn all(call: &Call, whose: Option<Whose>) -> Result {
    let paging = call.whole()?;
    call.read(move |work| {
        let owner = whose.as_ref().map(|whose| whose.owner(work)).transpose()?;
        let rows = lists::all(work, owner)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, rows.iter().map(|row| shape(context, row)))
    })
    .await
}

/// A new list of contacts.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CreateContactList")]
pub(crate) struct CreateList {
    /// What it is called.
    name: String,
}

/// `POST /contact_lists`, `POST /contact_groups`: to the oldest workspace; 204, without the new id.
pub async fn create(call: Call) -> Result {
    add(&call, Whose::OldestTeam).await
}

/// `POST /teams/{team_id}/contact_lists`, `…/contact_groups`
pub async fn create_of_team(call: Call) -> Result {
    add(&call, Whose::team(&call)?).await
}

/// `POST /teammates/{teammate_id}/contact_lists`, `…/contact_groups`
pub async fn create_of_teammate(call: Call) -> Result {
    add(&call, Whose::teammate(&call)?).await
}

async fn add(call: &Call, whose: Whose) -> Result {
    let body: CreateList = call.body()?;
    call.write(move |work| {
        let owner = whose.owner(work)?;
        lists::create(work, owner, &body.name)?;
        Answer::no_content()
    })
    .await
}

/// `DELETE /contact_lists/{contact_list_id}`
pub async fn delete(call: Call) -> Result {
    let id: ContactListId = call.id(0)?;
    call.write(move |work| {
        lists::delete(work, id)?;
        Answer::no_content()
    })
    .await
}

/// `GET /contact_lists/{contact_list_id}/contacts`
pub async fn members(call: Call) -> Result {
    let id: ContactListId = call.id(0)?;
    let paging = call.paging("list_contacts", &PageRules::USUAL, true)?;
    call.read(move |work| {
        let page = lists::members(work, id, &paging.window)?;
        shown(work, &paging, page)
    })
    .await
}

/// Contacts of a list.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct ContactIds {
    /// Contacts by id or alias, 1,000 at most.
    contact_ids: Vec<String>,
}

impl ContactIds {
    /// Which contacts are meant, if they are not too many.
    pub(crate) fn which(&self) -> desk::Result<Vec<Which>> {
        lists::check_count(self.contact_ids.len())?;
        self.contact_ids.iter().map(|id| id.parse()).collect()
    }
}

/// `POST /contact_lists/{contact_list_id}/contacts`
pub async fn add_members(call: Call) -> Result {
    change(&call, lists::add).await
}

/// `DELETE /contact_lists/{contact_list_id}/contacts`
pub async fn remove_members(call: Call) -> Result {
    change(&call, lists::remove).await
}

async fn change(
    call: &Call,
    what: fn(&mut desk::Work<'_>, ContactListId, &[desk::ids::ContactId]) -> desk::Result<()>,
) -> Result {
    let id: ContactListId = call.id(0)?;
    let named = call.body::<ContactIds>()?.which()?;
    call.write(move |work| {
        let ids = named.iter().map(|which| contacts::resolve(work, which)).collect::<desk::Result<Vec<_>>>()?;
        what(work, id, &ids)?;
        Answer::no_content()
    })
    .await
}

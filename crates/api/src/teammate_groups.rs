//! Teammate groups.

use std::str::FromStr;

use desk::ids::{ContactListId, InboxId, TeamId, TeammateGroupId, TeammateId};
use desk::teammate_groups::{self, Change, Contacts, New};
use desk::{Error, Work};
use schemars::JsonSchema;
use serde::Deserialize;
use wire::inboxes::inbox;
use wire::teammate_groups::teammate_group;
use wire::teammates::teammate;
use wire::teams::preview;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::edge::given::given;
use crate::teammates::TeammateIds;

/// `GET /teammate_groups`
pub async fn list(call: Call) -> Result {
    let paging = call.whole()?;
    call.read(move |work| {
        let rows = teammate_groups::list(work)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, rows.iter().map(|row| teammate_group(context, row)))
    })
    .await
}

/// `GET /teammate_groups/{teammate_group_id}`
pub async fn get(call: Call) -> Result {
    let id: TeammateGroupId = call.id(0)?;
    call.read(move |work| {
        let row = teammate_groups::get(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&teammate_group(context(work, &directory), &row))
    })
    .await
}

/// What the members of a group may do.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "GroupPermissions")]
struct Permissions {
    /// Whose contacts they see.
    #[serde(default)]
    contacts: Option<ContactPermissions>,
}

/// Whose contacts the members of a group see.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "TeammateGroupContacts")]
struct ContactPermissions {
    /// `all`, `contact_lists` or `none`; `contact_groups` is the old word for lists.
    access: String,
    /// The lists, where it is about groups, as old clients call them.
    #[serde(default)]
    contact_group_ids: Option<Vec<String>>,
    /// The lists, where it is about lists.
    #[serde(default)]
    contact_list_ids: Option<Vec<String>>,
}

impl Permissions {
    /// Whose contacts, if that is said.
    fn contacts(&self) -> desk::Result<Option<Contacts>> {
        let Some(contacts) = &self.contacts else { return Ok(None) };
        const GROUPS: &str = "permissions.contacts.contact_group_ids";
        const LISTS: &str = "permissions.contacts.contact_list_ids";
        // An empty list says nothing: generated clients send every list that they know of.
        let unfit = |field, ids: &Option<Vec<String>>| match ids {
            Some(ids) if !ids.is_empty() => {
                Err(Error::invalid(field, format!("has no place where access is {:?}", contacts.access)))
            }
            _ => Ok(()),
        };
        let lists = |field, named: &Option<Vec<String>>| {
            let named = named.as_deref().unwrap_or_default();
            let parsed = |name| parsed::<ContactListId>(field, "contact list", name);
            named.iter().enumerate().map(parsed).collect::<desk::Result<Vec<_>>>()
        };
        Ok(Some(match contacts.access.as_str() {
            "contact_lists" => {
                unfit(GROUPS, &contacts.contact_group_ids)?;
                Contacts::Lists(lists(LISTS, &contacts.contact_list_ids)?)
            }
            "contact_groups" => {
                unfit(LISTS, &contacts.contact_list_ids)?;
                Contacts::Lists(lists(GROUPS, &contacts.contact_group_ids)?)
            }
            word @ ("all" | "none") => {
                unfit(GROUPS, &contacts.contact_group_ids)?;
                unfit(LISTS, &contacts.contact_list_ids)?;
                if word == "all" { Contacts::All } else { Contacts::None }
            }
            other => {
                let why = format!("expected all, contact_lists or none, found {other:?}");
                return Err(Error::invalid("permissions.contacts.access", why));
            }
        }))
    }
}

/// A new teammate group.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateTeammateGroup {
    /// What it is called.
    name: String,
    /// What it is for.
    #[serde(default)]
    description: Option<String>,
    /// What its members may do; if left out, they see everybody's contacts.
    #[serde(default)]
    permissions: Option<Permissions>,
}

/// `POST /teammate_groups`
pub async fn create(call: Call) -> Result {
    let body: CreateTeammateGroup = call.body()?;
    let contacts = contacts(body.permissions.as_ref())?;
    let new = New { name: body.name, description: body.description, contacts: contacts.unwrap_or(Contacts::All) };
    call.write(move |work| {
        let id = teammate_groups::create(work, &new)?;
        let row = teammate_groups::get(work, id)?;
        let directory = work.directory()?;
        Answer::created(&teammate_group(context(work, &directory), &row))
    })
    .await
}

/// A change of a teammate group. What is left out stays.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct UpdateTeammateGroup {
    /// Another name.
    #[serde(default)]
    name: Option<String>,
    /// What it is for; null for nothing.
    #[serde(default, deserialize_with = "given")]
    description: Option<Option<String>>,
    /// What its members may do from now on.
    #[serde(default)]
    permissions: Option<Permissions>,
}

/// `PATCH /teammate_groups/{teammate_group_id}`
pub async fn update(call: Call) -> Result {
    let id: TeammateGroupId = call.id(0)?;
    let body: UpdateTeammateGroup = call.body()?;
    let contacts = contacts(body.permissions.as_ref())?;
    let change = Change { name: body.name, description: body.description, contacts };
    call.write(move |work| {
        teammate_groups::update(work, id, &change)?;
        Answer::no_content()
    })
    .await
}

fn contacts(permissions: Option<&Permissions>) -> desk::Result<Option<Contacts>> {
    permissions.map_or(Ok(None), Permissions::contacts)
}

/// `DELETE /teammate_groups/{teammate_group_id}`
pub async fn delete(call: Call) -> Result {
    let id: TeammateGroupId = call.id(0)?;
    call.write(move |work| {
        teammate_groups::delete(work, id)?;
        Answer::no_content()
    })
    .await
}

/// `GET /teammate_groups/{teammate_group_id}/teammates`
pub async fn teammates(call: Call) -> Result {
    let id: TeammateGroupId = call.id(0)?;
    let paging = call.whole()?;
    call.read(move |work| {
        let rows = teammate_groups::teammates_of(work, id)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, rows.iter().map(|row| teammate(context, row)))
    })
    .await
}

/// `POST /teammate_groups/{teammate_group_id}/teammates`
pub async fn add_teammates(call: Call) -> Result {
    change_teammates(&call, teammate_groups::add_teammates).await
}

/// `DELETE /teammate_groups/{teammate_group_id}/teammates`
pub async fn remove_teammates(call: Call) -> Result {
    change_teammates(&call, teammate_groups::remove_teammates).await
}

/// What is done to a group with some of its parts.
type Do<T> = fn(&mut Work<'_>, TeammateGroupId, &[T]) -> desk::Result<()>;

async fn change_teammates(call: &Call, what: Do<TeammateId>) -> Result {
    let id: TeammateGroupId = call.id(0)?;
    let body: TeammateIds = call.body()?;
    call.write(move |work| {
        teammate_groups::get(work, id)?;
        let people = body.resolve(work)?;
        what(work, id, &people)?;
        Answer::no_content()
    })
    .await
}

/// `GET /teammate_groups/{teammate_group_id}/teams`
pub async fn teams(call: Call) -> Result {
    let id: TeammateGroupId = call.id(0)?;
    let paging = call.whole()?;
    call.read(move |work| {
        let rows = teammate_groups::teams_of(work, id)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, rows.iter().map(|row| preview(context, row)))
    })
    .await
}

/// Workspaces.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct TeamIds {
    /// The workspaces.
    team_ids: Vec<String>,
}

/// `POST /teammate_groups/{teammate_group_id}/teams`
pub async fn add_teams(call: Call) -> Result {
    change_teams(&call, teammate_groups::add_teams).await
}

/// `DELETE /teammate_groups/{teammate_group_id}/teams`
pub async fn remove_teams(call: Call) -> Result {
    change_teams(&call, teammate_groups::remove_teams).await
}

async fn change_teams(call: &Call, what: Do<TeamId>) -> Result {
    let body: TeamIds = call.body()?;
    change(call, ("team_ids", "workspace", body.team_ids), what).await
}

/// `GET /teammate_groups/{teammate_group_id}/inboxes`: those that it opens to its members.
pub async fn inboxes(call: Call) -> Result {
    let id: TeammateGroupId = call.id(0)?;
    let paging = call.whole()?;
    call.read(move |work| {
        let rows = teammate_groups::inboxes_of(work, id)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, rows.iter().map(|row| inbox(context, row)))
    })
    .await
}

/// Inboxes.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct InboxIds {
    /// The inboxes.
    inbox_ids: Vec<String>,
}

/// `POST /teammate_groups/{teammate_group_id}/inboxes`
pub async fn add_inboxes(call: Call) -> Result {
    change_inboxes(&call, teammate_groups::add_inboxes).await
}

/// `DELETE /teammate_groups/{teammate_group_id}/inboxes`
pub async fn remove_inboxes(call: Call) -> Result {
    change_inboxes(&call, teammate_groups::remove_inboxes).await
}

async fn change_inboxes(call: &Call, what: Do<InboxId>) -> Result {
    let body: InboxIds = call.body()?;
    change(call, ("inbox_ids", "inbox", body.inbox_ids), what).await
}

/// Does something to a group with what a body names in a field.
async fn change<T: FromStr + Send + 'static>(
    call: &Call,
    (field, noun, named): (&'static str, &'static str, Vec<String>),
    what: Do<T>,
) -> Result {
    let id: TeammateGroupId = call.id(0)?;
    call.write(move |work| {
        teammate_groups::get(work, id)?;
        let ids = named.iter().enumerate().map(|name| parsed(field, noun, name)).collect::<desk::Result<Vec<T>>>()?;
        what(work, id, &ids)?;
        Answer::no_content()
    })
    .await
}

fn parsed<T: FromStr>(field: &str, noun: &str, (at, name): (usize, &String)) -> desk::Result<T> {
    name.parse().map_err(|_| Error::invalid(format!("{field}[{at}]"), format!("unknown {noun} {name:?}")))
}

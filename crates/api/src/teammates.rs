//! Teammates.

use desk::conversations::Filter;
use desk::ids::TeammateId;
use desk::teammates::{self, Change, Who};
use desk::{Error, Work, inboxes};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use wire::inboxes::inbox;
use wire::teammates::teammate;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::conversations;
use crate::custom_fields;
use crate::edge::error::Problem;

/// The most teammates that one list in a body names.
const MOST_NAMED: usize = 1_000;

/// The teammate of the path's first variable part, by id or alias.
pub(crate) fn who(call: &Call) -> Result<Who> {
    Ok(call.segment(0).parse().map_err(|_: Error| Problem::unknown_resource())?)
}

/// The teammate that is meant, if the caller may see them.
pub(crate) fn seen(work: &mut Work<'_>, who: &Who) -> desk::Result<TeammateId> {
    let id = teammates::resolve(work, who)?;
    Ok(teammates::get(work, id)?.id)
}

/// Teammates, by id or alias.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct TeammateIds {
    /// The teammates.
    teammate_ids: Vec<String>,
}

impl TeammateIds {
    /// Those who are meant; an unknown one is refused by name.
    pub(crate) fn resolve(&self, work: &mut Work<'_>) -> desk::Result<Vec<TeammateId>> {
        people(work, &self.teammate_ids)
    }

    /// The same, where somebody whom the caller may not see is unknown.
    pub(crate) fn resolve_seen(&self, work: &mut Work<'_>) -> desk::Result<Vec<TeammateId>> {
        seen_people(work, "teammate_ids", &self.teammate_ids)
    }
}

/// The teammates that the list `teammate_ids` of a body names.
pub(crate) fn people(work: &mut Work<'_>, named: &[String]) -> desk::Result<Vec<TeammateId>> {
    each_once("teammate_ids", named, |who| teammates::resolve(work, who))
}

/// The teammates that a list in a body names, if the caller may see them all.
pub(crate) fn seen_people(work: &mut Work<'_>, field: &str, named: &[String]) -> desk::Result<Vec<TeammateId>> {
    each_once(field, named, |who| seen(work, who))
}

/// Those who are named, each once; an unknown one is refused by its place in the list.
fn each_once(
    field: &str,
    named: &[String],
    mut find: impl FnMut(&Who) -> desk::Result<TeammateId>,
) -> desk::Result<Vec<TeammateId>> {
    if named.len() > MOST_NAMED {
        return Err(Error::invalid(field, format!("expected at most {MOST_NAMED}, found {}", named.len())));
    }
    let mut ids = Vec::with_capacity(named.len());
    for (at, name) in named.iter().enumerate() {
        let found = name.parse::<Who>().and_then(|who| find(&who));
        let id = found.map_err(|_| Error::invalid(format!("{field}[{at}]"), format!("unknown teammate {name:?}")))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// `GET /teammates`
pub async fn list(call: Call) -> Result {
    let paging = call.whole()?;
    call.read(move |work| {
        let rows = teammates::list(work)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, rows.iter().map(|row| teammate(context, row)))
    })
    .await
}

/// `GET /teammates/{teammate_id}`
pub async fn get(call: Call) -> Result {
    let who = who(&call)?;
    call.read(move |work| {
        let id = teammates::resolve(work, &who)?;
        let row = teammates::get(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&teammate(context(work, &directory), &row))
    })
    .await
}

/// `GET /teammates/{teammate_id}/conversations`: those assigned to them.
pub async fn conversations(call: Call) -> Result {
    let who = who(&call)?;
    conversations::page(&call, "teammate_conversations", move |work| {
        Ok(Filter { assignee: Some(seen(work, &who)?), ..Filter::default() })
    })
    .await
}

/// `GET /teammates/{teammate_id}/inboxes`: those they may open.
pub async fn inboxes(call: Call) -> Result {
    let who = who(&call)?;
    let paging = call.whole()?;
    call.read(move |work| {
        let id = seen(work, &who)?;
        let rows = inboxes::open_to(work, id)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, rows.iter().map(|row| inbox(context, row)))
    })
    .await
}

/// A change of a teammate. What is left out stays.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct UpdateTeammate {
    /// Unique in the company.
    #[serde(default)]
    username: Option<String>,
    /// Given name.
    #[serde(default)]
    first_name: Option<String>,
    /// Family name.
    #[serde(default)]
    last_name: Option<String>,
    /// Whether they are given work, as far as shifts and time off let them.
    #[serde(default)]
    is_available: Option<bool>,
    /// All values of custom fields, by name; those left out are emptied.
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
}

/// `PATCH /teammates/{teammate_id}`
pub async fn update(call: Call) -> Result {
    let who = who(&call)?;
    let body: UpdateTeammate = call.body()?;
    let change = Change {
        username: body.username,
        first_name: body.first_name,
        last_name: body.last_name,
        is_available: body.is_available,
        custom_fields: custom_fields::values(&call, "teammate", body.custom_fields).await?,
        ..Change::default()
    };
    call.write(move |work| {
        let id = seen(work, &who)?;
        teammates::update(work, id, &change)?;
        Answer::no_content()
    })
    .await
}

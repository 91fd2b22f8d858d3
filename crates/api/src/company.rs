//! The company: whose token this is, and its ticket statuses.

use desk::ids::{CompanyId, StatusId};
use desk::statuses;
use schemars::JsonSchema;
use serde::Serialize;
use wire::statuses::status;

use crate::answer::{Answer, CollectionLinks, context};
use crate::call::{Call, Result};

/// `GET /me`: the company that the token belongs to.
pub async fn me(call: Call) -> Result {
    call.read(|work| {
        let directory = work.directory()?;
        let company = &directory.company;
        let this = format!("{}/me", work.public_url());
        Answer::ok(&Identity { _links: CollectionLinks { this }, id: company.id, name: &company.name })
    })
    .await
}

/// Whose token it is.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Identity<'a> {
    _links: CollectionLinks,
    id: CompanyId,
    name: &'a str,
}

/// `GET /company/statuses`: not found where the company uses no tickets.
pub async fn statuses(call: Call) -> Result {
    let paging = call.whole()?;
    call.read(move |work| {
        let rows = statuses::list(work)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, rows.iter().map(|row| status(context, row)))
    })
    .await
}

/// `GET /company/statuses/{status_id}`
pub async fn status_by_id(call: Call) -> Result {
    let id: StatusId = call.id(0)?;
    call.read(move |work| {
        let row = statuses::get(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&status(context(work, &directory), &row))
    })
    .await
}

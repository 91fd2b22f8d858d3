//! Workspaces, called teams.

use desk::ids::TeamId;
use desk::teams;
use wire::teams::{preview, team};

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::teammates::TeammateIds;

/// `GET /teams`
pub async fn list(call: Call) -> Result {
    let paging = call.whole()?;
    call.read(move |work| {
        let rows = teams::list(work)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, rows.iter().map(|row| preview(context, row)))
    })
    .await
}

/// `GET /teams/{team_id}`
pub async fn get(call: Call) -> Result {
    let id: TeamId = call.id(0)?;
    call.read(move |work| {
        let row = teams::get(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&team(context(work, &directory), &row))
    })
    .await
}

/// `POST /teams/{team_id}/teammates`
pub async fn add_teammates(call: Call) -> Result {
    let id: TeamId = call.id(0)?;
    let body: TeammateIds = call.body()?;
    call.write(move |work| {
        teams::get(work, id)?;
        let people = body.resolve(work)?;
        teams::add_members(work, id, &people)?;
        Answer::no_content()
    })
    .await
}

/// `DELETE /teams/{team_id}/teammates`
pub async fn remove_teammates(call: Call) -> Result {
    let id: TeamId = call.id(0)?;
    let body: TeammateIds = call.body()?;
    call.write(move |work| {
        teams::get(work, id)?;
        let people = body.resolve(work)?;
        teams::remove_members(work, id, &people)?;
        Answer::no_content()
    })
    .await
}

//! Shifts.

use desk::access::oldest_team;
use desk::ids::{ShiftId, TeamId};
use desk::shifts::{self, Change, New, Week};
use desk::{Work, teams};
use schemars::JsonSchema;
use serde::Deserialize;
use wire::shifts::shift;
use wire::teammates::teammate;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::teammates::{TeammateIds, people, seen, who};

/// `GET /shifts`
pub async fn list(call: Call) -> Result {
    all(&call, |work| shifts::list(work, None)).await
}

/// `GET /teams/{team_id}/shifts`
pub async fn of_team(call: Call) -> Result {
    let team: TeamId = call.id(0)?;
    all(&call, move |work| shifts::list(work, Some(team))).await
}

/// `GET /teammates/{teammate_id}/shifts`: those they work in.
pub async fn of_teammate(call: Call) -> Result {
    let who = who(&call)?;
    all(&call, move |work| {
        let id = seen(work, &who)?;
        shifts::of_teammate(work, id)
    })
    .await
}

async fn all(call: &Call, rows: impl Fn(&mut Work<'_>) -> desk::Result<Vec<shifts::Shift>> + Send + 'static) -> Result {
    let paging = call.whole()?;
    call.read(move |work| {
        let rows = rows(work)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, rows.iter().map(|row| shift(context, row)))
    })
    .await
}

/// `GET /shifts/{shift_id}`
pub async fn get(call: Call) -> Result {
    let id: ShiftId = call.id(0)?;
    call.read(move |work| {
        let row = shifts::get(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&shift(context(work, &directory), &row))
    })
    .await
}

/// A new shift.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateShift {
    /// What it is called.
    name: String,
    /// A colour: `black`, `grey`, `pink`, `purple`, `blue`, `teal`, `green`, `yellow`, `orange` or `red`.
    color: String,
    /// The IANA name of the time zone by whose clocks it goes.
    timezone: String,
    /// When it is on.
    times: Week,
    /// Who works in it, by id or alias: members of the workspace.
    teammate_ids: Vec<String>,
}

/// `POST /shifts`: in the oldest workspace that the token reaches.
pub async fn create(call: Call) -> Result {
    add(&call, None).await
}

/// `POST /teams/{team_id}/shifts`
pub async fn create_of_team(call: Call) -> Result {
    let team: TeamId = call.id(0)?;
    add(&call, Some(team)).await
}

async fn add(call: &Call, team: Option<TeamId>) -> Result {
    let body: CreateShift = call.body()?;
    call.write(move |work| {
        let team = match team {
            Some(team) => teams::get(work, team)?.id,
            None => oldest_team(work)?,
        };
        let new = New {
            team,
            name: body.name.clone(),
            color: body.color.clone(),
            zone: body.timezone.clone(),
            times: body.times.clone(),
            members: people(work, &body.teammate_ids)?,
        };
        let id = shifts::create(work, &new)?;
        let row = shifts::get(work, id)?;
        let directory = work.directory()?;
        Answer::created(&shift(context(work, &directory), &row))
    })
    .await
}

/// A change of a shift. What is left out stays.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct UpdateShift {
    /// Another name.
    #[serde(default)]
    name: Option<String>,
    /// Another colour.
    #[serde(default)]
    color: Option<String>,
    /// Another time zone.
    #[serde(default)]
    timezone: Option<String>,
    /// Other times, all of them: a day that is left out becomes free.
    #[serde(default)]
    times: Option<Week>,
    /// All who work in it from now on, by id or alias.
    #[serde(default)]
    teammate_ids: Option<Vec<String>>,
}

/// `PATCH /shifts/{shift_id}`
pub async fn update(call: Call) -> Result {
    let id: ShiftId = call.id(0)?;
    let body: UpdateShift = call.body()?;
    call.write(move |work| {
        shifts::get(work, id)?;
        let change = Change {
            name: body.name.clone(),
            color: body.color.clone(),
            zone: body.timezone.clone(),
            times: body.times.clone(),
            members: body.teammate_ids.as_deref().map(|named| people(work, named)).transpose()?,
        };
        shifts::update(work, id, &change)?;
        Answer::no_content()
    })
    .await
}

/// `GET /shifts/{shift_id}/teammates`
pub async fn teammates(call: Call) -> Result {
    let id: ShiftId = call.id(0)?;
    let paging = call.whole()?;
    call.read(move |work| {
        let rows = shifts::teammates_of(work, id)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, rows.iter().map(|row| teammate(context, row)))
    })
    .await
}

/// `POST /shifts/{shift_id}/teammates`
pub async fn add_teammates(call: Call) -> Result {
    let id: ShiftId = call.id(0)?;
    let body: TeammateIds = call.body()?;
    call.write(move |work| {
        shifts::get(work, id)?;
        let people = body.resolve(work)?;
        shifts::add_teammates(work, id, &people)?;
        Answer::no_content()
    })
    .await
}

/// `DELETE /shifts/{shift_id}/teammates`
pub async fn remove_teammates(call: Call) -> Result {
    let id: ShiftId = call.id(0)?;
    let body: TeammateIds = call.body()?;
    call.write(move |work| {
        shifts::get(work, id)?;
        let people = body.resolve(work)?;
        shifts::remove_teammates(work, id, &people)?;
        Answer::no_content()
    })
    .await
}

//! Time off.

use desk::channels::{self, Which};
use desk::ids::{ChannelId, TeamId, TimeOffId};
use desk::time_offs::{self, Change, Filter, New};
use desk::{Error, Timestamp, Work};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use wire::time_offs::time_off;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::edge::given::given;
use crate::edge::params::{PageRules, SECONDS_END};
use crate::teammates::{seen, who};

/// `GET /teammates/{teammate_id}/time_offs`
pub async fn of_teammate(call: Call) -> Result {
    let who = who(&call)?;
    page(&call, "teammate_time_offs", move |work| Ok(time_offs::Whose::Teammate(seen(work, &who)?))).await
}

/// `GET /teams/{team_id}/time_offs`: of all who belong to it.
pub async fn of_team(call: Call) -> Result {
    let team: TeamId = call.id(0)?;
    page(&call, "team_time_offs", move |_| Ok(time_offs::Whose::Team(team))).await
}

async fn page(
    call: &Call,
    list: &'static str,
    whose: impl Fn(&mut Work<'_>) -> desk::Result<time_offs::Whose> + Send + 'static,
) -> Result {
    let paging = call.paging(list, &PageRules::USUAL, true)?;
    let q = call.params.q()?;
    let filter = Filter {
        active_from: q.millis("active_from")?.map(Timestamp),
        active_until: q.millis("active_until")?.map(Timestamp),
    };
    call.read(move |work| {
        let whose = whose(work)?;
        let page = time_offs::list(work, whose, filter, &paging.window)?;
        let channels: Vec<_> = page.rows.iter().map(|row| time_offs::channels_of(work, row)).collect();
        let directory = work.directory()?;
        let context = context(work, &directory);
        let rows = page.rows.iter().zip(channels).map(|(row, channels)| time_off(context, row, channels));
        Answer::page(&paging, rows, page.next)
    })
    .await
}

/// `GET /time_offs/{time_off_id}`
pub async fn get(call: Call) -> Result {
    let id: TimeOffId = call.id(0)?;
    call.read(move |work| shown(work, id)).await
}

fn shown(work: &mut Work<'_>, id: TimeOffId) -> desk::Result<Answer> {
    let row = time_offs::get(work, id)?;
    let channels = time_offs::channels_of(work, &row);
    let directory = work.directory()?;
    Answer::ok(&time_off(context(work, &directory), &row, channels))
}

/// What those who write meanwhile are to be told.
#[derive(Deserialize, JsonSchema)]
struct AutoResponder {
    /// What, as HTML or plain text.
    #[serde(default)]
    body: Option<String>,
    /// Whether they are told anything.
    #[serde(default)]
    is_enabled: Option<bool>,
    /// Whether only those who are known as contacts are.
    #[serde(default)]
    is_contacts_only: Option<bool>,
    /// On which channels, by id or alias.
    #[serde(default)]
    channel_ids: Option<Vec<String>>,
}

impl AutoResponder {
    fn answer(&self, work: &mut Work<'_>) -> desk::Result<time_offs::Answer> {
        let named = self.channel_ids.as_deref();
        Ok(time_offs::Answer {
            is_enabled: self.is_enabled,
            is_contacts_only: self.is_contacts_only,
            channels: named.map(|named| resolve(work, named)).transpose()?,
            body: self.body.clone(),
        })
    }
}

fn resolve(work: &mut Work<'_>, named: &[String]) -> desk::Result<Vec<ChannelId>> {
    let channel = |(at, name): (usize, &String)| {
        let found = name.parse::<Which>().and_then(|which| channels::resolve(work, &which));
        let field = format!("auto_responder.channel_ids[{at}]");
        found.map_err(|_| Error::invalid(field, format!("unknown channel {name:?}")))
    };
    named.iter().enumerate().map(channel).collect()
}

/// A new time off.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateTimeOff {
    /// What it is called.
    name: String,
    /// From when on, in seconds.
    start_at: f64,
    /// Until when, in seconds; left out or null if nobody knows.
    #[serde(default)]
    end_at: Option<f64>,
    /// What those who write meanwhile are to be told.
    #[serde(default)]
    auto_responder: Option<AutoResponder>,
}

/// `POST /teammates/{teammate_id}/time_offs`
pub async fn create(call: Call) -> Result {
    let who = who(&call)?;
    let body: CreateTimeOff = call.body()?;
    call.write(move |work| {
        let teammate = seen(work, &who)?;
        let new = New {
            teammate,
            name: body.name.clone(),
            start_at: instant("start_at", body.start_at)?,
            end_at: body.end_at.map(|at| instant("end_at", at)).transpose()?,
            answer: answer(work, body.auto_responder.as_ref())?,
        };
        let id = time_offs::create(work, &new)?;
        Ok(Answer { status: StatusCode::CREATED, ..shown(work, id)? })
    })
    .await
}

/// A change of a time off. What is left out stays.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct UpdateTimeOff {
    /// Another name.
    #[serde(default)]
    name: Option<String>,
    /// Another start, in seconds.
    #[serde(default)]
    start_at: Option<f64>,
    /// Another end, in seconds; null if nobody knows.
    #[serde(default, deserialize_with = "given")]
    end_at: Option<Option<f64>>,
    /// What those who write meanwhile are to be told; what is left out of it stays, too.
    #[serde(default)]
    auto_responder: Option<AutoResponder>,
}

/// `PATCH /time_offs/{time_off_id}`
pub async fn update(call: Call) -> Result {
    let id: TimeOffId = call.id(0)?;
    let body: UpdateTimeOff = call.body()?;
    call.write(move |work| {
        time_offs::get(work, id)?;
        let change = Change {
            name: body.name.clone(),
            start_at: body.start_at.map(|at| instant("start_at", at)).transpose()?,
            end_at: body.end_at.map(|end| end.map(|at| instant("end_at", at)).transpose()).transpose()?,
            answer: answer(work, body.auto_responder.as_ref())?,
        };
        time_offs::update(work, id, &change)?;
        Answer::no_content()
    })
    .await
}

/// `DELETE /time_offs/{time_off_id}`
pub async fn delete(call: Call) -> Result {
    let id: TimeOffId = call.id(0)?;
    call.write(move |work| {
        time_offs::delete(work, id)?;
        Answer::no_content()
    })
    .await
}

fn answer(work: &mut Work<'_>, given: Option<&AutoResponder>) -> desk::Result<time_offs::Answer> {
    given.map_or(Ok(time_offs::Answer::default()), |given| given.answer(work))
}

fn instant(field: &'static str, seconds: f64) -> desk::Result<Timestamp> {
    let at = Some(seconds).filter(|seconds| (0.0..SECONDS_END).contains(seconds)).and_then(Timestamp::from_seconds);
    at.ok_or_else(|| Error::invalid(field, format!("expected a time in seconds, found {seconds}")))
}

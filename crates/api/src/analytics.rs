//! Analytics: reports and exports that are asked for now and fetched when they are done.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use desk::Timestamp;
use desk::analytics::{self, About, Column, Filters, Job, Metric, Request, Span, UTC, What};
use desk::ids::{AccountId, AnalyticsExportId, ChannelId, CustomFieldId, InboxId, StatusId, TagId, TeamId, TeammateId};
use desk::teammates::{self, Who};
use desk::{Error, Work, accounts};
use http::{HeaderValue, header};
use schemars::JsonSchema;
use serde::Deserialize;
use wire::analytics::{export as export_shape, report as report_shape};

use crate::answer::{Answer, context};
use crate::attachments::disposition;
use crate::call::{Call, Result};

/// Things by their ids: of every kind that is named at least one.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[schemars(rename = "AnalyticsFilterNames")]
struct FilterNames {
    /// Tags.
    tag_ids: Option<Vec<TagId>>,
    /// Teammates by id or alias.
    teammate_ids: Option<Vec<String>>,
    /// Channels.
    channel_ids: Option<Vec<ChannelId>>,
    /// Inboxes.
    inbox_ids: Option<Vec<InboxId>>,
    /// Workspaces.
    team_ids: Option<Vec<TeamId>>,
    /// Accounts by id or alias.
    account_ids: Option<Vec<String>>,
}

/// Days, whose they are, and what of them.
struct Days<'a> {
    start: f64,
    end: f64,
    timezone: Option<&'a str>,
    filters: Option<&'a FilterNames>,
}

impl Days<'_> {
    fn span(&self, work: &mut Work<'_>) -> desk::Result<Span> {
        let instant = |field: &str, seconds: f64| {
            Timestamp::from_seconds(seconds)
                .ok_or_else(|| Error::invalid(field, format!("expected seconds since 1970, found {seconds}")))
        };
        let names = self.filters.cloned().unwrap_or_default();
        let teammate_ids = names.teammate_ids.map(|names| resolved(work, &names)).transpose()?;
        let account_ids = names.account_ids.map(|names| accounts_of(work, &names)).transpose()?;
        let FilterNames { tag_ids, channel_ids, inbox_ids, team_ids, .. } = names;
        Ok(Span {
            start: instant("start", self.start)?,
            end: instant("end", self.end)?,
            timezone: self.timezone.unwrap_or(UTC).to_string(),
            filters: Filters { tag_ids, teammate_ids, channel_ids, inbox_ids, team_ids, account_ids },
        })
    }
}

fn resolved(work: &mut Work<'_>, names: &[String]) -> desk::Result<Vec<TeammateId>> {
    let named = names.iter().map(|name| name.parse::<Who>()).collect::<desk::Result<Vec<_>>>()?;
    named.iter().map(|who| teammates::resolve(work, who)).collect()
}

fn accounts_of(work: &mut Work<'_>, names: &[String]) -> desk::Result<Vec<AccountId>> {
    let named = names.iter().map(|name| name.parse::<accounts::Which>()).collect::<desk::Result<Vec<_>>>()?;
    named.iter().map(|which| accounts::resolve(work, which)).collect()
}

/// A report that is wanted.
#[derive(Clone, Deserialize, JsonSchema)]
#[schemars(rename = "CreateAnalyticsReport")]
pub(crate) struct CreateReport {
    /// An instant of the first day, in seconds.
    start: f64,
    /// An instant of the last day, in seconds.
    end: f64,
    /// The IANA name of the zone whose days are meant.
    timezone: Option<String>,
    /// What it is to be about; all if nothing is named.
    filters: Option<FilterNames>,
    /// The figures.
    metrics: Vec<Metric>,
}

/// `POST /analytics/reports`
pub async fn create_report(call: Call) -> Result {
    let body: CreateReport = call.body()?;
    call.write(move |work| {
        let CreateReport { start, end, .. } = body;
        let days = Days { start, end, timezone: body.timezone.as_deref(), filters: body.filters.as_ref() };
        let span = days.span(work)?;
        let job = analytics::begin(work, &Request { span, what: What::Report { metrics: body.metrics.clone() } })?;
        let directory = work.directory()?;
        Answer::created(&report_shape(context(work, &directory), &job)?)
    })
    .await
}

/// How long whoever asks for a report waits at most until it is done: there are clients that look only once.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(40);

/// `GET /analytics/reports/{report_uid}`
pub async fn get_report(call: Call) -> Result {
    let mut looks = PATIENCE.as_millis() / PAUSE.as_millis();
    loop {
        let uid = call.segment(0).to_string();
        let found = call.app.desk.read(&call.caller, move |work| {
            let job = analytics::report(work, &uid)?;
            let directory = work.directory()?;
            Ok((job.is_running(), Answer::ok(&report_shape(context(work, &directory), &job)?)?))
        });
        let (is_running, answer) = found.await?;
        if !is_running || looks == 0 {
            return Ok(answer);
        }
        looks -= 1;
        tokio::time::sleep(PAUSE).await;
    }
}

/// An export that is wanted.
#[derive(Clone, Deserialize, JsonSchema)]
#[schemars(rename = "CreateAnalyticsExport")]
pub(crate) struct CreateExport {
    /// An instant of the first day, in seconds.
    start: f64,
    /// An instant of the last day, in seconds.
    end: f64,
    /// The IANA name of the zone whose days are meant.
    timezone: Option<String>,
    /// What it is to be about; all if nothing is named.
    filters: Option<FilterNames>,
    /// What its lines are about.
    r#type: Lines,
    /// What they tell of it.
    columns: Vec<ColumnName>,
}

/// What the lines of an export are about.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Lines {
    /// Messages.
    Messages,
    /// Everything that happened.
    Events,
}

/// A column by its name, or with what it is of.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
enum ColumnName {
    /// Its name.
    Plain(String),
    /// One that stands for many: a custom field, a ticket status.
    Of {
        /// Its name.
        name: String,
        /// Of what: an id, or its number.
        id: OfWhat,
    },
}

/// An id as it is shown, or the number behind it.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
enum OfWhat {
    /// As it is shown.
    Id(String),
    /// As old clients have it.
    Number(i64),
}

impl From<ColumnName> for Column {
    fn from(name: ColumnName) -> Column {
        match name {
            ColumnName::Plain(name) => Column { name, id: None },
            ColumnName::Of { name, id: OfWhat::Id(id) } => Column { name, id: Some(id) },
            ColumnName::Of { name, id: OfWhat::Number(number) } => {
                let id = match name.ends_with("Ticket Status") {
                    true => StatusId(number).to_string(),
                    false => CustomFieldId(number).to_string(),
                };
                Column { name, id: Some(id) }
            }
        }
    }
}

/// `POST /analytics/exports`
pub async fn create_export(call: Call) -> Result {
    let body: CreateExport = call.body()?;
    call.write(move |work| {
        let CreateExport { start, end, .. } = body;
        let days = Days { start, end, timezone: body.timezone.as_deref(), filters: body.filters.as_ref() };
        let span = days.span(work)?;
        let about = match body.r#type {
            Lines::Messages => About::Messages,
            Lines::Events => About::Events,
        };
        let columns = body.columns.iter().cloned().map(Column::from).collect();
        let job = analytics::begin(work, &Request { span, what: What::Export { about, columns } })?;
        shown(work, &job).map(|answer| Answer { status: http::StatusCode::CREATED, ..answer })
    })
    .await
}

/// `GET /analytics/exports/{export_id}`
pub async fn get_export(call: Call) -> Result {
    let id: AnalyticsExportId = call.id(0)?;
    call.read(move |work| {
        let job = analytics::export(work, id)?;
        shown(work, &job)
    })
    .await
}

fn shown(work: &mut Work<'_>, job: &Job) -> desk::Result<Answer> {
    let directory = work.directory()?;
    Answer::ok(&export_shape(context(work, &directory), job)?)
}

/// `GET /portico/v1/analytics/exports/{export_id}/download`: the file, piece by piece as the store has it.
pub async fn download(call: Call) -> Result<Response> {
    let id: AnalyticsExportId = call.id(0)?;
    let desk = call.app.desk.clone();
    let caller = call.caller.clone();
    let job = desk
        .read(&caller, move |work| {
            let job = analytics::export(work, id)?;
            match job.is_done() {
                true => Ok(job),
                false => Err(Error::NotFound("file of the analytics export")),
            }
        })
        .await?;
    let pieces = futures_util::stream::try_unfold(0, move |behind| {
        let (desk, caller) = (desk.clone(), caller.clone());
        async move {
            let piece = desk.read(&caller, move |work| analytics::piece(work, id, behind)).await;
            let piece = piece.map_err(|error| std::io::Error::other(error.to_string()))?;
            Ok::<_, std::io::Error>(piece.map(|(number, text)| (Bytes::from(text), number)))
        }
    });
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_LENGTH, job.size.into());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if let Ok(value) = HeaderValue::from_str(&disposition(&job.file_name)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

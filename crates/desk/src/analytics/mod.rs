//! Analytics: reports of figures, and exports of messages and activities, over whole days (domain.md section 12).
//!
//! They are asked for and fetched later: a job counts a few conversations in a unit, again and again ([`Timer::Analytics`]),
//! and keeps what it has so far in its row, so that it goes on after whatever stops the server. All figures come from the
//! log: a conversation is divided into segments (`segments.rs`), and these are counted (`metrics.rs`) or written down
//! line by line (`export.rs`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::events::{self, Kind as EventKind};
use crate::ids::{AnalyticsExportId, ConversationId, InboxId, TagId};
use crate::time::{DAY, Timestamp};
use crate::timers::{self, Timer};
use crate::work::Work;

pub mod columns;
mod export;
mod filters;
mod metrics;
mod period;
mod segments;
mod store;
#[cfg(test)]
mod tests;
mod thread;

pub use columns::Column;
pub use filters::Filters;
pub use metrics::{Metric, Unit};
pub use period::UTC;

use filters::Scope;
use metrics::{Counting, Tally};
use period::Period;

/// Conversations that one unit looks at.
const BATCH: usize = 100;
/// Jobs of a company that may be under way.
const MOST_RUNNING: i64 = 20;
/// How long a job and its file are kept.
const KEPT: i64 = 30 * DAY;
/// Lines that an export may have.
const MOST_LINES: i64 = 500_000;

/// Which days, and of what.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Span {
    /// In the first day.
    pub start: Timestamp,
    /// In the last day.
    pub end: Timestamp,
    /// The IANA name of the zone whose days they are.
    pub timezone: String,
    /// What it is about.
    pub filters: Filters,
}

/// What is asked for, and where who asks may look.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Order {
    request: Request,
    /// Only what happened in these inboxes; nothing for who sees all.
    places: Option<Vec<InboxId>>,
}

/// What an export tells of, a line for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Messages.
    Messages,
    /// Everything that happened.
    Events,
}

/// What is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// The days.
    pub span: Span,
    /// What of them.
    pub what: What,
}

/// A report or an export.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// These figures.
    Report {
        /// In the order in which they are shown.
        metrics: Vec<Metric>,
    },
    /// A file.
    Export {
        /// With a line for each of these.
        about: About,
        /// Of these fields.
        columns: Vec<Column>,
    },
}

db::record! {
    /// A report or an export as stored.
    #[derive(Debug, Clone)]
    pub struct Job {
        pub id: AnalyticsExportId,
        pub kind: String,
        pub uid: String,
        pub status: String,
        pub progress: i64,
        pub request: Value,
        pub state: Value,
        pub file_name: String,
        pub size: i64,
        pub created_at: Timestamp,
    }
}

/// How far a job has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct State {
    /// The last conversation that it has looked at.
    after: i64,
    /// The newest one when it began.
    newest: i64,
    /// The first one that it looked at.
    first: Option<i64>,
    /// Lines written.
    lines: i64,
    #[serde(default)]
    tally: Tally,
}

impl State {
    /// How much of the way is behind it: ids follow time.
    fn progress(&self) -> i64 {
        let first = self.first.unwrap_or(self.after);
        let way = (self.newest - first).max(1);
        ((self.after - first).max(0) / (way / 100).max(1)).min(99)
    }
}

const RUNNING: &str = "running";
const DONE: &str = "done";
const TOO_BIG: &str = "too_big";
const FAILED: &str = "failed";
/// Pieces of a file that are taken away in one unit.
const PIECES: i64 = 200;
/// Figures that may be asked for: each of them several times.
const MOST_FIGURES: usize = 100;

/// Begins a report or an export. Refused are callers who do not reach the company's own things, days that are none, columns
/// that the export does not have, and one job too many at the same time ([`Error::Busy`]).
pub fn begin(work: &mut Work<'_>, request: &Request) -> Result<Job> {
    work.access.require_global()?;
    period_of(&request.span)?;
    request.span.filters.check(work)?;
    match &request.what {
        What::Export { about, columns } => columns::check(work, *about, columns)?,
        What::Report { metrics } if metrics.len() <= MOST_FIGURES => {}
        What::Report { .. } => return Err(Error::invalid("metrics", format!("expected at most {MOST_FIGURES}"))),
    }
    if store::running(work.conn, work.company)? >= MOST_RUNNING {
        return Err(Error::Busy);
    }
    let id = AnalyticsExportId(work.new_id());
    let directory = work.directory()?;
    let places = work.access.inboxes(&directory);
    let newest = store::newest(work.conn, work.company)?.map_or(0, |id| id.0);
    let state = State { after: 0, newest, first: None, lines: 0, tally: Tally::default() };
    let (kind, file_name) = match &request.what {
        What::Report { .. } => ("report", String::new()),
        What::Export { about, .. } => ("export", file_name(work, id, *about)?),
    };
    let job = Job {
        id,
        kind: kind.to_string(),
        uid: work.random().hex(32),
        status: RUNNING.to_string(),
        progress: 0,
        request: stored(&Order { request: request.clone(), places })?,
        state: stored(&state)?,
        file_name,
        size: 0,
        created_at: work.now,
    };
    store::insert(work.conn, work.company, &job)?;
    timers::set(work, Timer::Analytics, 0, id.0, work.now, &Value::Null)?;
    events::record_setting(work, EventKind::Setting, serde_json::json!({"analytics": [null, id.to_string()]}))?;
    Ok(job)
}

/// A report, by the end of its address.
pub fn report(work: &mut Work<'_>, uid: &str) -> Result<Job> {
    let found = store::by_uid(work.conn, work.company, uid)?;
    visible(work, found, "report")?.ok_or(Error::NotFound("analytics report"))
}

/// An export.
pub fn export(work: &mut Work<'_>, id: AnalyticsExportId) -> Result<Job> {
    let found = store::get(work.conn, work.company, id)?;
    visible(work, found, "export")?.ok_or(Error::NotFound("analytics export"))
}

/// A job is shown to who may see all that it looks at.
fn visible(work: &mut Work<'_>, job: Option<Job>, kind: &str) -> Result<Option<Job>> {
    work.access.require_global()?;
    let oldest = work.now.plus(-KEPT);
    let Some(job) = job.filter(|job| job.kind == kind && job.created_at >= oldest) else { return Ok(None) };
    let directory = work.directory()?;
    let Some(seen) = work.access.inboxes(&directory) else { return Ok(Some(job)) };
    // Whoever saw all of them then saw those that there were; inboxes that are gone hide nothing.
    let places = job.order()?.places;
    let looked_at = |inbox: &InboxId| match &places {
        Some(places) => places.contains(inbox),
        None => inbox.0 < job.id.0,
    };
    let is_within = directory.inboxes().filter(|inbox| looked_at(&inbox.id)).all(|inbox| seen.contains(&inbox.id));
    Ok(is_within.then_some(job))
}

/// The next piece of the file of an export that is done, behind one (0 at first), with its number.
pub fn piece(work: &mut Work<'_>, id: AnalyticsExportId, behind: i64) -> Result<Option<(i64, String)>> {
    let job = export(work, id)?;
    match job.is_done() {
        true => Ok(store::piece(work.conn, work.company, id, behind)?),
        false => Err(Error::NotFound("file of the analytics export")),
    }
}

impl Job {
    /// Whether it is over, and well.
    pub fn is_done(&self) -> bool {
        self.status == DONE
    }

    /// Whether it is under way.
    pub fn is_running(&self) -> bool {
        self.status == RUNNING
    }

    /// What was asked for.
    pub fn request(&self) -> Result<Request> {
        Ok(self.order()?.request)
    }

    fn order(&self) -> Result<Order> {
        read(&self.request)
    }

    /// The figures, once they are counted: nothing before, and no value for the average of nothing.
    pub fn figures(&self) -> Result<Vec<(Metric, Option<i64>)>> {
        let What::Report { metrics } = self.request()?.what else { return Ok(Vec::new()) };
        if !self.is_done() {
            return Ok(Vec::new());
        }
        let state: State = read(&self.state)?;
        Ok(metrics.into_iter().map(|metric| (metric, state.tally.value(metric))).collect())
    }
}

/// Goes on with a job: to be called when its timer goes off.
pub(crate) fn go_on(work: &mut Work<'_>, id: AnalyticsExportId) -> Result<()> {
    let Some(mut job) = store::get(work.conn, work.company, id)?.filter(|job| job.status == RUNNING) else {
        return Ok(());
    };
    let Order { request, places } = job.order()?;
    let scope = Scope { filters: request.span.filters.clone(), places };
    let mut state: State = read(&job.state)?;
    let period = period_of(&request.span)?;
    let from = period.start.plus(-metrics::STALE);
    let thread::Next { threads, after, is_last } =
        thread::next(work, ConversationId(state.after), (from, period.end), BATCH)?;
    state.after = after.0;
    state.first = state.first.or(threads.first().map(|thread| thread.row.id.0));
    match &request.what {
        What::Report { .. } => {
            let breach_tags = breach_tags(work)?;
            let counting = Counting { period: &period, scope: &scope, breach_tags: &breach_tags };
            for thread in &threads {
                counting.count(&mut state.tally, thread, &segments::segments(thread, work.now));
            }
        }
        What::Export { about, columns } => {
            let export = export::Export { period: &period, scope: &scope, about: *about, columns };
            let mut text = if job.size == 0 { export.heading(work)? } else { String::new() };
            for thread in &threads {
                state.lines += export.write(&mut text, thread, &segments::segments(thread, work.now));
            }
            if !text.is_empty() {
                store::add_piece(work.conn, work.company, (id, state.after.max(1)), &text)?;
                job.size += i64::try_from(text.len()).unwrap_or(0);
            }
        }
    }
    job.progress = if is_last { 100 } else { state.progress() };
    job.state = stored(&state)?;
    if state.lines > MOST_LINES {
        job.status = TOO_BIG.to_string();
    } else if is_last {
        job.status = DONE.to_string();
    }
    store::update(work.conn, work.company, &job)?;
    if job.status == RUNNING {
        timers::set(work, Timer::Analytics, 0, id.0, work.now, &Value::Null)?;
    }
    Ok(())
}

/// Says that a job is given up: its timer has failed too often.
pub fn give_up(work: &mut Work<'_>, id: AnalyticsExportId) -> Result<()> {
    if let Some(mut job) = store::get(work.conn, work.company, id)?.filter(|job| job.status == RUNNING) {
        job.status = FAILED.to_string();
        store::update(work.conn, work.company, &job)?;
    }
    Ok(())
}

/// Takes old jobs away, at most one with a part of its file in a unit. Answers whether there may be more.
pub fn sweep(work: &mut Work<'_>) -> Result<bool> {
    let Some(id) = store::old(work.conn, work.company, work.now.plus(-KEPT))? else { return Ok(false) };
    if store::shorten(work.conn, work.company, id, PIECES)? == 0 {
        store::remove(work.conn, work.company, id)?;
    }
    Ok(true)
}

fn period_of(span: &Span) -> Result<Period> {
    Period::around(span.start, span.end, &span.timezone)
}

/// The tags that say that a time goal was missed.
fn breach_tags(work: &mut Work<'_>) -> Result<Vec<TagId>> {
    Ok(crate::time_goals::list(work)?.into_iter().map(|goal| goal.tags.breach).collect())
}

/// A name that tells files apart: what is in it, whose it is, and which export it was.
fn file_name(work: &mut Work<'_>, id: AnalyticsExportId, about: About) -> Result<String> {
    let about = match about {
        About::Messages => "messages",
        About::Events => "events",
    };
    let directory = work.directory()?;
    let day = work.now.words();
    Ok(format!("export-{about}-{}-{}-{id}.csv", directory.company.slug, day.get(..10).unwrap_or(&day)))
}

fn stored(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| Error::Internal(format!("keeping an analytics job: {error}")))
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T> {
    T::deserialize(value).map_err(|error| Error::Internal(format!("reading an analytics job: {error}")))
}

//! `GET /portico/v1/events/stream`: events as they happen, as server-sent events.
//!
//! Each frame carries the event's id, its type, its full JSON on one line, and in `signature` what `X-Front-Signature`
//! would say of these bytes (readers of the standard pass unknown fields over). A reader that comes back with
//! `Last-Event-ID` goes on where it was: nothing is missing and nothing comes twice, on any node (`desk::events::follow`).

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::App;
use api::answer::{Refusal, internal};
use api::edge::error::Problem;
use api::edge::params::Params;
use api::openapi::stream::SCOPE;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use desk::events::{self, Filter, Kind, Position, Shape};
use desk::ids::{CompanyId, EventId, InboxId};
use desk::{Access, Caller, Desk, Error, Work};
use http::request::Parts;
use http::{HeaderValue, header};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};
use tokio::time::{Interval, MissedTickBehavior, interval};
use webhooks::sign::RuleKey;

use crate::bell::{Doorbell, News};
use crate::workers::Workers;

pub use api::openapi::stream::PATH;

/// Streams that may be open at once in this process.
const MOST: usize = 2_000;
/// Streams of one company that may be open at once in this process, so that there is room for others.
const MOST_OF_ONE: usize = 200;
/// Events rendered in one go.
const BATCH: i64 = 100;
/// A line without meaning goes out this often, so that proxies keep the connection and both sides notice its end.
const BEAT: Duration = Duration::from_secs(15);
/// How often the log is looked at when nobody rings: other processes write too.
const POLL: Duration = Duration::from_secs(1);
/// How soon the log is looked at again when something is committed but not yet settled.
const SETTLING: Duration = Duration::from_millis(15);

/// What every stream needs.
pub struct Live {
    app: Arc<App>,
    bell: Arc<Doorbell>,
    workers: Workers,
    seats: Arc<Semaphore>,
    companies: Mutex<HashMap<CompanyId, Arc<Semaphore>>>,
}

impl Live {
    /// Streams of this server. They end when its workers are told to.
    pub fn new(app: Arc<App>, bell: Arc<Doorbell>, workers: Workers) -> Arc<Live> {
        Arc::new(Live { app, bell, workers, seats: Arc::new(Semaphore::new(MOST)), companies: Mutex::default() })
    }

    /// Room for one more stream of a company.
    fn seat(&self, company: CompanyId) -> Result<Seat, Problem> {
        let full = |_| Problem::unavailable("Too many streams are open. Please retry later.");
        let mut companies = self.companies.lock().unwrap_or_else(PoisonError::into_inner);
        let of_company = companies.entry(company).or_insert_with(|| Arc::new(Semaphore::new(MOST_OF_ONE)));
        let of_company = of_company.clone().try_acquire_owned().map_err(full)?;
        Ok(Seat { _here: self.seats.clone().try_acquire_owned().map_err(full)?, _of_company: of_company })
    }

    /// How many streams are open.
    pub fn open(&self) -> usize {
        MOST - self.seats.available_permits()
    }
}

/// Answers a request for the stream.
pub async fn answer(live: Arc<Live>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let app = live.app.clone();
    let mut response = match begin(live, &head).await {
        Ok(response) => response,
        Err(Refusal::Problem(problem)) => problem.into_response(),
        Err(Refusal::Moved(_)) => Problem::unknown_resource().into_response(),
    };
    api::router::uncounted(&app, response.headers_mut());
    response
}

async fn begin(live: Arc<Live>, head: &Parts) -> Result<Response, Refusal> {
    let said = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let token = said("authorization").unwrap_or_default().to_string();
    let desk = live.app.desk.clone();
    let known = live.app.tokens.recognise(&desk, Some(&token)).await?;
    if known.channel().is_some() {
        return Err(Problem::forbidden("The token of a channel opens the channel's own things only.").into());
    }
    if !known.holds(SCOPE) {
        return Err(Problem::forbidden(format!("The token lacks the scope {SCOPE}.")).into());
    }
    let params = Params::parse(head.uri.query())?;
    let filter = filter(&params)?;
    let seen: Option<EventId> = match said("last-event-id").filter(|id| !id.is_empty()).or(params.get("after")) {
        None => None,
        Some(id) => Some(id.parse().map_err(|error| Problem::bad_request(format!("{error}")))?),
    };
    let seat = live.seat(known.caller.company)?;
    // Heard from here on, so that nothing can happen between the look at the log and the wait.
    let news = live.bell.listen();
    let position = desk.read(&known.caller, move |work| match seen {
        Some(id) => events::position(work, id),
        None => events::end(work),
    });
    let position = position.await.map_err(|error| match error {
        Error::NotFound(_) => Refusal::Problem(Problem::not_found("Unknown event to go on after")),
        other => other.into(),
    })?;
    let follower = Follower {
        caller: known.caller.clone(),
        token,
        filter,
        position,
        news,
        stopping: Box::pin(live.workers.stopping()),
        beat: every(BEAT),
        poll: every(POLL),
        is_greeted: false,
        live,
        _seat: seat,
    };
    let mut response = Response::new(Body::from_stream(futures_util::stream::unfold(follower, Follower::next)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies of a widespread kind gather answers unless told not to.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn every(period: Duration) -> Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick would come at once.
    interval.reset();
    interval
}

/// `types` and `inboxes` as lists with commas, or as in `GET /events`: `q[types][]`, `q[inboxes][]`.
fn filter(params: &Params) -> Result<Filter, Problem> {
    let q = params.q()?;
    let list = |name: &str| {
        let named = params.pairs().iter().filter(|(key, _)| key == name || *key == format!("{name}[]"));
        let plain = named.flat_map(|(_, value)| value.split(',')).map(|item| item.trim().to_string());
        let all: Vec<String> = plain.chain(q.list(name)).filter(|item| !item.is_empty()).collect();
        all
    };
    let kind = |name: &String| {
        let known = Kind::parse(name).filter(|kind| kind.is_public());
        known.ok_or_else(|| Problem::bad_request(format!("types: {name:?} is no type of event")))
    };
    let inbox = |id: &String| id.parse::<InboxId>().map_err(|error| Problem::bad_request(format!("inboxes: {error}")));
    let kinds = list("types").iter().map(kind).collect::<Result<_, _>>()?;
    let inboxes = list("inboxes").iter().map(inbox).collect::<Result<_, _>>()?;
    Ok(Filter { kinds, inboxes, ..Filter::default() })
}

/// One open stream.
struct Follower {
    live: Arc<Live>,
    caller: Caller,
    token: String,
    filter: Filter,
    position: Position,
    news: broadcast::Receiver<News>,
    stopping: Pin<Box<dyn Future<Output = ()> + Send>>,
    beat: Interval,
    poll: Interval,
    is_greeted: bool,
    _seat: Seat,
}

/// Held as long as a stream is open.
struct Seat {
    _here: OwnedSemaphorePermit,
    _of_company: OwnedSemaphorePermit,
}

struct Batch {
    frames: String,
    position: Position,
    is_cut: bool,
    is_held_back: bool,
}

impl Follower {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Follower)> {
        if !self.is_greeted {
            self.is_greeted = true;
            // The first bytes tell the reader that it hears everything from here on.
            return Some((Ok(Bytes::from_static(b": listening\nretry: 1000\n\n")), self));
        }
        loop {
            let (desk, caller, filter) = (self.live.app.desk.clone(), self.caller.clone(), self.filter.clone());
            let batch = read(desk, caller, filter, self.position).await?;
            self.position = batch.position;
            if !batch.frames.is_empty() {
                self.beat.reset();
                if !is_good(&self.live.app, &self.token).await {
                    return None;
                }
                return Some((Ok(batch.frames.into()), self));
            }
            if batch.is_cut {
                continue;
            }
            let company = self.caller.company;
            let wait = async {
                if batch.is_held_back {
                    return tokio::time::sleep(SETTLING).await;
                }
                loop {
                    match self.news.recv().await {
                        Ok(news) if news.company != company => {}
                        // Having missed some is news too.
                        Ok(_) | Err(RecvError::Lagged(_)) => return,
                        Err(RecvError::Closed) => std::future::pending().await,
                    }
                }
            };
            tokio::select! {
                () = &mut self.stopping => return None,
                () = wait => {}
                _ = self.poll.tick() => {}
                _ = self.beat.tick() => {
                    return is_good(&self.live.app, &self.token).await.then_some((Ok(Bytes::from_static(b":\n\n")), self));
                }
            }
        }
    }
}

/// Whether a token is still good: one that was revoked or has run out closes its streams.
async fn is_good(app: &App, token: &str) -> bool {
    app.tokens.recognise(&app.desk, Some(token)).await.is_ok()
}

/// What comes next. None if the log cannot be read now: the stream ends, and its reader comes back.
async fn read(desk: Desk, caller: Caller, filter: Filter, position: Position) -> Option<Batch> {
    let read = desk.read(&caller, move |work| batch(work, &filter, position)).await;
    read.inspect_err(|error| {
        internal(&format!("a live stream: {error}"));
    })
    .ok()
}

fn batch(work: &mut Work<'_>, filter: &Filter, after: Position) -> desk::Result<Batch> {
    let tail = events::follow(work, filter, after, BATCH)?;
    let mut frames = String::new();
    if !tail.events.is_empty() {
        let directory = work.directory()?;
        let key = RuleKey::new(&directory.company.api_secret);
        // What a webhook has carried may tell more than the reader sees.
        let sees_all = work.access.includes(&Access::everything());
        let visible = work.access.inboxes(&directory);
        let is_seen = |inbox| visible.as_ref().is_none_or(|visible| visible.contains(inbox));
        let whole = tail.events.iter().filter(|event| sees_all && event.inboxes.iter().all(is_seen));
        let about: Vec<i64> = whole.map(|event| event.id.0).collect();
        let stored = desk::deliveries::bytes_of(work, &about)?;
        let stored =
            |id: EventId| stored.iter().find(|(about, shape, _)| *about == id.0 && shape == Shape::Full.as_str());
        let context = wire::Context { base: work.public_url(), directory: &directory, now: work.now };
        let views = events::views(work, tail.events)?;
        for view in &views {
            // What a webhook has carried is shown alike; anything else is rendered as it is now.
            let bytes = match stored(view.event.id) {
                Some((.., bytes)) => bytes.clone(),
                None => wire::javascript::to_bytes(&wire::events::full(context, view))
                    .map_err(|error| Error::Internal(format!("rendering an event: {error}")))?,
            };
            let text = String::from_utf8_lossy(&bytes);
            let (id, kind, signature) = (view.event.id, view.event.kind.as_str(), key.sign(&bytes));
            let _ = write!(frames, "id: {id}\nevent: {kind}\nsignature: {signature}\ndata: {text}\n\n");
        }
    }
    Ok(Batch { frames, position: tail.position, is_cut: tail.is_cut, is_held_back: tail.is_held_back })
}

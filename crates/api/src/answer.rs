//! What an operation answers: a status, perhaps a body, rendered inside the unit that made it. So an answer can be kept
//! with the change it tells of, and given again to whoever asks with the same `Idempotency-Key`.

use std::fmt::Write as _;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use desk::ids::ConversationId;
use desk::paging::Position;
use desk::{Directory, Work};
use http::{HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use serde::Serialize;
use wire::Context;

use crate::call::Paging;
use crate::edge::error::Problem;
use crate::seen::VERSION;

/// A finished answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The JSON, empty for none.
    pub body: Bytes,
    /// Where to look instead, for redirects.
    pub location: Option<String>,
    /// The media type, if it is not JSON.
    pub media_type: Option<String>,
    /// The version of the conversation that is shown, for those who write to it later.
    pub version: Option<i64>,
}

impl Answer {
    /// A status and a JSON body.
    pub fn json(status: StatusCode, shape: &impl Serialize) -> desk::Result<Answer> {
        let body = serde_json::to_vec(shape)
            .map_err(|error| desk::Error::Internal(format!("rendering an answer: {error}")))?;
        Ok(Answer { body: body.into(), ..Answer::empty(status) })
    }

    /// 200 with a body.
    pub fn ok(shape: &impl Serialize) -> desk::Result<Answer> {
        Answer::json(StatusCode::OK, shape)
    }

    /// 201 with a body.
    pub fn created(shape: &impl Serialize) -> desk::Result<Answer> {
        Answer::json(StatusCode::CREATED, shape)
    }

    /// 202 with a body.
    pub fn accepted(shape: &impl Serialize) -> desk::Result<Answer> {
        Answer::json(StatusCode::ACCEPTED, shape)
    }

    /// A status without a body.
    pub fn empty(status: StatusCode) -> Answer {
        Answer { status, body: Bytes::new(), location: None, media_type: None, version: None }
    }

    /// 204.
    pub fn no_content() -> desk::Result<Answer> {
        Ok(Answer::empty(StatusCode::NO_CONTENT))
    }

    /// A whole collection (`_links` and `_results`).
    pub fn list<T: Serialize>(paging: &Paging, rows: impl IntoIterator<Item = T>) -> desk::Result<Answer> {
        let rows: Vec<T> = rows.into_iter().collect();
        Answer::ok(&Collection { _pagination: None, _links: paging.links(), _total: None, _results: rows })
    }

    /// A page of a collection, with where the next one is.
    pub fn page<T: Serialize>(
        paging: &Paging,
        rows: impl IntoIterator<Item = T>,
        next: Option<Position>,
    ) -> desk::Result<Answer> {
        Answer::page_of(paging, rows, next, None)
    }

    /// A page of a search, with the number of all hits.
    pub fn page_of<T: Serialize>(
        paging: &Paging,
        rows: impl IntoIterator<Item = T>,
        next: Option<Position>,
        total: Option<i64>,
    ) -> desk::Result<Answer> {
        let rows: Vec<T> = rows.into_iter().collect();
        let next = next.map(|position| paging.next(position));
        Answer::ok(&Collection {
            _pagination: Some(Pagination { next }),
            _links: paging.links(),
            _total: total,
            _results: rows,
        })
    }

    /// The same, told with the version of the conversation that it shows.
    pub fn at_version(self, version: i64) -> Answer {
        Answer { version: Some(version), ..self }
    }

    /// The HTTP answer.
    pub fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if !self.body.is_empty() {
            let media_type = self.media_type.as_deref().unwrap_or("application/json; charset=utf-8");
            if let Ok(value) = HeaderValue::from_str(media_type) {
                headers.insert(header::CONTENT_TYPE, value);
            }
        }
        if let Some(location) = self.location.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(header::LOCATION, location);
        }
        if let Some(version) = self.version {
            headers.insert(VERSION, HeaderValue::from(version));
        }
        response
    }
}

/// What shapes need, inside a unit.
pub fn context<'a>(work: &Work<'a>, directory: &'a Directory) -> Context<'a> {
    Context { base: work.public_url(), directory, now: work.now }
}

#[derive(Serialize)]
struct Collection<T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    _pagination: Option<Pagination>,
    _links: CollectionLinks,
    #[serde(skip_serializing_if = "Option::is_none")]
    _total: Option<i64>,
    _results: Vec<T>,
}

#[derive(Serialize)]
struct Pagination {
    next: Option<String>,
}

/// `_links` of a collection.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct CollectionLinks {
    /// The collection itself.
    #[serde(rename = "self")]
    pub this: String,
}

/// Why an operation did not answer with success.
#[derive(Debug)]
pub enum Refusal {
    /// An error in the API's shape.
    Problem(Problem),
    /// The conversation was merged: 301 to the same place below the survivor.
    Moved(ConversationId),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Refusal {
        Refusal::Problem(problem)
    }
}

impl From<desk::Error> for Refusal {
    fn from(error: desk::Error) -> Refusal {
        use desk::Error;
        let problem = match error {
            Error::Moved(survivor) => return Refusal::Moved(survivor),
            Error::NotFound(_) => Problem::unknown_resource(),
            Error::Invalid { field, why } if field.is_empty() => Problem::bad_request(why),
            Error::Invalid { field, why } => {
                Problem::bad_request(format!("Invalid body: {field}: {why}")).detail(format!("{field}: {why}"))
            }
            Error::Forbidden(why) => Problem::forbidden(why),
            Error::Conflict(why) => Problem::conflict(why),
            Error::Busy => Problem::unavailable("The server is busy. Please retry."),
            Error::Store(error) if error.is_duplicate() => Problem::conflict("It exists already."),
            Error::Store(error) if error.is_retryable() => {
                tracing::warn!(%error, "the store was too busy for a request");
                Problem::unavailable("The server is busy. Please retry.")
            }
            Error::Store(error) if error.is_full() => {
                tracing::error!(%error, "the store has no room left");
                Problem::unavailable("The server has no room left. Please retry later.")
            }
            Error::Store(_) | Error::Internal(_) => internal(&error.to_string()),
        };
        Refusal::Problem(problem)
    }
}

/// A fault of ours: logged once, here, under a reference that the answer carries.
pub fn internal(error: &str) -> Problem {
    static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let mut reference = String::new();
    let _ = write!(reference, "{:x}-{number}", std::process::id());
    tracing::error!(%reference, %error, "a request failed");
    Problem::internal(&reference)
}

impl From<Answer> for Response {
    fn from(answer: Answer) -> Response {
        answer.into_response()
    }
}

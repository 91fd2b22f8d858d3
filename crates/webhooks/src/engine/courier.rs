//! What the engine asks of whoever knows the domain.

use crate::client::{Answer, Failure};
use crate::schedule::Retries;
use crate::sign::Signer;
use bytes::Bytes;
use db::Conn;
use db::outbox::{Ending, Job, Run};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A boxed future, so that couriers can be trait objects.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What to do in the unit of work that records an attempt. It may run more than once.
pub type After = Box<dyn Fn(&mut Conn) -> db::Result<()> + Send + Sync>;

/// The result of an attempt.
pub type Tried = Result<Answer, Failure>;

/// Knows, for one outbox topic, what a job sends and what its answer means.
pub trait Courier: Send + Sync + 'static {
    /// Jobs of one lane prepared and sent before the first is recorded. `1` where an answer changes what the next job
    /// of the lane sends, as with the external ids of a channel.
    fn depth(&self) -> i64 {
        64
    }

    /// Says what to send: for each run, one [`Prepared`] per job, both in order. Jobs without one are put back for a
    /// while, as are all of them on an error.
    fn prepare<'a>(&'a self, runs: &'a [Run]) -> Boxed<'a, Result<Vec<Vec<Prepared>>, db::Error>>;

    /// How a job is named to its receiver in `X-Portico-Delivery`; the same on every attempt.
    fn name(&self, job: &Job) -> String {
        job.id.to_string()
    }

    /// What an answer, or its absence, means. Most couriers are content with [`Verdict::by_status`].
    fn judge(&self, job: &Job, tried: &Tried) -> Verdict {
        let _ = job;
        Verdict::by_status(tried)
    }

    /// What else is to be done now that the fate of an attempt is decided; runs in the unit that records it. An error
    /// of it is undone alone and logged, as the request has been made and cannot be taken back.
    fn after(&self, job: &Job, tried: &Tried, fate: Fate) -> Option<After> {
        let _ = (job, tried, fate);
        None
    }
}

/// What a job turned out to be.
#[derive(Clone, Debug)]
pub enum Prepared {
    /// A request to be sent.
    Send(Box<Delivery>),
    /// Nothing to send any more: the receiver is gone or switched off.
    Skip {
        /// What becomes of the job.
        ending: Ending,
        /// For the delivery log.
        why: String,
    },
}

/// One request of a lane.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The receiver, as configured.
    pub url: Arc<str>,
    /// Usually `POST`.
    pub method: Method,
    /// Beyond `Content-Type`, `User-Agent`, the signature and the `X-Portico-` headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The exact bytes, the same on every attempt.
    pub body: Option<Bytes>,
    /// Signs at the moment of sending.
    pub signer: Signer,
    /// For connecting, sending and the whole answer.
    pub timeout: Duration,
    /// What happens when it fails.
    pub retries: Retries,
}

/// What an attempt means for its job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Delivered.
    Done,
    /// Not delivered; once more, if the schedule allows.
    Retry(String),
    /// Not delivered, and trying again would not help.
    GiveUp(String),
}

impl Verdict {
    /// 2xx is done, everything else is tried again; a redirect is never followed.
    pub fn by_status(tried: &Tried) -> Verdict {
        match tried {
            Ok(answer) if answer.status.is_success() => Verdict::Done,
            Ok(answer) => Verdict::Retry(match answer.location() {
                Some(to) => format!("redirected to {}, which is not followed", excerpt(to)),
                None => format!("answered {}", answer.status),
            }),
            Err(failure) => Verdict::Retry(failure.to_string()),
        }
    }
}

fn excerpt(text: &str) -> &str {
    &text[..text.floor_char_boundary(300)]
}

/// What follows an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The job is done.
    Done,
    /// The next attempt is at this time.
    Retry(i64),
    /// There will be no further attempt.
    Dead,
}

/// What an attempt says about its receiver, whatever it means for the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It answers.
    Well,
    /// It does not, or says that it cannot cope.
    Ill,
    /// Nothing: the attempt failed on our side.
    Unknown,
}

impl Health {
    /// Reads it off an attempt.
    pub fn of(tried: &Tried) -> Health {
        match tried {
            Ok(answer) if answer.status.is_server_error() => Health::Ill,
            Ok(answer) => match answer.status {
                StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Health::Ill,
                _ => Health::Well,
            },
            Err(Failure::Exhausted(_) | Failure::Open) => Health::Unknown,
            Err(_) => Health::Ill,
        }
    }
}

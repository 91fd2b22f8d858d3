//! The parts that every request needs, put together once at start-up.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use desk::Desk;
use desk::attachments::Blobs;
use desk::channels::application::Partner;
use desk::channels::grant::{Ask, Granted, Ungranted};
use desk::channels::shared::Offered;
use desk::guesses::Guesses;
use desk::ids::ChannelId;
use desk::sealing::Secret;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::oneshot;

use crate::call;
use crate::edge::body::Reading;
use crate::edge::error::Problem;
use crate::edge::limits::Limiter;
use crate::tokens::Tokens;

/// What the API works with.
pub struct App {
    /// The shared inbox.
    pub desk: Desk,
    /// How bodies are read, and where files wait.
    pub reading: Reading,
    /// Where their content stays.
    pub blobs: Arc<Blobs>,
    /// Who may ask how often.
    pub limiter: Limiter,
    /// Wrong secrets, counted; the pages count theirs there, too.
    pub guesses: Arc<Guesses>,
    /// The tokens seen lately.
    pub tokens: Tokens,
    /// Whom to ask outside before something is kept.
    pub outside: Arc<dyn Outside>,
    /// What goes on when whoever asked for it has gone away.
    pub tasks: Arc<dyn Tasks>,
    /// The switches of a sandbox, if it is one.
    pub sandbox: Option<Arc<dyn Sandbox>>,
}

impl App {
    /// Does something to its end although the client may go away meanwhile: what a partner granted was granted once, and
    /// is kept.
    pub(crate) async fn to_the_end<T: Send + 'static>(
        &self,
        name: &'static str,
        task: impl Future<Output = call::Result<T>> + Send + 'static,
    ) -> call::Result<T> {
        let (answer, answered) = oneshot::channel();
        self.tasks.start(name, Box::pin(async move { drop(answer.send(task.await)) }));
        answered.await.unwrap_or_else(|_| Err(Problem::unavailable("the server stops").into()))
    }
}

/// Tasks that are nobody's in particular; the server waits for them before it ends.
pub trait Tasks: Send + Sync {
    /// Starts one.
    fn start(&self, name: &'static str, task: Pin<Box<dyn Future<Output = ()> + Send>>);
}

/// The outside, as far as it is asked before something is kept. The program fills it in: it has the client that calls no
/// private network.
pub trait Outside: Send + Sync {
    /// Sends a receiver a signed challenge. The error says to a person why it did not pass.
    fn validate(&self, validation: Validation) -> Asked<()>;

    /// Tells a partner's server of a channel that is about to be made, with its address if it shares its credentials. It
    /// answers where the channel's messages go, if it says so; the error says to a person in whole words whether the
    /// partner refused or did not answer, and why.
    fn announce(&self, partner: Partner, channel: (ChannelId, Option<String>)) -> Asked<Option<String>>;

    /// Asks a partner's server for the addresses that the credentials it is shown are good for.
    fn list_addresses(&self, partner: Partner) -> Asked<Vec<Offered>>;

    /// Asks a partner's server for a token, and whose it is.
    fn grant(&self, ask: Ask) -> Granting;

    /// Why a signature does not verify. Who knows how the outside is signed to, knows that.
    fn diagnose(&self, request: SignedRequest) -> Diagnosis;
}

/// What somebody outside answers.
pub type Asked<T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send>>;

/// What a partner's server grants.
pub type Granting = Pin<Box<dyn Future<Output = Result<Granted, Ungranted>> + Send>>;

/// The validation of a receiver (contract/webhooks.md section 1.1).
#[derive(Debug, Clone)]
pub struct Validation {
    /// Where it is.
    pub url: String,
    /// Signs the challenge, if there is one.
    pub secret: Option<Secret>,
    /// The exact bytes that are sent.
    pub body: Bytes,
}

/// A request as its receiver has it, and what it verifies with.
#[derive(Debug, Clone)]
pub struct SignedRequest {
    /// Its headers.
    pub headers: http::HeaderMap,
    /// Its body, unless it has none.
    pub body: Option<Bytes>,
    /// The secret.
    pub secret: Secret,
    /// What the receiver computed, if it tells.
    pub computed: Option<String>,
}

/// What is the matter with a signature.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// `rule` or `application`.
    pub scheme: &'static str,
    /// Whether everything is as it should be.
    pub is_valid: bool,
    /// What differs: a word, and a sentence.
    pub causes: Vec<(&'static str, &'static str)>,
    /// The signature that belongs to what was given.
    pub expected: String,
}

/// What a sandbox lets its users do, beside moving the clock.
pub trait Sandbox: Send + Sync {
    /// What goes wrong on purpose.
    fn faults(&self) -> Vec<Fault>;

    /// Replaces that.
    fn set_faults(&self, faults: Vec<Fault>);

    /// Takes up what has fallen due: the clock was moved.
    fn clock_moved(&self);

    /// Puts everything back to how it began.
    fn reset(&self) -> Asked<()>;
}

/// What goes wrong with calls to addresses that begin alike.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(rename = "SandboxFault")]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The beginning of the addresses; left out for all.
    #[serde(default)]
    pub url_prefix: String,
    /// Waits so long before anything else, in milliseconds; the receiver's time runs meanwhile.
    #[serde(default)]
    pub delay_ms: u64,
    /// Answers this status in the receiver's place, who hears nothing.
    #[serde(default)]
    pub fail_with: Option<u16>,
    /// The call vanishes: nobody hears it, and nobody answers.
    #[serde(default)]
    pub drop: bool,
    /// The receiver gets it twice.
    #[serde(default)]
    pub duplicate: bool,
    /// For so many calls; for all, if left out.
    #[serde(default)]
    pub times: Option<u32>,
}

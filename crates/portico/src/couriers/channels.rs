//! Messages to channels: the bare message object, signed with the channel's or the company's secret (contract/channels.md
//! section 8), or for an app's channel its envelope, signed with the app's (section 4); and what the partner's answer means
//! for the message.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use ::channels::custom::answer::{self, Outcome};
use db::outbox::{Ending, Job, Run};
use desk::channels::{self, application};
use desk::ids::{ChannelId, CompanyId, DeliveryId, MessageId};
use desk::messages::sync::{self, Addressed};
use desk::messages::{self, ErrorType};
use desk::{Caller, Desk, Error, Work, deliveries};
use http::{HeaderName, HeaderValue, Method};
use serde_json::value::RawValue;
use webhooks::client::Failure;
use webhooks::engine::{After, Boxed, Courier, Delivery, Fate, Prepared, Tried, Verdict};
use webhooks::schedule::Retries;
use webhooks::sign::{ApplicationKey, RuleKey, Signer};
use wire::channel_calls::Purpose;
use wire::javascript;

use crate::partners;

/// Carries messages to the partners of channels.
pub(super) struct Channels {
    desk: Desk,
    patience: Duration,
}

/// What a batch of jobs of one company needs.
struct Loaded {
    /// How each channel's server is called, or why it cannot be.
    servers: HashMap<i64, Result<Server, &'static str>>,
    bodies: HashMap<(i64, String), bytes::Bytes>,
    addressed: HashMap<MessageId, Addressed>,
}

/// How a channel's server is called.
struct Server {
    url: Arc<str>,
    signer: Signer,
    headers: Vec<(HeaderName, HeaderValue)>,
    retries: Retries,
    is_app: bool,
    is_departed: bool,
}

impl Server {
    /// The server of a channel, or why there is none that may be called.
    fn of(work: &mut Work<'_>, id: ChannelId) -> Result<Result<Server, &'static str>, Error> {
        let directory = work.directory()?;
        let (channel, is_departed) = match directory.channel(id) {
            Some(channel) => (channel.clone(), false),
            None => match channels::departed(work, id)? {
                Some(channel) => (channel, true),
                None => return Ok(Err("the channel is gone")),
            },
        };
        let partner = match application::partner(work, &channel) {
            Ok(None) => {
                let server = channel.webhook_url.as_deref().map(|url| Server {
                    url: url.into(),
                    signer: Signer::Rule(RuleKey::new(channels::secret(&directory, &channel))),
                    headers: Vec::new(),
                    // A partner that did not answer may have sent it all the same: a person decides about a second time.
                    retries: Retries::Off,
                    is_app: false,
                    is_departed,
                });
                return Ok(server.ok_or("the channel has no address to send to"));
            }
            Ok(Some(partner)) => partner,
            Err(Error::NotFound(_)) => return Ok(Err("the channel's app is gone or switched off")),
            // It lost what makes it a partner.
            Err(Error::Invalid { .. }) => return Ok(Err("the channel's app carries no channels any more")),
            Err(error) => return Err(error),
        };
        Ok(Ok(Server {
            url: partner.url.as_str().into(),
            signer: Signer::Application(ApplicationKey::new(partner.key.reveal())),
            headers: partners::headers(partner.credential.as_ref()),
            retries: if partner.is_idempotent { Retries::Times(3) } else { Retries::Off },
            is_app: true,
            is_departed,
        }))
    }

    /// Says that the channel was deleted. Partners hash the body, so it has one although few methods of that name do.
    fn deletion(&self, channel: ChannelId, patience: Duration) -> Prepared {
        Prepared::Send(Box::new(Delivery {
            url: self.url.clone(),
            method: Method::DELETE,
            headers: self.headers.clone(),
            body: javascript::to_bytes(&wire::channel_calls::deletion(channel)).ok().map(Into::into),
            signer: self.signer.clone(),
            timeout: patience,
            retries: Retries::Times(3),
        }))
    }

    fn body(&self, parts: &Loaded, job: &Job, bytes: &bytes::Bytes) -> Option<bytes::Bytes> {
        if !self.is_app {
            return Some(bytes.clone());
        }
        let purpose = if is_import(job) { Purpose::Imported } else { Purpose::Send };
        let payload: &RawValue = serde_json::from_slice(bytes).ok()?;
        let envelope = wire::channel_calls::message(purpose, payload, parts.addressed.get(&MessageId(job.event))?);
        javascript::to_bytes(&envelope).ok().map(Into::into)
    }
}

/// Whether the partner is only told that its own message was taken in.
fn is_import(job: &Job) -> bool {
    shape(job) == deliveries::IMPORTED
}

/// Whether the partner is told that its channel was deleted.
fn is_deletion(job: &Job) -> bool {
    shape(job) == deliveries::DELETION
}

fn shape(job: &Job) -> &str {
    job.payload.get("shape").and_then(serde_json::Value::as_str).unwrap_or_default()
}

impl Channels {
    pub(super) fn new(desk: Desk, patience: Duration) -> Channels {
        Channels { desk, patience }
    }

    async fn load(&self, company: CompanyId, runs: &[&Run]) -> Result<Loaded, Error> {
        let messages: Vec<i64> = runs.iter().flat_map(|run| run.jobs.iter().map(|job| job.event)).collect();
        let subscribers: Vec<i64> = runs.iter().map(|run| run.lane.subscriber).collect();
        let read = move |work: &mut Work<'_>| {
            let mut servers = HashMap::new();
            for id in &subscribers {
                servers.insert(*id, Server::of(work, ChannelId(*id))?);
            }
            let addressed = match servers.values().flatten().any(|server| server.is_app) {
                true => sync::addressed(work, &messages.iter().copied().map(MessageId).collect::<Vec<_>>())?,
                false => HashMap::new(),
            };
            let bodies = deliveries::bytes_of(work, &messages)?.into_iter();
            let bodies = bodies.map(|(message, shape, bytes)| ((message, shape), bytes.into())).collect();
            Ok(Loaded { servers, bodies, addressed })
        };
        self.desk.read(&Caller::system(company), read).await
    }

    /// What cannot be sent any more has failed, so that somebody sees it.
    async fn give_up(&self, job: &Job, why: &'static str) -> Result<Prepared, Error> {
        let id = MessageId(job.event);
        let unit = move |work: &mut Work<'_>| match messages::failed(work, id, ErrorType::NotFound, why) {
            // A message that is gone, or was never to leave, has nothing to fail.
            Err(Error::NotFound(_) | Error::Conflict(_)) => Ok(()),
            other => other,
        };
        let (caller, channel) = (Caller::system(CompanyId(job.company)), ChannelId(job.lane.subscriber));
        if is_deletion(job) {
            self.desk.write(&caller, move |work| channels::forget(work, channel)).await?;
        } else if !is_import(job) {
            self.desk.write(&caller, unit).await?;
        }
        Ok(Prepared::Skip { ending: Ending::Dead, why: why.to_string() })
    }

    async fn prepare_job(&self, parts: &Loaded, job: &Job) -> Result<Prepared, Error> {
        let server = match parts.servers.get(&job.lane.subscriber) {
            Some(Ok(server)) => server,
            Some(Err(why)) => return self.give_up(job, why).await,
            None => return self.give_up(job, "the channel is gone").await,
        };
        if is_deletion(job) {
            return Ok(server.deletion(ChannelId(job.lane.subscriber), self.patience));
        }
        if server.is_departed {
            return self.give_up(job, "the channel was deleted").await;
        }
        let bytes = parts.bodies.get(&(job.event, shape(job).to_string()));
        let Some(body) = bytes.and_then(|bytes| server.body(parts, job, bytes)) else {
            return self.give_up(job, "the message's bytes are gone").await;
        };
        Ok(Prepared::Send(Box::new(Delivery {
            url: server.url.clone(),
            method: Method::POST,
            headers: server.headers.clone(),
            body: Some(body),
            signer: server.signer.clone(),
            timeout: self.patience,
            // What follows in the conversation does not wait for somebody to take note of what is known to them.
            retries: if is_import(job) { Retries::Off } else { server.retries },
        })))
    }
}

impl Courier for Channels {
    fn depth(&self) -> i64 {
        // A failure reopens the conversation, and the ids of an answer belong to it, before the next message leaves.
        1
    }

    fn prepare<'a>(&'a self, runs: &'a [Run]) -> Boxed<'a, Result<Vec<Vec<Prepared>>, db::Error>> {
        Box::pin(async move {
            let mut by_company: BTreeMap<i64, Vec<&Run>> = BTreeMap::new();
            for run in runs {
                by_company.entry(run.company).or_default().push(run);
            }
            let mut loaded = HashMap::new();
            for (company, runs) in by_company {
                match self.load(CompanyId(company), &runs).await {
                    Ok(parts) => {
                        loaded.insert(company, parts);
                    }
                    Err(Error::Store(error)) => return Err(error),
                    // Its jobs get nothing prepared and are put back for a while.
                    Err(error) => tracing::error!(company, %error, "messages could not be prepared"),
                }
            }
            let mut prepared = Vec::with_capacity(runs.len());
            for run in runs {
                let mut of_run = Vec::with_capacity(run.jobs.len());
                for job in run.jobs.iter() {
                    let Some(parts) = loaded.get(&run.company) else { break };
                    match self.prepare_job(parts, job).await {
                        Ok(one) => of_run.push(one),
                        Err(Error::Store(error)) => return Err(error),
                        Err(error) => {
                            tracing::error!(company = run.company, %error, "a message could not be prepared");
                            break;
                        }
                    }
                }
                prepared.push(of_run);
            }
            Ok(prepared)
        })
    }

    fn name(&self, job: &Job) -> String {
        DeliveryId(job.id).to_string()
    }

    fn judge(&self, job: &Job, tried: &Tried) -> Verdict {
        if is_deletion(job) {
            // Whatever it answers, it was told.
            return match tried {
                Ok(_) => Verdict::Done,
                Err(failure) => Verdict::Retry(failure.to_string()),
            };
        }
        if is_import(job) {
            return Verdict::by_status(tried);
        }
        match meaning(tried) {
            Outcome::Sent(_) => Verdict::Done,
            Outcome::Failed { error, words } => {
                let why = format!("{}: {words}", error.as_str());
                match error {
                    // Later it may go better, where a second time does no harm.
                    ErrorType::RequestTimeout | ErrorType::TooManyRequests | ErrorType::InternalError => {
                        Verdict::Retry(why)
                    }
                    _ => Verdict::GiveUp(why),
                }
            }
        }
    }

    fn after(&self, job: &Job, tried: &Tried, fate: Fate) -> Option<After> {
        if is_import(job) || matches!(fate, Fate::Retry(_)) {
            return None;
        }
        let (desk, caller) = (self.desk.clone(), Caller::system(CompanyId(job.company)));
        if is_deletion(job) {
            let id = ChannelId(job.lane.subscriber);
            return Some(Box::new(move |conn| noted(desk.within(conn, &caller, |work| channels::forget(work, id)))));
        }
        let (id, outcome) = (MessageId(job.event), meaning(tried));
        Some(Box::new(move |conn| noted(desk.within(conn, &caller, |work| settle(work, id, &outcome)))))
    }
}

/// What could not be noted of a call is told to those who look after the machine, as the call has been made.
fn noted(done: Result<(), Error>) -> db::Result<()> {
    match done {
        Err(Error::Store(error)) => Err(error),
        Err(error) => {
            tracing::error!(%error, "what became of a call to a channel's server could not be noted");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

fn settle(work: &mut Work<'_>, id: MessageId, outcome: &Outcome) -> Result<(), Error> {
    match outcome {
        Outcome::Sent(receipt) => messages::sent(work, id, receipt),
        Outcome::Failed { error, words } => messages::failed(work, id, *error, words),
    }
}

fn meaning(tried: &Tried) -> Outcome {
    match tried {
        Ok(answer) => answer::read(answer.status.as_u16(), &answer.body),
        Err(failure) => {
            let error = match failure {
                Failure::Timeout(_) => ErrorType::RequestTimeout,
                _ => ErrorType::InternalError,
            };
            Outcome::Failed { error, words: format!("the channel's server is unresponsive: {failure}") }
        }
    }
}

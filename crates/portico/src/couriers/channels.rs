//! Messages to custom channels: the bare message object, signed with the channel's or the company's secret
//! (contract/channels.md section 8), and what the partner's answer means for the message.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ::channels::custom::PATIENCE;
use ::channels::custom::answer::{self, Outcome};
use db::outbox::{Ending, Job, Run};
use desk::ids::{ChannelId, CompanyId, DeliveryId, MessageId};
use desk::messages::{self, ErrorType};
use desk::{Caller, Desk, Error, Work, channels, deliveries};
use http::Method;
use webhooks::client::Failure;
use webhooks::engine::{After, Boxed, Courier, Delivery, Fate, Prepared, Tried, Verdict};
use webhooks::schedule::Retries;
use webhooks::sign::{RuleKey, Signer};

/// Carries messages to the partners of custom channels.
pub(super) struct Channels {
    desk: Desk,
}

/// What a batch of jobs of one company needs.
struct Loaded {
    servers: HashMap<i64, (Arc<str>, Signer)>,
    bodies: HashMap<i64, bytes::Bytes>,
}

impl Channels {
    pub(super) fn new(desk: Desk) -> Channels {
        Channels { desk }
    }

    async fn load(&self, company: CompanyId, runs: &[&Run]) -> Result<Loaded, Error> {
        let messages: Vec<i64> = runs.iter().flat_map(|run| run.jobs.iter().map(|job| job.event)).collect();
        let subscribers: Vec<i64> = runs.iter().map(|run| run.lane.subscriber).collect();
        let read = move |work: &mut Work<'_>| {
            let directory = work.directory()?;
            let server = |id: &i64| {
                let channel = directory.channel(ChannelId(*id))?;
                let signer = Signer::Rule(RuleKey::new(channels::secret(&directory, channel)));
                Some((*id, (Arc::from(channel.webhook_url.as_deref()?), signer)))
            };
            let bodies = deliveries::bytes_of(work, &messages)?.into_iter();
            Ok(Loaded {
                servers: subscribers.iter().filter_map(server).collect(),
                bodies: bodies
                    .filter(|(_, shape, _)| shape == deliveries::MESSAGE)
                    .map(|(message, _, bytes)| (message, bytes.into()))
                    .collect(),
            })
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
        self.desk.write(&Caller::system(CompanyId(job.company)), unit).await?;
        Ok(Prepared::Skip { ending: Ending::Dead, why: why.to_string() })
    }

    async fn prepare_job(&self, parts: &Loaded, job: &Job) -> Result<Prepared, Error> {
        let Some((url, signer)) = parts.servers.get(&job.lane.subscriber) else {
            return self.give_up(job, "the channel has no address to send to").await;
        };
        let Some(body) = parts.bodies.get(&job.event) else {
            return self.give_up(job, "the message's bytes are gone").await;
        };
        Ok(Prepared::Send(Box::new(Delivery {
            url: url.clone(),
            method: Method::POST,
            headers: Vec::new(),
            body: Some(body.clone()),
            signer: signer.clone(),
            timeout: PATIENCE,
            // A partner that did not answer may have sent it all the same: a person decides about a second time.
            retries: Retries::Off,
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

    fn judge(&self, _: &Job, tried: &Tried) -> Verdict {
        match meaning(tried) {
            Outcome::Sent(_) => Verdict::Done,
            Outcome::Failed { error, words } => Verdict::GiveUp(format!("{}: {words}", error.as_str())),
        }
    }

    fn after(&self, job: &Job, tried: &Tried, _: Fate) -> Option<After> {
        let (desk, caller) = (self.desk.clone(), Caller::system(CompanyId(job.company)));
        let (id, outcome) = (MessageId(job.event), meaning(tried));
        Some(Box::new(move |conn| {
            let done = desk.within(conn, &caller, |work| settle(work, id, &outcome));
            match done {
                Err(Error::Store(error)) => Err(error),
                Err(error) => {
                    tracing::error!(message = %id, %error, "what became of a message could not be noted");
                    Ok(())
                }
                Ok(()) => Ok(()),
            }
        }))
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

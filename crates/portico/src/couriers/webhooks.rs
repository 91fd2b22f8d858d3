//! Webhooks: the bare event for an address that a rule names, signed with the company's secret (contract/webhooks.md
//! section 2); or the envelope for an app (section 1) or a partner of links (section 3), which `app_webhooks` and
//! `link_webhooks` know about.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::webhooks::engine::{After, Boxed, Courier, Delivery, EVENT, Fate, Prepared, Tried};
use ::webhooks::schedule::Retries;
use ::webhooks::sign::{RuleKey, Signer};
use db::outbox::{Ending, Job, Run};
use desk::deliveries::Known;
use desk::endpoints::{self, Endpoint};
use desk::ids::{CompanyId, DeliveryId, EndpointId, EventId};
use desk::sealing::Secret;
use desk::{Caller, Desk, Error, deliveries};
use http::{HeaderName, HeaderValue, Method};

use super::app_webhooks::{self, Apps, Health};
use super::link_webhooks::{self, Partners};
use super::object_requests::{self, Requests};

/// Front gives a receiver this long (contract/webhooks.md).
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// Carries events to the addresses that rules and apps name.
pub(super) struct Webhooks {
    desk: Desk,
    health: Health,
}

/// What a batch of jobs of one company needs.
struct Loaded {
    endpoints: HashMap<i64, (Endpoint, Arc<str>)>,
    bodies: HashMap<(i64, String), bytes::Bytes>,
    signer: Signer,
    apps: Apps,
    partners: Partners,
    requests: Requests,
}

impl Webhooks {
    pub(super) fn new(desk: Desk) -> Webhooks {
        Webhooks { health: Health::new(desk.clone()), desk }
    }

    async fn load(&self, company: CompanyId, runs: Vec<&Run>) -> Result<Loaded, Error> {
        let mut receivers: Vec<EndpointId> = runs.iter().map(|run| EndpointId(run.lane.subscriber)).collect();
        receivers.sort_unstable();
        receivers.dedup();
        let mut events: Vec<i64> = runs.iter().flat_map(|run| run.jobs.iter().map(|job| job.event)).collect();
        events.sort_unstable();
        events.dedup();
        let asked: Vec<(i64, i64)> =
            runs.iter().flat_map(|run| run.jobs.iter().map(|job| (run.lane.subscriber, job.event))).collect();
        let caller = Caller::system(company);
        let read = self.desk.read(&caller, move |work| {
            let endpoints = endpoints::load(work, &receivers)?;
            let bodies = deliveries::bytes_of(work, &events)?;
            let secret = work.directory()?.company.api_secret.clone();
            let apps = Apps::load(work, &endpoints)?;
            let partners = Partners::load(work, &endpoints)?;
            let requests = Requests::load(work, &endpoints, &asked)?;
            Ok((endpoints, bodies, secret, (apps, partners, requests)))
        });
        let (endpoints, bodies, secret, (apps, partners, requests)) = read.await?;
        self.health.note(&endpoints);
        let named = |endpoint: Endpoint| {
            let url: Arc<str> = endpoint.url.as_str().into();
            (endpoint.id.0, (endpoint, url))
        };
        Ok(Loaded {
            endpoints: endpoints.into_iter().map(named).collect(),
            bodies: bodies.into_iter().map(|(event, shape, bytes)| ((event, shape), bytes.into())).collect(),
            signer: Signer::Rule(RuleKey::new(&secret)),
            apps,
            partners,
            requests,
        })
    }
}

impl Courier for Webhooks {
    fn prepare<'a>(&'a self, runs: &'a [Run]) -> Boxed<'a, Result<Vec<Vec<Prepared>>, db::Error>> {
        Box::pin(async move {
            let mut by_company: BTreeMap<i64, Vec<&Run>> = BTreeMap::new();
            for run in runs {
                by_company.entry(run.company).or_default().push(run);
            }
            let mut loaded = HashMap::new();
            for (company, runs) in by_company {
                match self.load(CompanyId(company), runs).await {
                    Ok(parts) => {
                        loaded.insert(company, parts);
                    }
                    Err(Error::Store(error)) => return Err(error),
                    // Its jobs get nothing prepared and are put back for a while.
                    Err(error) => tracing::error!(company, %error, "deliveries could not be prepared"),
                }
            }
            let prepared = runs.iter().map(|run| match loaded.get(&run.company) {
                Some(parts) => run.jobs.iter().map(|job| prepare(parts, job)).collect(),
                None => Vec::new(),
            });
            Ok(prepared.collect())
        })
    }

    fn name(&self, job: &Job) -> String {
        DeliveryId(job.id).to_string()
    }

    fn after(&self, job: &Job, tried: &Tried, fate: Fate) -> Option<After> {
        self.health
            .after(job, fate)
            .or_else(|| link_webhooks::after(&self.desk, job, tried, fate))
            .or_else(|| object_requests::after(&self.desk, job, tried, fate))
    }
}

/// The header with the event's id, by which a receiver knows one that it has had.
pub(super) fn named(job: &Job) -> (HeaderName, HeaderValue) {
    let id = EventId(job.event).to_string();
    (EVENT, HeaderValue::try_from(id).unwrap_or_else(|_| job.event.into()))
}

fn prepare(parts: &Loaded, job: &Job) -> Prepared {
    let skip = |why: &str| Prepared::Skip { ending: Ending::Dead, why: why.to_string() };
    let Some((endpoint, url)) = parts.endpoints.get(&job.lane.subscriber) else {
        return skip("the endpoint is gone");
    };
    if endpoint.kind == endpoints::OBJECT {
        return object_requests::prepare(&parts.requests, job);
    }
    let shape = job.payload.get("shape").and_then(serde_json::Value::as_str).unwrap_or_default();
    let Some(body) = parts.bodies.get(&(job.event, shape.to_string())) else {
        return skip("the event's bytes are gone");
    };
    if endpoint.kind == endpoints::APP {
        return app_webhooks::prepare(&parts.apps, endpoint, job, body.clone());
    }
    if endpoint.kind == endpoints::LINK {
        return link_webhooks::prepare(&parts.partners, endpoint, body.clone());
    }
    let retries = match endpoint.retries.as_str() {
        "off" => Retries::Off,
        words => words.parse().map_or(Retries::Day, Retries::Times),
    };
    of_rule(job, url.clone(), body.clone(), parts.signer.clone(), retries)
}

fn of_rule(job: &Job, url: Arc<str>, body: bytes::Bytes, signer: Signer, retries: Retries) -> Prepared {
    Prepared::Send(Box::new(Delivery {
        url,
        method: Method::POST,
        headers: vec![named(job)],
        body: Some(body),
        signer,
        timeout: TIMEOUT,
        retries,
    }))
}

/// Prepares what a rule sends and the unit that put it knew all of, so that nothing needs to be read.
#[derive(Default)]
pub struct AtHand {
    /// The secret that was used last: mostly all deliveries are of one company.
    last: Mutex<Option<(Secret, RuleKey)>>,
}

impl AtHand {
    /// What the jobs of a fresh run send.
    pub fn prepare(&self, run: &Run, known: &Known) -> Vec<Prepared> {
        let retries = match known.retries {
            endpoints::Retries::Off => Retries::Off,
            endpoints::Retries::Times(times) => Retries::Times(times),
            endpoints::Retries::Durable => Retries::Day,
        };
        let signer = Signer::Rule(self.key(&known.secret));
        let prepare = |job| of_rule(job, known.url.clone(), known.body.clone(), signer.clone(), retries);
        run.jobs.iter().map(prepare).collect()
    }

    fn key(&self, secret: &Secret) -> RuleKey {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, key)) if known == secret => key.clone(),
            _ => last.insert((secret.clone(), RuleKey::new(secret.reveal()))).1.clone(),
        }
    }
}

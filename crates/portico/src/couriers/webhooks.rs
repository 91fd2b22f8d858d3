//! Webhooks: the bare event for an address that a rule names, signed with the company's secret (contract/webhooks.md
//! section 2); or the envelope for an app (section 1) or a partner of links (section 3), which `app_webhooks` and
//! `link_webhooks` know about.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::webhooks::engine::{After, Boxed, Courier, Delivery, EVENT, Fate, Prepared, Tried};
use ::webhooks::schedule::Retries;
use ::webhooks::sign::{RuleKey, Shared, Signer};
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
    bodies: HashMap<i64, Vec<Body>>,
    apps: Apps,
    partners: Partners,
    requests: Requests,
}

/// The bytes of an event in a shape.
struct Body {
    shape: String,
    bytes: bytes::Bytes,
    /// Signs them as a rule does.
    signer: Arc<Shared>,
}

impl Loaded {
    fn body(&self, job: &Job) -> Option<&Body> {
        let shape = job.payload.get("shape").and_then(serde_json::Value::as_str).unwrap_or_default();
        self.bodies.get(&job.event)?.iter().find(|body| body.shape == shape)
    }
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
        let key = RuleKey::new(&secret);
        let mut shapes: HashMap<i64, Vec<Body>> = HashMap::with_capacity(bodies.len());
        for (event, shape, bytes) in bodies {
            let bytes = bytes::Bytes::from(bytes);
            let signer = Arc::new(Shared::new(key.clone(), bytes.clone()));
            shapes.entry(event).or_default().push(Body { shape, bytes, signer });
        }
        Ok(Loaded { endpoints: endpoints.into_iter().map(named).collect(), bodies: shapes, apps, partners, requests })
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
    let Some(body) = parts.body(job) else {
        return skip("the event's bytes are gone");
    };
    if endpoint.kind == endpoints::APP {
        return app_webhooks::prepare(&parts.apps, endpoint, job, body.bytes.clone());
    }
    if endpoint.kind == endpoints::LINK {
        return link_webhooks::prepare(&parts.partners, endpoint, body.bytes.clone());
    }
    let retries = match endpoint.retries.as_str() {
        "off" => Retries::Off,
        words => words.parse().map_or(Retries::Day, Retries::Times),
    };
    of_rule(job, url.clone(), body.bytes.clone(), Signer::Shared(body.signer.clone()), retries)
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
    last: Mutex<Option<Last>>,
}

/// What was prepared last. Mostly all deliveries are of one company, and those of an event come one after the other.
struct Last {
    secret: Secret,
    key: RuleKey,
    signer: Arc<Shared>,
}

impl AtHand {
    /// What a fresh job sends.
    pub fn prepare(&self, job: &Job, known: Known) -> Prepared {
        let retries = match known.retries {
            endpoints::Retries::Off => Retries::Off,
            endpoints::Retries::Times(times) => Retries::Times(times),
            endpoints::Retries::Durable => Retries::Day,
        };
        let signer = Signer::Shared(self.signer(&known.secret, &known.body));
        of_rule(job, known.url, known.body, signer, retries)
    }

    fn signer(&self, secret: &Secret, body: &bytes::Bytes) -> Arc<Shared> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let key = match &*last {
            Some(last) if last.secret == *secret && last.signer.is_of(body) => return last.signer.clone(),
            Some(last) if last.secret == *secret => last.key.clone(),
            _ => RuleKey::new(secret.reveal()),
        };
        let signer = Arc::new(Shared::new(key.clone(), body.clone()));
        *last = Some(Last { secret: secret.clone(), key, signer: signer.clone() });
        signer
    }
}

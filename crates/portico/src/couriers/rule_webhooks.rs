//! Rule webhooks: the bare event, signed with the company's secret (contract/webhooks.md section 2).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use db::outbox::{Ending, Job, Run};
use desk::endpoints::{self, Endpoint};
use desk::ids::{CompanyId, DeliveryId, EndpointId};
use desk::{Caller, Desk, Error, deliveries};
use http::Method;
use webhooks::engine::{Boxed, Courier, Delivery, Prepared};
use webhooks::schedule::Retries;
use webhooks::sign::{RuleKey, Signer};

/// Front gives a receiver this long (contract/webhooks.md).
const TIMEOUT: Duration = Duration::from_secs(5);

/// Carries events to the addresses that rules name.
pub(super) struct RuleWebhooks {
    desk: Desk,
}

/// What a batch of jobs of one company needs.
struct Loaded {
    endpoints: HashMap<i64, (Endpoint, Arc<str>)>,
    bodies: HashMap<(i64, String), bytes::Bytes>,
    signer: Signer,
}

impl RuleWebhooks {
    pub(super) fn new(desk: Desk) -> RuleWebhooks {
        RuleWebhooks { desk }
    }

    async fn load(&self, company: CompanyId, runs: Vec<&Run>) -> Result<Loaded, Error> {
        let mut receivers: Vec<EndpointId> = runs.iter().map(|run| EndpointId(run.lane.subscriber)).collect();
        receivers.sort_unstable();
        receivers.dedup();
        let mut events: Vec<i64> = runs.iter().flat_map(|run| run.jobs.iter().map(|job| job.event)).collect();
        events.sort_unstable();
        events.dedup();
        let caller = Caller::system(company);
        let read = self.desk.read(&caller, move |work| {
            let endpoints = endpoints::load(work, &receivers)?;
            let bodies = deliveries::bytes_of(work, &events)?;
            let secret = work.directory()?.company.api_secret.clone();
            Ok((endpoints, bodies, secret))
        });
        let (endpoints, bodies, secret) = read.await?;
        let named = |endpoint: Endpoint| {
            let url: Arc<str> = endpoint.url.as_str().into();
            (endpoint.id.0, (endpoint, url))
        };
        Ok(Loaded {
            endpoints: endpoints.into_iter().map(named).collect(),
            bodies: bodies.into_iter().map(|(event, shape, bytes)| ((event, shape), bytes.into())).collect(),
            signer: Signer::Rule(RuleKey::new(&secret)),
        })
    }
}

impl Courier for RuleWebhooks {
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
}

fn prepare(parts: &Loaded, job: &Job) -> Prepared {
    let skip = |why: &str| Prepared::Skip { ending: Ending::Dead, why: why.to_string() };
    let Some((endpoint, url)) = parts.endpoints.get(&job.lane.subscriber) else {
        return skip("the endpoint is gone");
    };
    let shape = job.payload.get("shape").and_then(serde_json::Value::as_str).unwrap_or_default();
    let Some(body) = parts.bodies.get(&(job.event, shape.to_string())) else {
        return skip("the event's bytes are gone");
    };
    let retries = match endpoint.retries.as_str() {
        "off" => Retries::Off,
        "three" => Retries::Three,
        _ => Retries::Day,
    };
    Prepared::Send(Box::new(Delivery {
        url: url.clone(),
        method: Method::POST,
        headers: Vec::new(),
        body: Some(body.clone()),
        signer: parts.signer.clone(),
        timeout: TIMEOUT,
        retries,
    }))
}

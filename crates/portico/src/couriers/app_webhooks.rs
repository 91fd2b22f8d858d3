//! What is particular about telling apps: their own secrets, and endpoints that are switched off after a day of failures
//! (contract/webhooks.md section 1.3).

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use ::webhooks::engine::{After, Delivery, Fate, Prepared};
use ::webhooks::schedule::Retries;
use ::webhooks::sign::{ApplicationKey, Signer, Standard};
use db::outbox::{Ending, Job};
use desk::apps::features;
use desk::apps::webhooks::{self, Sending};
use desk::endpoints::{self, Endpoint};
use desk::events::Shape;
use desk::ids::{AppId, CompanyId, EndpointId, EventId};
use desk::{Caller, Desk, Error, Work};
use http::Method;

use super::webhooks::{TIMEOUT, named};

/// The apps that a batch of jobs is for, by number.
pub(super) struct Apps(HashMap<i64, Sending>);

impl Apps {
    /// Reads what the apps among the endpoints need.
    pub(super) fn load(work: &mut Work<'_>, endpoints: &[Endpoint]) -> Result<Apps, Error> {
        let mut apps = HashMap::new();
        for endpoint in endpoints.iter().filter(|endpoint| endpoint.kind == endpoints::APP) {
            if let Some(sending) = webhooks::sending(work, AppId(endpoint.owner))? {
                apps.insert(endpoint.owner, sending);
            }
        }
        Ok(Apps(apps))
    }
}

/// What is sent to an app, unless it is not to be told any more, or for now.
pub(super) fn prepare(apps: &Apps, endpoint: &Endpoint, job: &Job, body: bytes::Bytes) -> Prepared {
    let skip = |why: &str| Prepared::Skip { ending: Ending::Dead, why: why.to_string() };
    let Some(app) = apps.0.get(&endpoint.owner) else { return skip("the app is switched off or gone") };
    if endpoint.disabled_at.is_some() && job.payload.get("replay_of").is_none() {
        return skip("the endpoint is switched off because it kept failing; its recovery sends this");
    }
    let keys: Vec<ApplicationKey> = app.secrets.iter().map(|secret| ApplicationKey::new(secret.reveal())).collect();
    let Some(front) = keys.first().cloned() else { return skip("the app has no secret to sign with") };
    let signer = match app.standard_headers {
        true => Signer::Standard(Arc::new(Standard { front, keys, id: EventId(job.event).to_string() })),
        false => Signer::Application(front),
    };
    Prepared::Send(Box::new(Delivery {
        url: app.url.as_str().into(),
        method: Method::POST,
        headers: vec![named(job)],
        body: Some(body),
        signer,
        timeout: TIMEOUT,
        retries: match app.retries {
            features::Retries::Three => Retries::Times(3),
            features::Retries::Day => Retries::Day,
        },
    }))
}

/// How the endpoints of apps are doing. A success is only written down where there was a failure before.
pub(super) struct Health {
    desk: Desk,
    failing: Mutex<HashSet<i64>>,
}

impl Health {
    pub(super) fn new(desk: Desk) -> Health {
        Health { desk, failing: Mutex::default() }
    }

    /// Takes note of endpoints as they were just read.
    pub(super) fn note(&self, endpoints: &[Endpoint]) {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        for endpoint in endpoints {
            match endpoint.failing_since {
                Some(_) => failing.insert(endpoint.id.0),
                None => failing.remove(&endpoint.id.0),
            };
        }
    }

    /// What an attempt means for the endpoint, to be noted together with the attempt.
    pub(super) fn after(&self, job: &Job, fate: Fate) -> Option<After> {
        let shape = job.payload.get("shape").and_then(serde_json::Value::as_str);
        if shape != Some(Shape::Application.as_str()) {
            return None;
        }
        let (desk, caller, id) = (self.desk.clone(), Caller::system(CompanyId(job.company)), job.lane.subscriber);
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let is_well = fate == Fate::Done;
        if is_well && !failing.remove(&id) {
            return None;
        }
        if !is_well {
            failing.insert(id);
        }
        Some(Box::new(move |conn| match desk.within(conn, &caller, |work| settle(work, EndpointId(id), is_well)) {
            Err(Error::Store(error)) => Err(error),
            Err(error) => {
                tracing::error!(endpoint = %EndpointId(id), %error, "how an endpoint is doing could not be noted");
                Ok(())
            }
            Ok(()) => Ok(()),
        }))
    }
}

fn settle(work: &mut Work<'_>, id: EndpointId, is_well: bool) -> Result<(), Error> {
    if is_well {
        return endpoints::succeeded(work, id);
    }
    if endpoints::failed(work, id)? {
        tracing::warn!(endpoint = %id, "an app's endpoint failed for a day and is switched off until it is recovered");
    }
    Ok(())
}

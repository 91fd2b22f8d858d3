//! What is particular about telling partners of their links: a token that they gave or none, and an answer that names a
//! new link (contract/links.md section 5).

use std::collections::HashMap;

use ::webhooks::engine::{After, Delivery, Fate, Prepared, Tried};
use ::webhooks::schedule::Retries;
use ::webhooks::sign::{ApplicationKey, Signer};
use db::outbox::{Ending, Job};
use desk::apps::links::{self, CREATED, Sending};
use desk::endpoints::{self, Endpoint};
use desk::ids::{CompanyId, FeatureId, LinkId};
use desk::{Caller, Desk, Error, Work};
use http::{Method, StatusCode};
use serde::Deserialize;

use super::webhooks::TIMEOUT;

/// The partners that a batch of jobs is for, by the number of their link type.
pub(super) struct Partners(HashMap<i64, Sending>);

impl Partners {
    /// Reads what the partners among the endpoints need.
    pub(super) fn load(work: &mut Work<'_>, endpoints: &[Endpoint]) -> Result<Partners, Error> {
        let mut partners = HashMap::new();
        for endpoint in endpoints.iter().filter(|endpoint| endpoint.kind == endpoints::LINK) {
            if let Some(sending) = links::sending(work, FeatureId(endpoint.owner))? {
                partners.insert(endpoint.owner, sending);
            }
        }
        Ok(Partners(partners))
    }
}

/// What is sent to a partner, unless its links do not work any more.
pub(super) fn prepare(partners: &Partners, endpoint: &Endpoint, body: bytes::Bytes) -> Prepared {
    let Some(partner) = partners.0.get(&endpoint.owner) else {
        let why = "the partner's links are stopped, or its app is gone".to_string();
        return Prepared::Skip { ending: Ending::Dead, why };
    };
    let signer = match &partner.token {
        Some(token) => Signer::Application(ApplicationKey::new(token.reveal())),
        None => Signer::Unsigned,
    };
    Prepared::Send(Box::new(Delivery {
        url: partner.url.as_str().into(),
        method: Method::POST,
        headers: Vec::new(),
        body: Some(body),
        signer,
        timeout: TIMEOUT,
        retries: Retries::Day,
    }))
}

/// `{"type": "success", "name": "AB-123 - Fix"}`
#[derive(Deserialize)]
struct Named {
    r#type: String,
    name: String,
}

/// The name that the answer to a link's news gives it, to be noted together with the attempt. A repetition by hand names
/// nothing any more.
pub(super) fn after(desk: &Desk, job: &Job, tried: &Tried, fate: Fate) -> Option<After> {
    let text = |name: &str| job.payload.get(name).and_then(serde_json::Value::as_str);
    if fate != Fate::Done || text("shape") != Some(CREATED) {
        return None;
    }
    let before = text("name")?.to_string();
    let answer = tried.as_ref().ok().filter(|answer| answer.status == StatusCode::OK)?;
    let named: Named = serde_json::from_slice(&answer.body).ok()?;
    if named.r#type != "success" || named.name.trim().is_empty() {
        return None;
    }
    let (desk, caller, id) = (desk.clone(), Caller::system(CompanyId(job.company)), LinkId(job.event));
    Some(Box::new(move |conn| {
        let unit = |work: &mut Work<'_>| desk::links::name_by_partner(work, id, &named.name, &before);
        match desk.within(conn, &caller, unit) {
            Err(Error::Store(error)) => Err(error),
            Err(error) => {
                tracing::error!(link = %id, %error, "the name of a link could not be noted");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }))
}

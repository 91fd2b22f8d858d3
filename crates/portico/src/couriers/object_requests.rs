//! Asks an app's server for the fields of its objects: a signed `GET`, whose answer is kept with the link
//! (contract/apps.md section 2.6).

use std::collections::HashMap;

use ::webhooks::engine::{After, Delivery, Fate, Prepared, Tried};
use ::webhooks::schedule::Retries;
use ::webhooks::sign::{ApplicationKey, Signer};
use db::outbox::{Ending, Job};
use desk::apps::objects::{self, REQUEST, Sending};
use desk::endpoints::{self, Endpoint};
use desk::ids::{CompanyId, LinkId};
use desk::{Caller, Desk, Error, Work};
use http::Method;
use serde_json::{Map, Value};

use super::webhooks::TIMEOUT;

/// The requests of a batch of jobs, by the number of their link.
pub(super) struct Requests(HashMap<i64, Sending>);

impl Requests {
    /// Reads what the requests among the jobs need: `asked` are the endpoints with the links of their jobs.
    pub(super) fn load(work: &mut Work<'_>, endpoints: &[Endpoint], asked: &[(i64, i64)]) -> Result<Requests, Error> {
        let is_object = |id: i64| endpoints.iter().any(|known| known.id.0 == id && known.kind == endpoints::OBJECT);
        let mut requests = HashMap::new();
        for (_, link) in asked.iter().filter(|(endpoint, _)| is_object(*endpoint)) {
            if let Some(sending) = objects::sending(work, LinkId(*link))? {
                requests.insert(*link, sending);
            }
        }
        Ok(Requests(requests))
    }
}

/// What is asked, unless the app is gone or asks no more.
pub(super) fn prepare(requests: &Requests, job: &Job) -> Prepared {
    let Some(request) = requests.0.get(&job.event) else {
        let why = "the app is switched off or gone, or its objects have no request any more".to_string();
        return Prepared::Skip { ending: Ending::Dead, why };
    };
    Prepared::Send(Box::new(Delivery {
        url: request.url.as_str().into(),
        method: Method::GET,
        headers: Vec::new(),
        body: None,
        signer: Signer::Application(ApplicationKey::new(request.secret.reveal())),
        timeout: TIMEOUT,
        retries: Retries::Times(3),
    }))
}

/// The fields that were answered, to be kept together with the attempt.
pub(super) fn after(desk: &Desk, job: &Job, tried: &Tried, fate: Fate) -> Option<After> {
    if fate != Fate::Done || job.payload.get("shape").and_then(Value::as_str) != Some(REQUEST) {
        return None;
    }
    let answer: Map<String, Value> = serde_json::from_slice(&tried.as_ref().ok()?.body).ok()?;
    let (desk, caller, id) = (desk.clone(), Caller::system(CompanyId(job.company)), LinkId(job.event));
    Some(Box::new(move |conn| match desk.within(conn, &caller, |work| objects::fill(work, id, &answer)) {
        Err(Error::Store(error)) => Err(error),
        Err(error) => {
            tracing::error!(link = %id, %error, "the fields of an object could not be kept");
            Ok(())
        }
        Ok(()) => Ok(()),
    }))
}

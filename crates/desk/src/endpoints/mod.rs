//! Somebody outside who is told of events: an address, what is sent there, and how hard it is tried. A rule that names
//! the same address in the same way always means the same endpoint, so its deliveries keep one order and one log.

use crate::error::{Error, Result};
use crate::events::Shape;
use crate::ids::{EndpointId, RuleId};
use crate::time::Timestamp;
use crate::work::Work;

pub(crate) mod store;

db::record! {
    /// An endpoint as stored.
    #[derive(Debug, Clone)]
    pub struct Endpoint {
        pub id: EndpointId,
        pub kind: String,
        pub owner: i64,
        pub url: String,
        pub shape: String,
        pub retries: String,
        pub created_at: Timestamp,
    }
}

/// What makes an endpoint the one it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// What kind of thing tells it: `rule`, `app` …
    pub kind: &'a str,
    /// The number of the thing that tells it.
    pub owner: i64,
    /// Where it is.
    pub url: &'a str,
    /// What it is sent: `full` or `preview`.
    pub shape: &'a str,
    /// How hard it is tried, in the words of the sender's schedules.
    pub retries: &'a str,
}

/// The endpoint that is wanted, made at the first call.
pub fn ensure(work: &mut Work<'_>, wanted: Wanted<'_>) -> Result<EndpointId> {
    if let Some(id) = store::find(work.conn, work.company, wanted)? {
        return Ok(id);
    }
    let id = EndpointId(work.new_id());
    Ok(store::insert(work.conn, work.company, id, wanted, work.now)?)
}

/// An endpoint.
pub fn get(work: &mut Work<'_>, id: EndpointId) -> Result<Endpoint> {
    store::get(work.conn, work.company, id)?.ok_or(Error::NotFound("endpoint"))
}

/// Endpoints by id, for those who send; absent ones are left out.
pub fn load(work: &mut Work<'_>, ids: &[EndpointId]) -> Result<Vec<Endpoint>> {
    Ok(store::by_ids(work.conn, work.company, ids)?)
}

/// All endpoints, the oldest first.
pub fn list(work: &mut Work<'_>) -> Result<Vec<Endpoint>> {
    Ok(store::all(work.conn, work.company)?)
}

/// How hard an endpoint is tried, in the words of the sender's schedules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retries {
    /// Once, as Front does.
    Off,
    /// For a day, with growing pauses.
    Durable,
}

impl Retries {
    /// The word in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Retries::Off => "off",
            Retries::Durable => "day",
        }
    }
}

/// The endpoint that a rule's webhook action tells.
pub fn of_rule(work: &mut Work<'_>, rule: RuleId, url: &str, shape: Shape, retries: Retries) -> Result<EndpointId> {
    let wanted = Wanted { kind: "rule", owner: rule.0, url, shape: shape.as_str(), retries: retries.as_str() };
    ensure(work, wanted)
}

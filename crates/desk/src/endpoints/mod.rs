//! Somebody outside who is told of events: an address, what is sent there, and how hard it is tried. A rule that names
//! the same address in the same way always means the same endpoint, so its deliveries keep one order and one log.

use std::borrow::Cow;

use serde_json::json;

use crate::apps::objects::REQUEST;
use crate::error::{Error, Result};
use crate::events::{self, Kind, Shape};
use crate::ids::{AppId, DeliveryId, EndpointId, FeatureId, RuleId};
use crate::time::{DAY, Timestamp};
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
        pub failing_since: Option<Timestamp>,
        pub disabled_at: Option<Timestamp>,
        pub recovered_to: Option<i64>,
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
    /// So many times more after the first.
    Times(u8),
    /// For a day, with growing pauses.
    Durable,
}

impl Retries {
    /// The word in the store.
    pub fn word(self) -> Cow<'static, str> {
        match self {
            Retries::Off => "off".into(),
            Retries::Times(times) => times.to_string().into(),
            Retries::Durable => "day".into(),
        }
    }
}

/// The endpoint that a rule's webhook action tells.
pub fn of_rule(work: &mut Work<'_>, rule: RuleId, url: &str, shape: Shape, retries: Retries) -> Result<EndpointId> {
    let retries = retries.word();
    ensure(work, Wanted { kind: "rule", owner: rule.0, url, shape: shape.as_str(), retries: &retries })
}

/// The kind of an app's endpoint.
pub const APP: &str = "app";

/// After that long without a single success an app's endpoint is switched off (milliseconds).
pub const PATIENCE: i64 = DAY;

/// The endpoint of an app: one for good, which follows the address and the retries that its webhook has at present.
pub fn of_app(work: &mut Work<'_>, app: AppId, url: &str, retries: &str) -> Result<EndpointId> {
    only(work, Wanted { kind: APP, owner: app.0, url, shape: Shape::Application.as_str(), retries })
}

/// The kind of an endpoint that is told of a partner's links.
pub const LINK: &str = "link";

/// The endpoint of a type of links: one for good, which follows its address. It is tried for a day.
pub fn of_link(work: &mut Work<'_>, feature: FeatureId, url: &str) -> Result<EndpointId> {
    let retries = Retries::Durable.word();
    only(work, Wanted { kind: LINK, owner: feature.0, url, shape: Shape::Link.as_str(), retries: &retries })
}

/// The kind of an endpoint that is asked for the fields of an app's objects.
pub const OBJECT: &str = "object";

/// The endpoint that is asked for the fields of a kind of objects: one for good, which follows its address.
pub fn of_object(work: &mut Work<'_>, feature: FeatureId, url: &str) -> Result<EndpointId> {
    only(work, Wanted { kind: OBJECT, owner: feature.0, url, shape: REQUEST, retries: "three" })
}

/// The endpoint of an owner that has just one, brought to what is wanted now.
fn only(work: &mut Work<'_>, wanted: Wanted<'_>) -> Result<EndpointId> {
    let Some(known) = store::of_owner(work.conn, work.company, wanted.kind, wanted.owner)? else {
        return ensure(work, wanted);
    };
    if known.url != wanted.url || known.retries != wanted.retries {
        store::follow(work.conn, work.company, known.id, wanted.url, wanted.retries)?;
    }
    Ok(known.id)
}

/// Notes that an attempt for an app failed. After a day without a success the endpoint is switched off, and the log says
/// so; answers whether it was just now.
pub fn failed(work: &mut Work<'_>, id: EndpointId) -> Result<bool> {
    let endpoint = get(work, id)?;
    let since = endpoint.failing_since.unwrap_or(work.now);
    if endpoint.failing_since.is_none() {
        store::set_failing(work.conn, work.company, id, since)?;
    }
    if endpoint.disabled_at.is_some() || work.now < since.plus(PATIENCE) {
        return Ok(false);
    }
    store::set_disabled(work.conn, work.company, id, Some(work.now))?;
    events::record_setting(work, Kind::Setting, json!({"endpoint": id.to_string(), "is_enabled": [true, false]}))?;
    Ok(true)
}

/// Notes that an endpoint answers again.
pub fn succeeded(work: &mut Work<'_>, id: EndpointId) -> Result<()> {
    // One that is switched off stays so until it is recovered, so that nothing overtakes what it missed.
    store::set_well(work.conn, work.company, id)?;
    Ok(())
}

/// Notes how far a recovery has come.
pub(crate) fn recovered_to(work: &mut Work<'_>, id: EndpointId, delivery: DeliveryId) -> Result<()> {
    store::set_recovered(work.conn, work.company, id, delivery)?;
    Ok(())
}

/// Switches an endpoint on again.
pub(crate) fn enable(work: &mut Work<'_>, id: EndpointId) -> Result<()> {
    store::set_disabled(work.conn, work.company, id, None)?;
    events::record_setting(work, Kind::Setting, json!({"endpoint": id.to_string(), "is_enabled": [false, true]}))?;
    Ok(())
}

//! What an app brings: typed settings, one row each. This module alone reads and writes their JSON.

use db::Conn;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::secrets::{self, Purpose};
use super::store::{self, StoredFeature};
use super::{App, changed, get, links, record};
use crate::error::{Error, Result};
use crate::ids::FeatureId;
use crate::sealing::Secret;
use crate::work::Work;

mod address;
mod channel;
mod link;
pub(crate) mod matching;
mod oauth;
mod object;
pub(crate) mod pattern;
mod plugin;
mod server;
mod webhook;

pub use address::Target;
pub(crate) use address::{checked_icon, is_same_server};
pub use channel::{ChannelType, Composer, ContactType, Credentials};
pub use link::LinkType;
pub use oauth::OAuthClient;
pub use object::{Field, Object, Trigger};
pub use plugin::{Place, Plugin};
pub use server::{Authentication, Grant, Server};
pub use webhook::{Retries, Webhook, WebhookType};

/// One feature with its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Feature {
    /// An OAuth client: other companies let the app act for them.
    #[serde(rename = "oauth")]
    OAuth(OAuthClient),
    /// Told of events in shared inboxes.
    Webhook(Webhook),
    /// Links that belong to a partner.
    Link(LinkType),
    /// A kind of channel that a partner carries.
    Channel(ChannelType),
    /// Text or addresses that become structured links.
    Object(Object),
    /// Something outside that rules react to.
    Trigger(Trigger),
    /// A page of the app inside the inbox.
    Plugin(Plugin),
    /// A server that other features call.
    Server(Server),
}

/// A feature as it is kept.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its number.
    pub id: FeatureId,
    /// What it is.
    pub feature: Feature,
}

impl Feature {
    /// The word of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Feature::OAuth(_) => "oauth",
            Feature::Webhook(_) => "webhook",
            Feature::Link(_) => "link",
            Feature::Channel(_) => "channel",
            Feature::Object(_) => "object",
            Feature::Trigger(_) => "trigger",
            Feature::Plugin(_) => "plugin",
            Feature::Server(_) => "server",
        }
    }

    /// What tells it from others of its kind; empty where an app has at most one.
    fn name(&self) -> &str {
        match self {
            Feature::OAuth(_) | Feature::Webhook(_) | Feature::Channel(_) => "",
            Feature::Link(link) => &link.name,
            Feature::Object(object) => &object.name,
            Feature::Trigger(trigger) => &trigger.event_type,
            Feature::Plugin(plugin) => &plugin.name,
            Feature::Server(server) => &server.name,
        }
    }

    /// Reads settings as the outside gives them.
    pub fn read(given: &Value) -> Result<Feature> {
        serde_json::from_value(given.clone()).map_err(|error| Error::invalid("", error.to_string()))
    }

    /// The settings as JSON, with their kind.
    pub fn to_json(&self) -> Result<Value> {
        serde_json::to_value(self).map_err(|error| Error::Internal(format!("settings of a feature: {error}")))
    }

    /// Whether it makes sense beside the app's other features.
    fn check(&self, beside: &[Held]) -> Result<()> {
        match self {
            Feature::OAuth(oauth) => oauth.check(),
            Feature::Webhook(webhook) => webhook.check(beside),
            Feature::Link(link) => link.check(beside),
            Feature::Channel(channel) => channel.check(beside),
            Feature::Object(object) => object.check(beside),
            Feature::Trigger(trigger) => trigger.check(beside),
            Feature::Plugin(plugin) => plugin.check(),
            Feature::Server(server) => server.check(),
        }
    }
}

/// What a new feature made: its number, and the secret that came with it, shown this once.
#[derive(Debug)]
pub struct Added {
    /// The feature.
    pub id: FeatureId,
    /// An OAuth client's or the first plugin's secret.
    pub secret: Option<Secret>,
}

/// The features of an app, in order of creation.
pub(crate) fn of(conn: &mut Conn, app: &App) -> Result<Vec<Held>> {
    let rows = store::features(conn, app.owner, app.id)?;
    let read = |row: StoredFeature| match serde_json::from_value(row.settings) {
        Ok(feature) => Ok(Held { id: row.id, feature }),
        Err(error) => Err(Error::Internal(format!("the settings of {}: {error}", row.id))),
    };
    rows.into_iter().map(read).collect()
}

/// The features of an app of the company.
pub fn list(work: &mut Work<'_>, uid: &str) -> Result<Vec<Held>> {
    let app = get(work, uid)?;
    of(work.conn, &app)
}

/// The words of the features, each once.
pub(super) fn kinds(all: &[Held]) -> Vec<&'static str> {
    let mut words: Vec<&'static str> = all.iter().map(|held| held.feature.kind()).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Checks a feature that is about to be added, or to take the place of another, without keeping it: for those who ask
/// the outside first.
pub fn check(work: &mut Work<'_>, uid: &str, feature: &Feature, instead_of: Option<FeatureId>) -> Result<()> {
    let app = get(work, uid)?;
    let mut beside = of(work.conn, &app)?;
    beside.retain(|held| Some(held.id) != instead_of);
    feature.check(&beside)
}

/// Whether a feature that is given may stand beside the others: it makes sense there, and nothing else has its name.
fn admit(feature: &Feature, beside: &[Held]) -> Result<()> {
    feature.check(beside)?;
    if let Feature::OAuth(oauth) = feature {
        oauth.check_scopes()?;
    }
    let (kind, name) = (feature.kind(), feature.name());
    let is_twin = |held: &Held| held.feature.kind() == kind && held.feature.name() == name;
    match (beside.iter().any(is_twin), name) {
        (false, _) => Ok(()),
        (true, "") => Err(Error::Conflict(format!("the app has a feature {kind} already"))),
        (true, name) => Err(Error::Conflict(format!("the app has a {kind} called {name:?} already"))),
    }
}

/// Refuses a type of links that another app of the company has.
fn refuse_taken(work: &mut Work<'_>, app: &App, feature: &Feature) -> Result<()> {
    links::refuse_taken(&*work.directory()?, app, links::types([feature]), |_| true)
}

/// Adds a feature to an app.
pub fn add(work: &mut Work<'_>, uid: &str, feature: &Feature) -> Result<Added> {
    let app = get(work, uid)?;
    let beside = of(work.conn, &app)?;
    admit(feature, &beside)?;
    refuse_taken(work, &app, feature)?;
    refuse_if_published(work, &app, beside.iter().map(|held| &held.feature).chain([feature]))?;
    let id = FeatureId(work.new_id());
    store::insert_feature(work.conn, app.owner, &stored(&app, id, feature)?, feature.name(), work.now)?;
    let secret = match feature {
        Feature::OAuth(_) => secrets::ensure(work, &app, Purpose::OAuth)?,
        Feature::Plugin(_) => secrets::ensure(work, &app, Purpose::Plugin)?,
        _ => None,
    };
    changed(work, &app)?;
    record(work, json!({"app": app.uid, "feature": [null, feature.to_json()?]}))?;
    Ok(Added { id, secret })
}

/// Replaces the settings of a feature. Its kind stays.
pub fn change(work: &mut Work<'_>, uid: &str, id: FeatureId, feature: &Feature) -> Result<()> {
    let app = get(work, uid)?;
    let (before, beside) = apart(of(work.conn, &app)?, id)?;
    if before.kind() != feature.kind() {
        return Err(Error::invalid("kind", format!("the feature stays a {}", before.kind())));
    }
    admit(feature, &beside)?;
    refuse_orphans(&beside, feature)?;
    if before.name() != feature.name() {
        refuse_taken(work, &app, feature)?;
    }
    refuse_if_published(work, &app, beside.iter().map(|held| &held.feature).chain([feature]))?;
    store::update_feature(work.conn, app.owner, &stored(&app, id, feature)?, feature.name(), work.now)?;
    changed(work, &app)?;
    record(work, json!({"app": app.uid, "feature": [before.to_json()?, feature.to_json()?]}))
}

/// Removes a feature that no other one needs.
pub fn remove(work: &mut Work<'_>, uid: &str, id: FeatureId) -> Result<()> {
    let app = get(work, uid)?;
    let (before, beside) = apart(of(work.conn, &app)?, id)?;
    for held in &beside {
        let why = |error| Error::Conflict(format!("the feature {} needs it: {error}", held.feature.kind()));
        held.feature.check(&beside).map_err(why)?;
    }
    refuse_if_published(work, &app, beside.iter().map(|held| &held.feature))?;
    store::delete_feature(work.conn, app.owner, app.id, id)?;
    changed(work, &app)?;
    record(work, json!({"app": app.uid, "feature": [before.to_json()?, null]}))
}

/// Keeps the secret that a partner gave for a feature: a server's OAuth client secret, the token of a link type.
pub fn keep_secret(work: &mut Work<'_>, uid: &str, id: FeatureId, secret: &Secret) -> Result<()> {
    let app = get(work, uid)?;
    let (feature, _) = apart(of(work.conn, &app)?, id)?;
    if !matches!(feature, Feature::Server(_) | Feature::Link(_)) {
        return Err(Error::invalid("kind", format!("a {} has no secret of a partner's", feature.kind())));
    }
    if secret.reveal().is_empty() || secret.reveal().len() > 4_096 {
        return Err(Error::invalid("secret", "expected 1 to 4096 characters"));
    }
    secrets::keep(work, &app, Purpose::Feature(id), secret)?;
    changed(work, &app)?;
    record(work, json!({"app": app.uid, "secret": [null, "kept"], "feature": id.to_string()}))
}

/// Why an app with these features cannot be shown to other companies.
pub(super) fn check_publishable(all: &[Held]) -> Result<()> {
    publishable(all.iter().map(|held| &held.feature)).map_err(|why| Error::Conflict(why.to_string()))
}

fn refuse_if_published<'a>(work: &mut Work<'_>, app: &App, features: impl Iterator<Item = &'a Feature>) -> Result<()> {
    let known = store::registered(work.conn, &app.uid)?;
    match known.and_then(|known| known.published_at) {
        Some(_) => publishable(features).map_err(|why| Error::Conflict(format!("the app is published: {why}"))),
        None => Ok(()),
    }
}

fn publishable<'a>(features: impl Iterator<Item = &'a Feature>) -> std::result::Result<(), &'static str> {
    let (mut has_oauth, mut has_webhook) = (false, false);
    for feature in features {
        match feature {
            Feature::Trigger(_) => return Err("an app with triggers stays within its company"),
            Feature::OAuth(_) => has_oauth = true,
            Feature::Webhook(_) => has_webhook = true,
            _ => {}
        }
    }
    match has_webhook && !has_oauth {
        true => Err("a webhook needs an OAuth client beside it, by which others allow what leaves their company"),
        false => Ok(()),
    }
}

/// A feature that others name must keep its name.
fn refuse_orphans(beside: &[Held], feature: &Feature) -> Result<()> {
    let with = [beside, &[Held { id: FeatureId(0), feature: feature.clone() }]].concat();
    for held in beside {
        let why = |error| Error::Conflict(format!("the feature {} needs it as it was: {error}", held.feature.kind()));
        held.feature.check(&with).map_err(why)?;
    }
    Ok(())
}

fn apart(mut all: Vec<Held>, id: FeatureId) -> Result<(Feature, Vec<Held>)> {
    let at = all.iter().position(|held| held.id == id).ok_or(Error::NotFound("feature"))?;
    let one = all.remove(at);
    Ok((one.feature, all))
}

fn stored(app: &App, id: FeatureId, feature: &Feature) -> Result<StoredFeature> {
    Ok(StoredFeature { id, app: app.id, kind: feature.kind().to_string(), settings: feature.to_json()? })
}

//! Application webhooks: which apps are told of an event (contract/webhooks.md section 1).

use std::sync::Arc;

use super::features::{self, Feature, Held, Retries, Webhook, WebhookType};
use super::secrets::{self, Purpose};
use super::{Installed, get};
use crate::deliveries;
use crate::directory::Directory;
use crate::endpoints;
use crate::error::{Error, Result};
use crate::events::{Event, Shape};
use crate::ids::{AppId, FeatureId};
use crate::sealing::Secret;
use crate::work::Work;

impl Installed {
    /// The app's webhook, if it has one.
    pub fn webhook(&self) -> Option<&Webhook> {
        self.features.iter().find_map(|held| match &held.feature {
            Feature::Webhook(webhook) => Some(webhook),
            _ => None,
        })
    }
}

/// Tells every app that listens of an event, by jobs in the very unit that records it. Apps hear of shared inboxes only,
/// and neither of mass actions nor of imports.
pub(crate) fn tell(work: &mut Work<'_>, event: &Event) -> Result<()> {
    if event.skips_rules || event.conversation.is_none() || WebhookType::of(event.kind).is_none() {
        return Ok(());
    }
    let directory = work.directory()?;
    if !is_shared(&directory, event) {
        return Ok(());
    }
    let wants = |here: &&Arc<Installed>| here.is_told() && here.webhook().is_some_and(|hook| hook.wants(event.kind));
    for here in directory.apps().filter(wants) {
        match tell_one(work, here, event) {
            // An app that cannot be told must not keep the desk from working.
            Err(Error::Internal(why)) => tracing::error!(app = here.app.uid, event = %event.id, why, "not told"),
            other => other?,
        }
    }
    Ok(())
}

fn tell_one(work: &mut Work<'_>, here: &Installed, event: &Event) -> Result<()> {
    let Some(webhook) = here.webhook() else { return Ok(()) };
    let url = webhook.target().resolve(&here.features)?;
    let endpoint = endpoints::of_app(work, here.app.id, &url, webhook.retries.as_str())?;
    deliveries::enqueue_webhook(work, endpoint, event, Shape::Application)?;
    Ok(())
}

/// Whether an event is of a shared inbox, which is all that apps may hear of.
pub(super) fn is_shared(directory: &Directory, event: &Event) -> bool {
    event.inboxes.iter().any(|id| directory.inbox(*id).is_some_and(|inbox| inbox.owner.is_none()))
}

/// What a delivery to an app needs at the moment it is sent.
#[derive(Debug, Clone)]
pub struct Sending {
    /// Where the app's webhook is now.
    pub url: String,
    /// The secrets that verify, the oldest first: it signs.
    pub secrets: Vec<Secret>,
    /// How hard it is tried.
    pub retries: Retries,
    /// Whether the headers of the Standard Webhooks specification stand beside Front's.
    pub standard_headers: bool,
}

/// How an app is told now; nothing where it is gone, switched off, without consent, or has no webhook any more.
pub fn sending(work: &mut Work<'_>, app: AppId) -> Result<Option<Sending>> {
    let directory = work.directory()?;
    let Some(here) = directory.apps().find(|here| here.app.id == app && here.is_told()) else { return Ok(None) };
    let Some(webhook) = here.webhook() else { return Ok(None) };
    let secrets = secrets::open(work, &here.app, Purpose::Signing)?;
    let url = webhook.target().resolve(&here.features)?;
    Ok(Some(Sending { url, secrets, retries: webhook.retries, standard_headers: webhook.standard_headers }))
}

/// The address that has to be validated before a feature is kept, with the secret that signs the challenge: that of the
/// webhook whenever it is saved, or is at another place because its server is.
pub fn to_validate(
    work: &mut Work<'_>,
    uid: &str,
    feature: &Feature,
    instead_of: Option<FeatureId>,
) -> Result<Option<(String, Secret)>> {
    features::check(work, uid, feature, instead_of)?;
    let app = get(work, uid)?;
    let before = features::of(work.conn, &app)?;
    let mut after: Vec<_> = before.iter().filter(|held| Some(held.id) != instead_of).cloned().collect();
    after.push(Held { id: FeatureId(0), feature: feature.clone() });
    let address = |all: &[Held]| {
        let webhook = all.iter().find_map(|held| match &held.feature {
            Feature::Webhook(webhook) => Some(webhook),
            _ => None,
        });
        webhook.and_then(|webhook| webhook.target().resolve(all).ok())
    };
    let (old, new) = (address(&before), address(&after));
    if !matches!(feature, Feature::Webhook(_)) && old == new {
        return Ok(None);
    }
    let secret = secrets::open(work, &app, Purpose::Signing)?.into_iter().next();
    Ok(new.zip(secret))
}

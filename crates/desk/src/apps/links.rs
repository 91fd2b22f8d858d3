//! Partners' links (contract/links.md sections 3 to 5): whose a link is, how a company lets a partner's links work, and
//! what the partner is told.

use serde_json::json;

use super::features::{Feature, Held, LinkType, pattern};
use super::secrets::{self, Purpose};
use super::{App, Installed, here, record, store, webhooks};
use crate::deliveries::{self, Subscriber};
use crate::directory::Directory;
use crate::endpoints;
use crate::error::{Error, Result};
use crate::events::{self, Event, Kind, Shape};
use crate::ids::{EventId, FeatureId, LinkId};
use crate::links::{self, Link};
use crate::sealing::Secret;
use crate::time::Timestamp;
use crate::work::Work;

/// How the links of an installed app stand with the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody has let them work yet.
    Off,
    /// The partner passed its validation, and its links work.
    Enabled,
    /// The partner did not pass; it is asked again only when somebody wants it.
    Failed,
    /// Somebody stopped them.
    Disabled,
}

impl State {
    const ALL: [State; 4] = [State::Off, State::Enabled, State::Failed, State::Disabled];

    /// The word in the store and outside.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Off => "off",
            State::Enabled => "enabled",
            State::Failed => "failed",
            State::Disabled => "disabled",
        }
    }
}

/// The state of an installed app's links, and what the last validation came to.
#[derive(Debug, Clone)]
pub struct Standing {
    /// How they stand.
    pub state: State,
    /// Why the last validation failed.
    pub error: Option<String>,
    /// When the partner was asked last.
    pub checked_at: Option<Timestamp>,
}

impl Standing {
    pub(super) fn read(row: &store::Installation) -> Standing {
        let state = State::ALL.into_iter().find(|state| state.as_str() == row.links_state).unwrap_or(State::Off);
        Standing { state, error: row.links_error.clone(), checked_at: row.links_checked_at }
    }
}

/// A type of links at work in a company.
#[derive(Debug, Clone, Copy)]
pub struct Partner<'d> {
    installed: &'d Installed,
    feature: FeatureId,
    /// The type.
    pub link: &'d LinkType,
}

fn at_work(directory: &Directory) -> impl Iterator<Item = Partner<'_>> {
    let works = |here: &&std::sync::Arc<Installed>| here.is_told() && here.links.state == State::Enabled;
    directory.apps().filter(works).flat_map(|here| {
        here.features.iter().filter_map(|held| match &held.feature {
            Feature::Link(link) => Some(Partner { installed: here, feature: held.id, link }),
            _ => None,
        })
    })
}

/// Refuses types of links that another app has here already: a link's type is all that says whose it is.
pub(super) fn refuse_taken<'f>(
    directory: &Directory,
    app: &App,
    types: impl Iterator<Item = &'f LinkType>,
    among: impl Fn(&Installed) -> bool,
) -> Result<()> {
    for link in types {
        let has = |here: &&std::sync::Arc<Installed>| {
            let is_it = |held: &Held| matches!(&held.feature, Feature::Link(other) if other.name == link.name);
            here.app.id != app.id && among(here) && here.features.iter().any(is_it)
        };
        if let Some(first) = directory.apps().find(has) {
            let App { name, uid, .. } = &first.app;
            let why = format!("links of the type {:?} are those of the app {name:?} ({uid}) already", link.name);
            return Err(Error::Conflict(why));
        }
    }
    Ok(())
}

/// The types of links among features.
pub(super) fn types<'f>(features: impl IntoIterator<Item = &'f Feature>) -> impl Iterator<Item = &'f LinkType> {
    features.into_iter().filter_map(|feature| match feature {
        Feature::Link(link) => Some(link),
        _ => None,
    })
}

/// Whether any partner's links work here, so that addresses are worth looking for.
pub(crate) fn any(directory: &Directory) -> bool {
    at_work(directory).next().is_some()
}

/// Whose link an address is: of the patterns that fit it the one that names the most of it wins, and of two alike the
/// app that was registered first.
pub(crate) fn partner<'d>(directory: &'d Directory, address: &str) -> Option<Partner<'d>> {
    let mut best: Option<(usize, Partner<'d>)> = None;
    for partner in at_work(directory) {
        let fit = partner.link.patterns.iter().filter_map(|pattern| pattern::fit(pattern, address)).max();
        if let Some(fit) = fit
            && best.as_ref().is_none_or(|(known, _)| fit > *known)
        {
            best = Some((fit, partner));
        }
    }
    best.map(|(_, partner)| partner)
}

/// The shape of the bytes that tell a partner of a new link; the key beside it is the link's number.
pub const CREATED: &str = "link_created";

/// Tells the partner whose a new link is, by a job in the very unit that makes it. Its answer may name the link.
pub(crate) fn created(work: &mut Work<'_>, link: &Link) -> Result<()> {
    let directory = work.directory()?;
    let Some(partner) = partner(&directory, &link.external_url) else { return Ok(()) };
    let endpoint = endpoint(work, partner)?;
    let bytes = work.renderer()?.link_created(work, link)?;
    events::keep(work, EventId(link.id.0), CREATED, &bytes)?;
    let payload = json!({"shape": CREATED, "name": link.name});
    deliveries::enqueue(work, Subscriber::Endpoint(endpoint), link.id.0, link.id.0, payload)?;
    Ok(())
}

/// Tells the partner whose a link is that it was attached to a conversation in a shared inbox, or taken off one.
pub(crate) fn tell(work: &mut Work<'_>, event: &Event) -> Result<()> {
    let Some(target) = event.target.filter(|_| matches!(event.kind, Kind::LinkAdded | Kind::LinkRemoved)) else {
        return Ok(());
    };
    let directory = work.directory()?;
    if !any(&directory) || !webhooks::is_shared(&directory, event) {
        return Ok(());
    }
    let Some(link) = links::load(work, &[LinkId(target.id)])?.pop() else { return Ok(()) };
    let Some(partner) = partner(&directory, &link.external_url).filter(|known| known.link.name == link.r#type) else {
        return Ok(());
    };
    let endpoint = endpoint(work, partner)?;
    deliveries::enqueue_webhook(work, endpoint, event, Shape::Link)?;
    Ok(())
}

fn endpoint(work: &mut Work<'_>, partner: Partner<'_>) -> Result<crate::ids::EndpointId> {
    let url = partner.link.target().resolve(&partner.installed.features)?;
    endpoints::of_link(work, partner.feature, &url)
}

/// What a delivery to a partner needs at the moment it is sent.
#[derive(Debug, Clone)]
pub struct Sending {
    /// Where the partner is now.
    pub url: String,
    /// The token that it gave, if it did: without one nothing is signed.
    pub token: Option<Secret>,
}

/// How a partner is told now; nothing where its links do not work here any more.
pub fn sending(work: &mut Work<'_>, feature: FeatureId) -> Result<Option<Sending>> {
    let directory = work.directory()?;
    let Some(partner) = at_work(&directory).find(|partner| partner.feature == feature) else { return Ok(None) };
    let url = partner.link.target().resolve(&partner.installed.features)?;
    Ok(Some(Sending { url, token: token(work, partner.installed, feature)? }))
}

fn token(work: &mut Work<'_>, installed: &Installed, feature: FeatureId) -> Result<Option<Secret>> {
    Ok(secrets::open(work, &installed.app, Purpose::Feature(feature))?.into_iter().next())
}

/// Whom to ask before the links of an installed app work: each address once.
pub fn to_validate(work: &mut Work<'_>, uid: &str) -> Result<Vec<Sending>> {
    let installed = here(work, uid)?;
    if !installed.is_enabled {
        return Err(Error::Conflict(format!("the app {uid} is switched off")));
    }
    installed.require_consent()?;
    // Its features may have changed since it was installed, and another app's links may have begun to work.
    let directory = work.directory()?;
    let works = |other: &Installed| other.is_told() && other.links.state == State::Enabled;
    refuse_taken(&directory, &installed.app, types(installed.features.iter().map(|held| &held.feature)), works)?;
    let mut asked: Vec<Sending> = Vec::new();
    for held in &installed.features {
        let Feature::Link(link) = &held.feature else { continue };
        let url = link.target().resolve(&installed.features)?;
        if asked.iter().all(|known| known.url != url) {
            asked.push(Sending { url, token: token(work, &installed, held.id)? });
        }
    }
    match asked.is_empty() {
        true => Err(Error::NotFound("link type")),
        false => Ok(asked),
    }
}

/// Notes what the validation came to: the links work from now on, or it is told why they do not.
pub fn validated(work: &mut Work<'_>, uid: &str, failure: Option<&str>) -> Result<()> {
    set(work, uid, if failure.is_some() { State::Failed } else { State::Enabled }, failure)
}

/// Stops an app's links. They stay where they are, and their partner hears no more of them.
pub fn disable(work: &mut Work<'_>, uid: &str) -> Result<()> {
    set(work, uid, State::Disabled, None)
}

fn set(work: &mut Work<'_>, uid: &str, state: State, error: Option<&str>) -> Result<()> {
    let installed = here(work, uid)?;
    let before = installed.links.state;
    store::set_links(work.conn, work.company, installed.app.id, (state.as_str(), error), work.now)?;
    work.directory_changed()?;
    record(work, json!({"app": uid, "links": [before.as_str(), state.as_str()]}))
}

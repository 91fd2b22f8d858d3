//! Where apps work: installed, switched on and off, taken away; and the directory in which published ones are found.

use std::sync::Arc;

use db::Conn;
use serde_json::json;

use super::features::{self, Feature, Held};
use super::objects::Recogniser;
use super::store::{self, Installation};
use super::{App, changed, get, links, record};
use crate::error::{Error, Result};
use crate::ids::CompanyId;
use crate::oauth;
use crate::time::Timestamp;
use crate::work::Work;

/// An app where it is installed: a line of the company's directory.
#[derive(Debug)]
pub struct Installed {
    /// The app.
    pub app: App,
    /// Whether its features work here.
    pub is_enabled: bool,
    /// Whether anything may leave for it: another company's app has to have been given consent.
    pub is_allowed: bool,
    /// Since when it is here.
    pub installed_at: Timestamp,
    /// What it brings.
    pub features: Vec<Held>,
    /// How its links stand.
    pub links: links::Standing,
    /// What its objects are recognised by.
    pub(super) recognisers: Vec<Recogniser>,
}

impl Installed {
    /// Whether the app is told of what happens here.
    pub fn is_told(&self) -> bool {
        self.is_enabled && self.is_allowed
    }

    /// Refuses an app that nobody has given consent, and says what is to be done.
    pub(super) fn require_consent(&self) -> Result<()> {
        match self.is_allowed {
            true => Ok(()),
            false => Err(Error::Conflict(format!(
                "the app {} is another company's: before anything leaves for it, an administrator must allow it on its \
                 consent page",
                self.app.uid
            ))),
        }
    }
}

/// Whether an app of another company is told of nothing without consent. Its owner may take the OAuth client away later,
/// and a webhook alone asks nobody.
fn needs_consent(features: &[Held]) -> bool {
    features.iter().any(|held| matches!(held.feature, Feature::OAuth(_) | Feature::Webhook(_)))
}

/// The apps that a company has installed, with their features, by number: read when its directory is loaded.
pub(crate) fn installed(conn: &mut Conn, company: CompanyId) -> Result<Vec<Arc<Installed>>> {
    let mut all = Vec::new();
    for row in store::installations(conn, company)? {
        let Some(app) = store::get(conn, row.owner, row.app)? else { continue };
        let features = features::of(conn, &app)?;
        let is_free = app.owner == company || !needs_consent(&features);
        let is_allowed = is_free || oauth::is_allowed(conn, company, app.id)?;
        let (links, Installation { is_enabled, installed_at, .. }) = (links::Standing::read(&row), row);
        let recognisers = Recogniser::all(&features);
        all.push(Arc::new(Installed { app, is_enabled, is_allowed, installed_at, features, links, recognisers }));
    }
    Ok(all)
}

/// A line of the installation's directory of published apps.
#[derive(Debug)]
pub struct Listed {
    /// The app.
    pub app: App,
    /// The words of its features, each once.
    pub kinds: Vec<&'static str>,
    /// Since when others may install it.
    pub published_at: Option<Timestamp>,
    /// Whether it is installed here, and then whether it is switched on.
    pub is_enabled: Option<bool>,
    /// Whether it is installed here, but told of nothing until somebody gives consent.
    pub awaits_consent: bool,
    /// How its links stand where it is installed.
    pub links: Option<links::Standing>,
}

/// Every app that the company may install or has installed: the published ones, and its own.
pub fn list_directory(work: &mut Work<'_>) -> Result<Vec<Listed>> {
    let directory = work.directory()?;
    let line = |app: App, kinds: Vec<&'static str>, published_at: Option<Timestamp>| {
        let here = directory.apps().find(|here| here.app.id == app.id);
        let (is_enabled, links) = (here.map(|here| here.is_enabled), here.map(|here| here.links.clone()));
        let awaits_consent = here.is_some_and(|here| !here.is_allowed);
        Listed { app, kinds, published_at, is_enabled, awaits_consent, links }
    };
    let mut listed: Vec<Listed> = Vec::new();
    for known in store::published(work.conn)? {
        let Some(app) = store::get(work.conn, known.owner, known.app)? else { continue };
        let kinds = features::kinds(&features::of(work.conn, &app)?);
        listed.push(line(app, kinds, known.published_at));
    }
    let own = store::all(work.conn, work.company)?;
    let withdrawn = directory.apps().map(|here| here.app.clone());
    for app in own.into_iter().chain(withdrawn) {
        if listed.iter().all(|known| known.app.id != app.id) {
            let kinds = features::kinds(&features::of(work.conn, &app)?);
            listed.push(line(app, kinds, None));
        }
    }
    Ok(listed)
}

/// Shows an app in the directory, so that every company of this server may install it.
pub fn publish(work: &mut Work<'_>, uid: &str) -> Result<()> {
    let app = get(work, uid)?;
    features::check_publishable(&features::of(work.conn, &app)?)?;
    store::set_published(work.conn, uid, Some(work.now))?;
    changed(work, &app)?;
    record(work, json!({"app": app.uid, "is_published": [false, true]}))
}

/// Takes an app out of the directory. Where it is installed it goes on working.
pub fn withdraw(work: &mut Work<'_>, uid: &str) -> Result<()> {
    let app = get(work, uid)?;
    store::set_published(work.conn, uid, None)?;
    changed(work, &app)?;
    record(work, json!({"app": app.uid, "is_published": [true, false]}))
}

/// Installs an app of one's own or a published one, switched on. Once is enough.
pub fn install(work: &mut Work<'_>, uid: &str) -> Result<()> {
    work.access.require_global()?;
    let known = store::registered(work.conn, uid)?.ok_or(Error::NotFound("app"))?;
    if known.owner != work.company && known.published_at.is_none() {
        return Err(Error::NotFound("app"));
    }
    let app = store::get(work.conn, known.owner, known.app)?.ok_or(Error::NotFound("app"))?;
    let features = features::of(work.conn, &app)?;
    let types = links::types(features.iter().map(|held| &held.feature));
    links::refuse_taken(&*work.directory()?, &app, types, |_| true)?;
    if admit(work, &app)? {
        record(work, json!({"app": app.uid, "is_installed": [false, true]}))?;
    }
    Ok(())
}

/// Whether an app may work here: it does already, or it could be installed.
pub fn is_open(work: &mut Work<'_>, app: &App) -> Result<bool> {
    let directory = work.directory()?;
    if app.owner == work.company || directory.apps().any(|here| here.app.id == app.id) {
        return Ok(true);
    }
    let known = store::registered(work.conn, &app.uid)?;
    Ok(known.is_some_and(|known| known.published_at.is_some()))
}

/// Makes the installation. Answers whether it is new.
pub(super) fn admit(work: &mut Work<'_>, app: &App) -> Result<bool> {
    let installation = Installation {
        app: app.id,
        owner: app.owner,
        is_enabled: true,
        installed_by: work.actor.teammate,
        installed_at: work.now,
        links_state: links::State::Off.as_str().to_string(),
        links_error: None,
        links_checked_at: None,
    };
    if store::insert_installation(work.conn, work.company, &installation)? == 0 {
        return Ok(false);
    }
    // A change of the app that is under way at this moment would not know of the new customer.
    store::touch(work.conn, app.owner, app.id, work.now)?;
    work.directory_changed()?;
    Ok(true)
}

/// Lets an installed app work.
pub fn enable(work: &mut Work<'_>, uid: &str) -> Result<()> {
    switch(work, uid, true)
}

/// Stops an installed app: nothing leaves for it, and nothing that it sends is taken. Its settings stay.
pub fn disable(work: &mut Work<'_>, uid: &str) -> Result<()> {
    switch(work, uid, false)
}

fn switch(work: &mut Work<'_>, uid: &str, is_enabled: bool) -> Result<()> {
    let here = here(work, uid)?;
    if here.is_enabled == is_enabled {
        return Ok(());
    }
    store::set_enabled(work.conn, work.company, here.app.id, is_enabled, work.now)?;
    work.directory_changed()?;
    record(work, json!({"app": uid, "is_enabled": [!is_enabled, is_enabled]}))
}

/// Takes an app away, and with it the leave to act for the company. What it made (links, channels, messages) stays.
pub fn uninstall(work: &mut Work<'_>, uid: &str) -> Result<()> {
    let here = here(work, uid)?;
    store::delete_installation(work.conn, work.company, here.app.owner, here.app.id)?;
    oauth::forget(work, work.company, here.app.id)?;
    work.directory_changed()?;
    record(work, json!({"app": uid, "is_installed": [true, false]}))
}

/// An app that is installed here, whether switched on or not.
pub(crate) fn here(work: &mut Work<'_>, uid: &str) -> Result<Arc<Installed>> {
    work.access.require_global()?;
    let directory = work.directory()?;
    directory.apps().find(|here| here.app.uid == uid).cloned().ok_or(Error::NotFound("app"))
}

//! Apps: what a company's developers register, and what companies install (docs/adr/0006-apps.md).
//!
//! An app is its owner's: a name, secrets, and features that other modules act upon. An installation is its customer's:
//! that the app's features work here. The installed apps of a company are part of its directory.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::channels;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{AppId, ChannelId, CompanyId};
use crate::names;
use crate::oauth;
use crate::time::Timestamp;
use crate::work::Work;

pub mod features;
mod install;
pub mod links;
pub mod objects;
pub mod secrets;
pub(crate) mod store;
#[cfg(test)]
mod tests;
pub mod triggers;
pub mod webhooks;

pub use features::{Feature, Held as HeldFeature};
pub use install::{Installed, Listed, disable, enable, install, is_open, list_directory, publish, uninstall, withdraw};
pub(crate) use install::{here, installed};
pub use store::Installation;

db::record! {
    /// An app as stored.
    #[derive(Debug, Clone)]
    pub struct App {
        pub owner: CompanyId,
        pub id: AppId,
        pub uid: String,
        pub name: String,
        pub description: String,
        pub icon_url: Option<String>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

/// The longest name of an app, in characters.
const LONGEST: usize = 128;
/// The longest description of an app, in characters.
const LONGEST_DESCRIPTION: usize = 2_000;

/// A new app.
#[derive(Debug, Clone)]
pub struct New {
    /// What it is called.
    pub name: String,
    /// What it does, in a sentence or two.
    pub description: String,
    /// Where its icon is.
    pub icon_url: Option<String>,
}

/// A change of an app. What is left out stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Another description.
    pub description: Option<String>,
    /// Another icon, or none.
    pub icon_url: Option<Option<String>>,
}

/// Registers an app with a signing secret, and installs it where it was registered. The secret is shown this once.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<(App, crate::sealing::Secret)> {
    work.access.require_global()?;
    let app = App {
        owner: work.company,
        id: AppId(work.new_id()),
        uid: work.random().hex(8),
        name: names::checked("name", &new.name, LONGEST)?,
        description: checked_description(&new.description)?,
        icon_url: new.icon_url.as_deref().map(features::checked_icon).transpose()?,
        created_at: work.now,
        updated_at: work.now,
    };
    store::insert(work.conn, &app)?;
    store::register(work.conn, &app)?;
    let secret = secrets::add(work, &app, secrets::Purpose::Signing)?;
    install::admit(work, &app)?;
    record(work, json!({"app": [null, app.uid], "name": [null, app.name]}))?;
    Ok((app, secret))
}

/// An app that the company registered.
pub fn get(work: &mut Work<'_>, uid: &str) -> Result<App> {
    work.access.require_global()?;
    let known = store::registered(work.conn, uid)?.filter(|known| known.owner == work.company);
    let id = known.ok_or(Error::NotFound("app"))?.app;
    store::get(work.conn, work.company, id)?.ok_or(Error::NotFound("app"))
}

/// The apps that the company registered, the oldest first.
pub fn list(work: &mut Work<'_>) -> Result<Vec<App>> {
    work.access.require_global()?;
    Ok(store::all(work.conn, work.company)?)
}

/// The company in whose name apps and their channels are looked up before it is known whose they are.
pub const REGISTRY: CompanyId = store::SERVER;

/// Finds an app by its uid, whoever owns it: for those who are called in its name.
pub fn find(work: &mut Work<'_>, uid: &str) -> Result<Option<App>> {
    match store::registered(work.conn, uid)? {
        Some(known) => Ok(store::get(work.conn, known.owner, known.app)?),
        None => Ok(None),
    }
}

/// An app that is installed here, with its features; not found otherwise, or where it is switched off.
pub fn running(work: &mut Work<'_>, uid: &str) -> Result<Arc<Installed>> {
    let directory = work.directory()?;
    let found = directory.apps().find(|installed| installed.app.uid == uid && installed.is_enabled);
    found.cloned().ok_or(Error::NotFound("app"))
}

/// Notes whose a new channel of an app is, so that the tokens of its server lead there.
pub(crate) fn register_channel(work: &mut Work<'_>, app: &App, channel: ChannelId) -> Result<()> {
    store::insert_channel(work.conn, app, channel, work.company)?;
    Ok(())
}

/// Forgets a channel of an app: no token leads there any more.
pub(crate) fn forget_channel(work: &mut Work<'_>, app: &App, channel: ChannelId) -> Result<()> {
    store::delete_channel(work.conn, app, channel)?;
    Ok(())
}

/// Whose a channel of an app is.
pub(crate) fn customer_of(work: &mut Work<'_>, app: &App, channel: ChannelId) -> Result<Option<CompanyId>> {
    Ok(store::customer_of(work.conn, app, channel)?)
}

/// Changes what an app says of itself.
pub fn update(work: &mut Work<'_>, uid: &str, change: &Change) -> Result<App> {
    let before = get(work, uid)?;
    let mut app = before.clone();
    if let Some(name) = &change.name {
        app.name = names::checked("name", name, LONGEST)?;
    }
    if let Some(description) = &change.description {
        app.description = checked_description(description)?;
    }
    if let Some(icon) = &change.icon_url {
        app.icon_url = icon.as_deref().map(features::checked_icon).transpose()?;
    }
    app.updated_at = work.now;
    store::update(work.conn, &app)?;
    changed(work, &app)?;
    record(work, json!({"app": app.uid, "name": [before.name, app.name]}))?;
    Ok(app)
}

/// Removes an app for good, with its secrets, features and installations, wherever they are. Its channels stay, but do not
/// work any more.
pub fn remove(work: &mut Work<'_>, uid: &str) -> Result<()> {
    let app = get(work, uid)?;
    changed(work, &app)?;
    for customer in store::customers(work.conn, app.owner, app.id)? {
        store::delete_installation(work.conn, customer, app.owner, app.id)?;
        oauth::forget(work, customer, app.id)?;
    }
    for (channel, customer) in store::channels(work.conn, app.owner, app.id)? {
        channels::orphaned(work, customer, channel)?;
    }
    store::delete(work.conn, &app)?;
    record(work, json!({"app": [app.uid, null], "name": [app.name, null]}))
}

/// Must be called by whoever changes an app or its features: every company that has it installed reads it anew.
pub(crate) fn changed(work: &mut Work<'_>, app: &App) -> Result<()> {
    store::touch(work.conn, app.owner, app.id, work.now)?;
    for customer in store::customers(work.conn, app.owner, app.id)? {
        match customer == work.company {
            true => work.directory_changed()?,
            false => work.directory_of_other_changed(customer)?,
        }
    }
    Ok(())
}

/// Notes a change in the log of the company that made it.
pub(crate) fn record(work: &mut Work<'_>, change: Value) -> Result<()> {
    events::record_setting(work, Kind::Setting, change)?;
    Ok(())
}

fn checked_description(text: &str) -> Result<String> {
    let text = text.trim();
    let length = text.chars().count();
    if length > LONGEST_DESCRIPTION || text.contains('\0') {
        let why = format!("expected at most {LONGEST_DESCRIPTION} characters without NUL, found {length}");
        return Err(Error::invalid("description", why));
    }
    Ok(text.to_string())
}

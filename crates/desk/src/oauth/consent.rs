//! An admin's leave for an app to act for the company: given on the consent page, taken back in the settings.

use std::sync::Arc;

use db::Conn;
use serde_json::json;

use super::store::{self, Consent, NewCode};
use super::{CODE_LIFE, Client};
use crate::apps::{self, App, Installed};
use crate::error::{Error, Result};
use crate::ids::{AppId, CompanyId, ConsentId, TeammateId};
use crate::teammates;
use crate::tickets::Ticket;
use crate::work::Work;

/// What a client asks for beside consent itself.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Where the code goes.
    pub redirect_uri: String,
    /// What proves at the exchange that it is the same client (PKCE, S256).
    pub challenge: Option<String>,
}

/// Lets an app act for the company, which installs it and switches it on, and makes the code that the app exchanges for
/// its tokens.
pub fn allow(work: &mut Work<'_>, client: &Client, asked: &Asked) -> Result<Ticket> {
    work.access.require_global()?;
    if !client.settings.may_return_to(&asked.redirect_uri) {
        return Err(Error::invalid("redirect_uri", "it is not registered with the app"));
    }
    let uid = &client.app.uid;
    if !work.directory()?.apps().any(|here| here.app.id == client.app.id) {
        apps::install(work, uid)?;
    }
    apps::enable(work, uid)?;
    let consent = give(work, client)?;
    apps::record(work, json!({"app": uid, "may_act": [null, client.settings.scopes]}))?;
    let code = Ticket::make(work);
    let new = NewCode {
        digest: code.digest(),
        consent,
        redirect_uri: &asked.redirect_uri,
        challenge: asked.challenge.as_deref(),
        expires_at: work.now.plus(CODE_LIFE),
    };
    store::forget_codes(work.conn, work.company, consent, work.now)?;
    store::insert_code(work.conn, work.company, &new)?;
    Ok(code)
}

/// Keeps what is allowed from now on; tokens that were given before go by it too.
fn give(work: &mut Work<'_>, client: &Client) -> Result<ConsentId> {
    let known = store::consent_of(work.conn, work.company, client.app.id)?;
    let consent = Consent {
        id: known.as_ref().map_or_else(|| ConsentId(work.new_id()), |known| known.id),
        app: client.app.id,
        bot: bot(work, &client.app)?,
        scopes: json!(client.settings.scopes),
        reaches_private: client.settings.reaches_private,
        given_by: work.actor.teammate,
        given_at: work.now,
    };
    store::keep_consent(work.conn, work.company, &consent)?;
    if known.is_none() {
        // From now on the app is told of what happens here.
        work.directory_changed()?;
    }
    Ok(consent.id)
}

/// The bot that does what the app does: one for good, so that what it did keeps its author.
fn bot(work: &mut Work<'_>, app: &App) -> Result<TeammateId> {
    let source = app.id.to_string();
    let directory = work.directory()?;
    let known = directory.teammates().find(|row| row.r#type == "api" && row.bot_source.as_ref() == Some(&source));
    if let Some(known) = known {
        return Ok(known.id);
    }
    teammates::create(
        work,
        &teammates::New {
            r#type: "api",
            email: format!("{source}@api.portico.invalid"),
            username: source.clone(),
            first_name: app.name.clone(),
            last_name: String::new(),
            is_admin: false,
            bot_source: Some(source),
        },
    )
}

/// An app that may act for the company.
#[derive(Debug)]
pub struct Listed {
    /// What it may do, and who said so.
    pub consent: Consent,
    /// The app.
    pub here: Arc<Installed>,
}

/// The apps that may act for the company, the oldest consent first.
pub fn list(work: &mut Work<'_>) -> Result<Vec<Listed>> {
    work.access.require_global()?;
    let directory = work.directory()?;
    let listed = store::consents(work.conn, work.company)?.into_iter().filter_map(|consent| {
        let here = directory.apps().find(|here| here.app.id == consent.app)?.clone();
        Some(Listed { consent, here })
    });
    Ok(listed.collect())
}

/// Takes the leave back: the app's tokens end at once, and it is switched off, so that it is told of nothing either.
pub fn revoke(work: &mut Work<'_>, uid: &str) -> Result<()> {
    let here = apps::here(work, uid)?;
    let consent = store::consent_of(work.conn, work.company, here.app.id)?.ok_or(Error::NotFound("consent"))?;
    store::delete_consent(work.conn, work.company, consent.id)?;
    apps::disable(work, uid)?;
    // It may have been switched off before.
    work.directory_changed()?;
    apps::record(work, json!({"app": uid, "may_act": [consent.scopes, null]}))
}

/// Whether a company's consent for an app is in force: asked when its directory is loaded.
pub(crate) fn is_allowed(conn: &mut Conn, company: CompanyId, app: AppId) -> Result<bool> {
    Ok(store::consent_of(conn, company, app)?.is_some())
}

/// Must be called by whoever takes an app away from a company.
pub(crate) fn forget(work: &mut Work<'_>, company: CompanyId, app: AppId) -> Result<()> {
    if let Some(consent) = store::consent_of(work.conn, company, app)? {
        store::delete_consent(work.conn, company, consent.id)?;
    }
    Ok(())
}

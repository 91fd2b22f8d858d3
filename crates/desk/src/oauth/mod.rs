//! Apps that act for a company, by the authorization-code grant of OAuth 2.0 (contract/oauth.md): an admin gives consent,
//! the app exchanges a code for tokens, and its requests are made by a bot of its own.
//!
//! The client is the app: its client id is the app's uid, its client secret the app's secret for OAuth.

use crate::access::{Access, Shared};
use crate::apps::features::OAuthClient;
use crate::apps::secrets::{self, Purpose};
use crate::apps::{self, App, Feature, Installed};
use crate::crypto;
use crate::error::{Error, Result};
use crate::ids::{ConsentId, TeammateId, TokenId};
use crate::scopes;
use crate::time::{DAY, MINUTE, Timestamp};
use crate::work::Work;

mod consent;
mod exchange;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub use consent::{Asked, Listed, allow, list, revoke};
pub(crate) use consent::{forget, is_allowed};
pub use exchange::{Issued, Outcome, Shown, end_access, end_refresh, exchange, refresh};
pub use store::Consent;

/// How long a code waits for its exchange (milliseconds).
pub const CODE_LIFE: i64 = 10 * MINUTE;
/// How long an access token opens the API (milliseconds).
pub const ACCESS_LIFE: i64 = 60 * MINUTE;
/// How long a refresh token gives access tokens: six months (milliseconds).
pub const REFRESH_LIFE: i64 = 183 * DAY;
/// In its last day a refresh token gives its successor.
pub const RENEWAL: i64 = DAY;

/// An app that is an OAuth client.
#[derive(Debug, Clone)]
pub struct Client {
    /// The app.
    pub app: App,
    /// Where codes may go, and what the tokens may do.
    pub settings: OAuthClient,
    /// Whether the app is told of events too.
    pub is_told: bool,
}

/// The client with that id, whoever owns it.
pub fn client(work: &mut Work<'_>, id: &str) -> Result<Option<Client>> {
    let Some(app) = apps::find(work, id)? else { return Ok(None) };
    let held = apps::features::of(work.conn, &app)?;
    let is_told = held.iter().any(|held| matches!(held.feature, Feature::Webhook(_)));
    let settings = held.into_iter().find_map(|held| match held.feature {
        Feature::OAuth(settings) => Some(settings),
        _ => None,
    });
    Ok(settings.map(|settings| Client { app, settings, is_told }))
}

/// The client that shows its secret; during a rotation the old one does as well.
pub fn authenticate(work: &mut Work<'_>, id: &str, secret: &str) -> Result<Option<Client>> {
    let Some(client) = client(work, id)? else { return Ok(None) };
    let secrets = secrets::open(work, &client.app, Purpose::OAuth)?;
    Ok(secrets.iter().any(|known| known.is(secret)).then_some(client))
}

/// What an access token opens.
#[derive(Debug, Clone)]
pub struct Opened {
    /// By what leave.
    pub consent: ConsentId,
    /// Who acts.
    pub bot: TeammateId,
    /// What it reaches.
    pub access: Access,
    /// When it ends.
    pub expires_at: Timestamp,
    allowed: Vec<String>,
    wanted: Vec<String>,
}

impl Opened {
    /// Whether the token holds a scope: it must have been allowed, and the app must want it still. What configures the
    /// server, and triggers, are never an app's to use.
    pub fn holds(&self, scope: &str) -> bool {
        let has = |scopes: &[String]| scopes.iter().any(|held| held == "*" || held == scope);
        !scopes::is_own(scope) && has(&self.allowed) && has(&self.wanted)
    }
}

/// What the access token that an app shows opens; not found if it is over, or the app is not to act here any more.
pub fn open(work: &mut Work<'_>, id: TokenId, text: &str) -> Result<Opened> {
    let unknown = || Error::NotFound("token");
    let token = store::token(work.conn, work.company, id)?.filter(|token| token.refresh.is_some());
    let token = token.ok_or_else(unknown)?;
    if token.expires_at <= work.now || !crypto::same(&token.digest, &crypto::sha256(text.as_bytes())) {
        return Err(unknown());
    }
    let consent = store::consent(work.conn, work.company, token.consent)?.ok_or_else(unknown)?;
    let directory = work.directory()?;
    let here = directory.apps().find(|here| here.app.id == consent.app && here.is_enabled).ok_or_else(unknown)?;
    let settings = here.oauth().ok_or_else(unknown)?;
    let reaches_private = consent.reaches_private && settings.reaches_private;
    Ok(Opened {
        consent: consent.id,
        bot: consent.bot,
        access: Access { global: true, shared: Shared::All, private: reaches_private },
        expires_at: token.expires_at,
        allowed: consent.allowed()?,
        wanted: settings.scopes.clone(),
    })
}

impl Installed {
    /// The app's OAuth client, if it is one.
    pub fn oauth(&self) -> Option<&OAuthClient> {
        self.features.iter().find_map(|held| match &held.feature {
            Feature::OAuth(settings) => Some(settings),
            _ => None,
        })
    }
}

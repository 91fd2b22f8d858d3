//! Tokens that the server of an app's channels grants by OAuth (contract/channels.md section 3.2): asked for when a
//! channel is made or connected, kept sealed beside what was given for it, and renewed before they end.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Channel;
use super::application::text;
use super::create::{self, LONGEST};
use crate::apps::features::{Authentication, ChannelType, Credentials, Feature, Grant};
use crate::apps::secrets::{self, Purpose};
use crate::apps::{HeldFeature, Installed};
use crate::error::{Error, Result};
use crate::ids::{AppId, ChannelId};
use crate::names;
use crate::sealing::Secret;
use crate::time::{MINUTE, Timestamp};
use crate::work::Work;

/// How long before its end a token is renewed; one that lives shorter than twice that, in the middle of its life.
const MARGIN: i64 = 5 * MINUTE;

/// What a token is asked for with.
#[derive(Debug, Clone)]
pub struct Ask {
    /// For which app's channels.
    pub app: AppId,
    /// Where.
    pub token_url: String,
    /// The fields of the form.
    pub fields: Vec<(&'static str, Secret)>,
    /// As whom.
    pub client_id: String,
    /// What proves it.
    pub client_secret: Option<Secret>,
    /// Who says whose the token is.
    pub introspection_url: Option<String>,
    /// Whether the token is good for many channels.
    pub is_shared: bool,
}

/// A token.
#[derive(Debug, Clone)]
pub struct Granted {
    /// What the server is shown.
    pub access: Secret,
    /// What the next one is granted for.
    pub refresh: Option<Secret>,
    /// How long it lives, in milliseconds, if its server says so.
    pub lives: Option<i64>,
    /// Whose it is, if its server says so.
    pub named: Named,
}

/// What a partner calls a channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Its name.
    pub name: Option<String>,
    /// Its address, unique among the app's channels.
    pub address: Option<String>,
    /// Whose the token is, where many channels share it.
    pub owner: Option<String>,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ungranted {
    /// The server does not want to grant one: somebody has to connect the channel again.
    Refused(String),
    /// It could not be asked, or was broken.
    Unreachable(String),
}

impl fmt::Display for Ungranted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Ungranted::Refused(why) | Ungranted::Unreachable(why)) = self;
        f.write_str(why)
    }
}

/// For what a token is granted.
pub(super) enum For<'a> {
    /// What was given when the channel was made.
    Given,
    /// What came of a person's consent, and the address that it came to.
    Code(&'a Secret, &'a str),
    /// The token before.
    Refresh(&'a Secret),
}

pub(super) fn server<'a>(
    installed: &'a Installed,
    kind: &ChannelType,
) -> Option<(&'a HeldFeature, &'a Authentication)> {
    installed.features.iter().find_map(|held| match &held.feature {
        Feature::Server(server) if Some(&server.name) == kind.server.as_ref() => Some((held, &server.authentication)),
        _ => None,
    })
}

/// How the token is granted, where the channel's server grants one.
pub(super) fn way(installed: &Installed, kind: &ChannelType) -> Option<Grant> {
    match server(installed, kind)?.1 {
        Authentication::Oauth2 { grant, .. } => Some(*grant),
        _ => None,
    }
}

/// The request for a token.
pub(super) fn ask(
    work: &mut Work<'_>,
    (installed, kind): (&Installed, &ChannelType),
    given: &Map<String, Value>,
    what: &For<'_>,
) -> Result<Ask> {
    let Some((held, Authentication::Oauth2 { grant, token_url, client_id, scopes, introspection_url, .. })) =
        server(installed, kind)
    else {
        return Err(Error::invalid("", "the channel's server grants no tokens"));
    };
    let secret = |name: &str| text(given, name).map(Secret::new);
    let word = |text: &str| Secret::new(text);
    let (client_id, client_secret) = match grant {
        Grant::ClientCredentials => (text(given, "client_id")?, Some(secret("client_secret")?)),
        Grant::Password | Grant::AuthorizationCode => {
            let own = secrets::open(work, &installed.app, Purpose::Feature(held.id))?;
            (client_id.clone(), own.into_iter().next())
        }
    };
    let mut fields = match (what, grant) {
        (For::Refresh(token), _) => vec![("grant_type", word("refresh_token")), ("refresh_token", (*token).clone())],
        (For::Code(code, to), _) => {
            vec![("grant_type", word("authorization_code")), ("code", (*code).clone()), ("redirect_uri", word(to))]
        }
        (For::Given, Grant::ClientCredentials) => vec![("grant_type", word("client_credentials"))],
        (For::Given, Grant::Password) => {
            vec![("grant_type", word("password")), ("username", secret("username")?), ("password", secret("password")?)]
        }
        (For::Given, Grant::AuthorizationCode) => return Err(Error::Conflict("a person has to consent".to_string())),
    };
    if matches!(what, For::Given) && !scopes.is_empty() {
        fields.push(("scope", word(&scopes.join(" "))));
    }
    Ok(Ask {
        app: installed.app.id,
        token_url: token_url.clone(),
        fields,
        client_id,
        client_secret,
        introspection_url: introspection_url.clone(),
        is_shared: kind.credentials == Credentials::Shared,
    })
}

/// Puts a token beside what was given. A server that grants no other refresh token lets the old one go on.
pub(super) fn put(credentials: &mut Map<String, Value>, granted: &Granted) {
    credentials.insert("access_token".to_string(), granted.access.reveal().into());
    if let Some(refresh) = &granted.refresh {
        credentials.insert("refresh_token".to_string(), refresh.reveal().into());
    }
}

/// When a token is renewed: not before its server rejects it, if nobody says how long it lives.
pub(super) fn renew_at(now: Timestamp, granted: &Granted) -> Option<Timestamp> {
    granted.lives.map(|lives| now.plus(lives - MARGIN.min(lives / 2)))
}

/// An app whose channels are asked for, as it is installed here.
pub(super) fn working(work: &mut Work<'_>, app: Option<AppId>) -> Result<Arc<Installed>> {
    let directory = work.directory()?;
    let found = directory.apps().find(|here| Some(here.app.id) == app && here.is_enabled);
    found.cloned().ok_or_else(|| Error::Conflict("the app does not work here any more".to_string()))
}

/// What a partner calls a channel of its app, as it may be kept: looked at before its server hears of the channel.
pub fn named(work: &mut Work<'_>, (app, id): (AppId, ChannelId), named: &Named) -> Result<Named> {
    let checked =
        |field: &str, text: &Option<String>| text.as_ref().map(|text| names::checked(field, text, LONGEST)).transpose();
    let name = checked("front_channel_name", &named.name)?;
    let address = checked("front_channel_address", &named.address)?;
    let directory = work.directory()?;
    let is_taken =
        |channel: &Channel| channel.id != id && channel.app == Some(app) && Some(&channel.address) == address.as_ref();
    match directory.channels().find(|channel| is_taken(channel)) {
        Some(other) => Err(create::taken(&other.address)),
        None => Ok(Named { name, address, owner: None }),
    }
}

//! Tokens that the server of an app's channels grants by a person's consent (contract/channels.md section 3.2): where the
//! person is sent, and what is kept of what they bring back.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, json};

use super::application::{self, Partner, kind};
use super::grant::{self, Ask, For, Granted};
use super::holder::{self, Holder};
use super::{Channel, create, get, renewal, shared, store};
use crate::apps;
use crate::apps::features::{Authentication, Grant};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{AppId, ChannelId, SharedCredentialsId};
use crate::sealing::Secret;
use crate::work::Work;

/// Where a person lets a server grant a token.
#[derive(Debug, Clone)]
pub struct Consent {
    /// The server's page.
    pub authorize_url: String,
    /// As whom we ask.
    pub client_id: String,
    /// What we ask for.
    pub scopes: Vec<String>,
}

/// What a person connects. Its text goes round by the server's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A channel with credentials of its own.
    Channel(ChannelId),
    /// Credentials that channels share, once more.
    Shared(SharedCredentialsId),
    /// New ones of an app, which is named by its uid.
    App(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Channel(id) => id.fmt(f),
            Subject::Shared(id) => id.fmt(f),
            Subject::App(uid) => f.write_str(uid),
        }
    }
}

impl FromStr for Subject {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> std::result::Result<Subject, Self::Err> {
        let shared = || text.parse().map(Subject::Shared);
        Ok(text.parse().map(Subject::Channel).or_else(|_| shared()).unwrap_or_else(|_| Subject::App(text.to_string())))
    }
}

/// The channels of an app that a person connects by consent, each by itself.
pub fn connectable(work: &mut Work<'_>, app: AppId) -> Result<Vec<Channel>> {
    let directory = work.directory()?;
    let is_by_consent = directory
        .apps()
        .filter(|here| here.app.id == app && here.is_enabled)
        .any(|here| kind(here).is_ok_and(|(kind, _)| grant::way(here, kind) == Some(Grant::AuthorizationCode)));
    let mut all = super::list(work, None)?;
    all.retain(|channel| is_by_consent && channel.app == Some(app) && channel.shared.is_none());
    Ok(all)
}

/// The app that a person connects something of.
fn app_of(work: &mut Work<'_>, subject: &Subject) -> Result<std::sync::Arc<apps::Installed>> {
    let installed = match subject {
        Subject::Channel(id) => {
            let channel = get(work, *id)?;
            if channel.shared.is_some() {
                return Err(Error::Conflict(format!("{id} shares its credentials with others: connect those")));
            }
            return grant::working(work, channel.app);
        }
        Subject::Shared(id) => {
            let app = shared::get(work, *id)?.app;
            grant::working(work, Some(app))?
        }
        Subject::App(uid) => {
            work.access.require_global()?;
            apps::running(work, uid)?
        }
    };
    shared::sharing(&installed)?;
    Ok(installed)
}

/// Where a person is sent who connects something.
pub fn begin(work: &mut Work<'_>, subject: &Subject) -> Result<Consent> {
    let installed = app_of(work, subject)?;
    match grant::server(&installed, kind(&installed)?.0) {
        Some((
            _,
            Authentication::Oauth2 {
                authorize_url: Some(url), client_id, scopes, grant: Grant::AuthorizationCode, ..
            },
        )) => Ok(Consent { authorize_url: url.clone(), client_id: client_id.clone(), scopes: scopes.clone() }),
        _ => Err(Error::Conflict(format!("{subject} is not connected by a person's consent"))),
    }
}

/// What is asked for with the code of a person's consent, and the server that is told then; and the app's uid.
pub fn by_code(work: &mut Work<'_>, subject: &Subject, (code, to): (&Secret, &str)) -> Result<(Ask, Partner, String)> {
    let installed = app_of(work, subject)?;
    let ask = grant::ask(work, (&installed, kind(&installed)?.0), &Map::new(), &For::Code(code, to))?;
    let partner = application::bare(work, &installed)?;
    Ok((ask, partner, installed.app.uid.clone()))
}

/// Keeps what a channel was granted, once its server has agreed to it.
pub fn connected(work: &mut Work<'_>, id: ChannelId, (granted, url): (&Granted, Option<&str>)) -> Result<()> {
    let mut channel = get(work, id)?;
    let installed = grant::working(work, channel.app)?;
    let kind_name = kind(&installed)?.0.name.clone();
    let directory = work.directory()?;
    let mut credentials = holder::opened(work, &holder::of(&directory, &channel))?;
    grant::put(&mut credentials, granted);
    renewal::forgive(&mut credentials);
    channel.credentials = Some(holder::sealed(work, Holder::Channel(id), &credentials));
    channel.renew_at = grant::renew_at(work.now, granted);
    if let Some(name) = granted.named.name.as_ref().filter(|_| channel.name == kind_name) {
        channel.name = name.clone();
    }
    if let Some(address) = &granted.named.address {
        channel.address = address.clone();
    }
    if let Some(url) = url {
        channel.webhook_url = Some(application::given_url(url)?);
    }
    store::connect(work.conn, work.company, &channel).map_err(|error| match error.is_duplicate() {
        true => create::taken(&channel.address),
        false => error.into(),
    })?;
    work.directory_changed()?;
    events::record_setting(
        work,
        Kind::Setting,
        json!({"channel": id.to_string(), "is_valid": [channel.is_valid, true]}),
    )?;
    Ok(())
}

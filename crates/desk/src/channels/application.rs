//! Channels that a partner carries through an app (contract/channels.md section 3): announced to the partner's server
//! before they are made, and known by the tokens that the server signs with the app's secret.

use serde_json::{Map, Value};

use super::Channel;
use super::create::{self, LONGEST, checked_settings, checked_url};
use super::grant::{self, Ask, For, Granted};
use super::holder::{self, Holder};
use crate::apps::features::{Authentication, ChannelType, Credentials, Feature, Grant, is_same_server};
use crate::apps::secrets::{self, Purpose};
use crate::apps::{self, Installed};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, CompanyId, InboxId, SharedCredentialsId};
use crate::sealing::Secret;
use crate::time::Timestamp;
use crate::work::Work;
use crate::{inboxes, names};

/// The longest credential, in bytes.
const LONGEST_CREDENTIAL: usize = 4_096;

/// A channel of an app that is to be made.
#[derive(Debug, Clone)]
pub struct New {
    /// Where its messages arrive.
    pub inbox: InboxId,
    /// The app's uid.
    pub app: String,
    /// What people call it; what the app calls its kind of channel, if empty.
    pub name: String,
    /// `undo_send_time`, `all_teammates_can_reply`.
    pub settings: Map<String, Value>,
    /// What the partner's server wants to be shown, by the names that its kind of authentication has for it.
    pub credentials: Map<String, Value>,
}

/// How a partner's server is called.
#[derive(Debug, Clone)]
pub struct Partner {
    /// Where it is.
    pub url: String,
    /// Signs the calls.
    pub key: Secret,
    /// What it is shown beside the signature.
    pub credential: Option<Credential>,
    /// Whether it knows a message again.
    pub is_idempotent: bool,
}

/// What a server is shown, so that it knows whose channel calls.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A token in `Authorization`.
    Bearer(Secret),
    /// User name and password in `Authorization`.
    Basic {
        /// Who.
        username: String,
        /// And the password.
        password: Secret,
    },
    /// A key in a header of the server's choice.
    Key {
        /// The header's name.
        header: String,
        /// The key.
        key: Secret,
    },
}

/// Who is to be asked before a channel is made.
#[derive(Debug, Clone)]
pub struct Announced {
    /// The channel's id.
    pub id: ChannelId,
    /// Its server.
    pub partner: Partner,
    /// The token that the server is to be shown, where it grants one.
    pub ask: Option<Ask>,
    /// Whether a person has to consent first: until then the channel does not work, and nobody is told of it.
    pub is_by_consent: bool,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Agreed {
    /// Where the channel's messages go, if the partner said so.
    pub webhook_url: Option<String>,
    /// The token.
    pub granted: Option<Granted>,
}

/// Checks a channel that is to be made, and says which server is to be told of it and under which id.
pub fn announce(work: &mut Work<'_>, new: &New) -> Result<Announced> {
    checked_settings(&new.settings, &inboxes::get(work, new.inbox)?)?;
    let installed = running(work, &new.app)?;
    let (kind, url) = kind(&installed)?;
    refuse_shared(&installed, kind)?;
    let way = grant::way(&installed, kind);
    let is_by_consent = way == Some(Grant::AuthorizationCode);
    let (ask, credential) = match way {
        Some(_) if is_by_consent => (None, None),
        Some(_) => (Some(grant::ask(work, (&installed, kind), &new.credentials, &For::Given)?), None),
        None => (None, credential(authentication(&installed, kind), &new.credentials)?),
    };
    let partner = Partner { url, key: key(work, &installed)?, credential, is_idempotent: kind.is_idempotent };
    Ok(Announced { id: ChannelId(work.new_id()), partner, ask, is_by_consent })
}

/// Makes a channel that its partner has agreed to; its messages go where the partner said, else where it was announced.
/// One that waits for a person's consent does not work until then.
pub fn create(work: &mut Work<'_>, new: &New, id: ChannelId, agreed: &Agreed) -> Result<()> {
    let installed = running(work, &new.app)?;
    let (kind, _) = kind(&installed)?;
    refuse_shared(&installed, kind)?;
    let mut credentials = new.credentials.clone();
    let is_granted = grant::way(&installed, kind).is_some();
    match &agreed.granted {
        Some(granted) => grant::put(&mut credentials, granted),
        None if is_granted => credentials.clear(),
        None => drop(credential(authentication(&installed, kind), &credentials)?),
    }
    let named = agreed.granted.as_ref().map(|granted| granted.named.clone()).unwrap_or_default();
    let given = Given {
        name: named.name,
        address: named.address,
        shared: None,
        credentials: (!credentials.is_empty()).then(|| holder::sealed(work, Holder::Channel(id), &credentials)),
        renew_at: agreed.granted.as_ref().and_then(|granted| grant::renew_at(work.now, granted)),
        is_valid: !is_granted || agreed.granted.is_some(),
        webhook_url: agreed.webhook_url.clone(),
    };
    make(work, (&installed, new), (id, given))
}

/// What comes from outside for a new channel, and how it is kept.
pub(super) struct Given {
    pub(super) name: Option<String>,
    pub(super) address: Option<String>,
    pub(super) shared: Option<SharedCredentialsId>,
    pub(super) credentials: Option<Vec<u8>>,
    pub(super) renew_at: Option<Timestamp>,
    pub(super) is_valid: bool,
    pub(super) webhook_url: Option<String>,
}

/// Keeps a channel of an app.
pub(super) fn make(
    work: &mut Work<'_>,
    (installed, new): (&Installed, &New),
    (id, given): (ChannelId, Given),
) -> Result<()> {
    checked_settings(&new.settings, &inboxes::get(work, new.inbox)?)?;
    let (kind, url) = kind(installed)?;
    let mut settings = new.settings.clone();
    let mode = |allowed: bool, word: &str| Value::from(if allowed { word } else { "unsupported" });
    settings.insert("compose_mode".to_string(), mode(kind.can_compose, "normal"));
    settings.insert("reply_mode".to_string(), mode(kind.can_reply, "same_channel"));
    let usual = given.name.as_ref().unwrap_or(&kind.name);
    let name = if new.name.trim().is_empty() { usual } else { &new.name };
    let channel = Channel {
        id,
        inbox: new.inbox,
        r#type: "custom".to_string(),
        name: names::checked("name", name, LONGEST)?,
        address: given.address.unwrap_or_else(|| work.random().hex(8)),
        send_as: None,
        settings: Value::Object(settings),
        webhook_url: Some(given.webhook_url.as_deref().map(given_url).transpose()?.unwrap_or(url)),
        contact_type: kind.contact_type.as_str().to_string(),
        is_valid: given.is_valid,
        secret: None,
        app: Some(installed.app.id),
        credentials: given.credentials,
        renew_at: given.renew_at,
        shared: given.shared,
    };
    create::add(work, &channel)?;
    apps::register_channel(work, &installed.app, id)
}

pub(super) fn given_url(url: &str) -> Result<String> {
    checked_url(url)
        .map_err(|_| Error::invalid("application_uid", format!("the app's server gave no address: {url:?}")))
}

/// How the server of an app's channel is called; none if the channel is no app's. Not found where the app does not work
/// here any more.
pub fn partner(work: &mut Work<'_>, channel: &Channel) -> Result<Option<Partner>> {
    let Some(id) = channel.app else { return Ok(None) };
    let directory = work.directory()?;
    let installed = directory.apps().find(|here| here.app.id == id && here.is_enabled).ok_or(Error::NotFound("app"))?;
    let (kind, url) = kind(installed)?;
    let given = holder::opened(work, &holder::of(&directory, channel))?;
    let credential = credential(authentication(installed, kind), &given)?;
    let url = channel.webhook_url.clone().unwrap_or(url);
    Ok(Some(Partner { url, key: key(work, installed)?, credential, is_idempotent: kind.is_idempotent }))
}

/// The server of an app's channels before it is shown anything beside the signature.
pub(super) fn bare(work: &mut Work<'_>, installed: &Installed) -> Result<Partner> {
    let (kind, url) = kind(installed)?;
    Ok(Partner { url, key: key(work, installed)?, credential: None, is_idempotent: kind.is_idempotent })
}

/// Whose a channel is of which an app's token speaks, with the secrets that verify the token. Nothing is found where the
/// channel is not the app's, or the app does not work for the channel's company.
pub fn claimed(work: &mut Work<'_>, uid: &str, channel: ChannelId) -> Result<(CompanyId, Vec<Secret>)> {
    let app = apps::find(work, uid)?.ok_or(Error::NotFound("app"))?;
    let customer = apps::customer_of(work, &app, channel)?.ok_or(Error::NotFound("channel"))?;
    Ok((customer, secrets::open(work, &app, Purpose::Signing)?))
}

/// Refuses a channel that is not carried by a working app of that uid.
pub fn check_claim(work: &mut Work<'_>, uid: &str, channel: ChannelId) -> Result<()> {
    let app = apps::running(work, uid)?.app.id;
    let directory = work.directory()?;
    match directory.channel(channel).is_some_and(|channel| channel.app == Some(app)) {
        true => Ok(()),
        false => Err(Error::NotFound("channel")),
    }
}

/// A channel, if an app carries it.
pub fn carried(work: &mut Work<'_>, id: ChannelId) -> Result<Channel> {
    let channel = super::get(work, id)?;
    match channel.app {
        Some(_) => Ok(channel),
        None => Err(Error::invalid("", format!("{id} is not an application channel"))),
    }
}

/// The kind of channel that one is, as its app has it.
pub(super) fn kind_of(work: &mut Work<'_>, id: ChannelId) -> Result<ChannelType> {
    let app = carried(work, id)?.app;
    let directory = work.directory()?;
    let installed = directory.apps().find(|here| Some(here.app.id) == app).ok_or(Error::NotFound("app"))?;
    kind(installed).map(|(kind, _)| kind.clone())
}

/// The kind of channel that one is, if an app carries it that works here.
pub(crate) fn kind_on(work: &mut Work<'_>, channel: &Channel) -> Result<Option<ChannelType>> {
    let Some(app) = channel.app else { return Ok(None) };
    let directory = work.directory()?;
    let installed = directory.apps().find(|here| here.app.id == app);
    Ok(installed.and_then(|installed| kind(installed).ok()).map(|(kind, _)| kind.clone()))
}

/// Whether an address is of the server that carries a channel, which alone may see what was given for it.
pub(super) fn is_of_server(work: &mut Work<'_>, channel: &Channel, address: &str) -> Result<bool> {
    let directory = work.directory()?;
    let installed = directory.apps().find(|here| Some(here.app.id) == channel.app);
    let server = installed.and_then(|installed| kind(installed).ok()).map(|(_, server)| server);
    Ok(server.is_some_and(|server| is_same_server(&server, address)))
}

/// Notes what the partner says of its channel. One that is offline has to be connected again.
pub fn set_online(work: &mut Work<'_>, id: ChannelId, is_online: bool) -> Result<()> {
    carried(work, id)?;
    super::set_valid(work, id, is_online)
}

/// Channels that share credentials are made at addresses which the partner lists.
fn refuse_shared(installed: &Installed, kind: &ChannelType) -> Result<()> {
    let uid = &installed.app.uid;
    match kind.credentials {
        Credentials::Private => Ok(()),
        Credentials::Shared => Err(Error::invalid(
            "application_uid",
            format!(
                "channels of {} share credentials: give them to /portico/v1/apps/{uid}/shared_credentials, or connect \
                     them on the page /apps/{uid}, and choose an address",
                installed.app.name
            ),
        )),
    }
}

fn running(work: &mut Work<'_>, uid: &str) -> Result<std::sync::Arc<Installed>> {
    apps::running(work, uid).map_err(|error| match error {
        Error::NotFound(_) => Error::invalid("application_uid", format!("unknown application {uid:?}")),
        other => other,
    })
}

/// The kind of channel that an app brings, and where new ones are announced.
pub(super) fn kind(installed: &Installed) -> Result<(&ChannelType, String)> {
    let pick = |feature: &'_ Feature| matches!(feature, Feature::Channel(_));
    let found = installed.features.iter().find(|held| pick(&held.feature)).map(|held| &held.feature);
    match found {
        Some(Feature::Channel(kind)) => Ok((kind, kind.target().resolve(&installed.features)?)),
        _ => Err(Error::invalid("application_uid", format!("{} has no channels", installed.app.uid))),
    }
}

pub(super) fn authentication<'a>(installed: &'a Installed, kind: &ChannelType) -> &'a Authentication {
    let server = installed.features.iter().find_map(|held| match &held.feature {
        Feature::Server(server) if Some(&server.name) == kind.server.as_ref() => Some(server),
        _ => None,
    });
    server.map_or(&Authentication::None, |server| &server.authentication)
}

/// What the server is shown, of what was given.
pub(super) fn credential(authentication: &Authentication, given: &Map<String, Value>) -> Result<Option<Credential>> {
    let text = |name: &str| text(given, name);
    Ok(Some(match authentication {
        Authentication::None => return Ok(None),
        Authentication::Bearer => Credential::Bearer(Secret::new(text("access_token")?)),
        Authentication::Basic => {
            Credential::Basic { username: text("username")?, password: Secret::new(text("password")?) }
        }
        Authentication::ApiKey { header } => {
            Credential::Key { header: header.clone(), key: Secret::new(text("api_key")?) }
        }
        Authentication::Oauth2 { .. } => Credential::Bearer(Secret::new(text("access_token")?)),
    }))
}

/// One of the credentials.
pub(super) fn text(given: &Map<String, Value>, name: &str) -> Result<String> {
    let text = given.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_visible = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    match !text.is_empty() && text.len() <= LONGEST_CREDENTIAL && is_visible {
        true => Ok(text.to_string()),
        false => Err(Error::invalid(format!("credentials.{name}"), "expected visible characters, at most 4096")),
    }
}

/// What leaves is signed with the oldest secret that verifies: a receiver then changes to a new one at leisure.
fn key(work: &mut Work<'_>, installed: &Installed) -> Result<Secret> {
    let all = secrets::open(work, &installed.app, Purpose::Signing)?;
    all.into_iter().next().ok_or_else(|| Error::Internal(format!("{} has no secret", installed.app.uid)))
}

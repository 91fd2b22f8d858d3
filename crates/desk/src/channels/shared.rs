//! Credentials that many channels of an app share (contract/channels.md section 3.3): given or granted once, after which
//! the app's server lists the addresses that they are good for. Each channel is made at one of these. One that has
//! credentials of its own is never asked for addresses.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::application::{self, Given, Partner, authentication, credential, kind};
use super::create::{self, LONGEST, checked_settings};
use super::grant::{self, Ask, For, Granted};
use super::holder::{self, Holder};
use super::store;
use crate::apps::features::{Authentication, ChannelType, Credentials, Grant};
use crate::apps::{self, Installed};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{AppId, ChannelId, InboxId, SharedCredentialsId};
use crate::time::Timestamp;
use crate::work::Work;
use crate::{inboxes, names};

db::record! {
    /// Credentials as stored.
    #[derive(Debug, Clone)]
    pub struct SharedCredentials {
        pub id: SharedCredentialsId,
        pub app: AppId,
        pub name: String,
        pub owner: Option<String>,
        pub credentials: Option<Vec<u8>>,
        pub is_valid: bool,
        pub renew_at: Option<Timestamp>,
    }
}

/// An address that a server has for some credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The address.
    pub address: String,
    /// What it is called there.
    pub name: String,
}

/// Who is to be asked before credentials are kept.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The app's server, which lists the addresses.
    pub partner: Partner,
    /// The token that it is to be shown, where it grants one.
    pub ask: Option<Ask>,
}

/// Credentials whose server has listed their addresses.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// The app's uid.
    pub app: String,
    /// What was given, by the names that the server's kind of authentication has for it.
    pub given: Map<String, Value>,
    /// What was granted.
    pub granted: Option<Granted>,
    /// Those that they take the place of. Without them, they take that of others of the same owner.
    pub instead_of: Option<SharedCredentialsId>,
}

/// A channel at one of the addresses.
#[derive(Debug, Clone)]
pub struct NewChannel {
    /// By which credentials.
    pub shared: SharedCredentialsId,
    /// Where its messages arrive.
    pub inbox: InboxId,
    /// The address.
    pub address: String,
    /// What people call it; what the server calls the address, if empty.
    pub name: String,
    /// `undo_send_time`, `all_teammates_can_reply`.
    pub settings: Map<String, Value>,
}

/// The credentials that channels of an app share, the oldest first.
pub fn list(work: &mut Work<'_>, uid: &str) -> Result<Vec<SharedCredentials>> {
    work.access.require_global()?;
    let directory = work.directory()?;
    let app = directory.apps().find(|here| here.app.uid == uid).ok_or(Error::NotFound("app"))?.app.id;
    Ok(directory.all_shared_credentials().filter(|shared| shared.app == app).cloned().collect())
}

/// Credentials that channels share.
pub fn get(work: &mut Work<'_>, id: SharedCredentialsId) -> Result<SharedCredentials> {
    work.access.require_global()?;
    work.directory()?.shared_credentials(id).cloned().ok_or(Error::NotFound("shared credentials"))
}

/// What credentials of an app are made of, if its channels share them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A person's consent.
    Consent,
    /// What is given, by these names.
    Given(&'static [&'static str]),
}

/// What somebody is asked for who connects an app's channels; none where each has credentials of its own.
pub fn asked(work: &mut Work<'_>, uid: &str) -> Result<Option<Asked>> {
    work.access.require_global()?;
    let directory = work.directory()?;
    let Some(installed) = directory.apps().find(|here| here.app.uid == uid && here.is_enabled) else { return Ok(None) };
    let Ok((kind, _)) = sharing(installed) else { return Ok(None) };
    Ok(Some(match authentication(installed, kind) {
        Authentication::Oauth2 { grant: Grant::AuthorizationCode, .. } => Asked::Consent,
        Authentication::Oauth2 { grant: Grant::ClientCredentials, .. } => Asked::Given(&["client_id", "client_secret"]),
        Authentication::Oauth2 { grant: Grant::Password, .. } | Authentication::Basic => {
            Asked::Given(&["username", "password"])
        }
        Authentication::Bearer => Asked::Given(&["access_token"]),
        Authentication::ApiKey { .. } => Asked::Given(&["api_key"]),
        Authentication::None => Asked::Given(&[]),
    }))
}

/// Checks credentials that are to be shared, and says who is to be asked about them.
pub fn begin(work: &mut Work<'_>, uid: &str, given: &Map<String, Value>) -> Result<Begun> {
    work.access.require_global()?;
    let installed = apps::running(work, uid)?;
    let (kind, _) = sharing(&installed)?;
    let (ask, credential) = match grant::way(&installed, kind) {
        Some(Grant::AuthorizationCode) => {
            return Err(Error::Conflict(format!("a person has to consent, on the page /apps/{uid}/connect")));
        }
        Some(_) => (Some(grant::ask(work, (&installed, kind), given, &For::Given)?), None),
        None => (None, credential(authentication(&installed, kind), given)?),
    };
    Ok(Begun { partner: Partner { credential, ..application::bare(work, &installed)? }, ask })
}

/// What an app's server says of an owner, as it may be kept: looked at before anybody is asked for addresses.
pub fn check_owner(named: &grant::Named) -> Result<()> {
    let check =
        |field: &str, text: &Option<String>| text.as_ref().map(|text| names::checked(field, text, LONGEST)).transpose();
    check("resource_owner_name", &named.name)?;
    check("resource_owner_id", &named.owner).map(drop)
}

/// Keeps credentials. The channels that live by those before them work again.
pub fn keep(work: &mut Work<'_>, new: &New) -> Result<SharedCredentialsId> {
    work.access.require_global()?;
    let installed = apps::running(work, &new.app)?;
    let (kind, _) = sharing(&installed)?;
    let mut credentials = new.given.clone();
    match &new.granted {
        Some(granted) => grant::put(&mut credentials, granted),
        None => drop(credential(authentication(&installed, kind), &credentials)?),
    }
    let named = new.granted.as_ref().map(|granted| granted.named.clone()).unwrap_or_default();
    check_owner(&named)?;
    let before = replaced(work, installed.app.id, (new.instead_of, named.owner.as_deref()))?;
    if let Some(before) = &before
        && before.owner.is_some()
        && named.owner.is_some()
        && before.owner != named.owner
    {
        let whose = named.name.unwrap_or_default();
        return Err(Error::Conflict(format!("they belong to {whose}, those before them to {}", before.name)));
    }
    let id = before.as_ref().map_or_else(|| SharedCredentialsId(work.new_id()), |before| before.id);
    let usual = before.as_ref().map_or(&kind.name, |before| &before.name).clone();
    let shared = SharedCredentials {
        id,
        app: installed.app.id,
        name: named.name.unwrap_or(usual),
        owner: named.owner.or_else(|| before.as_ref()?.owner.clone()),
        credentials: Some(holder::sealed(work, Holder::Shared(id), &credentials)),
        is_valid: before.as_ref().is_none_or(|before| before.is_valid),
        renew_at: new.granted.as_ref().and_then(|granted| grant::renew_at(work.now, granted)),
    };
    let uid = &installed.app.uid;
    store::put_shared(work.conn, work.company, (&shared, work.now)).map_err(|error| match error.is_duplicate() {
        true => Error::Conflict(format!("{} is connected already", shared.name)),
        false => error.into(),
    })?;
    work.directory_changed()?;
    let change = match before {
        Some(_) => json!({"app": uid, "shared_credentials": [id.to_string(), id.to_string()]}),
        None => json!({"app": uid, "shared_credentials": [null, id.to_string()]}),
    };
    events::record_setting(work, Kind::Setting, change)?;
    holder::set_valid(work, Holder::Shared(id), true)?;
    Ok(id)
}

/// Those whose place new credentials take.
fn replaced(
    work: &mut Work<'_>,
    app: AppId,
    (instead_of, owner): (Option<SharedCredentialsId>, Option<&str>),
) -> Result<Option<SharedCredentials>> {
    let directory = work.directory()?;
    let mut of_app = directory.all_shared_credentials().filter(|shared| shared.app == app);
    match instead_of {
        Some(id) => {
            of_app.find(|shared| shared.id == id).cloned().map(Some).ok_or(Error::NotFound("shared credentials"))
        }
        None => Ok(of_app.find(|shared| owner.is_some() && shared.owner.as_deref() == owner).cloned()),
    }
}

/// The server that lists the addresses of credentials.
pub fn partner(work: &mut Work<'_>, id: SharedCredentialsId) -> Result<Partner> {
    let shared = get(work, id)?;
    let installed = grant::working(work, Some(shared.app))?;
    let (kind, _) = sharing(&installed)?;
    let directory = work.directory()?;
    let kept = holder::find(&directory, Holder::Shared(id)).ok_or(Error::NotFound("shared credentials"))?;
    let given = holder::opened(work, &kept)?;
    let credential = credential(authentication(&installed, kind), &given)?;
    Ok(Partner { credential, ..application::bare(work, &installed)? })
}

/// The channels that an app's addresses have already, by address.
pub fn taken(work: &mut Work<'_>, id: SharedCredentialsId) -> Result<HashMap<String, ChannelId>> {
    let app = get(work, id)?.app;
    let directory = work.directory()?;
    let of_app = directory.channels().filter(|channel| channel.app == Some(app));
    Ok(of_app.map(|channel| (channel.address.clone(), channel.id)).collect())
}

/// Checks a channel at an address, and says which server is to be told of it and under which id.
pub fn announce(work: &mut Work<'_>, new: &NewChannel) -> Result<(ChannelId, Partner)> {
    checked_settings(&new.settings, &inboxes::get(work, new.inbox)?)?;
    let address = names::checked("address", &new.address, LONGEST)?;
    if taken(work, new.shared)?.contains_key(&address) {
        return Err(create::taken(&address));
    }
    Ok((ChannelId(work.new_id()), partner(work, new.shared)?))
}

/// Makes a channel at an address that its server has listed, once the server has agreed to it.
pub fn add(work: &mut Work<'_>, new: &NewChannel, (id, url): (ChannelId, Option<&str>)) -> Result<()> {
    let shared = get(work, new.shared)?;
    let installed = grant::working(work, Some(shared.app))?;
    sharing(&installed)?;
    let wanted = application::New {
        inbox: new.inbox,
        app: installed.app.uid.clone(),
        name: new.name.clone(),
        settings: new.settings.clone(),
        credentials: Map::new(),
    };
    let given = Given {
        name: None,
        address: Some(names::checked("address", &new.address, LONGEST)?),
        shared: Some(shared.id),
        credentials: None,
        renew_at: None,
        is_valid: true,
        webhook_url: url.map(str::to_string),
    };
    application::make(work, (&installed, &wanted), (id, given))
}

/// Forgets credentials that no channel lives by.
pub fn remove(work: &mut Work<'_>, id: SharedCredentialsId) -> Result<()> {
    let shared = get(work, id)?;
    if store::delete_shared(work.conn, work.company, id)? == 0 {
        return Err(Error::Conflict(format!("there are channels that live by {}", shared.id)));
    }
    work.directory_changed()?;
    events::record_setting(work, Kind::Setting, json!({"shared_credentials": [id.to_string(), null]}))?;
    Ok(())
}

/// Notes that credentials are good, or that somebody has to connect them again.
pub(super) fn note_valid(work: &mut Work<'_>, id: SharedCredentialsId, is_valid: bool) -> Result<()> {
    let directory = work.directory()?;
    if directory.shared_credentials(id).is_none_or(|shared| shared.is_valid == is_valid) {
        return Ok(());
    }
    store::set_shared_valid(work.conn, work.company, id, is_valid)?;
    work.directory_changed()?;
    let change = json!({"shared_credentials": id.to_string(), "is_valid": [!is_valid, is_valid]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(())
}

/// The kind of an app's channels, and where its server is, if they share credentials.
pub(super) fn sharing(installed: &Installed) -> Result<(&ChannelType, String)> {
    let found = kind(installed)?;
    match found.0.credentials {
        Credentials::Shared => Ok(found),
        Credentials::Private => {
            Err(Error::invalid("", format!("each channel of {} has credentials of its own", installed.app.name)))
        }
    }
}

//! Who holds what the server of an app's channels is shown: a channel its own credentials, or credentials that many
//! channels share. What was given lies sealed, and what was granted beside it.

use std::fmt;

use serde_json::{Map, Value};

use super::{Channel, connection, shared, store};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AppId, ChannelId, CompanyId, SharedCredentialsId};
use crate::sealing::Secret;
use crate::time::Timestamp;
use crate::work::Work;

/// Who holds credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A channel, for itself.
    Channel(ChannelId),
    /// Credentials that many channels share.
    Shared(SharedCredentialsId),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holder::Channel(id) => id.fmt(f),
            Holder::Shared(id) => id.fmt(f),
        }
    }
}

/// What is kept for a holder.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) holder: Holder,
    pub(super) app: Option<AppId>,
    pub(super) credentials: Option<Vec<u8>>,
    pub(super) renew_at: Option<Timestamp>,
}

/// What is kept for a channel: its own, or what it shares with others. It may have been deleted meanwhile.
pub(super) fn of(directory: &Directory, channel: &Channel) -> Kept {
    let shared = channel.shared.and_then(|id| find(directory, Holder::Shared(id)));
    shared.unwrap_or_else(|| Kept {
        holder: Holder::Channel(channel.id),
        app: channel.app,
        credentials: channel.credentials.clone(),
        renew_at: channel.renew_at,
    })
}

/// What is kept for a holder, if there is such a one.
pub(super) fn find(directory: &Directory, holder: Holder) -> Option<Kept> {
    match holder {
        Holder::Channel(id) => directory.channel(id).map(|channel| of(directory, channel)),
        Holder::Shared(id) => directory.shared_credentials(id).map(|shared| Kept {
            holder,
            app: Some(shared.app),
            credentials: shared.credentials.clone(),
            renew_at: shared.renew_at,
        }),
    }
}

/// All whose tokens are renewed one day, and when.
pub(super) fn renewed_one_day(directory: &Directory) -> impl Iterator<Item = (Timestamp, Holder, Option<AppId>)> {
    let own = directory.channels().map(|channel| (channel.renew_at, Holder::Channel(channel.id), channel.app));
    let shared = directory.all_shared_credentials();
    let shared = shared.map(|shared| (shared.renew_at, Holder::Shared(shared.id), Some(shared.app)));
    own.chain(shared).filter_map(|(at, holder, app)| Some((at?, holder, app)))
}

/// What was given and granted.
pub(super) fn opened(work: &mut Work<'_>, kept: &Kept) -> Result<Map<String, Value>> {
    let Some(sealed) = &kept.credentials else { return Ok(Map::new()) };
    let opened = work.sealing_key().open(&place(work.company, kept.holder), sealed)?;
    serde_json::from_str(opened.reveal())
        .map_err(|error| Error::Internal(format!("the credentials of {}: {error}", kept.holder)))
}

/// The same as it is kept.
pub(super) fn sealed(work: &mut Work<'_>, holder: Holder, credentials: &Map<String, Value>) -> Vec<u8> {
    let secret = Secret::new(Value::Object(credentials.clone()).to_string());
    work.sealing_key().seal(work.random(), &place(work.company, holder), &secret)
}

/// Where credentials lie: sealed with it, so that they open nowhere else.
fn place(company: CompanyId, holder: Holder) -> String {
    match holder {
        Holder::Channel(id) => format!("credentials {}/{}", company.0, id.0),
        Holder::Shared(id) => format!("shared credentials {}/{}", company.0, id.0),
    }
}

/// Keeps credentials, and when to renew them.
pub(super) fn keep(
    work: &mut Work<'_>,
    holder: Holder,
    (credentials, renew_at): (&Map<String, Value>, Option<Timestamp>),
) -> Result<()> {
    let sealed = sealed(work, holder, credentials);
    match holder {
        Holder::Channel(id) => store::set_credentials(work.conn, work.company, id, (&sealed, renew_at))?,
        Holder::Shared(id) => store::set_shared_credentials(work.conn, work.company, id, (&sealed, renew_at))?,
    };
    work.directory_changed()
}

/// Says when to renew, if ever.
pub(super) fn put_off(work: &mut Work<'_>, holder: Holder, at: Option<Timestamp>) -> Result<()> {
    match holder {
        Holder::Channel(id) => store::set_renewal(work.conn, work.company, id, at)?,
        Holder::Shared(id) => store::set_shared_renewal(work.conn, work.company, id, at)?,
    };
    work.directory_changed()
}

/// Notes of the channels that live by these credentials that they work, or that somebody has to connect them again.
pub(super) fn set_valid(work: &mut Work<'_>, holder: Holder, is_valid: bool) -> Result<()> {
    let id = match holder {
        Holder::Channel(id) => return connection::set_valid(work, id, is_valid),
        Holder::Shared(id) => id,
    };
    shared::note_valid(work, id, is_valid)?;
    let directory = work.directory()?;
    for channel in directory.channels().filter(|channel| channel.shared == Some(id)) {
        connection::set_valid(work, channel.id, is_valid)?;
    }
    Ok(())
}

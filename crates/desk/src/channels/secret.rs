//! What signs the calls to a custom channel's server: the company's secret, or one of the channel's own, which may be
//! changed without a word to anybody else.

use serde_json::json;

use super::{Channel, get, store};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::ChannelId;
use crate::work::Work;

/// The secret that signs the calls to a channel's server.
pub fn secret<'a>(directory: &'a Directory, channel: &'a Channel) -> &'a str {
    channel.secret.as_deref().unwrap_or(&directory.company.api_secret)
}

/// Whether calls to a channel are signed with a secret of its own or the company's; the error says why not.
pub fn is_signed_here(channel: &Channel) -> Result<()> {
    if channel.app.is_some() {
        return Err(Error::invalid("", "the calls to an app's channel are signed with the app's secret"));
    }
    match channel.r#type.as_str() {
        "custom" => Ok(()),
        other => Err(Error::invalid("", format!("nothing is signed for a channel of type {other}"))),
    }
}

/// Gives a channel a new secret of its own and answers it. Its calls are signed with it from now on.
pub fn rotate_secret(work: &mut Work<'_>, id: ChannelId) -> Result<String> {
    is_signed_here(&get(work, id)?)?;
    let secret = work.random().hex(16);
    keep(work, id, Some(&secret), "rotated")?;
    Ok(secret)
}

/// Takes a channel's own secret away: its calls are signed with the company's again.
pub fn share_secret(work: &mut Work<'_>, id: ChannelId) -> Result<()> {
    match get(work, id)?.secret {
        Some(_) => keep(work, id, None, "the company's"),
        None => Ok(()),
    }
}

/// The log says that a secret changed, not from what to what.
fn keep(work: &mut Work<'_>, id: ChannelId, secret: Option<&str>, how: &str) -> Result<()> {
    store::set_secret(work.conn, work.company, id, secret)?;
    work.directory_changed()?;
    events::record_setting(work, Kind::Setting, json!({"channel": id, "secret": how}))?;
    Ok(())
}

//! A new way in and out.

use serde_json::{Map, Value, json};

use super::{Channel, store};
use crate::apps::features::ContactType;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{ChannelId, InboxId};
use crate::inboxes::{self, Inbox};
use crate::names;
use crate::work::Work;

/// The longest name and address of a channel, in characters.
pub(super) const LONGEST: usize = 256;

/// How long a sent message may wait to be undone, in seconds.
const UNDO_TIMES: &[i64] = &[0, 5, 10, 15, 30, 60];

/// A new channel.
#[derive(Debug, Clone)]
pub struct New {
    /// Where its messages arrive.
    pub inbox: InboxId,
    /// `custom`, `smtp` or `twilio`.
    pub r#type: String,
    /// What people call it; its address, if empty.
    pub name: String,
    /// What the outside knows it by. Left out, it is what it sends as, or for a custom channel a random one.
    pub address: Option<String>,
    /// The address or number it sends as: required by `smtp` and `twilio`.
    pub send_as: Option<String>,
    /// `undo_send_time`, `all_teammates_can_reply`, and what its partner needs (`sid`, `auth_token` ...).
    pub settings: Map<String, Value>,
    /// Where a custom channel's outgoing messages go.
    pub webhook_url: Option<String>,
    /// The source of a custom channel's correspondents' handles; those of others have that of their type.
    pub contact_type: Option<ContactType>,
}

/// Adds a channel to an inbox.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<ChannelId> {
    let inbox = inboxes::get(work, new.inbox)?;
    let usual = match new.r#type.as_str() {
        "custom" => "custom",
        "smtp" => "email",
        "twilio" => "phone",
        other => return Err(Error::invalid("type", format!("expected custom, smtp or twilio, found {other:?}"))),
    };
    if new.r#type != "custom" && new.send_as.is_none() {
        return Err(Error::invalid("send_as", format!("required for {}", new.r#type)));
    }
    if new.r#type == "smtp" && new.send_as.as_ref().is_some_and(|address| !address.contains('@')) {
        return Err(Error::invalid("send_as", "expected an e-mail address"));
    }
    checked_settings(&new.settings, &inbox)?;
    let webhook_url = new.webhook_url.as_deref().map(checked_url).transpose()?;
    let address = match new.address.as_ref().or(new.send_as.as_ref()) {
        Some(address) => names::checked("address", address, LONGEST)?.to_lowercase(),
        None => work.random().hex(8),
    };
    let channel = Channel {
        id: ChannelId(work.new_id()),
        inbox: new.inbox,
        r#type: new.r#type.clone(),
        name: if new.name.trim().is_empty() { address.clone() } else { names::checked("name", &new.name, LONGEST)? },
        address,
        send_as: new.send_as.clone(),
        settings: Value::Object(new.settings.clone()),
        webhook_url,
        contact_type: new
            .contact_type
            .filter(|_| new.r#type == "custom")
            .map_or(usual, ContactType::as_str)
            .to_string(),
        is_valid: true,
        secret: None,
        app: None,
        credentials: None,
        renew_at: None,
        shared: None,
    };
    add(work, &channel)?;
    Ok(channel.id)
}

/// Keeps a new channel.
pub(super) fn add(work: &mut Work<'_>, channel: &Channel) -> Result<()> {
    store::insert(work.conn, work.company, channel, work.now).map_err(|error| {
        if error.is_duplicate() {
            return taken(&channel.address);
        }
        error.into()
    })?;
    work.directory_changed()?;
    let change = json!({"channel": [null, channel.id.to_string()], "inbox": channel.inbox.to_string()});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(())
}

/// Why a channel cannot have an address that another one of the same app has, or of no app either.
pub(super) fn taken(address: &str) -> Error {
    Error::Conflict(format!("there is a channel with the address {address} already"))
}

/// Refuses settings that no channel of such an inbox understands.
pub(super) fn checked_settings(settings: &Map<String, Value>, inbox: &Inbox) -> Result<()> {
    if let Some(undo) = settings.get("undo_send_time")
        && !undo.as_i64().is_some_and(|seconds| UNDO_TIMES.contains(&seconds))
    {
        return Err(Error::invalid(
            "settings.undo_send_time",
            format!("expected 0, 5, 10, 15, 30 or 60, found {undo}"),
        ));
    }
    if let Some(open) = settings.get("all_teammates_can_reply")
        && !open.is_boolean()
    {
        return Err(Error::invalid(
            "settings.all_teammates_can_reply",
            format!("expected true or false, found {open}"),
        ));
    }
    if inbox.is_private() && settings.contains_key("all_teammates_can_reply") {
        return Err(Error::invalid("settings.all_teammates_can_reply", "only shared channels have this setting"));
    }
    Ok(())
}

/// An address that messages can be sent to.
pub(super) fn checked_url(url: &str) -> Result<String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')) && !url.contains(char::is_whitespace) {
        true => Ok(url.to_string()),
        false => {
            Err(Error::invalid("settings.webhook_url", format!("expected an http or https address, found {url:?}")))
        }
    }
}

//! Changing a channel, and moving it with its conversations to another inbox.

use serde_json::{Map, Value, json};

use super::create::{LONGEST, checked_settings, checked_url};
use super::{application, get, store};
use crate::apps::features::ContactType;
use crate::conversations;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{ChannelId, InboxId};
use crate::inboxes;
use crate::names;
use crate::work::Work;

/// What may be replaced on every channel; a custom channel's settings may be replaced altogether.
const COMMON: &[&str] = &["undo_send_time", "all_teammates_can_reply"];

/// What an app's channel has from its app.
const OF_APPS: &[&str] = &["reply_mode", "compose_mode"];

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Another inbox; the channel's conversations move with it.
    pub inbox: Option<InboxId>,
    /// Settings to be replaced; those not named stay.
    pub settings: Map<String, Value>,
    /// What its correspondents are known by, which is fixed: another word is refused.
    pub contact_type: Option<ContactType>,
    /// Another address for outgoing messages of a custom channel, or none any more.
    pub webhook_url: Option<Option<String>>,
}

/// Changes a channel.
pub fn update(work: &mut Work<'_>, id: ChannelId, change: &Change) -> Result<()> {
    let before = get(work, id)?;
    let mut row = before.clone();
    if let Some(name) = &change.name {
        row.name = names::checked("name", name, LONGEST)?;
    }
    let inbox = match change.inbox {
        Some(id) => inboxes::get(work, id).map_err(|_| Error::invalid("inbox_id", format!("unknown inbox {id}")))?,
        None => inboxes::get(work, before.inbox)?,
    };
    checked_settings(&change.settings, &inbox)?;
    if change.contact_type.is_some_and(|kind| kind.as_str() != row.contact_type) {
        return Err(Error::invalid("settings.contact_type", format!("it is {} for good", row.contact_type)));
    }
    for (name, value) in &change.settings {
        if row.app.is_some() && OF_APPS.contains(&name.as_str()) {
            return Err(Error::invalid(format!("settings.{name}"), "the app of the channel decides it"));
        }
        if row.r#type != "custom" && !COMMON.contains(&name.as_str()) {
            return Err(Error::invalid(format!("settings.{name}"), format!("not of a channel of type {}", row.r#type)));
        }
        if let Value::Object(settings) = &mut row.settings {
            settings.insert(name.clone(), value.clone());
        }
    }
    if let Some(url) = &change.webhook_url {
        if row.r#type != "custom" {
            return Err(Error::invalid("settings.webhook_url", "only custom channels have one"));
        }
        let url = url.as_deref().map(checked_url).transpose()?;
        // Whoever may change a channel may not have its credentials shown to somebody else.
        let is_of_server = match &url {
            Some(url) if row.app.is_some() => application::is_of_server(work, &row, url)?,
            _ => true,
        };
        if row.webhook_url != url && !is_of_server {
            return Err(Error::invalid(
                "settings.webhook_url",
                "expected an address of the server of the channel's app",
            ));
        }
        row.webhook_url = url;
    }
    row.inbox = inbox.id;
    if before.inbox != inbox.id {
        conversations::follow_channel(work, id, before.inbox, &inbox)?;
    }
    let mut changed = Map::new();
    for (field, before, after) in [
        ("name", json!(before.name), json!(row.name)),
        ("inbox", json!(before.inbox), json!(row.inbox)),
        ("webhook_url", json!(before.webhook_url), json!(row.webhook_url)),
    ] {
        if before != after {
            changed.insert(field.to_string(), json!([before, after]));
        }
    }
    if before.settings != row.settings {
        // Settings hold passwords: the log says that they changed, not from what to what.
        changed.insert("settings".to_string(), json!("replaced"));
    }
    if changed.is_empty() {
        return Ok(());
    }
    store::update(work.conn, work.company, &row)?;
    work.directory_changed()?;
    changed.insert("channel".to_string(), json!(id));
    events::record_setting(work, Kind::Setting, changed.into())?;
    Ok(())
}

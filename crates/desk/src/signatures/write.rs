//! Making, changing and deleting signatures.

use serde_json::{Map, Value, json};

use super::{Signature, find, store};
use crate::access::Owner;
use crate::channels::{self, Which};
use crate::crypto::{hex, sha256};
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::{ChannelId, SignatureId};
use crate::messages::Content;
use crate::names;
use crate::work::Work;

/// The longest name, and the longest name of a sender, in characters.
const LONGEST: usize = 200;
/// The longest body, in characters of HTML.
const LONGEST_BODY: usize = 100_000;

/// A new signature.
#[derive(Debug, Clone)]
pub struct New {
    /// Whose it is: a workspace's or a teammate's.
    pub owner: Owner,
    /// What it is called.
    pub name: String,
    /// The name that e-mails with it are sent under; may hold variables.
    pub sender_info: Option<String>,
    /// What it says, as HTML with variables.
    pub content: Content,
    /// Whether it is the one that is used where nothing else is said.
    pub is_default: bool,
    /// Of a workspace's: whether it is for its teammates' own channels as well.
    pub is_for_people: bool,
    /// The channels that it is for; `None` for all.
    pub channels: Option<Vec<Which>>,
}

/// What is to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Another name of the sender, or none.
    pub sender_info: Option<Option<String>>,
    /// Another text.
    pub content: Option<Content>,
    /// Whether it is the one that is used where nothing else is said.
    pub is_default: Option<bool>,
    /// Whether it is for the teammates' own channels as well.
    pub is_for_people: Option<bool>,
    /// Other channels, or all.
    pub channels: Option<Option<Vec<Which>>>,
}

/// Adds a signature. A new default one takes the place of the old.
///
/// # Errors
/// Refuses channels that are not the owner's.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<SignatureId> {
    new.owner.check(work)?;
    let signature = Signature {
        id: SignatureId(work.new_id()),
        team: new.owner.team(),
        owner: new.owner.teammate(),
        name: names::checked("name", &new.name, LONGEST)?,
        sender_info: checked_sender(new.sender_info.as_deref())?,
        is_default: new.is_default,
        is_for_people: checked_for_people(new.owner, new.is_for_people)?,
        channels: checked_channels(work, new.owner, new.channels.as_deref())?,
        created_at: work.now,
        updated_at: work.now,
        body: checked_body(&new.content)?,
    };
    let before = displace(work, &signature)?;
    store::insert(work.conn, work.company, &signature)?;
    let mut change = json!({"signature": [null, signature.id], "name": [null, signature.name]});
    if signature.is_default {
        change["default"] = json!([before, signature.id]);
    }
    events::record_setting(work, Kind::Setting, change)?;
    Ok(signature.id)
}

/// Changes a signature. What changes nothing is not in the log.
///
/// # Errors
/// Refuses channels that are not the owner's.
pub fn update(work: &mut Work<'_>, id: SignatureId, change: &Change) -> Result<()> {
    let before = find(work, id)?;
    let mut signature = before.clone();
    if let Some(name) = &change.name {
        signature.name = names::checked("name", name, LONGEST)?;
    }
    if let Some(sender) = &change.sender_info {
        signature.sender_info = checked_sender(sender.as_deref())?;
    }
    if let Some(content) = &change.content {
        signature.body = checked_body(content)?;
    }
    if let Some(channels) = &change.channels {
        signature.channels = checked_channels(work, before.owner(), channels.as_deref())?;
    }
    if let Some(is_for_people) = change.is_for_people {
        signature.is_for_people = checked_for_people(before.owner(), is_for_people)?;
    }
    signature.is_default = change.is_default.unwrap_or(before.is_default);
    let mut changed = Map::new();
    let mut note = |field: &str, before: Value, after: Value| {
        if before != after {
            changed.insert(field.to_string(), json!([before, after]));
        }
    };
    note("name", json!(before.name), json!(signature.name));
    note("sender_info", json!(before.sender_info), json!(signature.sender_info));
    note("channels", json!(before.channels), json!(signature.channels));
    note("is_for_people", json!(before.is_for_people), json!(signature.is_for_people));
    note("is_default", json!(before.is_default), json!(signature.is_default));
    // The log tells that it is another text, and would be as long as all of them together if it told which.
    note("body", json!(fingerprint(&before.body)), json!(fingerprint(&signature.body)));
    if changed.is_empty() {
        return Ok(());
    }
    signature.updated_at = work.now;
    if !before.is_default {
        let displaced = displace(work, &signature)?;
        if signature.is_default {
            changed.insert("default".to_string(), json!([displaced, id]));
        }
    }
    store::update(work.conn, work.company, &signature)?;
    changed.insert("signature".to_string(), json!(id));
    events::record_setting(work, Kind::Setting, changed.into())?;
    Ok(())
}

/// Deletes a signature. Messages that have it keep its text; drafts lose it.
pub fn delete(work: &mut Work<'_>, id: SignatureId) -> Result<()> {
    let signature = find(work, id)?;
    store::delete(work.conn, work.company, id)?;
    let change = json!({"signature": [id, null], "name": [signature.name, null]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(())
}

/// Makes room for a default signature. Answers which was the default before.
fn displace(work: &mut Work<'_>, signature: &Signature) -> Result<Option<SignatureId>> {
    let known = match signature.is_default {
        true => store::default_of(work.conn, work.company, signature.owner())?,
        false => None,
    };
    let Some(known) = known else { return Ok(None) };
    let other = Signature { is_default: false, updated_at: work.now, ..known };
    store::update(work.conn, work.company, &other)?;
    Ok(Some(other.id))
}

fn fingerprint(text: &str) -> String {
    hex(&sha256(text.as_bytes()))
}

fn checked_sender(sender: Option<&str>) -> Result<Option<String>> {
    let sender = sender.map(str::trim).filter(|text| !text.is_empty());
    sender.map(|text| names::checked("sender_info", text, LONGEST)).transpose()
}

fn checked_body(content: &Content) -> Result<String> {
    names::short("body", &content.body, LONGEST_BODY)?;
    Ok(content.body.clone())
}

fn checked_for_people(owner: Owner, is_for_people: bool) -> Result<bool> {
    match (owner, is_for_people) {
        (Owner::Teammate(_), true) => {
            let why = "only a workspace's signature can be for the channels of all its teammates";
            Err(Error::invalid("is_visible_for_all_teammate_channels", why))
        }
        _ => Ok(is_for_people),
    }
}

/// The channels as they are kept: the workspace's, or those from which the teammate may write.
fn checked_channels(work: &mut Work<'_>, owner: Owner, channels: Option<&[Which]>) -> Result<Option<Value>> {
    let Some(named) = channels else { return Ok(None) };
    let mut kept: Vec<ChannelId> = Vec::new();
    for (at, which) in named.iter().enumerate() {
        let field = format!("channel_ids[{at}]");
        let id = channels::resolve(work, which).map_err(|error| match error {
            Error::NotFound(_) => Error::invalid(&field, "there is no such channel"),
            other => other,
        })?;
        let directory = work.directory()?;
        let inbox = directory.channel(id).and_then(|channel| directory.inbox(channel.inbox));
        let is_near = inbox.is_some_and(|inbox| match owner {
            Owner::Company => true,
            Owner::Team(team) => inbox.team == Some(team),
            Owner::Teammate(teammate) => inbox.owner.is_none_or(|owner| owner == teammate),
        });
        if !is_near {
            return Err(Error::invalid(&field, format!("{id} belongs to somebody else")));
        }
        if !kept.contains(&id) {
            kept.push(id);
        }
    }
    Ok(Some(json!(kept)))
}

//! Application triggers (contract/rules.md section 8): something happened outside, and rules run on every conversation
//! that holds the object.

use serde_json::{Map, Value, json};

use super::features::Feature;
use super::objects::type_of;
use super::running;
use crate::conversations::hold;
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::ids::LinkId;
use crate::links;
use crate::work::{ActorKind, Work};

/// The object that an event is about.
#[derive(Debug, Clone)]
pub enum About {
    /// By its id.
    Id(LinkId),
    /// By its address.
    Address(String),
}

/// An event outside.
#[derive(Debug, Clone)]
pub struct Happened {
    /// Its type, as the app's trigger names it.
    pub event_type: String,
    /// What it is about.
    pub about: About,
    /// Whatever else the app tells. Texts of rules may use what the app's trigger or the rule's own declares.
    pub payload: Map<String, Value>,
}

/// The most bytes that an event may tell.
const LARGEST: usize = 16 * 1024;

/// Lets the rules of an app's trigger run, in the conversations that hold the object; answers how many they are.
pub fn fire(work: &mut Work<'_>, uid: &str, happened: &Happened) -> Result<usize> {
    if work.actor.kind == ActorKind::OauthClient {
        return Err(Error::Forbidden("an app's own token may not trigger its events; an API token may".to_string()));
    }
    let installed = running(work, uid)?;
    installed.require_consent()?;
    let properties = installed.features.iter().find_map(|held| match &held.feature {
        Feature::Trigger(trigger) if trigger.event_type == happened.event_type => Some(&trigger.properties),
        _ => None,
    });
    let Some(properties) = properties else {
        let why = format!("the application has no trigger {:?}", happened.event_type);
        return Err(Error::invalid("event_type", why));
    };
    let length = serde_json::to_string(&happened.payload).map_or(usize::MAX, |text| text.len());
    if length > LARGEST {
        return Err(Error::invalid("", format!("{length} bytes, at most {LARGEST} are possible")));
    }
    let link = match &happened.about {
        About::Id(id) => links::load(work, &[*id])?.pop(),
        About::Address(url) => links::at(work, url)?,
    };
    let Some(link) = link.filter(|link| link.r#type == type_of(&installed.app)) else {
        return Err(Error::invalid("app_object", "the application has no such object here"));
    };
    let change = json!({
        "application": installed.app.id.0,
        "event_type": happened.event_type,
        "payload": happened.payload,
        "declared": properties.iter().map(|property| &property.name).collect::<Vec<_>>(),
    });
    let conversations = links::conversations(work, link.id)?;
    for id in &conversations {
        let mut held = match hold(work, *id) {
            Err(Error::NotFound(_) | Error::Moved(_)) => continue,
            other => other?,
        };
        held.record(work, Record::with(Kind::AppEvent, TargetKind::Link, link.id.0).changing(change.clone()))?;
        held.save(work)?;
    }
    Ok(conversations.len())
}

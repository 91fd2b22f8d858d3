//! How the partner makes itself known: an app with a server and a kind of channel, installed, and one channel of it. A
//! second run finds what the first one made.

use desk::sealing::Secret;
use http::Method;
use serde_json::{Value, json};

use super::kept::{self, Kept};
use super::portico::{Portico, Voice};
use super::{Partner, Registered};
use crate::failure::Failure;

/// What app, kind of channel and channel are called.
const NAME: &str = "Sample channel";
/// Where Portico calls, below the server's address.
const PATH: &str = "/front";

/// Registers whatever is not registered yet.
pub(super) async fn register(partner: &Partner) -> Result<Registered, Failure> {
    let (portico, data) = (&partner.portico, &partner.settings.data);
    let mut kept = app(portico, kept::read(data)).await?;
    kept::write(data, &kept)?;
    feature(portico, &kept.app, server(&partner.url)).await?;
    feature(portico, &kept.app, kind()).await?;
    for step in ["install", "enable"] {
        portico.call(Method::POST, &format!("/portico/v1/apps/{}/{step}", kept.app), Some(&json!({}))).await?;
    }
    let voice =
        |channel: &str| Voice { app: kept.app.clone(), secret: kept.secret.clone(), channel: channel.to_string() };
    // From here on calls can be verified.
    partner.chats.speak_as(voice(kept.channel.as_deref().unwrap_or_default()));
    let channel = match found(portico, kept.channel.as_deref()).await? {
        Some(channel) => {
            let moved = json!({"settings": {"webhook_url": partner.url.clone() + &address(&channel)}});
            portico.call(Method::PATCH, &format!("/channels/{channel}"), Some(&moved)).await?;
            channel
        }
        None => {
            let inbox = inbox(portico, partner.settings.inbox.as_deref()).await?;
            let wanted = json!({"type": "custom", "name": NAME, "application_uid": kept.app});
            portico.call(Method::POST, &format!("/inboxes/{inbox}/channels"), Some(&wanted)).await?;
            // Portico said the channel's id when it asked for leave to make it.
            partner
                .chats
                .announced()
                .ok_or_else(|| Failure::new("the channel was made without a call to this server"))?
        }
    };
    partner.chats.speak_as(voice(&channel));
    kept.channel = Some(channel.clone());
    kept::write(data, &kept)?;
    Ok(Registered { app: kept.app, channel })
}

/// Where Portico is to call for one channel: an address for each tells them apart.
pub(super) fn address(channel: &str) -> String {
    format!("{PATH}/{channel}")
}

/// The app with its secret: the one of an earlier run, the one of that name, or a new one.
async fn app(portico: &Portico, kept: Option<Kept>) -> Result<Kept, Failure> {
    let kept = kept.filter(|kept| kept.portico == portico.url());
    let all = portico.call(Method::GET, "/portico/v1/apps", None).await?;
    let mut uids = rows(&all).filter(|row| row["name"] == NAME).filter_map(|row| row["uid"].as_str());
    let found = uids.next().map(str::to_string);
    if let (Some(found), Some(kept)) = (&found, kept)
        && &kept.app == found
    {
        return Ok(kept);
    }
    // A secret is shown only once. Who lost it asks for another, and ends the old one at once.
    let (path, body) = match &found {
        Some(uid) => (format!("/portico/v1/apps/{uid}/secrets/rotate"), json!({"overlap": 0})),
        None => {
            let description = "A tiny chat page that shows how a channel of an app works.";
            ("/portico/v1/apps".to_string(), json!({"name": NAME, "description": description}))
        }
    };
    let made = portico.call(Method::POST, &path, Some(&body)).await?;
    let text = |name: &str| made[name].as_str().map(str::to_string);
    let missing = || Failure::new("Portico answered without the app's uid or secret");
    let app = found.or(text("uid")).ok_or_else(missing)?;
    let secret = Secret::new(text("secret").ok_or_else(missing)?);
    Ok(Kept { portico: portico.url().to_string(), app, secret, channel: None })
}

/// The server that Portico calls.
fn server(url: &str) -> Value {
    json!({"kind": "server", "name": "main", "base_url": url, "authentication": {"type": "none"}})
}

/// The kind of channel. Portico repeats a call only where the partner knows a message again, as this one does.
fn kind() -> Value {
    json!({"kind": "channel", "name": NAME, "description": "A tiny chat page", "server": "main", "url": PATH,
           "contact_type": "custom", "can_compose": true, "can_reply": true, "has_attachments": false,
           "composer": "basic", "is_idempotent": true})
}

/// Adds a feature to the app, or gives the one of its kind these settings.
async fn feature(portico: &Portico, app: &str, settings: Value) -> Result<(), Failure> {
    let path = format!("/portico/v1/apps/{app}/features");
    let all = portico.call(Method::GET, &path, None).await?;
    let same = rows(&all).find(|row| row["settings"]["kind"] == settings["kind"]);
    let id = same.and_then(|row| row["id"].as_str());
    let body = json!({"settings": settings});
    match id {
        Some(id) => portico.call(Method::PUT, &format!("{path}/{id}"), Some(&body)).await?,
        None => portico.call(Method::POST, &path, Some(&body)).await?,
    };
    Ok(())
}

/// The channel of an earlier run, if it is there still.
async fn found(portico: &Portico, channel: Option<&str>) -> Result<Option<String>, Failure> {
    let Some(channel) = channel else { return Ok(None) };
    let all = portico.call(Method::GET, "/channels", None).await?;
    Ok(rows(&all).find(|row| row["id"] == channel).map(|_| channel.to_string()))
}

/// The inbox that was named, or the first one that is shared.
async fn inbox(portico: &Portico, named: Option<&str>) -> Result<String, Failure> {
    if let Some(named) = named {
        return Ok(named.to_string());
    }
    let all = portico.call(Method::GET, "/inboxes", None).await?;
    let shared = rows(&all).find(|row| row["is_private"] == false).and_then(|row| row["id"].as_str());
    shared.map(str::to_string).ok_or_else(|| Failure::new("there is no shared inbox; name one with --inbox"))
}

fn rows(answer: &Value) -> impl Iterator<Item = &Value> {
    answer["_results"].as_array().into_iter().flatten()
}

//! Credentials that many channels of an app share (contract/channels.md section 3.3): given once, after which channels are
//! made at the addresses that the app's server lists for them.

use std::sync::Arc;

use desk::Work;
use desk::channels;
use desk::channels::shared::{self, NewChannel, SharedCredentials};
use desk::ids::{ChannelId, InboxId, SharedCredentialsId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::channels::Settings;
use crate::connecting::{self, Address};

/// Credentials that channels share. Their text is never shown.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SharedCredentials")]
pub(crate) struct Shown {
    id: SharedCredentialsId,
    /// What the app's server calls their owner; else what the app calls its channels.
    name: String,
    /// The owner as the app's server knows it, if it says so.
    owner_id: Option<String>,
    /// Whether they work; otherwise somebody has to connect them again.
    is_valid: bool,
    /// The channels that live by them.
    channel_ids: Vec<ChannelId>,
}

/// Credentials that were just given, with the addresses that they are good for.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ConnectedCredentials {
    #[serde(flatten)]
    credentials: Shown,
    addresses: Vec<ShownAddress>,
}

/// An address that shared credentials are good for.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SharedAddress")]
pub(crate) struct ShownAddress {
    address: String,
    /// What it is called there.
    name: String,
    /// The channel that it has already.
    channel_id: Option<ChannelId>,
}

/// What the app's server is shown.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShareCredentials {
    /// By how the server is told who calls: `api_key`, `access_token`, or `username` and `password`; where it grants tokens
    /// by OAuth, `client_id` and `client_secret`, or `username` and `password`. Where a person has to consent, they are
    /// connected on the app's page instead.
    #[serde(default)]
    credentials: Option<Map<String, Value>>,
}

/// A channel at an address.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectAddress {
    /// One of the addresses that the app's server lists.
    address: String,
    /// Where its messages arrive.
    inbox_id: InboxId,
    /// What it is called; what the app's server calls the address, if left out.
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    settings: Option<Settings>,
}

fn shown(work: &mut Work<'_>, row: &SharedCredentials) -> desk::Result<Shown> {
    let directory = work.directory()?;
    let of_it = directory.channels().filter(|channel| channel.shared == Some(row.id));
    Ok(Shown {
        id: row.id,
        name: row.name.clone(),
        owner_id: row.owner.clone(),
        is_valid: row.is_valid,
        channel_ids: of_it.map(|channel| channel.id).collect(),
    })
}

fn shown_address(Address { offered, channel }: Address) -> ShownAddress {
    ShownAddress { address: offered.address, name: offered.name, channel_id: channel }
}

/// `GET /portico/v1/apps/{app_uid}/shared_credentials`
pub async fn list(call: Call) -> Result {
    let uid = call.segment(0).to_string();
    let paging = call.whole()?;
    call.read(move |work| {
        let all = shared::list(work, &uid)?;
        let rows: Vec<Shown> = all.iter().map(|row| shown(work, row)).collect::<desk::Result<_>>()?;
        Answer::list(&paging, rows)
    })
    .await
}

/// `POST /portico/v1/apps/{app_uid}/shared_credentials`: nothing is kept unless the app's server lists their addresses.
pub async fn create(call: Call) -> Result {
    let (uid, body): (String, ShareCredentials) = (call.segment(0).to_string(), call.body()?);
    let new = shared::New { app: uid, given: body.credentials.unwrap_or_default(), ..Default::default() };
    keep(call, new).await
}

/// `PUT /portico/v1/shared_credentials/{shared_credentials_id}`: others in their place, for all channels that live by them.
pub async fn replace(call: Call) -> Result {
    let (id, body): (SharedCredentialsId, ShareCredentials) = (call.id(0)?, call.body()?);
    let find = move |work: &mut Work<'_>| {
        let app = shared::get(work, id)?.app;
        let directory = work.directory()?;
        let here = directory.apps().find(|here| here.app.id == app).ok_or(desk::Error::NotFound("app"))?;
        Ok(here.app.uid.clone())
    };
    let app = call.app.desk.read(&call.caller, find).await?;
    let given = body.credentials.unwrap_or_default();
    keep(call, shared::New { app, given, instead_of: Some(id), granted: None }).await
}

async fn keep(call: Call, new: shared::New) -> Result {
    let app = Arc::clone(&call.app);
    let task = async move {
        if let Some(answer) = call.kept().await? {
            return Ok(answer);
        }
        let (new, addresses) = connecting::proven(&call.app, &call.caller, new).await?;
        call.write(move |work| {
            let id = shared::keep(work, &new)?;
            let row = shared::get(work, id)?;
            let addresses = connecting::with_channels(work, id, &addresses)?.into_iter().map(shown_address).collect();
            let whole = ConnectedCredentials { credentials: shown(work, &row)?, addresses };
            match new.instead_of {
                Some(_) => Answer::ok(&whole),
                None => Answer::created(&whole),
            }
        })
        .await
    };
    app.to_the_end("shared credentials", task).await
}

/// `GET /portico/v1/shared_credentials/{shared_credentials_id}/addresses`: asks the app's server.
pub async fn addresses(call: Call) -> Result {
    let id: SharedCredentialsId = call.id(0)?;
    let paging = call.whole()?;
    let all = connecting::addresses(&call.app, &call.caller, id).await?;
    Ok(Answer::list(&paging, all.into_iter().map(shown_address))?)
}

/// `POST /portico/v1/shared_credentials/{shared_credentials_id}/channels`: nothing is kept if the app's server refuses.
pub async fn connect_address(call: Call) -> Result {
    let (shared, body): (SharedCredentialsId, ConnectAddress) = (call.id(0)?, call.body()?);
    let new = NewChannel {
        shared,
        inbox: body.inbox_id,
        address: body.address,
        name: body.name.unwrap_or_default(),
        settings: body.settings.unwrap_or_default().given(),
    };
    let app = Arc::clone(&call.app);
    // The app's server hears of the channel before it is kept, so it is kept although nobody may be waiting any more.
    let task = async move {
        if let Some(answer) = call.kept().await? {
            return Ok(answer);
        }
        let (new, id, url) = connecting::agreed_address(&call.app, &call.caller, new).await?;
        call.write(move |work| {
            shared::add(work, &new, (id, url.as_deref()))?;
            let row = channels::get(work, id)?;
            let directory = work.directory()?;
            Answer::created(&wire::channels::channel(context(work, &directory), &row))
        })
        .await
    };
    app.to_the_end("a channel", task).await
}

/// `DELETE /portico/v1/shared_credentials/{shared_credentials_id}`
pub async fn delete(call: Call) -> Result {
    let id: SharedCredentialsId = call.id(0)?;
    call.write(move |work| {
        shared::remove(work, id)?;
        Answer::no_content()
    })
    .await
}

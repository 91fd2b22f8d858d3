//! What the public API does not show of channels: where their messages go, and what signs them; and their end.

use desk::channels::{self, Which};
use desk::{Error, Work};
use schemars::JsonSchema;
use serde::Serialize;

use crate::answer::Answer;
use crate::call::{Call, Result};
use crate::edge::error::Problem;

/// The secret of a channel.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ChannelSecret")]
pub(crate) struct Secret {
    /// Signs the calls to the channel's server.
    secret: String,
    /// Whether it is the channel's own; otherwise it is the company's.
    is_own: bool,
    /// Where messages go; null if nowhere.
    webhook_url: Option<String>,
}

fn which(call: &Call) -> Result<Which> {
    Ok(call.segment(0).parse().map_err(|_: Error| Problem::unknown_resource())?)
}

fn shown(work: &mut Work<'_>, which: &Which) -> desk::Result<Answer> {
    let id = channels::resolve(work, which)?;
    let channel = channels::get(work, id)?;
    channels::is_signed_here(&channel)?;
    if channel.secret.is_none() {
        // It would be the company's, which signs for every workspace.
        work.access.require_everything()?;
    }
    let directory = work.directory()?;
    Answer::ok(&Secret {
        secret: channels::secret(&directory, &channel).to_string(),
        is_own: channel.secret.is_some(),
        webhook_url: channel.webhook_url.clone(),
    })
}

/// `GET /portico/v1/channels/{channel_id}/secret`
pub async fn secret(call: Call) -> Result {
    let which = which(&call)?;
    call.read(move |work| shown(work, &which)).await
}

/// `POST /portico/v1/channels/{channel_id}/secret/rotate`
pub async fn rotate(call: Call) -> Result {
    let which = which(&call)?;
    call.write(move |work| {
        let id = channels::resolve(work, &which)?;
        channels::rotate_secret(work, id)?;
        shown(work, &which)
    })
    .await
}

/// `DELETE /portico/v1/channels/{channel_id}/secret`
pub async fn share(call: Call) -> Result {
    let which = which(&call)?;
    call.write(move |work| {
        let id = channels::resolve(work, &which)?;
        channels::share_secret(work, id)?;
        Answer::no_content()
    })
    .await
}

/// `DELETE /portico/v1/channels/{channel_id}`
pub async fn delete(call: Call) -> Result {
    let which = which(&call)?;
    call.write(move |work| {
        let id = channels::resolve(work, &which)?;
        channels::delete(work, id)?;
        Answer::no_content()
    })
    .await
}

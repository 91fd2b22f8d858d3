//! Messages: received, sent, answered, imported, shown.

use desk::channels::{self, Which};
use desk::ids::ContactId;
use desk::messages::threading::Space;
use desk::messages::{self, Content, Incoming, Sender};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::attachments::uploads;
use crate::call::{Call, Result};

mod import;
pub(crate) mod letter;
mod send;
mod show;

pub use import::import;
pub use send::{create, reply};
pub use show::{get, mark_seen, seen};

#[derive(Deserialize)]
struct CustomMessage {
    sender: CustomSender,
    #[serde(default)]
    subject: Option<String>,
    body: String,
    #[serde(default)]
    body_format: Option<BodyFormat>,
    #[serde(default)]
    metadata: Option<CustomMetadata>,
}

#[derive(Deserialize)]
struct CustomSender {
    handle: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    contact_id: Option<String>,
}

#[derive(Deserialize, Default)]
struct CustomMetadata {
    #[serde(default)]
    thread_ref: Option<String>,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
}

/// In which form a body is written.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BodyFormat {
    Markdown,
    Html,
}

/// `POST /channels/{channel_id}/incoming_messages`
pub async fn receive_custom(mut call: Call) -> Result {
    let channel: Which = call.id(0)?;
    let uploads = uploads(&mut call).await?;
    let body: CustomMessage = call.body()?;
    let content = match body.body_format.unwrap_or(BodyFormat::Markdown) {
        BodyFormat::Markdown => Content::markdown(&body.body),
        BodyFormat::Html => Content::html(&body.body),
    };
    let metadata = body.metadata.unwrap_or_default();
    let contact: Option<ContactId> = match body.sender.contact_id.as_deref() {
        None | Some("") => None,
        Some(id) => Some(id.parse().map_err(desk::Error::from)?),
    };
    let incoming = move |channel| Incoming {
        channel,
        sender: Sender { handle: body.sender.handle.clone(), name: body.sender.name.clone(), contact },
        subject: body.subject.clone().unwrap_or_default(),
        content: content.clone(),
        thread: metadata.thread_ref.clone().map(|key| (Space::Incoming, key)),
        external_id: None,
        headers: metadata.headers.clone(),
        uploads: uploads.clone(),
        written_at: None,
    };
    call.write(move |work| {
        let channel = channels::resolve(work, &channel)?;
        let received = messages::receive(work, &incoming(channel))?;
        Answer::accepted(&json!({"status": "accepted", "message_uid": received.uid}))
    })
    .await
}

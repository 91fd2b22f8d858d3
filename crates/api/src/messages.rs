//! Messages.

use desk::ids::{ChannelId, ContactId};
use desk::messages::threading::Space;
use desk::messages::{self, Content, Incoming, Sender};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::call::{Call, Result};

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

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum BodyFormat {
    Markdown,
    Html,
}

/// `POST /channels/{channel_id}/incoming_messages`
pub async fn receive_custom(call: Call) -> Result {
    let channel: ChannelId = call.id(0)?;
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
    let incoming = Incoming {
        channel,
        sender: Sender { handle: body.sender.handle, name: body.sender.name, contact },
        subject: body.subject.unwrap_or_default(),
        content,
        thread: metadata.thread_ref.map(|key| (Space::Incoming, key)),
        external_id: None,
        headers: metadata.headers,
        uploads: Vec::new(),
        written_at: None,
    };
    call.write(move |work| {
        let received = messages::receive(work, &incoming)?;
        Answer::accepted(&json!({"status": "accepted", "message_uid": received.uid}))
    })
    .await
}

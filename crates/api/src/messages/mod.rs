//! Messages: received, sent, answered, imported, shown.

use desk::Work;
use desk::channels::{self, Which};
use desk::ids::ContactId;
use desk::messages::threading::Space;
use desk::messages::{self, Content, Incoming, Sender};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::attachments::uploads;
use crate::call::{Call, Result};

mod import;
pub(crate) mod letter;
mod send;
pub(crate) mod show;

pub(crate) use import::Imported;
pub use import::import;
pub(crate) use letter::Written;
pub use send::{create, reply};
pub use show::{get, mark_seen, seen};

/// A message that reached a custom channel.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CustomMessage {
    sender: CustomSender,
    /// What it is about.
    #[serde(default)]
    subject: Option<String>,
    /// What it says.
    body: String,
    #[serde(default)]
    body_format: Option<BodyFormat>,
    #[serde(default)]
    metadata: Option<CustomMetadata>,
}

/// Who wrote it.
#[derive(Deserialize, JsonSchema)]
#[schemars(inline)]
struct CustomSender {
    /// What the channel knows them by.
    handle: String,
    /// What they call themselves.
    #[serde(default)]
    name: Option<String>,
    /// The contact that they are, where that is known.
    #[serde(default)]
    contact_id: Option<String>,
}

/// What else is known of it.
#[derive(Deserialize, JsonSchema, Default)]
#[schemars(inline)]
struct CustomMetadata {
    /// Messages with the same one are one conversation.
    #[serde(default)]
    thread_ref: Option<String>,
    /// Kept with the message.
    #[serde(default)]
    headers: Option<Map<String, Value>>,
}

/// In which form a body is written.
#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
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
        Accepted::answer(&received.uid)
    })
    .await
}

/// That a message was taken; what comes of it shows under its uid.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AcceptedMessage")]
pub(crate) struct Accepted {
    #[serde(skip_serializing_if = "Option::is_none")]
    _links: Option<AcceptedLinks>,
    status: &'static str,
    message_uid: String,
}

/// Where a message of ours stands, which some clients look for at once.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct AcceptedLinks {
    related: AcceptedRelated,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct AcceptedRelated {
    /// The conversation.
    conversation: String,
}

impl Accepted {
    pub(crate) fn answer(uid: &str) -> desk::Result<Answer> {
        Answer::accepted(&Accepted { _links: None, status: "accepted", message_uid: uid.to_string() })
    }

    /// The same for a message of ours.
    pub(crate) fn sent(work: &Work<'_>, sent: &messages::Accepted) -> desk::Result<Answer> {
        let conversation = format!("{}/conversations/{}", work.public_url(), sent.conversation);
        let links = AcceptedLinks { related: AcceptedRelated { conversation } };
        Answer::accepted(&Accepted { _links: Some(links), status: "accepted", message_uid: sent.uid.clone() })
    }
}

//! Messages that went in and out on an app's channel, and what became of those that we sent.

use desk::attachments::Upload;
use desk::channels;
use desk::ids::ChannelId;
use desk::messages::sync::{self, Party, Synced};
use desk::messages::{Content, Received};
use desk::{Error, Timestamp, Work};
use schemars::JsonSchema;
use serde::Deserialize;

use super::which;
use crate::answer::Answer;
use crate::attachments::uploads;
use crate::call::{Call, Result};
use crate::messages::Accepted;
use crate::messages::letter::who;
use crate::messages::show;

/// The longest id of a partner's, in characters.
const LONGEST_ID: usize = 200;

/// A message that reached the channel.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "InboundMessage")]
pub(crate) struct Inbound {
    /// Who wrote it.
    sender: Somebody,
    /// What it is about.
    #[serde(default)]
    subject: Option<String>,
    /// What it says: HTML if there is a tag or an entity in it, plain text otherwise.
    body: String,
    metadata: Ids,
    /// When it was written, in seconds since 1970.
    #[serde(default)]
    delivered_at: Option<f64>,
}

/// A message that was sent from the channel elsewhere.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SentOutboundMessage")]
pub(crate) struct Outbound {
    /// To whom; one alone may stand without a list.
    to: Vec<Somebody>,
    /// The name it was sent under.
    #[serde(default)]
    sender_name: Option<String>,
    /// What it is about.
    #[serde(default)]
    subject: Option<String>,
    /// The teammate on whose behalf it was sent, by id or alias.
    #[serde(default)]
    author_id: Option<String>,
    /// What it says: HTML if there is a tag or an entity in it, plain text otherwise.
    body: String,
    metadata: Ids,
    /// When it was written, in seconds since 1970.
    #[serde(default)]
    delivered_at: Option<f64>,
}

/// Somebody outside.
#[derive(Deserialize, JsonSchema)]
#[schemars(inline)]
struct Somebody {
    /// What the channel knows them by; a phone number begins with a plus and the country's code.
    handle: String,
    /// What they call themselves.
    #[serde(default)]
    name: Option<String>,
    /// Their e-mail address: who has it already is the same contact.
    #[serde(default)]
    email: Option<String>,
}

/// What the partner calls the message and its conversation, 200 characters at most.
#[derive(Deserialize, JsonSchema)]
#[schemars(inline)]
struct Ids {
    /// The message's id: the same one is kept once.
    external_id: String,
    /// The conversation's id: messages with the same one stand together.
    external_conversation_id: String,
    /// The id of the message that this one answers.
    #[serde(default)]
    referenced_message_external_id: Option<String>,
}

/// What became of a message.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ExternalMessageStatus")]
pub(crate) struct Status {
    #[expect(dead_code, reason = "there is one word only, and reading it refuses all others")]
    status: Word,
    /// Why, in words for people.
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Word {
    Failed,
}

impl From<Somebody> for Party {
    fn from(given: Somebody) -> Party {
        let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        Party { handle: given.handle, name: filled(given.name), email: filled(given.email) }
    }
}

/// What both directions have in common. The channel is looked up later, inside the unit.
struct Common {
    subject: Option<String>,
    body: String,
    metadata: Ids,
    delivered_at: Option<f64>,
    uploads: Vec<Upload>,
}

impl Common {
    fn synced(self) -> Result<impl Fn(ChannelId) -> Synced + Send + 'static> {
        let content = Content::outgoing(&self.body);
        let external_id = named("metadata.external_id", self.metadata.external_id)?;
        let thread = named("metadata.external_conversation_id", self.metadata.external_conversation_id)?;
        let answers = self.metadata.referenced_message_external_id.filter(|id| !id.is_empty());
        let answers = answers.map(|id| named("metadata.referenced_message_external_id", id)).transpose()?;
        let written_at = match self.delivered_at {
            None => None,
            Some(seconds) => Some(
                Timestamp::from_seconds(seconds)
                    .ok_or_else(|| Error::invalid("delivered_at", format!("expected seconds, found {seconds}")))?,
            ),
        };
        Ok(move |channel| Synced {
            channel,
            subject: self.subject.clone(),
            content: content.clone(),
            external_id: external_id.clone(),
            external_conversation_id: thread.clone(),
            answers: answers.clone(),
            uploads: self.uploads.clone(),
            written_at,
        })
    }
}

/// An id of the partner's.
pub(super) fn named(field: &str, id: String) -> Result<String> {
    match (1..=LONGEST_ID).contains(&id.chars().count()) {
        true => Ok(id),
        false => Err(Error::invalid(field, format!("expected 1 to {LONGEST_ID} characters")).into()),
    }
}

/// `POST /channels/{channel_id}/inbound_messages`
pub async fn inbound(mut call: Call) -> Result {
    let channel = which(&call)?;
    let uploads = uploads(&mut call).await?;
    let Inbound { sender, subject, body, metadata, delivered_at } = call.body()?;
    let from = Party::from(sender);
    let synced = Common { subject, body, metadata, delivered_at, uploads }.synced()?;
    call.write(move |work| {
        let channel = channels::resolve(work, &channel)?;
        accepted(&sync::inbound(work, &from, &synced(channel))?)
    })
    .await
}

/// `POST /channels/{channel_id}/outbound_messages`
pub async fn outbound(mut call: Call) -> Result {
    let channel = which(&call)?;
    let uploads = uploads(&mut call).await?;
    let Outbound { to, sender_name, subject, author_id, body, metadata, delivered_at } = call.body()?;
    let to: Vec<Party> = to.into_iter().map(Party::from).collect();
    let author = who(author_id.as_deref())?;
    let synced = Common { subject, body, metadata, delivered_at, uploads }.synced()?;
    call.write(move |work| {
        let channel = channels::resolve(work, &channel)?;
        let (to, sender_name, author) = (to.clone(), sender_name.clone(), author.clone());
        accepted(&sync::outbound(work, &sync::Outbound { message: synced(channel), to, sender_name, author })?)
    })
    .await
}

fn accepted(received: &Received) -> desk::Result<Answer> {
    Accepted::answer(&received.uid)
}

/// `PUT /channels/{channel_id}/conversations/{conv_ext_id}/messages/{message_ext_id}/status`
pub async fn bounce(call: Call) -> Result {
    let channel = which(&call)?;
    let (thread, message) = (call.segment(1).to_string(), call.segment(2).to_string());
    let why = reason(call.body()?);
    call.write(move |work: &mut Work<'_>| {
        let channel = channels::resolve(work, &channel)?;
        sync::bounced(work, channel, &thread, &message, &why)?;
        Answer::no_content()
    })
    .await
}

/// `PUT /messages/{message_id}/status`: the same, by the id that the partner was told when the message was sent.
pub async fn bounce_own(call: Call) -> Result {
    let message = show::Which::of(&call)?;
    let why = reason(call.body()?);
    call.write(move |work: &mut Work<'_>| {
        let id = message.find(work)?.id;
        sync::undelivered(work, id, &why)?;
        Answer::no_content()
    })
    .await
}

fn reason(status: Status) -> String {
    let why = status.reason.filter(|why| !why.trim().is_empty());
    why.unwrap_or_else(|| "the channel could not deliver the message".to_string())
}

//! Messages of application channels, as the partner's server tells of them: what reached the channel, what left it
//! elsewhere, and what it calls the conversations (contract/channels.md section 7).

use std::collections::HashMap;

use serde_json::{Value, json};

use super::delivery::{self, ErrorType};
use super::outgoing::{self, Addressees, Letter, Options};
use super::receive::{self, Incoming, Received, Sender};
use super::threading::{self, Space};
use super::{Content, View, send, store};
use crate::attachments::Upload;
use crate::channels::Channel;
use crate::channels::application;
use crate::contacts::{self, Handle};
use crate::conversations::{Held, hold};
use crate::deliveries;
use crate::error::{Error, Result};
use crate::ids::{ChannelId, ConversationId, MessageId};
use crate::names;
use crate::teammates::Who;
use crate::time::Timestamp;
use crate::work::Work;

/// Somebody outside.
#[derive(Debug, Clone)]
pub struct Party {
    /// What the channel knows them by.
    pub handle: String,
    /// What they call themselves.
    pub name: Option<String>,
    /// Their address, by which a contact may be known already.
    pub email: Option<String>,
}

/// What both directions have in common.
#[derive(Debug, Clone)]
pub struct Synced {
    /// The channel.
    pub channel: ChannelId,
    /// What it is about.
    pub subject: Option<String>,
    /// What it says.
    pub content: Content,
    /// The partner's own id of the message: the same one is kept once.
    pub external_id: String,
    /// The partner's own id of the conversation: messages with the same one stand together.
    pub external_conversation_id: String,
    /// The partner's own id of the message that this one answers.
    pub answers: Option<String>,
    /// The files that came with it, already on disk.
    pub uploads: Vec<Upload>,
    /// When it was written, if that was earlier.
    pub written_at: Option<Timestamp>,
}

/// A message that left a channel elsewhere.
#[derive(Debug, Clone)]
pub struct Outbound {
    /// The message.
    pub message: Synced,
    /// Whom it went to, at least one.
    pub to: Vec<Party>,
    /// The name it was sent under.
    pub sender_name: Option<String>,
    /// The teammate on whose behalf it was sent.
    pub author: Option<Who>,
}

/// Keeps a message that reached an application channel.
pub fn inbound(work: &mut Work<'_>, from: &Party, synced: &Synced) -> Result<Received> {
    let channel = application::carried(work, synced.channel)?;
    let handle = Handle::on_channel(&channel, &from.handle);
    if handle.key.is_empty() {
        return Err(Error::invalid("sender.handle", "a handle is not empty"));
    }
    if let Some(known) = known(work, synced)? {
        return Ok(known);
    }
    let contact = contacts::matching_by_email(work, &handle, from.name.as_deref(), from.email.as_deref())?;
    let incoming = Incoming {
        channel: channel.id,
        sender: Sender { handle: handle.handle, name: from.name.clone(), contact: Some(contact) },
        subject: synced.subject.clone().unwrap_or_default(),
        content: synced.content.clone(),
        thread: Some((Space::External, synced.external_conversation_id.clone())),
        external_id: Some(synced.external_id.clone()),
        headers: None,
        uploads: synced.uploads.clone(),
        written_at: synced.written_at,
    };
    let received = receive::receive(work, &incoming)?;
    if let Some(answered) = answered(work, synced, received.conversation)? {
        store::set_replied_to(work.conn, work.company, received.message, answered)?;
    }
    deliveries::enqueue_import(work, channel.id, received.conversation, received.message)?;
    Ok(received)
}

/// Keeps a message that left an application channel elsewhere. Nothing is sent.
pub fn outbound(work: &mut Work<'_>, outbound: &Outbound) -> Result<Received> {
    let synced = &outbound.message;
    let channel = application::carried(work, synced.channel)?;
    if outbound.to.is_empty() {
        return Err(Error::invalid("to", "at least one recipient is required"));
    }
    if let Some(known) = known(work, synced)? {
        return Ok(known);
    }
    for (at, party) in outbound.to.iter().enumerate() {
        let handle = Handle::on_channel(&channel, &party.handle);
        if handle.key.is_empty() {
            return Err(Error::invalid(format!("to[{at}].handle"), "a handle is not empty"));
        }
        contacts::matching_by_email(work, &handle, party.name.as_deref(), party.email.as_deref())?;
    }
    let letter = Letter {
        to: Addressees { to: outbound.to.iter().map(|party| party.handle.clone()).collect(), ..Addressees::default() },
        sender_name: outbound.sender_name.clone(),
        subject: synced.subject.clone(),
        content: synced.content.clone(),
        quote: None,
        signature: outgoing::Signing::Nothing,
        uploads: synced.uploads.clone(),
    };
    let author = outgoing::past_author(work, outbound.author.as_ref())?;
    work.acting(author, |work| keep(work, &channel, outbound, &letter))
}

fn keep(work: &mut Work<'_>, channel: &Channel, outbound: &Outbound, letter: &Letter) -> Result<Received> {
    let synced = &outbound.message;
    let mut held = conversation(work, channel, synced)?;
    let mut message = outgoing::compose(work, &held, channel, letter, None)?;
    let mut recipients = message.recipients();
    for (recipient, party) in recipients.iter_mut().zip(&outbound.to) {
        recipient.name = party.name.clone();
    }
    message.recipients = json!(recipients);
    message.external_id = Some(synced.external_id.clone());
    message.replied_to = answered(work, synced, held.row.id)?;
    if let Some(at) = synced.written_at.filter(|at| *at < work.now) {
        message.created_at = at;
    }
    message.delivery = delivery::State::Sent.as_str().to_string();
    message.sent_at = Some(message.created_at);
    if held.row.message_count == 0 {
        outgoing::address(&mut held, &message);
    }
    let (id, uid, conversation) = (message.id, message.uid.clone(), held.row.id);
    outgoing::keep(work, &mut held, message, (&letter.uploads, &Options::default()))?;
    deliveries::enqueue_import(work, channel.id, conversation, id)?;
    Ok(Received { message: id, uid, conversation, is_repeat: false })
}

/// The conversation that a partner means, or a new one.
fn conversation(work: &mut Work<'_>, channel: &Channel, synced: &Synced) -> Result<Held> {
    let key = &synced.external_conversation_id;
    if let Some(known) = threading::find(work, channel.id, Space::External, key)? {
        match hold(work, known) {
            Err(Error::Moved(survivor)) => return hold(work, survivor),
            Err(Error::NotFound(_)) => {}
            found => return found,
        }
    }
    let held = send::begin(work, channel, synced.subject.as_deref().unwrap_or_default())?;
    threading::lead(work, channel.id, Space::External, key, held.row.id)?;
    Ok(held)
}

fn known(work: &mut Work<'_>, synced: &Synced) -> Result<Option<Received>> {
    names::key("metadata.external_id", &synced.external_id)?;
    names::key("metadata.external_conversation_id", &synced.external_conversation_id)?;
    let found = store::by_external(work.conn, work.company, synced.channel, &synced.external_id)?;
    Ok(found.map(|(message, uid, conversation)| Received { message, uid, conversation, is_repeat: true }))
}

/// The message that is answered, if it stands in the same conversation.
fn answered(work: &mut Work<'_>, synced: &Synced, conversation: ConversationId) -> Result<Option<MessageId>> {
    let Some(external_id) = &synced.answers else { return Ok(None) };
    let found = store::by_external(work.conn, work.company, synced.channel, external_id)?;
    Ok(found.filter(|(_, _, place)| *place == conversation).map(|(message, _, _)| message))
}

/// The partner says that a message of ours did not arrive. Message and conversation are named as it calls them.
pub fn bounced(work: &mut Work<'_>, channel: ChannelId, thread: &str, external_id: &str, why: &str) -> Result<()> {
    application::carried(work, channel)?;
    let found = store::by_external(work.conn, work.company, channel, external_id)?;
    let (message, _, conversation) = found.ok_or(Error::NotFound("message"))?;
    let led = threading::find(work, channel, Space::External, thread)?;
    if led != Some(conversation) {
        return Err(Error::NotFound("message"));
    }
    failed(work, message, why)
}

/// The same of a message that is named as we call it.
pub fn undelivered(work: &mut Work<'_>, id: MessageId, why: &str) -> Result<()> {
    let channel = super::get(work, id)?.channel.ok_or(Error::NotFound("channel"))?;
    application::carried(work, channel)?;
    failed(work, id, why)
}

fn failed(work: &mut Work<'_>, id: MessageId, why: &str) -> Result<()> {
    match delivery::failed(work, id, ErrorType::InternalError, why) {
        Err(Error::Conflict(_)) => Err(Error::invalid("", "only messages that were sent can fail")),
        done => done,
    }
}

/// What a partner calls a conversation: every id, in the order it told them, also those of the conversations that went up
/// in it.
pub fn external_conversations(work: &mut Work<'_>, channel: ChannelId, of: ConversationId) -> Result<Vec<String>> {
    Ok(store::threads(work.conn, work.company, of, channel, Space::External.as_str())?)
}

/// What a partner is told around a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addressed {
    /// Whether a rule answers by it.
    pub is_auto_reply: bool,
    /// What the partner calls its conversation by now.
    pub external_conversations: Vec<String>,
}

/// The same for several messages that leave: one statement. Those that are gone are left out.
pub fn addressed(work: &mut Work<'_>, messages: &[MessageId]) -> Result<HashMap<MessageId, Addressed>> {
    let mut all: HashMap<MessageId, Addressed> = HashMap::new();
    for (id, is_auto_reply, thread) in store::addressed(work.conn, work.company, messages, Space::External.as_str())? {
        let one = all.entry(id).or_default();
        one.is_auto_reply = is_auto_reply;
        one.external_conversations.extend(thread);
    }
    Ok(all)
}

/// What a partner alone is shown of a message on its channel: its own id of it.
pub fn reveal(view: &mut View) {
    if let (Some(external_id), Some(metadata)) = (&view.row.external_id, view.row.metadata.as_object_mut()) {
        metadata.insert("external_id".to_string(), Value::String(external_id.clone()));
    }
}

//! What happens when a message arrives: seen before? -> who wrote -> which conversation -> keep it -> wake the
//! conversation up -> record it. The rules follow when the unit ends.

use serde_json::{Map, Value, json};

use super::threading::{self, Space};
use super::{Content, Recipient, store};
use crate::attachments::{self, Upload};
use crate::channels::Channel;
use crate::contacts::{self, Handle};
use crate::conversations::{Conversation, Held, hold, linking, standing};
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::ids::{ChannelId, ContactId, ConversationId, MessageId};
use crate::names;
use crate::search;
use crate::time::Timestamp;
use crate::work::Work;

/// Who wrote.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The handle on the channel: a user name, a number, an address.
    pub handle: String,
    /// The name that came with it.
    pub name: Option<String>,
    /// A contact that is known to have written; otherwise the handle decides.
    pub contact: Option<ContactId>,
}

/// A message from outside, as the edge has read it.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Where it came in.
    pub channel: ChannelId,
    /// Who wrote.
    pub sender: Sender,
    /// The subject, empty where the channel has none.
    pub subject: String,
    /// What it says.
    pub content: Content,
    /// Which thread it belongs to, and in which space.
    pub thread: Option<(Space, String)>,
    /// The sender's own id of the message: the same one is never kept twice.
    pub external_id: Option<String>,
    /// Free headers, given back in the message's metadata.
    pub headers: Option<Map<String, Value>>,
    /// The files that came with it, already on disk.
    pub uploads: Vec<Upload>,
    /// When it was written, if that was earlier.
    pub written_at: Option<Timestamp>,
}

/// What became of an incoming message.
#[derive(Debug, Clone)]
pub struct Received {
    /// The message.
    pub message: MessageId,
    /// Its secondary id, which the answer carries.
    pub uid: String,
    /// Where it is.
    pub conversation: ConversationId,
    /// Whether it had been kept before, so that nothing happened now.
    pub is_repeat: bool,
}

/// Keeps a message from outside. The same external id on the same channel is kept once and answered alike.
pub fn receive(work: &mut Work<'_>, incoming: &Incoming) -> Result<Received> {
    let directory = work.directory()?;
    let channel = directory.channel(incoming.channel).ok_or(Error::NotFound("channel"))?;
    if let Some(external_id) = &incoming.external_id {
        names::key("external_id", external_id)?;
        if let Some(known) = store::by_external(work.conn, work.company, channel.id, external_id)? {
            let (message, uid, conversation) = known;
            return Ok(Received { message, uid, conversation, is_repeat: true });
        }
    }
    let handle = Handle::on_channel(channel, &incoming.sender.handle);
    if handle.key.is_empty() {
        return Err(Error::invalid("sender.handle", "a handle is not empty"));
    }
    let contact = contacts::matching(work, &handle, incoming.sender.name.as_deref(), incoming.sender.contact)?;
    let mut held = conversation(work, channel, incoming, &handle, contact)?;
    let message = keep(work, &mut held, channel, incoming, contact)?;
    let change = standing::wake(work, &mut held)?;
    held.bump(work);
    let mut record = Record::with(Kind::Inbound, TargetKind::Message, message.0.0);
    record.change = change.clone();
    held.record(work, record)?;
    linking::recognise(work, &mut held, &[&incoming.subject, &incoming.content.text, &incoming.content.body])?;
    standing::tell_ticket_status(work, &mut held, change.as_ref())?;
    held.save(work)?;
    Ok(Received { message: message.0, uid: message.1, conversation: held.row.id, is_repeat: false })
}

/// The conversation that the message belongs to: by its thread, else by its sender, else a new one.
fn conversation(
    work: &mut Work<'_>,
    channel: &Channel,
    incoming: &Incoming,
    handle: &Handle,
    contact: ContactId,
) -> Result<Held> {
    let (space, key) = match &incoming.thread {
        Some((space, key)) => (*space, key.as_str()),
        None => (Space::Sender, handle.key.as_str()),
    };
    if let Some(known) = threading::find(work, channel.id, space, key)? {
        match hold(work, known) {
            Ok(held) => return Ok(held),
            Err(Error::Moved(survivor)) => return hold(work, survivor),
            Err(Error::NotFound(_)) => {}
            Err(other) => return Err(other),
        }
    }
    let id = ConversationId(work.new_id());
    let directory = work.directory()?;
    let inbox = directory.inbox(channel.inbox).ok_or(Error::NotFound("inbox"))?;
    let mut row = Conversation::new(id, "conversation", &incoming.subject, work.now);
    row.is_private = inbox.is_private();
    row.channel = Some(channel.id);
    row.recipient_name = incoming.sender.name.clone();
    row.recipient_handle = Some(incoming.sender.handle.clone());
    row.recipient_role = Some("from".to_string());
    row.recipient_contact = Some(contact);
    crate::statuses::start(work, &mut row)?;
    threading::lead(work, channel.id, space, key, id)?;
    Ok(Held::new(row, vec![inbox.id]))
}

fn keep(
    work: &mut Work<'_>,
    held: &mut Held,
    channel: &Channel,
    incoming: &Incoming,
    contact: ContactId,
) -> Result<(MessageId, String)> {
    let id = MessageId(held.new_id(work));
    let uid = super::new_uid(work, id);
    let from = Recipient {
        role: "from".to_string(),
        handle: incoming.sender.handle.clone(),
        name: incoming.sender.name.clone(),
        contact: Some(contact),
    };
    let to = Recipient { role: "to".to_string(), handle: channel.address.clone(), name: None, contact: None };
    let mut metadata = Map::new();
    if let Some(headers) = &incoming.headers {
        metadata.insert("headers".to_string(), Value::Object(headers.clone()));
    }
    // What an application channel calls a conversation is no reference that anybody gave with the message.
    if let Some((Space::Incoming | Space::Import | Space::Sender, key)) = &incoming.thread {
        metadata.insert("thread_ref".to_string(), Value::String(key.clone()));
    }
    let created_at = incoming.written_at.filter(|at| *at < work.now).unwrap_or_else(|| held.instant(work));
    let message = super::Message {
        id,
        conversation: held.row.id,
        channel: Some(channel.id),
        uid: uid.clone(),
        external_id: incoming.external_id.clone(),
        r#type: super::type_on(channel).to_string(),
        is_inbound: true,
        draft_mode: None,
        drafter: None,
        version: None,
        author: None,
        subject: incoming.subject.clone(),
        blurb: incoming.content.blurb.clone(),
        body: incoming.content.body.clone(),
        text: incoming.content.text.clone(),
        recipients: json!([from, to]),
        metadata: Value::Object(metadata),
        replied_to: None,
        signature: None,
        attachment_count: i64::try_from(incoming.uploads.len()).unwrap_or(0),
        delivery: "received".to_string(),
        error_type: None,
        error_text: None,
        is_auto_reply: false,
        sent_at: None,
        created_at,
    };
    super::insert(work, &message)?;
    attachments::attach(work, attachments::Owner::Message(id), &incoming.uploads)?;
    let known = !held.is_new() && held.row.recipient_handle.as_deref() == Some(incoming.sender.handle.as_str());
    if !known {
        let contact = contact.to_string();
        super::take_part(work, held.row.id, &[("from", &incoming.sender.handle), ("contact", &contact)])?;
        super::take_part(work, held.row.id, &[("to", &channel.address)])?;
    }
    search::index_at(work, id.0, held.row.id, created_at, &[&incoming.subject, &incoming.content.text])?;
    held.row.message_count += 1;
    held.row.last_message = Some(id);
    held.row.last_inbound = Some(id);
    held.row.is_unreplied = true;
    held.row.waiting_since = held.row.waiting_since.or(Some(work.now));
    held.row.recipient_name = incoming.sender.name.clone().or(held.row.recipient_name.take());
    held.row.recipient_handle = Some(incoming.sender.handle.clone());
    held.row.recipient_role = Some("from".to_string());
    held.row.recipient_contact = Some(contact);
    Ok((id, uid))
}

//! Messages: what comes in and goes out on channels, and the drafts of what is to go out.

use serde_json::Value;

use crate::attachments::{self, Attachment};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, ContactId, ConversationId, MessageId, SignatureId, TeammateId};
use crate::names;
use crate::signatures::{self, Signature};
use crate::time::Timestamp;
use crate::work::Work;

pub(crate) mod call;
mod content;
pub mod delivery;
pub mod drafts;
mod forward;
pub mod import;
mod list;
pub mod outgoing;
mod past;
pub mod receive;
pub mod reply;
pub mod seen;
pub mod send;
pub(crate) mod store;
pub mod sync;
#[cfg(test)]
mod tests;
pub mod threading;

pub use content::Content;
pub use delivery::{ErrorType, Receipt, depart, failed, retry, sent};
pub use drafts::{Edit, Mode, NewDraft, Place, draft};
pub use forward::{Forward, forward};
pub use import::{Import, Imported, import};
pub use list::{in_conversation, undelivered};
pub use outgoing::{Accepted, Addressees, Letter, Options, Signing};
pub(crate) use past::{Sent, has_earlier, partakers, sent_from};
pub use receive::{Incoming, Received, Sender, receive};
pub use reply::{Reply, reply};
pub use send::{New, send};

db::record! {
    /// A message or draft as stored.
    #[derive(Debug, Clone)]
    pub struct Message {
        pub id: MessageId,
        pub conversation: ConversationId,
        pub channel: Option<ChannelId>,
        pub uid: String,
        pub external_id: Option<String>,
        pub r#type: String,
        pub is_inbound: bool,
        pub draft_mode: Option<String>,
        pub drafter: Option<TeammateId>,
        pub version: Option<String>,
        pub author: Option<TeammateId>,
        pub subject: String,
        pub blurb: String,
        pub body: String,
        pub text: String,
        pub recipients: Value,
        pub metadata: Value,
        pub replied_to: Option<MessageId>,
        pub signature: Option<SignatureId>,
        pub attachment_count: i64,
        pub delivery: String,
        pub error_type: Option<String>,
        pub error_text: Option<String>,
        pub is_auto_reply: bool,
        pub sent_at: Option<Timestamp>,
        pub created_at: Timestamp,
    }
}

/// Somebody a message is from or to, as kept in the message.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Recipient {
    /// `from`, `to`, `cc`, `bcc` or `reply-to`.
    pub role: String,
    /// The address, number or name on the channel.
    pub handle: String,
    /// The name that came with it.
    pub name: Option<String>,
    /// The contact that has the handle.
    pub contact: Option<crate::ids::ContactId>,
}

/// A new secondary id (`message_uid`), which nobody can guess. It begins with the message's number, so that the newest
/// stand together in the index.
pub(crate) fn new_uid(work: &Work<'_>, id: MessageId) -> String {
    format!("{:016x}{:016x}", id.0, work.random().number())
}

/// The longest subject, in characters.
pub(crate) const LONGEST_SUBJECT: usize = 4_000;
/// The longest name of a sender or recipient, in characters.
const LONGEST_NAME: usize = 1_000;
/// The most that is kept of a message's headers, in bytes.
const MOST_HEADERS: usize = 256 * 1024;

/// Keeps a new message, unless what every list and event shows of it is larger than such a thing ever is.
pub(super) fn insert(work: &mut Work<'_>, message: &Message) -> Result<()> {
    message.check_sizes()?;
    store::insert(work.conn, work.company, message)?;
    Ok(())
}

/// How much text is in there, in bytes.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + size(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

impl Message {
    fn check_sizes(&self) -> Result<()> {
        names::short("subject", &self.subject, LONGEST_SUBJECT)?;
        let mut named = self.recipients.as_array().into_iter().flatten().filter_map(|one| one["name"].as_str());
        named.try_for_each(|name| names::short("sender.name", name, LONGEST_NAME))?;
        match size(&self.metadata) {
            bytes if bytes <= MOST_HEADERS => Ok(()),
            bytes => Err(Error::invalid("metadata", format!("expected at most {MOST_HEADERS} bytes, found {bytes}"))),
        }
    }

    /// An empty message of ours that does not exist yet.
    pub(crate) fn new(id: MessageId, conversation: ConversationId, uid: String, now: Timestamp) -> Message {
        Message {
            id,
            conversation,
            channel: None,
            uid,
            external_id: None,
            r#type: String::new(),
            is_inbound: false,
            draft_mode: None,
            drafter: None,
            version: None,
            author: None,
            subject: String::new(),
            blurb: String::new(),
            body: String::new(),
            text: String::new(),
            recipients: Value::Array(Vec::new()),
            metadata: Value::Object(serde_json::Map::new()),
            replied_to: None,
            signature: None,
            attachment_count: 0,
            delivery: delivery::State::Sent.as_str().to_string(),
            error_type: None,
            error_text: None,
            is_auto_reply: false,
            sent_at: None,
            created_at: now,
        }
    }

    /// The recipients, in order. Unreadable ones are left out.
    pub fn recipients(&self) -> Vec<Recipient> {
        serde_json::from_value(self.recipients.clone()).unwrap_or_default()
    }

    /// Whether it has not been sent yet.
    pub fn is_draft(&self) -> bool {
        self.draft_mode.is_some()
    }
}

/// A message with what every answer shows beside its row.
#[derive(Debug, Clone)]
pub struct View {
    /// The row.
    pub row: Message,
    /// Who it is from and to, in order.
    pub recipients: Vec<Recipient>,
    /// Its files, in order.
    pub attachments: Vec<Attachment>,
    /// The signature below it, as it is today; none if it is gone or the caller does not see it.
    pub signature: Option<Signature>,
}

impl View {
    /// Keeps what is one person's own from a message that leaves the building: whoever gets it sees a workspace's
    /// signatures alone.
    pub fn redact(&mut self) {
        self.signature.take_if(|signature| signature.team.is_none());
    }
}

/// Messages with their files and those signatures that the caller may see: one more statement for either, and none if
/// there are none.
pub fn views(work: &mut Work<'_>, rows: Vec<Message>) -> Result<Vec<View>> {
    let with_files: Vec<i64> = rows.iter().filter(|row| row.attachment_count > 0).map(|row| row.id.0).collect();
    let mut files = attachments::of(work, "message", &with_files)?;
    let mut signed: Vec<SignatureId> = rows.iter().filter_map(|row| row.signature).collect();
    signed.sort_unstable();
    signed.dedup();
    let directory = work.directory()?;
    let mut signatures = signatures::load(work, &signed)?;
    signatures.retain(|signature| work.access.sees_owner(&directory, signature.team, signature.owner));
    let signatures: Vec<Signature> =
        signatures.into_iter().map(|signature| signature.seen(&work.access, &directory)).collect();
    let view = |row: Message| View {
        recipients: row.recipients(),
        signature: signatures.iter().find(|signature| Some(signature.id) == row.signature).cloned(),
        attachments: files.remove(&row.id.0).unwrap_or_default(),
        row,
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Messages by id, for those who show them beside something else; absent ones are left out.
pub fn load(work: &mut Work<'_>, ids: &[MessageId]) -> Result<Vec<View>> {
    let rows = store::by_ids(work.conn, work.company, ids)?;
    views(work, rows)
}

/// One message with its files, whoever asks: for those who render it.
pub fn view(work: &mut Work<'_>, id: MessageId) -> Result<View> {
    load(work, &[id])?.pop().ok_or(Error::NotFound("message"))
}

/// A message that the caller may see.
pub fn get(work: &mut Work<'_>, id: MessageId) -> Result<Message> {
    let message = store::get(work.conn, work.company, id)?.ok_or(Error::NotFound("message"))?;
    match crate::conversations::see(work, message.conversation) {
        Ok(_) | Err(Error::Moved(_)) if drafts::may_see(work, &message)? => Ok(message),
        Ok(_) | Err(Error::Moved(_)) => Err(Error::NotFound("message")),
        Err(Error::NotFound(_)) => Err(Error::NotFound("message")),
        Err(other) => Err(other),
    }
}

/// The message that `alt:uid:…` stands for.
pub fn by_uid(work: &mut Work<'_>, uid: &str) -> Result<Message> {
    let id = store::id_of_uid(work.conn, work.company, uid)?.ok_or(Error::NotFound("message"))?;
    get(work, id)
}

/// The message type that a channel's messages have outside.
pub fn type_on(channel: &crate::channels::Channel) -> &'static str {
    match channel.r#type.as_str() {
        "smtp" | "imap" | "gmail" | "office365" | "front_mail" => "email",
        "twilio" => "sms",
        "twilio_whatsapp" => "whatsapp",
        "front_chat" => "front_chat",
        _ => "custom",
    }
}

/// Notes who takes part in a conversation and how, for search. Handles are kept in lower case.
pub fn take_part(work: &mut Work<'_>, conversation: ConversationId, parties: &[(&str, &str)]) -> Result<()> {
    for (role, party) in parties {
        store::take_part(work.conn, work.company, conversation, role, &party.to_lowercase())?;
    }
    Ok(())
}

/// Takes back that somebody took part in a conversation in a role.
pub(crate) fn part_with(work: &mut Work<'_>, conversation: ConversationId, role: &str, party: &str) -> Result<()> {
    store::part_with(work.conn, work.company, conversation, role, &party.to_lowercase())?;
    Ok(())
}

/// A message's row, whoever asks: for rules and senders.
pub(crate) fn row(work: &mut Work<'_>, id: MessageId) -> Result<Option<Message>> {
    Ok(store::get(work.conn, work.company, id)?)
}

/// The newest message of a conversation and the newest that came in, whoever asks.
pub(crate) fn newest(
    work: &mut Work<'_>,
    conversation: ConversationId,
) -> Result<(Option<MessageId>, Option<MessageId>)> {
    Ok(store::newest(work.conn, work.company, conversation)?)
}

/// Gives the messages of a conversation to another one, with its threads and who takes part in it.
pub(crate) fn relocate(work: &mut Work<'_>, from: ConversationId, to: ConversationId) -> Result<()> {
    Ok(store::relocate(work.conn, work.company, from, to)?)
}

/// Lets messages name another contact, or none: called before a contact goes, so that no message points at nothing.
/// A contact writes in few ways, so this takes a statement for each of them and not for each message.
pub(crate) fn rename_contact(work: &mut Work<'_>, from: ContactId, to: Option<ContactId>) -> Result<()> {
    for before in store::recipients_with(work.conn, work.company, from)? {
        let mut people: Vec<Recipient> = serde_json::from_value(before.clone()).unwrap_or_default();
        if people.iter().all(|recipient| recipient.contact != Some(from)) {
            continue;
        }
        for recipient in people.iter_mut().filter(|recipient| recipient.contact == Some(from)) {
            recipient.contact = to;
        }
        let after = serde_json::json!(people);
        store::replace_recipients(work.conn, work.company, from, (&before, &after))?;
    }
    Ok(())
}

/// Forgets all messages of a conversation, with their files and threads.
pub(crate) fn erase(work: &mut Work<'_>, conversation: ConversationId) -> Result<()> {
    for id in store::with_files(work.conn, work.company, conversation)? {
        attachments::detach(work, attachments::Owner::Message(id))?;
    }
    Ok(store::erase(work.conn, work.company, conversation)?)
}

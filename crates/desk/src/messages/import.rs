//! Bringing messages in from elsewhere: history, forms, another product. Nothing is sent, and unless the client asks for
//! it neither rules nor webhooks hear of it, as nobody wants a thousand old messages answered.

use serde_json::{Map, Value, json};

use super::outgoing::{self, MOST_RECIPIENTS};
use super::threading::{self, Space};
use super::{Content, Message, Recipient, store};
use crate::attachments::{self, Upload};
use crate::contacts::{self, Handle};
use crate::conversations::{Conversation, Held, Status, hold, tagging};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::ids::{ChannelId, ContactId, ConversationId, EventId, InboxId, MessageId, TagId, TeammateId};
use crate::inboxes::Inbox;
use crate::names;
use crate::rules::quiet::{self, Began};
use crate::search;
use crate::statuses;
use crate::tags;
use crate::teammates::{self, Who};
use crate::time::Timestamp;
use crate::work::{Actor, ActorKind, Work};

/// The kinds of messages that can be imported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Type {
    /// E-mail.
    #[default]
    Email,
    /// A text message.
    Sms,
    /// Intercom.
    Intercom,
    /// Anything else.
    Custom,
}

impl Type {
    /// The name in the store and outside.
    pub fn as_str(self) -> &'static str {
        match self {
            Type::Email => "email",
            Type::Sms => "sms",
            Type::Intercom => "intercom",
            Type::Custom => "custom",
        }
    }

    /// What the handles of its people are.
    fn source(self) -> &'static str {
        match self {
            Type::Email => "email",
            Type::Sms => "phone",
            Type::Intercom => "intercom",
            Type::Custom => "custom",
        }
    }
}

/// A message from elsewhere.
#[derive(Debug, Clone)]
pub struct Import {
    /// Where it goes.
    pub inbox: InboxId,
    /// What it was.
    pub r#type: Type,
    /// Whether we received it, or sent it.
    pub is_inbound: bool,
    /// The handle it came from.
    pub handle: String,
    /// The name that came with it.
    pub name: Option<String>,
    /// The teammate who wrote it, if we sent it.
    pub author: Option<Who>,
    /// Whom it went to.
    pub to: outgoing::Addressees,
    /// Its subject.
    pub subject: String,
    /// What it says.
    pub content: Content,
    /// What it was called where it came from: the same one is never imported twice.
    pub external_id: String,
    /// When it was received or sent.
    pub created_at: Timestamp,
    /// Who deals with the conversation.
    pub assignee: Option<Who>,
    /// Names of tags for the conversation.
    pub tags: Vec<String>,
    /// The conversation it belongs to; makes the thread meaningless.
    pub conversation: Option<ConversationId>,
    /// What it is threaded by; otherwise by who is on the other side.
    pub thread_ref: Option<String>,
    /// Whether the conversation is done with.
    pub is_archived: bool,
    /// Whether rules and webhooks are left out of it.
    pub skips_rules: bool,
    /// Its files, already on disk.
    pub uploads: Vec<Upload>,
}

/// What became of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The message.
    pub message: MessageId,
    /// Its secondary id, which the answer carries.
    pub uid: String,
    /// Where it is.
    pub conversation: ConversationId,
    /// Whether it had been imported before, so that nothing happened now.
    pub is_repeat: bool,
}

/// Imports a message.
pub fn import(work: &mut Work<'_>, import: &Import) -> Result<Imported> {
    let directory = work.directory()?;
    let inbox = inbox(work, &directory, import.inbox)?;
    names::key("external_id", &import.external_id)?;
    if let Some((message, uid, conversation)) = store::imported(work.conn, work.company, &import.external_id)? {
        return Ok(Imported { message, uid, conversation, is_repeat: true });
    }
    let author = match (&import.author, import.is_inbound) {
        (Some(author), false) => Some(teammates::resolve(work, author)?),
        _ => None,
    };
    let assignee = match &import.assignee {
        Some(assignee) => Some(teammates::resolve(work, assignee)?),
        None => None,
    };
    let tags: Vec<TagId> = import.tags.iter().map(|name| tags::named(work, inbox.id, name)).collect::<Result<_>>()?;
    let recipients = people(work, import)?;
    let other = other_side(&recipients, import.is_inbound);
    let mut held = conversation(work, inbox, import, other)?;
    let is_newest = held.is_new() || import.created_at >= held.row.bumped_at;
    let (last_event, waited) = (held.row.last_event, waits(&held));
    let message = keep(work, &held, import, author, &recipients)?;
    note(work, &mut held, import, &message, is_newest)?;
    if let Some(other) = other.filter(|_| is_newest) {
        held.row.recipient_name = other.name.clone().or(held.row.recipient_name.take());
        held.row.recipient_handle = Some(other.handle.clone());
        held.row.recipient_role = Some(other.role.clone());
        held.row.recipient_contact = other.contact;
    }
    let actor = match (import.is_inbound, author) {
        (false, Some(author)) => Actor { kind: ActorKind::Teammate, teammate: Some(author) },
        _ => Actor { kind: ActorKind::Import, teammate: work.actor.teammate },
    };
    let settled = Settled { message: message.id, tags, assignee, is_newest };
    let mut began = Vec::new();
    if held.is_new() {
        began.push(Began::Everything);
    } else if waits(&held) != waited {
        began.push(Began::Waiting);
    }
    work.acting(actor, |work| match import.skips_rules {
        true => quietly(work, &mut held, import, &settled, (last_event, began)),
        false => aloud(work, &mut held, import, &settled),
    })?;
    held.save(work)?;
    Ok(Imported { message: message.id, uid: message.uid, conversation: held.row.id, is_repeat: false })
}

/// Whether the other side waits for an answer of ours, or we for one of theirs; `None` if nobody wrote.
fn waits(held: &Held) -> Option<bool> {
    held.row.last_message.map(|_| held.row.waiting_since.is_some())
}

fn inbox<'a>(work: &Work<'_>, directory: &'a Directory, id: InboxId) -> Result<&'a Inbox> {
    let inbox = directory.inbox(id).filter(|inbox| work.access.sees_owner(directory, inbox.team, inbox.owner));
    inbox.ok_or(Error::NotFound("inbox"))
}

/// Everybody named in it. Only the other side becomes contacts: our own addresses are no customers.
fn people(work: &mut Work<'_>, import: &Import) -> Result<Vec<Recipient>> {
    let outgoing::Addressees { to, cc, bcc } = &import.to;
    let count = to.len() + cc.len() + bcc.len();
    if count > MOST_RECIPIENTS {
        return Err(Error::invalid("to", format!("{count} recipients, at most {MOST_RECIPIENTS} are possible")));
    }
    let source = import.r#type.source();
    let from = Handle::from_elsewhere(source, &import.handle);
    if from.key.is_empty() {
        return Err(Error::invalid("sender.handle", "a handle is not empty"));
    }
    let contact = match import.is_inbound {
        true => Some(contacts::matching(work, &from, import.name.as_deref(), None)?),
        false => None,
    };
    let name = import.name.clone();
    let mut all = vec![Recipient { role: "from".to_string(), handle: from.handle, name, contact }];
    for (role, handles) in [("to", to), ("cc", cc), ("bcc", bcc)] {
        for handle in handles {
            let handle = Handle::from_elsewhere(source, handle);
            let contact: Option<ContactId> = match import.is_inbound || handle.key.is_empty() {
                true => None,
                false => Some(contacts::matching(work, &handle, None, None)?),
            };
            all.push(Recipient { role: role.to_string(), handle: handle.handle, name: None, contact });
        }
    }
    Ok(all)
}

/// Who is on the other side: the sender of what we received, the first receiver of what we sent.
fn other_side(people: &[Recipient], is_inbound: bool) -> Option<&Recipient> {
    people.iter().find(|person| (person.role == "from") == is_inbound)
}

/// The conversation it belongs to: the one that is named, else by thread, else by the other side, else a new one.
fn conversation(work: &mut Work<'_>, inbox: &Inbox, import: &Import, other: Option<&Recipient>) -> Result<Held> {
    if let Some(id) = import.conversation {
        let held = alive(work, id)?;
        held.takes_messages()?;
        return Ok(held);
    }
    // Imports come in beside the channels, so their threads are kept under the inbox's number.
    let under = ChannelId(inbox.id.0);
    let (space, key) = match (&import.thread_ref, other) {
        (Some(key), _) => (Space::Import, key.clone()),
        (None, Some(other)) => (Space::Sender, Handle::new(import.r#type.source(), &other.handle).key),
        (None, None) => return begin(work, inbox, import),
    };
    if let Some(known) = threading::find(work, under, space, &key)? {
        match alive(work, known) {
            Err(Error::NotFound(_)) => {}
            found => return found,
        }
    }
    let held = begin(work, inbox, import)?;
    threading::lead(work, under, space, &key, held.row.id)?;
    Ok(held)
}

fn alive(work: &mut Work<'_>, id: ConversationId) -> Result<Held> {
    match hold(work, id) {
        Err(Error::Moved(survivor)) => hold(work, survivor),
        other => other,
    }
}

fn begin(work: &mut Work<'_>, inbox: &Inbox, import: &Import) -> Result<Held> {
    let id = ConversationId(work.new_id());
    let directory = work.directory()?;
    let at = import.created_at.min(work.now);
    let mut row = Conversation::new(id, "conversation", &import.subject, at);
    row.is_private = inbox.is_private();
    // Where an answer would leave.
    row.channel = directory
        .channels()
        .find(|channel| channel.inbox == inbox.id && super::type_on(channel) == import.r#type.as_str())
        .map(|channel| channel.id);
    statuses::start(work, &mut row)?;
    Ok(Held::new(row, vec![inbox.id]))
}

fn keep(
    work: &mut Work<'_>,
    held: &Held,
    import: &Import,
    author: Option<TeammateId>,
    recipients: &[Recipient],
) -> Result<Message> {
    let at = import.created_at.min(held.instant(work));
    let id = MessageId(held.new_id(work));
    let mut message = Message::new(id, held.row.id, super::new_uid(work, id), at);
    message.external_id = Some(import.external_id.clone());
    message.r#type = import.r#type.as_str().to_string();
    message.is_inbound = import.is_inbound;
    message.author = author;
    message.subject = import.subject.clone();
    message.blurb = import.content.blurb.clone();
    message.body = import.content.body.clone();
    message.text = import.content.text.clone();
    message.recipients = json!(recipients);
    let mut metadata = Map::new();
    if let Some(key) = &import.thread_ref {
        metadata.insert("thread_ref".to_string(), Value::String(key.clone()));
    }
    message.metadata = Value::Object(metadata);
    message.attachment_count = i64::try_from(import.uploads.len()).unwrap_or(0);
    message.delivery = if import.is_inbound { "received" } else { "sent" }.to_string();
    message.sent_at = (!import.is_inbound).then_some(at);
    super::insert(work, &message)?;
    attachments::attach(work, attachments::Owner::Message(message.id), &import.uploads)?;
    let texts = [import.subject.as_str(), import.content.text.as_str()];
    search::index_at(work, message.id.0, held.row.id, at, &texts)?;
    Ok(message)
}

/// What the message means for its conversation. History that is older than what is there already moves nothing.
fn note(work: &mut Work<'_>, held: &mut Held, import: &Import, message: &Message, is_newest: bool) -> Result<()> {
    let people = message.recipients();
    let contacts: Vec<String> = people.iter().filter_map(|person| person.contact).map(|id| id.to_string()).collect();
    let author = message.author.map(|id| id.to_string());
    let parties: Vec<(&str, &str)> = people
        .iter()
        .map(|person| (person.role.as_str(), person.handle.as_str()))
        .chain(contacts.iter().map(|contact| ("contact", contact.as_str())))
        .chain(author.iter().map(|author| ("author", author.as_str())))
        .collect();
    super::take_part(work, held.row.id, &parties)?;
    held.row.message_count += 1;
    if !is_newest && held.row.last_message.is_some() {
        return Ok(());
    }
    held.row.last_message = Some(message.id);
    held.row.bumped_at = held.row.bumped_at.max(message.created_at);
    held.row.is_unreplied = import.is_inbound;
    if import.is_inbound {
        held.row.last_inbound = Some(message.id);
        held.row.waiting_since = held.row.waiting_since.or(Some(message.created_at));
    } else {
        held.row.waiting_since = None;
    }
    Ok(())
}

/// What follows from an import besides the message.
struct Settled {
    message: MessageId,
    tags: Vec<TagId>,
    assignee: Option<TeammateId>,
    is_newest: bool,
}

/// One internal event tells of everything, so that nobody reacts to any of it, and the rules are kept from counting what
/// began by it. `before` is what happened last in the conversation, with what begins now.
fn quietly(
    work: &mut Work<'_>,
    held: &mut Held,
    import: &Import,
    settled: &Settled,
    before: (EventId, Vec<Began>),
) -> Result<()> {
    let (last_event, mut began) = before;
    let added = tagging::quietly(work, held, &settled.tags)?;
    let mut change = Map::new();
    change.insert("message".to_string(), json!([null, settled.message.to_string()]));
    if !added.is_empty() {
        let added: Vec<String> = added.iter().map(TagId::to_string).collect();
        change.insert("tags".to_string(), json!([null, added]));
    }
    if settled.assignee.is_some() && settled.assignee != held.row.assignee {
        let name = |teammate: Option<TeammateId>| teammate.map(|id| id.to_string());
        change.insert("assignee".to_string(), json!([name(held.row.assignee), name(settled.assignee)]));
        held.row.assignee = settled.assignee;
    }
    if held.is_new() {
        held.row.unresolved_since = None;
    }
    if let Some((from, to)) = settle(held, import, settled, None) {
        change.insert("status".to_string(), json!([from.as_str(), to.as_str()]));
        began.extend((!held.is_new()).then_some(Began::Status));
    }
    let record = Record::with(Kind::Imported, TargetKind::Message, settled.message.0);
    let skips_rules = std::mem::replace(&mut work.skips_rules, true);
    let recorded = held.record(work, record.changing(Value::Object(change)));
    work.skips_rules = skips_rules;
    quiet::mark(work, held.row.id, (last_event, recorded?), &began)
}

/// The same as if it had just happened, for rules and webhooks too.
fn aloud(work: &mut Work<'_>, held: &mut Held, import: &Import, settled: &Settled) -> Result<()> {
    let kind = match (import.is_inbound, held.row.message_count) {
        (true, _) => Kind::Inbound,
        (false, 1) => Kind::Outbound,
        (false, _) => Kind::OutReply,
    };
    held.record(work, Record::with(kind, TargetKind::Message, settled.message.0))?;
    tagging::add(work, held, &settled.tags)?;
    if let Some(assignee) = settled.assignee.filter(|assignee| held.row.assignee != Some(*assignee)) {
        let before = held.row.assignee.replace(assignee).map(|id| id.to_string());
        let change = json!({"assignee": [before, assignee.to_string()]});
        held.record(work, Record::with(Kind::Assign, TargetKind::Teammate, assignee.0).changing(change))?;
    }
    if let Some((from, to)) = settle(held, import, settled, Some(work.now)) {
        let kind = if to == Status::Archived { Kind::Archive } else { Kind::Reopen };
        held.record(work, Record::plain(kind).changing(json!({"status": [from.as_str(), to.as_str()]})))?;
    }
    Ok(())
}

/// Archives or reopens the conversation as the import says, unless the message is older than what is there. One that is
/// reopened is to be resolved from `since` on.
fn settle(held: &mut Held, import: &Import, settled: &Settled, since: Option<Timestamp>) -> Option<(Status, Status)> {
    let from = held.row.status();
    let to = match (import.is_archived, from) {
        (true, Status::Open) => Status::Archived,
        (false, Status::Archived) => Status::Open,
        _ => return None,
    };
    if !settled.is_newest {
        return None;
    }
    held.row.status = to.code();
    held.row.unresolved_since = since.filter(|_| to == Status::Open);
    Some((from, to))
}

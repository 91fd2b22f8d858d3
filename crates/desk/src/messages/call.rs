//! Calls as messages: one for each, which is rewritten as the call goes on.

use serde_json::{Value, json};

use super::{Content, Message, Recipient, send, store};
use crate::attachments::{self, Upload};
use crate::channels::Channel;
use crate::contacts::{self, Handle};
use crate::conversations::{Held, hold, standing};
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::ids::{MessageId, TeammateId};
use crate::search;
use crate::time::Timestamp;
use crate::work::Work;

/// The type of such messages.
const TYPE: &str = "call";

/// A call that begins.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    /// The message beside which it stands, in the same conversation.
    pub(crate) beside: Option<MessageId>,
    /// Whether somebody outside called.
    pub(crate) is_inbound: bool,
    /// Who that is, or whom we call.
    pub(crate) handle: Handle,
    /// What they call themselves.
    pub(crate) name: Option<String>,
    /// The teammate who has to do with it.
    pub(crate) agent: Option<TeammateId>,
    /// What it says.
    pub(crate) content: Content,
    /// When it began; absent if that is now.
    pub(crate) at: Option<Timestamp>,
    /// The events that say so.
    pub(crate) kinds: &'static [Kind],
}

/// What happens to a call.
#[derive(Debug, Clone)]
pub(crate) struct Happening {
    /// The event that says so.
    pub(crate) kind: Kind,
    /// What changes.
    pub(crate) change: Value,
    /// The teammate who has to do with it, if one more is known.
    pub(crate) agent: Option<TeammateId>,
    /// Whether somebody of ours speaks with the caller.
    pub(crate) is_answered: bool,
    /// Files that come with it, already on disk.
    pub(crate) uploads: Vec<Upload>,
}

impl Happening {
    /// Something that changes nothing but the words.
    pub(crate) fn plain(kind: Kind, change: Value) -> Happening {
        Happening { kind, change, agent: None, is_answered: false, uploads: Vec::new() }
    }
}

/// Keeps the message of a call that begins. A call from outside opens its conversation.
pub(crate) fn begin(work: &mut Work<'_>, channel: &Channel, begun: &Begun) -> Result<MessageId> {
    let contact = contacts::matching(work, &begun.handle, begun.name.as_deref(), None)?;
    let mut held = conversation(work, channel, begun.beside)?;
    let id = MessageId(held.new_id(work));
    let at = begun.at.unwrap_or_else(|| held.instant(work));
    let mut message = Message::new(id, held.row.id, super::new_uid(work, id), at);
    let (role, ours) = if begun.is_inbound { ("from", "to") } else { ("to", "from") };
    let person = |role: &str, handle: &str, name: Option<String>, contact| Recipient {
        role: role.to_string(),
        handle: handle.to_string(),
        name,
        contact,
    };
    let other = person(role, &begun.handle.handle, begun.name.clone(), Some(contact));
    message.channel = Some(channel.id);
    message.r#type = TYPE.to_string();
    message.is_inbound = begun.is_inbound;
    message.author = begun.agent.filter(|_| !begun.is_inbound);
    message.recipients = json!([other, person(ours, &channel.address, None, None)]);
    message.delivery = if begun.is_inbound { "received" } else { "sent" }.to_string();
    message.sent_at = (!begun.is_inbound).then_some(at);
    say(&mut message, begun.content.clone());
    super::insert(work, &message)?;
    let contact_id = contact.to_string();
    super::take_part(work, held.row.id, &[(role, &begun.handle.handle), ("contact", &contact_id)])?;
    search::index(work, id.0, held.row.id, &[&message.text])?;
    held.row.message_count += 1;
    held.row.last_message = Some(id);
    held.row.recipient_name = begun.name.clone().or(held.row.recipient_name.take());
    held.row.recipient_handle = Some(begun.handle.handle.clone());
    held.row.recipient_role = Some(role.to_string());
    held.row.recipient_contact = Some(contact);
    held.bump(work);
    let mut woken = None;
    if begun.is_inbound {
        held.row.last_inbound = Some(id);
        held.row.is_unreplied = true;
        held.row.waiting_since = held.row.waiting_since.or(Some(work.now));
        woken = standing::wake(work, &mut held)?;
    }
    for (at, kind) in begun.kinds.iter().enumerate() {
        let mut record = Record::with(*kind, TargetKind::Message, id.0);
        record.change = woken.clone().filter(|_| at == 0);
        held.record(work, record)?;
    }
    standing::tell_ticket_status(work, &mut held, woken.as_ref())?;
    held.save(work)?;
    Ok(id)
}

/// The conversation of another leg of the call, else a new one.
fn conversation(work: &mut Work<'_>, channel: &Channel, beside: Option<MessageId>) -> Result<Held> {
    let known = match beside {
        Some(id) => store::get(work.conn, work.company, id)?,
        None => None,
    };
    if let Some(message) = known {
        match hold(work, message.conversation) {
            Err(Error::Moved(survivor)) => return hold(work, survivor),
            Err(Error::NotFound(_)) => {}
            found => return found,
        }
    }
    send::begin(work, channel, "")
}

/// Rewrites the message of a call, and records what happened.
pub(crate) fn change(
    work: &mut Work<'_>,
    id: MessageId,
    happening: &Happening,
    told: impl Fn(bool) -> Content,
) -> Result<()> {
    let mut message = store::get(work.conn, work.company, id)?.ok_or(Error::NotFound("call"))?;
    let mut held = match hold(work, message.conversation) {
        Err(Error::Moved(survivor)) => hold(work, survivor)?,
        other => other?,
    };
    let content = told(message.is_inbound);
    say(&mut message, content);
    attachments::attach(work, attachments::Owner::Message(id), &happening.uploads)?;
    message.attachment_count += i64::try_from(happening.uploads.len()).unwrap_or(0);
    if !message.is_inbound {
        message.author = message.author.or(happening.agent);
    }
    store::update(work.conn, work.company, &message)?;
    search::reindex(work, id.0, held.row.id, &[&message.text])?;
    if happening.is_answered {
        held.row.is_unreplied = false;
        held.row.waiting_since = None;
    }
    held.bump(work);
    let record = Record::with(happening.kind, TargetKind::Message, id.0).changing(happening.change.clone());
    held.record(work, record)?;
    held.save(work)
}

fn say(message: &mut Message, content: Content) {
    message.blurb = content.blurb;
    message.body = content.body;
    message.text = content.text;
}

//! What sending, replying and drafting have in common: who writes to whom through which channel, and the message that
//! comes of it.

use serde_json::{Value, json};

use super::delivery::{self, State};
use super::{Content, Message, Recipient};
use crate::apps::features::Composer;
use crate::attachments::{self, Upload};
use crate::channels::{Channel, application};
use crate::contacts::{self, Handle};
use crate::conversations::{Action, Held, Shelf, linking, standing, tagging};
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::ids::{ChannelId, MessageId, SignatureId, TagId, TeammateId};
use crate::names;
use crate::rules::action::Step;
use crate::rules::demands;
use crate::search;
use crate::signatures;
use crate::teammates::{self, Who};
use crate::work::{Actor, ActorKind, Work};

/// The most people one message can go to.
pub const MOST_RECIPIENTS: usize = 500;

/// Whom a message goes to, as handles on its channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addressees {
    /// Its receivers.
    pub to: Vec<String>,
    /// Who gets a copy.
    pub cc: Vec<String>,
    /// Who gets a copy without the others knowing.
    pub bcc: Vec<String>,
}

impl Addressees {
    /// Whether nobody is named.
    pub fn is_empty(&self) -> bool {
        self.to.is_empty() && self.cc.is_empty() && self.bcc.is_empty()
    }
}

/// Which signature stands below a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Signing {
    /// Nothing is said: none below what is new, and the same as before below a draft that is edited.
    #[default]
    Unsaid,
    /// None.
    Nothing,
    /// This one.
    With(SignatureId),
    /// The one that the author uses where nothing else is said.
    Default,
}

/// What somebody writes.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Whom it goes to.
    pub to: Addressees,
    /// The name it is sent under, instead of the channel's.
    pub sender_name: Option<String>,
    /// Its subject; a reply's default is the conversation's.
    pub subject: Option<String>,
    /// What it says.
    pub content: Content,
    /// What it refers to, below the text. Shown by e-mail alone.
    pub quote: Option<Content>,
    /// What stands below it. E-mail alone has signatures.
    pub signature: Signing,
    /// The files that go with it, already on disk.
    pub uploads: Vec<Upload>,
}

/// What happens to the conversation when a message leaves.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Tags that the conversation gets.
    pub tags: Vec<TagId>,
    /// Names of tags that it gets as well.
    pub tag_names: Vec<String>,
    /// Whether the conversation is done with, even if it is snoozed. What lies in the trash stays there.
    pub archive: bool,
    /// Whether it is answered by itself, by a rule or for somebody away: the channel is told so, and who waits for an answer goes on waiting.
    pub is_auto_reply: bool,
    /// Whether a message of the conversation is handed on to somebody else, which answers nobody in it.
    pub is_forward: bool,
}

/// A message that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The message.
    pub message: MessageId,
    /// Its secondary id, which the answer carries.
    pub uid: String,
    /// Where it is.
    pub conversation: crate::ids::ConversationId,
}

/// Whether a channel speaks e-mail.
pub(super) fn is_email(channel: &Channel) -> bool {
    super::type_on(channel) == "email"
}

/// A channel that the caller may use.
pub(super) fn channel(work: &mut Work<'_>, id: ChannelId) -> Result<Channel> {
    let directory = work.directory()?;
    let channel = directory.channel(id).ok_or(Error::NotFound("channel"))?;
    let inbox = directory.inbox(channel.inbox).ok_or(Error::NotFound("channel"))?;
    match work.access.sees_owner(&directory, inbox.team, inbox.owner) {
        true => Ok(channel.clone()),
        false => Err(Error::NotFound("channel")),
    }
}

/// Who acts when something is written on behalf of a teammate, who must not be blocked: the teammate; otherwise whoever
/// asks.
pub(super) fn author(work: &mut Work<'_>, who: Option<&Who>) -> Result<Actor> {
    let author = past_author(work, who)?;
    if let (Some(_), Some(teammate)) = (who, author.teammate) {
        teammates::may_write(work, teammate)?;
    }
    Ok(author)
}

/// The same of what was written elsewhere before, perhaps by somebody who is blocked by now.
pub(super) fn past_author(work: &mut Work<'_>, who: Option<&Who>) -> Result<Actor> {
    match who {
        Some(who) => {
            let teammate = teammates::resolve(work, who)?;
            Ok(Actor { kind: ActorKind::Teammate, teammate: Some(teammate) })
        }
        None => Ok(work.actor),
    }
}

/// The recipients of a message, with their contacts; those in `to` come first, because some clients write to whoever
/// does. The sender is the last.
pub(super) fn recipients(
    work: &mut Work<'_>,
    channel: &Channel,
    letter: &Letter,
    sender_name: Option<String>,
) -> Result<Vec<Recipient>> {
    let Addressees { to, cc, bcc } = &letter.to;
    let count = to.len() + cc.len() + bcc.len();
    if count > MOST_RECIPIENTS {
        return Err(Error::invalid("to", format!("{count} recipients, at most {MOST_RECIPIENTS} are possible")));
    }
    let mut all = Vec::with_capacity(count + 1);
    for (role, handles) in [("to", to), ("cc", cc), ("bcc", bcc)] {
        for (at, given) in handles.iter().enumerate() {
            let handle = Handle::on_channel(channel, given);
            check(channel, &handle, &format!("{role}[{at}]"))?;
            let contact = contacts::matching(work, &handle, None, None)?;
            all.push(Recipient { role: role.to_string(), handle: handle.handle, name: None, contact: Some(contact) });
        }
    }
    all.push(sender(channel, sender_name));
    Ok(all)
}

/// Whom a message is from, under a name that is given or the channel's own.
pub(super) fn sender(channel: &Channel, name: Option<String>) -> Recipient {
    let handle = channel.send_as.clone().unwrap_or_else(|| channel.address.clone());
    let name = name.or_else(|| Some(channel.name.clone()).filter(|name| !name.is_empty()));
    Recipient { role: "from".to_string(), handle, name, contact: None }
}

/// The name that a letter is sent under, its own or its signature's; none if the channel's is to do.
pub(super) fn sender_name(
    work: &mut Work<'_>,
    letter: &Letter,
    signature: Option<SignatureId>,
    author: Option<TeammateId>,
) -> Result<Option<String>> {
    match (&letter.sender_name, signature) {
        (None, Some(signature)) => Ok(signatures::filled(work, signature, author)?.and_then(|(_, sender)| sender)),
        (own, _) => Ok(own.clone()),
    }
}

fn check(channel: &Channel, handle: &Handle, field: &str) -> Result<()> {
    if handle.handle.is_empty() {
        return Err(Error::invalid(field, "a handle is not empty"));
    }
    names::key(field, &handle.handle)?;
    let is_address = handle.key.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    if is_email(channel) && (!is_address || handle.key.contains(char::is_whitespace)) {
        return Err(Error::invalid(field, format!("{:?} is not an e-mail address", handle.handle)));
    }
    Ok(())
}

/// How a letter is signed that somebody sends: without a named author, nobody's default signature stands below it.
pub(super) fn signing(letter: &Letter, author: Option<&Who>) -> Signing {
    match letter.signature {
        Signing::Default if author.is_none() => Signing::Nothing,
        said => said,
    }
}

/// A letter as its channel carries it: an app may take plain text only, or no such files.
pub(super) fn fitted(work: &mut Work<'_>, channel: &Channel, mut letter: Letter) -> Result<Letter> {
    if let Some(kind) = application::kind_on(work, channel)? {
        kind.check_files(&letter.uploads)?;
        if kind.composer == Composer::Basic {
            letter.content = Content::plain(&letter.content.text);
        }
    }
    Ok(letter)
}

/// A message or draft that is not in the store yet, written by the actor.
pub(super) fn compose(
    work: &mut Work<'_>,
    held: &Held,
    channel: &Channel,
    letter: &Letter,
    replied_to: Option<&Message>,
) -> Result<Message> {
    let author = work.actor.teammate;
    let signature = signatures::chosen(work, channel, letter.signature, author)?.map(|signature| signature.id);
    let name = sender_name(work, letter, signature, author)?;
    let recipients = recipients(work, channel, letter, name)?;
    let content = match &letter.quote {
        Some(quote) if is_email(channel) => letter.content.quoting(quote),
        _ => letter.content.clone(),
    };
    let id = MessageId(held.new_id(work));
    let mut message = Message::new(id, held.row.id, super::new_uid(work, id), held.instant(work));
    message.channel = Some(channel.id);
    message.r#type = super::type_on(channel).to_string();
    message.author = author;
    message.subject = letter.subject.clone().unwrap_or_else(|| held.row.subject.clone());
    message.blurb = content.blurb;
    message.body = content.body;
    message.text = content.text;
    message.recipients = json!(recipients);
    message.metadata = json!({"headers": {"in_reply_to": replied_to.and_then(reference)}});
    message.replied_to = replied_to.map(|message| message.id);
    message.signature = signature;
    message.attachment_count = i64::try_from(letter.uploads.len()).unwrap_or(0);
    Ok(message)
}

/// What a partner calls the message that is answered: its thread, else its own id (channels.md section 8).
fn reference(message: &Message) -> Option<String> {
    let thread = message.metadata.get("thread_ref").and_then(Value::as_str).map(str::to_string);
    thread.or_else(|| message.external_id.clone())
}

/// Keeps a message that leaves now, tells the conversation of it and hands it to its channel. The events are, in order:
/// the message, the tags, the archiving.
pub(super) fn dispatch(
    work: &mut Work<'_>,
    held: &mut Held,
    channel: &Channel,
    mut message: Message,
    letter: (&[Upload], &Options),
) -> Result<Accepted> {
    sign(work, &mut message)?;
    message.is_auto_reply = letter.1.is_auto_reply;
    message.delivery = delivery::first(channel).as_str().to_string();
    message.sent_at = (message.delivery == State::Sent.as_str()).then_some(work.now);
    let message = keep(work, held, message, letter)?;
    delivery::start(work, channel, &message)?;
    Ok(Accepted { message: message.id, uid: message.uid, conversation: held.row.id })
}

/// Puts its signature below a message that leaves; until then it stands beside it, so that a draft is edited without it.
fn sign(work: &mut Work<'_>, message: &mut Message) -> Result<()> {
    let Some(signature) = message.signature else { return Ok(()) };
    match signatures::filled(work, signature, message.author)? {
        None => message.signature = None,
        Some((below, _)) => {
            let (body, text) = (std::mem::take(&mut message.body), std::mem::take(&mut message.text));
            let signed = Content { body, text, blurb: String::new() }.signed(&below);
            (message.body, message.text) = (signed.body, signed.text);
        }
    }
    Ok(())
}

/// Keeps a message of ours and tells the conversation of it.
pub(super) fn keep(
    work: &mut Work<'_>,
    held: &mut Held,
    message: Message,
    letter: (&[Upload], &Options),
) -> Result<Message> {
    let (uploads, options) = letter;
    let kind = match held.row.message_count {
        _ if options.is_forward => Kind::Forward,
        0 => Kind::Outbound,
        _ => Kind::OutReply,
    };
    let waiting = (held.row.is_unreplied, held.row.waiting_since);
    super::insert(work, &message)?;
    attachments::attach(work, attachments::Owner::Message(message.id), uploads)?;
    sent_off(work, held, &message)?;
    if options.is_forward {
        (held.row.is_unreplied, held.row.waiting_since) = waiting;
    } else if options.is_auto_reply {
        // The last message is ours, but nobody has answered what was asked.
        held.row.waiting_since = waiting.1;
    }
    held.record(work, Record::with(kind, TargetKind::Message, message.id.0))?;
    linking::recognise(work, held, &[&message.text, &message.body])?;
    tagging::add(work, held, &options.tags)?;
    let named = tagging::named(work, held, &options.tag_names)?;
    tagging::add(work, held, &named)?;
    // Who is answered matters more than where the conversation then lies: it stays open if a rule wants a tag first.
    let may_go = options.archive && held.row.shelf() != Shelf::Trashed;
    if may_go && demands::unmet(work, held, Step::Archive)?.is_none() {
        standing::act(work, held, Action::Archive)?;
    }
    held.save(work)?;
    Ok(message)
}

/// What a message that leaves means for its conversation: it is answered, findable, and on top.
pub(super) fn sent_off(work: &mut Work<'_>, held: &mut Held, message: &Message) -> Result<()> {
    let recipients = message.recipients();
    let contacts: Vec<String> =
        recipients.iter().filter_map(|recipient| recipient.contact).map(|id| id.to_string()).collect();
    // Nobody takes part by an answer that wrote itself.
    let author = message.author.filter(|_| !message.is_auto_reply).map(|id| id.to_string());
    let parties: Vec<(&str, &str)> = recipients
        .iter()
        .map(|recipient| (recipient.role.as_str(), recipient.handle.as_str()))
        .chain(contacts.iter().map(|contact| ("contact", contact.as_str())))
        .chain(author.iter().map(|author| ("author", author.as_str())))
        .collect();
    super::take_part(work, held.row.id, &parties)?;
    search::index(work, message.id.0, held.row.id, &[&message.subject, &message.text])?;
    held.row.message_count += 1;
    held.row.last_message = Some(message.id);
    held.row.is_unreplied = false;
    held.row.waiting_since = None;
    standing::take_up(work, held);
    held.bump(work);
    Ok(())
}

/// The main recipient of a conversation that begins with a message of ours: the first that it goes to.
pub(super) fn address(held: &mut Held, message: &Message) {
    let recipients = message.recipients();
    let Some(first) = recipients.iter().find(|recipient| recipient.role != "from") else { return };
    held.row.recipient_name = first.name.clone();
    held.row.recipient_handle = Some(first.handle.clone());
    held.row.recipient_role = Some(first.role.clone());
    held.row.recipient_contact = first.contact;
}

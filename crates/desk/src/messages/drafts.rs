//! Drafts: messages that are not to leave yet. A private one is its author's alone, a shared one everybody's who sees
//! the conversation. Each edit gives a draft a new version, and whoever names an old one is refused.

use serde_json::json;

use super::delivery::State;
use super::outgoing::{self, Accepted, Letter, Options, Signing, author, compose, dispatch, recipients};
use super::{Message, Recipient, reply, send, store};
use crate::attachments::{self, Owner};
use crate::channels::Channel;
use crate::conversations::{self, Held, Status, hold};
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::ids::{ChannelId, ConversationId, MessageId, SignatureId};
use crate::paging::{Page, Position, Window};
use crate::signatures;
use crate::teammates::Who;
use crate::work::{Actor, ActorKind, Work};

/// Who sees a draft.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// Its author.
    #[default]
    Private,
    /// Everybody who sees the conversation.
    Shared,
}

impl Mode {
    /// The name in the store and outside.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Private => "private",
            Mode::Shared => "shared",
        }
    }
}

/// Where a new draft belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It begins a conversation on a channel.
    On(ChannelId),
    /// It answers in a conversation, through a channel.
    In(ConversationId, ChannelId),
}

/// A new draft.
#[derive(Debug, Clone)]
pub struct NewDraft {
    /// Where it belongs.
    pub place: Place,
    /// What it says so far.
    pub letter: Letter,
    /// On whose behalf; otherwise whoever asks is the author.
    pub author: Option<Who>,
    /// Who sees it.
    pub mode: Mode,
}

/// Makes a draft.
pub fn draft(work: &mut Work<'_>, new: &NewDraft) -> Result<MessageId> {
    let drafter = work.actor.teammate;
    let author = author(work, new.author.as_ref())?;
    let (mut held, channel, answered) = match new.place {
        Place::On(channel) => {
            let channel = outgoing::channel(work, channel)?;
            let mut held = send::begin(work, &channel, new.letter.subject.as_deref().unwrap_or_default())?;
            // There is nothing to be resolved before it is sent.
            held.row.unresolved_since = None;
            (held, channel, None)
        }
        Place::In(conversation, channel) => {
            let held = hold(work, conversation)?;
            held.takes_messages()?;
            let answered = reply::answered(work, &held)?;
            let channel = reply::channel(work, &held, Some(channel), answered.as_ref())?;
            (held, channel, answered)
        }
    };
    // A reply goes to whoever wrote, unless the draft says otherwise; there may be nobody yet.
    let letter = match held.row.recipient_handle {
        Some(_) => reply::addressed(&held, &new.letter)?,
        None => new.letter.clone(),
    };
    let letter = outgoing::fitted(work, &channel, letter)?;
    work.acting(author, |work| {
        let mut message = compose(work, &held, &channel, &letter, answered.as_ref())?;
        message.draft_mode = Some(new.mode.as_str().to_string());
        message.drafter = drafter;
        message.version = Some(version(work, message.id));
        message.delivery = State::Draft.as_str().to_string();
        if held.is_new() {
            outgoing::address(&mut held, &message);
        }
        super::insert(work, &message)?;
        attachments::attach(work, Owner::Message(message.id), &letter.uploads)?;
        note(work, &mut held, &message, json!({"draft": [null, message.id.to_string()]}))?;
        Ok(message.id)
    })
}

/// A draft that the caller may see.
fn get(work: &mut Work<'_>, id: MessageId) -> Result<Message> {
    match super::get(work, id)? {
        message if message.is_draft() => Ok(message),
        _ => Err(Error::NotFound("draft")),
    }
}

/// Whether the actor may see a message as far as it is a draft: shared ones, one's own, those one has made for somebody,
/// and those of people who let the API see what is theirs.
pub(super) fn may_see(work: &mut Work<'_>, message: &Message) -> Result<bool> {
    if message.draft_mode.as_deref() != Some(Mode::Private.as_str()) {
        return Ok(true);
    }
    let me = work.actor.teammate;
    if me.is_some() && (message.author == me || message.drafter == me) {
        return Ok(true);
    }
    let directory = work.directory()?;
    Ok(message.author.is_some_and(|author| work.access.sees_private(&directory, author)))
}

/// What changes about a draft; what is absent stays, as does an empty list of addressees.
#[derive(Debug, Clone)]
pub struct Edit {
    /// The draft.
    pub draft: MessageId,
    /// The version that was edited; without one the edit wins over whatever came in between.
    pub version: Option<String>,
    /// Where it is to leave.
    pub channel: ChannelId,
    /// What it says now. Files are added to those that it has.
    pub letter: Letter,
    /// On whose behalf it is from now on.
    pub author: Option<Who>,
    /// Whether everybody who sees the conversation sees it from now on. There is no way back.
    pub share: bool,
}

/// Edits a draft.
pub fn edit(work: &mut Work<'_>, edit: &Edit) -> Result<()> {
    let old = get(work, edit.draft)?;
    let mut held = held(work, &old)?;
    current(&old, edit.version.as_deref())?;
    let answered = match held.row.message_count {
        0 => None,
        _ => reply::answered(work, &held)?,
    };
    let channel = match answered {
        Some(_) => reply::channel(work, &held, Some(edit.channel), answered.as_ref())?,
        None => outgoing::channel(work, edit.channel)?,
    };
    let mut new = old.clone();
    new.channel = Some(channel.id);
    new.r#type = super::type_on(&channel).to_string();
    if edit.author.is_some() {
        new.author = author(work, edit.author.as_ref())?.teammate;
    }
    new.signature = signature(work, &channel, edit, &new)?;
    let name = outgoing::sender_name(work, &edit.letter, new.signature, new.author)?;
    if !edit.letter.to.is_empty() {
        new.recipients = json!(recipients(work, &channel, &edit.letter, name)?);
    } else if edit.letter.sender_name.is_some()
        || (new.channel, new.signature, new.author) != (old.channel, old.signature, old.author)
    {
        let mut people: Vec<Recipient> = old.recipients();
        let name = match (new.signature, new.author) == (old.signature, old.author) {
            true => name.or(own_name(work, &old)?),
            false => name,
        };
        people.retain(|person| person.role != "from");
        people.push(outgoing::sender(&channel, name));
        new.recipients = json!(people);
    }
    if let Some(subject) = &edit.letter.subject {
        new.subject = subject.clone();
        new.check_sizes()?;
    }
    let letter = outgoing::fitted(work, &channel, edit.letter.clone())?;
    let content = match &letter.quote {
        Some(quote) if outgoing::is_email(&channel) => letter.content.quoting(quote),
        _ => letter.content,
    };
    new.blurb = content.blurb;
    new.body = content.body;
    new.text = content.text;
    if edit.share {
        new.draft_mode = Some(Mode::Shared.as_str().to_string());
    }
    new.attachment_count += i64::try_from(edit.letter.uploads.len()).unwrap_or(0);
    new.version = Some(version(work, new.id));
    store::update(work.conn, work.company, &new)?;
    attachments::attach(work, Owner::Message(new.id), &edit.letter.uploads)?;
    if held.row.message_count == 0 {
        held.row.channel = Some(channel.id);
        outgoing::address(&mut held, &new);
    }
    let change = json!({"version": [old.version, new.version], "draft_mode": [old.draft_mode, new.draft_mode]});
    note(work, &mut held, &new, change)
}

/// The name that a draft was given to be sent under; none if it is its channel's.
fn own_name(work: &mut Work<'_>, draft: &Message) -> Result<Option<String>> {
    let directory = work.directory()?;
    let Some(channel) = draft.channel.and_then(|id| directory.channel(id)) else { return Ok(None) };
    let name = draft.recipients().into_iter().find(|person| person.role == "from").and_then(|sender| sender.name);
    Ok(name.filter(|_| draft.signature.is_none()).filter(|name| *name != channel.name))
}

/// The signature of a draft that is edited: the one that is said, else the one that it has, as long as it may stand there.
fn signature(work: &mut Work<'_>, channel: &Channel, edit: &Edit, draft: &Message) -> Result<Option<SignatureId>> {
    match edit.letter.signature {
        Signing::Unsaid => match draft.signature {
            Some(id) => signatures::kept(work, channel, draft.author, id),
            None => Ok(None),
        },
        said => Ok(signatures::chosen(work, channel, said, draft.author)?.map(|signature| signature.id)),
    }
}

/// Deletes a draft, if it is at the version that is named; whatever it is at, if none is. A conversation that was nothing but this draft goes with it, and keeps nothing of a private one.
pub fn delete(work: &mut Work<'_>, id: MessageId, version: Option<&str>) -> Result<()> {
    let old = get(work, id)?;
    let mut held = held(work, &old)?;
    current(&old, version)?;
    store::delete(work.conn, work.company, id)?;
    attachments::detach(work, Owner::Message(id))?;
    let mut change = json!({"draft": [id.to_string(), null]});
    let status = held.row.status();
    let is_empty = held.row.message_count == 0 && held.row.comment_count == 0;
    let was_all = is_empty && store::drafts(work.conn, work.company, held.row.id, None, 1)?.is_empty();
    if was_all && old.draft_mode.as_deref() == Some(Mode::Private.as_str()) {
        // Everybody sees the conversation from now on, and what the draft said was its author's alone.
        held.row.subject.clear();
        (held.row.recipient_name, held.row.recipient_handle, held.row.recipient_contact) = (None, None, None);
    }
    if was_all && status == Status::Open {
        held.row.status = Status::Deleted.code();
        held.row.unresolved_since = None;
        change["status"] = json!([status.as_str(), Status::Deleted.as_str()]);
    }
    note(work, &mut held, &old, change)
}

/// The drafts of a conversation that the caller may see, the newest first.
pub fn list(work: &mut Work<'_>, conversation: ConversationId, window: &Window) -> Result<Page<Message>> {
    conversations::see(work, conversation)?;
    let after = window.after.map(|position| MessageId(position.id));
    let rows = store::drafts(work.conn, work.company, conversation, after, window.limit + 1)?;
    let page = Page::cut(rows, window.limit, |row| Position { key: 0, id: row.id.0 });
    let mut shown = Vec::with_capacity(page.rows.len());
    for row in page.rows {
        if may_see(work, &row)? {
            shown.push(row);
        }
    }
    Ok(Page { rows: shown, next: page.next })
}

/// Sends a draft. A version, if one is given, must be the current one.
pub fn send_draft(work: &mut Work<'_>, id: MessageId, version: Option<&str>, options: &Options) -> Result<Accepted> {
    let old = get(work, id)?;
    let mut held = held(work, &old)?;
    current(&old, version)?;
    let channel = old.channel.ok_or(Error::NotFound("channel"))?;
    let channel = outgoing::channel(work, channel)?;
    if old.recipients().iter().all(|recipient| recipient.role == "from") {
        return Err(Error::invalid("to", "one of to, cc or bcc is required"));
    }
    let author = match old.author {
        Some(author) if old.author != work.actor.teammate => {
            Actor { kind: ActorKind::Teammate, teammate: Some(author) }
        }
        _ => work.actor,
    };
    // The row is put in anew, so that what leaves takes the same way whatever it began as.
    store::delete(work.conn, work.company, id)?;
    let message = Message { draft_mode: None, drafter: None, version: None, created_at: held.instant(work), ..old };
    work.acting(author, |work| dispatch(work, &mut held, &channel, message, (&[], options)))
}

fn held(work: &mut Work<'_>, draft: &Message) -> Result<Held> {
    match hold(work, draft.conversation) {
        Err(Error::Moved(survivor)) => hold(work, survivor),
        other => other,
    }
}

fn current(draft: &Message, named: Option<&str>) -> Result<()> {
    match named {
        Some(named) if draft.version.as_deref() != Some(named) => {
            let version = draft.version.as_deref().unwrap_or_default();
            Err(Error::Conflict(format!("{} is at version {version} by now, not {named}", draft.id)))
        }
        _ => Ok(()),
    }
}

/// A version is unlike every other one, and says in passing of what and when.
fn version(work: &Work<'_>, id: MessageId) -> String {
    format!("{}-{}-{}", work.random().hex(16), id.0, work.now.0)
}

fn note(work: &mut Work<'_>, held: &mut Held, draft: &Message, change: serde_json::Value) -> Result<()> {
    held.record(work, Record::with(Kind::Draft, TargetKind::Message, draft.id.0).changing(change))?;
    held.save(work)
}

//! Phone calls on partners' channels (contract/channels.md section 9): begun, going on, ended, and what was said. Each is a
//! message of its conversation, which tells what is known of it.

use serde_json::{Value, json};

use crate::attachments::Upload;
use crate::channels::application;
use crate::contacts::Handle;
use crate::error::{Error, Result};
use crate::events::Kind;
use crate::ids::{ChannelId, MessageId, TeammateId};
use crate::messages::call::{self, Begun, Happening};
use crate::time::Timestamp;
use crate::work::{Actor, ActorKind, Work};

mod status;
mod store;

pub use status::Status;

db::record! {
    /// A call as stored.
    #[derive(Debug, Clone)]
    pub struct Call {
        pub external_id: String,
        pub parent: Option<String>,
        pub message: MessageId,
        pub status: String,
        pub connected_at: Option<Timestamp>,
        pub ended_at: Option<Timestamp>,
        pub is_voicemail: bool,
        pub summary: String,
        pub transcript: Value,
    }
}

/// A call that begins.
#[derive(Debug, Clone)]
pub struct New {
    /// The channel.
    pub channel: ChannelId,
    /// What the partner calls it: the same one is kept once.
    pub external_id: String,
    /// The call that it was handed over from: both stand in one conversation.
    pub parent: Option<String>,
    /// Whether somebody outside called.
    pub is_inbound: bool,
    /// Who that is, or whom we call.
    pub handle: String,
    /// What they call themselves.
    pub name: Option<String>,
    /// How it begins: ringing, or waiting in a queue.
    pub status: Status,
    /// When, if that was earlier.
    pub started_at: Option<Timestamp>,
    /// The e-mail address of the teammate who has to do with it.
    pub agent: Option<String>,
}

/// One who spoke, and what.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Who.
    pub speaker: String,
    /// What.
    pub content: String,
    /// How many seconds after the beginning.
    pub at: f64,
    /// Whether it was one of us.
    pub is_internal: bool,
}

/// Keeps a call that begins, on a channel whose people are known by their phone numbers.
pub fn begin(work: &mut Work<'_>, new: &New) -> Result<()> {
    let channel = application::carried(work, new.channel)?;
    if channel.contact_type != "phone" {
        return Err(Error::invalid("", format!("{} carries no calls: its contacts have no phone numbers", channel.id)));
    }
    if store::get(work.conn, work.company, channel.id, &new.external_id)?.is_some() {
        return Ok(());
    }
    let handle = Handle::on_channel(&channel, &new.handle);
    if handle.key.is_empty() {
        let field = if new.is_inbound { "from.handle" } else { "to.handle" };
        return Err(Error::invalid(field, "a handle is not empty"));
    }
    let parent = new.parent.as_deref().filter(|parent| !parent.is_empty() && *parent != new.external_id);
    let relative = match parent {
        Some(parent) => store::relative(work.conn, work.company, channel.id, parent)?,
        None => None,
    };
    let mut row = Call {
        external_id: new.external_id.clone(),
        parent: parent.map(str::to_string),
        message: MessageId(0),
        status: new.status.as_str().to_string(),
        connected_at: None,
        ended_at: None,
        is_voicemail: false,
        summary: String::new(),
        transcript: json!([]),
    };
    let agent = agent(work, new.agent.as_deref())?;
    let begun = Begun {
        beside: relative,
        is_inbound: new.is_inbound,
        handle,
        name: new.name.clone(),
        agent,
        content: status::told(&row, new.is_inbound),
        at: new.started_at.filter(|at| *at < work.now),
        kinds: match new.status {
            Status::Queued => &[Kind::CallStarted, Kind::CallQueued],
            _ => &[Kind::CallStarted],
        },
    };
    row.message = by(work, agent, |work| call::begin(work, &channel, &begun))?;
    store::insert(work.conn, work.company, channel.id, &row)?;
    Ok(())
}

/// Notes how a call goes on. Saying so twice changes nothing.
pub fn go_on(
    work: &mut Work<'_>,
    (channel, external_id): (ChannelId, &str),
    to: Status,
    at: Option<Timestamp>,
    agent_address: Option<&str>,
) -> Result<()> {
    let mut row = get(work, channel, external_id)?;
    let from = row.status()?;
    if from == to {
        return Ok(());
    }
    let Some(kind) = from.to(to) else {
        let why = format!("a call that is {} can not become {}", from.as_str(), to.as_str());
        return Err(Error::invalid("call_status", why));
    };
    let at = at.filter(|at| *at < work.now).unwrap_or(work.now);
    row.status = to.as_str().to_string();
    if to == Status::Connected {
        row.connected_at = row.connected_at.or(Some(at));
    }
    if to.is_final() {
        row.ended_at = Some(at);
    }
    let agent = agent(work, agent_address)?;
    let happening = Happening {
        kind,
        change: json!({"call_status": [from.as_str(), to.as_str()]}),
        agent,
        is_answered: to == Status::Connected,
        uploads: Vec::new(),
    };
    by(work, agent, |work| tell(work, channel, &row, &happening))
}

/// Adds what was recorded of a call.
pub fn add_recording(
    work: &mut Work<'_>,
    (channel, external_id): (ChannelId, &str),
    is_voicemail: bool,
    recording: &Upload,
) -> Result<()> {
    let mut row = get(work, channel, external_id)?;
    row.is_voicemail = is_voicemail;
    let what = if is_voicemail { "voicemail" } else { "call" };
    let happening = Happening {
        uploads: vec![recording.clone()],
        ..Happening::plain(Kind::Details, json!({"recording": [null, what]}))
    };
    tell(work, channel, &row, &happening)
}

/// Keeps what was said, in place of what was kept of it before.
pub fn set_transcript(work: &mut Work<'_>, (channel, external_id): (ChannelId, &str), lines: &[Line]) -> Result<()> {
    let mut row = get(work, channel, external_id)?;
    let written = |line: &Line| json!({"speaker": line.speaker, "content": line.content, "at": line.at, "is_internal": line.is_internal});
    row.transcript = lines.iter().map(written).collect();
    let kind = if row.is_voicemail { Kind::CallVoicemailTranscriptAdded } else { Kind::CallTranscriptAdded };
    tell(work, channel, &row, &Happening::plain(kind, json!({"transcript": [null, lines.len()]})))
}

/// Keeps what a call was about, in place of what was kept of it before.
pub fn set_summary(work: &mut Work<'_>, (channel, external_id): (ChannelId, &str), summary: &str) -> Result<()> {
    let mut row = get(work, channel, external_id)?;
    let change = json!({"summary": [row.summary, summary]});
    row.summary = summary.to_string();
    tell(work, channel, &row, &Happening::plain(Kind::Details, change))
}

/// A call of a channel, by what the partner calls it.
pub fn get(work: &mut Work<'_>, channel: ChannelId, external_id: &str) -> Result<Call> {
    application::carried(work, channel)?;
    store::get(work.conn, work.company, channel, external_id)?.ok_or(Error::NotFound("call"))
}

/// Keeps what is known of a call now, and lets its message say it.
fn tell(work: &mut Work<'_>, channel: ChannelId, row: &Call, happening: &Happening) -> Result<()> {
    store::update(work.conn, work.company, channel, row)?;
    call::change(work, row.message, happening, |is_inbound| status::told(row, is_inbound))
}

impl Call {
    fn status(&self) -> Result<Status> {
        let known = Status::parse(&self.status);
        known.ok_or_else(|| Error::Internal(format!("the call {} is {:?}", self.external_id, self.status)))
    }

    /// How long the two sides were connected, in seconds.
    fn duration(&self) -> Option<i64> {
        self.connected_at.zip(self.ended_at).map(|(from, to)| (to.0 - from.0).max(0) / 1_000)
    }
}

/// The teammate with an address. One that is not here is left out: it is the partner's word, and no more.
fn agent(work: &mut Work<'_>, address: Option<&str>) -> Result<Option<TeammateId>> {
    let Some(address) = address.map(str::trim).filter(|address| !address.is_empty()) else { return Ok(None) };
    let directory = work.directory()?;
    let found = directory.teammates().find(|teammate| teammate.email.eq_ignore_ascii_case(address));
    Ok(found.map(|teammate| teammate.id))
}

/// Does something in the name of a teammate, where one has to do with it.
fn by<T>(work: &mut Work<'_>, agent: Option<TeammateId>, part: impl FnOnce(&mut Work<'_>) -> Result<T>) -> Result<T> {
    let actor = match agent {
        Some(_) => Actor { kind: ActorKind::Teammate, teammate: agent },
        None => work.actor,
    };
    work.acting(actor, part)
}

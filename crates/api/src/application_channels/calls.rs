//! Phone calls, as a partner tells of them.

use desk::calls::{self, Line, New, Status};
use desk::channels;
use desk::{Error, Timestamp};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::sync::named;
use super::which;
use crate::answer::Answer;
use crate::attachments::uploads;
use crate::call::{Call, Result};

/// A call that begins.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CreateCall")]
pub(crate) struct Begin {
    /// The partner's own id of it: the same one is kept once.
    external_call_id: String,
    initial_status: First,
    direction: Direction,
    /// Who calls, if it comes in.
    #[serde(default)]
    from: Option<Party>,
    /// Who is called, if it goes out.
    #[serde(default)]
    to: Option<Party>,
    /// When it began, in milliseconds since 1970.
    #[serde(default)]
    started_at: Option<f64>,
    /// The call that it was handed over from; a first leg has none.
    #[serde(default, alias = "external_parent_call_id")]
    parent_external_call_id: Option<String>,
    /// The e-mail address of the teammate who has to do with it.
    #[serde(default)]
    agent_email_address: Option<String>,
}

/// How a call begins.
#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum First {
    Queued,
    Ringing,
}

/// Who called.
#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Direction {
    Inbound,
    Outbound,
}

/// Somebody on the other end.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CallParty")]
struct Party {
    /// Their number, or whatever the channel knows them by.
    handle: String,
    /// What they call themselves.
    #[serde(default)]
    name: Option<String>,
}

/// How a call goes on.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "UpdateCall")]
pub(crate) struct GoOn {
    call_status: Next,
    /// When, in milliseconds since 1970.
    #[serde(default)]
    occurred_at: Option<f64>,
    /// The e-mail address of the teammate who has to do with it.
    #[serde(default)]
    agent_email_address: Option<String>,
}

/// What may become of a call.
#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Next {
    Queued,
    Ringing,
    // The guide says it so after a hold.
    #[serde(alias = "resumed")]
    Connected,
    Hold,
    Hangup,
    Abandoned,
    Missed,
    Transferred,
}

/// What was recorded.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CallRecording")]
pub(crate) struct Recording {
    recording_type: Recorded,
}

#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Recorded {
    Call,
    Voicemail,
}

/// What was said.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "AddCallTranscript")]
pub(crate) struct Transcript {
    /// In order, at least one.
    lines: Vec<Said>,
}

/// One who spoke.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "TranscriptLine")]
struct Said {
    speaker_name: String,
    content: String,
    /// Since the beginning.
    start_time_seconds: f64,
    speaker_type: Speaker,
}

/// On which end somebody is.
#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Speaker {
    Internal,
    External,
}

/// What a call was about.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "AddCallSummary")]
pub(crate) struct Summary {
    /// At least one character.
    content: String,
}

fn instant(field: &str, milliseconds: Option<f64>) -> Result<Option<Timestamp>> {
    let Some(milliseconds) = milliseconds else { return Ok(None) };
    let at = Timestamp::from_seconds(milliseconds / 1_000.0);
    let why = || Error::invalid(field, format!("expected milliseconds, found {milliseconds}"));
    Ok(Some(at.ok_or_else(why)?))
}

fn taken() -> desk::Result<Answer> {
    Ok(Answer::empty(StatusCode::ACCEPTED))
}

/// `POST /channels/{channel_id}/calls`
pub async fn begin(call: Call) -> Result {
    let which = which(&call)?;
    let body: Begin = call.body()?;
    let (is_inbound, party, field) = match body.direction {
        Direction::Inbound => (true, body.from, "from"),
        Direction::Outbound => (false, body.to, "to"),
    };
    let party = party.ok_or_else(|| Error::invalid(field, "required for a call in this direction"))?;
    let external_id = named("external_call_id", body.external_call_id)?;
    let started_at = instant("started_at", body.started_at)?;
    let status = match body.initial_status {
        First::Queued => Status::Queued,
        First::Ringing => Status::Ringing,
    };
    let parent = body.parent_external_call_id.filter(|parent| !parent.is_empty());
    let parent = parent.map(|parent| named("parent_external_call_id", parent)).transpose()?;
    let agent = body.agent_email_address;
    call.write(move |work| {
        let new = New {
            channel: channels::resolve(work, &which)?,
            external_id: external_id.clone(),
            parent: parent.clone(),
            is_inbound,
            handle: party.handle.clone(),
            name: party.name.clone(),
            status,
            started_at,
            agent: agent.clone(),
        };
        calls::begin(work, &new)?;
        taken()
    })
    .await
}

/// `PATCH /channels/{channel_id}/calls/{external_call_id}`
pub async fn go_on(call: Call) -> Result {
    let (which, id) = (which(&call)?, call.segment(1).to_string());
    let body: GoOn = call.body()?;
    let at = instant("occurred_at", body.occurred_at)?;
    let status = match body.call_status {
        Next::Queued => Status::Queued,
        Next::Ringing => Status::Ringing,
        Next::Connected => Status::Connected,
        Next::Hold => Status::Hold,
        Next::Hangup => Status::Hangup,
        Next::Abandoned => Status::Abandoned,
        Next::Missed => Status::Missed,
        Next::Transferred => Status::Transferred,
    };
    call.write(move |work| {
        let channel = channels::resolve(work, &which)?;
        calls::go_on(work, (channel, &id), status, at, body.agent_email_address.as_deref())?;
        taken()
    })
    .await
}

/// `POST /channels/{channel_id}/calls/{external_call_id}/recording`: whoever names no call is told so before their file is
/// looked at.
pub async fn add_recording(mut call: Call) -> Result {
    let (which, id) = (which(&call)?, call.segment(1).to_string());
    let (channel, named) = (which.clone(), id.clone());
    let find = move |work: &mut desk::Work<'_>| {
        let channel = channels::resolve(work, &channel)?;
        calls::get(work, channel, &named)
    };
    call.app.desk.read(&call.caller, find).await?;
    let body: Recording = call.body()?;
    let mut files = uploads(&mut call).await?;
    let is_audio = |file: &desk::attachments::Upload| file.content_type.starts_with("audio/");
    let recording = match (files.pop().filter(is_audio), files.is_empty()) {
        (Some(recording), true) => recording,
        _ => return Err(Error::invalid("attachments", "expected exactly one file, of a type audio/…").into()),
    };
    let is_voicemail = body.recording_type == Recorded::Voicemail;
    call.write(move |work| {
        let channel = channels::resolve(work, &which)?;
        calls::add_recording(work, (channel, &id), is_voicemail, &recording)?;
        taken()
    })
    .await
}

/// `POST /channels/{channel_id}/calls/{external_call_id}/transcript`
pub async fn add_transcript(call: Call) -> Result {
    let (which, id) = (which(&call)?, call.segment(1).to_string());
    let body: Transcript = call.body()?;
    if body.lines.is_empty() {
        return Err(Error::invalid("lines", "at least one line is required").into());
    }
    let line = |said: Said| Line {
        speaker: said.speaker_name,
        content: said.content,
        at: said.start_time_seconds,
        is_internal: said.speaker_type == Speaker::Internal,
    };
    let lines: Vec<Line> = body.lines.into_iter().map(line).collect();
    call.write(move |work| {
        let channel = channels::resolve(work, &which)?;
        calls::set_transcript(work, (channel, &id), &lines)?;
        taken()
    })
    .await
}

/// `POST /channels/{channel_id}/calls/{external_call_id}/summary`
pub async fn add_summary(call: Call) -> Result {
    let (which, id) = (which(&call)?, call.segment(1).to_string());
    let body: Summary = call.body()?;
    if body.content.is_empty() {
        return Err(Error::invalid("content", "at least one character is required").into());
    }
    call.write(move |work| {
        let channel = channels::resolve(work, &which)?;
        calls::set_summary(work, (channel, &id), &body.content)?;
        taken()
    })
    .await
}

//! Messages from elsewhere.

use desk::ids::{ConversationId, InboxId};
use desk::messages::import::Type;
use desk::messages::{self, Addressees, Content, Import};
use desk::{Error, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use super::letter::who;
use super::{Accepted, BodyFormat};
use crate::attachments::uploads;
use crate::call::{Call, Result};
use crate::edge::error::Problem;
use crate::edge::params::SECONDS_END;

/// A message that was written elsewhere before.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ImportMessage")]
pub(crate) struct Imported {
    sender: ImportedSender,
    /// To whom.
    to: Vec<String>,
    /// Who got a copy.
    #[serde(default)]
    cc: Option<Vec<String>>,
    /// Who got a copy unseen.
    #[serde(default)]
    bcc: Option<Vec<String>>,
    /// What it is about.
    #[serde(default)]
    subject: Option<String>,
    /// What it says.
    body: String,
    #[serde(default)]
    body_format: Option<BodyFormat>,
    /// Its id elsewhere; the same one is brought in once.
    external_id: String,
    /// When it was written, in seconds since 1970.
    created_at: f64,
    #[serde(default)]
    r#type: Option<Kind>,
    /// Who is responsible, by id or alias.
    #[serde(default)]
    assignee_id: Option<String>,
    /// Names of tags that the conversation gets.
    #[serde(default)]
    tags: Option<Vec<String>>,
    /// The conversation that it belongs to.
    #[serde(default)]
    conversation_id: Option<ConversationId>,
    metadata: Metadata,
}

/// Who wrote it.
#[derive(Deserialize, JsonSchema)]
#[schemars(inline)]
struct ImportedSender {
    /// Their address or number.
    handle: String,
    /// What they call themselves.
    #[serde(default)]
    name: Option<String>,
    /// The teammate who wrote it, by id or alias.
    #[serde(default)]
    author_id: Option<String>,
}

/// What it was.
#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Kind {
    Email,
    Sms,
    Intercom,
    Custom,
}

/// What else is to be known of it.
#[derive(Deserialize, JsonSchema)]
#[schemars(inline)]
struct Metadata {
    /// Whether it came in.
    is_inbound: bool,
    /// Messages with the same one are one conversation.
    #[serde(default)]
    thread_ref: Option<String>,
    /// Whether its conversation is archived; yes, if left out.
    #[serde(default)]
    is_archived: Option<bool>,
    /// Whether rules pass it over; yes, if left out.
    #[serde(default)]
    should_skip_rules: Option<bool>,
}

/// When a message was written. Milliseconds, which some take for seconds, would be a time that nobody lives to see.
fn written_at(seconds: f64) -> Result<Timestamp> {
    let at = Some(seconds).filter(|seconds| (0.0..SECONDS_END).contains(seconds)).and_then(Timestamp::from_seconds);
    let why = || Error::invalid("created_at", format!("expected seconds since 1970, found {seconds}"));
    Ok(at.ok_or_else(why)?)
}

/// `POST /inboxes/{inbox_id}/imported_messages`
pub async fn import(mut call: Call) -> Result {
    let inbox: InboxId = call.id(0)?;
    let body: Imported = call.body()?;
    if body.external_id.is_empty() {
        return Err(Problem::bad_request("Invalid body: external_id: it is not empty").into());
    }
    let created_at = written_at(body.created_at)?;
    let content = match body.body_format.unwrap_or(BodyFormat::Markdown) {
        BodyFormat::Markdown => Content::markdown(&body.body),
        BodyFormat::Html => Content::html(&body.body),
    };
    let import = Import {
        inbox,
        r#type: match body.r#type.unwrap_or(Kind::Email) {
            Kind::Email => Type::Email,
            Kind::Sms => Type::Sms,
            Kind::Intercom => Type::Intercom,
            Kind::Custom => Type::Custom,
        },
        is_inbound: body.metadata.is_inbound,
        handle: body.sender.handle,
        name: body.sender.name,
        author: who(body.sender.author_id.as_deref())?,
        to: Addressees { to: body.to, cc: body.cc.unwrap_or_default(), bcc: body.bcc.unwrap_or_default() },
        subject: body.subject.unwrap_or_default(),
        content,
        external_id: body.external_id,
        created_at,
        assignee: who(body.assignee_id.as_deref())?,
        tags: body.tags.unwrap_or_default(),
        conversation: body.conversation_id,
        thread_ref: body.metadata.thread_ref.filter(|key| !key.is_empty()),
        is_archived: body.metadata.is_archived.unwrap_or(true),
        skips_rules: body.metadata.should_skip_rules.unwrap_or(true),
        uploads: uploads(&mut call).await?,
    };
    call.write(move |work| {
        let imported = messages::import(work, &import)?;
        Accepted::answer(&imported.uid)
    })
    .await
}

//! New discussions and tasks.

use desk::comments;
use desk::conversations::fields::Task;
use desk::conversations::{self, New, NewKind, Place};
use desk::ids::InboxId;
use desk::teammates::{self, Who};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use wire::conversations::conversation;

use super::change::{instant, refused};
use crate::answer::{Answer, context};
use crate::attachments::uploads;
use crate::call::{Call, Result};
use crate::custom_fields;
use crate::messages::letter::who;

/// A new discussion or task, in one inbox or among teammates.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CreateConversation")]
pub(crate) struct Begun {
    r#type: Type,
    /// What it is about.
    subject: String,
    /// Where it is; this or `teammate_ids`.
    #[serde(default)]
    inbox_id: Option<InboxId>,
    /// Who is in it, by id or alias.
    #[serde(default)]
    teammate_ids: Option<Vec<String>>,
    /// What is said first.
    #[serde(default)]
    comment: Option<First>,
    /// Of a task: what is to be done.
    #[serde(default)]
    description: Option<String>,
    /// Of a task: by when, in seconds since 1970.
    #[serde(default)]
    due_at: Option<f64>,
    /// Values of custom fields, by name.
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
}

#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Type {
    Discussion,
    Task,
}

/// The comment that it begins with.
#[derive(Deserialize, JsonSchema)]
#[schemars(inline)]
struct First {
    /// A teammate by id or alias; the token's bot, if left out.
    #[serde(default)]
    author_id: Option<String>,
    /// Markdown.
    body: String,
}

impl Begun {
    fn place(&self) -> Result<Place> {
        match (self.inbox_id, &self.teammate_ids) {
            (Some(inbox), None) => Ok(Place::Inbox(inbox)),
            // Generated clients send every list that they know of, empty where nobody filled it.
            (Some(inbox), Some(ids)) if ids.is_empty() => Ok(Place::Inbox(inbox)),
            (None, Some(ids)) => {
                let who: std::result::Result<Vec<Who>, desk::Error> = ids.iter().map(|id| id.parse()).collect();
                Ok(Place::Teammates(who?))
            }
            _ => Err(refused("inbox_id", "exactly one of inbox_id and teammate_ids must be provided").into()),
        }
    }
}

/// `POST /conversations`
pub async fn create(mut call: Call) -> Result {
    let body: Begun = call.body()?;
    let author = who(body.comment.as_ref().and_then(|first| first.author_id.as_deref()))?;
    let due_at = body.due_at.map(|seconds| instant("due_at", seconds)).transpose()?;
    let files = uploads(&mut call).await?;
    let first = body.comment.as_ref();
    let new = New {
        kind: match body.r#type {
            Type::Discussion => NewKind::Discussion,
            Type::Task => NewKind::Task,
        },
        place: body.place()?,
        subject: body.subject.clone(),
        comment: first.map(|first| comments::New { uploads: files, ..comments::New::plain(&first.body) }),
        task: Task { description: body.description.clone().map(Some), due_at: due_at.map(Some) },
        custom_fields: custom_fields::values(&call, "conversation", body.custom_fields).await?.unwrap_or_default(),
    };
    call.write(move |work| {
        let mut new = new.clone();
        if let (Some(comment), Some(author)) = (&mut new.comment, &author) {
            comment.author = Some(teammates::resolve(work, author)?);
        }
        let id = conversations::create(work, &new)?;
        let view = conversations::load(work, &[id])?.pop().ok_or(desk::Error::NotFound("conversation"))?;
        let directory = work.directory()?;
        Answer::created(&conversation(context(work, &directory), &view))
    })
    .await
}

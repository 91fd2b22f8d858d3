//! What is done to a conversation: its details, its place in its life, its end.

use desk::conversations::fields::Task;
use desk::conversations::snooze::{self, Snooze};
use desk::conversations::{self, Standing, Status, Tags, Update, assign};
use desk::ids::{ConversationId, InboxId, StatusId, TagId};
use desk::teammates::Who;
use desk::{Error, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::call::{Call, Result};
use crate::custom_fields;
use crate::edge::error::Problem;
use crate::edge::given::given;
use crate::messages::letter::who;

/// A request that makes no sense: the field, and why.
pub(super) fn refused(field: &str, why: &str) -> Problem {
    let line = format!("{field}: {why}");
    Problem::bad_request(format!("Invalid body: {line}")).detail(line)
}

/// A time in seconds; the field's name is for the refusal.
pub(super) fn instant(field: &str, seconds: f64) -> Result<Timestamp> {
    Timestamp::from_seconds(seconds)
        .ok_or_else(|| refused(field, &format!("expected seconds since 1970, found {seconds}")).into())
}

/// A change of a conversation. What is left out stays.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "UpdateConversation")]
pub(crate) struct Changes {
    /// The teammate who is responsible, by id or alias; null for nobody.
    #[serde(default, deserialize_with = "given")]
    assignee_id: Option<Option<String>>,
    /// The one inbox that it is moved to.
    #[serde(default)]
    inbox_id: Option<InboxId>,
    /// `open`, `archived`, `deleted` or `spam`.
    #[serde(default)]
    status: Option<String>,
    /// A ticket status, instead of `status`.
    #[serde(default)]
    status_id: Option<StatusId>,
    /// All its tags.
    #[serde(default)]
    tag_ids: Option<Vec<TagId>>,
    /// All its tags by name, as old clients say it.
    #[serde(default)]
    tags: Option<Vec<String>>,
    /// Of a task: what is to be done; null for nothing.
    #[serde(default, deserialize_with = "given")]
    description: Option<Option<String>>,
    /// Of a task: by when, in seconds since 1970; null for any time.
    #[serde(default, deserialize_with = "given")]
    due_at: Option<Option<f64>>,
    /// All values of custom fields, by name; those left out are emptied.
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
}

impl Changes {
    fn standing(&self) -> Result<Option<Standing>> {
        match (&self.status, self.status_id) {
            (Some(_), Some(_)) => {
                Err(refused("status_id", "only one of status and status_id should be provided").into())
            }
            (None, status) => Ok(status.map(Standing::Ticket)),
            (Some(name), None) => match Status::parse(name) {
                Some(status) => Ok(Some(Standing::Status(status))),
                None => {
                    let why = format!("expected archived, open, deleted or spam, found {name:?}");
                    Err(refused("status", &why).into())
                }
            },
        }
    }

    fn due_at(&self) -> Result<Option<Option<Timestamp>>> {
        match self.due_at {
            None => Ok(None),
            Some(None) => Ok(Some(None)),
            Some(Some(seconds)) => Ok(Some(Some(instant("due_at", seconds)?))),
        }
    }
}

/// `PATCH /conversations/{conversation_id}`
pub async fn update(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    let body: Changes = call.body()?;
    let tags = match (body.tag_ids.clone(), body.tags.clone()) {
        (Some(ids), _) => Some(Tags::Ids(ids)),
        (None, names) => names.map(Tags::Names),
    };
    let update = Update {
        assignee: body.assignee_id.as_ref().map(|assignee| who(assignee.as_deref())).transpose()?,
        inbox: body.inbox_id,
        standing: body.standing()?,
        tags,
        task: Task { description: body.description.clone(), due_at: body.due_at()? },
        custom_fields: custom_fields::values(&call, "conversation", body.custom_fields).await?,
    };
    call.write(move |work| {
        conversations::update(work, id, &update)?;
        Answer::no_content()
    })
    .await
}

/// `DELETE /conversations/{conversation_id}`
pub async fn delete(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    call.write(move |work| {
        match conversations::delete(work, id) {
            // The one request that is not sent on: whoever wants this one gone does not mean the survivor.
            Err(Error::Moved(_)) => Err(Error::NotFound("conversation")),
            deleted => deleted.and_then(|()| Answer::no_content()),
        }
    })
    .await
}

/// Who is to be responsible.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "UpdateConversationAssignee")]
pub(crate) struct Assignee {
    /// A teammate by id or alias; null for nobody.
    #[serde(default, deserialize_with = "given")]
    assignee_id: Option<Option<String>>,
}

/// `PUT /conversations/{conversation_id}/assignee`
pub async fn assign(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    let body: Assignee = call.body()?;
    let assignee = body.assignee_id.ok_or_else(|| refused("assignee_id", "missing field"))?;
    let assignee = who(assignee.as_deref())?;
    call.write(move |work| {
        assign::assign(work, id, assignee.as_ref())?;
        Answer::no_content()
    })
    .await
}

/// A snooze.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "UpdateConversationReminders")]
pub(crate) struct Reminder {
    /// For whom, by id or alias.
    teammate_id: String,
    /// Until when, in seconds since 1970; null wakes the conversation.
    #[serde(default, deserialize_with = "given")]
    scheduled_at: Option<Option<f64>>,
    /// A ticket status of the category `waiting` for the time being.
    #[serde(default)]
    status_id: Option<StatusId>,
}

/// `PATCH /conversations/{conversation_id}/reminders`
pub async fn remind(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    let body: Reminder = call.body()?;
    let teammate: Who = body.teammate_id.parse()?;
    let scheduled_at = body.scheduled_at.ok_or_else(|| refused("scheduled_at", "missing field"))?;
    let until = scheduled_at.map(|seconds| instant("scheduled_at", seconds)).transpose()?;
    let wish = Snooze { teammate, until, status: body.status_id };
    call.write(move |work| {
        snooze::snooze(work, id, &wish)?;
        Answer::no_content()
    })
    .await
}

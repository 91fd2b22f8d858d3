//! Comments.

use desk::Work;
use desk::comments::{self, Change, New};
use desk::ids::{CommentId, ConversationId};
use desk::teammates::{self, Who};
use schemars::JsonSchema;
use serde::Deserialize;
use wire::comments::comment;
use wire::teammates::teammate;

use crate::answer::{Answer, context};
use crate::attachments::uploads;
use crate::call::{Call, Result};

/// A new comment.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CreateComment")]
pub(crate) struct Written {
    /// Markdown; `@username` mentions a teammate.
    body: String,
    /// The teammate who writes it, by id or alias; the token's bot, if left out.
    #[serde(default)]
    author_id: Option<String>,
    /// Whether it stays in sight.
    #[serde(default)]
    is_pinned: Option<bool>,
}

/// `POST /conversations/{conversation_id}/comments`
pub async fn add(call: Call) -> Result {
    let conversation: ConversationId = call.id(0)?;
    write(call, move |_| Ok((conversation, None))).await
}

/// `POST /comments/{comment_id}/replies`
pub async fn reply(call: Call) -> Result {
    let answered: CommentId = call.id(0)?;
    write(call, move |work| Ok((comments::get(work, answered)?.conversation, Some(answered)))).await
}

async fn write(
    mut call: Call,
    place: impl Fn(&mut Work<'_>) -> desk::Result<(ConversationId, Option<CommentId>)> + Send + 'static,
) -> Result {
    let body: Written = call.body()?;
    let author: Option<Who> = body.author_id.as_deref().map(str::parse).transpose()?;
    let uploads = uploads(&mut call).await?;
    call.write(move |work| {
        let (conversation, replied_to) = place(work)?;
        let author = match &author {
            Some(who) => Some(teammates::resolve(work, who)?),
            // A channel's server is nobody who could have written it.
            None if work.actor.teammate.is_none() => return Err(desk::Error::invalid("author_id", "say who writes")),
            None => None,
        };
        let new = New {
            author,
            body: body.body.clone(),
            is_pinned: body.is_pinned.unwrap_or(false),
            replied_to,
            uploads: uploads.clone(),
            mentions: Vec::new(),
        };
        let id = comments::add(work, conversation, &new)?;
        one(work, id, |shape| Answer::created(shape))
    })
    .await
}

fn one(
    work: &mut Work<'_>,
    id: CommentId,
    answer: impl FnOnce(&wire::comments::Comment<'_>) -> desk::Result<Answer>,
) -> desk::Result<Answer> {
    comments::get(work, id)?;
    let view = comments::load(work, &[id])?.pop().ok_or(desk::Error::NotFound("comment"))?;
    let directory = work.directory()?;
    answer(&comment(context(work, &directory), &view))
}

/// `GET /comments/{comment_id}`
pub async fn get(call: Call) -> Result {
    let id: CommentId = call.id(0)?;
    call.read(move |work| one(work, id, |shape| Answer::ok(shape))).await
}

/// A change of a comment. What is left out stays.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "UpdateComment")]
pub(crate) struct Update {
    /// Another text.
    #[serde(default)]
    body: Option<String>,
    /// Whether it stays in sight.
    #[serde(default)]
    is_pinned: Option<bool>,
}

/// `PATCH /comments/{comment_id}/`
pub async fn update(call: Call) -> Result {
    let id: CommentId = call.id(0)?;
    let body: Update = call.body()?;
    call.write(move |work| {
        comments::change(work, id, &Change { body: body.body.clone(), is_pinned: body.is_pinned })?;
        one(work, id, |shape| Answer::ok(shape))
    })
    .await
}

/// `GET /conversations/{conversation_id}/comments`
pub async fn of_conversation(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    let paging = call.whole()?;
    call.read(move |work| {
        let views = comments::list(work, id)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, views.iter().map(|view| comment(context, view)))
    })
    .await
}

/// `GET /comments/{comment_id}/mentions`
pub async fn mentions(call: Call) -> Result {
    let id: CommentId = call.id(0)?;
    let paging = call.whole()?;
    call.read(move |work| {
        let mentioned = comments::mentions(work, id)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        let people = mentioned.iter().filter_map(|id| directory.teammate(*id));
        Answer::list(&paging, people.map(|row| teammate(context, row)))
    })
    .await
}

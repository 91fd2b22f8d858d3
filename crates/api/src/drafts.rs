//! Drafts.

use desk::Work;
use desk::channels::{self, Which};
use desk::ids::{ConversationId, MessageId};
use desk::messages;
use desk::messages::drafts::{self, Edit, Mode, NewDraft, Place};
use schemars::JsonSchema;
use serde::Deserialize;
use wire::messages::message;

use crate::answer::{Answer, context};
use crate::attachments::uploads;
use crate::call::{Call, Result};
use crate::edge::error::Problem;
use crate::edge::params::PageRules;
use crate::messages::letter::{Visible, Written};

/// Private, unless the client says otherwise.
fn mode(body: &Written) -> Mode {
    match body.mode {
        Some(Visible::Shared) => Mode::Shared,
        Some(Visible::Private) | None => Mode::Private,
    }
}

/// The channel, which replies and edits must name.
fn channel(body: &Written) -> Result<Which> {
    let line = "channel_id: missing field";
    body.channel()?.ok_or_else(|| Problem::bad_request(format!("Invalid body: {line}")).detail(line).into())
}

/// `POST /channels/{channel_id}/drafts`
pub async fn create(mut call: Call) -> Result {
    let channel: Which = call.id(0)?;
    let body: Written = call.body()?;
    let (author, mode) = (body.author()?, mode(&body));
    let letter = body.letter(uploads(&mut call).await?);
    call.write(move |work| {
        let place = Place::On(channels::resolve(work, &channel)?);
        let id = drafts::draft(work, &NewDraft { place, letter: letter.clone(), author: author.clone(), mode })?;
        show(work, id)
    })
    .await
}

/// `POST /conversations/{conversation_id}/drafts`
pub async fn reply(mut call: Call) -> Result {
    let conversation: ConversationId = call.id(0)?;
    let body: Written = call.body()?;
    let (author, mode, channel) = (body.author()?, mode(&body), channel(&body)?);
    let letter = body.letter(uploads(&mut call).await?);
    call.write(move |work| {
        let place = Place::In(conversation, channels::resolve(work, &channel)?);
        let id = drafts::draft(work, &NewDraft { place, letter: letter.clone(), author: author.clone(), mode })?;
        show(work, id)
    })
    .await
}

/// `PATCH /drafts/{message_id}/`
pub async fn edit(mut call: Call) -> Result {
    let draft: MessageId = call.id(0)?;
    let body: Written = call.body()?;
    if body.mode == Some(Visible::Private) {
        let line = "mode: a draft can only become shared";
        return Err(Problem::bad_request(format!("Invalid body: {line}")).detail(line).into());
    }
    let (author, channel) = (body.author()?, channel(&body)?);
    let (version, share) = (body.version.clone(), body.mode == Some(Visible::Shared));
    let letter = body.letter(uploads(&mut call).await?);
    call.write(move |work| {
        let channel = channels::resolve(work, &channel)?;
        let (version, letter, author) = (version.clone(), letter.clone(), author.clone());
        drafts::edit(work, &Edit { draft, version, channel, letter, author, share })?;
        show(work, draft)
    })
    .await
}

/// The draft that is meant.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "DeleteDraft")]
pub(crate) struct Version {
    /// Its version, as the caller knows it.
    version: String,
}

/// `DELETE /drafts/{draft_id}`
pub async fn delete(call: Call) -> Result {
    let id: MessageId = call.id(0)?;
    // The official document asks for the version in the body, but not for the body, and clients in the field send none.
    let body: Option<Version> = if call.is_bodiless() { None } else { Some(call.body()?) };
    call.write(move |work| {
        drafts::delete(work, id, body.as_ref().map(|body| body.version.as_str()))?;
        Answer::no_content()
    })
    .await
}

/// `GET /conversations/{conversation_id}/drafts`
pub async fn list(call: Call) -> Result {
    let conversation: ConversationId = call.id(0)?;
    let paging = call.paging("drafts", &PageRules::USUAL, false)?;
    call.read(move |work| {
        let page = drafts::list(work, conversation, &paging.window)?;
        let views = messages::views(work, page.rows)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::page(&paging, views.iter().map(|view| message(context, view)), page.next)
    })
    .await
}

fn show(work: &mut Work<'_>, id: MessageId) -> desk::Result<Answer> {
    let view = messages::view(work, id)?;
    let directory = work.directory()?;
    Answer::ok(&message(context(work, &directory), &view))
}

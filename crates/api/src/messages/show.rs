//! One message, as JSON or as its source, and who has seen it.

use std::io::Read;

use axum::response::Response;
use desk::Work;
use desk::ids::MessageId;
use desk::messages::{self, View, seen as receipts};
use http::StatusCode;
use wire::messages::message;

use crate::answer::{Answer, Refusal, context, internal};
use crate::call::{Call, Result};

/// How a message is named in a path.
#[derive(Debug, Clone)]
pub(crate) enum Which {
    Id(MessageId),
    Uid(String),
}

impl Which {
    pub(crate) fn of(call: &Call) -> Result<Which> {
        match call.segment(0).strip_prefix("alt:uid:") {
            Some(uid) => Ok(Which::Uid(uid.to_string())),
            None => call.id(0).map(Which::Id),
        }
    }

    pub(crate) fn find(&self, work: &mut Work<'_>) -> desk::Result<messages::Message> {
        match self {
            Which::Id(id) => messages::get(work, *id),
            Which::Uid(uid) => messages::by_uid(work, uid),
        }
    }
}

/// `GET /messages/{message_id}`
pub async fn get(call: Call) -> Result<Response> {
    let which = Which::of(&call)?;
    if let Some(media_type) = wanted_source(call.header("accept").unwrap_or_default()) {
        let found = which.clone();
        let unit = move |work: &mut Work<'_>| {
            let row = found.find(work)?;
            Ok(messages::views(work, vec![row])?.pop())
        };
        let view = call.app.desk.read(&call.caller, unit).await?;
        if let Some(view) = view.filter(|view| view.row.r#type == "email") {
            return source(&call, view, media_type).await;
        }
    }
    let is_partner = call.token.channel().is_some();
    let answer = call.read(move |work| {
        let row = which.find(work)?;
        let directory = work.directory()?;
        let mut view = messages::views(work, vec![row])?.pop().ok_or(desk::Error::NotFound("message"))?;
        if is_partner {
            messages::sync::reveal(&mut view);
        }
        Answer::ok(&message(context(work, &directory), &view))
    });
    answer.await.map(Into::into)
}

/// The first of the media types that a client takes, if it is one of an e-mail's source.
fn wanted_source(accept: &str) -> Option<&'static str> {
    let first = accept.split(',').next().unwrap_or_default();
    match first.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "message/rfc822" => Some("message/rfc822"),
        "text/plain" => Some("text/plain; charset=utf-8"),
        _ => None,
    }
}

async fn source(call: &Call, view: View, media_type: &str) -> Result<Response> {
    let blobs = call.app.blobs.clone();
    let base = call.app.desk.settings().public_url.clone();
    let made = tokio::task::spawn_blocking(move || {
        let host = url::Url::parse(&base).ok().and_then(|url| url.host_str().map(str::to_string));
        wire::eml::eml(host.as_deref().unwrap_or("localhost"), &view, |file| {
            let mut content = Vec::new();
            blobs.read(&file.digest).and_then(|mut file| file.read_to_end(&mut content)).ok().map(|_| content)
        })
    });
    let made = made.await.map_err(|error| Refusal::Problem(internal(&format!("making an e-mail: {error}"))))?;
    let answer =
        Answer { body: made.into(), media_type: Some(media_type.to_string()), ..Answer::empty(StatusCode::OK) };
    Ok(answer.into_response())
}

/// `GET /messages/{message_id}/seen`
pub async fn seen(call: Call) -> Result {
    let which = Which::of(&call)?;
    let paging = call.whole()?;
    call.read(move |work| {
        let row = which.find(work)?;
        let receipts = receipts::receipts(work, row.id)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::page(&paging, receipts.iter().map(|receipt| wire::seen::seen(context, receipt)), None)
    })
    .await
}

/// `POST /messages/{message_id}/seen`
pub async fn mark_seen(call: Call) -> Result {
    let which = Which::of(&call)?;
    call.write(move |work| {
        let row = which.find(work)?;
        receipts::see(work, row.id, None)?;
        Answer::no_content()
    })
    .await
}

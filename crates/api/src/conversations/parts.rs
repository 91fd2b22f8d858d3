//! What hangs on a conversation: messages, inboxes, followers, tags, links.

use desk::conversations::following::{self, Unknown};
use desk::conversations::linking::{self, Links};
use desk::conversations::{self, tagging};
use desk::ids::{ConversationId, LinkId, TagId};
use desk::messages;
use desk::teammates::Who;
use schemars::JsonSchema;
use serde::Deserialize;
use wire::inboxes::inbox;
use wire::messages::message;
use wire::teammates::teammate;

use super::change::refused;
use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::edge::params::PageRules;

/// `GET /conversations/{conversation_id}/messages`
pub async fn messages(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    let paging = call.paging("conversation_messages", &PageRules::BY_CREATION, false)?;
    let partner = call.token.channel();
    call.read(move |work| {
        let mut page = messages::in_conversation(work, id, &paging.window)?;
        if partner.is_some() {
            // What came and went on other channels is none of a partner's business.
            page.rows.retain(|row| row.channel == partner);
        }
        let mut views = messages::views(work, page.rows)?;
        if partner.is_some() {
            views.iter_mut().for_each(messages::sync::reveal);
        }
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::page(&paging, views.iter().map(|view| message(context, view)), page.next)
    })
    .await
}

/// `GET /conversations/{conversation_id}/inboxes`
pub async fn inboxes(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    let paging = call.whole()?;
    call.read(move |work| {
        let ids = conversations::inboxes(work, id)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        let visible = |id| {
            let inbox = directory.inbox(id)?;
            work.access.sees_owner(&directory, inbox.team, inbox.owner).then_some(inbox)
        };
        Answer::list(&paging, ids.into_iter().filter_map(visible).map(|row| inbox(context, row)))
    })
    .await
}

/// `GET /conversations/{conversation_id}/followers`
pub async fn followers(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    let paging = call.whole()?;
    call.read(move |work| {
        let ids = following::followers(work, id)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        let people = ids.into_iter().filter_map(|id| directory.teammate(id));
        Answer::list(&paging, people.map(|row| teammate(context, row)))
    })
    .await
}

/// Teammates who follow, or no longer do.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Followers")]
pub(crate) struct Teammates {
    /// Teammates by id or alias.
    teammate_ids: Vec<String>,
}

/// The people that a request names. What is no id and no alias is somebody unknown.
fn people(call: &Call, unknown: Unknown) -> Result<Vec<Who>> {
    let body: Teammates = call.body()?;
    let mut who = Vec::with_capacity(body.teammate_ids.len());
    for text in &body.teammate_ids {
        match text.parse() {
            Ok(one) => who.push(one),
            Err(_) if unknown == Unknown::Ignore => {}
            Err(_) => return Err(refused("teammate_ids", &format!("unknown teammate {text:?}")).into()),
        }
    }
    Ok(who)
}

/// `POST /conversations/{conversation_id}/followers`
pub async fn follow(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    // As forms spell it: languages differ in the letter case of their truth.
    let flag = call.params.get("ignore_errors").map(str::to_ascii_lowercase);
    let unknown = match flag.as_deref() {
        Some("true" | "1" | "on" | "yes") => Unknown::Ignore,
        _ => Unknown::Refuse,
    };
    let who = people(&call, unknown)?;
    call.write(move |work| {
        following::follow(work, id, &who, unknown)?;
        Answer::no_content()
    })
    .await
}

/// `DELETE /conversations/{conversation_id}/followers`
pub async fn unfollow(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    let who = people(&call, Unknown::Refuse)?;
    call.write(move |work| {
        following::unfollow(work, id, &who)?;
        Answer::no_content()
    })
    .await
}

/// Tags of a conversation.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct TagIds {
    /// The tags.
    tag_ids: Vec<TagId>,
}

/// `POST /conversations/{conversation_id}/tags`
pub async fn tag(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    let body: TagIds = call.body()?;
    call.write(move |work| {
        tagging::tag(work, id, &body.tag_ids)?;
        Answer::no_content()
    })
    .await
}

/// `DELETE /conversations/{conversation_id}/tags`
pub async fn untag(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    let body: TagIds = call.body()?;
    call.write(move |work| {
        tagging::untag(work, id, &body.tag_ids)?;
        Answer::no_content()
    })
    .await
}

/// Links for a conversation: exactly one of the two. An empty list beside the other one says nothing: generated clients
/// send every list that they know of.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "AddLinks")]
pub(crate) struct NewLinks {
    /// Links that exist.
    #[serde(default)]
    link_ids: Option<Vec<LinkId>>,
    /// Addresses; each becomes a link where it has none yet.
    #[serde(default)]
    link_external_urls: Option<Vec<String>>,
}

/// `POST /conversations/{conversation_id}/links`
pub async fn link(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    let body: NewLinks = call.body()?;
    let links = match (body.link_ids, body.link_external_urls) {
        (Some(ids), None) => Links::Ids(ids),
        (None, Some(urls)) => Links::Urls(urls),
        (Some(ids), Some(urls)) if urls.is_empty() && !ids.is_empty() => Links::Ids(ids),
        (Some(ids), Some(urls)) if ids.is_empty() && !urls.is_empty() => Links::Urls(urls),
        _ => return Err(refused("link_ids", "exactly one of link_ids and link_external_urls must be provided").into()),
    };
    call.write(move |work| {
        linking::link(work, id, &links)?;
        Answer::no_content()
    })
    .await
}

/// Links of a conversation.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct LinkIds {
    /// The links.
    link_ids: Vec<LinkId>,
}

/// `DELETE /conversations/{conversation_id}/links`
pub async fn unlink(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    let body: LinkIds = call.body()?;
    call.write(move |work| {
        linking::unlink(work, id, &body.link_ids)?;
        Answer::no_content()
    })
    .await
}

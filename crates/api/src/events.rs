//! Events.

use desk::Timestamp;
use desk::events::{self, Filter, Kind};
use desk::ids::{ConversationId, EventId, InboxId};
use wire::events::full;

use crate::answer::{Answer, context};
use crate::call::{Call, Paging, Result};
use crate::edge::error::Problem;
use crate::edge::params::PageRules;

/// `GET /events`
pub async fn list(call: Call) -> Result {
    let paging = call.paging("events", &PageRules::EVENTS, false)?;
    let q = call.params.q()?;
    let kind = |name: &String| {
        let known = Kind::parse(name).filter(|kind| kind.is_public());
        known.ok_or_else(|| Problem::bad_request(format!("q[types]: {name:?} is no type of event")).into())
    };
    let kinds: Result<Vec<Kind>> = q.list("types").iter().map(kind).collect();
    let inbox = |id: &String| {
        let parsed = id.parse::<InboxId>();
        parsed.map_err(|error| Problem::bad_request(format!("q[inboxes]: {error}")).into())
    };
    let inboxes: Result<Vec<InboxId>> = q.list("inboxes").iter().map(inbox).collect();
    let filter = Filter {
        kinds: kinds?,
        inboxes: inboxes?,
        before: q.millis("before")?.map(Timestamp),
        after: q.millis("after")?.map(Timestamp),
    };
    call.read(move |work| {
        let page = events::list(work, &filter, &paging.window)?;
        answer(work, &paging, page)
    })
    .await
}

/// `GET /conversations/{conversation_id}/events`
pub async fn of_conversation(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    let paging = call.paging("conversation_events", &PageRules::USUAL, false)?;
    call.read(move |work| {
        let page = events::in_conversation(work, id, &paging.window)?;
        answer(work, &paging, page)
    })
    .await
}

fn answer(work: &mut desk::Work<'_>, paging: &Paging, page: desk::paging::Page<events::Event>) -> desk::Result<Answer> {
    let views = events::views(work, page.rows)?;
    let directory = work.directory()?;
    let context = context(work, &directory);
    Answer::page(paging, views.iter().map(|view| full(context, view)), page.next)
}

/// `GET /events/{event_id}`
pub async fn get(call: Call) -> Result {
    let id: EventId = call.id(0)?;
    call.read(move |work| {
        let event = events::get(work, id)?;
        let view = events::view(work, event)?;
        let directory = work.directory()?;
        Answer::ok(&full(context(work, &directory), &view))
    })
    .await
}

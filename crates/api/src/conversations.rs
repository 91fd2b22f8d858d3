//! Conversations.

use desk::Work;
use desk::conversations::{self, Filter, Shelf};
use desk::ids::ConversationId;
use wire::conversations::conversation;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::edge::error::Problem;
use crate::edge::params::PageRules;

/// `GET /conversations`
pub async fn list(call: Call) -> Result {
    page(&call, "conversations", |_| Ok(Filter::default())).await
}

/// A page of conversations behind a filter, narrowed by the caller's own `q[statuses]`. The filter is made inside the
/// unit, where it is also seen whether the caller may know what it filters by.
pub(crate) async fn page(
    call: &Call,
    list: &'static str,
    filter: impl Fn(&mut Work<'_>) -> desk::Result<Filter> + Send + 'static,
) -> Result {
    let shelves = shelves(call)?;
    let paging = call.paging(list, &PageRules::USUAL.sorted_by(&["date"]), false)?;
    call.read(move |work| {
        let filter = Filter { shelves: shelves.clone(), ..filter(work)? };
        let page = conversations::list(work, &filter, &paging.window)?;
        let page = conversations::view_page(work, page)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::page(&paging, page.rows.iter().map(|view| conversation(context, view)), page.next)
    })
    .await
}

fn shelves(call: &Call) -> Result<Vec<Shelf>> {
    let names = call.params.q().list("statuses");
    let shelf = |name: &String| {
        Shelf::parse(name).ok_or_else(|| {
            let message = format!("q[statuses]: expected assigned, unassigned, archived or trashed, found {name:?}");
            Problem::bad_request(message).into()
        })
    };
    names.iter().map(shelf).collect()
}

/// `GET /conversations/{conversation_id}`
pub async fn get(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    call.read(move |work| {
        let view = conversations::get(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&conversation(context(work, &directory), &view))
    })
    .await
}

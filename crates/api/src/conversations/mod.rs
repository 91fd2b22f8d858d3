//! Conversations.

use desk::Work;
use desk::conversations::{self, Conversation, Filter, Shelf};
use desk::ids::{ConversationId, StatusId};
use desk::messages::sync;
use desk::paging::Page;
use desk::search::{self, Query};
use desk::statuses::CATEGORIES;
use wire::conversations::conversation;

use crate::answer::{Answer, context};
use crate::call::{Call, Paging, Result};
use crate::edge::error::Problem;
use crate::edge::params::PageRules;

mod change;
mod create;
mod parts;

pub(crate) use change::{Assignee, Changes, Reminder};
pub use change::{assign, delete, remind, update};
pub(crate) use create::Begun;
pub use create::create;
pub(crate) use parts::{LinkIds, NewLinks, TagIds, Teammates};
pub use parts::{follow, followers, inboxes, link, messages, tag, unfollow, unlink, untag};

/// `GET /conversations`
pub async fn list(call: Call) -> Result {
    page(&call, "conversations", |_| Ok(Filter::default())).await
}

/// A page of conversations behind a filter, narrowed by the caller's own `q[statuses]`, or to what the caller's plain `q`
/// finds. The filter is made inside the unit, where it is also seen whether the caller may know what it filters by.
pub(crate) async fn page(
    call: &Call,
    list: &'static str,
    filter: impl Fn(&mut Work<'_>) -> desk::Result<Filter> + Send + 'static,
) -> Result {
    if let Some(words) = call.params.words() {
        return found(call, list, search::parse(words)?, filter).await;
    }
    let shelves = shelves(call)?;
    let (ids, categories) = (statuses(call)?, categories(call)?);
    let paging = call.paging(list, &PageRules::BY_DATE, false)?;
    call.read(move |work| {
        let mut filter = Filter { shelves: shelves.clone(), ..filter(work)? };
        if !ids.is_empty() || !categories.is_empty() {
            // A ticket's status tells what is left to do, and with what was thrown away there is nothing.
            if filter.shelves.is_empty() {
                filter.shelves = vec![Shelf::Assigned, Shelf::Unassigned, Shelf::Archived];
            }
            filter.statuses = ids.iter().copied().chain(in_categories(work, &categories)?).collect();
            // None of these is in use: nothing can match, which an empty list would not say.
            if filter.statuses.is_empty() {
                filter.statuses.push(StatusId(0));
            }
        }
        let page = conversations::list(work, &filter, &paging.window)?;
        shown(work, &paging, page)
    })
    .await
}

/// A page of what a query finds behind a filter.
async fn found(
    call: &Call,
    list: &'static str,
    query: Query,
    filter: impl Fn(&mut Work<'_>) -> desk::Result<Filter> + Send + 'static,
) -> Result {
    let paging = call.paging(list, &PageRules::BY_DATE, false)?;
    call.read(move |work| {
        let Filter { inbox, tag, assignee, contact, link, .. } = filter(work)?;
        let behind = [
            inbox.map(search::Filter::Inbox),
            tag.map(search::Filter::Tag),
            assignee.map(search::Filter::Assignee),
            contact.map(search::Filter::Contact),
            link.map(search::Filter::Link),
        ];
        let mut query = query.clone();
        query.filters.extend(behind.into_iter().flatten());
        let found = search::conversations(work, &query, &paging.window)?;
        shown(work, &paging, found.page)
    })
    .await
}

/// A page of conversations as answers show it.
fn shown(work: &mut Work<'_>, paging: &Paging, page: Page<Conversation>) -> desk::Result<Answer> {
    let page = conversations::view_page(work, page)?;
    let directory = work.directory()?;
    let context = context(work, &directory);
    Answer::page(paging, page.rows.iter().map(|view| conversation(context, view)), page.next)
}

/// The values under a key of `q`. Some clients send several as one, between commas, which none of these names has.
fn named(call: &Call, key: &str) -> Result<Vec<String>> {
    let values = call.params.q()?.list(key);
    let names = values.iter().flat_map(|value| value.split(',')).map(str::trim).filter(|name| !name.is_empty());
    Ok(names.map(str::to_string).collect())
}

fn shelves(call: &Call) -> Result<Vec<Shelf>> {
    let names = named(call, "statuses")?;
    let shelf = |name: &String| {
        Shelf::parse(name).ok_or_else(|| {
            let message = format!("q[statuses]: expected assigned, unassigned, archived or trashed, found {name:?}");
            Problem::bad_request(message).into()
        })
    };
    names.iter().map(shelf).collect()
}

fn statuses(call: &Call) -> Result<Vec<StatusId>> {
    let parsed = |id: &String| {
        let id = id.parse::<StatusId>();
        id.map_err(|error| Problem::bad_request(format!("q[status_ids]: {error}")).into())
    };
    named(call, "status_ids")?.iter().map(parsed).collect()
}

fn categories(call: &Call) -> Result<Vec<String>> {
    let names = named(call, "status_categories")?;
    match names.iter().find(|name| !CATEGORIES.contains(&name.as_str())) {
        Some(name) => {
            let message = format!("q[status_categories]: expected open, waiting or resolved, found {name:?}");
            Err(Problem::bad_request(message).into())
        }
        None => Ok(names),
    }
}

fn in_categories(work: &mut Work<'_>, categories: &[String]) -> desk::Result<Vec<StatusId>> {
    let directory = work.directory()?;
    let wanted = directory.statuses().filter(|status| categories.contains(&status.category));
    Ok(wanted.map(|status| status.id).collect())
}

/// `GET /conversations/{conversation_id}`
pub async fn get(call: Call) -> Result {
    let id: ConversationId = call.id(0)?;
    let partner = call.token.channel();
    call.read(move |work| {
        let mut view = conversations::get(work, id)?;
        if let Some(channel) = partner {
            view.external_ids = sync::external_conversations(work, channel, id)?;
        }
        let directory = work.directory()?;
        Ok(Answer::ok(&conversation(context(work, &directory), &view))?.at_version(view.row.version))
    })
    .await
}

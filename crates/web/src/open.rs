//! Where the addresses in other systems lead: all conversations of a link, or one conversation, as far as whoever looks may
//! open them.

use axum::extract::{OriginalUri, Path, State};
use axum::response::Response;
use desk::conversations::{self, Conversation, Filter};
use desk::ids::{ConversationId, LinkId, TeammateId};
use desk::links::{self, Link};
use desk::messages::{self, Message};
use desk::paging::Window;
use desk::{Directory, Error, Work, sessions};
use http::HeaderMap;
use maud::{Markup, html};

use crate::page::{failed, wide};
use crate::{Pages, login, visitor};

/// How many conversations a page shows, at most.
const MOST: i64 = 100;

/// What an address names.
#[derive(Clone, Copy)]
enum Named {
    Link(LinkId),
    Conversation(ConversationId),
}

impl Named {
    fn parse(text: &str) -> Option<Named> {
        let link = text.parse().ok().map(Named::Link);
        link.or_else(|| text.parse().ok().map(Named::Conversation))
    }
}

/// What there is to see.
struct Found {
    link: Option<Link>,
    lines: Vec<Line>,
    has_more: bool,
    /// Of a conversation: what did not arrive.
    undelivered: Vec<Message>,
}

/// A conversation, for people.
struct Line {
    id: ConversationId,
    subject: String,
    status: &'static str,
    assignee: Option<String>,
}

/// `GET /open/{id}`: of a link (`top_…`) or a conversation (`cnv_…`).
pub async fn show(
    State(pages): State<Pages>,
    here: OriginalUri,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let visitor = match visitor::recognise(&pages.desk, &headers).await {
        Ok(Some(visitor)) => visitor,
        Ok(None) => return login::form("", here.path()),
        Err(error) => return failed(&error),
    };
    let Some(named) = Named::parse(&id) else { return failed(&Error::NotFound("page")) };
    let (caller, teammate) = (sessions::visitor(visitor.company, &visitor.teammate), visitor.teammate.id);
    match pages.desk.read(&caller, move |work| find(work, teammate, named)).await {
        Ok(found) => wide("Conversations", &shown(&found)),
        Err(error) => failed(&error),
    }
}

fn find(work: &mut Work<'_>, teammate: TeammateId, named: Named) -> desk::Result<Found> {
    let open = Filter { open_to: Some(teammate), ..Filter::default() };
    let (link, filter) = match named {
        Named::Link(id) => (Some(links::get(work, id)?), Filter { link: Some(id), ..open }),
        Named::Conversation(id) => (None, Filter { only: Some(id), ..open }),
    };
    let listed = conversations::list(work, &filter, &Window::first(MOST))?;
    if link.is_none() && listed.rows.is_empty() {
        return Err(Error::NotFound("conversation"));
    }
    let undelivered = match (named, listed.rows.first()) {
        (Named::Conversation(_), Some(row)) => messages::undelivered(work, row, MOST)?,
        _ => Vec::new(),
    };
    let directory = work.directory()?;
    let lines = listed.rows.iter().map(|row| line(&directory, row)).collect();
    Ok(Found { link, lines, has_more: listed.next.is_some(), undelivered })
}

fn line(directory: &Directory, row: &Conversation) -> Line {
    let assignee = row.assignee.and_then(|id| directory.teammate(id));
    let name = |first: &str, last: &str| format!("{first} {last}").trim().to_string();
    Line {
        id: row.id,
        subject: row.subject.clone(),
        status: row.shelf().reported(),
        assignee: assignee.map(|row| name(&row.first_name, &row.last_name)),
    }
}

fn shown(found: &Found) -> Markup {
    html! {
        @if let Some(link) = &found.link {
            h1 { (link.name) }
            p { (outside(&link.external_url)) }
            @if found.lines.is_empty() { p { "It is on no conversation that you may open." } }
        } @else {
            h1 { "Conversation" }
        }
        table.log {
            thead { tr {
                th scope="col" { "Subject" } th scope="col" { "Status" } th scope="col" { "Assigned to" }
                th scope="col" { "Conversation" }
            } }
            @for line in &found.lines {
                tr {
                    td data-is="Subject" { @if line.subject.is_empty() { "(no subject)" } @else { (line.subject) } }
                    td data-is="Status" { (line.status) }
                    td data-is="Assigned to" { (line.assignee.as_deref().unwrap_or("nobody")) }
                    td data-is="Conversation" { a href={ "/open/" (line.id) } { code { (line.id) } } }
                }
            }
        }
        @if found.has_more { p { "Only the newest " (MOST) " are shown." } }
        @if !found.undelivered.is_empty() {
            h2 { "Not delivered" }
            @for message in &found.undelivered { (missed(message)) }
        }
    }
}

/// A message that did not arrive, with the words of whoever could not deliver it.
fn missed(message: &Message) -> Markup {
    let to: Vec<String> = message
        .recipients()
        .into_iter()
        .filter(|one| one.role == "to")
        .map(|one| one.name.unwrap_or(one.handle))
        .collect();
    html! {
        dl {
            dt { "Message" } dd { code { (message.id) } " of " (message.created_at.words()) " UTC" }
            dt { "To" } dd { (to.join(", ")) }
            dt { "Begins" } dd { (message.blurb) }
            dt { "Why" }
            dd {
                @if let Some(kind) = &message.error_type { code { (kind) } " " }
                (message.error_text.as_deref().unwrap_or_default())
            }
        }
    }
}

/// The thing outside. Addresses of other schemes are shown, and not to be clicked: some of them run.
fn outside(url: &str) -> Markup {
    let leads = url.starts_with("https://") || url.starts_with("http://");
    html! { @if leads { a href=(url) rel="noreferrer" { (url) } } @else { code { (url) } } }
}

//! Reading the log: by conversation, by filter, by id.

use super::{Event, Kind, store};
use crate::conversations;
use crate::error::{Error, Result};
use crate::ids::{ConversationId, EventId, InboxId};
use crate::paging::{Page, Position, Window, direction};
use crate::select::Select;
use crate::time::Timestamp;
use crate::work::Work;

/// Which events of the company are wanted (contract/fundamentals.md section 5.2).
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only these kinds; empty means all public ones.
    pub kinds: Vec<Kind>,
    /// Only those that happened in these inboxes; empty means all.
    pub inboxes: Vec<InboxId>,
    /// Only earlier ones.
    pub before: Option<Timestamp>,
    /// Only later ones.
    pub after: Option<Timestamp>,
}

const IS_NOW_IN: &str = " AND EXISTS (SELECT 1 FROM conversation_inboxes i WHERE i.company = events.company \
                         AND i.conversation = events.conversation AND i.inbox IN ?)";

/// A page of the company's public events, by time.
pub fn list(work: &mut Work<'_>, filter: &Filter, window: &Window) -> Result<Page<Event>> {
    let Some(mut select) = wanted(work, filter)? else { return Ok(Page { rows: Vec::new(), next: None }) };
    let (than, order) = direction(window.ascending);
    if let Some(after) = window.after {
        select = select.with(&format!(" AND (at, id) {than} (?, "), after.key).with("?)", after.id);
    }
    let select = select.with(&format!(" ORDER BY at {order}, id {order} LIMIT ?"), window.limit + 1);
    let rows = select.all::<store::Stored>(work.conn)?.into_iter().map(Event::from).collect();
    let mut page = Page::cut(rows, window.limit, |event: &Event| Position { key: event.at.0, id: event.id.0 });
    leave_out_secluded(work, &mut page.rows)?;
    Ok(page)
}

/// Leaves out what happened in conversations that are nothing but somebody else's draft. They are few, so that a page is
/// rather a bit short than every one looked for.
pub(super) fn leave_out_secluded(work: &mut Work<'_>, events: &mut Vec<Event>) -> Result<()> {
    let ids: Vec<ConversationId> = events.iter().filter_map(|event| event.conversation).collect();
    let secluded = conversations::secluded::among(work, &ids)?;
    events.retain(|event| event.conversation.is_none_or(|id| !secluded.contains(&id)));
    Ok(())
}

/// The public events that a filter asks for and that the actor may see; none if the filter wants only internal ones. Who
/// does not see everything sees what happened in an inbox that it sees, as long as it sees the conversation too.
pub(super) fn wanted(work: &mut Work<'_>, filter: &Filter) -> Result<Option<Select>> {
    let kinds: Vec<&str> = filter.kinds.iter().filter(|kind| kind.is_public()).map(|kind| kind.as_str()).collect();
    if kinds.is_empty() && !filter.kinds.is_empty() {
        return Ok(None);
    }
    let mut select = Select::new(format!("SELECT {} FROM events WHERE is_public", store::COLUMNS))
        .with(" AND company = ?", work.company)
        .maybe(" AND at < ?", filter.before)
        .maybe(" AND at > ?", filter.after);
    if !kinds.is_empty() {
        select = select.any_of(" AND type IN (", &kinds, ")");
    }
    let directory = work.directory()?;
    let mut places = filter.inboxes.clone();
    if let Some(visible) = work.access.inboxes(&directory) {
        select = select.among(work.conn, IS_NOW_IN, visible.iter().map(|inbox| inbox.0));
        if filter.inboxes.is_empty() {
            return Ok(Some(visible_to(work, select, &visible)));
        }
        places.retain(|inbox| visible.contains(inbox));
    }
    if !filter.inboxes.is_empty() {
        select = happened_in(work, select.text(" AND "), &places);
    }
    Ok(Some(select))
}

/// Narrows a list to what happened in one of these inboxes.
fn happened_in(work: &Work<'_>, select: Select, inboxes: &[InboxId]) -> Select {
    let clause =
        format!("EXISTS (SELECT 1 FROM {} WHERE CAST(value AS BIGINT) IN ?)", work.conn.elements_of("events.inboxes"));
    select.among(work.conn, &clause, inboxes.iter().map(|inbox| inbox.0))
}

/// Narrows a list to what happened where the caller sees conversations; [`conversations::among`] says the same of one.
fn visible_to(work: &Work<'_>, select: Select, visible: &[InboxId]) -> Select {
    let select = happened_in(work, select.text(" AND ("), visible);
    select.text(if work.access.private { " OR events.inboxes = '[]')" } else { ")" })
}

/// A page of a conversation's public events, the newest first.
pub fn in_conversation(work: &mut Work<'_>, id: ConversationId, window: &Window) -> Result<Page<Event>> {
    conversations::see(work, id)?;
    let (than, order) = direction(window.ascending);
    let mut select = Select::new(format!("SELECT {} FROM events WHERE is_public", store::COLUMNS))
        .with(" AND company = ?", work.company)
        .with(" AND conversation = ?", id);
    let directory = work.directory()?;
    if let Some(visible) = work.access.inboxes(&directory) {
        select = visible_to(work, select, &visible);
    }
    if let Some(after) = window.after {
        select = select.with(&format!(" AND id {than} ?"), after.id);
    }
    let select = select.with(&format!(" ORDER BY id {order} LIMIT ?"), window.limit + 1);
    let rows = select.all::<store::Stored>(work.conn)?.into_iter().map(Event::from).collect();
    Ok(Page::cut(rows, window.limit, |event: &Event| Position { key: event.at.0, id: event.id.0 }))
}

/// One public event, or an internal one of which a webhook told: its address was given away.
pub fn get(work: &mut Work<'_>, id: EventId) -> Result<Event> {
    let event = store::get(work.conn, work.company, id)?.ok_or(Error::NotFound("event"))?;
    if !event.kind.is_public() && !store::has_left(work.conn, work.company, id)? {
        return Err(Error::NotFound("event"));
    }
    let directory = work.directory()?;
    if let Some(visible) = work.access.inboxes(&directory)
        && !conversations::among(&visible, &event.inboxes, work)
    {
        return Err(Error::NotFound("event"));
    }
    if let Some(conversation) = event.conversation
        && conversations::hidden(work, &[conversation])?.contains(&conversation)
    {
        return Err(Error::NotFound("event"));
    }
    Ok(event)
}

/// An event of any kind, whoever asks: for rules and senders.
pub(crate) fn find(work: &mut Work<'_>, id: EventId) -> Result<Option<Event>> {
    Ok(store::get(work.conn, work.company, id)?)
}

/// The newest events of a conversation, internal ones included, whoever asks; the newest first.
pub(crate) fn newest(work: &mut Work<'_>, id: ConversationId, limit: i64) -> Result<Vec<Event>> {
    let select = Select::new(format!("SELECT {} FROM events WHERE TRUE", store::COLUMNS))
        .with(" AND company = ?", work.company)
        .with(" AND conversation = ?", id)
        .with(" ORDER BY id DESC LIMIT ?", limit);
    Ok(select.all::<store::Stored>(work.conn)?.into_iter().map(Event::from).collect())
}

/// What happened of some kinds in some conversations, internal kinds too, whoever asks; conversation by conversation, the
/// oldest first.
pub(crate) fn of(work: &mut Work<'_>, conversations: &[ConversationId], kinds: &[Kind]) -> Result<Vec<Event>> {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let select = Select::new(format!("SELECT {} FROM events WHERE", store::COLUMNS))
        .with(" company = ?", work.company)
        .among(work.conn, " AND conversation IN ?", conversations.iter().map(|id| id.0))
        .any_of(" AND type IN (", &kinds, ")")
        .text(" ORDER BY conversation, id");
    Ok(select.all::<store::Stored>(work.conn)?.into_iter().map(Event::from).collect())
}

//! From a query to a page of conversations.
//!
//! Words alone are asked in one statement, with the places of what has them. Whoever sees everything needs no places to
//! know how many there are: the conversations are then walked through in their order until those with the words fill the
//! page, which is soon if they are many.
//!
//! Otherwise words and filters are asked in turn for the conversations that they allow, from the index of each. The one that
//! allows the fewest leads: its conversations are looked up and checked against everything else, so a rare tag beside a
//! word that is everywhere costs as little as the tag alone. Only when everything is frequent are the conversations
//! walked through in their order, and then a page is full soon.

use std::collections::HashSet;

use serde_json::Value;

use super::candidates::{Led, lead};
use super::parse::{Filter, Is, Query};
use super::{Found, store};
use crate::conversations::{self, Conversation};
use crate::custom_fields;
use crate::error::Result;
use crate::ids::{ConversationId, InboxId};
use crate::paging::{Page, Position, Window, direction};
use crate::select::Select;
use crate::time::Timestamp;
use crate::work::Work;

/// `few`: so many conversations are looked up at most, and so far they are counted.
pub(super) fn conversations(work: &mut Work<'_>, query: &Query, window: &Window, few: i64) -> Result<Found> {
    let nothing = || Found { page: Page { rows: Vec::new(), next: None }, total: 0 };
    if query.is_wordless {
        return Ok(nothing());
    }
    if query.filters.is_empty() && !query.words.is_empty() {
        let directory = work.directory()?;
        let found = match work.access.inboxes(&directory) {
            None => anywhere(work, query, window, few)?,
            Some(visible) => among(work, query, window, visible, few)?,
        };
        return match found {
            Some(found) => Ok(found),
            None => walk(work, query, window, few),
        };
    }
    match lead(work, query, few)? {
        Led::Nothing => Ok(nothing()),
        Led::By { candidates, words_hold } => {
            let found = checked(work, query, &candidates, words_hold)?;
            page(work, window, found)
        }
        Led::ByNone => walk(work, query, window, few),
    }
}

/// Puts what was found into its order, and loads only the conversations of the page.
fn page(work: &mut Work<'_>, window: &Window, found: Vec<(i64, i64)>) -> Result<Found> {
    let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let mut places: Vec<Position> = found.into_iter().map(|(id, key)| Position { key, id }).collect();
    places.sort_unstable();
    if !window.ascending {
        places.reverse();
    }
    let behind = |place: &Position| match (window.after, window.ascending) {
        (None, _) => true,
        (Some(after), true) => *place > after,
        (Some(after), false) => *place < after,
    };
    let places: Vec<Position> = places.into_iter().filter(behind).take(wanted(window)).collect();
    load(work, window, places, total)
}

/// One more than the page holds, which says whether there is another page.
fn wanted(window: &Window) -> usize {
    usize::try_from(window.limit).unwrap_or(0).saturating_add(1)
}

/// Loads the conversations of a page from their places, which are in their order and begin behind the page before.
fn load(work: &mut Work<'_>, window: &Window, places: Vec<Position>, total: i64) -> Result<Found> {
    let page = Page::cut(places, window.limit, |place| *place);
    let ids: Vec<ConversationId> = page.rows.iter().map(|place| ConversationId(place.id)).collect();
    let mut rows: Vec<Conversation> = conversations::rows(work, &ids)?;
    rows.sort_unstable_by_key(Conversation::position);
    if !window.ascending {
        rows.reverse();
    }
    Ok(Found { page: Page { rows, next: page.next }, total })
}

/// Those of the candidates for which everything else holds, and when they were last active.
fn checked(work: &mut Work<'_>, query: &Query, candidates: &[i64], words_hold: bool) -> Result<Vec<(i64, i64)>> {
    let mut all = Select::new("SELECT c.id, c.bumped_at FROM conversations c WHERE c.merged_into IS NULL")
        .with(" AND c.company = ?", work.company)
        .among(work.conn, " AND c.id IN ?", candidates.iter().copied());
    if !words_hold {
        all = store::having(work.conn, all, &query.words);
    }
    Ok(narrow(work, all, query, Way::LookUp)?.all(work.conn)?)
}

/// The conversations with the words for a caller who sees only these inboxes; nothing if there are many. Their places in
/// inboxes say where they stand in rows far smaller than their own. What has words has a message or comment, so that it
/// is no mere draft.
fn among(
    work: &mut Work<'_>,
    query: &Query,
    window: &Window,
    visible: Vec<InboxId>,
    few: i64,
) -> Result<Option<Found>> {
    let hits = store::standing(work.conn, work.company, &query.words, &visible, few)?;
    let docs = hits.chunk_by(|one, next| one.doc == next.doc).count();
    if i64::try_from(docs).unwrap_or(i64::MAX) >= few {
        return Ok(None);
    }
    // Another company's has no conversation, and one out of sight no place.
    let mut found: Vec<(i64, i64)> = hits.iter().filter_map(|hit| Some((hit.conversation?, hit.bumped_at?))).collect();
    found.sort_unstable();
    found.dedup_by_key(|(id, _)| *id);
    page(work, window, found).map(Some)
}

/// Of `few`: from such a part on, walking through all conversations in their order finds a page sooner than looking each up.
const MANY: i64 = 50;
/// Of `few`: such a part of all conversations is read at a time on that walk, and so many times. What a page still lacks then
/// is looked up.
const STEP: i64 = 20;
const STEPS: usize = 4;

/// The conversations with the words for a caller who sees everything; nothing if there are many.
fn anywhere(work: &mut Work<'_>, query: &Query, window: &Window, few: i64) -> Result<Option<Found>> {
    let hits = store::conversations_with(work.conn, work.company, &query.words, few)?;
    if i64::try_from(hits.len()).unwrap_or(i64::MAX) >= few {
        return Ok(None);
    }
    let mut ids: Vec<i64> = hits.into_iter().filter_map(|(id,)| id).collect();
    ids.sort_unstable();
    ids.dedup();
    let total = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    if total >= few / MANY
        && let Some(places) = first_of(work, window, &ids, (few / STEP).max(1))?
    {
        return load(work, window, places, total).map(Some);
    }
    let mut found = store::places(work.conn, work.company, &ids)?;
    found.sort_unstable();
    found.dedup_by_key(|(id, _)| *id);
    // Few are in no inbox; these say themselves when they were last active.
    let rest: Vec<i64> = ids.into_iter().filter(|id| found.binary_search_by_key(id, |(id, _)| *id).is_err()).collect();
    if !rest.is_empty() {
        found.extend(checked(work, &Query::default(), &rest, true)?);
    }
    page(work, window, found).map(Some)
}

/// The first places of these conversations in the order of all, if they fill a page and are found soon.
fn first_of(work: &mut Work<'_>, window: &Window, ids: &[i64], step: i64) -> Result<Option<Vec<Position>>> {
    let ids: HashSet<i64> = ids.iter().copied().collect();
    let (mut places, mut after) = (Vec::with_capacity(wanted(window)), window.after);
    for _ in 0..STEPS {
        let read = store::in_order(work.conn, work.company, after, window.ascending, step)?;
        after = read.last().map(|(key, id)| Position { key: *key, id: *id });
        let met = read.iter().filter(|(_, id)| ids.contains(id)).map(|(key, id)| Position { key: *key, id: *id });
        places.extend(met.take(wanted(window) - places.len()));
        if places.len() == wanted(window) || i64::try_from(read.len()).unwrap_or(0) < step {
            return Ok(Some(places));
        }
    }
    Ok(None)
}

/// Asks the conversations one by one, in their order, until the page is full.
fn walk(work: &mut Work<'_>, query: &Query, window: &Window, few: i64) -> Result<Found> {
    let (than, order) = direction(window.ascending);
    let columns = conversations::columns("c.");
    let mut page = Select::new(format!("SELECT {columns} FROM conversations c WHERE c.merged_into IS NULL"))
        .with(" AND c.company = ?", work.company);
    if !query.words.is_empty() {
        page = store::having(work.conn, page, &query.words);
    }
    page = narrow(work, page, query, Way::Walk)?;
    if let Some(after) = window.after {
        page = page.with(&format!(" AND (c.bumped_at, c.id) {than} (?, "), after.key).with("?)", after.id);
    }
    page = page.with(&format!(" ORDER BY c.bumped_at {order}, c.id {order} LIMIT ?"), window.limit + 1);
    let rows: Vec<Conversation> = page.all(work.conn)?;
    // All that is asked for is frequent: there are at least about so many.
    Ok(Found { page: Page::cut(rows, window.limit, Conversation::position), total: few })
}

/// How the conversations are found, which decides whether an index may lead.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By their ids.
    LookUp,
    /// In their order.
    Walk,
}

/// What holds beside the words: the filters, and that the caller may see it.
fn narrow(work: &mut Work<'_>, mut select: Select, query: &Query, way: Way) -> Result<Select> {
    for filter in &query.filters {
        select = apply(work, select, filter, way)?;
    }
    let directory = work.directory()?;
    if let Some(visible) = work.access.inboxes(&directory) {
        let clause = " AND EXISTS (SELECT 1 FROM conversation_inboxes i WHERE i.company = c.company \
                      AND i.conversation = c.id AND i.inbox IN ?)";
        select = select.among(work.conn, clause, visible.iter().map(|inbox| inbox.0));
    }
    conversations::secluded::leave_out(work, select, None)
}

fn apply(work: &mut Work<'_>, select: Select, filter: &Filter, way: Way) -> Result<Select> {
    let beside = |table: &str, column: &str| {
        format!(
            " AND EXISTS (SELECT 1 FROM {table} x WHERE x.company = c.company AND x.conversation = c.id AND x.{column} = ?)"
        )
    };
    const PARTY: &str =
        " AND EXISTS (SELECT 1 FROM participants p WHERE p.company = c.company AND p.conversation = c.id";
    Ok(match filter {
        Filter::Inbox(id) => select.with(&beside("conversation_inboxes", "inbox"), *id),
        Filter::Tag(id) => select.with(&beside("conversation_tags", "tag"), *id),
        Filter::Link(id) => select.with(&beside("conversation_links", "link"), *id),
        Filter::Contact(id) => {
            select.text(PARTY).text(" AND p.role = 'contact'").with(" AND p.party = ?)", id.to_string())
        }
        Filter::Handle(roles, handles) => {
            let handles: Vec<&str> = handles.iter().map(String::as_str).collect();
            let select = select.text(PARTY).any_of(" AND p.role IN (", roles, ")");
            select.any_of(" AND p.party IN (", &handles, "))")
        }
        // The sum keeps SQLite from walking through all of a teammate's conversations instead of looking up a few.
        Filter::Assignee(id) if way == Way::LookUp => select.with(" AND c.assignee + 0 = ?", *id),
        Filter::Assignee(id) => select.with(" AND c.assignee = ?", *id),
        Filter::Teammate(roles, id) => {
            let select = select.text(PARTY).any_of(" AND p.role IN (", roles, ")");
            select.with(" AND p.party = ?)", id.to_string())
        }
        Filter::Is(is) => stands(work, select, *is)?,
        Filter::CustomField(name, _) if !custom_fields::exists(&*work.directory()?, "conversation", name) => {
            select.text(" AND FALSE")
        }
        Filter::CustomField(name, value) => {
            let select = select.with(" AND CAST(c.custom_fields -> CAST(? AS TEXT) AS TEXT)", name.clone());
            let spelled = spelled(value);
            select.any_of(" IN (", &spelled.iter().map(String::as_str).collect::<Vec<_>>(), ")")
        }
        Filter::Before(at) => written(select, None, Some(*at)),
        Filter::After(at) => written(select, Some(at.plus(1)), None),
        Filter::During(from, until) => written(select, Some(*from), Some(*until)),
    })
}

/// Only conversations with a message or comment that was written in a time.
fn written(mut select: Select, from: Option<Timestamp>, until: Option<Timestamp>) -> Select {
    for (before, table, at) in [
        (" AND (", "messages d WHERE d.draft_mode IS NULL", "created_at"),
        (" OR ", "comments d WHERE TRUE", "posted_at"),
    ] {
        let docs = format!("EXISTS (SELECT 1 FROM {table} AND d.company = c.company AND d.conversation = c.id");
        select = select.text(before).text(&docs);
        select = select.maybe(&format!(" AND d.{at} >= ?"), from).maybe(&format!(" AND d.{at} < ?"), until).text(")");
    }
    select.text(")")
}

/// How the value of a custom field may stand in JSON. SQLite takes `true` out of it as the number 1, so what is stored is
/// compared with what could have been written.
fn spelled(value: &str) -> Vec<String> {
    let mut all = vec![value.to_string(), Value::from(value).to_string()];
    // Clients write the same number as `7` and as `7.0`.
    if value.parse::<i64>().is_ok() {
        all.push(format!("{value}.0"));
    } else if let Some(whole) = value.strip_suffix(".0") {
        all.push(whole.to_string());
    }
    all
}

fn stands(work: &mut Work<'_>, select: Select, is: Is) -> Result<Select> {
    let category = |name: &str| -> Result<Vec<i64>> {
        let directory = work.directory()?;
        let of = directory.statuses().filter(|status| status.category == name);
        Ok(of.map(|status| status.id.0).collect())
    };
    let mut category = category;
    Ok(match is {
        Is::Open => select.text(" AND c.shelf IN (0, 1)"),
        Is::Archived => select.text(" AND c.shelf = 2 AND c.snoozed_until IS NULL"),
        Is::Assigned => select.text(" AND c.assignee IS NOT NULL"),
        Is::Unassigned => select.text(" AND c.assignee IS NULL"),
        Is::Snoozed => select.text(" AND c.snoozed_until IS NOT NULL"),
        Is::Trashed => select.text(" AND c.shelf = 3"),
        Is::Unreplied => select.text(" AND c.is_unreplied"),
        Is::Waiting => {
            let ids = category("waiting")?;
            select.among(work.conn, " AND c.shelf <> 3 AND c.ticket_status IN ?", ids)
        }
        Is::Resolved => {
            let ids = category("resolved")?;
            select.among(work.conn, " AND c.shelf <> 3 AND c.ticket_status IN ?", ids)
        }
    })
}

//! From a query to a page of conversations.

use super::parse::{Filter, Is, Query};
use super::{FEW, Found, store};
use crate::conversations::{self, Conversation};
use crate::error::Result;
use crate::paging::{Page, Window, direction};
use crate::select::Select;
use crate::work::Work;

pub(super) fn conversations(work: &mut Work<'_>, query: &Query, window: &Window) -> Result<Found> {
    let words = match query.words.is_empty() {
        true => Words::None,
        false => {
            let hits = store::hits(work.conn, work.company, &query.words, FEW)?;
            if hits.is_empty() {
                return Ok(Found { page: Page { rows: Vec::new(), next: None }, total: 0 });
            }
            match i64::try_from(hits.len()).unwrap_or(FEW) < FEW {
                true => Words::Few(store::conversations_of(work.conn, work.company, &hits)?),
                false => Words::Everywhere(&query.words),
            }
        }
    };
    let (than, order) = direction(window.ascending);
    let columns = conversations::columns("c.");
    let mut page = Select::new(format!("SELECT {columns} FROM conversations c WHERE c.merged_into IS NULL"));
    page = narrow(work, page, query, &words)?;
    if let Some(after) = window.after {
        page = page.with(&format!(" AND (c.bumped_at, c.id) {than} (?, "), after.key).with("?)", after.id);
    }
    // Few hits are looked up by their ids; the sum keeps SQLite from walking the index of the order instead.
    let by = match &words {
        Words::Few(_) => "c.bumped_at + 0",
        Words::None | Words::Everywhere(_) => "c.bumped_at",
    };
    page = page.with(&format!(" ORDER BY {by} {order}, c.id {order} LIMIT ?"), window.limit + 1);
    let rows: Vec<Conversation> = page.all(work.conn)?;
    let total = match &words {
        Words::Everywhere(_) => FEW,
        _ => {
            let inner = Select::new("SELECT count(*) FROM (SELECT 1 FROM conversations c WHERE c.merged_into IS NULL");
            let count = narrow(work, inner, query, &words)?.with(" LIMIT ?) AS found", FEW);
            let (total,): (i64,) = count.one(work.conn)?;
            total
        }
    };
    Ok(Found { page: Page::cut(rows, window.limit, Conversation::position), total })
}

/// How the words of a query narrow the conversations.
enum Words<'q> {
    /// There are none.
    None,
    /// In these conversations.
    Few(Vec<i64>),
    /// In so many that each conversation is asked.
    Everywhere(&'q [String]),
}

fn narrow(work: &mut Work<'_>, select: Select, query: &Query, words: &Words<'_>) -> Result<Select> {
    let mut select = select.with(" AND c.company = ?", work.company);
    select = match words {
        Words::None => select,
        Words::Few(ids) => select.among(work.conn, " AND c.id IN ?", ids.iter().copied()),
        Words::Everywhere(words) => store::having(work.conn, select, words),
    };
    for filter in &query.filters {
        select = apply(work, select, filter)?;
    }
    let directory = work.directory()?;
    if let Some(visible) = work.access.inboxes(&directory) {
        let clause = " AND EXISTS (SELECT 1 FROM conversation_inboxes i WHERE i.company = c.company \
                      AND i.conversation = c.id AND i.inbox IN ?)";
        select = select.among(work.conn, clause, visible.iter().map(|inbox| inbox.0));
    }
    Ok(select)
}

fn apply(work: &mut Work<'_>, select: Select, filter: &Filter) -> Result<Select> {
    let beside = |table: &str, column: &str| {
        format!(
            " AND EXISTS (SELECT 1 FROM {table} x WHERE x.company = c.company AND x.conversation = c.id AND x.{column} = ?)"
        )
    };
    const PARTY: &str =
        " AND EXISTS (SELECT 1 FROM participants p WHERE p.company = c.company AND p.conversation = c.id";
    const DOC: &str = " AND EXISTS (SELECT 1 FROM search_docs d WHERE d.company = c.company AND d.conversation = c.id";
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
        Filter::Assignee(id) => select.with(" AND c.assignee = ?", *id),
        Filter::Teammate(roles, id) => {
            let select = select.text(PARTY).any_of(" AND p.role IN (", roles, ")");
            select.with(" AND p.party = ?)", id.to_string())
        }
        Filter::Is(is) => stands(work, select, *is)?,
        Filter::CustomField(name, value) => select
            .with(" AND CAST(c.custom_fields ->> CAST(? AS TEXT) AS TEXT) = ", name.clone())
            .with("CAST(? AS TEXT)", value.clone()),
        Filter::Before(at) => select.text(DOC).with(" AND d.at < ?)", *at),
        Filter::After(at) => select.text(DOC).with(" AND d.at > ?)", *at),
        Filter::During(from, until) => select.text(DOC).with(" AND d.at >= ?", *from).with(" AND d.at < ?)", *until),
    })
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
            select.among(work.conn, " AND c.ticket_status IN ?", ids)
        }
        Is::Resolved => {
            let ids = category("resolved")?;
            select.among(work.conn, " AND c.ticket_status IN ?", ids)
        }
    })
}

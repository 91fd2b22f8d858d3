//! Which part of a query leads: the one that allows the fewest conversations.

use std::collections::HashSet;

use super::parse::{Filter, Is, Query};
use super::store;
use crate::error::Result;
use crate::select::Select;
use crate::work::Work;

/// With so few candidates nobody looks for fewer.
const ENOUGH: usize = 100;

/// What leads a search.
pub(super) enum Led {
    /// Nothing can be found.
    Nothing,
    /// These conversations are all that may be found.
    By {
        /// Each once.
        candidates: Vec<i64>,
        /// Whether all of them have the words of the query.
        words_hold: bool,
    },
    /// Every part of the query allows many.
    ByNone,
}

/// Asks the words and then each filter, up to `few` conversations of each. The query has a filter, or nothing at all.
pub(super) fn lead(work: &mut Work<'_>, query: &Query, few: i64) -> Result<Led> {
    let most = usize::try_from(few).unwrap_or(usize::MAX);
    let mut with_words: Option<Vec<i64>> = None;
    if !query.words.is_empty() {
        let hits = store::conversations_with(work.conn, work.company, &query.words, few)?;
        if hits.is_empty() {
            return Ok(Led::Nothing);
        }
        if hits.len() < most {
            let mut conversations: Vec<i64> = hits.into_iter().filter_map(|(id,)| id).collect();
            conversations.sort_unstable();
            conversations.dedup();
            with_words = Some(conversations);
        }
    }
    let mut best: Option<Vec<i64>> = None;
    for filter in &query.filters {
        let fewest = best.iter().chain(&with_words).map(Vec::len).min();
        if fewest.is_some_and(|fewest| fewest <= ENOUGH) {
            break;
        }
        let Some(allowed) = allowed(work, filter, few)? else { continue };
        if allowed.is_empty() {
            return Ok(Led::Nothing);
        }
        if allowed.len() < most && best.as_ref().is_none_or(|best| allowed.len() < best.len()) {
            best = Some(allowed);
        }
    }
    if best.is_none() && query.words.is_empty() {
        // Filters without an index: a small company is looked through as a whole, so that all is counted.
        let all = rows(work, standing(work).text(" AND c.merged_into IS NULL ORDER BY c.bumped_at DESC"), few)?;
        best = (all.len() < most).then_some(all);
    }
    Ok(match (best, with_words) {
        (None, None) => Led::ByNone,
        (Some(candidates), None) => Led::By { candidates, words_hold: query.words.is_empty() },
        (None, Some(candidates)) => Led::By { candidates, words_hold: true },
        (Some(mut candidates), Some(with_words)) => {
            let with_words: HashSet<i64> = with_words.into_iter().collect();
            candidates.retain(|id| with_words.contains(id));
            match candidates.is_empty() {
                true => Led::Nothing,
                false => Led::By { candidates, words_hold: true },
            }
        }
    })
}

/// The conversations that a filter allows, at most `few`; nothing if it has no index to ask.
fn allowed(work: &mut Work<'_>, filter: &Filter, few: i64) -> Result<Option<Vec<i64>>> {
    let select = match filter {
        Filter::Tag(id) => beside(work, "conversation_tags").with(" AND x.tag = ?", *id),
        Filter::Link(id) => beside(work, "conversation_links").with(" AND x.link = ?", *id),
        Filter::Inbox(id) => beside(work, "conversation_inboxes").with(" AND x.inbox = ?", *id),
        Filter::Contact(id) => parties(work, &["contact"], &[&id.to_string()]),
        Filter::Teammate(roles, id) => parties(work, roles, &[&id.to_string()]),
        Filter::Handle(roles, handles) => {
            let handles: Vec<&str> = handles.iter().map(String::as_str).collect();
            parties(work, roles, &handles)
        }
        Filter::Assignee(id) => standing(work).with(" AND c.assignee = ?", *id),
        Filter::Is(Is::Trashed) => standing(work).text(" AND c.merged_into IS NULL AND c.shelf = 3"),
        Filter::Is(Is::Archived) => standing(work).text(" AND c.merged_into IS NULL AND c.shelf = 2"),
        Filter::Is(Is::Open) => standing(work).text(" AND c.merged_into IS NULL AND c.shelf IN (0, 1)"),
        Filter::Before(at) => beside(work, "search_docs").with(" AND x.at < ?", *at),
        Filter::After(at) => beside(work, "search_docs").with(" AND x.at > ?", *at),
        Filter::During(from, until) => {
            beside(work, "search_docs").with(" AND x.at >= ?", *from).with(" AND x.at < ?", *until)
        }
        Filter::Is(_) | Filter::CustomField(..) => return Ok(None),
    };
    Ok(Some(rows(work, select, few)?))
}

/// The first column of at most `few` rows, each value once if there are fewer rows.
fn rows(work: &mut Work<'_>, select: Select, few: i64) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = select.with(" LIMIT ?", few).all(work.conn)?;
    // As many rows as were asked for are many, even if some of them name the same conversation.
    let many = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= few;
    let mut ids: Vec<i64> = rows.into_iter().map(|(id,)| id).collect();
    if !many {
        ids.sort_unstable();
        ids.dedup();
    }
    Ok(ids)
}

fn beside(work: &Work<'_>, table: &str) -> Select {
    Select::new(format!("SELECT x.conversation FROM {table} x WHERE")).with(" x.company = ?", work.company)
}

fn standing(work: &Work<'_>) -> Select {
    Select::new("SELECT c.id FROM conversations c WHERE").with(" c.company = ?", work.company)
}

fn parties(work: &Work<'_>, roles: &[&str], parties: &[&str]) -> Select {
    beside(work, "participants").any_of(" AND x.role IN (", roles, ")").any_of(" AND x.party IN (", parties, ")")
}

//! Lists of conversations by what they are filed under, the most recently active first.
//!
//! Each shelf is one walk along an index. A filter of several shelves is several such walks, merged here, so a page
//! costs the same whatever the number of conversations.

use super::{Conversation, Shelf, secluded};
use crate::error::Result;
use crate::ids::{ContactId, ConversationId, InboxId, LinkId, StatusId, TagId, TeammateId};
use crate::paging::{Page, Window, direction};
use crate::select::Select;
use crate::work::Work;

/// Which conversations are wanted. Empty lists and `None` filter nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those on these shelves.
    pub shelves: Vec<Shelf>,
    /// Only those in this inbox.
    pub inbox: Option<InboxId>,
    /// Only those with this tag.
    pub tag: Option<TagId>,
    /// Only those assigned to this teammate.
    pub assignee: Option<TeammateId>,
    /// Only those whose main recipient is this contact, or in which it takes part.
    pub contact: Option<ContactId>,
    /// Only those with this link.
    pub link: Option<LinkId>,
    /// Only those with one of these ticket statuses.
    pub statuses: Vec<StatusId>,
    /// Only this one.
    pub only: Option<ConversationId>,
    /// Only those in an inbox that this teammate may open, whatever a token would reach: the question of a person.
    pub open_to: Option<TeammateId>,
}

/// A page of the conversations that the caller may see.
pub fn list(work: &mut Work<'_>, filter: &Filter, window: &Window) -> Result<Page<Conversation>> {
    let shelves: Vec<Option<Shelf>> = match filter.shelves.as_slice() {
        [] => vec![None],
        some => some.iter().map(|shelf| Some(*shelf)).collect(),
    };
    let mut rows: Vec<Conversation> = Vec::new();
    for shelf in &shelves {
        rows.extend(walk(work, filter, *shelf, window)?);
    }
    if shelves.len() > 1 {
        rows.sort_by_key(|row| row.position());
        rows.dedup_by_key(|row| row.id);
        if !window.ascending {
            rows.reverse();
        }
    }
    Ok(Page::cut(rows, window.limit, Conversation::position))
}

fn walk(work: &mut Work<'_>, filter: &Filter, shelf: Option<Shelf>, window: &Window) -> Result<Vec<Conversation>> {
    let (than, order) = direction(window.ascending);
    let directory = work.directory()?;
    let visible = match filter.open_to {
        None => work.access.inboxes(&directory),
        Some(teammate) => {
            let open = directory.inboxes().filter(|inbox| directory.inbox_teammates(inbox).contains(&teammate));
            Some(open.map(|inbox| inbox.id).collect())
        }
    };
    let columns = super::columns("c.");
    // The index that gives the order: the inbox's list, or the conversations' own.
    let (mut select, key) = match filter.inbox {
        Some(inbox) => (
            Select::new(format!(
                "SELECT {columns} FROM conversation_inboxes l JOIN conversations c ON c.company = l.company \
                 AND c.id = l.conversation WHERE c.merged_into IS NULL"
            ))
            .with(" AND l.company = ?", work.company)
            .with(" AND l.inbox = ?", inbox)
            .maybe(" AND l.shelf = ?", shelf.map(Shelf::code)),
            ("l.bumped_at", "l.conversation"),
        ),
        None => (
            Select::new(format!("SELECT {columns} FROM conversations c WHERE c.merged_into IS NULL"))
                .with(" AND c.company = ?", work.company)
                .maybe(" AND c.shelf = ?", shelf.map(Shelf::code)),
            ("c.bumped_at", "c.id"),
        ),
    };
    if let Some(tag) = filter.tag {
        select = select.with(
            " AND EXISTS (SELECT 1 FROM conversation_tags t WHERE t.company = c.company AND t.conversation = c.id AND t.tag = ?)",
            tag,
        );
    }
    if let Some(link) = filter.link {
        select = select.with(
            " AND EXISTS (SELECT 1 FROM conversation_links k WHERE k.company = c.company AND k.conversation = c.id AND k.link = ?)",
            link,
        );
    }
    if let Some(contact) = filter.contact {
        select = select.with(
            " AND EXISTS (SELECT 1 FROM participants p WHERE p.company = c.company AND p.role = 'contact' \
             AND p.conversation = c.id AND p.party = ?)",
            contact.to_string(),
        );
    }
    select = select.maybe(" AND c.assignee = ?", filter.assignee).maybe(" AND c.id = ?", filter.only);
    if !filter.statuses.is_empty() {
        select = select.among(work.conn, " AND c.ticket_status IN ?", filter.statuses.iter().map(|id| id.0));
    }
    if let Some(visible) = visible {
        select = select.among(
            work.conn,
            " AND EXISTS (SELECT 1 FROM conversation_inboxes i WHERE i.company = c.company AND i.conversation = c.id AND i.inbox IN ?)",
            visible.iter().map(|inbox| inbox.0),
        );
    }
    select = secluded::leave_out(work, select, filter.open_to)?;
    if let Some(after) = window.after {
        select = select.with(&format!(" AND ({}, {}) {than} (?, ", key.0, key.1), after.key).with("?)", after.id);
    }
    select = select.with(&format!(" ORDER BY {} {order}, {} {order} LIMIT ?", key.0, key.1), window.limit + 1);
    Ok(select.all(work.conn)?)
}

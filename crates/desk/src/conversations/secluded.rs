//! Conversations that are nothing but private drafts: only those see them who see one of the drafts, as their subject and
//! their addressee are the draft's (contract/domain.md section 2).

use std::collections::HashSet;

use db::Conn;

use super::Conversation;
use crate::error::Result;
use crate::ids::{ConversationId, TeammateId};
use crate::select::Select;
use crate::work::{ActorKind, Work};

/// Whose private drafts somebody sees.
pub(super) struct Reader {
    /// Whoever it is that reads: a draft that one has made for somebody else is one's own, too.
    me: Option<TeammateId>,
    /// Those who let this reader see what is theirs, and the reader.
    authors: Vec<TeammateId>,
}

/// Who reads: the caller, or the person for whom it asks. `None` if that is Portico itself or a rule, who see everything.
pub(super) fn reader(work: &mut Work<'_>, person: Option<TeammateId>) -> Result<Option<Reader>> {
    if person.is_some() {
        return Ok(Some(Reader { me: person, authors: person.into_iter().collect() }));
    }
    let clients = [ActorKind::Teammate, ActorKind::Api, ActorKind::OauthClient, ActorKind::App, ActorKind::Agent];
    if !clients.contains(&work.actor.kind) {
        return Ok(None);
    }
    let directory = work.directory()?;
    let exposed = directory.teammates().map(|teammate| teammate.id);
    let exposed = exposed.filter(|id| work.access.sees_private(&directory, *id));
    Ok(Some(Reader { me: work.actor.teammate, authors: exposed.chain(work.actor.teammate).collect() }))
}

/// Adds a clause about the conversation `c`, between two texts: that it is nothing but drafts of which the reader sees none.
fn nothing_else(conn: &Conn, select: Select, reader: &Reader, (before, after): (&str, &str)) -> Select {
    // Said so that the small index of drafts is used.
    const DRAFT: &str = "SELECT 1 FROM messages d WHERE d.company = c.company AND d.conversation = c.id \
                         AND d.draft_mode IS NOT NULL";
    let own = reader.me.map_or(0, |me| me.0);
    select
        .text(before)
        .text("c.message_count = 0 AND c.comment_count = 0")
        .text(&format!(" AND EXISTS ({DRAFT} AND d.draft_mode = 'private')"))
        .text(&format!(" AND NOT EXISTS ({DRAFT} AND (d.draft_mode = 'shared'"))
        .with(" OR d.drafter = ?", own)
        .among(conn, " OR d.author IN ?))", reader.authors.iter().map(|author| author.0))
        .text(after)
}

/// Leaves those out of a list of conversations `c` that are not the caller's to see, or a person's for whom it asks.
pub(crate) fn leave_out(work: &mut Work<'_>, select: Select, person: Option<TeammateId>) -> Result<Select> {
    Ok(match reader(work, person)? {
        None => select,
        Some(reader) => nothing_else(work.conn, select, &reader, (" AND NOT (", ")")),
    })
}

/// Whether a conversation is not the caller's to see. That costs nothing where there is a message in it.
pub(super) fn hides(work: &mut Work<'_>, row: &Conversation) -> Result<bool> {
    let is_bare = row.message_count == 0 && row.comment_count == 0;
    Ok(is_bare && among(work, &[row.id])?.contains(&row.id))
}

/// Those of some conversations that are not the caller's to see.
pub(crate) fn among(work: &mut Work<'_>, ids: &[ConversationId]) -> Result<HashSet<ConversationId>> {
    let Some(reader) = reader(work, None)?.filter(|_| !ids.is_empty()) else { return Ok(HashSet::new()) };
    let select = Select::new("SELECT c.id FROM conversations c WHERE TRUE")
        .with(" AND c.company = ?", work.company)
        .among(work.conn, " AND c.id IN ?", ids.iter().map(|id| id.0));
    let found: Vec<(ConversationId,)> = nothing_else(work.conn, select, &reader, (" AND ", "")).all(work.conn)?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

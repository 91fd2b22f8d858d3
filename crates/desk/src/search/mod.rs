//! Full-text search over subjects, messages and comments, with the filters of the public API.
//!
//! A message or comment is a *doc*: its words are indexed by the engine's own full-text index, and `search_docs` says
//! whose it is. How a page is found is told in `find`.

use crate::conversations::Conversation;
use crate::error::Result;
use crate::ids::ConversationId;
use crate::paging::{Page, Window};
use crate::time::Timestamp;
use crate::work::Work;

mod candidates;
mod find;
pub mod parse;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub use parse::{Filter, Is, Query, parse};

/// Longest text that is indexed of one message, in bytes; what follows is kept but not found.
const LONGEST: usize = 64 * 1024;

/// Up to this many docs or conversations are looked up one by one; it is also how far the number of hits is counted.
pub const FEW: i64 = 10_000;

/// Makes a text of this moment findable, from the commit on. `doc` is the message's or comment's number.
pub(crate) fn index(work: &mut Work<'_>, doc: i64, conversation: ConversationId, texts: &[&str]) -> Result<()> {
    index_at(work, doc, conversation, work.now, texts)
}

/// Makes a text of another time findable: what was written earlier and is imported now.
pub(crate) fn index_at(
    work: &mut Work<'_>,
    doc: i64,
    conversation: ConversationId,
    at: Timestamp,
    texts: &[&str],
) -> Result<()> {
    let mut words = texts.join("\n");
    if words.len() > LONGEST {
        let cut = (0..=LONGEST).rev().find(|at| words.is_char_boundary(*at)).unwrap_or(0);
        words.truncate(cut);
    }
    // PostgreSQL refuses the zero character in text.
    let words = if words.contains('\0') { words.replace('\0', " ") } else { words };
    store::insert_doc(work.conn, work.company, doc, conversation, at)?;
    // The full-text index takes the words of many units at once far more cheaply than one by one.
    let company = work.company;
    work.conn.before_commit(Box::new(move |conn| store::insert_words(conn, company, doc, &words).map(drop)));
    Ok(())
}

/// Makes a text findable under its new words: a comment was edited.
pub(crate) fn reindex(work: &mut Work<'_>, doc: i64, conversation: ConversationId, texts: &[&str]) -> Result<()> {
    store::delete_doc(work.conn, work.company, doc)?;
    index(work, doc, conversation, texts)
}

/// The docs of a conversation belong to another one from now on. Its messages and comments are still its own.
pub(crate) fn move_docs(work: &mut Work<'_>, from: ConversationId, to: ConversationId) -> Result<()> {
    store::move_docs(work.conn, work.company, from, to)?;
    Ok(())
}

/// Nothing of a conversation is found any more. It still has its messages and comments.
pub(crate) fn forget(work: &mut Work<'_>, conversation: ConversationId) -> Result<()> {
    for doc in store::docs(work.conn, work.company, conversation)? {
        store::delete_doc(work.conn, work.company, doc)?;
    }
    Ok(())
}

/// What a search found.
#[derive(Debug)]
pub struct Found {
    /// A page of conversations, the most recently active first.
    pub page: Page<Conversation>,
    /// How many there are in all, counted up to [`FEW`].
    pub total: i64,
}

/// A page of the conversations that a query finds among those the caller may see.
pub fn conversations(work: &mut Work<'_>, query: &Query, window: &Window) -> Result<Found> {
    find::conversations(work, query, window, FEW)
}

//! Full-text search over subjects, messages and comments.

use crate::error::Result;
use crate::ids::ConversationId;
use crate::time::Timestamp;
use crate::work::Work;

pub(crate) mod store;

/// Longest text that is indexed of one message, in bytes; what follows is kept but not found.
const LONGEST: usize = 64 * 1024;

/// Makes a text findable. `doc` is the message's or comment's number.
pub(crate) fn index(work: &mut Work<'_>, doc: i64, conversation: ConversationId, texts: &[&str]) -> Result<()> {
    index_at(work, doc, conversation, work.now, texts)
}

/// The same for a text of another time.
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
    store::insert_words(work.conn, work.company, doc, &words)?;
    Ok(())
}

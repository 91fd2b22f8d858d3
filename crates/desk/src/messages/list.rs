//! The messages of a conversation, drafts excepted: those have a list of their own.

use super::delivery::State;
use super::{Message, store};
use crate::conversations::{self, Conversation};
use crate::error::Result;
use crate::ids::ConversationId;
use crate::paging::{Page, Position, Window, direction};
use crate::select::Select;
use crate::work::Work;

/// A page of the messages of a conversation that the caller may see, by when they were written.
pub fn in_conversation(work: &mut Work<'_>, id: ConversationId, window: &Window) -> Result<Page<Message>> {
    conversations::see(work, id)?;
    let (than, order) = direction(window.ascending);
    let mut select = Select::new(format!("SELECT {} FROM messages WHERE draft_mode IS NULL", store::COLUMNS))
        .with(" AND company = ?", work.company)
        .with(" AND conversation = ?", id);
    if let Some(after) = window.after {
        select = select.with(&format!(" AND (created_at, id) {than} (?, "), after.key).with("?)", after.id);
    }
    let select = select.with(&format!(" ORDER BY created_at {order}, id {order} LIMIT ?"), window.limit + 1);
    let rows: Vec<Message> = select.all(work.conn)?;
    Ok(Page::cut(rows, window.limit, |message: &Message| Position { key: message.created_at.0, id: message.id.0 }))
}

/// The messages which did not arrive of a conversation that the caller was shown, the latest first, at most `limit`:
/// `error_type` and `error_text` say why, the latter in the words of the channel's server.
pub fn undelivered(work: &mut Work<'_>, of: &Conversation, limit: i64) -> Result<Vec<Message>> {
    let select = Select::new(format!("SELECT {} FROM messages WHERE draft_mode IS NULL", store::COLUMNS))
        .with(" AND company = ?", work.company)
        .with(" AND conversation = ?", of.id)
        .with(" AND delivery = ?", State::Failed.as_str())
        .with(" ORDER BY created_at DESC, id DESC LIMIT ?", limit);
    Ok(select.all(work.conn)?)
}

//! What was written in a conversation before, and who takes part in it: for rules.

use super::{Message, store};
use crate::error::Result;
use crate::ids::{ConversationId, TeammateId};
use crate::time::Timestamp;
use crate::work::Work;

db::record! {
    /// The last message of a kind that one author sent.
    #[derive(Debug, Clone)]
    pub struct Sent {
        pub author: Option<TeammateId>,
        /// Whether it was answered by itself.
        pub is_auto_reply: bool,
        /// Whether it answers, as opposed to what opens a conversation or is handed on.
        pub is_answer: bool,
        pub at: Timestamp,
    }
}

/// What left a conversation, the newest first, whoever asks: the last of each author and kind. Drafts are left out.
pub(crate) fn sent_from(work: &mut Work<'_>, id: ConversationId) -> Result<Vec<Sent>> {
    Ok(store::sent_from(work.conn, work.company, id)?)
}

/// Whether a conversation has a message older than this one of it.
pub(crate) fn has_earlier(work: &mut Work<'_>, message: &Message) -> Result<bool> {
    Ok(store::has_earlier(work.conn, work.company, message)?)
}

/// The teammates who wrote or commented in a conversation, or were mentioned in it, whoever asks.
pub(crate) fn partakers(work: &mut Work<'_>, id: ConversationId) -> Result<Vec<TeammateId>> {
    let named = store::partakers(work.conn, work.company, id)?;
    Ok(named.iter().filter_map(|party| party.parse().ok()).collect())
}

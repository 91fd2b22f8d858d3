//! Read receipts: when somebody outside first saw a message of ours.

use serde_json::json;

use super::{get, store};
use crate::contacts::Handle;
use crate::conversations::hold;
use crate::error::{Error, Result};
use crate::events::{Kind, Record, TargetKind};
use crate::ids::MessageId;
use crate::time::Timestamp;
use crate::work::Work;

/// The most recipients whose receipts are kept of one message.
const MOST: i64 = 500;

/// When somebody first saw a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The message.
    pub message: MessageId,
    /// When.
    pub first_seen_at: Timestamp,
    /// Who, if that is known.
    pub seen_by: Option<Handle>,
}

/// Notes that a message of ours was seen, by somebody in particular if that is known. Only the first time counts.
pub fn see(work: &mut Work<'_>, id: MessageId, by: Option<&Handle>) -> Result<()> {
    let message = get(work, id)?;
    if message.is_inbound || message.is_draft() {
        return Err(Error::invalid("message_id", "only messages that were sent can be marked as seen"));
    }
    let key = by.map(|by| format!("{}:{}", by.source, by.handle)).unwrap_or_default();
    if store::see(work.conn, work.company, id, &key, work.now)? == 0 {
        return Ok(());
    }
    let mut held = match hold(work, message.conversation) {
        Err(Error::Moved(survivor)) => hold(work, survivor)?,
        other => other?,
    };
    let change = json!({"seen_by": [null, key]});
    held.record(work, Record::with(Kind::Seen, TargetKind::Message, id.0).changing(change))?;
    held.save(work)
}

/// The receipts of a message, the first to see it first. Where it is known of nobody in particular, there is one for all.
pub fn receipts(work: &mut Work<'_>, id: MessageId) -> Result<Vec<Receipt>> {
    get(work, id)?;
    let rows = store::receipts(work.conn, work.company, id, MOST)?;
    let read = |(key, first_seen_at): (String, Timestamp)| Receipt {
        message: id,
        first_seen_at,
        seen_by: key.split_once(':').map(|(source, handle)| Handle::new(source, handle)),
    };
    let all: Vec<Receipt> = rows.into_iter().map(read).collect();
    match all.iter().any(|receipt| receipt.seen_by.is_some()) {
        true => Ok(all.into_iter().filter(|receipt| receipt.seen_by.is_some()).collect()),
        false => Ok(all),
    }
}

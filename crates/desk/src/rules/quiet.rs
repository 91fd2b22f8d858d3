//! Messages that skip the rules start no clock. What imports began is marked; the first live message afterwards starts the
//! clocks, from its own time.
//!
//! A mark is the import's event. Whether something live has come since then is read from the log, and only where there is a
//! mark, so that nobody pays for it but conversations with imports, in companies that have rules with a delay.

use super::compile::Delay;
use super::definition::TriggerKind;
use super::store;
use crate::error::Result;
use crate::events;
use crate::ids::{ConversationId, EventId};
use crate::time::Timestamp;
use crate::work::Work;

/// What an import began. The number stands in place of a rule's beside the clocks that ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Began {
    /// The conversation.
    Everything = 0,
    /// A wait for an answer in a conversation that was there.
    Waiting = -1,
    /// The status of a conversation that was there.
    Status = -2,
}

/// The imports that began what holds in a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Marks {
    /// Since when nobody of us, or of the others, has waited but for imported messages.
    waiting: Option<EventId>,
    /// Since when it has had its status.
    status: Option<EventId>,
}

impl Marks {
    fn read(work: &mut Work<'_>, conversation: ConversationId) -> Result<Marks> {
        let mut marks = Marks::default();
        for (began, event) in store::quiet_marks(work.conn, work.company, conversation)? {
            if began != Began::Status as i64 {
                marks.waiting = marks.waiting.max(Some(event));
            }
            if began != Began::Waiting as i64 {
                marks.status = marks.status.max(Some(event));
            }
        }
        Ok(marks)
    }
}

/// Where the clocks of one conversation start, read once for all rules that look at it.
#[derive(Debug, Default)]
pub(super) struct Starts {
    marks: Option<Marks>,
}

impl Starts {
    /// When a clock began for which the conversation says `since`; `None` if that is only imported.
    pub(super) fn of(
        &mut self,
        work: &mut Work<'_>,
        conversation: ConversationId,
        delay: &Delay<'_>,
        since: i64,
    ) -> Result<Option<i64>> {
        // What is only imported has no such beginning (`Conversation::unresolved_since`).
        if delay.kind == TriggerKind::UnresolvedFor {
            return Ok(Some(since));
        }
        let marks = match self.marks {
            Some(marks) => marks,
            None => *self.marks.insert(Marks::read(work, conversation)?),
        };
        let is_status = delay.kind == TriggerKind::InStatusFor;
        let Some(mark) = (if is_status { marks.status } else { marks.waiting }) else { return Ok(Some(since)) };
        if is_status && events::changes_status_after(work, conversation, mark)? {
            return Ok(Some(since));
        }
        let live = events::first_message_after(work, conversation, mark)?;
        Ok(live.map(|Timestamp(live)| live.max(since)))
    }
}

/// Marks what a message that skips the rules began. `before` is what happened last in the conversation before it: as long as
/// nothing but imports follows on imports, one mark goes with them.
pub(crate) fn mark(
    work: &mut Work<'_>,
    conversation: ConversationId,
    (before, event): (EventId, EventId),
    began: &[Began],
) -> Result<()> {
    if store::move_quiet_mark(work.conn, work.company, conversation, (before, event))? > 0 {
        return Ok(());
    }
    for began in began {
        store::set_quiet_mark(work.conn, work.company, conversation, *began as i64, event)?;
    }
    Ok(())
}

/// When conversations merge, the status of the survivor stays and so does what is known of it; who waits is told by the one
/// that was active last, here `from` if `is_newer`. The marks of `from` are left to be removed with it.
pub(crate) fn merge(work: &mut Work<'_>, from: ConversationId, to: ConversationId, is_newer: bool) -> Result<()> {
    let before = Marks::read(work, to)?;
    if !is_newer {
        return Ok(());
    }
    let after = Marks { waiting: Marks::read(work, from)?.waiting, ..before };
    if before == after {
        return Ok(());
    }
    store::forget_quiet_marks(work.conn, work.company, to)?;
    for (began, event) in [(Began::Waiting, after.waiting), (Began::Status, after.status)] {
        if let Some(event) = event {
            store::set_quiet_mark(work.conn, work.company, to, began as i64, event)?;
        }
    }
    Ok(())
}

//! How often a contact is answered by itself: with a pause between, so that two machines never talk for ever.

use super::store;
use crate::error::Result;
use crate::ids::{ContactId, RuleId};
use crate::time::{HOUR, Timestamp};
use crate::work::Work;

/// The pause where nobody says another.
pub(crate) const PAUSE: i64 = 24 * HOUR;

/// Stands for all who are away, where there is a rule's number otherwise: no rule has this one.
pub(crate) const AWAY: RuleId = RuleId(0);

/// Notes that a contact is answered by itself now, unless that happened after an instant already. Answers whether it may be.
pub(crate) fn may_answer(work: &mut Work<'_>, rule: RuleId, contact: ContactId, since: Timestamp) -> Result<bool> {
    Ok(store::may_auto_reply(work.conn, work.company, rule, contact, since, work.now)?)
}

//! What is to happen later: rows of the outbox with a due time, one lane each, so that setting a timer again moves it.

use serde_json::{Value, json};

use crate::error::Result;
use crate::ids::{
    AccountId, AnalyticsExportId, ConversationId, CustomFieldId, EventId, KnowledgeBaseCategoryId, MessageId, RuleId,
};
use crate::work::Work;
use crate::{accounts, analytics, conversations, custom_fields, knowledge_base_categories, messages, rules};

#[cfg(test)]
mod tests;

/// What falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// A conversation's snooze ends.
    Snooze,
    /// A rule with a delay looks again: the subscriber is the rule.
    Rule,
    /// A message leaves after its undo time.
    Send,
    /// A load-balanced assignment waits for somebody with room.
    Waiting,
    /// The values of a deleted custom field are taken away.
    Field,
    /// A report or an export goes on: the subject is its number.
    Analytics,
    /// The articles of a deleted category are taken away.
    Category,
    /// The contacts of a deleted account are taken out of it.
    Account,
}

/// The topics of the outbox.
pub mod topic {
    /// Deliveries to rule webhooks.
    pub const WEBHOOK: i64 = 1;
    /// Messages to channels.
    pub const CHANNEL: i64 = 2;
    /// Timers.
    pub const TIMER: i64 = 3;
}

/// The subject of a timer that is about no conversation.
const NOTHING: i64 = 0;
/// Timers of a rule that one unit moves or calls off.
const BATCH: i64 = 500;

impl Timer {
    /// The number in the store.
    pub fn code(self) -> i64 {
        match self {
            Timer::Account => 0,
            Timer::Snooze => 1,
            Timer::Send => 2,
            Timer::Waiting => 3,
            Timer::Rule => 4,
            Timer::Field => 5,
            Timer::Analytics => 6,
            Timer::Category => 7,
        }
    }

    /// Reads the number in the store.
    pub fn from_code(code: i64) -> Option<Timer> {
        let small = [Timer::Account, Timer::Snooze, Timer::Send, Timer::Waiting];
        let large = [Timer::Rule, Timer::Field, Timer::Analytics, Timer::Category];
        small.into_iter().chain(large).find(|timer| timer.code() == code)
    }
}

/// The lane of a timer: its kind in the low bits, the rule (if any) above them; and what it is about.
fn lane(timer: Timer, rule: i64, subject: i64) -> db::outbox::Lane {
    db::outbox::Lane { topic: topic::TIMER, subscriber: (rule << 3) | timer.code(), subject }
}

/// Sets a timer, or moves it and replaces what it carries.
pub fn set(
    work: &mut Work<'_>,
    timer: Timer,
    rule: i64,
    subject: i64,
    at: crate::Timestamp,
    payload: &Value,
) -> Result<()> {
    let id = work.new_id();
    let job = db::outbox::NewJob { id, lane: lane(timer, rule, subject), event: 0, payload };
    db::outbox::schedule(work.conn, work.company.0, at.0, &job)?;
    work.traces.timers = true;
    Ok(())
}

/// What a timer carries that is set, or that is just going off.
pub(crate) fn carried(work: &mut Work<'_>, timer: Timer, rule: i64, subject: i64) -> Result<Option<Value>> {
    Ok(db::outbox::head(work.conn, work.company.0, lane(timer, rule, subject))?)
}

/// Calls a timer off. Answers whether it was set.
pub fn cancel(work: &mut Work<'_>, timer: Timer, rule: i64, subject: i64) -> Result<bool> {
    Ok(db::outbox::cancel(work.conn, work.company.0, lane(timer, rule, subject))?)
}

/// Lets the timers of a delayed rule go off now, so that they look again at what they wait for: the first ones in this unit,
/// the others by and by. A timer about no conversation goes on with them.
pub(crate) fn hasten(work: &mut Work<'_>, rule: RuleId) -> Result<()> {
    hasten_behind(work, rule, NOTHING)
}

fn hasten_behind(work: &mut Work<'_>, rule: RuleId, behind: i64) -> Result<()> {
    let lane = lane(Timer::Rule, rule.0, NOTHING);
    let next = db::outbox::Next { behind, limit: BATCH };
    let sooner = db::outbox::hasten(work.conn, work.company.0, (lane.topic, lane.subscriber), work.now.0, next)?;
    work.traces.timers |= !sooner.is_empty();
    match sooner.last() {
        Some(last) if i64::try_from(sooner.len()).is_ok_and(|count| count == BATCH) => {
            set(work, Timer::Rule, rule.0, NOTHING, work.now, &json!({"behind": last}))
        }
        _ => Ok(()),
    }
}

/// Calls the timers of a delayed rule off that is gone: at most so many that it fits into a unit, as those that are left do
/// nothing when they go off.
pub(crate) fn call_off(work: &mut Work<'_>, rule: RuleId) -> Result<()> {
    let lane = lane(Timer::Rule, rule.0, NOTHING);
    Ok(db::outbox::cancel_some(work.conn, work.company.0, (lane.topic, lane.subscriber), BATCH)?)
}

/// Does what fell due. A timer whose subject is gone, or that means nothing any more, does nothing: it may have been
/// called off while it was on its way. The caller ends the job in the same unit.
pub fn fire(work: &mut Work<'_>, job: &db::outbox::Job) -> Result<()> {
    let (code, rule) = (job.lane.subscriber & 7, RuleId(job.lane.subscriber >> 3));
    match Timer::from_code(code) {
        Some(Timer::Snooze) => conversations::snooze::end(work, ConversationId(job.lane.subject)),
        Some(Timer::Send) => messages::depart(work, MessageId(job.lane.subject)),
        Some(Timer::Rule) if job.lane.subject == NOTHING => {
            let behind = job.payload.get("behind").and_then(Value::as_i64).unwrap_or(NOTHING);
            hasten_behind(work, rule, behind)
        }
        Some(Timer::Rule) => {
            let event = EventId(job.payload.get("event").and_then(Value::as_i64).unwrap_or(0));
            rules::fire_delayed(work, rule, ConversationId(job.lane.subject), event)
        }
        Some(Timer::Waiting) => {
            let event = EventId(job.payload.get("event").and_then(Value::as_i64).unwrap_or(0));
            rules::waiting::fire(work, rule, ConversationId(job.lane.subject), event)
        }
        Some(Timer::Field) => {
            let after = job.payload.get("after").and_then(Value::as_i64).unwrap_or(0);
            custom_fields::clear(work, CustomFieldId(job.lane.subject), after)
        }
        Some(Timer::Analytics) => analytics::go_on(work, AnalyticsExportId(job.lane.subject)),
        Some(Timer::Category) => knowledge_base_categories::clear(work, KnowledgeBaseCategoryId(job.lane.subject)),
        Some(Timer::Account) => accounts::clear(work, AccountId(job.lane.subject)),
        None => Ok(()),
    }
}

/// To be called in the unit that buries a timer which failed too often: tells whoever waits for it.
pub fn give_up(work: &mut Work<'_>, job: &db::outbox::Job) -> Result<()> {
    match Timer::from_code(job.lane.subscriber & 7) {
        Some(Timer::Analytics) => analytics::give_up(work, AnalyticsExportId(job.lane.subject)),
        _ => Ok(()),
    }
}

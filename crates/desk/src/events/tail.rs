//! Following the log as it grows: what a live stream reads.
//!
//! Where several processes write, a smaller id may be committed after a greater one. A follower that only remembered the
//! greatest id it has seen would then miss an event for ever. So it remembers a [`Position`] in the order in which
//! events become visible, and reads no further than the point behind which nothing can still appear.

use super::{Event, Filter, list, store};
use crate::error::{Error, Result};
use crate::ids::EventId;
use crate::time::Timestamp;
use crate::work::Work;

/// A point in the order in which events become visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub(super) transaction: i64,
    pub(super) id: EventId,
}

/// What came after a position.
#[derive(Debug, Clone)]
pub struct Tail {
    /// The events that were asked for, in order.
    pub events: Vec<Event>,
    /// Where to go on.
    pub position: Position,
    /// Whether there is more already.
    pub is_cut: bool,
    /// Whether something was committed that must not be shown yet, because a transaction that began before it goes on:
    /// worth another look in a moment.
    pub is_held_back: bool,
}

/// The end of the log: where somebody begins who wants to hear of what happens from now on.
pub fn end(work: &mut Work<'_>) -> Result<Position> {
    let (transaction, id) = store::newest_settled(work.conn, work.company)?;
    Ok(Position { transaction, id })
}

/// The position of an event that was seen before.
pub fn position(work: &mut Work<'_>, id: EventId) -> Result<Position> {
    let transaction = store::transaction(work.conn, work.company, id)?.ok_or(Error::NotFound("event"))?;
    Ok(Position { transaction, id })
}

/// The public events after a position which pass the filter and which the actor may see, at most `limit` of them.
pub fn follow(work: &mut Work<'_>, filter: &Filter, after: Position, limit: i64) -> Result<Tail> {
    let end = end(work)?;
    let is_held_back = store::newest(work.conn, work.company)? > (end.transaction, end.id);
    let nothing = |position| Tail { events: Vec::new(), position, is_cut: false, is_held_back };
    if end <= after {
        return Ok(nothing(after));
    }
    let Some(select) = list::wanted(work, filter)? else { return Ok(nothing(end)) };
    let select = store::between(work.conn, select, (after.transaction, after.id), (end.transaction, end.id));
    let rows: Vec<store::Stored> = select.with(" LIMIT ?", limit).all(work.conn)?;
    let mut events: Vec<Event> = rows.into_iter().map(Event::from).collect();
    let is_cut = usize::try_from(limit).is_ok_and(|limit| events.len() >= limit);
    let position = match events.last().filter(|_| is_cut) {
        Some(last) => position(work, last.id)?,
        None => end,
    };
    list::leave_out_secluded(work, &mut events)?;
    Ok(Tail { events, position, is_cut, is_held_back })
}

/// To be called when a server starts: a database that was restored from a dump counts its transactions anew, so the
/// numbers in the log are those of another one and would hide what is written from now on.
pub fn settle_restored(work: &mut Work<'_>) -> Result<()> {
    let forgotten = store::forget_transactions(work.conn, work.company)?;
    if forgotten > 0 {
        tracing::warn!(events = forgotten, "the database was restored from another one; its log was put in order");
    }
    Ok(())
}

/// When the newest event of the whole store happened: what a machine's clock must not be behind of.
pub fn newest_time(from: &db::Store) -> Result<Option<Timestamp>> {
    from.read_blocking(|conn| Ok(store::newest_time(conn)?))
}

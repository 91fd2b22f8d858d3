//! A conversation in segments: stretches of activity that are counted as one case each.
//!
//! A segment closes when nothing happens in the conversation for [`INACTIVITY`], when it is [`LONGEST`] old, or when it
//! has [`MOST`] activities; whatever happens next begins another one. What stands in the log decides alone, so that a
//! report about last year says the same today as it did then.

use std::collections::HashMap;
use std::ops::Range;

use super::thread::{State, Thread};
use crate::events::{Event, Kind, TargetKind};
use crate::ids::{MessageId, TeammateId};
use crate::time::{DAY, Timestamp};
use crate::work::ActorKind;

/// After this long without any activity a segment is over.
pub(super) const INACTIVITY: i64 = 7 * DAY;
/// So long a segment may be.
const LONGEST: i64 = 183 * DAY;
/// So many activities a segment may have.
const MOST: usize = 1_000;

/// A reply to a customer by a person, not by a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reply {
    /// Which of the conversation's events it is.
    pub(super) event: usize,
    /// When it was sent.
    pub(super) at: Timestamp,
    /// Who wrote it.
    pub(super) author: Option<TeammateId>,
    /// How long the customer's first unanswered message had waited, in milliseconds.
    pub(super) response: i64,
    /// The same from when it came to the author, if it was assigned to them meanwhile.
    pub(super) reaction: i64,
    /// Whether it is the segment's first.
    pub(super) is_first: bool,
}

/// A stretch of activity.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    /// 1 for the conversation's first.
    pub(super) number: usize,
    /// Its activities among the conversation's events.
    pub(super) events: Range<usize>,
    /// When it began.
    pub(super) began: Timestamp,
    /// When something last happened in it.
    pub(super) last: Timestamp,
    /// Whether it is over.
    pub(super) is_closed: bool,
    /// Replies in it.
    pub(super) replies: Vec<Reply>,
    /// Where it stood from when on: how it came into the segment first, then what was done in it.
    pub(super) states: Vec<(Timestamp, State)>,
    /// When it was reopened.
    pub(super) reopened: Vec<Timestamp>,
    /// What resolved it and when, if it is: archived after a reply, or in a ticket status for that.
    pub(super) resolved: Option<(usize, Timestamp)>,
}

impl Segment {
    /// Where it stood at an instant; nothing if it had not begun.
    pub(super) fn state_at(&self, at: Timestamp) -> Option<State> {
        self.states.iter().rev().find(|(since, _)| *since <= at).map(|(_, state)| *state)
    }

    /// When it was archived or snoozed in this segment, if it still is.
    pub(super) fn archived(&self) -> Option<Timestamp> {
        let is_away = |state: State| matches!(state, State::Archived | State::Snoozed);
        let away = self.states.iter().skip(1).rev().take_while(|(_, state)| is_away(*state));
        away.last().map(|(since, _)| *since)
    }
}

/// The segments of a conversation, the oldest first, as they stand at `now`.
pub(super) fn segments(thread: &Thread, now: Timestamp) -> Vec<Segment> {
    let mut all: Vec<Segment> = Vec::new();
    let mut walk = Walk::default();
    for (index, event) in thread.events.iter().enumerate() {
        let at = thread.at(event);
        let goes_on = all.last().is_some_and(|open| {
            at.0 - open.last.0 <= INACTIVITY && at.0 - open.began.0 <= LONGEST && open.events.len() < MOST
        });
        if !goes_on {
            if let Some(closed) = all.last_mut() {
                closed.is_closed = true;
            }
            all.push(Segment {
                number: all.len() + 1,
                events: index..index,
                began: at,
                last: at,
                is_closed: false,
                replies: Vec::new(),
                states: vec![(at, thread.states[index])],
                reopened: Vec::new(),
                resolved: None,
            });
        }
        if let Some(segment) = all.last_mut() {
            segment.events.end = index + 1;
            segment.last = segment.last.max(at);
            walk.step(thread, segment, (index, event), at);
        }
    }
    if let Some(last) = all.last_mut() {
        last.is_closed = now.0 - last.last.0 > INACTIVITY;
    }
    all
}

/// What carries over from one activity to the next.
#[derive(Default)]
struct Walk {
    /// When the customer's first unanswered message arrived.
    waiting: Option<Timestamp>,
    /// When it was last assigned to whom.
    assigned: HashMap<TeammateId, Timestamp>,
    /// Whether the ticket status is one of those for what is resolved; nothing without tickets.
    is_ticket_resolved: Option<bool>,
}

impl Walk {
    fn step(&mut self, thread: &Thread, segment: &mut Segment, (index, event): (usize, &Event), at: Timestamp) {
        let (before, state) = (thread.states[index], thread.states[index + 1]);
        if state != before {
            if state == State::Open {
                segment.reopened.push(at);
            }
            segment.states.push((at, state));
        }
        match thread.kind(event) {
            Kind::Inbound => self.waiting = self.waiting.or(Some(at)),
            Kind::OutReply | Kind::Outbound => self.answer(thread, segment, (index, event), at),
            Kind::Assign => {
                let assignee = event.target.filter(|target| target.kind == TargetKind::Teammate);
                self.assigned.extend(assignee.map(|target| (TeammateId(target.id), at)));
            }
            _ => {}
        }
        if let Some(status) = thread.statuses(event).1 {
            self.is_ticket_resolved = Some(status.category == "resolved");
        }
        // With tickets their status says it, without them the archive.
        let is_archived = state == State::Archived && !segment.replies.is_empty();
        segment.resolved = match self.is_ticket_resolved.unwrap_or(is_archived) {
            true => segment.resolved.or(Some((index, at))),
            false => None,
        };
    }

    fn answer(&mut self, thread: &Thread, segment: &mut Segment, (index, event): (usize, &Event), at: Timestamp) {
        let message = event.target.and_then(|target| thread.messages.get(&MessageId(target.id)));
        if event.actor.kind == ActorKind::Rule || message.is_some_and(|message| message.is_auto_reply) {
            return;
        }
        let Some(since) = self.waiting.take() else { return };
        let author = thread.who(event);
        let came = author.and_then(|author| self.assigned.get(&author)).copied().map_or(since, |came| came.max(since));
        segment.replies.push(Reply {
            event: index,
            at,
            author,
            response: (at.0 - since.0).max(0),
            reaction: (at.0 - came.0).max(0),
            is_first: segment.replies.is_empty(),
        });
    }
}

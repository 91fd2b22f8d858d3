//! The figures of a report, and how each is counted over segments and messages.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::filters::Scope;
use super::period::Period;
use super::segments::Segment;
use super::thread::{State, Thread};
use crate::events::{Event, Kind, TargetKind};
use crate::ids::{MessageId, TagId};
use crate::time::{DAY, Timestamp};

/// A figure, by its name in the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "AnalyticsMetricId")]
pub enum Metric {
    /// Surveys are not sent, so that nobody answers.
    AvgCsatSurveyResponse,
    /// From a case's first message of a customer to its first reply.
    AvgFirstResponseTime,
    /// From beginning a draft to sending it.
    AvgHandleTime,
    /// Replies in the cases that were resolved.
    AvgRepliesToResolution,
    /// From the beginning of a case to when it was resolved.
    AvgResolutionTime,
    /// From a customer's first unanswered message to the reply.
    AvgResponseTime,
    /// From a breach of a time goal to when its tag was taken off.
    AvgSlaBreachTime,
    /// All that customers waited for replies in a case that was archived.
    AvgTotalReplyTime,
    /// Cases that began.
    NewSegmentsCount,
    /// Cases in which something happened.
    NumActiveSegmentsFull,
    /// Cases that were archived or snoozed, and still are.
    NumArchivedSegments,
    /// Those of them with a reply.
    NumArchivedSegmentsWithReply,
    /// Surveys are not sent, so that nobody answers.
    NumCsatSurveyResponse,
    /// Messages of customers.
    NumMessagesReceived,
    /// Messages to customers.
    NumMessagesSent,
    /// Breaches of time goals.
    NumSlaBreach,
    /// Surveys are not sent, so that nobody answers.
    PctCsatSurveySatisfaction,
    /// Cases that were resolved with one reply, of those that were resolved.
    PctResolvedOnFirstReply,
    /// Cases with a tag, of those in which something happened.
    PctTaggedConversations,
    /// Cases of the workload that were not open any more at the end.
    NumClosedSegments,
    /// Cases that were open when the period began, and had been touched in the week before.
    NumOpenSegmentsStart,
    /// Cases of the workload that were open at the end.
    NumOpenSegmentsEnd,
    /// Cases that were resolved, and still are.
    NumResolvedSegments,
    /// Cases in which something happened, and that are not resolved.
    NumUnresolvedActiveSegments,
    /// Cases that were open at the start, began, or were reopened.
    NumWorkloadSegments,
}

/// What a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "AnalyticsScalarType")]
pub enum Unit {
    /// How many, or the average of how many.
    Number,
    /// Of a hundred.
    Percentage,
    /// Seconds.
    Duration,
}

impl Metric {
    /// What it is.
    pub fn unit(self) -> Unit {
        use Metric::*;
        match self {
            AvgFirstResponseTime | AvgHandleTime | AvgResolutionTime | AvgResponseTime | AvgSlaBreachTime
            | AvgTotalReplyTime => Unit::Duration,
            PctCsatSurveySatisfaction | PctResolvedOnFirstReply | PctTaggedConversations => Unit::Percentage,
            _ => Unit::Number,
        }
    }

    /// Whether it is the sum of what was counted, and not an average of it.
    fn is_count(self) -> bool {
        use Metric::*;
        self.unit() == Unit::Number && !matches!(self, AvgCsatSurveyResponse | AvgRepliesToResolution)
    }
}

/// Only cases that something happened in shortly before a period count as open at its start.
pub(super) const STALE: i64 = 7 * DAY;

/// What was counted so far: for each figure a sum, and over how many. Durations are in milliseconds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Tally(BTreeMap<Metric, (i64, i64)>);

impl Tally {
    fn add(&mut self, metric: Metric, amount: i64) {
        let (sum, count) = self.0.entry(metric).or_default();
        *sum = sum.saturating_add(amount);
        *count += 1;
    }

    /// A share of something: one more of the whole, and of the part.
    fn share(&mut self, metric: Metric, is_part: bool) {
        self.add(metric, if is_part { 100 } else { 0 });
    }

    /// A figure; nothing for the average of nothing.
    pub(super) fn value(&self, metric: Metric) -> Option<i64> {
        let (sum, count) = self.0.get(&metric).copied().unwrap_or_default();
        if metric.is_count() {
            return Some(sum);
        }
        let divisor = count * if metric.unit() == Unit::Duration { 1_000 } else { 1 };
        (count > 0).then(|| (sum + divisor / 2) / divisor)
    }
}

/// What a conversation is counted by.
pub(super) struct Counting<'a> {
    pub(super) period: &'a Period,
    pub(super) scope: &'a Scope,
    /// The tags that say that a time goal was missed.
    pub(super) breach_tags: &'a [TagId],
}

impl Counting<'_> {
    /// Counts what a conversation adds to each figure.
    pub(super) fn count(&self, tally: &mut Tally, thread: &Thread, segments: &[Segment]) {
        for event in &thread.events {
            self.count_message(tally, thread, event);
        }
        self.count_breaches(tally, thread);
        for segment in segments.iter().filter(|segment| self.scope.segment(thread, segment)) {
            self.count_segment(tally, thread, segment);
            self.count_replies(tally, thread, segment);
        }
    }

    fn count_message(&self, tally: &mut Tally, thread: &Thread, event: &Event) {
        let at = thread.at(event);
        if !self.period.holds(at) || !self.scope.activity(thread, event) {
            return;
        }
        match thread.kind(event) {
            Kind::Inbound => tally.add(Metric::NumMessagesReceived, 1),
            Kind::Outbound | Kind::OutReply => {
                tally.add(Metric::NumMessagesSent, 1);
                if let Some(took) = handle_time(thread, event) {
                    tally.add(Metric::AvgHandleTime, took);
                }
            }
            _ => {}
        }
    }

    fn count_breaches(&self, tally: &mut Tally, thread: &Thread) {
        let mut since: BTreeMap<i64, Timestamp> = BTreeMap::new();
        for event in &thread.events {
            let tag = event.target.filter(|target| target.kind == TargetKind::Tag).map(|target| target.id);
            let Some(tag) = tag.filter(|tag| self.breach_tags.contains(&TagId(*tag))) else { continue };
            let is_counted = self.period.holds(event.at) && self.scope.segment(thread, &whole(thread));
            match event.kind {
                Kind::Tag => {
                    since.insert(tag, event.at);
                    if is_counted {
                        tally.add(Metric::NumSlaBreach, 1);
                    }
                }
                Kind::Untag => {
                    if let Some(since) = since.remove(&tag).filter(|_| is_counted) {
                        tally.add(Metric::AvgSlaBreachTime, event.at.0 - since.0);
                    }
                }
                _ => {}
            }
        }
    }

    fn count_segment(&self, tally: &mut Tally, thread: &Thread, segment: &Segment) {
        let holds = |at: &Timestamp| self.period.holds(*at);
        let is_new = holds(&segment.began);
        let is_active = thread.events[segment.events.clone()].iter().any(|event| self.period.holds(thread.at(event)));
        let resolved = segment.resolved.filter(|(_, at)| holds(at));
        if is_new {
            tally.add(Metric::NewSegmentsCount, 1);
        }
        if is_active {
            tally.add(Metric::NumActiveSegmentsFull, 1);
            tally.share(Metric::PctTaggedConversations, !thread.tags.is_empty());
            if segment.resolved.is_none() {
                tally.add(Metric::NumUnresolvedActiveSegments, 1);
            }
        }
        if segment.archived().filter(holds).is_some() {
            tally.add(Metric::NumArchivedSegments, 1);
            if !segment.replies.is_empty() {
                tally.add(Metric::NumArchivedSegmentsWithReply, 1);
                tally.add(Metric::AvgTotalReplyTime, segment.replies.iter().map(|reply| reply.response).sum());
            }
        }
        if let Some((event, at)) = resolved {
            let replies = segment.replies.iter().filter(|reply| reply.event <= event).count();
            tally.add(Metric::NumResolvedSegments, 1);
            tally.add(Metric::AvgResolutionTime, at.0 - segment.began.0);
            tally.add(Metric::AvgRepliesToResolution, i64::try_from(replies).unwrap_or(i64::MAX));
            tally.share(Metric::PctResolvedOnFirstReply, replies == 1);
        }
        self.count_workload(tally, thread, segment, is_new);
    }

    fn count_workload(&self, tally: &mut Tally, thread: &Thread, segment: &Segment, is_new: bool) {
        let start = self.period.start;
        let events = thread.events[segment.events.clone()].iter();
        let touched = events.map(|event| thread.at(event)).filter(|at| *at < start).max();
        let is_fresh = touched.is_some_and(|at| start.0 - at.0 <= STALE);
        let was_open = is_fresh && segment.state_at(Timestamp(start.0 - 1)) == Some(State::Open);
        let was_reopened = segment.reopened.iter().any(|at| self.period.holds(*at));
        if was_open {
            tally.add(Metric::NumOpenSegmentsStart, 1);
        }
        if was_open || is_new || was_reopened {
            tally.add(Metric::NumWorkloadSegments, 1);
            let is_open = segment.state_at(Timestamp(self.period.end.0 - 1)) == Some(State::Open);
            tally.add(if is_open { Metric::NumOpenSegmentsEnd } else { Metric::NumClosedSegments }, 1);
        }
    }

    fn count_replies(&self, tally: &mut Tally, thread: &Thread, segment: &Segment) {
        for reply in segment.replies.iter().filter(|reply| self.period.holds(reply.at)) {
            if !self.scope.author(reply.author) || !self.scope.sees(&thread.events[reply.event].inboxes) {
                continue;
            }
            tally.add(Metric::AvgResponseTime, reply.response);
            if reply.is_first {
                tally.add(Metric::AvgFirstResponseTime, reply.response);
            }
        }
    }
}

/// How long somebody wrote at a message, from the first draft of it; nothing for one that was never a draft.
pub(super) fn handle_time(thread: &Thread, event: &Event) -> Option<i64> {
    let begun = event.target.and_then(|target| thread.begun.get(&MessageId(target.id)))?;
    Some((event.at.0 - begun.0).max(0))
}

/// The conversation as one case.
fn whole(thread: &Thread) -> Segment {
    Segment {
        number: 1,
        events: 0..thread.events.len(),
        began: thread.row.created_at,
        last: thread.row.updated_at,
        is_closed: false,
        replies: Vec::new(),
        states: Vec::new(),
        reopened: Vec::new(),
        resolved: None,
    }
}

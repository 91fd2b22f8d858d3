//! The file of an export: a line for each message or activity, as comma-separated values (RFC 4180).

use std::collections::{BTreeSet, HashMap};

use super::About;
use super::columns::Column;
use super::filters::Scope;
use super::metrics::handle_time;
use super::period::Period;
use super::segments::{Reply, Segment};
use super::store::Sent;
use super::thread::Thread;
use crate::error::Result;
use crate::events::{Event, Kind, TargetKind};
use crate::ids::{CommentId, InboxId, TagId, TeammateId};
use crate::messages::Recipient;
use crate::time::Timestamp;
use crate::work::Work;

/// What is written, of what.
pub(super) struct Export<'a> {
    pub(super) period: &'a Period,
    pub(super) scope: &'a Scope,
    pub(super) about: About,
    pub(super) columns: &'a [Column],
}

impl Export<'_> {
    /// The first line: the names of the columns, custom fields by their own.
    pub(super) fn heading(&self, work: &mut Work<'_>) -> Result<String> {
        let directory = work.directory()?;
        let mut line = Line::default();
        for column in self.columns {
            let id = column.id.as_deref().unwrap_or_default();
            let field = directory.custom_fields("conversation").find(|field| field.id.to_string() == id);
            let status = directory.statuses().find(|status| status.id.to_string() == id);
            let name = field.map(|field| &field.name).or(status.map(|status| &status.name));
            match name {
                Some(name) => line.push(&format!("{}: {name}", column.name)),
                None => line.push(&column.heading()),
            }
        }
        Ok(line.end())
    }

    /// Writes the lines of a conversation; answers how many.
    pub(super) fn write(&self, text: &mut String, thread: &Thread, segments: &[Segment]) -> i64 {
        let mut lines = 0;
        let mut past = Past::before(thread);
        for segment in segments {
            past.teammates.clear();
            for index in segment.events.clone() {
                let event = &thread.events[index];
                past.step(thread, event);
                let message = thread.message(event);
                let is_wanted = (self.about == About::Events || message.is_some())
                    && self.period.holds(thread.at(event))
                    && self.scope.activity(thread, event);
                if !is_wanted {
                    continue;
                }
                let row =
                    Row { period: self.period, scope: self.scope, thread, segment, index, event, message, past: &past };
                let mut line = Line::default();
                for column in self.columns {
                    line.push(&row.cell(column).unwrap_or_default());
                }
                text.push_str(&line.end());
                lines += 1;
            }
        }
        lines
    }
}

/// A line in the making.
#[derive(Default)]
struct Line(String);

impl Line {
    fn push(&mut self, value: &str) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(&value.replace('"', "\"\""));
        self.0.push('"');
    }

    fn end(mut self) -> String {
        self.0.push_str("\r\n");
        self.0
    }
}

/// What was known of a conversation at an activity.
#[derive(Default)]
struct Past {
    /// Tags that were on it, since when.
    tags: HashMap<i64, Timestamp>,
    /// How long the tag had been on it that was just taken off.
    tagged: Option<i64>,
    /// Who did something in the segment.
    teammates: BTreeSet<TeammateId>,
    /// How often it came into each ticket status, and how long it was in it; by the status's number.
    statuses: HashMap<i64, (i64, i64)>,
    status: Option<(i64, Timestamp)>,
}

impl Past {
    /// Before anything happened a ticket had a status already.
    fn before(thread: &Thread) -> Past {
        Past { status: thread.first_status.map(|id| (id.0, thread.row.created_at)), ..Past::default() }
    }

    fn step(&mut self, thread: &Thread, event: &Event) {
        let at = thread.at(event);
        self.tagged = None;
        self.teammates.extend(thread.who(event));
        let tag = event.target.filter(|target| target.kind == TargetKind::Tag).map(|target| target.id);
        match (event.kind, tag) {
            (Kind::Tag, Some(tag)) => {
                self.tags.insert(tag, at);
            }
            (Kind::Untag, Some(tag)) => self.tagged = self.tags.remove(&tag).map(|since| at.0 - since.0),
            _ => {}
        }
        if let Some(status) = thread.statuses(event).1 {
            if let Some((left, since)) = self.status.replace((status.id.0, at)) {
                self.statuses.entry(left).or_default().1 += at.0 - since.0;
            }
            self.statuses.entry(status.id.0).or_default().0 += 1;
        }
    }
}

/// What a line is about.
struct Row<'a> {
    period: &'a Period,
    scope: &'a Scope,
    thread: &'a Thread,
    segment: &'a Segment,
    index: usize,
    event: &'a Event,
    message: Option<&'a Sent>,
    past: &'a Past,
}

impl Row<'_> {
    /// A value; nothing where the line has none.
    fn cell(&self, column: &Column) -> Option<String> {
        let (thread, segment, event) = (self.thread, self.segment, self.event);
        let conversation = &thread.row;
        let reply = segment.replies.iter().find(|reply| reply.event == self.index);
        match column.name.as_str() {
            "Activity ID" => Some(event.id.0.to_string()),
            "Activity API ID" => Some(event.id.to_string()),
            "Type" => Some(thread.kind(event).told_as().as_str().to_string()),
            "Source" => Some(event.actor.kind.as_str().to_string()),
            "Message ID" => self.message.map(|message| message.id.0.to_string()),
            "Message API ID" => self.message.map(|message| message.id.to_string()),
            "Message original ID" => self.message?.external_id.clone(),
            "Message date" => self.message.map(|message| self.period.words(message.created_at)),
            "Comment API ID" => self.target(TargetKind::Comment).map(|id| CommentId(id).to_string()),
            "Conversation ID" => Some(conversation.id.0.to_string()),
            "Conversation API ID" => Some(conversation.id.to_string()),
            "Ticket IDs" => conversation.ticket_number.map(|number| format!("TICKET-{number}")),
            "Segment ID" => Some(format!("{}-{}", conversation.id.0, segment.number)),
            "Segment" => Some(segment.number.to_string()),
            "Segment start" => Some(self.period.words(segment.began)),
            "Segment end" => segment.is_closed.then(|| self.period.words(segment.last)),
            "Segment closed" => Some(segment.is_closed.to_string()),
            "Segment contains messages" => Some(self.has_messages().to_string()),
            "Last segment activity" => Some((self.index + 1 == segment.events.end).to_string()),
            "Segment cumulative teammates" => Some(self.past.teammates.len().to_string()),
            "Direction" => {
                self.message.map(|message| if message.is_inbound { "Inbound" } else { "Outbound" }.to_string())
            }
            "Status" => Some(conversation.shelf().reported().to_string()),
            "Status at activity time" => Some(segment.state_at(thread.at(event))?.as_str().to_string()),
            "Inbox" => Some(self.inbox_names(&thread.inboxes)),
            "Inbox API ID" => Some(joined(&self.scope.known(&thread.inboxes))),
            "Inbox at activity time" => Some(self.inbox_names(&event.inboxes)),
            "Inbox API IDs at activity time" => Some(joined(&self.scope.known(&event.inboxes))),
            "Previous inbox IDs" => self.previous_inboxes(),
            "Autoreply" => self.message.map(|message| message.is_auto_reply.to_string()),
            "Reaction time" => reply.map(|reply| seconds(reply.reaction)),
            "Response time" => reply.map(|reply| seconds(reply.response)),
            "Total reply time" => reply.map(|reply| seconds(self.replies_until(reply).map(|one| one.response).sum())),
            "Handle time" => handle_time(thread, event).filter(|_| self.message.is_some()).map(seconds),
            "First response" => reply.map(|reply| reply.is_first.to_string()),
            "New Conversation" => Some((segment.number == 1 && self.index == segment.events.start).to_string()),
            "Stage resolution time" | "Ticket resolution time" => {
                self.resolves().then(|| seconds(thread.at(event).0 - segment.began.0))
            }
            "Replies to resolution" | "Ticket replies to resolution" => self
                .resolves()
                .then(|| segment.replies.iter().filter(|one| one.event <= self.index).count().to_string()),
            "Attributed to" => self.name(reply.and_then(|reply| reply.author).or(conversation.assignee)),
            "Assignee" => self.name(conversation.assignee),
            "Author" => self.name(thread.who(event)),
            "Contact name" => conversation.recipient_name.clone(),
            "Contact handle" => conversation.recipient_handle.clone(),
            "Account name" | "Account names" => Some(thread.account.as_ref()?.1.clone()),
            "From" | "To" | "Cc" | "Bcc" => self.recipients(&column.name.to_lowercase()),
            "Extract" => self.message.map(|message| message.blurb.clone()),
            "Subject" => Some(self.message.map_or(&conversation.subject, |message| &message.subject).clone()),
            "Tags" => Some(self.tag_names(thread.tags.iter().copied())),
            "Tag API IDs" => Some(joined(&thread.tags)),
            "Tags at activity time" => Some(self.tag_names(self.tags_then().into_iter())),
            "Tag API IDs at activity time" => Some(joined(&self.tags_then())),
            "Tag application duration" => self.past.tagged.map(seconds),
            "Added tag" => self.tag(Kind::Tag).map(|tag| self.tag_names(std::iter::once(tag))),
            "Added tag API ID" => self.tag(Kind::Tag).map(|tag| tag.to_string()),
            "Removed tag" => self.tag(Kind::Untag).map(|tag| self.tag_names(std::iter::once(tag))),
            "Removed tag API ID" => self.tag(Kind::Untag).map(|tag| tag.to_string()),
            "Ticket status name" => Some(thread.directory.status(conversation.ticket_status?)?.name.clone()),
            "Ticket status category" => Some(thread.directory.status(conversation.ticket_status?)?.category.clone()),
            "Time spent in Ticket Status" => Some(seconds(self.in_status(column.id.as_deref()?)?.1)),
            "Transitions to Ticket Status" => Some(self.in_status(column.id.as_deref()?)?.0.to_string()),
            "Custom Field" => self.field(column.id.as_deref()?),
            "Updated Custom Field" => self.updated_field(column.id.as_deref()?),
            // Nothing in Portico has them: business hours are those of a rule or a goal, surveys are not sent.
            _ => None,
        }
    }

    fn target(&self, kind: TargetKind) -> Option<i64> {
        self.event.target.filter(|target| target.kind == kind).map(|target| target.id)
    }

    fn tag(&self, kind: Kind) -> Option<TagId> {
        (self.event.kind == kind).then(|| self.target(TargetKind::Tag)).flatten().map(TagId)
    }

    fn tags_then(&self) -> Vec<TagId> {
        let mut tags: Vec<TagId> = self.past.tags.keys().copied().map(TagId).collect();
        tags.sort_unstable();
        tags
    }

    fn tag_names(&self, tags: impl Iterator<Item = TagId>) -> String {
        let names: Vec<String> = tags.filter_map(|tag| Some(self.thread.directory.tag(tag)?.name.clone())).collect();
        names.join(", ")
    }

    fn inbox_names(&self, inboxes: &[InboxId]) -> String {
        let known = self.scope.known(inboxes);
        let named = known.iter().filter_map(|id| self.thread.directory.inbox(*id));
        named.map(|inbox| inbox.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn previous_inboxes(&self) -> Option<String> {
        let before = self.event.change.as_ref()?.get("inboxes")?.get(0)?.as_array()?;
        let before: Vec<InboxId> = before.iter().filter_map(|id| id.as_str()?.parse().ok()).collect();
        Some(joined(&self.scope.known(&before)))
    }

    fn has_messages(&self) -> bool {
        let events = &self.thread.events[self.segment.events.clone()];
        events.iter().any(|event| self.thread.message(event).is_some())
    }

    fn replies_until(&self, reply: &Reply) -> impl Iterator<Item = &Reply> {
        let last = reply.event;
        self.segment.replies.iter().filter(move |one| one.event <= last)
    }

    /// Whether the case was resolved by this.
    fn resolves(&self) -> bool {
        self.segment.resolved.is_some_and(|(event, _)| event == self.index)
    }

    fn name(&self, teammate: Option<TeammateId>) -> Option<String> {
        Some(self.thread.directory.teammate(teammate?)?.full_name())
    }

    fn recipients(&self, role: &str) -> Option<String> {
        let all: Vec<Recipient> = serde_json::from_value(self.message?.recipients.clone()).unwrap_or_default();
        let handles = all.into_iter().filter(|one| one.role == role).map(|one| one.handle);
        Some(handles.collect::<Vec<_>>().join(", "))
    }

    fn in_status(&self, id: &str) -> Option<(i64, i64)> {
        let status = self.thread.directory.statuses().find(|status| status.id.to_string() == id)?;
        let (times, spent) = self.past.statuses.get(&status.id.0).copied().unwrap_or_default();
        let still = self.past.status.filter(|(now, _)| *now == status.id.0);
        let since = still.map_or(0, |(_, since)| self.thread.at(self.event).0 - since.0);
        Some((times, spent + since))
    }

    fn field(&self, id: &str) -> Option<String> {
        let field = self.thread.directory.custom_fields("conversation").find(|field| field.id.to_string() == id)?;
        self.thread.row.custom_fields.get(&field.name).map(plain)
    }

    fn updated_field(&self, id: &str) -> Option<String> {
        let field = self.thread.directory.custom_fields("conversation").find(|field| field.id.to_string() == id)?;
        (self.target(TargetKind::CustomField) == Some(field.id.0)).then_some(())?;
        let change = self.event.change.as_ref()?.as_object()?;
        change.values().next()?.get(1).map(plain)
    }
}

/// A value as it stands in a cell: a text without quotation marks.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

fn seconds(milliseconds: i64) -> String {
    ((milliseconds + 500) / 1_000).to_string()
}

fn joined(ids: &[impl ToString]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_whatever_is_in_its_values() {
        let mut line = Line::default();
        for value in ["", "a \"lamp\", broken", "two\nlines"] {
            line.push(value);
        }
        assert_eq!(line.end(), "\"\",\"a \"\"lamp\"\", broken\",\"two\nlines\"\r\n");
    }
}

//! Triggers and actions with the desk's own ids in the place of the public ones.
//!
//! Long, but flat: one line per variant, so that a new one that names an id cannot be forgotten.

use super::action::{Action, Content, LinkTo};
use super::definition::Trigger;
use super::leaf::{Ids, Noun, resolve_list};

impl Trigger<String> {
    /// The same trigger with the desk's own ids.
    pub(super) fn resolve(&self, ids: Ids<'_>) -> Trigger {
        match self {
            Trigger::Inbound {} => Trigger::Inbound {},
            Trigger::InboundNewConversation {} => Trigger::InboundNewConversation {},
            Trigger::OutboundNewConversation {} => Trigger::OutboundNewConversation {},
            Trigger::OutboundReply {} => Trigger::OutboundReply {},
            Trigger::DeliveryFailed {} => Trigger::DeliveryFailed {},
            Trigger::Moved { inboxes } => {
                Trigger::Moved { inboxes: resolve_list(ids, Noun::Inbox, inboxes, ".inboxes") }
            }
            Trigger::Archived {} => Trigger::Archived {},
            Trigger::Reopened {} => Trigger::Reopened {},
            Trigger::Trashed {} => Trigger::Trashed {},
            Trigger::Restored {} => Trigger::Restored {},
            Trigger::Snoozed {} => Trigger::Snoozed {},
            Trigger::SnoozeExpired {} => Trigger::SnoozeExpired {},
            Trigger::TicketStatusChanged { statuses } => {
                Trigger::TicketStatusChanged { statuses: resolve_list(ids, Noun::TicketStatus, statuses, ".statuses") }
            }
            Trigger::CommentAdded {} => Trigger::CommentAdded {},
            Trigger::Mentioned { teammates } => Trigger::Mentioned { teammates: people(ids, teammates) },
            Trigger::Assigned { teammates } => Trigger::Assigned { teammates: people(ids, teammates) },
            Trigger::Unassigned {} => Trigger::Unassigned {},
            Trigger::FollowerAdded { teammates } => Trigger::FollowerAdded { teammates: people(ids, teammates) },
            Trigger::TagAdded { tags } => Trigger::TagAdded { tags: resolve_list(ids, Noun::Tag, tags, ".tags") },
            Trigger::TagRemoved { tags } => Trigger::TagRemoved { tags: resolve_list(ids, Noun::Tag, tags, ".tags") },
            Trigger::LinkAdded { applications } => {
                Trigger::LinkAdded { applications: resolve_list(ids, Noun::Application, applications, ".applications") }
            }
            Trigger::LinkRemoved { applications } => Trigger::LinkRemoved {
                applications: resolve_list(ids, Noun::Application, applications, ".applications"),
            },
            Trigger::CustomFieldUpdated { fields } => {
                Trigger::CustomFieldUpdated { fields: resolve_list(ids, Noun::CustomField, fields, ".fields") }
            }
            Trigger::TopicIdentified { topics } => Trigger::TopicIdentified { topics: topics.clone() },
            Trigger::UnrepliedFor { after, hours } => Trigger::UnrepliedFor { after: *after, hours: hours.clone() },
            Trigger::NoResponseFromContactFor { after, hours } => {
                Trigger::NoResponseFromContactFor { after: *after, hours: hours.clone() }
            }
            Trigger::InStatusFor { statuses, after, hours } => {
                Trigger::InStatusFor { statuses: statuses.clone(), after: *after, hours: hours.clone() }
            }
            Trigger::UnresolvedFor { after, hours } => Trigger::UnresolvedFor { after: *after, hours: hours.clone() },
            Trigger::Macro {} => Trigger::Macro {},
            Trigger::AppEvent { application, event_type, payload } => Trigger::AppEvent {
                application: ids(Noun::Application, application, ".application"),
                event_type: event_type.clone(),
                payload: payload.clone(),
            },
            Trigger::Call { events } => Trigger::Call { events: events.clone() },
            Trigger::SurveyAnswered {} => Trigger::SurveyAnswered {},
        }
    }
}

impl Action<String> {
    /// The same action with the desk's own ids.
    pub(super) fn resolve(&self, ids: Ids<'_>) -> Action {
        match self {
            Action::Assign { to } => Action::Assign { to: ids(Noun::Teammate, to, ".to") },
            Action::AssignToPerson { person } => Action::AssignToPerson { person: *person },
            Action::AssignAmong { among, by, limit } => Action::AssignAmong {
                among: among.resolve(&mut |noun, id, at| ids(noun, id, &format!(".among{at}"))),
                by: *by,
                limit: *limit,
            },
            Action::Unassign {} => Action::Unassign {},
            Action::Move { inbox } => Action::Move { inbox: ids(Noun::Inbox, inbox, ".inbox") },
            Action::AddInbox { inbox } => Action::AddInbox { inbox: ids(Noun::Inbox, inbox, ".inbox") },
            Action::AddTags { tags } => Action::AddTags { tags: resolve_list(ids, Noun::Tag, tags, ".tags") },
            Action::RemoveTags { tags } => Action::RemoveTags { tags: resolve_list(ids, Noun::Tag, tags, ".tags") },
            Action::Archive {} => Action::Archive {},
            Action::Reopen {} => Action::Reopen {},
            Action::Trash {} => Action::Trash {},
            Action::MarkSpam {} => Action::MarkSpam {},
            Action::Snooze { until } => Action::Snooze { until: until.clone() },
            Action::SetTicketStatus { status } => {
                Action::SetTicketStatus { status: ids(Noun::TicketStatus, status, ".status") }
            }
            Action::AddFollowers { teammates } => Action::AddFollowers { teammates: people(ids, teammates) },
            Action::RemoveFollowers { teammates } => Action::RemoveFollowers { teammates: people(ids, teammates) },
            Action::Comment { body, mentions } => Action::Comment {
                body: body.clone(),
                mentions: resolve_list(ids, Noun::Teammate, mentions, ".mentions"),
            },
            Action::Reply { content, channel: from, archive } => {
                Action::Reply { content: content.resolve(ids), channel: channel(ids, from), archive: *archive }
            }
            Action::AutoReply { content, channel: from, once_per } => {
                Action::AutoReply { content: content.resolve(ids), channel: channel(ids, from), once_per: *once_per }
            }
            Action::Draft { content, channel: from } => {
                Action::Draft { content: content.resolve(ids), channel: channel(ids, from) }
            }
            Action::Forward { to, note } => Action::Forward { to: to.clone(), note: note.clone() },
            Action::SendSurvey {} => Action::SendSurvey {},
            Action::SetConversationField { field: id, value } => {
                Action::SetConversationField { field: field(ids, id), value: value.clone() }
            }
            Action::SetContactField { field: id, value } => {
                Action::SetContactField { field: field(ids, id), value: value.clone() }
            }
            Action::SetAccountField { field: id, value } => {
                Action::SetAccountField { field: field(ids, id), value: value.clone() }
            }
            Action::AddToList { list } => Action::AddToList { list: ids(Noun::ContactList, list, ".list") },
            Action::RemoveFromList { list } => Action::RemoveFromList { list: ids(Noun::ContactList, list, ".list") },
            Action::AddLink { link } => Action::AddLink { link: link.resolve(ids) },
            Action::RemoveLink { link } => Action::RemoveLink { link: link.resolve(ids) },
            Action::Webhook { url, body, retries } => {
                Action::Webhook { url: url.clone(), body: *body, retries: *retries }
            }
            Action::CallConnector { application, connector, input, name } => Action::CallConnector {
                application: ids(Noun::Application, application, ".application"),
                connector: connector.clone(),
                input: input.clone(),
                name: name.clone(),
            },
            Action::Notify { teammates, text } => {
                Action::Notify { teammates: people(ids, teammates), text: text.clone() }
            }
            Action::RequireTag { before, tags } => {
                Action::RequireTag { before: before.clone(), tags: resolve_list(ids, Noun::Tag, tags, ".tags") }
            }
            Action::Stop {} => Action::Stop {},
        }
    }
}

impl Content<String> {
    fn resolve(&self, ids: Ids<'_>) -> Content {
        match self {
            Content::Text(text) => Content::Text(text.clone()),
            Content::Template(id) => Content::Template(ids(Noun::Template, id, ".content.template")),
        }
    }
}

impl LinkTo<String> {
    fn resolve(&self, ids: Ids<'_>) -> LinkTo {
        match self {
            LinkTo::Id(id) => LinkTo::Id(ids(Noun::Link, id, ".link.id")),
            LinkTo::Url(url) => LinkTo::Url(url.clone()),
        }
    }
}

fn people(ids: Ids<'_>, teammates: &[String]) -> Vec<i64> {
    resolve_list(ids, Noun::Teammate, teammates, ".teammates")
}

fn field(ids: Ids<'_>, field: &str) -> i64 {
    ids(Noun::CustomField, field, ".field")
}

fn channel(ids: Ids<'_>, channel: &Option<String>) -> Option<i64> {
    channel.as_ref().map(|id| ids(Noun::Channel, id, ".channel"))
}

//! The table that says which fact each condition looks at and what kind of test it makes.
//!
//! Compiling, linting and speaking all start from here, so that a condition is explained by the same line that runs it.

use super::condition::{
    Condition, HoursTest, IdTest, NumberTest, Pool, TextTest, Texts, TimeTest, ValueTest, WordTest,
};
use super::definition::Trigger;
use super::facts::Field;
use crate::ids::{
    AccountId, AppId, ChannelId, ContactId, ContactListId, CustomFieldId, InboxId, LinkId, MessageTemplateId, ShiftId,
    StatusId, TagId, TeamId, TeammateGroupId, TeammateId,
};

/// The nouns whose ids a rule may name.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Noun {
    Account,
    Application,
    Channel,
    Contact,
    ContactList,
    CustomField,
    Inbox,
    Link,
    Shift,
    Tag,
    Team,
    Teammate,
    TeammateGroup,
    Template,
    TicketStatus,
}

impl Noun {
    /// The noun in a sentence.
    pub fn word(self) -> &'static str {
        match self {
            Noun::Account => "account",
            Noun::Application => "application",
            Noun::Channel => "channel",
            Noun::Contact => "contact",
            Noun::ContactList => "contact list",
            Noun::CustomField => "custom field",
            Noun::Inbox => "inbox",
            Noun::Link => "link",
            Noun::Shift => "shift",
            Noun::Tag => "tag",
            Noun::Team => "workspace",
            Noun::Teammate => "teammate",
            Noun::TeammateGroup => "teammate group",
            Noun::Template => "template",
            Noun::TicketStatus => "ticket status",
        }
    }

    /// An id as the API shows it.
    pub(super) fn shown(self, id: i64) -> String {
        match self {
            Noun::Account => AccountId(id).to_string(),
            Noun::Application => AppId(id).to_string(),
            Noun::Channel => ChannelId(id).to_string(),
            Noun::Contact => ContactId(id).to_string(),
            Noun::ContactList => ContactListId(id).to_string(),
            Noun::CustomField => CustomFieldId(id).to_string(),
            Noun::Inbox => InboxId(id).to_string(),
            Noun::Link => LinkId(id).to_string(),
            Noun::Shift => ShiftId(id).to_string(),
            Noun::Tag => TagId(id).to_string(),
            Noun::Team => TeamId(id).to_string(),
            Noun::Teammate => TeammateId(id).to_string(),
            Noun::TeammateGroup => TeammateGroupId(id).to_string(),
            Noun::Template => MessageTemplateId(id).to_string(),
            Noun::TicketStatus => StatusId(id).to_string(),
        }
    }
}

/// Turns a public id into the desk's own. It is told where the id stands, keeps what it cannot find to itself and answers anything.
pub(super) type Ids<'a> = &'a mut dyn FnMut(Noun, &str, &str) -> i64;

/// A test as it was written, by kind.
#[derive(Debug, Clone, Copy)]
pub(super) enum Written<'a> {
    Text(&'a TextTest),
    Ids(Noun, &'a IdTest),
    Words(&'a WordTest),
    Number(&'a NumberTest),
    Flag(bool),
    Time(&'a TimeTest),
    Hours(&'a HoursTest),
    Value(&'a ValueTest),
    /// Whether anything is there at all.
    Present(bool),
}

/// The public message types, as a message's `type` names them.
pub(super) const MESSAGE_TYPES: [&str; 16] = [
    "call",
    "custom",
    "email",
    "facebook",
    "front_chat",
    "googleplay",
    "intercom",
    "internal",
    "phone-call",
    "sms",
    "smooch",
    "truly-call",
    "tweet",
    "tweet_dm",
    "whatsapp",
    "yalo_wha",
];
/// What a conversation's status may be called in a rule.
pub(super) const STATUSES: [&str; 7] = ["open", "unassigned", "assigned", "archived", "snoozed", "trashed", "spam"];
/// What a ticket status may be called by category.
pub(super) const TICKET_CATEGORIES: [&str; 3] = ["open", "waiting", "resolved"];

impl Condition {
    /// The conditions of a group; `None` for a single test.
    pub(super) fn children(&self) -> Option<(&'static str, &[Condition])> {
        match self {
            Condition::All(children) => Some(("all", children)),
            Condition::Any(children) => Some(("any", children)),
            Condition::Not(child) => Some(("not", std::slice::from_ref(&**child))),
            _ => None,
        }
    }

    /// The path of a child below `path`.
    pub(super) fn child_path(path: &str, group: &str, at: usize) -> String {
        if group == "not" { format!("{path}.not") } else { format!("{path}.{group}[{at}]") }
    }

    /// The JSON name, the fact and the test of a single test; `None` for a group.
    pub(super) fn leaf(&self, ids: Ids<'_>) -> Option<(&'static str, Field, Written<'_>)> {
        use Written as W;
        Some(match self {
            Condition::All(_) | Condition::Any(_) | Condition::Not(_) => return None,
            Condition::From(test) => ("from", Field::From, W::Text(test)),
            Condition::To(test) => ("to", Field::To, W::Text(test)),
            Condition::Cc(test) => ("cc", Field::Cc, W::Text(test)),
            Condition::Bcc(test) => ("bcc", Field::Bcc, W::Text(test)),
            Condition::Recipient(test) => ("recipient", Field::Recipient, W::Text(test)),
            Condition::Subject(test) => ("subject", Field::Subject, W::Text(test)),
            Condition::Body(test) => ("body", Field::Body, W::Text(test)),
            Condition::SubjectOrBody(test) => ("subject_or_body", Field::SubjectOrBody, W::Text(test)),
            Condition::Header(header) => {
                ("header", Field::Header(header.name.trim().to_ascii_lowercase().into()), W::Text(&header.test))
            }
            Condition::Language(test) => ("language", Field::Language, W::Text(test)),
            Condition::HasAttachment(is) => ("has_attachment", Field::HasAttachment, W::Flag(*is)),
            Condition::IsAutoReply(is) => ("is_auto_reply", Field::IsAutoReply, W::Flag(*is)),
            Condition::IsReply(is) => ("is_reply", Field::IsReply, W::Flag(*is)),
            Condition::IsInbound(is) => ("is_inbound", Field::IsInbound, W::Flag(*is)),
            Condition::Channel(test) => ("channel", Field::Channel, W::Ids(Noun::Channel, test)),
            Condition::MessageType(test) => ("message_type", Field::MessageType, W::Words(test)),
            Condition::SentAt(test) => ("sent_at", Field::SentAt, W::Time(test)),
            Condition::Contact(test) => ("contact", Field::Contact, W::Ids(Noun::Contact, test)),
            Condition::ContactExists(is) => ("contact_exists", Field::ContactExists, W::Flag(*is)),
            Condition::ContactList(test) => ("contact_list", Field::ContactList, W::Ids(Noun::ContactList, test)),
            Condition::ContactField(of) => {
                ("contact_field", Field::ContactField(ids(Noun::CustomField, &of.field, ".field")), W::Value(&of.test))
            }
            Condition::Account(test) => ("account", Field::Account, W::Ids(Noun::Account, test)),
            Condition::AccountField(of) => {
                ("account_field", Field::AccountField(ids(Noun::CustomField, &of.field, ".field")), W::Value(&of.test))
            }
            Condition::Inbox(test) => ("inbox", Field::Inbox, W::Ids(Noun::Inbox, test)),
            Condition::Team(test) => ("team", Field::Team, W::Ids(Noun::Team, test)),
            Condition::Tag(test) => ("tag", Field::Tag, W::Ids(Noun::Tag, test)),
            Condition::Assignee(test) => ("assignee", Field::Assignee, W::Ids(Noun::Teammate, test)),
            Condition::AssigneeGroup(test) => {
                ("assignee_group", Field::AssigneeGroup, W::Ids(Noun::TeammateGroup, test))
            }
            Condition::Participant(test) => ("participant", Field::Participant, W::Ids(Noun::Teammate, test)),
            Condition::Follower(test) => ("follower", Field::Follower, W::Ids(Noun::Teammate, test)),
            Condition::Status(test) => ("status", Field::Status, W::Words(test)),
            Condition::TicketStatus(test) => ("ticket_status", Field::TicketStatus, W::Ids(Noun::TicketStatus, test)),
            Condition::TicketCategory(test) => ("ticket_category", Field::TicketCategory, W::Words(test)),
            Condition::MessageCount(test) => ("message_count", Field::MessageCount, W::Number(test)),
            Condition::Replied(is) => ("replied", Field::Replied, W::Flag(*is)),
            Condition::Link(test) => ("link", Field::Link, W::Ids(Noun::Link, test)),
            Condition::LinkApplication(test) => {
                ("link_application", Field::LinkApplication, W::Ids(Noun::Application, test))
            }
            Condition::LinkName(test) => ("link_name", Field::LinkName, W::Text(test)),
            Condition::LinkUrl(test) => ("link_url", Field::LinkUrl, W::Text(test)),
            Condition::LinkField(of) => {
                ("link_field", Field::LinkField(ids(Noun::CustomField, &of.field, ".field")), W::Value(&of.test))
            }
            Condition::ConversationField(of) => (
                "conversation_field",
                Field::ConversationField(ids(Noun::CustomField, &of.field, ".field")),
                W::Value(&of.test),
            ),
            Condition::IsDiscussion(is) => ("is_discussion", Field::IsDiscussion, W::Flag(*is)),
            Condition::Summary(test) => ("summary", Field::Summary, W::Text(test)),
            Condition::Topic(test) => ("topic", Field::Topic, W::Text(test)),
            Condition::CreatedAt(test) => ("created_at", Field::CreatedAt, W::Time(test)),
            Condition::LastMessageAt(test) => ("last_message_at", Field::LastMessageAt, W::Time(test)),
            Condition::LastInboundAt(test) => ("last_inbound_at", Field::LastInboundAt, W::Time(test)),
            Condition::LastOutboundAt(test) => ("last_outbound_at", Field::LastOutboundAt, W::Time(test)),
            Condition::WaitingSince(test) => ("waiting_since", Field::WaitingSince, W::Time(test)),
            Condition::StatusSince(test) => ("status_since", Field::StatusSince, W::Time(test)),
            Condition::Author(test) => ("author", Field::Author, W::Ids(Noun::Teammate, test)),
            Condition::Commenter(test) => ("commenter", Field::Commenter, W::Ids(Noun::Teammate, test)),
            Condition::Mention(test) => ("mention", Field::Mention, W::Ids(Noun::Teammate, test)),
            Condition::Actor(test) => ("actor", Field::Actor, W::Ids(Noun::Teammate, test)),
            Condition::AssigneeAvailable(is) => ("assignee_available", Field::AssigneeAvailable, W::Flag(*is)),
            Condition::Available(of) => (
                "available",
                Field::Available(of.among.resolve(&mut |noun, id, at| ids(noun, id, &format!(".among{at}")))),
                W::Present(of.is),
            ),
            Condition::Shift(test) => ("shift", Field::Shift, W::Ids(Noun::Shift, test)),
            Condition::BusinessHours(test) => ("business_hours", Field::Now, W::Hours(test)),
            Condition::Now(test) => ("now", Field::Now, W::Time(test)),
            Condition::CommentBody(test) => ("comment_body", Field::CommentBody, W::Text(test)),
            Condition::Payload(of) => ("payload", Field::Payload(of.key.as_str().into()), W::Value(&of.test)),
            Condition::SurveyScore(test) => ("survey_score", Field::SurveyScore, W::Number(test)),
            Condition::SurveyComment(test) => ("survey_comment", Field::SurveyComment, W::Text(test)),
        })
    }
}

impl Field {
    /// What its ids are of; none if it has no ids, or of one kind and another.
    pub(super) fn noun(&self) -> Option<Noun> {
        Some(match self {
            Field::Account => Noun::Account,
            Field::Channel => Noun::Channel,
            Field::Contact => Noun::Contact,
            Field::ContactList => Noun::ContactList,
            Field::Inbox => Noun::Inbox,
            Field::Team => Noun::Team,
            Field::Tag => Noun::Tag,
            Field::Shift => Noun::Shift,
            Field::AssigneeGroup => Noun::TeammateGroup,
            Field::TicketStatus => Noun::TicketStatus,
            Field::Link => Noun::Link,
            Field::LinkApplication | Field::EventApplication => Noun::Application,
            Field::Assignee
            | Field::Participant
            | Field::Follower
            | Field::Author
            | Field::Commenter
            | Field::Mention
            | Field::Actor
            | Field::Available(_) => Noun::Teammate,
            _ => return None,
        })
    }

    /// Whether the texts are addresses, in which a semicolon always separates.
    pub(super) fn is_address(&self) -> bool {
        matches!(self, Field::From | Field::To | Field::Cc | Field::Bcc | Field::Recipient)
    }
}

impl<Id> Trigger<Id> {
    /// What the things are that it may be narrowed to, if its events have such targets.
    pub(super) fn target(&self) -> Option<Noun> {
        Some(match self {
            Trigger::Moved { .. } => Noun::Inbox,
            Trigger::TicketStatusChanged { .. } => Noun::TicketStatus,
            Trigger::TagAdded { .. } | Trigger::TagRemoved { .. } => Noun::Tag,
            Trigger::CustomFieldUpdated { .. } => Noun::CustomField,
            Trigger::Mentioned { .. } | Trigger::Assigned { .. } | Trigger::FollowerAdded { .. } => Noun::Teammate,
            _ => return None,
        })
    }
}

impl Pool<String> {
    /// The same pool with the desk's own ids.
    pub(super) fn resolve(&self, ids: Ids<'_>) -> Pool {
        match self {
            Pool::Teammates(list) => Pool::Teammates(resolve_list(ids, Noun::Teammate, list, ".teammates")),
            Pool::Group(id) => Pool::Group(ids(Noun::TeammateGroup, id, ".group")),
            Pool::Team(id) => Pool::Team(ids(Noun::Team, id, ".team")),
            Pool::Inbox(id) => Pool::Inbox(ids(Noun::Inbox, id, ".inbox")),
            Pool::ConversationInbox => Pool::ConversationInbox,
        }
    }
}

/// The same list with the desk's own ids.
pub(super) fn resolve_list(ids: Ids<'_>, noun: Noun, list: &[String], at: &str) -> Vec<i64> {
    list.iter().enumerate().map(|(index, id)| ids(noun, id, &format!("{at}[{index}]"))).collect()
}

impl TextTest {
    /// The alternatives of the test, and whether a single text is split at its semicolons.
    pub(super) fn texts(&self) -> Option<(&Texts, bool)> {
        match self {
            TextTest::Is(texts) | TextTest::IsNot(texts) | TextTest::Matches(texts) | TextTest::DoesNotMatch(texts) => {
                Some((texts, false))
            }
            TextTest::Contains(texts)
            | TextTest::DoesNotContain(texts)
            | TextTest::StartsWith(texts)
            | TextTest::EndsWith(texts)
            | TextTest::InDomain(texts)
            | TextTest::NotInDomain(texts) => Some((texts, true)),
            TextTest::IsEmpty | TextTest::IsNotEmpty => None,
        }
    }
}

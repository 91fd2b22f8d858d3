//! The If part of a rule as data: a tree of `all`, `any` and `not` over single tests.
//!
//! ```json
//! {"all": [
//!   {"subject": {"contains": "refund; money back"}},
//!   {"any": [{"tag": {"any_of": ["tag_1"]}}, {"assignee": "is_empty"}]},
//!   {"not": {"business_hours": {"within": {"zone": "Europe/Paris", "mon": [{"start": "09:00", "end": "17:00"}]}}}}
//! ]}
//! ```
//!
//! Tests of the message look at the message of the event; where the event has none, at the newest message of the conversation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::hours::Hours;
use super::periods::{Instant, Period};

/// A condition: a group of conditions, or a test of one fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RuleCondition")]
pub enum Condition {
    /// Every one of them; an empty list is always true.
    All(Vec<Condition>),
    /// At least one of them.
    Any(Vec<Condition>),
    /// The opposite.
    Not(Box<Condition>),

    /// The sender's handle or name.
    From(TextTest),
    /// A handle or name in To.
    To(TextTest),
    /// A handle or name in Cc.
    Cc(TextTest),
    /// A handle or name in Bcc.
    Bcc(TextTest),
    /// A handle or name in To, Cc or Bcc.
    Recipient(TextTest),
    /// The message's subject.
    Subject(TextTest),
    /// The message's body as plain text.
    Body(TextTest),
    /// The subject or the body.
    SubjectOrBody(TextTest),
    /// A header of the message, whichever way its name is capitalised.
    Header(HeaderTest),
    /// The detected language, such as `fr`.
    Language(TextTest),
    /// Whether the message carries an attachment.
    HasAttachment(bool),
    /// Whether a machine answered: out of office, delivery report, mailing list.
    IsAutoReply(bool),
    /// Whether the message answers an earlier one.
    IsReply(bool),
    /// Whether the message came from outside.
    IsInbound(bool),
    /// The channel of the message.
    Channel(IdTest),
    /// The message's type, such as `email` or `sms`.
    MessageType(WordTest),
    /// When the message was sent.
    SentAt(TimeTest),

    /// The contact.
    Contact(IdTest),
    /// Whether the sender is a contact already.
    ContactExists(bool),
    /// The lists the contact is on.
    ContactList(IdTest),
    /// A custom field of the contact.
    ContactField(FieldTest),
    /// The contact's account.
    Account(IdTest),
    /// A custom field of the account.
    AccountField(FieldTest),

    /// The inboxes the conversation is in.
    Inbox(IdTest),
    /// The workspaces the conversation is in.
    Team(IdTest),
    /// The conversation's tags.
    Tag(IdTest),
    /// Who it is assigned to; `is_empty` means unassigned.
    Assignee(IdTest),
    /// The teammate groups the assignee is in.
    AssigneeGroup(IdTest),
    /// Teammates who take part: assignee, followers, authors, mentioned.
    Participant(IdTest),
    /// Teammates who follow.
    Follower(IdTest),
    /// Where it stands: `open`, `unassigned`, `assigned`, `archived`, `snoozed`, `trashed` or `spam`.
    Status(WordTest),
    /// The named ticket status.
    TicketStatus(IdTest),
    /// The category of the ticket status: `open`, `waiting` or `resolved`.
    TicketCategory(WordTest),
    /// How many messages it has.
    MessageCount(NumberTest),
    /// Whether a teammate has ever replied.
    Replied(bool),
    /// The links and application objects attached.
    Link(IdTest),
    /// The applications that attached objects belong to.
    LinkApplication(IdTest),
    /// The name of an attached link or object.
    LinkName(TextTest),
    /// The address of an attached link or object.
    LinkUrl(TextTest),
    /// A custom field of an attached link or object.
    LinkField(FieldTest),
    /// A custom field of the conversation.
    ConversationField(FieldTest),
    /// Whether it is a discussion among teammates.
    IsDiscussion(bool),
    /// The conversation's summary.
    Summary(TextTest),
    /// The topics identified in it.
    Topic(TextTest),
    /// When it was opened.
    CreatedAt(TimeTest),
    /// When its newest message was sent or received.
    LastMessageAt(TimeTest),
    /// When the customer last wrote.
    LastInboundAt(TimeTest),
    /// When the customer was last written to.
    LastOutboundAt(TimeTest),
    /// Since when the customer waits for an answer: the oldest unreplied message.
    WaitingSince(TimeTest),
    /// Since when it has its status.
    StatusSince(TimeTest),

    /// The teammate who wrote the message.
    Author(IdTest),
    /// The teammate who wrote the comment.
    Commenter(IdTest),
    /// The teammates the comment mentions.
    Mention(IdTest),
    /// The teammate who caused the event.
    Actor(IdTest),
    /// Whether the assignee is available.
    AssigneeAvailable(bool),
    /// Whether anybody of a group of teammates is available.
    Available(AvailableTest),
    /// The shifts that are on now.
    Shift(IdTest),
    /// Within or outside business hours, or any hours of the week.
    BusinessHours(HoursTest),
    /// The instant of the event itself.
    Now(TimeTest),
    /// The comment's body.
    CommentBody(TextTest),

    /// A value of the external event that an application sent.
    Payload(PayloadTest),
    /// The score of a survey answer.
    SurveyScore(NumberTest),
    /// What was written in a survey answer.
    SurveyComment(TextTest),
}

impl Default for Condition {
    fn default() -> Self {
        Condition::All(Vec::new())
    }
}

/// One text or several that will do. In one text the tests that look for a part take `;` for "or".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Texts {
    /// One text.
    One(String),
    /// Alternatives, each taken as it stands.
    Many(Vec<String>),
}

impl Texts {
    /// The alternatives; `split` takes one text apart at its semicolons.
    pub fn alternatives(&self, split: bool) -> Vec<&str> {
        let texts: Vec<&str> = match self {
            Texts::One(text) if split => text.split(';').collect(),
            Texts::One(text) => vec![text],
            Texts::Many(texts) => texts.iter().map(String::as_str).collect(),
        };
        texts.into_iter().map(str::trim).filter(|text| !text.is_empty()).collect()
    }
}

/// A test of a text, without regard to case and to the width of white space.
///
/// Where there are several texts (recipients), one of them has to pass; for a negative test none may be hit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TextTest {
    /// Equal to one of them.
    Is(Texts),
    /// Equal to none of them.
    IsNot(Texts),
    /// Has one of them in it.
    Contains(Texts),
    /// Has none of them in it.
    DoesNotContain(Texts),
    /// Begins with one of them.
    StartsWith(Texts),
    /// Ends with one of them.
    EndsWith(Texts),
    /// An address in one of these domains or below them.
    InDomain(Texts),
    /// An address in none of these domains, nor below them.
    NotInDomain(Texts),
    /// Matches one of these patterns.
    Matches(Texts),
    /// Matches none of these patterns.
    DoesNotMatch(Texts),
    /// Not there, or empty.
    IsEmpty,
    /// There, and not empty.
    IsNotEmpty,
}

/// A test of a set of ids; a fact with one id is a set of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdTest {
    /// One of these is there.
    #[serde(alias = "is")]
    AnyOf(Vec<String>),
    /// All of these are there.
    AllOf(Vec<String>),
    /// None of these is there.
    #[serde(alias = "is_not")]
    NoneOf(Vec<String>),
    /// Nothing is there.
    IsEmpty,
    /// Something is there.
    IsNotEmpty,
}

/// A test of a word from a known list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WordTest {
    /// One of these.
    #[serde(alias = "is")]
    AnyOf(Vec<String>),
    /// None of these.
    #[serde(alias = "is_not")]
    NoneOf(Vec<String>),
}

/// A test of a number; a number that is not there passes `is_not` and `is_empty` only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NumberTest {
    /// Equal.
    Is(f64),
    /// Not equal.
    IsNot(f64),
    /// Greater.
    GreaterThan(f64),
    /// Less.
    LessThan(f64),
    /// Greater or equal.
    AtLeast(f64),
    /// Less or equal.
    AtMost(f64),
    /// Not there.
    IsEmpty,
    /// There.
    IsNotEmpty,
}

/// A test of a point in time; what has not happened passes `is_empty` only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeTest {
    /// Before an instant.
    Before(Instant),
    /// At an instant or after it.
    After(Instant),
    /// At least this long ago.
    OlderThan(Period),
    /// Less than this long ago.
    WithinLast(Period),
    /// Has not happened.
    IsEmpty,
    /// Has happened.
    IsNotEmpty,
}

/// A test of the hour of the week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoursTest {
    /// While they are open.
    Within(Hours),
    /// While they are shut.
    Outside(Hours),
}

/// A value of a custom field to compare with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// A yes or no.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

/// A test of a value whose kind depends on a field's definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueTest {
    /// Equal.
    Is(Scalar),
    /// Not equal, or not there.
    IsNot(Scalar),
    /// The text has one of them in it.
    Contains(Texts),
    /// The text has none of them in it.
    DoesNotContain(Texts),
    /// The text begins with one of them.
    StartsWith(Texts),
    /// The text ends with one of them.
    EndsWith(Texts),
    /// The text matches one of these patterns.
    Matches(Texts),
    /// The number is greater.
    GreaterThan(f64),
    /// The number is less.
    LessThan(f64),
    /// The number is greater or equal.
    AtLeast(f64),
    /// The number is less or equal.
    AtMost(f64),
    /// The date is before an instant.
    Before(Instant),
    /// The date is an instant or after it.
    After(Instant),
    /// The date is at least this long ago.
    OlderThan(Period),
    /// The date is less than this long ago.
    WithinLast(Period),
    /// Not there, or empty.
    IsEmpty,
    /// There, and not empty.
    IsNotEmpty,
}

/// A test of one header.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderTest {
    /// The header's name.
    pub name: String,
    /// What it is tested for.
    pub test: TextTest,
}

/// A test of one custom field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldTest {
    /// The custom field's id.
    pub field: String,
    /// What its value is tested for.
    pub test: ValueTest,
}

/// A test of one value that came with an external event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PayloadTest {
    /// The key in the event's body.
    pub key: String,
    /// What its value is tested for.
    pub test: ValueTest,
}

/// A test of whether anybody is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AvailableTest {
    /// The teammates asked about.
    pub among: Pool<String>,
    /// True for "somebody is available", false for "nobody is".
    pub is: bool,
}

/// A set of teammates, named by the place they belong to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RulePool")]
pub enum Pool<Id = i64> {
    /// These teammates.
    Teammates(Vec<Id>),
    /// The teammates of a teammate group.
    Group(Id),
    /// The members of a workspace.
    Team(Id),
    /// The teammates with access to an inbox.
    Inbox(Id),
    /// The teammates with access to an inbox of the conversation.
    ConversationInbox,
}

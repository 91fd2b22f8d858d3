//! The Then part of a rule as data: what is done, in order.
//!
//! Texts may hold variables (`{{recipient.first_name}}`, see [`super::variables`]); they are filled in when the action runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::{Pool, Scalar};
use super::periods::{Instant, Period, TimeOfDay};

/// One step of a rule.
// In a definition the ids are texts, compiled they are the desk's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "RuleAction")]
pub enum Action<Id = i64> {
    /// Assigns to a teammate.
    Assign {
        /// The teammate.
        to: Id,
    },
    /// Assigns to somebody who is known only when it runs; nothing happens if there is nobody.
    AssignToPerson {
        /// Who.
        person: Person,
    },
    /// Assigns to one teammate out of several.
    AssignAmong {
        /// Whom to choose from.
        among: Pool<Id>,
        /// How to choose.
        by: Choosing,
        /// For load balancing: how many open conversations are enough; the workspace's limit, if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
    },
    /// Removes the assignee.
    Unassign {},

    /// Moves to an inbox and out of the others.
    Move {
        /// The inbox.
        inbox: Id,
    },
    /// Shows it in one more inbox.
    AddInbox {
        /// The inbox.
        inbox: Id,
    },

    /// Adds tags.
    AddTags {
        /// Which.
        tags: Vec<Id>,
    },
    /// Removes tags.
    RemoveTags {
        /// Which.
        tags: Vec<Id>,
    },

    /// Archives.
    Archive {},
    /// Reopens.
    Reopen {},
    /// Moves to the trash.
    Trash {},
    /// Marks as spam.
    MarkSpam {},
    /// Snoozes.
    Snooze {
        /// Until when.
        until: Until,
    },
    /// Sets the ticket status.
    SetTicketStatus {
        /// To this.
        status: Id,
    },

    /// Makes teammates follow.
    AddFollowers {
        /// Who.
        teammates: Vec<Id>,
    },
    /// Makes teammates no longer follow.
    RemoveFollowers {
        /// Who.
        teammates: Vec<Id>,
    },

    /// Adds a comment.
    Comment {
        /// Its body, Markdown with variables.
        body: String,
        /// Teammates it mentions besides those named in the body.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<Id>,
    },
    /// Sends a reply.
    Reply {
        /// What it says.
        content: Content<Id>,
        /// From this channel; the conversation's, if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Id>,
        /// Whether the conversation is archived by it.
        #[serde(default)]
        archive: bool,
    },
    /// Sends a reply that is marked as automatic, and only once per contact in a while, so that two machines never talk for ever.
    AutoReply {
        /// What it says.
        content: Content<Id>,
        /// From this channel; the conversation's, if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Id>,
        /// How long a contact is spared another one; the runner's own pause, if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        once_per: Option<Period>,
    },
    /// Leaves a draft of a reply.
    Draft {
        /// What it says.
        content: Content<Id>,
        /// From this channel; the conversation's, if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Id>,
    },
    /// Forwards the message, with its files, through its channel. What machines wrote is not forwarded.
    Forward {
        /// To these addresses, which may be variables. Those of its senders and of our own channels are left out.
        to: Vec<String>,
        /// What is written above it, with variables.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Sends the satisfaction survey.
    SendSurvey {},

    /// Sets a custom field of the conversation.
    SetConversationField {
        /// The field.
        field: Id,
        /// The value; null clears it. A text may hold variables.
        value: Option<Scalar>,
    },
    /// Sets a custom field of the contact.
    SetContactField {
        /// The field.
        field: Id,
        /// The value; null clears it. A text may hold variables.
        value: Option<Scalar>,
    },
    /// Sets a custom field of the account.
    SetAccountField {
        /// The field.
        field: Id,
        /// The value; null clears it. A text may hold variables.
        value: Option<Scalar>,
    },
    /// Puts the contact on a list.
    AddToList {
        /// The list.
        list: Id,
    },
    /// Takes the contact off a list.
    RemoveFromList {
        /// The list.
        list: Id,
    },
    /// Attaches a link or an application object.
    AddLink {
        /// Which.
        link: LinkTo<Id>,
    },
    /// Takes a link or an application object off.
    RemoveLink {
        /// Which.
        link: LinkTo<Id>,
    },

    /// Sends the event to a webhook.
    Webhook {
        /// Where to.
        url: String,
        /// How much of the event.
        #[serde(default)]
        body: WebhookBody,
        /// How often it is tried again, `"off"` or 0 for never; the deliverer's own policy, if left out.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "times")]
        retries: Option<u8>,
    },
    /// Calls an application's server and keeps its answer as variables.
    CallConnector {
        /// The application.
        application: Id,
        /// The connector, by the name the application gives it.
        connector: String,
        /// What is sent, by name; texts may hold variables.
        #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
        input: std::collections::BTreeMap<String, Scalar>,
        /// The answer is known as `{{name.key}}` to the actions after this one.
        #[serde(rename = "as")]
        name: String,
    },
    /// Tells teammates.
    Notify {
        /// Whom.
        teammates: Vec<Id>,
        /// What, with variables.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// From now on refuses a step in this conversation (409) until it has a tag.
    ///
    /// It binds teammates, their macros, and whoever uses the API; rules and imports are free. It holds for as long as the
    /// rule is on, and as the rule then says. Snoozing and the trash are never refused. A message that is to archive its
    /// conversation is sent all the same, and the conversation stays open.
    RequireTag {
        /// The steps.
        before: Vec<Step>,
        /// One of these tags; any tag, if empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tags: Vec<Id>,
    },
    /// Skips all later rules, and the actions after this one.
    Stop {},
}

/// Somebody who is known only when the rule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Person {
    /// The teammate who caused the event.
    Actor,
    /// The teammate who wrote the message.
    Author,
    /// The teammate who wrote the comment.
    Commenter,
    /// The first teammate the comment mentions.
    Mentioned,
    /// The teammate who replied last.
    LastReplier,
}

/// How one teammate is chosen out of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Choosing {
    /// One after the other.
    RoundRobin,
    /// By chance.
    Random,
    /// Who has the fewest open conversations.
    LoadBalancing,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// Until when a conversation is snoozed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// This long.
    For(Period),
    /// Until an instant.
    At(Instant),
    /// Until the next of these days, at a time of day.
    Next {
        /// The days; every day, if empty.
        #[serde(default)]
        days: Vec<Weekday>,
        /// The time of day.
        at: TimeOfDay,
        /// The IANA name of the time zone.
        zone: String,
    },
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RuleContent")]
pub enum Content<Id = i64> {
    /// HTML with variables.
    Text(String),
    /// A message template.
    Template(Id),
}

/// A link or an application object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RuleLinkTo")]
pub enum LinkTo<Id = i64> {
    /// One that exists.
    Id(Id),
    /// By its address, which may hold variables; made if there is none.
    Url(String),
}

/// How much of an event a webhook is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebhookBody {
    /// All of it.
    Full,
    /// Ids and links.
    #[default]
    Preview,
}

/// A step that can be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Archiving, be it by a ticket status.
    Archive,
    /// Taking out of an inbox, into another one. Showing it in one more inbox is no such step.
    Move,
}

/// How often something is tried again: a number, or the word that stands for none.
fn times<'de, D: serde::Deserializer<'de>>(given: D) -> Result<Option<u8>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Times {
        Number(u8),
        Word(String),
    }
    match Option::<Times>::deserialize(given) {
        Ok(None) => Ok(None),
        Ok(Some(Times::Number(times))) => Ok(Some(times)),
        Ok(Some(Times::Word(word))) if word == "off" => Ok(Some(0)),
        _ => Err(serde::de::Error::custom("expected a number, or \"off\" for none")),
    }
}

//! What a rule may ask about a conversation, and the trait through which it asks.
//!
//! The evaluator asks for one [`Field`] at a time and only for those it needs. Who answers gathers each fact when it is first asked for
//! and keeps it until the next event; the same answers then serve all rules of that event.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::convert::Infallible;

use super::condition::Pool;

/// A fact a rule may ask for. The comment says what the answer is; [`Value::Absent`] is always allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Texts: the sender's handle and name.
    From,
    /// Texts: handles and names in To.
    To,
    /// Texts: handles and names in Cc.
    Cc,
    /// Texts: handles and names in Bcc.
    Bcc,
    /// Texts: handles and names in To, Cc and Bcc.
    Recipient,
    /// Text.
    Subject,
    /// Text: the body without markup.
    Body,
    /// Never asked for: the evaluator asks for the subject, then for the body.
    SubjectOrBody,
    /// Texts: the values of the header of this name, which is in lower case.
    Header(Box<str>),
    /// Word.
    Language,
    /// Flag.
    HasAttachment,
    /// Flag.
    IsAutoReply,
    /// Flag.
    IsReply,
    /// Flag.
    IsInbound,
    /// Ids: channels.
    Channel,
    /// Word: the public message type.
    MessageType,
    /// Time.
    SentAt,
    /// Ids: contacts.
    Contact,
    /// Flag.
    ContactExists,
    /// Ids: contact lists.
    ContactList,
    /// Any value of the custom field.
    ContactField(i64),
    /// Ids: accounts.
    Account,
    /// Any value of the custom field.
    AccountField(i64),
    /// Ids: inboxes.
    Inbox,
    /// Ids: workspaces.
    Team,
    /// Ids: tags.
    Tag,
    /// Ids: teammates, at most one.
    Assignee,
    /// Ids: teammate groups.
    AssigneeGroup,
    /// Ids: teammates.
    Participant,
    /// Ids: teammates.
    Follower,
    /// Word: `unassigned`, `assigned`, `archived`, `snoozed`, `trashed` or `spam`.
    Status,
    /// Ids: ticket statuses, at most one.
    TicketStatus,
    /// Word: `open`, `waiting` or `resolved`.
    TicketCategory,
    /// Number.
    MessageCount,
    /// Flag.
    Replied,
    /// Ids: links.
    Link,
    /// Ids: applications.
    LinkApplication,
    /// Texts.
    LinkName,
    /// Texts.
    LinkUrl,
    /// Any value of the custom field.
    LinkField(i64),
    /// Any value of the custom field.
    ConversationField(i64),
    /// Flag.
    IsDiscussion,
    /// Text.
    Summary,
    /// Texts: names of topics.
    Topic,
    /// Time.
    CreatedAt,
    /// Time.
    LastMessageAt,
    /// Time.
    LastInboundAt,
    /// Time.
    LastOutboundAt,
    /// Time of the oldest unreplied message.
    WaitingSince,
    /// Time of the last outbound message, absent once the contact has answered it.
    ContactSilentSince,
    /// Time.
    StatusSince,
    /// Time at which it began or was taken up again, absent once it is resolved and where it is only imported.
    UnresolvedSince,
    /// Ids: teammates, at most one.
    Author,
    /// Ids: teammates, at most one.
    Commenter,
    /// Ids: teammates.
    Mention,
    /// Ids: teammates, at most one.
    Actor,
    /// Flag; absent when nobody is assigned.
    AssigneeAvailable,
    /// Ids: the teammates of the pool who are available now.
    Available(Pool),
    /// Ids: the shifts that are on now.
    Shift,
    /// Time of the event; of reaching it, for a delayed trigger.
    Now,
    /// Text.
    CommentBody,
    /// Any value in the body of an external event.
    Payload(Box<str>),
    /// Number.
    SurveyScore,
    /// Text.
    SurveyComment,
    /// Ids of what the event is about: tags added, teammates assigned or mentioned, inboxes moved to, the field that changed, the status set.
    EventTarget,
    /// Ids: the application behind the link or the external event.
    EventApplication,
    /// Word: the application's type of event, or the name of the call event.
    EventType,
}

/// A fact as it was found.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// There is none.
    Absent,
    /// A yes or no.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A point in time in milliseconds.
    Time(i64),
    /// A word from a known list.
    Word(&'a str),
    /// A text.
    Text(&'a Text),
    /// Several texts.
    Texts(&'a [Text]),
    /// Ids.
    Ids(&'a [i64]),
}

/// Answers what a rule asks. An error ends the evaluation and comes out unchanged.
pub trait Facts {
    /// What can go wrong while a fact is gathered.
    type Error;

    /// The value of a fact. Asked twice, it answers from memory.
    fn get(&mut self, field: &Field) -> Result<Value<'_>, Self::Error>;
}

/// A text that is prepared for comparison once, when the first rule looks at it.
#[derive(Debug, Clone, Default)]
pub struct Text {
    raw: String,
    folded: OnceCell<String>,
}

impl Text {
    /// Keeps a text.
    pub fn new(raw: impl Into<String>) -> Self {
        Text { raw: raw.into(), folded: OnceCell::new() }
    }

    /// As it was written.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// As it is compared.
    pub fn folded(&self) -> &str {
        self.folded.get_or_init(|| fold(&self.raw))
    }
}

impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Text::new(raw)
    }
}

impl From<String> for Text {
    fn from(raw: String) -> Self {
        Text::new(raw)
    }
}

/// The form in which texts are compared: lower case, each run of white space one space, none at the ends.
///
/// White space is evened out because a mail's plain text breaks its lines anywhere. Letter by letter, so that a part of a text
/// folds to a part of the folded text; hence the two small sigmas are made one here.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut gap = false;
    for letter in text.chars() {
        if letter.is_whitespace() {
            gap = !folded.is_empty();
            continue;
        }
        if gap {
            folded.push(' ');
            gap = false;
        }
        folded.extend(letter.to_lowercase().map(|lower| if lower == 'ς' { 'σ' } else { lower }));
    }
    folded
}

/// Facts that are all known beforehand: for the simulator and for tests. What was not set is absent.
#[derive(Debug, Clone, Default)]
pub struct KnownFacts {
    known: BTreeMap<Field, Known>,
}

/// A value that [`KnownFacts`] owns.
#[derive(Debug, Clone)]
pub enum Known {
    /// A yes or no.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A point in time in milliseconds.
    Time(i64),
    /// A word from a known list.
    Word(String),
    /// A text.
    Text(Text),
    /// Several texts.
    Texts(Vec<Text>),
    /// Ids.
    Ids(Vec<i64>),
}

impl KnownFacts {
    /// No facts yet.
    pub fn new() -> Self {
        KnownFacts::default()
    }

    /// The same facts and one more.
    #[must_use]
    pub fn with(mut self, field: Field, value: Known) -> Self {
        self.set(field, value);
        self
    }

    /// Sets a fact.
    pub fn set(&mut self, field: Field, value: Known) {
        self.known.insert(field, value);
    }
}

impl Facts for KnownFacts {
    type Error = Infallible;

    fn get(&mut self, field: &Field) -> Result<Value<'_>, Infallible> {
        Ok(match self.known.get(field) {
            None => Value::Absent,
            Some(Known::Flag(flag)) => Value::Flag(*flag),
            Some(Known::Number(number)) => Value::Number(*number),
            Some(Known::Time(time)) => Value::Time(*time),
            Some(Known::Word(word)) => Value::Word(word),
            Some(Known::Text(text)) => Value::Text(text),
            Some(Known::Texts(texts)) => Value::Texts(texts),
            Some(Known::Ids(ids)) => Value::Ids(ids),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_and_white_space_do_not_count() {
        assert_eq!(fold("  Your\r\n MONEY\u{a0}back "), "your money back");
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
    }

    proptest! {
        #[test]
        fn a_word_of_a_text_is_found_in_the_folded_text(before in "\\PC{0,10}", word in "\\w{1,8}", after in "\\PC{0,10}") {
            let text = format!("{before}{word}{after}");
            prop_assert!(fold(&text).contains(&fold(&word)));
        }

        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,30}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}

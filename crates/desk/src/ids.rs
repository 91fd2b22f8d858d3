//! Every id of the product: an integer inside, a three-letter prefix and base 36 outside
//! (contract/fundamentals.md section 3). One table, so that no two nouns share a prefix.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// Why a text is no id: what was expected and what was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id like {prefix}_1a2b, found {found:?}")]
pub struct BadId {
    /// The prefix of the id that was asked for.
    pub prefix: &'static str,
    /// The text that was given, cut to 64 characters.
    pub found: String,
}

/// The base-36 digits of a positive number, lower case.
pub fn base36(number: i64) -> Base36 {
    Base36(number)
}

/// Shows a number in base 36 without allocating.
#[derive(Debug, Clone, Copy)]
pub struct Base36(i64);

impl fmt::Display for Base36 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0u8; 13];
        let mut rest = self.0.max(0);
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize];
            rest /= 36;
            if rest == 0 {
                break;
            }
        }
        f.write_str(std::str::from_utf8(&digits[at..]).unwrap_or("0"))
    }
}

/// Reads what [`base36`] shows; refuses anything that would be shown differently.
pub fn parse_base36(text: &str) -> Option<i64> {
    if text.is_empty() || text.len() > 13 || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.bytes().try_fold(0i64, |sum, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            _ => return None,
        };
        sum.checked_mul(36)?.checked_add(i64::from(digit))
    })
}

fn parse(prefix: &'static str, text: &str) -> Result<i64, BadId> {
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
    digits.and_then(parse_base36).ok_or_else(|| BadId { prefix, found: text.chars().take(64).collect() })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl $name {
            /// The three letters in front of the underscore.
            pub const PREFIX: &'static str = $prefix;
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), base36(self.0))
            }
        }
        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                parse($prefix, text).map($name)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "pattern": concat!("^", $prefix, "_[0-9a-z]+$")})
            }
        }
        db::newtype_i64!($name);
    )+};
}

ids! {
    /// A company outside, to which contacts belong.
    AccountId "acc",
    /// An app, in the log; everybody else knows it by its uid.
    AppId "app",
    /// A feature of an app.
    FeatureId "ftr",
    /// A secret of an app.
    SecretId "sec",
    /// A file with what analytics found, or a report of it.
    AnalyticsExportId "exp",
    /// A file on a message, comment or template.
    AttachmentId "fil",
    /// A way in and out for messages.
    ChannelId "cha",
    /// An internal note in a conversation.
    CommentId "com",
    /// The unit of isolation.
    CompanyId "cmp",
    /// That an app may act for a company.
    ConsentId "cst",
    /// A named list of contacts.
    ContactListId "grp",
    /// Somebody outside the company.
    ContactId "crd",
    /// A thread of messages, comments and events.
    ConversationId "cnv",
    /// The definition of a custom field.
    CustomFieldId "fld",
    /// One thing that left, or is to leave, the building.
    DeliveryId "dlv",
    /// Somebody outside who is told of events.
    EndpointId "end",
    /// One line of the log.
    EventId "evt",
    /// Where conversations arrive.
    InboxId "inb",
    /// A collection of articles, for customers or for the company itself.
    KnowledgeBaseId "knb",
    /// What customers may read about something.
    KnowledgeBaseArticleId "kba",
    /// Where articles of a knowledge base stand.
    KnowledgeBaseCategoryId "kbc",
    /// An outside thing attached to conversations.
    LinkId "top",
    /// A message or a draft.
    MessageId "msg",
    /// A message template.
    MessageTemplateId "rsp",
    /// A folder of message templates.
    MessageTemplateFolderId "rsf",
    /// A note on a contact. Never shown by the public API.
    NoteId "nte",
    /// A rule or a macro.
    RuleId "rul",
    /// Credentials that many channels share.
    SharedCredentialsId "shc",
    /// When people of a workspace work.
    ShiftId "shf",
    /// A signature below an e-mail.
    SignatureId "sig",
    /// A ticket status.
    StatusId "sts",
    /// A label on conversations.
    TagId "tag",
    /// Somebody inside the company, or a bot acting for something.
    TeammateId "tea",
    /// People who have workspaces in common: a "circle".
    TeammateGroupId "cir",
    /// A workspace.
    TeamId "tim",
    /// A time goal of a workspace.
    TimeGoalId "tmg",
    /// When somebody is away: a "vacation responder".
    TimeOffId "vcr",
    /// An API token.
    TokenId "tok",
    /// A selection of conversations that a workspace shares.
    ViewId "lns",
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ids_round_trip(number in 0i64..) {
            let shown = ConversationId(number).to_string();
            prop_assert_eq!(shown.parse::<ConversationId>(), Ok(ConversationId(number)));
        }

        #[test]
        fn no_text_panics_and_what_parses_is_shown_alike(text in ".{0,24}") {
            if let Ok(id) = text.parse::<TagId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn known_ids_of_the_contract() {
        assert_eq!("tea_hjx3".parse::<TeammateId>(), Ok(TeammateId(818_967)));
        assert!("tag_hjx3".parse::<TeammateId>().is_err());
        assert!("tea_".parse::<TeammateId>().is_err());
        assert!("tea_3w5e11264sgsg".parse::<TeammateId>().is_err(), "past 63 bits");
    }
}

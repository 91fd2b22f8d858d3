//! Absolute URLs to our own resources, written straight into the answer.

use std::borrow::Cow;
use std::fmt;

use desk::ids::*;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// An id in a URL: its prefix and number, so that nothing is allocated before it is written.
#[derive(Debug, Clone, Copy)]
pub struct Segment {
    prefix: &'static str,
    number: i64,
}

macro_rules! segments {
    ($($id:ident),+) => {$(
        impl From<$id> for Segment {
            fn from(id: $id) -> Segment {
                Segment { prefix: $id::PREFIX, number: id.0 }
            }
        }
    )+};
}
segments!(
    AnalyticsExportId,
    AccountId,
    AttachmentId,
    ChannelId,
    CommentId,
    CompanyId,
    ContactListId,
    ContactId,
    ConversationId,
    CustomFieldId,
    EventId,
    InboxId,
    KnowledgeBaseArticleId,
    KnowledgeBaseCategoryId,
    KnowledgeBaseId,
    LinkId,
    MessageId,
    MessageTemplateFolderId,
    MessageTemplateId,
    RuleId,
    ShiftId,
    SignatureId,
    StatusId,
    TagId,
    TeammateId,
    TeamId,
    TeammateGroupId,
    TimeOffId,
    ViewId
);

/// `{base}{path}{id}{tail}`, serialised as a string.
#[derive(Debug, Clone, Copy)]
pub struct Url<'a> {
    base: &'a str,
    path: &'static str,
    id: Segment,
    tail: &'static str,
}

impl<'a> Url<'a> {
    /// `{base}{path}{id}`; the path has its slashes: `/conversations/`.
    pub fn new(base: &'a str, path: &'static str, id: Segment) -> Url<'a> {
        Url { base, path, id, tail: "" }
    }

    /// The same with something behind the id: `/events`, `?referer=conversation`.
    pub fn then(self, tail: &'static str) -> Url<'a> {
        Url { tail, ..self }
    }
}

impl fmt::Display for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = desk::ids::base36(self.id.number);
        write!(f, "{}{}{}_{number}{}", self.base, self.path, self.id.prefix, self.tail)
    }
}

impl Serialize for Url<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl JsonSchema for Url<'_> {
    fn schema_name() -> Cow<'static, str> {
        "Url".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "uri"})
    }
}

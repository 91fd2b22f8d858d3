//! Events, in full and as previews (contract/events.md sections 2 and 3).

use desk::events::{DepartedRule, Event as Row, Source, TargetKind, View};
use desk::ids::{ConversationId, EventId, InboxId, RuleId};
use schemars::JsonSchema;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value};

use crate::comments::comment;
use crate::conversations::{self, Conversation, Related, conversation, related};
use crate::custom_fields::{CustomField, custom_field};
use crate::inboxes::{Inbox, inbox};
use crate::links::{SelfLink, link};
use crate::messages::message;
use crate::tags::{self, owner, tag};
use crate::teammates::teammate;
use crate::{Context, Seconds, Url};

/// An event with everything that it is about.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub struct Full<'a> {
    _links: SelfLink<'a>,
    id: EventId,
    r#type: &'static str,
    emitted_at: Seconds,
    conversation: Option<Conversation<'a>>,
    source: Part<FullSource<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Part<FullTarget<'a>>>,
}

/// An event as ids and links.
#[derive(Serialize)]
pub struct Preview<'a> {
    _links: SelfLink<'a>,
    id: EventId,
    r#type: &'static str,
    emitted_at: Seconds,
    conversation: Option<PreviewConversation<'a>>,
    source: Part<PreviewData<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Part<PreviewData<'a>>>,
}

/// Something together with what kind of thing it is.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Part<T> {
    _meta: Meta,
    data: T,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Meta {
    r#type: &'static str,
}

fn part<T>(r#type: &'static str, data: T) -> Part<T> {
    Part { _meta: Meta { r#type }, data }
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
enum FullSource<'a> {
    Nothing,
    Inboxes(Vec<Inbox<'a>>),
    Teammate(crate::teammates::Teammate<'a>),
    Rule(Rule<'a>),
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
enum FullTarget<'a> {
    Ids(Vec<ConversationId>),
    Inboxes(Vec<Inbox<'a>>),
    Teammate(Box<crate::teammates::Teammate<'a>>),
    Message(Box<crate::messages::Message<'a>>),
    Comment(Box<crate::comments::Comment<'a>>),
    Tag(Box<crate::tags::Tag<'a>>),
    Link(Box<crate::links::Link<'a>>),
    CustomField(Box<ChangedField<'a>>),
    /// What is gone: that it was there.
    Departed(#[schemars(with = "Map<String, Value>")] PreviewData<'a>),
}

/// A custom field, and its value in the conversation before and after.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct ChangedField<'a> {
    #[serde(flatten)]
    field: CustomField<'a>,
    change: Option<&'a Value>,
}

/// A rule.
#[derive(Serialize, JsonSchema)]
pub struct Rule<'a> {
    _links: RuleLinks<'a>,
    id: RuleId,
    name: &'a str,
    actions: &'a [String],
    is_private: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct RuleLinks<'a> {
    #[serde(rename = "self")]
    this: Url<'a>,
    related: RuleRelated<'a>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct RuleRelated<'a> {
    owner: Option<Url<'a>>,
}

/// A rule as answers and full events show it.
pub fn rule<'a>(context: Context<'a>, row: &'a desk::rules::Rule) -> Rule<'a> {
    Rule {
        _links: RuleLinks {
            this: context.url("/rules/", row.id),
            related: RuleRelated { owner: owner(context, row.team, row.owner) },
        },
        id: row.id,
        name: &row.name,
        actions: &row.sentences,
        is_private: row.owner.is_some(),
    }
}

/// A rule that was removed. What it did is not told any more, as its sentences name things by what they are called now.
fn departed_rule<'a>(context: Context<'a>, row: &'a DepartedRule) -> Rule<'a> {
    Rule {
        _links: RuleLinks {
            this: context.url("/rules/", row.id),
            related: RuleRelated { owner: owner(context, row.team, row.owner) },
        },
        id: row.id,
        name: &row.name,
        actions: &[],
        is_private: row.owner.is_some(),
    }
}

#[derive(Serialize)]
struct PreviewConversation<'a> {
    _links: PreviewLinks<'a>,
    id: ConversationId,
}

#[derive(Serialize)]
struct PreviewLinks<'a> {
    #[serde(rename = "self")]
    this: Url<'a>,
    related: Related<'a>,
}

enum PreviewData<'a> {
    Nothing,
    One(Url<'a>, Box<dyn erased::Id>),
    Inboxes(Context<'a>, Vec<InboxId>),
    Ids(Vec<ConversationId>),
}

/// Ids of different kinds, shown alike.
mod erased {
    /// Anything that shows itself as a public id.
    pub trait Id: std::fmt::Display {}
    impl<T: std::fmt::Display> Id for T {}
}

struct One<'a>(&'a Url<'a>, &'a dyn std::fmt::Display);

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(2))?;
        map.serialize_entry("_links", &SelfLink::new(*self.0))?;
        map.serialize_entry("id", &Shown(self.1))?;
        map.end()
    }
}

struct Shown<'a>(&'a dyn std::fmt::Display);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self.0)
    }
}

impl Serialize for PreviewData<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            PreviewData::Nothing => to.serialize_none(),
            PreviewData::One(url, id) => One(url, id).serialize(to),
            PreviewData::Ids(ids) => ids.serialize(to),
            PreviewData::Inboxes(context, ids) => to.collect_seq(ids.iter().map(|id| InboxPreview(*context, *id))),
        }
    }
}

struct InboxPreview<'a>(Context<'a>, InboxId);

impl Serialize for InboxPreview<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        One(&self.0.url("/inboxes/", self.1), &self.1).serialize(to)
    }
}

/// An event as ids and links.
pub fn preview<'a>(context: Context<'a>, event: &'a Row) -> Preview<'a> {
    let about = event.conversation.map(|id| {
        let this = context.url("/conversations/", id);
        PreviewConversation { _links: PreviewLinks { this, related: related(this, None) }, id }
    });
    let source = match event.source() {
        Source::Inboxes => part("inboxes", PreviewData::Inboxes(context, event.inboxes.clone())),
        Source::Teammate(id) => part("teammate", PreviewData::One(context.url("/teammates/", id), Box::new(id))),
        Source::Rule(id) => part("rule", PreviewData::One(context.url("/rules/", id), Box::new(id))),
        Source::Named(name) => part(name, PreviewData::Nothing),
    };
    Preview {
        _links: SelfLink::new(context.url("/events/", event.id)),
        id: event.id,
        r#type: event.kind.told_as().as_str(),
        emitted_at: Seconds(event.at),
        conversation: about,
        source,
        target: event.target.map(|target| part(target.kind.as_str(), preview_target(context, event, target))),
    }
}

fn preview_target<'a>(context: Context<'a>, event: &Row, target: desk::events::Target) -> PreviewData<'a> {
    use desk::ids::{CommentId, CustomFieldId, LinkId, MessageId, TagId, TeammateId};
    macro_rules! one {
        ($path:literal, $id:expr) => {
            PreviewData::One(context.url($path, $id), Box::new($id))
        };
    }
    match target.kind {
        TargetKind::Teammate => one!("/teammates/", TeammateId(target.id)),
        TargetKind::Message => one!("/messages/", MessageId(target.id)),
        TargetKind::Comment => one!("/comments/", CommentId(target.id)),
        TargetKind::Tag => one!("/tags/", TagId(target.id)),
        TargetKind::Link => one!("/links/", LinkId(target.id)),
        TargetKind::CustomField => one!("/custom_fields/", CustomFieldId(target.id)),
        TargetKind::Inboxes => PreviewData::Inboxes(context, event.inboxes.clone()),
        TargetKind::DeletedConversationIds => PreviewData::Ids(deleted(event)),
    }
}

/// The conversations that a merge left behind, from the event's change.
fn deleted(event: &Row) -> Vec<ConversationId> {
    let change = event.change.as_ref().and_then(|change| change.get("merged"));
    let ids = change.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    ids.iter().filter_map(Value::as_str).filter_map(|id| id.parse().ok()).collect()
}

/// What the event's change calls the thing that it is about.
fn named(event: &Row) -> &str {
    let change = event.change.as_ref().and_then(|change| change["name"].as_array());
    change.and_then(|names| names.iter().find_map(Value::as_str)).unwrap_or_default()
}

/// An event with everything that it is about.
pub fn full<'a>(context: Context<'a>, view: &'a View) -> Full<'a> {
    let event = &view.event;
    let inboxes = || event.inboxes.iter().filter_map(|id| context.directory.inbox(*id)).map(|row| inbox(context, row));
    let source = match event.source() {
        Source::Inboxes => part("inboxes", FullSource::Inboxes(inboxes().collect())),
        Source::Teammate(id) => part(
            "teammate",
            context
                .directory
                .teammate(id)
                .map_or(FullSource::Nothing, |row| FullSource::Teammate(teammate(context, row))),
        ),
        Source::Rule(id) => part(
            "rule",
            match (context.directory.rules.get(id), &view.departed_rule) {
                (Some(row), _) => FullSource::Rule(rule(context, row)),
                (None, Some(row)) => FullSource::Rule(departed_rule(context, row)),
                (None, None) => FullSource::Nothing,
            },
        ),
        Source::Named(name) => part(name, FullSource::Nothing),
    };
    let subject = view.departed_subject.as_deref().unwrap_or_default();
    Full {
        _links: SelfLink::new(context.url("/events/", event.id)),
        id: event.id,
        r#type: event.kind.told_as().as_str(),
        emitted_at: Seconds(event.at),
        conversation: match &view.conversation {
            Some(view) => Some(conversation(context, view)),
            None => event.conversation.map(|id| conversations::departed(context, id, subject)),
        },
        source,
        target: event.target.map(|target| part(target.kind.as_str(), full_target(context, view, target))),
    }
}

fn full_target<'a>(context: Context<'a>, view: &'a View, target: desk::events::Target) -> FullTarget<'a> {
    use desk::ids::{TagId, TeammateId};
    let directory = context.directory;
    let found = match target.kind {
        TargetKind::Teammate => {
            directory.teammate(TeammateId(target.id)).map(|row| FullTarget::Teammate(Box::new(teammate(context, row))))
        }
        TargetKind::Tag => Some(FullTarget::Tag(Box::new(match directory.tag(TagId(target.id)) {
            Some(row) => tag(context, row),
            None => tags::departed(context, TagId(target.id), named(&view.event)),
        }))),
        TargetKind::Message => view.message.as_ref().map(|view| FullTarget::Message(Box::new(message(context, view)))),
        TargetKind::Comment => view.comment.as_ref().map(|view| FullTarget::Comment(Box::new(comment(context, view)))),
        TargetKind::Link => view.link.as_ref().map(|row| FullTarget::Link(Box::new(link(context, row)))),
        TargetKind::Inboxes => {
            let rows = view.event.inboxes.iter().filter_map(|id| directory.inbox(*id));
            Some(FullTarget::Inboxes(rows.map(|row| inbox(context, row)).collect()))
        }
        TargetKind::DeletedConversationIds => Some(FullTarget::Ids(deleted(&view.event))),
        TargetKind::CustomField => {
            let field = directory.custom_fields("conversation").find(|field| field.id.0 == target.id);
            // The event names the field as it was called then; it is the only one that it tells of.
            let change =
                view.event.change.as_ref().and_then(Value::as_object).and_then(|change| change.values().next());
            field.map(|field| {
                FullTarget::CustomField(Box::new(ChangedField { field: custom_field(context, field), change }))
            })
        }
    };
    found.unwrap_or_else(|| FullTarget::Departed(preview_target(context, &view.event, target)))
}

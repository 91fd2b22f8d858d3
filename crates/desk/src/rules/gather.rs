//! The facts of one event, gathered from the desk when a rule first asks for them and kept until the next event.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::condition::Pool;
use super::facts::{Facts, Field, Known, KnownFacts, Text, Value};
use crate::accounts::{self, Account};
use crate::apps::Feature;
use crate::apps::objects::{is_type, type_of};
use crate::contacts;
use crate::conversations::{self, Conversation, Status};
use crate::custom_fields;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::events::{Event, Kind, TargetKind};
use crate::ids::{
    CommentId, ConversationId, CustomFieldId, InboxId, LinkId, MessageId, StatusId, TeamId, TeammateGroupId, TeammateId,
};
use crate::messages::{self, Message, Sent};
use crate::time::Timestamp;
use crate::work::{ActorKind, Work};

/// What is known so far about an event and its conversation.
pub(super) struct Gathered {
    pub(super) event: Event,
    pub(super) conversation: ConversationId,
    row: Option<Option<Box<Conversation>>>,
    message: Option<Option<Box<Message>>>,
    inboxes: Option<Vec<InboxId>>,
    sent: Option<Vec<Sent>>,
    known: KnownFacts,
    asked: HashSet<Field>,
}

impl Gathered {
    /// Nothing is known yet.
    pub(super) fn new(event: Event, conversation: ConversationId) -> Gathered {
        Gathered {
            event,
            conversation,
            row: None,
            message: None,
            inboxes: None,
            sent: None,
            known: KnownFacts::new(),
            asked: HashSet::new(),
        }
    }

    /// Forgets what an action may have changed. The message stays the one that the rule is about, even where an action
    /// has just written a newer one.
    pub(super) fn renew(&mut self, work: &mut Work<'_>) -> Result<()> {
        self.message(work)?;
        (self.row, self.inboxes, self.sent) = (None, None, None);
        self.known = KnownFacts::new();
        self.asked.clear();
        Ok(())
    }

    /// The facts as the evaluator asks for them, gathered through a unit.
    pub(super) fn with<'g, 'w, 'c>(&'g mut self, work: &'w mut Work<'c>) -> Asked<'g, 'w, 'c> {
        Asked { gathered: self, work }
    }

    /// Whether the event's message opened the conversation.
    pub(super) fn is_first_message(&mut self, work: &mut Work<'_>) -> Result<bool> {
        Ok(self.row(work)?.is_some_and(|row| row.message_count == 1))
    }

    /// The conversation's row.
    pub(super) fn row(&mut self, work: &mut Work<'_>) -> Result<Option<&Conversation>> {
        if self.row.is_none() {
            self.row = Some(conversations::row(work, self.conversation)?.map(Box::new));
        }
        Ok(self.row.as_ref().and_then(|row| row.as_deref()))
    }

    /// The inboxes that the conversation is in now. In none any more (merged, deleted), it is where it was at the event.
    pub(super) fn inboxes(&mut self, work: &mut Work<'_>) -> Result<&[InboxId]> {
        let inboxes = match self.inboxes.take() {
            Some(known) => known,
            None => match conversations::inboxes_of(work, self.conversation)? {
                none if none.is_empty() => self.event.inboxes.clone(),
                now => now,
            },
        };
        Ok(self.inboxes.insert(inboxes))
    }

    /// The account of the contact that the conversation is with.
    pub(super) fn account(&mut self, work: &mut Work<'_>) -> Result<Option<Account>> {
        let Some(contact) = self.row(work)?.and_then(|row| row.recipient_contact) else { return Ok(None) };
        match contacts::account_of(work, contact)? {
            Some(id) => accounts::find(work, id),
            None => Ok(None),
        }
    }

    /// What left the conversation, the newest first.
    pub(super) fn sent(&mut self, work: &mut Work<'_>) -> Result<&[Sent]> {
        let sent = match self.sent.take() {
            Some(known) => known,
            None => messages::sent_from(work, self.conversation)?,
        };
        Ok(self.sent.insert(sent))
    }

    /// The message of the event, or the conversation's newest.
    pub(super) fn message(&mut self, work: &mut Work<'_>) -> Result<Option<&Message>> {
        if self.message.is_none() {
            let target = self.event.target.filter(|target| target.kind == TargetKind::Message);
            let id = match target {
                Some(target) => Some(MessageId(target.id)),
                None => self.row(work)?.and_then(|row| row.last_message),
            };
            let found = match id {
                Some(id) => messages::row(work, id)?.map(Box::new),
                None => None,
            };
            self.message = Some(found);
        }
        Ok(self.message.as_ref().and_then(|message| message.as_deref()))
    }
}

/// Facts bound to the unit that gathers them.
pub(super) struct Asked<'g, 'w, 'c> {
    pub(super) gathered: &'g mut Gathered,
    pub(super) work: &'w mut Work<'c>,
}

impl Facts for Asked<'_, '_, '_> {
    type Error = Error;

    fn get(&mut self, field: &Field) -> Result<Value<'_>> {
        if !self.gathered.asked.contains(field) {
            if let Some(known) = self.find(field)? {
                self.gathered.known.set(field.clone(), known);
            }
            self.gathered.asked.insert(field.clone());
        }
        match self.gathered.known.get(field) {
            Ok(value) => Ok(value),
            Err(never) => match never {},
        }
    }
}

impl Asked<'_, '_, '_> {
    fn find(&mut self, field: &Field) -> Result<Option<Known>> {
        if let Some(known) = self.of_event(field) {
            return Ok(known);
        }
        match field {
            Field::From
            | Field::To
            | Field::Cc
            | Field::Bcc
            | Field::Recipient
            | Field::Subject
            | Field::Body
            | Field::Header(_)
            | Field::HasAttachment
            | Field::IsAutoReply
            | Field::IsInbound
            | Field::Channel
            | Field::MessageType
            | Field::SentAt
            | Field::Author => self.of_message(field),
            Field::Tag
            | Field::Link
            | Field::LinkName
            | Field::LinkUrl
            | Field::LinkApplication
            | Field::EventApplication
            | Field::Follower
            | Field::Inbox
            | Field::Team
            | Field::ContactList
            | Field::ContactField(_)
            | Field::Account
            | Field::AccountField(_)
            | Field::LinkField(_) => self.beside(field),
            Field::IsReply
            | Field::ContactExists
            | Field::Participant
            | Field::Replied
            | Field::LastMessageAt
            | Field::LastInboundAt
            | Field::LastOutboundAt
            | Field::ContactSilentSince => self.of_past(field),
            Field::Shift => {
                Ok(Some(Known::Ids(self.work.directory()?.shifts_on(self.work.now).map(|id| id.0).collect())))
            }
            Field::CommentBody | Field::Commenter | Field::Mention => self.of_comment(field),
            Field::Available(pool) => self.available(pool).map(Some),
            _ => self.of_row(field),
        }
    }

    /// What the event itself says. The outer `None` means that it says nothing about the field.
    fn of_event(&self, field: &Field) -> Option<Option<Known>> {
        let event = &self.gathered.event;
        Some(match field {
            Field::Now => Some(Known::Time(self.work.now.0)),
            Field::EventTarget => Some(Known::Ids(targets(event))),
            Field::EventType => {
                let told = event.change.as_ref().filter(|_| event.kind == Kind::AppEvent);
                let told = told.and_then(|change| change["event_type"].as_str());
                Some(Known::Word(told.unwrap_or(event.kind.as_str()).to_string()))
            }
            Field::EventApplication if event.kind == Kind::AppEvent => {
                let app = event.change.as_ref().and_then(|change| change["application"].as_i64());
                app.map(|id| Known::Ids(vec![id]))
            }
            Field::Actor => {
                let person = matches!(event.actor.kind, ActorKind::Teammate | ActorKind::Agent);
                event.actor.teammate.filter(|_| person).map(|id| Known::Ids(vec![id.0]))
            }
            Field::Payload(key) => {
                let told = event.change.as_ref().map(|change| change.get("payload").unwrap_or(change));
                told.and_then(|told| told.get(&**key)).and_then(known)
            }
            _ => return None,
        })
    }

    fn of_message(&mut self, field: &Field) -> Result<Option<Known>> {
        let Some(message) = self.gathered.message(self.work)? else { return Ok(None) };
        let role = |wanted: &[&str]| {
            let of = message.recipients().into_iter().filter(|to| wanted.contains(&to.role.as_str()));
            Known::Texts(of.flat_map(|to| std::iter::once(to.handle).chain(to.name)).map(Text::from).collect())
        };
        Ok(match field {
            Field::From => Some(role(&["from"])),
            Field::To => Some(role(&["to"])),
            Field::Cc => Some(role(&["cc"])),
            Field::Bcc => Some(role(&["bcc"])),
            Field::Recipient => Some(role(&["to", "cc", "bcc"])),
            Field::Subject => Some(Known::Text(Text::new(message.subject.clone()))),
            Field::Body => Some(Known::Text(Text::new(message.text.clone()))),
            Field::Header(name) => {
                let headers = message.metadata.get("headers").and_then(Json::as_object);
                let named = headers.into_iter().flatten().filter(|(key, _)| key.eq_ignore_ascii_case(name));
                Some(Known::Texts(named.filter_map(|(_, value)| value.as_str()).map(Text::from).collect()))
            }
            Field::HasAttachment => Some(Known::Flag(message.attachment_count > 0)),
            Field::IsAutoReply => {
                Some(Known::Flag(message.is_auto_reply || (message.is_inbound && super::machines::wrote(message))))
            }
            Field::IsInbound => Some(Known::Flag(message.is_inbound)),
            Field::Channel => message.channel.map(|id| Known::Ids(vec![id.0])),
            Field::MessageType => Some(Known::Word(message.r#type.clone())),
            Field::SentAt => Some(Known::Time(message.created_at.0)),
            Field::Author => message.author.map(|id| Known::Ids(vec![id.0])),
            _ => None,
        })
    }

    fn of_row(&mut self, field: &Field) -> Result<Option<Known>> {
        let directory = self.work.directory()?;
        let now = self.work.now;
        let Some(row) = self.gathered.row(self.work)? else { return Ok(None) };
        let time = |at: Option<Timestamp>| at.map(|at| Known::Time(at.0));
        Ok(match field {
            Field::Contact => row.recipient_contact.map(|id| Known::Ids(vec![id.0])),
            Field::AssigneeGroup => {
                let groups = row.assignee.into_iter().flat_map(|id| directory.groups_of(id));
                Some(Known::Ids(groups.map(|id| id.0).collect()))
            }
            Field::Assignee => Some(Known::Ids(row.assignee.iter().map(|id| id.0).collect())),
            Field::AssigneeAvailable => {
                let assignee = row.assignee.and_then(|id| directory.teammate(id));
                assignee.map(|teammate| Known::Flag(directory.is_available(teammate, now)))
            }
            Field::Status => Some(Known::Word(status_word(row).to_string())),
            Field::TicketStatus => Some(Known::Ids(row.ticket_status.iter().map(|id| id.0).collect())),
            Field::TicketCategory => {
                row.ticket_status.and_then(|id| directory.status(id)).map(|status| Known::Word(status.category.clone()))
            }
            Field::MessageCount => Some(Known::Number(row.message_count as f64)),
            Field::ConversationField(id) => value_of(&directory, CustomFieldId(*id), &row.custom_fields),
            Field::IsDiscussion => Some(Known::Flag(row.r#type == "discussion")),
            Field::CreatedAt => time(Some(row.created_at)),
            Field::WaitingSince => time(row.waiting_since),
            Field::StatusSince => time(Some(row.status_since)),
            Field::UnresolvedSince => time(row.unresolved_since),
            Field::Summary => row.description.clone().map(|text| Known::Text(Text::new(text))),
            _ => None,
        })
    }

    /// What hangs on the conversation in tables of its own.
    fn beside(&mut self, field: &Field) -> Result<Option<Known>> {
        let id = self.gathered.conversation;
        let directory = self.work.directory()?;
        Ok(match field {
            Field::Tag => Some(Known::Ids(conversations::tags_of(self.work, id)?.iter().map(|tag| tag.0).collect())),
            Field::Inbox => Some(Known::Ids(self.gathered.inboxes(self.work)?.iter().map(|inbox| inbox.0).collect())),
            Field::Team => {
                let inboxes = self.gathered.inboxes(self.work)?.iter();
                let teams = inboxes.filter_map(|inbox| directory.inbox(*inbox)?.team);
                Some(Known::Ids(teams.map(|team| team.0).collect()))
            }
            Field::Follower => {
                Some(Known::Ids(conversations::followers_of(self.work, id)?.iter().map(|who| who.0).collect()))
            }
            Field::Link => Some(Known::Ids(self.links()?.iter().map(|link| link.id.0).collect())),
            Field::LinkName => Some(Known::Texts(self.links()?.into_iter().map(|link| Text::new(link.name)).collect())),
            Field::LinkUrl => {
                Some(Known::Texts(self.links()?.into_iter().map(|link| Text::new(link.external_url)).collect()))
            }
            Field::LinkApplication => Some(Known::Ids(apps_of(&directory, self.links()?.iter()))),
            Field::EventApplication => {
                let target = self.gathered.event.target.filter(|target| target.kind == TargetKind::Link);
                let Some(target) = target else { return Ok(None) };
                let link = crate::links::load(self.work, &[LinkId(target.id)])?;
                Some(Known::Ids(apps_of(&directory, link.iter())))
            }
            Field::LinkField(field) => {
                let links = self.links()?;
                links.iter().find_map(|link| value_of(&directory, CustomFieldId(*field), &link.custom_fields))
            }
            Field::Account => {
                let account = self.gathered.account(self.work)?;
                Some(Known::Ids(account.iter().map(|account| account.id.0).collect()))
            }
            Field::AccountField(field) => {
                let account = self.gathered.account(self.work)?;
                account.and_then(|account| value_of(&directory, CustomFieldId(*field), &account.custom_fields))
            }
            Field::ContactList | Field::ContactField(_) => {
                let Some(contact) = self.gathered.row(self.work)?.and_then(|row| row.recipient_contact) else {
                    return Ok(None);
                };
                match field {
                    Field::ContactField(field) => {
                        let fields = contacts::fields_of(self.work, contact)?;
                        value_of(&directory, CustomFieldId(*field), &fields)
                    }
                    _ => {
                        let lists = contacts::lists_of(self.work, contact)?;
                        Some(Known::Ids(lists.iter().map(|list| list.0).collect()))
                    }
                }
            }
            _ => None,
        })
    }

    /// A value of the link that the event is about, or of the first of the conversation's that has it.
    pub(super) fn link_value(&mut self, name: &str) -> Result<Option<Json>> {
        let first = self.gathered.event.target.filter(|target| target.kind == TargetKind::Link).map(|target| target.id);
        let mut links = self.links()?;
        links.sort_by_key(|link| Some(link.id.0) != first);
        let directory = self.work.directory()?;
        let value = |link: &crate::links::Link| match is_type(&link.r#type) {
            true => link.custom_fields.get(name).cloned(),
            false => custom_fields::value(&directory, "link", &link.custom_fields, name).cloned(),
        };
        Ok(links.iter().filter_map(value).find(|value| !value.is_null()))
    }

    fn links(&mut self) -> Result<Vec<crate::links::Link>> {
        let id = self.gathered.conversation;
        Ok(crate::links::of(self.work, &[id])?.remove(&id).unwrap_or_default())
    }

    fn of_comment(&mut self, field: &Field) -> Result<Option<Known>> {
        let target = self.gathered.event.target.filter(|target| target.kind == TargetKind::Comment);
        let Some(target) = target else { return Ok(None) };
        let comment = CommentId(target.id);
        Ok(match field {
            Field::Mention => {
                let mentioned = crate::comments::mentioned(self.work, comment)?;
                Some(Known::Ids(mentioned.iter().map(|who| who.0).collect()))
            }
            _ => {
                let found = crate::comments::load(self.work, &[comment])?.pop();
                found.and_then(|view| match field {
                    Field::Commenter => view.row.author.map(|id| Known::Ids(vec![id.0])),
                    _ => Some(Known::Text(Text::new(view.row.body))),
                })
            }
        })
    }

    fn available(&mut self, pool: &Pool) -> Result<Known> {
        let directory = self.work.directory()?;
        let members = pool_members(&directory, pool, self.gathered.inboxes(self.work)?);
        let now = self.work.now;
        let is_here = |id: &TeammateId| directory.teammate(*id).is_some_and(|who| directory.is_available(who, now));
        let here = members.into_iter().filter(is_here);
        Ok(Known::Ids(here.map(|id| id.0).collect()))
    }
}

/// What an event was done with, as triggers name it.
fn targets(event: &Event) -> Vec<i64> {
    // The target of a mention is the comment, and a change of the ticket status has none: what was changed tells.
    let told = |field: &str| event.change.as_ref()?.get(field)?.get(1)?.as_str();
    match (event.kind, event.target) {
        (Kind::Mention, _) => {
            told("mentions").and_then(|id| id.parse::<TeammateId>().ok()).map(|id| id.0).into_iter().collect()
        }
        (Kind::TicketStatusUpdate, _) => {
            told("status_id").and_then(|id| id.parse::<StatusId>().ok()).map(|id| id.0).into_iter().collect()
        }
        // Where it was already, it was not moved to.
        (_, Some(target)) if target.kind == TargetKind::Inboxes => {
            let before = moved_from(event);
            event.inboxes.iter().filter(|id| !before.contains(id)).map(|id| id.0).collect()
        }
        (_, Some(target)) => vec![target.id],
        (_, None) => Vec::new(),
    }
}

/// The inboxes that the conversation was in before the event moved it.
pub(super) fn moved_from(event: &Event) -> Vec<InboxId> {
    let before = event.change.as_ref().and_then(|change| change.get("inboxes")?.get(0)?.as_array());
    before.into_iter().flatten().filter_map(|id| id.as_str()?.parse().ok()).collect()
}

/// The teammates of a pool, each once, in id order.
pub(super) fn pool_members(directory: &Directory, pool: &Pool, inboxes: &[InboxId]) -> Vec<TeammateId> {
    let of_inbox = |id: InboxId| directory.inbox(id).map(|inbox| directory.inbox_teammates(inbox)).unwrap_or_default();
    let mut members: Vec<TeammateId> = match pool {
        Pool::Teammates(ids) => ids.iter().map(|id| TeammateId(*id)).collect(),
        Pool::Team(id) => directory.members(TeamId(*id)).map(|member| member.teammate).collect(),
        Pool::Inbox(id) => of_inbox(InboxId(*id)),
        Pool::ConversationInbox => inboxes.iter().flat_map(|id| of_inbox(*id)).collect(),
        Pool::Group(id) => {
            directory.teammate_group(TeammateGroupId(*id)).map(|group| group.members.clone()).unwrap_or_default()
        }
    };
    members.sort_unstable();
    members.dedup();
    members.retain(|id| directory.teammate(*id).is_some_and(|teammate| teammate.is_person() && !teammate.is_blocked));
    members
}

fn status_word(row: &Conversation) -> &'static str {
    match (row.status(), row.assignee, row.snoozed_until) {
        (_, _, Some(_)) => "snoozed",
        (Status::Open, None, None) => "unassigned",
        (Status::Open, Some(_), None) => "assigned",
        (Status::Archived, ..) => "archived",
        (Status::Deleted, ..) => "trashed",
        (Status::Spam, ..) => "spam",
    }
}

/// The installed apps whose objects or partners' links these are, each once.
fn apps_of<'a>(directory: &Directory, links: impl Iterator<Item = &'a crate::links::Link>) -> Vec<i64> {
    let mut apps: Vec<i64> = Vec::new();
    for link in links {
        let is_its = |feature: &Feature| matches!(feature, Feature::Link(known) if known.name == link.r#type);
        let found = directory
            .apps()
            .filter(|here| type_of(&here.app) == link.r#type || here.features.iter().any(|held| is_its(&held.feature)));
        apps.extend(found.map(|here| here.app.id.0));
    }
    apps.sort_unstable();
    apps.dedup();
    apps
}

/// The value of a custom field: values are kept by name, rules name the definition.
fn value_of(directory: &Directory, field: CustomFieldId, values: &Json) -> Option<Known> {
    let field = super::words::field(directory, field)?;
    let value = values.get(&field.name)?;
    match value.as_f64().filter(|_| field.r#type == "datetime") {
        Some(seconds) => Timestamp::from_seconds(seconds).map(|at| Known::Time(at.0)),
        None => known(value),
    }
}

fn known(value: &Json) -> Option<Known> {
    match value {
        Json::Bool(flag) => Some(Known::Flag(*flag)),
        Json::Number(number) => number.as_f64().map(Known::Number),
        Json::String(text) => Some(Known::Text(Text::new(text.clone()))),
        _ => None,
    }
}

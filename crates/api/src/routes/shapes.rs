//! Short names for what many rows speak of.

use super::about::{About, Files, one, page};
use super::queries;
use crate::contacts::{Handles, Written};
use crate::edge::params::PageRules;

pub(super) use crate::messages::Accepted;

pub(super) type Account = wire::accounts::Account<'static>;
pub(super) type Channel = wire::channels::Channel<'static>;
pub(super) type Comment = wire::comments::Comment<'static>;
pub(super) type Contact = wire::contacts::Contact<'static>;
pub(super) type ContactList = wire::contacts::List<'static>;
pub(super) type ContactNote = wire::contacts::ContactNote<'static>;
pub(super) type Conversation = wire::conversations::Conversation<'static>;
pub(super) type CustomField = wire::custom_fields::CustomField<'static>;
pub(super) type Event = wire::events::Full<'static>;
pub(super) type Inbox = wire::inboxes::Inbox<'static>;
pub(super) type KnowledgeBase = wire::knowledge_bases::KnowledgeBase<'static>;
pub(super) type KnowledgeBaseArticle = wire::knowledge_base_articles::Article<'static>;
pub(super) type KnowledgeBaseArticleSlim = wire::knowledge_base_articles::Slim<'static>;
pub(super) type KnowledgeBaseCategory = wire::knowledge_base_categories::Category<'static>;
pub(super) type KnowledgeBaseCategorySlim = wire::knowledge_base_categories::Slim<'static>;
pub(super) type KnowledgeBaseSlim = wire::knowledge_bases::Slim<'static>;
pub(super) type Link = wire::links::Link<'static>;
pub(super) type Message = wire::messages::Message<'static>;
pub(super) type MessageTemplate = wire::message_templates::MessageTemplate<'static>;
pub(super) type MessageTemplateFolder = wire::message_templates::MessageTemplateFolder<'static>;
pub(super) type Rule = wire::events::Rule<'static>;
pub(super) type Seen = wire::seen::Seen<'static>;
pub(super) type Shift = wire::shifts::Shift<'static>;
pub(super) type Signature = wire::signatures::Signature<'static>;
pub(super) type Status = wire::statuses::Status<'static>;
pub(super) type Tag = wire::tags::Tag<'static>;
pub(super) type Team = wire::teams::Team<'static>;
pub(super) type TeamPreview = wire::teams::TeamPreview<'static>;
pub(super) type Teammate = wire::teammates::Teammate<'static>;
pub(super) type TeammateGroup = wire::teammate_groups::TeammateGroup<'static>;
pub(super) type TimeOff = wire::time_offs::TimeOff<'static>;
pub(super) type View = wire::views::View<'static>;

/// A list of conversations.
pub(super) const CONVERSATION_PAGE: About = page::<Conversation>(&PageRules::BY_DATE).filtered(queries::CONVERSATIONS);
/// A list of contacts.
pub(super) const CONTACT_PAGE: About = page::<Contact>(&PageRules::BY_CHANGE).filtered(queries::CONTACTS);
/// A contact that is made.
pub(super) const NEW_CONTACT: About = one::<Contact>().status(201).takes::<Handles>().beside::<Written>().files(AVATAR);
/// Files of a message, comment or message template.
pub(super) const MANY: Files = Files::Many("attachments");
/// The picture of a contact.
pub(super) const AVATAR: Files = Files::One("avatar");

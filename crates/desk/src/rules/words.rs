//! The public ids that a rule names: which of the desk's things they are, and what people call them.

use std::str::FromStr;

use super::leaf::Noun;
use crate::accounts;
use crate::contacts::lists;
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{
    AccountId, ChannelId, ContactId, ContactListId, CustomFieldId, InboxId, LinkId, MessageTemplateId, ShiftId,
    StatusId, TagId, TeamId, TeammateGroupId, TeammateId,
};
use crate::work::Work;

/// The desk's own number of a public id, if there is such a thing. What the directory does not hold (accounts,
/// contacts, links, lists) is taken by its form alone; the action or condition then finds nothing.
pub(super) fn resolve(directory: &Directory, noun: Noun, id: &str) -> Option<i64> {
    fn parse<T: FromStr>(id: &str) -> Option<T> {
        id.parse().ok()
    }
    match noun {
        Noun::Account => parse::<AccountId>(id).map(|id| id.0),
        Noun::Channel => parse::<ChannelId>(id).filter(|id| directory.channel(*id).is_some()).map(|id| id.0),
        Noun::Contact => parse::<ContactId>(id).map(|id| id.0),
        Noun::ContactList => parse::<ContactListId>(id).map(|id| id.0),
        Noun::CustomField => parse::<CustomFieldId>(id).filter(|id| field(directory, *id).is_some()).map(|id| id.0),
        Noun::Inbox => parse::<InboxId>(id).filter(|id| directory.inbox(*id).is_some()).map(|id| id.0),
        Noun::Link => parse::<LinkId>(id).map(|id| id.0),
        Noun::Shift => parse::<ShiftId>(id).filter(|id| directory.shift(*id).is_some()).map(|id| id.0),
        Noun::Tag => parse::<TagId>(id).filter(|id| directory.tag(*id).is_some()).map(|id| id.0),
        Noun::Team => parse::<TeamId>(id).filter(|id| directory.team(*id).is_some()).map(|id| id.0),
        Noun::Teammate => parse::<TeammateId>(id).filter(|id| directory.teammate(*id).is_some()).map(|id| id.0),
        Noun::TeammateGroup => {
            parse::<TeammateGroupId>(id).filter(|id| directory.teammate_group(*id).is_some()).map(|id| id.0)
        }
        Noun::TicketStatus => parse::<StatusId>(id).filter(|id| directory.status(*id).is_some()).map(|id| id.0),
        Noun::Application => directory.apps().find(|here| here.app.uid == id).map(|here| here.app.id.0),
        Noun::Template => {
            parse::<MessageTemplateId>(id).filter(|id| directory.message_template(*id).is_some()).map(|id| id.0)
        }
    }
}

/// What people call the thing behind a public id.
pub(super) fn name(directory: &Directory, noun: Noun, id: &str) -> Option<String> {
    match noun {
        Noun::Application => Some(directory.apps().find(|here| here.app.uid == id)?.app.name.clone()),
        Noun::Channel => Some(directory.channel(id.parse().ok()?)?.name.clone()),
        Noun::CustomField => Some(field(directory, id.parse().ok()?)?.name.clone()),
        Noun::Inbox => Some(directory.inbox(id.parse().ok()?)?.name.clone()),
        Noun::Shift => Some(directory.shift(id.parse().ok()?)?.name.clone()),
        Noun::Tag => Some(directory.tag(id.parse().ok()?)?.name.clone()),
        Noun::Team => Some(directory.team(id.parse().ok()?)?.name.clone()),
        Noun::Teammate => Some(directory.teammate(id.parse().ok()?)?.full_name()),
        Noun::TeammateGroup => Some(directory.teammate_group(id.parse().ok()?)?.name.clone()),
        Noun::Template => Some(directory.message_template(id.parse().ok()?)?.name.clone()),
        Noun::TicketStatus => Some(directory.status(id.parse().ok()?)?.name.clone()),
        _ => None,
    }
}

/// The accounts and contact lists that a rule names: the directory does not hold them.
#[derive(Default)]
pub(super) struct Outside {
    accounts: Vec<AccountId>,
    lists: Vec<ContactListId>,
}

impl Outside {
    /// Remembers a thing that a rule names, if it is such a one.
    pub(super) fn note(&mut self, noun: Noun, id: Option<i64>) {
        match (noun, id) {
            (Noun::Account, Some(id)) => self.accounts.push(AccountId(id)),
            (Noun::ContactList, Some(id)) => self.lists.push(ContactListId(id)),
            _ => {}
        }
    }

    /// Looks up what they are called, each that the caller may see: two statements, however many they are.
    pub(super) fn named(self, work: &mut Work<'_>) -> Result<Named> {
        let accounts = accounts::names(work, &self.accounts)?;
        Ok(Named { accounts, lists: lists::names_of(work, &self.lists)? })
    }
}

/// What accounts and contact lists are called.
pub(super) struct Named {
    accounts: Vec<(AccountId, String)>,
    lists: Vec<(ContactListId, String)>,
}

impl Named {
    /// What people call the thing behind a public id, as [`name`] says it of those in the directory.
    pub(super) fn name(&self, noun: Noun, id: &str) -> Option<String> {
        fn of<T: FromStr + PartialEq>(all: &[(T, String)], id: &str) -> Option<String> {
            let id: T = id.parse().ok()?;
            all.iter().find(|(known, _)| *known == id).map(|(_, name)| name.clone())
        }
        match noun {
            Noun::Account => of(&self.accounts, id),
            Noun::ContactList => of(&self.lists, id),
            _ => None,
        }
    }
}

/// The definition of a custom field, whatever it belongs to.
pub(super) fn field(directory: &Directory, id: CustomFieldId) -> Option<&crate::custom_fields::CustomField> {
    ["conversation", "contact", "account", "inbox", "link", "teammate"]
        .into_iter()
        .find_map(|kind| directory.custom_fields(kind).find(|field| field.id == id))
}

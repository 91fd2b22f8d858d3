//! Contacts, their accounts and their lists.

use http::Method;

use super::Operation;
use super::about::{list, nothing, one, page};
use super::shapes::{AVATAR, Account, CONTACT_PAGE, CONVERSATION_PAGE, Contact, ContactList, ContactNote, NEW_CONTACT};
use crate::edge::params::PageRules;
use crate::{accounts, contact_lists, contacts};

pub(super) static CONTACTS: &[Operation] = operations! {
    GET "/contacts" "list-contacts" "contacts:read" => contacts::list,
        "List contacts", CONTACT_PAGE;
    POST "/contacts" "create-contact" "contacts:write" => contacts::create,
        "Make a contact of the company", NEW_CONTACT;
    POST "/contacts/merge" "merge-contacts" "contacts:write" => contacts::merge,
        "Make one contact of several", one::<Contact>().takes::<contacts::MergeContacts>();
    GET "/contacts/{contact_id}" "get-contact" "contacts:read" => contacts::get,
        "Show a contact", one::<Contact>();
    PATCH "/contacts/{contact_id}" "update-a-contact" "contacts:write" => contacts::update,
        "Change a contact", nothing().takes::<contacts::Written>().files(AVATAR);
    DELETE "/contacts/{contact_id}" "delete-a-contact" "contacts:delete" => contacts::delete,
        "Delete a contact", nothing();
    GET "/contacts/{contact_id}/conversations" "list-contact-conversations" "conversations:read" => contacts::conversations,
        "List the conversations with a contact", CONVERSATION_PAGE;
    POST "/contacts/{contact_id}/handles" "add-contact-handle" "contacts:write" => contacts::add_handle,
        "Add a way to reach a contact", nothing().takes::<contacts::HandleShape>();
    DELETE "/contacts/{contact_id}/handles" "delete-contact-handle" "contacts:write" => contacts::remove_handle,
        "Take a way to reach a contact away", nothing().takes::<contacts::DeleteHandle>();
    GET "/contacts/{contact_id}/notes" "list-notes" "contacts:read" => contacts::notes,
        "List the notes on a contact", list::<ContactNote>().status(202);
    POST "/contacts/{contact_id}/notes" "add-note" "contacts:write" => contacts::add_note,
        "Write a note on a contact", one::<ContactNote>().status(201).takes::<contacts::CreateNote>();
    GET "/teammates/{teammate_id}/contacts" "list-teammate-contacts" "contacts:read" => contacts::of_teammate,
        "List the contacts of a teammate", CONTACT_PAGE;
    POST "/teammates/{teammate_id}/contacts" "create-teammate-contact" "contacts:write" => contacts::create_of_teammate,
        "Make a contact of a teammate", NEW_CONTACT;
    GET "/teams/{team_id}/contacts" "list-team-contacts" "contacts:read" => contacts::of_team,
        "List the contacts of a workspace", CONTACT_PAGE;
    POST "/teams/{team_id}/contacts" "create-team-contact" "contacts:write" => contacts::create_of_team,
        "Make a contact of a workspace", NEW_CONTACT;
};

pub(super) static ACCOUNTS: &[Operation] = operations! {
    GET "/accounts" "list-accounts" "accounts:read" => accounts::list,
        "List accounts", page::<Account>(&PageRules::BY_CHANGE);
    POST "/accounts" "create-account" "accounts:write" => accounts::create,
        "Make an account", one::<Account>().status(201).takes::<accounts::CreateAccount>();
    GET "/accounts/{account_id}" "fetch-an-account" "accounts:read" => accounts::get,
        "Show an account", one::<Account>();
    PATCH "/accounts/{account_id}" "update-account" "accounts:write" => accounts::update,
        "Change an account", one::<Account>().takes::<accounts::UpdateAccount>();
    DELETE "/accounts/{account_id}" "delete-an-account" "accounts:delete" => accounts::delete,
        "Delete an account, but not its contacts", nothing();
    GET "/accounts/{account_id}/contacts" "list-account-contacts" "contacts:read" => accounts::contacts,
        "List the contacts of an account", page::<Contact>(&PageRules::BY_CHANGE);
    POST "/accounts/{account_id}/contacts" "add-contact-to-account" "accounts:write" => accounts::add_contacts,
        "Put contacts into an account, out of any other", nothing().takes::<contact_lists::ContactIds>();
    DELETE "/accounts/{account_id}/contacts" "remove-contact-from-account" "accounts:write" => accounts::remove_contacts,
        "Take contacts out of an account", nothing().takes::<contact_lists::ContactIds>();
};

pub(super) static LISTS: &[Operation] = operations! {
    GET "/contact_groups" "list-groups" "contacts:read" => contact_lists::list,
        "List the groups of contacts", list::<ContactList>().deprecated();
    POST "/contact_groups" "create-group" "contacts:write" => contact_lists::create,
        "Make a group of contacts in the oldest workspace", nothing().takes::<contact_lists::CreateList>().deprecated();
    DELETE "/contact_groups/{contact_group_id}" "delete-group" "contacts:delete" => contact_lists::delete,
        "Delete a group, but not its contacts", nothing().deprecated();
    GET "/contact_groups/{contact_group_id}/contacts" "list-contacts-in-group" "contacts:read" => contact_lists::members,
        "List the contacts in a group", page::<Contact>(&PageRules::USUAL).deprecated();
    POST "/contact_groups/{contact_group_id}/contacts" "add-contacts-to-group" "contacts:write" => contact_lists::add_members,
        "Put contacts into a group", nothing().takes::<contact_lists::ContactIds>().deprecated();
    DELETE "/contact_groups/{contact_group_id}/contacts" "remove-contacts-from-group" "contacts:write" => contact_lists::remove_members,
        "Take contacts out of a group", nothing().takes::<contact_lists::ContactIds>().deprecated();
    GET "/contact_lists" "list-contact-lists" "contacts:read" => contact_lists::list,
        "List the lists of contacts", list::<ContactList>();
    POST "/contact_lists" "create-contact-list" "contacts:write" => contact_lists::create,
        "Make a list of contacts in the oldest workspace", nothing().takes::<contact_lists::CreateList>();
    DELETE "/contact_lists/{contact_list_id}" "delete-contact-list" "contacts:delete" => contact_lists::delete,
        "Delete a list, but not its contacts", nothing();
    GET "/contact_lists/{contact_list_id}/contacts" "list-contacts-in-contact-list" "contacts:read" => contact_lists::members,
        "List the contacts on a list", page::<Contact>(&PageRules::USUAL);
    POST "/contact_lists/{contact_list_id}/contacts" "add-contacts-to-contact-list" "contacts:write" => contact_lists::add_members,
        "Put contacts on a list", nothing().takes::<contact_lists::ContactIds>();
    DELETE "/contact_lists/{contact_list_id}/contacts" "remove-contacts-from-contact-list" "contacts:write" => contact_lists::remove_members,
        "Take contacts off a list", nothing().takes::<contact_lists::ContactIds>();
    GET "/teammates/{teammate_id}/contact_groups" "list-teammate-groups" "contacts:read" => contact_lists::of_teammate,
        "List the groups of contacts of a teammate", list::<ContactList>().deprecated();
    POST "/teammates/{teammate_id}/contact_groups" "create-teammate-group" "contacts:write" => contact_lists::create_of_teammate,
        "Make a group of contacts of a teammate", nothing().takes::<contact_lists::CreateList>().deprecated();
    GET "/teammates/{teammate_id}/contact_lists" "list-teammate-contact-lists" "contacts:read" => contact_lists::of_teammate,
        "List the lists of contacts of a teammate", list::<ContactList>();
    POST "/teammates/{teammate_id}/contact_lists" "create-teammate-contact-list" "contacts:write" => contact_lists::create_of_teammate,
        "Make a list of contacts of a teammate", nothing().takes::<contact_lists::CreateList>();
    GET "/teams/{team_id}/contact_groups" "list-team-groups" "contacts:read" => contact_lists::of_team,
        "List the groups of contacts of a workspace", list::<ContactList>().deprecated();
    POST "/teams/{team_id}/contact_groups" "create-team-group" "contacts:write" => contact_lists::create_of_team,
        "Make a group of contacts of a workspace", nothing().takes::<contact_lists::CreateList>().deprecated();
    GET "/teams/{team_id}/contact_lists" "list-team-contact-lists" "contacts:read" => contact_lists::of_team,
        "List the lists of contacts of a workspace", list::<ContactList>();
    POST "/teams/{team_id}/contact_lists" "create-team-contact-list" "contacts:write" => contact_lists::create_of_team,
        "Make a list of contacts of a workspace", nothing().takes::<contact_lists::CreateList>();
};

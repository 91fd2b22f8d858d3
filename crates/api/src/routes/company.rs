//! The company: its people, places, labels and definitions.

use http::Method;

use super::about::{list, nothing, one, page};
use super::shapes::{
    CONVERSATION_PAGE, Channel, CustomField, Inbox, Link, Rule, Status, Tag, Team, TeamPreview, Teammate, View,
};
use super::{Operation, queries};
use crate::edge::params::PageRules;
use crate::{channels, company, custom_fields, inboxes, links, rules, tags, teammates, teams, views};

pub(super) static TAGS: &[Operation] = operations! {
    GET "/tags" "list-tags" "tags:read" => tags::list,
        "List the tags that the token reaches", page::<Tag>(&PageRules::BY_ID);
    POST "/tags" "create-tag" "tags:write" => tags::create,
        "Make a tag in the oldest workspace; rather say whose it is", one::<Tag>().status(201).takes::<tags::CreateTag>();
    GET "/tags/{tag_id}" "get-tag" "tags:read" => tags::get,
        "Show a tag", one::<Tag>();
    PATCH "/tags/{tag_id}" "update-a-tag" "tags:write" => tags::update,
        "Change a tag", nothing().takes::<tags::UpdateTag>();
    DELETE "/tags/{tag_id}" "delete-tag" "tags:delete" => tags::delete,
        "Delete a tag, also from all conversations", nothing();
    GET "/tags/{tag_id}/children" "list-tag-children" "tags:read" => tags::children,
        "List the tags below a tag", list::<Tag>();
    POST "/tags/{tag_id}/children" "create-child-tag" "tags:write" => tags::create_child,
        "Make a tag below another", one::<Tag>().status(201).takes::<tags::CreateTag>();
    GET "/tags/{tag_id}/conversations" "list-tagged-conversations" "conversations:read" => tags::conversations,
        "List the conversations with a tag", CONVERSATION_PAGE;
    GET "/company/tags" "list-company-tags" "tags:read" => tags::of_company,
        "List the tags of the company", page::<Tag>(&PageRules::BY_ID);
    POST "/company/tags" "create-company-tag" "tags:write" => tags::create_of_company,
        "Make a tag of the company", one::<Tag>().status(201).takes::<tags::CreateTag>();
    GET "/teams/{team_id}/tags" "list-team-tags" "tags:read" => tags::of_team,
        "List the tags of a workspace", page::<Tag>(&PageRules::BY_ID);
    POST "/teams/{team_id}/tags" "create-team-tag" "tags:write" => tags::create_of_team,
        "Make a tag of a workspace", one::<Tag>().status(201).takes::<tags::CreateTag>();
    GET "/teammates/{teammate_id}/tags" "list-teammate-tags" "tags:read" => tags::of_teammate,
        "List the tags of a teammate", page::<Tag>(&PageRules::BY_ID);
    POST "/teammates/{teammate_id}/tags" "create-teammate-tag" "tags:write" => tags::create_of_teammate,
        "Make a tag of a teammate", one::<Tag>().status(201).takes::<tags::CreateTag>();
};

pub(super) static LINKS: &[Operation] = operations! {
    GET "/links" "list-links" "links:read" => links::list,
        "List links", page::<Link>(&PageRules::BY_ID).filtered(queries::LINKS);
    POST "/links" "create-link" "links:write" => links::create,
        "Make a link to a thing outside, or find it by its address", one::<Link>().status(201).takes::<links::CreateLink>();
    GET "/links/{link_id}" "get-link" "links:read" => links::get,
        "Show a link", one::<Link>();
    PATCH "/links/{link_id}" "update-a-link" "links:write" => links::update,
        "Rename a link, or set its custom fields", nothing().takes::<links::UpdateLink>();
    GET "/links/{link_id}/conversations" "list-link-conversations" "conversations:read" => links::conversations,
        "List the conversations with a link", CONVERSATION_PAGE;
    GET "/topics/{link_id}/conversations" "legacy-list-topic-conversations" "conversations:read" => links::conversations,
        "List the conversations with a link, as old clients ask", CONVERSATION_PAGE.deprecated();
};

pub(super) static TEAMS: &[Operation] = operations! {
    GET "/teams" "list-teams" "teams:read" => teams::list,
        "List workspaces", list::<TeamPreview>();
    GET "/teams/{team_id}" "get-team" "teams:read" => teams::get,
        "Show a workspace with its inboxes and members", one::<Team>();
    POST "/teams/{team_id}/teammates" "add-teammates-to-team" "teams:write" => teams::add_teammates,
        "Let teammates into a workspace", nothing().takes::<teammates::TeammateIds>();
    DELETE "/teams/{team_id}/teammates" "remove-teammates-from-team" "teams:write" => teams::remove_teammates,
        "Take teammates out of a workspace", nothing().takes::<teammates::TeammateIds>();
};

pub(super) static TEAMMATES: &[Operation] = operations! {
    GET "/teammates" "list-teammates" "teammates:read" => teammates::list,
        "List teammates", list::<Teammate>();
    GET "/teammates/{teammate_id}" "get-teammate" "teammates:read" => teammates::get,
        "Show a teammate", one::<Teammate>();
    PATCH "/teammates/{teammate_id}" "update-teammate" "teammates:write" => teammates::update,
        "Change a teammate", nothing().takes::<teammates::UpdateTeammate>();
    GET "/teammates/{teammate_id}/conversations" "list-assigned-conversations" "conversations:read" => teammates::conversations,
        "List the conversations that a teammate is responsible for", CONVERSATION_PAGE;
    GET "/teammates/{teammate_id}/inboxes" "list-teammate-inboxes" "inboxes:read" => teammates::inboxes,
        "List the inboxes that a teammate may open", list::<Inbox>().deprecated();
};

pub(super) static VIEWS: &[Operation] = operations! {
    GET "/views" "list-views" "views:read" => views::list,
        "List the views that the token reaches", page::<View>(&PageRules::USUAL);
    GET "/views/{view_id}" "get-view" "views:read" => views::get,
        "Show a view", one::<View>();
    PATCH "/views/{view_id}" "update-view" "views:write" => views::update,
        "Change a view", nothing().takes::<views::UpdateView>();
    POST "/views/{view_id}/teammates" "add-view-teammates" "views:write" => views::add_teammates,
        "Put a view into the sidebars of teammates", nothing().takes::<teammates::TeammateIds>();
    GET "/teams/{team_id}/views" "list-team-views" "views:read" => views::of_team,
        "List the views of a workspace", page::<View>(&PageRules::USUAL);
    POST "/teams/{team_id}/views" "create-team-view" "views:write" => views::create_of_team,
        "Make a view of a workspace", one::<View>().status(201).takes::<views::CreateView>();
};

pub(super) static INBOXES: &[Operation] = operations! {
    GET "/inboxes" "list-inboxes" "inboxes:read" => inboxes::list,
        "List inboxes", list::<Inbox>();
    POST "/inboxes" "create-inbox" "inboxes:write" => inboxes::create,
        "Make an inbox in the oldest workspace", one::<Inbox>().status(201).takes::<inboxes::CreateInbox>();
    GET "/inboxes/{inbox_id}" "get-inbox" "inboxes:read" => inboxes::get,
        "Show an inbox", one::<Inbox>();
    GET "/inboxes/{inbox_id}/channels" "list-inbox-channels" "channels:read" => inboxes::channels,
        "List the channels of an inbox", list::<Channel>();
    GET "/inboxes/{inbox_id}/conversations" "list-inbox-conversations" "conversations:read" => inboxes::conversations,
        "List the conversations in an inbox", CONVERSATION_PAGE;
    GET "/inboxes/{inbox_id}/teammates" "list-inbox-access" "teammates:read" => inboxes::teammates,
        "List the teammates who may open an inbox", list::<Teammate>();
    POST "/inboxes/{inbox_id}/teammates" "add-inbox-access" "inboxes:write" => inboxes::add_teammates,
        "Let teammates open an inbox", nothing().takes::<teammates::TeammateIds>();
    DELETE "/inboxes/{inbox_id}/teammates" "removes-inbox-access" "inboxes:write" => inboxes::remove_teammates,
        "Let teammates no longer open an inbox", nothing().takes::<teammates::TeammateIds>();
    GET "/teams/{team_id}/inboxes" "list-team-inboxes" "inboxes:read" => inboxes::of_team,
        "List the inboxes of a workspace", list::<Inbox>();
    POST "/teams/{team_id}/inboxes" "create-team-inbox" "inboxes:write" => inboxes::create_of_team,
        "Make an inbox in a workspace", one::<Inbox>().status(201).takes::<inboxes::CreateInbox>();
    GET "/teammates/{teammate_id}/private_inboxes" "list-teammate-private-inboxes" "inboxes:read" => inboxes::private_of,
        "List the private inboxes of a teammate", list::<Inbox>();
    POST "/teammates/{teammate_id}/private_inboxes" "create-teammate-private-inbox" "inboxes:write" => inboxes::create_private,
        "Make a private inbox of a teammate", one::<Inbox>().status(201).takes::<inboxes::CreateInbox>();
};

pub(super) static CHANNELS: &[Operation] = operations! {
    GET "/channels" "list-channels" "channels:read" => channels::list,
        "List channels", list::<Channel>();
    GET "/channels/{channel_id}" "get-channel" "channels:read" => channels::get,
        "Show a channel", one::<Channel>();
    PATCH "/channels/{channel_id}" "update-channel" "channels:write" => channels::update,
        "Change a channel, or move it to another inbox", nothing().takes::<channels::UpdateChannel>();
    POST "/channels/{channel_id}/validate" "validate-channel" "channels:write" => channels::validate,
        "Try an e-mail channel again that failed", one::<channels::Validating>().status(202);
    POST "/inboxes/{inbox_id}/channels" "create-a-channel" "channels:write" => channels::create,
        "Make a channel of an inbox", nothing().takes::<channels::CreateChannel>();
    GET "/teams/{team_id}/channels" "list-team-channels" "channels:read" => channels::of_team,
        "List the channels of a workspace", list::<Channel>();
    GET "/teammates/{teammate_id}/channels" "list-teammate-channels" "channels:read" => channels::of_teammate,
        "List the channels of a teammate", list::<Channel>();
};

pub(super) static CUSTOM_FIELDS: &[Operation] = operations! {
    GET "/links/custom_fields" "list-link-custom-fields" "custom_fields:read" => custom_fields::on_links,
        "List the fields that links may have", list::<CustomField>();
    GET "/teammates/custom_fields" "list-teammate-custom-fields" "custom_fields:read" => custom_fields::on_teammates,
        "List the fields that teammates may have", list::<CustomField>();
    GET "/inboxes/custom_fields" "list-inbox-custom-fields" "custom_fields:read" => custom_fields::on_inboxes,
        "List the fields that inboxes may have", list::<CustomField>();
    GET "/custom_fields" "list-custom-fields" "custom_fields:read" => custom_fields::on_contacts,
        "List the fields that contacts may have, as old clients ask", list::<CustomField>().deprecated();
    GET "/accounts/custom_fields" "list-account-custom-fields" "custom_fields:read" => custom_fields::on_accounts,
        "List the fields that accounts may have", list::<CustomField>();
    GET "/contacts/custom_fields" "list-contact-custom-fields" "custom_fields:read" => custom_fields::on_contacts,
        "List the fields that contacts may have", list::<CustomField>();
    GET "/conversations/custom_fields" "list-conversation-custom-fields" "custom_fields:read" => custom_fields::on_conversations,
        "List the fields that conversations may have", list::<CustomField>();
};

pub(super) static RULES: &[Operation] = operations! {
    GET "/rules" "list-rules" "rules:read" => rules::list,
        "List rules", list::<Rule>();
    GET "/rules/{rule_id}" "get-rule" "rules:read" => rules::get,
        "Show a rule", one::<Rule>();
    GET "/company/rules" "list-all-company-rules" "rules:read" => rules::of_company,
        "List the rules of the company", list::<Rule>();
    GET "/teams/{team_id}/rules" "list-team-rules" "rules:read" => rules::of_team,
        "List the rules of a workspace", list::<Rule>();
    GET "/teammates/{teammate_id}/rules" "list-teammate-rules" "rules:read" => rules::of_teammate,
        "List the rules of a teammate", list::<Rule>();
};

pub(super) static COMPANY: &[Operation] = operations! {
    GET "/me" "api-token-details" - => company::me,
        "Show whose token this is", one::<company::Identity<'static>>();
    GET "/company/statuses" "list-company-ticket-statuses" "statuses:read" => company::statuses,
        "List the ticket statuses", list::<Status>();
    GET "/company/statuses/{status_id}" "get-ticket-status-by-id" "statuses:read" => company::status_by_id,
        "Show a ticket status", one::<Status>();
};

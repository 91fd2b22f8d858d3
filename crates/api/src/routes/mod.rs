//! The table of operations: method, path, id, scope, handler, like the rows of `contract/operations.tsv`. The router
//! checks token and scope by it, a test compares it with the contract, and the OpenAPI document is made from it.

use std::pin::Pin;

use axum::response::Response;
use http::Method;

use crate::answer::Refusal;
use crate::call::Call;
use crate::{
    admin, attachments, channels, comments, company, contact_lists, contacts, conversations, custom_fields, drafts,
    events, inboxes, links, messages, rules, search, tags, teammates, teams,
};

/// What a handler gives back: an HTTP answer or a refusal.
pub type Outcome = Pin<Box<dyn Future<Output = Result<Response, Refusal>> + Send>>;

/// One operation of the API.
pub struct Operation {
    /// The method.
    pub method: Method,
    /// The path with its variable parts in braces.
    pub path: &'static str,
    /// The contract's name for it.
    pub id: &'static str,
    /// The scope that a token must hold; none if any token may.
    pub scope: Option<&'static str>,
    /// What does it.
    pub handler: fn(Call) -> Outcome,
}

/// Makes rows: `GET "/path" "operation-id" "scope" => handler;` with `-` for no scope.
macro_rules! operations {
    ($($method:ident $path:literal $id:literal $scope:tt => $handler:path;)*) => {
        &[$(Operation {
            method: Method::$method,
            path: $path,
            id: $id,
            scope: operations!(@scope $scope),
            handler: |call| Box::pin(async move { $handler(call).await.map(Into::into) }),
        }),*]
    };
    (@scope -) => { None };
    (@scope $scope:literal) => { Some($scope) };
}

/// Every operation, by family.
pub static OPERATIONS: &[&[Operation]] = &[
    CONVERSATIONS,
    MESSAGES,
    DRAFTS,
    ATTACHMENTS,
    COMMENTS,
    CONTACTS,
    EVENTS,
    TAGS,
    LINKS,
    TEAMS,
    TEAMMATES,
    INBOXES,
    CHANNELS,
    CUSTOM_FIELDS,
    RULES,
    COMPANY,
    ADMIN,
];

static CONVERSATIONS: &[Operation] = operations! {
    GET "/conversations" "list-conversations" "conversations:read" => conversations::list;
    GET "/conversations/search/{query}" "search-conversations" "conversations:read" => search::conversations;
    POST "/conversations" "create-conversation" "conversations:write" => conversations::create;
    GET "/conversations/{conversation_id}" "get-conversation-by-id" "conversations:read" => conversations::get;
    PATCH "/conversations/{conversation_id}" "update-conversation" "conversations:write" => conversations::update;
    DELETE "/conversations/{conversation_id}" "delete-conversation" "conversations:delete" => conversations::delete;
    PUT "/conversations/{conversation_id}/assignee" "update-conversation-assignee" "conversations:write" => conversations::assign;
    GET "/conversations/{conversation_id}/followers" "list-conversation-followers" "teammates:read" => conversations::followers;
    POST "/conversations/{conversation_id}/followers" "add-conversation-followers" "conversations:write" => conversations::follow;
    DELETE "/conversations/{conversation_id}/followers" "delete-conversation-followers" "conversations:write" => conversations::unfollow;
    GET "/conversations/{conversation_id}/inboxes" "list-conversation-inboxes" "inboxes:read" => conversations::inboxes;
    POST "/conversations/{conversation_id}/links" "add-conversation-link" "conversations:write" => conversations::link;
    DELETE "/conversations/{conversation_id}/links" "remove-conversation-links" "conversations:write" => conversations::unlink;
    GET "/conversations/{conversation_id}/messages" "list-conversation-messages" "messages:read" => conversations::messages;
    PATCH "/conversations/{conversation_id}/reminders" "update-conversation-reminders" "conversations:write" => conversations::remind;
    POST "/conversations/{conversation_id}/tags" "add-conversation-tag" "conversations:write" => conversations::tag;
    DELETE "/conversations/{conversation_id}/tags" "remove-conversation-tag" "conversations:write" => conversations::untag;
    GET "/conversations/{conversation_id}/events" "list-conversation-events" "events:*:read" => events::of_conversation;
};

static MESSAGES: &[Operation] = operations! {
    POST "/channels/{channel_id}/incoming_messages" "receive-custom-messages" "messages:write" => messages::receive_custom;
    POST "/channels/{channel_id}/messages" "create-message" "messages:send" => messages::create;
    POST "/conversations/{conversation_id}/messages" "create-message-reply" "messages:send" => messages::reply;
    POST "/inboxes/{inbox_id}/imported_messages" "import-inbox-message" "messages:write" => messages::import;
    GET "/messages/{message_id}" "get-message" "messages:read" => messages::get;
    GET "/messages/{message_id}/seen" "get-message-seen-status" "messages:read" => messages::seen;
    POST "/messages/{message_id}/seen" "mark-message-seen" "messages:write" => messages::mark_seen;
};

static DRAFTS: &[Operation] = operations! {
    POST "/channels/{channel_id}/drafts" "create-draft" "drafts:write" => drafts::create;
    GET "/conversations/{conversation_id}/drafts" "list-conversation-drafts" "drafts:read" => drafts::list;
    POST "/conversations/{conversation_id}/drafts" "create-draft-reply" "drafts:write" => drafts::reply;
    PATCH "/drafts/{message_id}/" "edit-draft" "drafts:write" => drafts::edit;
    DELETE "/drafts/{draft_id}" "delete-draft" "drafts:delete" => drafts::delete;
};

static ATTACHMENTS: &[Operation] = operations! {
    GET "/download/{attachment_link_id}" "download-attachment" "attachments:read" => attachments::download;
    GET "/messages/{message_id}/download/{attachment_link_id}" "download-attachment-for-a-message" "attachments:read" => attachments::of_message;
    GET "/comments/{comment_id}/download/{attachment_link_id}" "download-attachment-for-a-comment" "attachments:read" => attachments::of_comment;
};

static COMMENTS: &[Operation] = operations! {
    GET "/comments/{comment_id}" "get-comment" "comments:read" => comments::get;
    PATCH "/comments/{comment_id}/" "update-comment" "comments:write" => comments::update;
    GET "/comments/{comment_id}/mentions" "list-comment-mentions" "teammates:read" => comments::mentions;
    POST "/comments/{comment_id}/replies" "add-comment-reply" "comments:write" => comments::reply;
    GET "/conversations/{conversation_id}/comments" "list-conversation-comments" "comments:read" => comments::of_conversation;
    POST "/conversations/{conversation_id}/comments" "add-comment" "comments:write" => comments::add;
};

static CONTACTS: &[Operation] = operations! {
    GET "/contact_groups" "list-groups" "contacts:read" => contact_lists::list;
    POST "/contact_groups" "create-group" "contacts:write" => contact_lists::create;
    DELETE "/contact_groups/{contact_group_id}" "delete-group" "contacts:delete" => contact_lists::delete;
    GET "/contact_groups/{contact_group_id}/contacts" "list-contacts-in-group" "contacts:read" => contact_lists::members;
    POST "/contact_groups/{contact_group_id}/contacts" "add-contacts-to-group" "contacts:write" => contact_lists::add_members;
    DELETE "/contact_groups/{contact_group_id}/contacts" "remove-contacts-from-group" "contacts:write" => contact_lists::remove_members;
    GET "/contact_lists" "list-contact-lists" "contacts:read" => contact_lists::list;
    POST "/contact_lists" "create-contact-list" "contacts:write" => contact_lists::create;
    DELETE "/contact_lists/{contact_list_id}" "delete-contact-list" "contacts:delete" => contact_lists::delete;
    GET "/contact_lists/{contact_list_id}/contacts" "list-contacts-in-contact-list" "contacts:read" => contact_lists::members;
    POST "/contact_lists/{contact_list_id}/contacts" "add-contacts-to-contact-list" "contacts:write" => contact_lists::add_members;
    DELETE "/contact_lists/{contact_list_id}/contacts" "remove-contacts-from-contact-list" "contacts:write" => contact_lists::remove_members;
    GET "/contacts" "list-contacts" "contacts:read" => contacts::list;
    POST "/contacts" "create-contact" "contacts:write" => contacts::create;
    POST "/contacts/merge" "merge-contacts" "contacts:write" => contacts::merge;
    GET "/contacts/{contact_id}" "get-contact" "contacts:read" => contacts::get;
    PATCH "/contacts/{contact_id}" "update-a-contact" "contacts:write" => contacts::update;
    DELETE "/contacts/{contact_id}" "delete-a-contact" "contacts:delete" => contacts::delete;
    GET "/contacts/{contact_id}/conversations" "list-contact-conversations" "conversations:read" => contacts::conversations;
    POST "/contacts/{contact_id}/handles" "add-contact-handle" "contacts:write" => contacts::add_handle;
    DELETE "/contacts/{contact_id}/handles" "delete-contact-handle" "contacts:write" => contacts::remove_handle;
    GET "/contacts/{contact_id}/notes" "list-notes" "contacts:read" => contacts::notes;
    POST "/contacts/{contact_id}/notes" "add-note" "contacts:write" => contacts::add_note;
    GET "/teammates/{teammate_id}/contact_groups" "list-teammate-groups" "contacts:read" => contact_lists::of_teammate;
    POST "/teammates/{teammate_id}/contact_groups" "create-teammate-group" "contacts:write" => contact_lists::create_of_teammate;
    GET "/teammates/{teammate_id}/contact_lists" "list-teammate-contact-lists" "contacts:read" => contact_lists::of_teammate;
    POST "/teammates/{teammate_id}/contact_lists" "create-teammate-contact-list" "contacts:write" => contact_lists::create_of_teammate;
    GET "/teammates/{teammate_id}/contacts" "list-teammate-contacts" "contacts:read" => contacts::of_teammate;
    POST "/teammates/{teammate_id}/contacts" "create-teammate-contact" "contacts:write" => contacts::create_of_teammate;
    GET "/teams/{team_id}/contact_groups" "list-team-groups" "contacts:read" => contact_lists::of_team;
    POST "/teams/{team_id}/contact_groups" "create-team-group" "contacts:write" => contact_lists::create_of_team;
    GET "/teams/{team_id}/contact_lists" "list-team-contact-lists" "contacts:read" => contact_lists::of_team;
    POST "/teams/{team_id}/contact_lists" "create-team-contact-list" "contacts:write" => contact_lists::create_of_team;
    GET "/teams/{team_id}/contacts" "list-team-contacts" "contacts:read" => contacts::of_team;
    POST "/teams/{team_id}/contacts" "create-team-contact" "contacts:write" => contacts::create_of_team;
};

static EVENTS: &[Operation] = operations! {
    GET "/events" "list-events" "events:*:read" => events::list;
    GET "/events/{event_id}" "get-event" "events:*:read" => events::get;
};

static TAGS: &[Operation] = operations! {
    GET "/tags" "list-tags" "tags:read" => tags::list;
    POST "/tags" "create-tag" "tags:write" => tags::create;
    GET "/tags/{tag_id}" "get-tag" "tags:read" => tags::get;
    PATCH "/tags/{tag_id}" "update-a-tag" "tags:write" => tags::update;
    DELETE "/tags/{tag_id}" "delete-tag" "tags:delete" => tags::delete;
    GET "/tags/{tag_id}/children" "list-tag-children" "tags:read" => tags::children;
    POST "/tags/{tag_id}/children" "create-child-tag" "tags:write" => tags::create_child;
    GET "/tags/{tag_id}/conversations" "list-tagged-conversations" "conversations:read" => tags::conversations;
    GET "/company/tags" "list-company-tags" "tags:read" => tags::of_company;
    POST "/company/tags" "create-company-tag" "tags:write" => tags::create_of_company;
    GET "/teams/{team_id}/tags" "list-team-tags" "tags:read" => tags::of_team;
    POST "/teams/{team_id}/tags" "create-team-tag" "tags:write" => tags::create_of_team;
    GET "/teammates/{teammate_id}/tags" "list-teammate-tags" "tags:read" => tags::of_teammate;
    POST "/teammates/{teammate_id}/tags" "create-teammate-tag" "tags:write" => tags::create_of_teammate;
};

static LINKS: &[Operation] = operations! {
    GET "/links" "list-links" "links:read" => links::list;
    POST "/links" "create-link" "links:write" => links::create;
    GET "/links/custom_fields" "list-link-custom-fields" "custom_fields:read" => custom_fields::on_links;
    GET "/links/{link_id}" "get-link" "links:read" => links::get;
    PATCH "/links/{link_id}" "update-a-link" "links:write" => links::update;
    GET "/links/{link_id}/conversations" "list-link-conversations" "conversations:read" => links::conversations;
    GET "/topics/{link_id}/conversations" "legacy-list-topic-conversations" "conversations:read" => links::conversations;
};

static TEAMS: &[Operation] = operations! {
    GET "/teams" "list-teams" "teams:read" => teams::list;
    GET "/teams/{team_id}" "get-team" "teams:read" => teams::get;
    POST "/teams/{team_id}/teammates" "add-teammates-to-team" "teams:write" => teams::add_teammates;
    DELETE "/teams/{team_id}/teammates" "remove-teammates-from-team" "teams:write" => teams::remove_teammates;
};

static TEAMMATES: &[Operation] = operations! {
    GET "/teammates" "list-teammates" "teammates:read" => teammates::list;
    GET "/teammates/custom_fields" "list-teammate-custom-fields" "custom_fields:read" => custom_fields::on_teammates;
    GET "/teammates/{teammate_id}" "get-teammate" "teammates:read" => teammates::get;
    PATCH "/teammates/{teammate_id}" "update-teammate" "teammates:write" => teammates::update;
    GET "/teammates/{teammate_id}/conversations" "list-assigned-conversations" "conversations:read" => teammates::conversations;
    GET "/teammates/{teammate_id}/inboxes" "list-teammate-inboxes" "inboxes:read" => teammates::inboxes;
};

static INBOXES: &[Operation] = operations! {
    GET "/inboxes" "list-inboxes" "inboxes:read" => inboxes::list;
    POST "/inboxes" "create-inbox" "inboxes:write" => inboxes::create;
    GET "/inboxes/custom_fields" "list-inbox-custom-fields" "custom_fields:read" => custom_fields::on_inboxes;
    GET "/inboxes/{inbox_id}" "get-inbox" "inboxes:read" => inboxes::get;
    GET "/inboxes/{inbox_id}/channels" "list-inbox-channels" "channels:read" => inboxes::channels;
    GET "/inboxes/{inbox_id}/conversations" "list-inbox-conversations" "conversations:read" => inboxes::conversations;
    GET "/inboxes/{inbox_id}/teammates" "list-inbox-access" "teammates:read" => inboxes::teammates;
    POST "/inboxes/{inbox_id}/teammates" "add-inbox-access" "inboxes:write" => inboxes::add_teammates;
    DELETE "/inboxes/{inbox_id}/teammates" "removes-inbox-access" "inboxes:write" => inboxes::remove_teammates;
    GET "/teams/{team_id}/inboxes" "list-team-inboxes" "inboxes:read" => inboxes::of_team;
    POST "/teams/{team_id}/inboxes" "create-team-inbox" "inboxes:write" => inboxes::create_of_team;
    GET "/teammates/{teammate_id}/private_inboxes" "list-teammate-private-inboxes" "inboxes:read" => inboxes::private_of;
    POST "/teammates/{teammate_id}/private_inboxes" "create-teammate-private-inbox" "inboxes:write" => inboxes::create_private;
};

static CHANNELS: &[Operation] = operations! {
    GET "/channels" "list-channels" "channels:read" => channels::list;
    GET "/channels/{channel_id}" "get-channel" "channels:read" => channels::get;
    PATCH "/channels/{channel_id}" "update-channel" "channels:write" => channels::update;
    POST "/channels/{channel_id}/validate" "validate-channel" "channels:write" => channels::validate;
    POST "/inboxes/{inbox_id}/channels" "create-a-channel" "channels:write" => channels::create;
    GET "/teams/{team_id}/channels" "list-team-channels" "channels:read" => channels::of_team;
    GET "/teammates/{teammate_id}/channels" "list-teammate-channels" "channels:read" => channels::of_teammate;
};

static CUSTOM_FIELDS: &[Operation] = operations! {
    GET "/custom_fields" "list-custom-fields" "custom_fields:read" => custom_fields::on_contacts;
    GET "/accounts/custom_fields" "list-account-custom-fields" "custom_fields:read" => custom_fields::on_accounts;
    GET "/contacts/custom_fields" "list-contact-custom-fields" "custom_fields:read" => custom_fields::on_contacts;
    GET "/conversations/custom_fields" "list-conversation-custom-fields" "custom_fields:read" => custom_fields::on_conversations;
};

static RULES: &[Operation] = operations! {
    GET "/rules" "list-rules" "rules:read" => rules::list;
    GET "/rules/{rule_id}" "get-rule" "rules:read" => rules::get;
    GET "/company/rules" "list-all-company-rules" "rules:read" => rules::of_company;
    GET "/teams/{team_id}/rules" "list-team-rules" "rules:read" => rules::of_team;
    GET "/teammates/{teammate_id}/rules" "list-teammate-rules" "rules:read" => rules::of_teammate;
};

static COMPANY: &[Operation] = operations! {
    GET "/me" "api-token-details" - => company::me;
    GET "/company/statuses" "list-company-ticket-statuses" "statuses:read" => company::statuses;
    GET "/company/statuses/{status_id}" "get-ticket-status-by-id" "statuses:read" => company::status_by_id;
};

/// What Front has no public operation for.
static ADMIN: &[Operation] = operations! {
    GET "/portico/v1/company" "portico-get-company" "portico:read" => admin::company::get;
    PATCH "/portico/v1/company" "portico-update-company" "portico:write" => admin::company::update;
    GET "/portico/v1/company/secret" "portico-get-secret" "portico:write" => admin::company::secret;
    POST "/portico/v1/company/secret/rotate" "portico-rotate-secret" "portico:write" => admin::company::rotate;
    GET "/portico/v1/rules" "portico-list-rules" "portico:read" => admin::rules::list;
    POST "/portico/v1/rules" "portico-create-rule" "portico:write" => admin::rules::create;
    POST "/portico/v1/rules/order" "portico-order-rules" "portico:write" => admin::rules::order;
    POST "/portico/v1/rules/test" "portico-test-rule" "portico:read" => admin::rules::test;
    GET "/portico/v1/rules/{rule_id}" "portico-get-rule" "portico:read" => admin::rules::get;
    PATCH "/portico/v1/rules/{rule_id}" "portico-update-rule" "portico:write" => admin::rules::update;
    DELETE "/portico/v1/rules/{rule_id}" "portico-delete-rule" "portico:write" => admin::rules::delete;
    GET "/portico/v1/rules/{rule_id}/runs" "portico-list-rule-runs" "portico:read" => admin::rules::runs;
    POST "/portico/v1/rules/{rule_id}/run" "portico-run-macro" "portico:write" => admin::rules::run;
    GET "/portico/v1/tokens" "portico-list-tokens" "portico:read" => admin::tokens::list;
    POST "/portico/v1/tokens" "portico-create-token" "portico:write" => admin::tokens::create;
    DELETE "/portico/v1/tokens/{token_id}" "portico-revoke-token" "portico:write" => admin::tokens::revoke;
    POST "/portico/v1/teams" "portico-create-team" "portico:write" => admin::people::create_team;
    POST "/portico/v1/teammates" "portico-create-teammate" "portico:write" => admin::people::create;
    PATCH "/portico/v1/teammates/{teammate_id}" "portico-update-teammate" "portico:write" => admin::people::update;
    POST "/portico/v1/custom_fields" "portico-create-custom-field" "portico:write" => admin::definitions::create_field;
    PATCH "/portico/v1/custom_fields/{custom_field_id}" "portico-update-custom-field" "portico:write" => admin::definitions::update_field;
    DELETE "/portico/v1/custom_fields/{custom_field_id}" "portico-delete-custom-field" "portico:write" => admin::definitions::delete_field;
    POST "/portico/v1/statuses" "portico-create-status" "portico:write" => admin::definitions::create_status;
    PATCH "/portico/v1/statuses/{status_id}" "portico-update-status" "portico:write" => admin::definitions::update_status;
    GET "/portico/v1/endpoints" "portico-list-endpoints" "portico:read" => admin::deliveries::endpoints;
    GET "/portico/v1/deliveries" "portico-list-deliveries" "portico:read" => admin::deliveries::list;
    POST "/portico/v1/deliveries/replay" "portico-replay-deliveries" "portico:write" => admin::deliveries::replay_range;
    GET "/portico/v1/deliveries/{delivery_id}" "portico-get-delivery" "portico:read" => admin::deliveries::get;
    POST "/portico/v1/deliveries/{delivery_id}/replay" "portico-replay-delivery" "portico:write" => admin::deliveries::replay;
};

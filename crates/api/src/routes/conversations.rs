//! Conversations and what is in them.

use http::Method;

use super::about::{file, hits, list, nothing, one, page, page_of_all};
use super::shapes::{Accepted, CONVERSATION_PAGE, Comment, Conversation, Event, Inbox, MANY, Message, Seen, Teammate};
use super::{Operation, queries};
use crate::edge::params::PageRules;
use crate::{attachments, comments, conversations, drafts, events, messages, search};

pub(super) static CONVERSATIONS: &[Operation] = operations! {
    GET "/conversations" "list-conversations" "conversations:read" => conversations::list,
        "List conversations, the most recently active first", CONVERSATION_PAGE;
    GET "/conversations/search/{query}" "search-conversations" "conversations:read" => search::conversations,
        "Find conversations by words and filters", hits::<Conversation>(&PageRules::USUAL);
    POST "/conversations" "create-conversation" "conversations:write" => conversations::create,
        "Begin a discussion among teammates or a task", one::<Conversation>().status(201).takes::<conversations::Begun>().files(MANY);
    GET "/conversations/{conversation_id}" "get-conversation-by-id" "conversations:read" => conversations::get,
        "Show a conversation", one::<Conversation>();
    PATCH "/conversations/{conversation_id}" "update-conversation" "conversations:write" => conversations::update,
        "Change a conversation: who is responsible, where it is, its status, tags and fields", nothing().takes::<conversations::Changes>();
    DELETE "/conversations/{conversation_id}" "delete-conversation" "conversations:delete" => conversations::delete,
        "Delete a conversation for good, with all that hangs on it", nothing();
    PUT "/conversations/{conversation_id}/assignee" "update-conversation-assignee" "conversations:write" => conversations::assign,
        "Give a conversation to a teammate, or to nobody", nothing().takes::<conversations::Assignee>().requires(&["assignee_id"]);
    GET "/conversations/{conversation_id}/followers" "list-conversation-followers" "teammates:read" => conversations::followers,
        "List the teammates who follow a conversation", list::<Teammate>();
    POST "/conversations/{conversation_id}/followers" "add-conversation-followers" "conversations:write" => conversations::follow,
        "Let teammates follow a conversation", nothing().takes::<conversations::Teammates>().asking(queries::IGNORE_ERRORS);
    DELETE "/conversations/{conversation_id}/followers" "delete-conversation-followers" "conversations:write" => conversations::unfollow,
        "Let teammates no longer follow a conversation", nothing().takes::<conversations::Teammates>();
    GET "/conversations/{conversation_id}/inboxes" "list-conversation-inboxes" "inboxes:read" => conversations::inboxes,
        "List the inboxes that a conversation is in", list::<Inbox>();
    POST "/conversations/{conversation_id}/links" "add-conversation-link" "conversations:write" => conversations::link,
        "Link a conversation to things outside, by link or by address", nothing().takes::<conversations::NewLinks>();
    DELETE "/conversations/{conversation_id}/links" "remove-conversation-links" "conversations:write" => conversations::unlink,
        "Take links off a conversation", nothing().takes::<conversations::LinkIds>();
    GET "/conversations/{conversation_id}/messages" "list-conversation-messages" "messages:read" => conversations::messages,
        "List the messages of a conversation, the newest first", page::<Message>(&PageRules::BY_CREATION);
    PATCH "/conversations/{conversation_id}/reminders" "update-conversation-reminders" "conversations:write" => conversations::remind,
        "Snooze a conversation for a teammate, or wake it", nothing().takes::<conversations::Reminder>().requires(&["scheduled_at"]);
    POST "/conversations/{conversation_id}/tags" "add-conversation-tag" "conversations:write" => conversations::tag,
        "Put tags on a conversation", nothing().takes::<conversations::TagIds>();
    DELETE "/conversations/{conversation_id}/tags" "remove-conversation-tag" "conversations:write" => conversations::untag,
        "Take tags off a conversation", nothing().takes::<conversations::TagIds>();
};

pub(super) static MESSAGES: &[Operation] = operations! {
    POST "/channels/{channel_id}/incoming_messages" "receive-custom-messages" "messages:write" => messages::receive_custom,
        "Take in a message that reached a custom channel", one::<Accepted>().status(202).takes::<messages::CustomMessage>().files(MANY);
    POST "/channels/{channel_id}/messages" "create-message" "messages:send" => messages::create,
        "Send a message in a conversation of its own", one::<Accepted>().status(202).takes::<messages::Written>().requires(&["to"]).files(MANY);
    POST "/conversations/{conversation_id}/messages" "create-message-reply" "messages:send" => messages::reply,
        "Answer in a conversation", one::<Accepted>().status(202).takes::<messages::Written>().files(MANY);
    POST "/inboxes/{inbox_id}/imported_messages" "import-inbox-message" "messages:write" => messages::import,
        "Bring in a message that was written elsewhere before", one::<Accepted>().status(202).takes::<messages::Imported>().files(MANY);
    GET "/messages/{message_id}" "get-message" "messages:read" => messages::get,
        "Show a message; an e-mail also as its source, for who accepts `message/rfc822`", one::<Message>();
    GET "/messages/{message_id}/seen" "get-message-seen-status" "messages:read" => messages::seen,
        "List who has seen a message, and when first", page_of_all::<Seen>();
    POST "/messages/{message_id}/seen" "mark-message-seen" "messages:write" => messages::mark_seen,
        "Note that a message was seen", nothing();
};

pub(super) static DRAFTS: &[Operation] = operations! {
    POST "/channels/{channel_id}/drafts" "create-draft" "drafts:write" => drafts::create,
        "Begin a draft of a new conversation", one::<Message>().takes::<messages::Written>().files(MANY);
    GET "/conversations/{conversation_id}/drafts" "list-conversation-drafts" "drafts:read" => drafts::list,
        "List the drafts in a conversation", page::<Message>(&PageRules::USUAL);
    POST "/conversations/{conversation_id}/drafts" "create-draft-reply" "drafts:write" => drafts::reply,
        "Begin a draft of an answer", one::<Message>().takes::<messages::Written>().requires(&["channel_id"]).files(MANY);
    PATCH "/drafts/{message_id}/" "edit-draft" "drafts:write" => drafts::edit,
        "Rewrite a draft, if nobody else has done so meanwhile", one::<Message>().takes::<messages::Written>().requires(&["channel_id"]).files(MANY);
    DELETE "/drafts/{draft_id}" "delete-draft" "drafts:delete" => drafts::delete,
        "Throw a draft away, if it is still as the caller knows it", nothing().takes::<drafts::Version>();
};

pub(super) static ATTACHMENTS: &[Operation] = operations! {
    GET "/download/{attachment_link_id}" "download-attachment" "attachments:read" => attachments::download,
        "Fetch a file", file();
    GET "/messages/{message_id}/download/{attachment_link_id}" "download-attachment-for-a-message" "attachments:read" => attachments::of_message,
        "Fetch a file of a message", file();
    GET "/comments/{comment_id}/download/{attachment_link_id}" "download-attachment-for-a-comment" "attachments:read" => attachments::of_comment,
        "Fetch a file of a comment", file();
    GET "/message_templates/{message_template_id}/download/{attachment_link_id}" "download-attachment-for-a-message-template" "attachments:read" => attachments::of_template,
        "Fetch a file of a message template", file();
};

pub(super) static COMMENTS: &[Operation] = operations! {
    GET "/comments/{comment_id}" "get-comment" "comments:read" => comments::get,
        "Show a comment", one::<Comment>();
    PATCH "/comments/{comment_id}/" "update-comment" "comments:write" => comments::update,
        "Rewrite a comment, or pin it", one::<Comment>().takes::<comments::Update>();
    GET "/comments/{comment_id}/mentions" "list-comment-mentions" "teammates:read" => comments::mentions,
        "List the teammates whom a comment mentions", list::<Teammate>();
    POST "/comments/{comment_id}/replies" "add-comment-reply" "comments:write" => comments::reply,
        "Answer a comment", one::<Comment>().status(201).takes::<comments::Written>().files(MANY);
    GET "/conversations/{conversation_id}/comments" "list-conversation-comments" "comments:read" => comments::of_conversation,
        "List the comments in a conversation", list::<Comment>();
    POST "/conversations/{conversation_id}/comments" "add-comment" "comments:write" => comments::add,
        "Comment on a conversation, for teammates only", one::<Comment>().status(201).takes::<comments::Written>().files(MANY);
};

pub(super) static EVENTS: &[Operation] = operations! {
    GET "/conversations/{conversation_id}/events" "list-conversation-events" "events:*:read" => events::of_conversation,
        "List what happened to a conversation, the newest first", page::<Event>(&PageRules::USUAL);
    GET "/events" "list-events" "events:*:read" => events::list,
        "List what happened in the company, the newest first", page::<Event>(&PageRules::EVENTS).filtered(queries::EVENTS);
    GET "/events/{event_id}" "get-event" "events:*:read" => events::get,
        "Show an event with everything that it is about", one::<Event>();
};

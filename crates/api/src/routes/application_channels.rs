//! What the servers of apps' channels tell, with a token that they sign themselves.

use http::Method;

use super::Operation;
use super::about::{Files, list, nothing, one};
use super::shapes::{Accepted, MANY};
use crate::application_channels::{self as channels, calls, templates};

pub(super) static MESSAGES: &[Operation] = operations! {
    POST "/channels/{channel_id}/inbound_messages" "sync-inbound-message" "messages:write" => channels::inbound,
        "Take in a message that reached an app's channel", one::<Accepted>().status(202).takes::<channels::Inbound>().files(MANY);
    POST "/channels/{channel_id}/outbound_messages" "sync-outbound-message" "messages:write" => channels::outbound,
        "Take in a message that left an app's channel elsewhere", one::<Accepted>().status(202).takes::<channels::Outbound>().files(MANY);
    PUT "/channels/{channel_id}/conversations/{conv_ext_id}/messages/{message_ext_id}/status" "update-external-message-status" "messages:write" => channels::bounce,
        "Say that a message did not arrive", nothing().takes::<channels::Status>();
    PUT "/messages/{message_id}/status" "legacy-update-message-status" "messages:write" => channels::bounce_own,
        "Say that a message did not arrive, by the id that it was sent with", nothing().takes::<channels::Status>();
};

pub(super) static CALLS: &[Operation] = operations! {
    POST "/channels/{channel_id}/calls" "create-call" "channels:write" => calls::begin,
        "Say that a call begins", nothing().status(202).takes::<calls::Begin>();
    PATCH "/channels/{channel_id}/calls/{external_call_id}" "update-call" "channels:write" => calls::go_on,
        "Say how a call goes on", nothing().status(202).takes::<calls::GoOn>();
    POST "/channels/{channel_id}/calls/{external_call_id}/recording" "add-call-recording" "channels:write" => calls::add_recording,
        "Add what was recorded of a call", nothing().status(202).takes::<calls::Recording>().files(Files::One("attachments"));
    POST "/channels/{channel_id}/calls/{external_call_id}/transcript" "add-call-transcript" "channels:write" => calls::add_transcript,
        "Add what was said in a call", nothing().status(202).takes::<calls::Transcript>();
    POST "/channels/{channel_id}/calls/{external_call_id}/summary" "add-call-summary" "channels:write" => calls::add_summary,
        "Add what a call was about", nothing().status(202).takes::<calls::Summary>();
};

pub(super) static TEMPLATES: &[Operation] = operations! {
    PUT "/channels/{channel_id}/application_message_templates" "sync-application-message-template" "message_templates:write" => templates::keep,
        "Keep a message template of an app's channel", one::<templates::Kept>().takes::<templates::Template>();
    PATCH "/channels/{channel_id}/application_message_templates/{external_id}" "update-application-message-template" "message_templates:write" => templates::change,
        "Change a message template of an app's channel", one::<templates::Kept>().takes::<templates::Edit>();
    GET "/portico/v1/channels/{channel_id}/templates" "portico-list-channel-templates" "portico:read" => templates::list,
        "List the message templates of an app's channel", list::<templates::Shown>().of_what_is_named();
};

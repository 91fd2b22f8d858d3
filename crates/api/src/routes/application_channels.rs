//! What the servers of apps' channels tell, with a token that they sign themselves.

use http::Method;

use super::Operation;
use super::about::{nothing, one};
use super::shapes::{Accepted, MANY};
use crate::application_channels as channels;

pub(super) static MESSAGES: &[Operation] = operations! {
    POST "/channels/{channel_id}/inbound_messages" "sync-inbound-message" "messages:write" => channels::inbound,
        "Take in a message that reached an app's channel", one::<Accepted>().status(202).takes::<channels::Inbound>().files(MANY);
    POST "/channels/{channel_id}/outbound_messages" "sync-outbound-message" "messages:write" => channels::outbound,
        "Take in a message that left an app's channel elsewhere", one::<Accepted>().status(202).takes::<channels::Outbound>().files(MANY);
    PUT "/channels/{channel_id}/conversations/{conv_ext_id}/messages/{message_ext_id}/status" "update-external-message-status" "messages:write" => channels::bounce,
        "Say that a message did not arrive", nothing().takes::<channels::Status>();
};

//! What the servers of application channels are told (contract/channels.md sections 3 and 4).

use desk::ids::ChannelId;
use desk::messages::View;
use desk::messages::sync::Addressed;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::attachments::{Attachment, attachment};
use crate::conversations::{Recipient, recipient};
use crate::{Context, Seconds, Url};

/// One call about the channel itself.
#[derive(Debug, Serialize)]
pub struct Call<T> {
    r#type: &'static str,
    payload: T,
}

/// The channel that it is about.
#[derive(Debug, Serialize)]
pub struct About<'a> {
    channel_id: ChannelId,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
}

/// A channel is about to be made: may it? One that shares its credentials with others is told apart by its address.
pub fn authorization(channel: ChannelId, address: Option<&str>) -> Call<About<'_>> {
    Call { r#type: "authorization", payload: About { channel_id: channel, address } }
}

/// A channel was deleted.
pub fn deletion(channel: ChannelId) -> Call<About<'static>> {
    Call { r#type: "delete", payload: About { channel_id: channel, address: None } }
}

/// Which part of a list is wanted.
#[derive(Debug, Serialize)]
pub struct Part<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    page_token: Option<&'a str>,
}

/// Which addresses are the credentials good for that this request shows?
pub fn list_addresses(page_token: Option<&str>) -> Call<Part<'_>> {
    Call { r#type: "list_addresses", payload: Part { page_token } }
}

/// What a call about a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It is to be sent.
    Send,
    /// It was taken in.
    Imported,
}

/// A call about a message: its bytes as they were rendered once, and what the partner calls its conversation by now.
#[derive(Debug, Serialize)]
pub struct Sent<'a> {
    r#type: &'static str,
    payload: &'a RawValue,
    metadata: Metadata<'a>,
}

#[derive(Debug, Serialize)]
struct Metadata<'a> {
    external_conversation_ids: &'a [String],
    /// What partners of old read.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_conversation_id: Option<&'a String>,
}

/// The envelope of a message.
pub fn message<'a>(purpose: Purpose, payload: &'a RawValue, addressed: &'a Addressed) -> Sent<'a> {
    let ids = &addressed.external_conversations;
    Sent {
        r#type: match (purpose, addressed.is_auto_reply) {
            (Purpose::Imported, _) => "message_imported",
            (Purpose::Send, true) => "message_autoreply",
            (Purpose::Send, false) => "message",
        },
        payload,
        metadata: Metadata { external_conversation_ids: ids, external_conversation_id: ids.first() },
    }
}

/// What a rule answers by: a message without a name of its own.
#[derive(Debug, Serialize)]
pub struct AutoReply<'a> {
    _links: Links<'a>,
    r#type: &'static str,
    is_inbound: bool,
    created_at: Seconds,
    blurb: &'a str,
    body: &'a str,
    text: &'a str,
    subject: &'a str,
    recipients: Vec<Recipient<'a>>,
    attachments: Vec<Attachment<'a>>,
}

#[derive(Debug, Serialize)]
struct Links<'a> {
    related: Related<'a>,
}

#[derive(Debug, Serialize)]
struct Related<'a> {
    conversation: Url<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_replied_to: Option<Url<'a>>,
}

/// An automatic answer, as a partner gets it.
pub fn auto_reply<'a>(context: Context<'a>, view: &'a View) -> AutoReply<'a> {
    let row = &view.row;
    let shown =
        |to: &'a desk::messages::Recipient| recipient(context, &to.role, &to.handle, to.name.as_deref(), to.contact);
    AutoReply {
        _links: Links {
            related: Related {
                conversation: context.url("/conversations/", row.conversation),
                message_replied_to: row.replied_to.map(|id| context.url("/messages/", id)),
            },
        },
        r#type: "auto_reply",
        is_inbound: false,
        created_at: Seconds(row.created_at),
        blurb: &row.blurb,
        body: &row.body,
        text: &row.text,
        subject: &row.subject,
        recipients: view.recipients.iter().map(shown).collect(),
        attachments: view.attachments.iter().map(|row| attachment(context, row)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_written_as_the_contract_has_them() {
        let channel: ChannelId = "cha_1a2b".parse().expect("an id");
        let text = serde_json::to_string(&authorization(channel, None)).expect("JSON");
        assert_eq!(text, r#"{"type":"authorization","payload":{"channel_id":"cha_1a2b"}}"#);
        let text = serde_json::to_string(&deletion(channel)).expect("JSON");
        assert_eq!(text, r#"{"type":"delete","payload":{"channel_id":"cha_1a2b"}}"#);
    }

    #[test]
    fn a_message_comes_with_every_id_of_its_conversation_and_the_first_once_more() {
        let payload: Box<RawValue> = serde_json::from_str(r#"{"id":"msg_1"}"#).expect("JSON");
        let text = |purpose, addressed: &Addressed| {
            serde_json::to_string(&message(purpose, &payload, addressed)).expect("JSON")
        };
        let known = Addressed { is_auto_reply: false, external_conversations: vec!["c-1".into(), "c-2".into()] };
        let envelope = r#"{"type":"message","payload":{"id":"msg_1"},"metadata":{"external_conversation_ids":["c-1","c-2"],"external_conversation_id":"c-1"}}"#;
        assert_eq!(text(Purpose::Send, &known), envelope);
        let new = Addressed { is_auto_reply: true, external_conversations: Vec::new() };
        let envelope =
            r#"{"type":"message_autoreply","payload":{"id":"msg_1"},"metadata":{"external_conversation_ids":[]}}"#;
        assert_eq!(text(Purpose::Send, &new), envelope);
        assert!(text(Purpose::Imported, &new).starts_with(r#"{"type":"message_imported","#));
    }
}

//! What messages promise, on every store.

mod drafts;
mod import;
mod outgoing;

use serde_json::Map;

use super::*;
use crate::conversations::{self, Conversation};
use crate::testing::{Fixture, companies};

/// What somebody writes who cares for nothing else.
fn letter(text: &str) -> Letter {
    Letter {
        to: Addressees::default(),
        sender_name: None,
        subject: None,
        content: Content::outgoing(text),
        quote: None,
        signature: Signing::Unsaid,
        uploads: Vec::new(),
    }
}

fn to(handle: &str, text: &str) -> Letter {
    Letter { to: Addressees { to: vec![handle.to_string()], ..Addressees::default() }, ..letter(text) }
}

/// A message from outside on a channel.
fn incoming(channel: ChannelId, handle: &str, thread: Option<&str>) -> Incoming {
    Incoming {
        channel,
        sender: Sender { handle: handle.to_string(), name: Some("Ann".to_string()), contact: None },
        subject: "Order 42".to_string(),
        content: Content::plain("Where is it?"),
        thread: thread.map(|key| (threading::Space::Incoming, key.to_string())),
        external_id: None,
        headers: Some(Map::new()),
        uploads: Vec::new(),
        written_at: None,
    }
}

fn received(fixture: &Fixture, channel: ChannelId, handle: &str) -> Received {
    let incoming = incoming(channel, handle, None);
    fixture.write(move |work| receive(work, &incoming))
}

fn conversation(fixture: &Fixture, id: ConversationId) -> Conversation {
    fixture.write(move |work| conversations::see(work, id))
}

fn message(fixture: &Fixture, id: MessageId) -> View {
    fixture.write(move |work| view(work, id))
}

#[test]
fn a_name_that_no_index_holds_is_refused_by_its_field() {
    for fixture in companies() {
        let channel = fixture.custom;
        let long: String = (0..3_000).map(|n| char::from(b'a' + (n * n % 251 % 26) as u8)).collect();
        for (incoming, field) in [
            (incoming(channel, &long, Some("t-1")), "handle"),
            (incoming(channel, "ann", Some(&long)), "metadata.thread_ref"),
            (Incoming { external_id: Some(long.clone()), ..incoming(channel, "ann", None) }, "external_id"),
        ] {
            let refused = fixture.attempt(move |work| receive(work, &incoming)).expect_err(field);
            assert!(matches!(&refused, Error::Invalid { field: named, .. } if named == field), "{refused:?}");
        }
    }
}

//! What the servers of application channels are told (contract/channels.md sections 3 and 4): the envelopes.

use desk::ids::ChannelId;
use serde::Serialize;

/// One call: what it is about, and of what.
#[derive(Debug, Serialize)]
pub struct Call<T> {
    r#type: &'static str,
    payload: T,
}

/// The channel itself is what it is about.
#[derive(Debug, Serialize)]
pub struct About {
    channel_id: ChannelId,
}

/// A channel is about to be made: may it?
pub fn authorization(channel: ChannelId) -> Call<About> {
    Call { r#type: "authorization", payload: About { channel_id: channel } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_written_as_the_contract_has_them() {
        let channel: ChannelId = "cha_1a2b".parse().expect("an id");
        let text = serde_json::to_string(&authorization(channel)).expect("JSON");
        assert_eq!(text, r#"{"type":"authorization","payload":{"channel_id":"cha_1a2b"}}"#);
    }
}

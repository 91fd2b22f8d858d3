//! How a call may go on, which event says so, and what its message tells. Pure.

use serde_json::Value;

use super::Call;
use crate::events::Kind;
use crate::messages::Content;

/// How far a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It waits for somebody.
    Queued,
    /// It rings.
    Ringing,
    /// Both sides are there.
    Connected,
    /// One of them waits.
    Hold,
    /// It ended after both sides were there.
    Hangup,
    /// The caller gave up.
    Abandoned,
    /// Nobody answered.
    Missed,
    /// It goes on as another call.
    Transferred,
}

impl Status {
    const ALL: [Status; 8] = [
        Status::Queued,
        Status::Ringing,
        Status::Connected,
        Status::Hold,
        Status::Hangup,
        Status::Abandoned,
        Status::Missed,
        Status::Transferred,
    ];

    /// The name outside.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Queued => "queued",
            Status::Ringing => "ringing",
            Status::Connected => "connected",
            Status::Hold => "hold",
            Status::Hangup => "hangup",
            Status::Abandoned => "abandoned",
            Status::Missed => "missed",
            Status::Transferred => "transferred",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether nothing follows.
    pub fn is_final(self) -> bool {
        matches!(self, Status::Hangup | Status::Abandoned | Status::Missed | Status::Transferred)
    }

    /// The event that says what follows, if it may follow.
    pub fn to(self, next: Status) -> Option<Kind> {
        use Status::*;
        match (self, next) {
            (Ringing, Queued) => Some(Kind::CallQueued),
            (Queued | Ringing, Connected) => Some(Kind::CallConnected),
            (Hold, Connected) => Some(Kind::CallResumed),
            (Connected, Hold) => Some(Kind::CallOnHold),
            (Queued | Ringing, Missed) => Some(Kind::CallMissed),
            (Queued | Ringing, Abandoned) => Some(Kind::CallAbandoned),
            (Queued | Connected | Hold, Hangup) => Some(Kind::CallHangup),
            (Ringing | Connected | Hold, Transferred) => Some(Kind::CallTransferred),
            _ => None,
        }
    }
}

/// What a call's message says: how it went, what it was about, and what was said.
pub(super) fn told(call: &Call, is_inbound: bool) -> Content {
    let way = if is_inbound { "Incoming" } else { "Outgoing" };
    let mut text = format!("{way} call: {}", call.status);
    if let Some(seconds) = call.duration() {
        text.push_str(&format!(", {}:{:02} min", seconds / 60, seconds % 60));
    }
    if !call.summary.is_empty() {
        text.push_str(&format!("\n\n{}", call.summary));
    }
    for (at, line) in call.transcript.as_array().into_iter().flatten().enumerate() {
        let said = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
        let gap = if at == 0 { "\n\n" } else { "\n" };
        text.push_str(&format!("{gap}{}: {}", said("speaker"), said("content")));
    }
    Content::plain(&text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ids::MessageId;
    use crate::time::Timestamp;

    #[test]
    fn a_call_goes_on_as_the_contract_has_it() {
        let follows = |from: Status| -> Vec<&str> {
            Status::ALL.into_iter().filter(|to| from.to(*to).is_some()).map(Status::as_str).collect()
        };
        assert_eq!(follows(Status::Queued), ["connected", "hangup", "abandoned", "missed"]);
        assert_eq!(follows(Status::Ringing), ["queued", "connected", "abandoned", "missed", "transferred"]);
        assert_eq!(follows(Status::Connected), ["hold", "hangup", "transferred"]);
        assert_eq!(follows(Status::Hold), ["connected", "hangup", "transferred"]);
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(status));
            assert_eq!(status.is_final(), follows(status).is_empty(), "{status:?}");
        }
    }

    #[test]
    fn its_message_tells_what_is_known() {
        let mut call = Call {
            external_id: "k-1".to_string(),
            parent: None,
            message: MessageId(1),
            status: "ringing".to_string(),
            connected_at: None,
            ended_at: None,
            is_voicemail: false,
            summary: String::new(),
            transcript: json!([]),
        };
        assert_eq!(told(&call, true).text, "Incoming call: ringing");
        call.status = "hangup".to_string();
        (call.connected_at, call.ended_at) = (Some(Timestamp(1_000)), Some(Timestamp(64_999)));
        call.summary = "A lamp <b>broke</b>".to_string();
        call.transcript = json!([{"speaker": "Ada", "content": "Hello"}, {"speaker": "Ann", "content": "Hi"}]);
        let content = told(&call, false);
        assert_eq!(content.text, "Outgoing call: hangup, 1:03 min\n\nA lamp <b>broke</b>\n\nAda: Hello\nAnn: Hi");
        assert!(content.body.contains("&lt;b&gt;"), "what was said is never markup");
    }
}

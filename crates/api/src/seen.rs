//! `X-Portico-Seen`: a client says which version of a conversation it has before its eyes, and its write is refused if
//! messages or drafts came in since. `X-Portico-Version` tells the version along with the conversation.

use desk::ids::ConversationId;
use desk::{Work, conversations};
use http::{HeaderMap, HeaderName};

use crate::answer::Refusal;
use crate::edge::error::Problem;

/// In which answers tell a conversation's version.
pub(crate) const VERSION: HeaderName = HeaderName::from_static("x-portico-version");

const SEEN: HeaderName = HeaderName::from_static("x-portico-seen");

/// What a client has seen of the conversation it writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    conversation: ConversationId,
    version: i64,
}

impl Seen {
    /// Reads the header of a request below a conversation; elsewhere it means nothing.
    pub(crate) fn read(path: &str, headers: &HeaderMap) -> Result<Option<Seen>, Refusal> {
        let Some(given) = headers.get(SEEN) else { return Ok(None) };
        let id = path.strip_prefix("/conversations/").and_then(|rest| rest.split('/').next());
        let Some(conversation) = id.and_then(|id| id.parse().ok()) else { return Ok(None) };
        let version = given.to_str().ok().and_then(|text| text.trim().parse().ok());
        let version = version.ok_or_else(|| {
            Problem::bad_request("X-Portico-Seen must be the number that X-Portico-Version told with the conversation")
        })?;
        Ok(Some(Seen { conversation, version }))
    }

    /// Refuses to go on if the client has missed something.
    pub(crate) fn check(self, work: &mut Work<'_>) -> desk::Result<()> {
        let held = conversations::hold(work, self.conversation)?;
        conversations::guard(work, &held, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, value: &str) -> Result<Option<i64>, Refusal> {
        let headers = HeaderMap::from_iter([(SEEN, value.parse().expect("a header"))]);
        Ok(Seen::read(path, &headers)?.map(|seen| seen.version))
    }

    #[test]
    fn it_means_something_below_conversations_alone() {
        assert!(matches!(read("/conversations/cnv_1a2b/messages", "7"), Ok(Some(7))));
        assert!(matches!(read("/conversations/cnv_1a2b", " 7 "), Ok(Some(7))));
        assert!(matches!(read("/tags/tag_1a2b", "7"), Ok(None)));
        assert!(matches!(read("/conversations", "7"), Ok(None)));
    }

    #[test]
    fn what_is_no_version_is_refused_rather_than_passed_over() {
        for value in ["", "seven", "7.5", "W/\"7\""] {
            assert!(read("/conversations/cnv_1a2b/messages", value).is_err(), "{value:?}");
        }
    }
}

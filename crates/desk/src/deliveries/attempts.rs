//! The attempts of a delivery, as the sender noted them, and what a delivery waits for.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::log::{Delivery, State};
use super::store;
use crate::error::{Error, Result};
use crate::ids::DeliveryId;
use crate::time::Timestamp;
use crate::work::Work;

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// The headers of the request, without the values of those that are secret; none if it was not made.
    #[serde(default)]
    pub request_headers: BTreeMap<String, String>,
    /// The status that was answered.
    pub status: Option<u16>,
    /// The headers of the answer.
    #[serde(default)]
    pub response_headers: BTreeMap<String, String>,
    /// How the answer began.
    pub response: Option<String>,
    /// Why it does not count as delivered.
    pub error: Option<String>,
}

impl Delivery {
    /// What happened so far: the first attempt and the latest ones.
    pub fn attempts(&self) -> Result<Vec<Attempt>> {
        match &self.attempts {
            Value::Null => Ok(Vec::new()),
            noted => Vec::deserialize(noted)
                .map_err(|error| Error::Internal(format!("the attempts of {}: {error}", self.id))),
        }
    }
}

/// Takes the receivers' words out of what senders noted: how they answered, and why, which is told in their words too.
pub(super) fn without_answers(noted: &mut Value) {
    for attempt in noted.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        attempt.remove("response");
        attempt.remove("error");
    }
}

/// What a pending delivery waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Its turn: it is being sent, or about to be.
    Turn,
    /// The time of its next attempt.
    Until(Timestamp),
    /// An earlier one to the same receiver about the same conversation.
    Behind(DeliveryId),
}

/// What a delivery waits for; nothing once it has ended.
pub fn waiting(work: &mut Work<'_>, delivery: &Delivery) -> Result<Option<Waiting>> {
    if delivery.state != State::Pending {
        return Ok(None);
    }
    let lane = delivery.subscriber.lane(delivery.subject);
    let first = store::first_pending(work.conn, work.company, lane)?;
    if let Some(first) = first.filter(|first| *first < delivery.id) {
        return Ok(Some(Waiting::Behind(first)));
    }
    // A lane in somebody's hands is due when they have lost it; that is no plan of an attempt.
    let planned = store::lane(work.conn, work.company, lane)?;
    let planned = planned.filter(|(at, holder)| *holder == 0 && *at > work.now).map(|(at, _)| Waiting::Until(at));
    Ok(Some(planned.unwrap_or(Waiting::Turn)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_receiver_said_is_taken_out_and_the_rest_stays() {
        let mut noted = json!([
            {"at": 5, "ms": 7, "status": 200, "response": "to Ann", "error": "bad_request: no such Ann"},
            {"at": 6, "ms": 1, "error": "timed out"},
        ]);
        without_answers(&mut noted);
        assert_eq!(noted, json!([{"at": 5, "ms": 7, "status": 200}, {"at": 6, "ms": 1}]));
        without_answers(&mut Value::Null);
    }
}

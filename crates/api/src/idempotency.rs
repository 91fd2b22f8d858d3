//! `Idempotency-Key`: a write that is sent again is done once and answered alike, for a day. The answer is kept in the
//! very unit that makes the change, so there is no instant at which one exists without the other.

use desk::Work;
use http::StatusCode;

use crate::answer::Answer;

/// A client's key, and what it was first used for.
#[derive(Debug, Clone)]
pub(crate) struct Once {
    /// The client's key.
    pub(crate) key: String,
    /// The token that uses it.
    pub(crate) token: desk::ids::TokenId,
    /// A digest of the request.
    pub(crate) fingerprint: String,
    /// Whether the answer may hold what is told this once, as those of Portico's own operations may.
    pub(crate) tells_secrets: bool,
}

/// Longest key.
pub(crate) const LONGEST: usize = 255;

impl Once {
    /// Does the write unless it was done before; then gives the answer of that time.
    pub(crate) fn run(
        &self,
        work: &mut Work<'_>,
        unit: &impl Fn(&mut Work<'_>) -> desk::Result<Answer>,
    ) -> desk::Result<Answer> {
        if let Some(kept) = self.kept(work)? {
            return Ok(kept);
        }
        let answer = unit(work)?;
        desk::idempotency::keep(
            work,
            self.token,
            &self.key,
            desk::idempotency::Kept {
                fingerprint: self.fingerprint.clone().into_bytes(),
                status: i64::from(answer.status.as_u16()),
                location: answer.location.clone(),
                body: answer.body.to_vec(),
            },
            self.tells_secrets,
        )?;
        Ok(answer)
    }

    /// The answer that the write got when it was done before.
    pub(crate) fn kept(&self, work: &mut Work<'_>) -> desk::Result<Option<Answer>> {
        let Some(kept) = desk::idempotency::find(work, self.token, &self.key)? else { return Ok(None) };
        if kept.fingerprint != self.fingerprint.as_bytes() {
            return Err(desk::Error::Conflict(format!(
                "the Idempotency-Key {:?} was used for another request",
                self.key
            )));
        }
        let status = u16::try_from(kept.status).ok().and_then(|code| StatusCode::from_u16(code).ok());
        Ok(Some(Answer {
            body: kept.body.into(),
            location: kept.location,
            ..Answer::empty(status.unwrap_or(StatusCode::OK))
        }))
    }
}

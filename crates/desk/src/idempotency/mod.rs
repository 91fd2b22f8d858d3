//! Answers kept for clients that send a write again with the same key. Those that may be the only place where a new token
//! or secret is told are sealed; the others are not, so that every node can tell them, whatever its key.

use crate::error::{Error, Result};
use crate::ids::TokenId;
use crate::sealing::{self, Secret};
use crate::time::DAY;
use crate::work::Work;

pub(crate) mod store;

db::record! {
    /// An answer that was given, and the digest of the request it was given to.
    #[derive(Debug, Clone)]
    pub struct Kept {
        pub fingerprint: Vec<u8>,
        pub status: i64,
        pub location: Option<String>,
        pub body: Vec<u8>,
    }
}

/// The answer that a key got before, if that was less than a day ago.
pub fn find(work: &mut Work<'_>, token: TokenId, key: &str) -> Result<Option<Kept>> {
    let found = store::find(work.conn, work.company, token, key, work.now.plus(-DAY))?;
    let Some(mut kept) = found else { return Ok(None) };
    if sealing::is_sealed(&kept.body) {
        kept.body = work.sealing_key().open(&place(token, key), &kept.body)?.reveal().as_bytes().to_vec();
    }
    Ok(Some(kept))
}

/// Keeps an answer for a day, sealed if it `tells_secrets`, and forgets some that are older.
pub fn keep(work: &mut Work<'_>, token: TokenId, key: &str, mut kept: Kept, tells_secrets: bool) -> Result<()> {
    if tells_secrets && !kept.body.is_empty() {
        let text =
            String::from_utf8(kept.body).map_err(|_| Error::Internal("an answer that is no text".to_string()))?;
        kept.body = work.sealing_key().seal(work.random(), &place(token, key), &Secret::new(text));
    }
    store::forget(work.conn, work.company, work.now.plus(-DAY))?;
    store::keep(work.conn, work.company, token, key, &kept, work.now)?;
    Ok(())
}

fn place(token: TokenId, key: &str) -> String {
    format!("idempotency/{token}/{key}")
}

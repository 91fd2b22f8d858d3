//! Answers kept for clients that send a write again with the same key.

use crate::error::Result;
use crate::ids::TokenId;
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
    Ok(store::find(work.conn, work.company, token, key, work.now.plus(-DAY))?)
}

/// Keeps an answer for a day, and forgets some that are older.
pub fn keep(work: &mut Work<'_>, token: TokenId, key: &str, kept: &Kept) -> Result<()> {
    store::forget(work.conn, work.company, work.now.plus(-DAY))?;
    store::keep(work.conn, work.company, token, key, kept, work.now)?;
    Ok(())
}

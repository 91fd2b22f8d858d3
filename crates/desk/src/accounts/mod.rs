//! Companies outside, to which contacts belong (contract/domain.md section 7). They are the company's own: who does not
//! reach the company's things finds none.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::time::Timestamp;
use crate::work::Work;

mod list;
pub mod members;
mod store;
#[cfg(test)]
mod tests;
mod view;
mod write;

pub use list::list;
pub(crate) use members::welcome;
pub(crate) use view::names;
pub use view::{View, Which, get, resolve, views};
pub use write::{Change, MOST_DOMAINS, New, create, delete, update};
pub(crate) use write::{clear, set_field};

db::record! {
    /// An account as stored.
    #[derive(Debug, Clone)]
    pub struct Account {
        pub id: AccountId,
        pub name: String,
        pub description: Option<String>,
        pub external_id: Option<String>,
        pub custom_fields: Value,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

/// The row of an account that the caller may see.
pub fn see(work: &mut Work<'_>, id: AccountId) -> Result<Account> {
    let row = find(work, id)?.filter(|_| work.access.global);
    row.ok_or(Error::NotFound("account"))
}

/// An account, whoever asks.
pub(crate) fn find(work: &mut Work<'_>, id: AccountId) -> Result<Option<Account>> {
    Ok(store::get(work.conn, work.company, id)?)
}

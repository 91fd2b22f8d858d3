//! Labels on conversations: of the company, of a workspace, or of one teammate; in trees.

use crate::ids::{TagId, TeamId, TeammateId};
use crate::time::Timestamp;

mod named;
pub(crate) mod store;

pub use named::named;

db::record! {
    /// A tag as stored.
    #[derive(Debug, Clone)]
    pub struct Tag {
        pub id: TagId,
        pub team: Option<TeamId>,
        pub owner: Option<TeammateId>,
        pub parent: Option<TagId>,
        pub name: String,
        pub description: Option<String>,
        pub highlight: Option<String>,
        pub is_visible: bool,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

//! Where conversations arrive: shared inboxes of a workspace and private ones of a teammate.

use serde_json::Value;

use crate::ids::{InboxId, TeamId, TeammateId};

pub(crate) mod store;

db::record! {
    /// An inbox as stored. It has a team or an owner.
    #[derive(Debug, Clone)]
    pub struct Inbox {
        pub id: InboxId,
        pub team: Option<TeamId>,
        pub owner: Option<TeammateId>,
        pub name: String,
        pub is_public: bool,
        pub custom_fields: Value,
    }
}

impl Inbox {
    /// Whether it belongs to one teammate.
    pub fn is_private(&self) -> bool {
        self.owner.is_some()
    }
}

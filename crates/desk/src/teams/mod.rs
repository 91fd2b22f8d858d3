//! Workspaces: the API calls them teams.

use crate::ids::{TeamId, TeammateId};

pub(crate) mod store;

db::record! {
    /// A workspace as stored.
    #[derive(Debug, Clone)]
    pub struct Team {
        pub id: TeamId,
        pub name: String,
        pub assign_limit: i64,
    }
}

db::record! {
    /// That a teammate belongs to a workspace.
    #[derive(Debug, Clone)]
    pub struct Member {
        pub team: TeamId,
        pub teammate: TeammateId,
        pub is_admin: bool,
    }
}

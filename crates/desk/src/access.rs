//! What a caller may see: decided once when it comes in, asked by every operation.

use serde::{Deserialize, Serialize};

use crate::directory::Directory;
use crate::ids::{InboxId, TeamId, TeammateId};

/// The namespaces of a token (contract/fundamentals.md section 2.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Company-wide things: contacts, company tags, teammates ...
    pub global: bool,
    /// Things of workspaces.
    pub shared: Shared,
    /// Things of individuals who let the API see them.
    pub private: bool,
}

/// Which workspaces a token reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shared {
    /// None at all.
    None,
    /// All of them, also those made later.
    All,
    /// Just these.
    Teams(Vec<TeamId>),
}

impl Access {
    /// Everything there is.
    pub fn everything() -> Access {
        Access { global: true, shared: Shared::All, private: true }
    }

    /// Whether things of a workspace are visible.
    pub fn sees_team(&self, team: TeamId) -> bool {
        match &self.shared {
            Shared::None => false,
            Shared::All => true,
            Shared::Teams(teams) => teams.contains(&team),
        }
    }

    /// Whether things of an individual are visible.
    pub fn sees_private(&self, directory: &Directory, owner: TeammateId) -> bool {
        self.private && directory.teammate(owner).is_some_and(|teammate| teammate.exposes_private)
    }

    /// Whether a thing is visible by its owner: a team, a teammate, or the company.
    pub fn sees_owner(&self, directory: &Directory, team: Option<TeamId>, owner: Option<TeammateId>) -> bool {
        match (team, owner) {
            (Some(team), _) => self.sees_team(team),
            (None, Some(owner)) => self.sees_private(directory, owner),
            (None, None) => self.global,
        }
    }

    /// The inboxes whose conversations are visible; `None` means all, so that lists need no filter.
    pub fn inboxes(&self, directory: &Directory) -> Option<Vec<InboxId>> {
        let hidden = directory.inboxes().any(|inbox| !self.sees_owner(directory, inbox.team, inbox.owner));
        if !hidden && self.global {
            return None;
        }
        let visible = directory.inboxes().filter(|inbox| self.sees_owner(directory, inbox.team, inbox.owner));
        Some(visible.map(|inbox| inbox.id).collect())
    }
}

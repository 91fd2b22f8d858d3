//! What a caller may see: decided once when it comes in, asked by every operation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{InboxId, TeamId, TeammateId};
use crate::work::Work;

/// What a token reaches: the three namespaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Access {
    /// Company-wide things: contacts, company tags, teammates ...
    pub global: bool,
    /// Things of workspaces.
    pub shared: Shared,
    /// Things of individuals who let the API see them.
    pub private: bool,
}

/// Which workspaces a token reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
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

    /// Refuses who does not reach the company's own things: what holds for every workspace is theirs to change.
    pub fn require_global(&self) -> Result<()> {
        match self.global {
            true => Ok(()),
            false => Err(Error::Forbidden("the token does not reach the company's own things".to_string())),
        }
    }

    /// Refuses who does not reach everything: what opens all workspaces is not for who sees some.
    pub fn require_everything(&self) -> Result<()> {
        match self.includes(&Access::everything()) {
            true => Ok(()),
            false => Err(Error::Forbidden("the token does not reach everything in the company".to_string())),
        }
    }

    /// Whether whatever another access reaches is reached by this one as well.
    pub fn includes(&self, other: &Access) -> bool {
        let shared = match (&self.shared, &other.shared) {
            (Shared::All, _) | (_, Shared::None) => true,
            (Shared::Teams(own), Shared::Teams(asked)) => asked.iter().all(|team| own.contains(team)),
            (Shared::None | Shared::Teams(_), _) => false,
        };
        (self.global || !other.global) && shared && (self.private || !other.private)
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

/// Whose a thing is. What has no team and no teammate belongs to the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The company's.
    Company,
    /// A workspace's.
    Team(TeamId),
    /// One teammate's.
    Teammate(TeammateId),
}

impl Owner {
    /// Whose a row is, by its two columns.
    pub fn of(team: Option<TeamId>, teammate: Option<TeammateId>) -> Owner {
        match (team, teammate) {
            (Some(team), _) => Owner::Team(team),
            (None, Some(teammate)) => Owner::Teammate(teammate),
            (None, None) => Owner::Company,
        }
    }

    /// The workspace, if it is one's.
    pub fn team(self) -> Option<TeamId> {
        match self {
            Owner::Team(team) => Some(team),
            Owner::Company | Owner::Teammate(_) => None,
        }
    }

    /// The teammate, if it is one's.
    pub fn teammate(self) -> Option<TeammateId> {
        match self {
            Owner::Teammate(teammate) => Some(teammate),
            Owner::Company | Owner::Team(_) => None,
        }
    }

    /// Refuses owners that the caller may not see: the namespace is as good as absent.
    pub fn check(self, work: &mut Work<'_>) -> Result<()> {
        let directory = work.directory()?;
        let exists = match self {
            Owner::Company => true,
            Owner::Team(team) => directory.team(team).is_some(),
            Owner::Teammate(teammate) => directory.teammate(teammate).is_some(),
        };
        if exists && work.access.sees_owner(&directory, self.team(), self.teammate()) {
            return Ok(());
        }
        match self {
            Owner::Company => work.access.require_global(),
            Owner::Team(_) => Err(Error::NotFound("team")),
            Owner::Teammate(_) => Err(Error::NotFound("teammate")),
        }
    }
}

/// The oldest workspace that the caller reaches: where things go that name no owner.
pub fn oldest_team(work: &mut Work<'_>) -> Result<TeamId> {
    let directory = work.directory()?;
    let reached = directory.teams().find(|team| work.access.sees_team(team.id)).map(|team| team.id);
    reached.ok_or_else(|| Error::Forbidden("the token reaches no workspace".to_string()))
}

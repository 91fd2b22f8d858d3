//! Whose things an operation is about, as its path says: `/company/…`, `/teams/{team_id}/…`, `/teammates/{teammate_id}/…`.

use desk::access::{Owner, oldest_team};
use desk::ids::TeamId;
use desk::teammates::{self, Who};
use desk::{Error, Result, Work};

use crate::call::{self, Call};
use crate::edge::error::Problem;

/// An owner that was named, perhaps by an alias.
#[derive(Debug, Clone)]
pub(crate) enum Whose {
    /// The company's.
    Company,
    /// The oldest workspace's that the token reaches: where things go that name no owner.
    OldestTeam,
    /// A workspace's.
    Team(TeamId),
    /// A teammate's.
    Teammate(Who),
}

impl Whose {
    /// The workspace of the path's first variable part.
    pub(crate) fn team(call: &Call) -> call::Result<Whose> {
        Ok(Whose::Team(call.id(0)?))
    }

    /// The teammate of the path's first variable part, by id or alias.
    pub(crate) fn teammate(call: &Call) -> call::Result<Whose> {
        let who = call.segment(0).parse().map_err(|_: Error| Problem::unknown_resource())?;
        Ok(Whose::Teammate(who))
    }

    /// The owner itself, if the caller may see its things.
    pub(crate) fn owner(&self, work: &mut Work<'_>) -> Result<Owner> {
        let owner = match self {
            Whose::Company => Owner::Company,
            Whose::OldestTeam => Owner::Team(oldest_team(work)?),
            Whose::Team(team) => Owner::Team(*team),
            Whose::Teammate(who) => Owner::Teammate(teammates::resolve(work, who)?),
        };
        owner.check(work)?;
        Ok(owner)
    }
}

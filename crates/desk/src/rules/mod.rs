//! Rules: what a company wants to happen by itself.

use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{RuleId, TeamId, TeammateId};
use crate::work::Work;

pub(crate) mod store;

/// All rules of a company in one version.
#[derive(Debug, Default)]
pub struct RuleBook {
    rules: Vec<Rule>,
}

/// A rule, compiled.
#[derive(Debug)]
pub struct Rule {
    /// Its number.
    pub id: RuleId,
    /// The workspace it belongs to.
    pub team: Option<TeamId>,
    /// The teammate it belongs to.
    pub owner: Option<TeammateId>,
    /// What it is called.
    pub name: String,
    /// Its actions, as people read them.
    pub sentences: Vec<String>,
}

impl RuleBook {
    pub(crate) fn compile(stored: Vec<store::Stored>, _directory: &Directory) -> RuleBook {
        let rule = |row: store::Stored| Rule {
            id: row.id,
            team: row.team,
            owner: row.owner,
            name: row.name,
            sentences: Vec::new(),
        };
        RuleBook { rules: stored.into_iter().map(rule).collect() }
    }

    /// The rule with an id.
    pub fn get(&self, id: RuleId) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}

/// Lets the rules react to what the unit recorded.
pub(crate) fn react(work: &mut Work<'_>) -> Result<()> {
    work.recorded.clear();
    Ok(())
}

//! A time goal as data.
//!
//! ```json
//! {
//!   "kind": "reply",
//!   "if": {"inbox": {"any_of": ["inb_1"]}},
//!   "warning": {"after": "3h"},
//!   "breach": {"after": "4h", "then": [{"do": "notify", "teammates": ["tea_1"]}]},
//!   "hours": {"zone": "Europe/Paris", "mon": [{"start": "09:00", "end": "17:00"}]}
//! }
//! ```
//!
//! Conditions, actions, lengths of time and hours are those of rules, and so are their limits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::Owner;
use crate::error::{Error, Result};
use crate::ids::TeamId;
use crate::rules::action::Action;
use crate::rules::condition::Condition;
use crate::rules::definition::{Definition as Rule, Trigger};
use crate::rules::hours::Hours;
use crate::rules::periods::Period;
use crate::rules::{self};
use crate::work::Work;

/// What is promised, and what happens when it is not kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TimeGoalDefinition")]
pub struct Definition {
    /// What is to come in time. It stays as it is.
    pub kind: Kind,
    /// Which conversations of the workspace it is about; all of them, if it is left out.
    #[serde(default, rename = "if")]
    pub condition: Condition,
    /// When the goal is at risk; before the breach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<Moment>,
    /// When the goal is missed.
    pub breach: Moment,
    /// Count only the time these hours are open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
}

/// What a goal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TimeGoalKind")]
pub enum Kind {
    /// A reply: the time runs from the oldest message that nobody has answered. Automatic replies answer nothing.
    Reply,
    /// The end: the time runs from the conversation's beginning, or from when it was taken up again, until it is archived
    /// (with ticketing: until its status is a resolved one) or put into the trash.
    Resolution,
}

/// A point in time, and what is done then besides tagging.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TimeGoalMoment")]
pub struct Moment {
    /// How long after the time began to run.
    pub after: Period,
    /// What is done after the tag was added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<Action<String>>,
}

impl Definition {
    /// Reads a definition for a goal of a workspace. What is wrong with it is refused, naming the place.
    pub(super) fn read(work: &mut Work<'_>, team: TeamId, written: &Value) -> Result<Definition> {
        let definition: Definition =
            serde_json::from_value(written.clone()).map_err(|error| Error::invalid("definition", error.to_string()))?;
        definition.check(work, team, "breach", &definition.breach)?;
        if let Some(warning) = &definition.warning {
            definition.check(work, team, "warning", warning)?;
            if warning.after >= definition.breach.after {
                let (warning, breach) = (warning.after.in_words(), definition.breach.after.in_words());
                let why = format!("the warning ({warning}) has to come before the breach ({breach})");
                return Err(Error::invalid("definition.warning.after", why));
            }
        }
        Ok(definition)
    }

    /// The trigger of one of its moments.
    pub(super) fn trigger(&self, moment: &Moment) -> Trigger<String> {
        let (after, hours) = (moment.after, self.hours.clone());
        match self.kind {
            Kind::Reply => Trigger::UnrepliedFor { after, hours },
            Kind::Resolution => Trigger::UnresolvedFor { after, hours },
        }
    }

    /// Looks at one of its moments as at a rule that does nothing else, so that a finding names the place in the goal.
    fn check(&self, work: &mut Work<'_>, team: TeamId, name: &str, moment: &Moment) -> Result<()> {
        let when = vec![self.trigger(moment)];
        let rule = Rule { when, condition: self.condition.clone(), then: moment.then.clone(), stop: true };
        let rule = serde_json::to_value(rule).map_err(|why| Error::Internal(why.to_string()))?;
        let (_, findings) = rules::check(work, Owner::Team(team), &rule)?;
        let Some(finding) = findings.iter().find(|finding| finding.is_error()) else { return Ok(()) };
        let field = match (finding.field.strip_prefix("when[0]."), finding.field.strip_prefix("then")) {
            (Some("after"), _) => format!("{name}.after"),
            (Some(hours), _) => hours.to_string(),
            (None, Some(action)) => format!("{name}.then{action}"),
            (None, None) => finding.field.clone(),
        };
        Err(Error::invalid(format!("definition.{field}"), finding.message.clone()))
    }
}

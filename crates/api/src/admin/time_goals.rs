//! Time goals (SLA): made, changed, switched and deleted, each with the rules that it is made into.

use desk::ids::{RuleId, TagId, TeamId, TimeGoalId};
use desk::time_goals::definition::Definition;
use desk::time_goals::{self, Change, New, TimeGoal};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answer::Answer;
use crate::call::{Call, Result};

/// A time goal of a workspace.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TimeGoal")]
pub(crate) struct Shown {
    id: TimeGoalId,
    name: String,
    team_id: TeamId,
    is_enabled: bool,
    #[schemars(schema_with = "as_written")]
    definition: Value,
    tag_ids: TagIds,
    /// The rules that it is made into, in the order in which they run. They change with it alone.
    rule_ids: Vec<RuleId>,
    /// Why it can't run, if something that it names is gone. Saying again what it is mends what can be mended.
    fault: Option<String>,
}

/// The tags that it adds.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TimeGoalTags")]
struct TagIds {
    /// Once the goal is about a conversation, for good; out of sight in lists.
    applies: TagId,
    /// When the goal is at risk.
    warning: TagId,
    /// When the goal was missed.
    breach: TagId,
}

/// A definition is shown as it was written, so it is described as it is read: what has a default may be absent.
fn as_written(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"$ref": "#/components/schemas/TimeGoalDefinition"})
}

fn shown(goal: TimeGoal) -> Shown {
    let desk::time_goals::Tags { applies, warning, breach } = goal.tags;
    Shown {
        id: goal.id,
        name: goal.name,
        team_id: goal.team,
        is_enabled: goal.is_enabled,
        definition: goal.definition,
        tag_ids: TagIds { applies, warning, breach },
        rule_ids: goal.rules,
        fault: goal.fault,
    }
}

/// `GET /portico/v1/time-goals`
pub async fn list(call: Call) -> Result {
    let paging = call.whole()?;
    call.read(move |work| Answer::list(&paging, time_goals::list(work)?.into_iter().map(shown))).await
}

/// `GET /portico/v1/time-goals/{time_goal_id}`
pub async fn get(call: Call) -> Result {
    let id: TimeGoalId = call.id(0)?;
    call.read(move |work| Answer::ok(&shown(time_goals::get(work, id)?))).await
}

/// A new time goal.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateTimeGoal {
    /// What it is called.
    name: String,
    /// The workspace it belongs to.
    team_id: String,
    /// Whether it holds from now on.
    #[serde(default = "yes")]
    is_enabled: bool,
    /// What is promised, and what happens when it is not kept.
    #[schemars(with = "Definition")]
    definition: Value,
}

fn yes() -> bool {
    true
}

/// `POST /portico/v1/time-goals`
pub async fn create(call: Call) -> Result {
    let body: CreateTimeGoal = call.body()?;
    let team: TeamId = body.team_id.parse().map_err(desk::Error::from)?;
    let new = New { team, name: body.name, is_enabled: body.is_enabled, definition: body.definition };
    call.write(move |work| {
        let id = time_goals::create(work, &new)?;
        Answer::created(&shown(time_goals::get(work, id)?))
    })
    .await
}

/// A change of a time goal. What is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateTimeGoal {
    /// Another name.
    #[serde(default)]
    name: Option<String>,
    /// Whether it holds.
    #[serde(default)]
    is_enabled: Option<bool>,
    /// Another definition, of the same kind.
    #[serde(default)]
    #[schemars(with = "Option<Definition>")]
    definition: Option<Value>,
}

/// `PATCH /portico/v1/time-goals/{time_goal_id}`
pub async fn update(call: Call) -> Result {
    let id: TimeGoalId = call.id(0)?;
    let body: UpdateTimeGoal = call.body()?;
    let change = Change { name: body.name, is_enabled: body.is_enabled, definition: body.definition };
    call.write(move |work| {
        time_goals::update(work, id, &change)?;
        Answer::ok(&shown(time_goals::get(work, id)?))
    })
    .await
}

/// `DELETE /portico/v1/time-goals/{time_goal_id}`
pub async fn delete(call: Call) -> Result {
    let id: TimeGoalId = call.id(0)?;
    call.write(move |work| {
        time_goals::delete(work, id)?;
        Answer::no_content()
    })
    .await
}

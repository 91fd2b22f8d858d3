//! Rules and macros: made, changed, ordered, switched, tried and explained.

use std::sync::Arc;

use desk::access::Owner;
use desk::ids::{ConversationId, EventId, RuleId, TeamId, TeammateId, TimeGoalId};
use desk::rules::definition::Definition;
use desk::rules::explanation::Explanation;
use desk::rules::validate::Finding;
use desk::rules::{self, New, Rule};
use desk::teammates::Who;
use desk::{Work, teammates};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::Seconds;

use crate::answer::Answer;
use crate::call::{Call, Result};

/// A rule or macro with its definition.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RuleWithDefinition")]
pub(crate) struct Shown {
    id: RuleId,
    name: String,
    team_id: Option<TeamId>,
    teammate_id: Option<TeammateId>,
    position: i64,
    is_enabled: bool,
    is_macro: bool,
    /// The time goal that it is a part of, and with which alone it changes; its position is then that among its parts.
    time_goal_id: Option<TimeGoalId>,
    /// Counts the changes of the definition.
    version: i64,
    #[schemars(schema_with = "as_written")]
    definition: Value,
    /// The actions, as people read them.
    actions: Vec<String>,
    /// Why it can't run, if something that it names is gone: by the name that it had, as long as this server knows it.
    fault: Option<String>,
}

/// A definition is shown as it was written, so it is described as it is read: what has a default may be absent.
fn as_written(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"$ref": "#/components/schemas/RuleDefinition"})
}

fn shown(rule: &Rule) -> Shown {
    Shown {
        id: rule.id,
        name: rule.name.clone(),
        team_id: rule.team,
        teammate_id: rule.owner,
        position: rule.position,
        is_enabled: rule.is_enabled,
        is_macro: rule.is_macro,
        time_goal_id: rule.time_goal,
        version: rule.version,
        definition: rule.definition.clone(),
        actions: rule.sentences.clone(),
        fault: rule.fault.clone(),
    }
}

fn one(work: &mut Work<'_>, id: RuleId) -> desk::Result<Shown> {
    let rule: Arc<Rule> = rules::visible(work, id)?;
    Ok(shown(&rule))
}

/// `GET /portico/v1/rules`
pub async fn list(call: Call) -> Result {
    let paging = call.whole()?;
    call.read(move |work| {
        let rules = rules::list(work)?;
        Answer::list(&paging, rules.iter().map(|rule| shown(rule)))
    })
    .await
}

/// `GET /portico/v1/rules/{rule_id}`
pub async fn get(call: Call) -> Result {
    let id: RuleId = call.id(0)?;
    call.read(move |work| Answer::ok(&one(work, id)?)).await
}

/// A new rule.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateRule {
    /// What it is called.
    name: String,
    /// The workspace it belongs to.
    #[serde(default)]
    team_id: Option<String>,
    /// The teammate it belongs to; neither means the company's.
    #[serde(default)]
    teammate_id: Option<String>,
    /// Whether it runs from now on.
    #[serde(default = "yes")]
    is_enabled: bool,
    /// When, if and then.
    #[schemars(with = "Definition")]
    definition: Value,
}

fn yes() -> bool {
    true
}

/// `POST /portico/v1/rules`
pub async fn create(call: Call) -> Result {
    let body: CreateRule = call.body()?;
    let team: Option<TeamId> = body.team_id.as_deref().map(str::parse).transpose().map_err(desk::Error::from)?;
    let owner: Option<Who> = body.teammate_id.as_deref().map(str::parse).transpose()?;
    call.write(move |work| {
        let owner = match &owner {
            Some(who) => Some(teammates::resolve(work, who)?),
            None => None,
        };
        let new = New {
            name: body.name.clone(),
            team,
            owner,
            is_enabled: body.is_enabled,
            definition: body.definition.clone(),
        };
        let id = rules::create(work, &new)?;
        Answer::created(&one(work, id)?)
    })
    .await
}

/// A change of a rule. What is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateRule {
    /// Another name.
    #[serde(default)]
    name: Option<String>,
    /// Whether it runs.
    #[serde(default)]
    is_enabled: Option<bool>,
    #[serde(default)]
    #[schemars(with = "Option<Definition>")]
    definition: Option<Value>,
}

/// `PATCH /portico/v1/rules/{rule_id}`
pub async fn update(call: Call) -> Result {
    let id: RuleId = call.id(0)?;
    let body: UpdateRule = call.body()?;
    call.write(move |work| {
        rules::change(work, id, body.name.as_deref(), body.definition.as_ref())?;
        if let Some(is_enabled) = body.is_enabled {
            rules::switch(work, id, is_enabled)?;
        }
        Answer::ok(&one(work, id)?)
    })
    .await
}

/// `DELETE /portico/v1/rules/{rule_id}`
pub async fn delete(call: Call) -> Result {
    let id: RuleId = call.id(0)?;
    call.write(move |work| {
        rules::remove(work, id)?;
        Answer::no_content()
    })
    .await
}

/// An order of rules.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderRules {
    /// Rules of one owner; those not named keep their order behind these.
    rule_ids: Vec<String>,
}

/// `POST /portico/v1/rules/order`
pub async fn order(call: Call) -> Result {
    let body: OrderRules = call.body()?;
    let ids: std::result::Result<Vec<RuleId>, _> = body.rule_ids.iter().map(|id| id.parse()).collect();
    let ids = ids.map_err(desk::Error::from)?;
    call.write(move |work| {
        rules::order(work, &ids)?;
        Answer::no_content()
    })
    .await
}

/// A definition to be tried against an event that happened.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TryRule {
    /// The definition; or the rule whose present one is meant.
    #[serde(default)]
    #[schemars(with = "Option<Definition>")]
    definition: Option<Value>,
    /// A rule whose present definition is meant, if none is given.
    #[serde(default)]
    rule_id: Option<String>,
    /// The event. Without one the definition is only checked.
    #[serde(default)]
    event_id: Option<String>,
}

/// `POST /portico/v1/rules/test`
pub async fn test(call: Call) -> Result {
    let body: TryRule = call.body()?;
    let rule: Option<RuleId> = body.rule_id.as_deref().map(str::parse).transpose().map_err(desk::Error::from)?;
    let event: Option<EventId> = body.event_id.as_deref().map(str::parse).transpose().map_err(desk::Error::from)?;
    call.read(move |work| {
        let definition = match (&body.definition, rule) {
            (Some(definition), _) => definition.clone(),
            (None, Some(rule)) => rules::visible(work, rule)?.definition.clone(),
            (None, None) => return Err(desk::Error::invalid("definition", "a definition or a rule_id is needed")),
        };
        let owner = match rule {
            Some(rule) => rules::visible(work, rule).map(|rule| Owner::of(rule.team, rule.owner))?,
            None => Owner::Company,
        };
        let (_, findings) = rules::check(work, owner, &definition)?;
        let trial = match event {
            Some(event) => Some(rules::trial(work, owner, &definition, event)?),
            None => None,
        };
        let passed_over = match (rule, event) {
            (Some(rule), Some(event)) => rules::passed_over(work, rule, event)?,
            _ => None,
        };
        let (explanation, actions) = match trial {
            Some(trial) => (Some(trial.explanation), Some(trial.actions)),
            None => (None, None),
        };
        Answer::ok(&Trial {
            findings,
            matched: explanation.as_ref().map(|explanation| explanation.matched),
            passed_over,
            explanation,
            actions,
        })
    })
    .await
}

/// What is wrong with a definition, and what it would have done.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RuleTrial")]
pub(crate) struct Trial {
    /// Errors first; a rule with errors is not taken.
    findings: Vec<Finding>,
    /// Whether its triggers and conditions hold for the event, if there is one.
    matched: Option<bool>,
    /// Why the rule, if it is one, is not asked about such an event all the same: it is switched off, or not there.
    passed_over: Option<String>,
    explanation: Option<Explanation>,
    /// What it would have done, as people read it.
    actions: Option<Vec<String>>,
}

/// `GET /portico/v1/rules/{rule_id}/runs`
pub async fn runs(call: Call) -> Result {
    let id: RuleId = call.id(0)?;
    let paging = call.whole()?;
    call.read(move |work| {
        let runs = rules::runs(work, id)?;
        let shown = runs.iter().map(|run| Run {
            version: run.version,
            event_id: run.event,
            conversation_id: run.conversation,
            matched: run.matched,
            explanation: run.explanation.clone(),
            created_at: Seconds(run.created_at),
        });
        Answer::list(&paging, shown)
    })
    .await
}

/// A run of a rule.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RuleRun")]
pub(crate) struct Run {
    /// The version of the definition that ran.
    version: i64,
    event_id: EventId,
    conversation_id: ConversationId,
    matched: bool,
    #[schemars(with = "Explanation")]
    explanation: Value,
    created_at: Seconds,
}

/// Where a macro is run.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunMacro {
    /// The conversation.
    conversation_id: String,
    /// The teammate who runs it; the token's bot otherwise.
    #[serde(default)]
    teammate_id: Option<String>,
}

/// `POST /portico/v1/rules/{rule_id}/run`
pub async fn run(call: Call) -> Result {
    let id: RuleId = call.id(0)?;
    let body: RunMacro = call.body()?;
    let conversation: ConversationId = body.conversation_id.parse().map_err(desk::Error::from)?;
    let who: Option<Who> = body.teammate_id.as_deref().map(str::parse).transpose()?;
    call.write(move |work| {
        let actor = match &who {
            Some(who) => {
                let teammate = Some(teammates::resolve(work, who)?);
                desk::Actor { kind: desk::ActorKind::Teammate, teammate }
            }
            None => work.actor,
        };
        let explanation = work.acting(actor, |work| rules::run_macro(work, id, conversation))?;
        Answer::ok(&MacroRun { matched: explanation.matched, explanation })
    })
    .await
}

/// What became of a macro.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MacroRun {
    matched: bool,
    explanation: Explanation,
}

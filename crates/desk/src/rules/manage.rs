//! Making, changing, ordering, switching and trying rules: what Front only offers in its own pages.

use serde_json::{Value, json};

use super::book::Rule;
use super::compile::compile;
use super::definition::{Definition, LONGEST_NAME, TriggerKind};
use super::evaluate::{Mode, evaluate};
use super::explanation::Explanation;
use super::gather::Gathered;
use super::leaf::Noun;
use super::validate::{Finding, is_acceptable, validate};
use super::{kinds, lint_fields, lint_templates, reach, react, sentences, store, words};
use crate::access::Owner;
use crate::conversations;
use crate::error::{Error, Result};
use crate::events::{self, Event, Kind, Record};
use crate::ids::{ConversationId, EventId, InboxId, RuleId, TeamId, TeammateId, TimeGoalId};
use crate::message_templates;
use crate::names;
use crate::teammates;
use crate::time::Timestamp;
use crate::work::Work;

/// A new rule or macro.
#[derive(Debug, Clone)]
pub struct New {
    /// What it is called.
    pub name: String,
    /// The workspace it belongs to.
    pub team: Option<TeamId>,
    /// The teammate it belongs to; neither means the company's.
    pub owner: Option<TeammateId>,
    /// Whether it runs from now on.
    pub is_enabled: bool,
    /// What it does, as JSON (see [`super::definition`]).
    pub definition: Value,
}

db::record! {
    /// A run that was kept.
    #[derive(Debug, Clone)]
    pub struct Run {
        pub id: i64,
        pub version: i64,
        pub event: EventId,
        pub conversation: ConversationId,
        pub matched: bool,
        pub explanation: Value,
        pub created_at: Timestamp,
    }
}

/// What a definition would do for an event, nothing executed.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Every trigger and condition with the value found.
    pub explanation: Explanation,
    /// The actions, as people read them.
    pub actions: Vec<String>,
}

/// What is wrong with a definition, errors first; a rule with errors is not taken. To a rule of this owner, what it may
/// not name is not there.
pub fn check(work: &mut Work<'_>, owner: Owner, definition: &Value) -> Result<(Definition, Vec<Finding>)> {
    let parsed: Definition =
        serde_json::from_value(definition.clone()).map_err(|error| Error::invalid("definition", error.to_string()))?;
    let directory = work.directory()?;
    let mut findings = lint_fields::field_values(&parsed, &directory);
    findings.extend(validate(&parsed, &mut |noun, id| {
        words::resolve(&directory, noun, id).filter(|id| reach::may_name(&directory, owner, noun, *id))
    }));
    let mut templates = lint_templates::named(&parsed);
    templates.retain(|id| reach::may_name(&directory, owner, Noun::Template, id.0));
    let said = message_templates::said(work, &templates)?;
    lint_templates::templates(&parsed, &said, &mut findings);
    Ok((parsed, findings))
}

fn accept(work: &mut Work<'_>, owner: Owner, definition: &Value) -> Result<Definition> {
    if owner == Owner::Company {
        // It runs in every conversation, and what it does and tells is for its author to say.
        work.access.require_everything()?;
    }
    let (parsed, findings) = check(work, owner, definition)?;
    if !is_acceptable(&findings) {
        let first = findings.first().map(|finding| (finding.field.clone(), finding.message.clone()));
        let (field, why) = first.unwrap_or_default();
        return Err(Error::invalid(format!("definition.{field}"), why));
    }
    Ok(parsed)
}

fn is_macro(definition: &Definition) -> bool {
    definition.when.iter().any(|trigger| trigger.kind() == TriggerKind::Macro)
}

/// Adds a rule behind the others of its owner. A definition with errors is refused, naming the first.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<RuleId> {
    if new.team.is_some() && new.owner.is_some() {
        return Err(Error::invalid("teammate_id", "a rule belongs to a workspace or to a teammate, not to both"));
    }
    let definition = accept(work, Owner::of(new.team, new.owner), &new.definition)?;
    let new = New { name: names::checked("name", &new.name, LONGEST_NAME)?, ..new.clone() };
    let directory = work.directory()?;
    if let Some(team) = new.team
        && directory.team(team).is_none()
    {
        return Err(Error::NotFound("team"));
    }
    if let Some(owner) = new.owner
        && directory.teammate(owner).is_none()
    {
        return Err(Error::NotFound("teammate"));
    }
    let beside = directory.rules.all().filter(|rule| rule.team == new.team && rule.owner == new.owner);
    let beside = beside.filter(|rule| rule.time_goal.is_none());
    let position = beside.map(|rule| rule.position + 1).max().unwrap_or(1);
    let id = add(work, &new, &definition, (position, None))?;
    events::record_setting(work, Kind::Setting, json!({"rule": [null, id.to_string()], "name": [null, new.name]}))?;
    Ok(id)
}

/// Keeps a rule that was accepted, with a bot that writes its comments and drafts.
pub(super) fn add(
    work: &mut Work<'_>,
    new: &New,
    definition: &Definition,
    (position, time_goal): (i64, Option<TimeGoalId>),
) -> Result<RuleId> {
    let id = RuleId(work.new_id());
    let bot = teammates::create(
        work,
        &teammates::New {
            r#type: if is_macro(definition) { "macro" } else { "rule" },
            email: format!("{id}@rules.portico.invalid"),
            username: id.to_string(),
            first_name: new.name.clone(),
            last_name: String::new(),
            is_admin: false,
            bot_source: Some(id.to_string()),
        },
    )?;
    let row = store::Stored {
        id,
        team: new.team,
        owner: new.owner,
        name: new.name.clone(),
        position,
        is_enabled: new.is_enabled,
        is_macro: is_macro(definition),
        version: 1,
        definition: new.definition.clone(),
        bot,
        time_goal,
    };
    store::insert(work.conn, work.company, &row, work.now)?;
    store::insert_version(work.conn, work.company, id, 1, &row.definition, work.now)?;
    work.directory_changed()?;
    Ok(id)
}

/// Gives a rule another name or definition. A changed definition is a new version; runs keep the one they ran with.
pub fn change(work: &mut Work<'_>, id: RuleId, name: Option<&str>, definition: Option<&Value>) -> Result<()> {
    own(work, id)?;
    let mut row = store::get(work.conn, work.company, id)?.ok_or(Error::NotFound("rule"))?;
    let before = (row.name.clone(), row.version);
    if let Some(name) = name {
        row.name = names::checked("name", name, LONGEST_NAME)?;
    }
    if let Some(definition) = definition.filter(|definition| **definition != row.definition) {
        row.is_macro = is_macro(&accept(work, Owner::of(row.team, row.owner), definition)?);
        row.definition = definition.clone();
        row.version += 1;
        store::insert_version(work.conn, work.company, id, row.version, definition, work.now)?;
    }
    if before == (row.name.clone(), row.version) {
        return Ok(());
    }
    save(work, &row, json!({"rule": id.to_string(), "name": [before.0, row.name], "version": [before.1, row.version]}))
}

/// Switches a rule on or off.
pub fn switch(work: &mut Work<'_>, id: RuleId, is_enabled: bool) -> Result<()> {
    own(work, id)?;
    let mut row = store::get(work.conn, work.company, id)?.ok_or(Error::NotFound("rule"))?;
    if row.is_enabled == is_enabled {
        return Ok(());
    }
    row.is_enabled = is_enabled;
    save(work, &row, json!({"rule": id.to_string(), "is_enabled": [!is_enabled, is_enabled]}))
}

fn save(work: &mut Work<'_>, row: &store::Stored, change: Value) -> Result<()> {
    store::update(work.conn, work.company, row, work.now)?;
    work.directory_changed()?;
    events::record_setting(work, Kind::Setting, change)?;
    Ok(())
}

/// Puts the rules of one owner into an order. Those not named keep their order behind the named ones.
pub fn order(work: &mut Work<'_>, ids: &[RuleId]) -> Result<()> {
    let named = ids.iter().map(|id| own(work, *id)).collect::<Result<Vec<_>>>()?;
    let directory = work.directory()?;
    let Some(first) = named.first() else { return Ok(()) };
    if named.iter().any(|rule| (rule.team, rule.owner) != (first.team, first.owner)) {
        return Err(Error::invalid("rule_ids", "the rules to be ordered belong to different owners"));
    }
    let rest = directory
        .rules
        .all()
        .filter(|rule| (rule.team, rule.owner, rule.time_goal) == (first.team, first.owner, None))
        .filter(|rule| !ids.contains(&rule.id));
    let all: Vec<RuleId> = named.iter().map(|rule| rule.id).chain(rest.map(|rule| rule.id)).collect();
    for (position, id) in (1..).zip(&all) {
        store::place(work.conn, work.company, *id, position)?;
    }
    work.directory_changed()?;
    let shown: Vec<String> = all.iter().map(RuleId::to_string).collect();
    events::record_setting(work, Kind::Setting, json!({"rule_order": shown}))?;
    Ok(())
}

/// Removes a rule. Its past runs and events keep naming it.
pub fn remove(work: &mut Work<'_>, id: RuleId) -> Result<()> {
    own(work, id)?;
    if store::delete(work.conn, work.company, id, work.now)? == 0 {
        return Err(Error::NotFound("rule"));
    }
    work.directory_changed()?;
    events::record_setting(work, Kind::Setting, json!({"rule": [id.to_string(), null]}))?;
    Ok(())
}

/// A rule that the caller may see.
pub fn visible(work: &mut Work<'_>, id: RuleId) -> Result<std::sync::Arc<Rule>> {
    let directory = work.directory()?;
    let rule = directory.rules.get(id).filter(|rule| work.access.sees_owner(&directory, rule.team, rule.owner));
    rule.cloned().ok_or(Error::NotFound("rule"))
}

/// A rule that the caller may see and change by itself.
fn own(work: &mut Work<'_>, id: RuleId) -> Result<std::sync::Arc<Rule>> {
    let rule = visible(work, id)?;
    match rule.time_goal {
        None => Ok(rule),
        Some(goal) => {
            Err(Error::Conflict(format!("{id} is a part of the time goal {goal}, and changes with it alone")))
        }
    }
}

/// The rules that the caller may see, in the order in which they run.
pub fn list(work: &mut Work<'_>) -> Result<Vec<std::sync::Arc<Rule>>> {
    let directory = work.directory()?;
    let seen = directory.rules.all().filter(|rule| work.access.sees_owner(&directory, rule.team, rule.owner));
    Ok(seen.cloned().collect())
}

/// The last runs of a rule, the newest first.
pub fn runs(work: &mut Work<'_>, id: RuleId) -> Result<Vec<Run>> {
    visible(work, id)?;
    Ok(store::runs(work.conn, work.company, id)?)
}

/// What a definition would do for an event that happened, with every condition and the value found. Nothing is changed.
/// The conversation is asked as it is now.
pub fn trial(work: &mut Work<'_>, owner: Owner, definition: &Value, event: EventId) -> Result<Trial> {
    let (parsed, findings) = check(work, owner, definition)?;
    let directory = work.directory()?;
    let mut outside = words::Outside::default();
    let mut resolve = |noun, id: &str| {
        let found = words::resolve(&directory, noun, id);
        outside.note(noun, found);
        found
    };
    let compiled = compile(&parsed, &mut resolve).map_err(|_| {
        let first = findings.first().map(|finding| (finding.field.clone(), finding.message.clone()));
        let (field, why) = first.unwrap_or_default();
        Error::invalid(format!("definition.{field}"), why)
    })?;
    let event = events::get(work, event)?;
    let conversation = event.conversation.ok_or(Error::NotFound("event"))?;
    let mut facts = Gathered::new(event.clone(), conversation);
    let mut kinds = kinds::of(work, &event, &mut facts)?;
    // Delays and macros are tried on the conversation as if their moment were now.
    kinds.extend(
        compiled.kinds().into_iter().filter(|kind| *kind == TriggerKind::Macro || TriggerKind::DELAYED.contains(kind)),
    );
    let mut explanation = evaluate(&compiled, &kinds, &mut facts.with(work), Mode::Complete)?;
    let named = outside.named(work)?;
    let mut names = |noun, id: &str| words::name(&directory, noun, id).or_else(|| named.name(noun, id));
    sentences::describe(&mut explanation, &parsed, &mut names);
    let actions = sentences::actions(&parsed, &mut names);
    Ok(Trial { explanation, actions })
}

/// Why a rule is not even asked when an event like this one happens; nothing if it is.
pub fn passed_over(work: &mut Work<'_>, id: RuleId, event: EventId) -> Result<Option<String>> {
    let rule = visible(work, id)?;
    let directory = work.directory()?;
    let event = events::get(work, event)?;
    let is_near = |inbox: &InboxId| directory.inbox(*inbox).is_some_and(|inbox| rule.covers(inbox));
    let not_for = match event.conversation {
        Some(id) => kinds::not_for(work, &rule, &event, &mut Gathered::new(event.clone(), id))?,
        None => None,
    };
    Ok(match &rule.fault {
        Some(fault) => Some(format!("the rule cannot run: {fault}")),
        None if !rule.is_enabled => Some("the rule is switched off".to_string()),
        None if rule.is_macro => Some("it is a macro, which runs when somebody says so".to_string()),
        None if event.cause_rule == Some(id) => Some("the rule itself has caused the event".to_string()),
        None if !rule.is_everywhere() && !event.inboxes.iter().any(is_near) => {
            Some("the rule does not run in the inboxes of the event".to_string())
        }
        None => not_for.map(str::to_string),
    })
}

/// A teammate runs a macro in a conversation: its conditions are asked, then its actions done. The explanation tells how
/// each of them ended.
pub fn run_macro(work: &mut Work<'_>, id: RuleId, conversation: ConversationId) -> Result<Explanation> {
    let rule = visible(work, id)?;
    let compiled = match (&rule.compiled, rule.is_macro && rule.is_enabled) {
        (Some(compiled), true) => compiled.clone(),
        _ => return Err(Error::invalid("rule_id", format!("{id} is no macro that can be run"))),
    };
    let mut held = conversations::hold(work, conversation)?;
    let event_id = held.record(work, Record::plain(Kind::MacroTriggered).changing(json!({"macro": id.to_string()})))?;
    held.save(work)?;
    let event = events::find(work, event_id)?.ok_or(Error::NotFound("event"))?;
    let mut facts = Gathered::new(event.clone(), conversation);
    let kinds = [TriggerKind::Macro];
    let mut explanation = evaluate(&compiled, &kinds, &mut facts.with(work), Mode::Fast)?;
    if explanation.matched {
        let as_event = Event { depth: 0, ..event };
        react::act(work, &as_event, conversation, &rule, &mut explanation, &mut facts)?;
    }
    Ok(explanation)
}

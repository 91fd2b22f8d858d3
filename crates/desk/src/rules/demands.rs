//! Tags that a rule wants on a conversation before somebody archives or moves it.
//!
//! The rule's run leaves a demand on the conversation. The demand is looked at when a step is taken, with the rule as it
//! is then: switched off, deleted or changed, it asks for nothing or for something else.

use super::action::{Action, Step};
use super::store;
use crate::conversations::{self, Held, tagging};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{ConversationId, RuleId, TagId};
use crate::work::{ActorKind, Work};

/// Leaves the demands of a rule on a conversation.
pub(super) fn leave(work: &mut Work<'_>, rule: RuleId, conversation: ConversationId) -> Result<()> {
    store::insert_demand(work.conn, work.company, conversation, rule)?;
    Ok(())
}

/// Takes all demands off a conversation that is deleted for good.
pub(crate) fn forget(work: &mut Work<'_>, conversation: ConversationId) -> Result<()> {
    store::forget_demands(work.conn, work.company, conversation)?;
    Ok(())
}

/// Refuses a step that waits for a tag.
pub(crate) fn meet(work: &mut Work<'_>, held: &Held, step: Step) -> Result<()> {
    match unmet(work, held, step)? {
        Some(why) => Err(Error::Conflict(why)),
        None => Ok(()),
    }
}

/// Why a step of this actor has to wait for a tag; `None` if it need not.
pub(crate) fn unmet(work: &mut Work<'_>, held: &Held, step: Step) -> Result<Option<String>> {
    let directory = work.directory()?;
    if !is_bound(work.actor.kind) || held.is_new() || !directory.rules.demands_tags() {
        return Ok(None);
    }
    let mut present = None;
    for rule in store::demands(work.conn, work.company, held.row.id)? {
        let Some(rule) = directory.rules.get(rule).filter(|rule| rule.is_enabled) else { continue };
        for action in rule.compiled.iter().flat_map(|compiled| &compiled.actions) {
            let Action::RequireTag { before, tags } = action else { continue };
            if !before.contains(&step) {
                continue;
            }
            let present = match &mut present {
                Some(present) => present,
                none => none.insert(conversations::tags_of(work, held.row.id)?),
            };
            let is_met = match tags.as_slice() {
                [] => !present.is_empty(),
                wanted => present.iter().any(|tag| wanted.contains(&tag.0)),
            };
            if !is_met {
                return Ok(Some(why(work, &directory, step, tags)));
            }
        }
    }
    Ok(None)
}

/// Whom a demand binds: people, what they run by hand, and programs that act through the API. Rules know what they do,
/// an import tells of the past, and what arrives, falls due or is done by Portico itself asks nobody.
fn is_bound(kind: ActorKind) -> bool {
    match kind {
        ActorKind::Teammate
        | ActorKind::Api
        | ActorKind::OauthClient
        | ActorKind::App
        | ActorKind::Macro
        | ActorKind::Agent => true,
        ActorKind::Rule | ActorKind::Channel | ActorKind::Import | ActorKind::Reminder | ActorKind::System => false,
    }
}

fn why(work: &Work<'_>, directory: &Directory, step: Step, tags: &[i64]) -> String {
    let step = match step {
        Step::Archive => "archived",
        Step::Move => "moved to another inbox",
    };
    let shown = tags.iter().filter_map(|id| directory.tag(TagId(*id)));
    let shown = shown.filter(|tag| tagging::is_shown(work, directory, tag));
    let named: Vec<String> = shown.map(|tag| format!("\"{}\" ({})", tag.name, tag.id)).collect();
    let which = match (tags, named.as_slice()) {
        ([], _) => "a tag".to_string(),
        (_, []) => "a tag that you cannot see".to_string(),
        (_, [one]) => format!("the tag {one}"),
        (_, several) => format!("one of the tags {}", several.join(", ")),
    };
    format!("a rule wants {which} on the conversation before it is {step}")
}

//! Events with what they are about, loaded in a fixed number of statements whatever the number of events.

use std::collections::HashMap;
use std::sync::Arc;

use super::store::{self, DepartedRule};
use super::{Event, Source, TargetKind};
use crate::comments;
use crate::conversations;
use crate::error::{Error, Result};
use crate::ids::{CommentId, ConversationId, LinkId, MessageId, RuleId};
use crate::links::{self, Link};
use crate::messages;
use crate::work::Work;

/// An event and what a full rendering shows.
#[derive(Debug, Clone)]
pub struct View {
    /// The event.
    pub event: Event,
    /// The conversation as it is now.
    pub conversation: Option<Arc<conversations::View>>,
    /// The subject of a conversation that was deleted for good.
    pub departed_subject: Option<String>,
    /// The rule that did it, if it was removed since.
    pub departed_rule: Option<Arc<DepartedRule>>,
    /// The message it is about.
    pub message: Option<Arc<messages::View>>,
    /// The comment it is about.
    pub comment: Option<Arc<comments::View>>,
    /// The link it is about.
    pub link: Option<Link>,
}

/// One event with what it is about.
pub fn view(work: &mut Work<'_>, event: Event) -> Result<View> {
    views(work, vec![event])?.pop().ok_or(Error::NotFound("event"))
}

/// Events with what they are about, in the order given. Inboxes that the caller does not see are left out.
pub fn views(work: &mut Work<'_>, mut events: Vec<Event>) -> Result<Vec<View>> {
    let directory = work.directory()?;
    if let Some(visible) = work.access.inboxes(&directory) {
        events.iter_mut().for_each(|event| event.inboxes.retain(|inbox| visible.contains(inbox)));
    }
    let targets = |kind: TargetKind| -> Vec<i64> {
        let mut ids: Vec<i64> =
            events.iter().filter_map(|event| event.target).filter(|t| t.kind == kind).map(|t| t.id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let messages: Vec<MessageId> = targets(TargetKind::Message).into_iter().map(MessageId).collect();
    let comments: Vec<CommentId> = targets(TargetKind::Comment).into_iter().map(CommentId).collect();
    let links: Vec<LinkId> = targets(TargetKind::Link).into_iter().map(LinkId).collect();
    let mut about: Vec<ConversationId> = events.iter().filter_map(|event| event.conversation).collect();
    about.sort_unstable();
    about.dedup();
    let conversations: HashMap<_, _> =
        conversations::load(work, &about)?.into_iter().map(|view| (view.row.id, Arc::new(view))).collect();
    let subjects = departed_subjects(work, about.into_iter().filter(|id| !conversations.contains_key(id)).collect())?;
    let rules = departed_rules(work, &events)?;
    let messages: HashMap<_, _> =
        messages::load(work, &messages)?.into_iter().map(|view| (view.row.id.0, Arc::new(view))).collect();
    let comments: HashMap<_, _> =
        comments::load(work, &comments)?.into_iter().map(|view| (view.row.id.0, Arc::new(view))).collect();
    let links: HashMap<_, _> = links::load(work, &links)?.into_iter().map(|link| (link.id.0, link)).collect();
    let view = |event: Event| {
        let target = |kind| event.target.filter(|target| target.kind == kind).map(|target| target.id);
        View {
            conversation: event.conversation.and_then(|id| conversations.get(&id).cloned()),
            departed_subject: event.conversation.and_then(|id| subjects.get(&id).cloned()),
            departed_rule: rule_of(&event).and_then(|id| rules.get(&id).cloned()),
            message: target(TargetKind::Message).and_then(|id| messages.get(&id).cloned()),
            comment: target(TargetKind::Comment).and_then(|id| comments.get(&id).cloned()),
            link: target(TargetKind::Link).and_then(|id| links.get(&id).cloned()),
            event,
        }
    };
    Ok(events.into_iter().map(view).collect())
}

fn rule_of(event: &Event) -> Option<RuleId> {
    match event.source() {
        Source::Rule(id) => Some(id),
        _ => None,
    }
}

/// The log alone still tells what conversations were about that are gone.
fn departed_subjects(work: &mut Work<'_>, gone: Vec<ConversationId>) -> Result<HashMap<ConversationId, String>> {
    if gone.is_empty() {
        return Ok(HashMap::new());
    }
    let ends = store::ends(work.conn, work.company, &gone)?;
    let subject = |(id, change): (ConversationId, Option<serde_json::Value>)| {
        let subject = change.as_ref().and_then(|change| change["subject"][0].as_str()).unwrap_or_default();
        (id, subject.to_string())
    };
    Ok(ends.into_iter().map(subject).collect())
}

fn departed_rules(work: &mut Work<'_>, events: &[Event]) -> Result<HashMap<RuleId, Arc<DepartedRule>>> {
    let directory = work.directory()?;
    let mut gone: Vec<RuleId> =
        events.iter().filter_map(rule_of).filter(|id| directory.rules.get(*id).is_none()).collect();
    gone.sort_unstable();
    gone.dedup();
    if gone.is_empty() {
        return Ok(HashMap::new());
    }
    let rules = store::departed_rules(work.conn, work.company, &gone)?;
    Ok(rules.into_iter().map(|rule| (rule.id, Arc::new(rule))).collect())
}

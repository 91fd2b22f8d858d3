//! Does what a rule says: every action is one of the desk's own operations, run as the rule.

use serde_json::json;

use super::action::{Action, Choosing, Content as Written, LinkTo, Person, WebhookBody};
use super::book::Rule;
use super::choose::{Candidate, Choice, Circumstances, MOST_OPEN, choose};
use super::condition::{Pool, Scalar};
use super::explanation::{Ended, Outcome};
use super::facts::{Facts, Field, Value};
use super::gather::{Gathered, pool_members};
use super::values::{TOO_LONG, filled};
use super::variables::Markup;
use super::{demands, forwarding, owed, past, pauses, store, waiting};
use crate::attachments;
use crate::conversations::{self, Action as Step, Held, assign, following, linking, snooze, tagging};
use crate::custom_fields;
use crate::deliveries;
use crate::endpoints;
use crate::error::{Error, Result};
use crate::events::{Event, Kind, Shape};
use crate::ids::{ConversationId, CustomFieldId, InboxId, LinkId, MessageTemplateId, StatusId, TagId, TeammateId};
use crate::message_templates;
use crate::messages::drafts::{self, NewDraft};
use crate::messages::{self, Addressees, Content, Letter, Options, Reply, Signing};
use crate::teams::Team;
use crate::time::Timestamp;
use crate::work::Work;

/// What every action works on.
pub(super) struct Scene<'s> {
    event: &'s Event,
    pub(super) conversation: ConversationId,
    pub(super) rule: &'s Rule,
    index: usize,
    pub(super) facts: &'s mut Gathered,
}

/// Runs the actions of a matching rule, in order. An error undoes them all. Notes in `outcomes` how each that was reached
/// ended, the failed one included, and answers whether one said to skip all later rules.
pub(super) fn all(
    work: &mut Work<'_>,
    (event, conversation, rule): (&Event, ConversationId, &Rule),
    actions: &[Action],
    facts: &mut Gathered,
    outcomes: &mut Vec<Outcome>,
) -> Result<bool> {
    let numbered: Vec<(usize, &Action)> = actions.iter().enumerate().collect();
    some(work, (event, conversation, rule), &numbered, facts, outcomes)
}

/// Runs some of a rule's actions, each with its place in the definition.
pub(super) fn some(
    work: &mut Work<'_>,
    (event, conversation, rule): (&Event, ConversationId, &Rule),
    actions: &[(usize, &Action)],
    facts: &mut Gathered,
    outcomes: &mut Vec<Outcome>,
) -> Result<bool> {
    for (at, (index, action)) in actions.iter().copied().enumerate() {
        let renewed = if at > 0 { facts.renew(work) } else { Ok(()) };
        let mut scene = Scene { event, conversation, rule, index, facts: &mut *facts };
        let done = renewed.and_then(|()| one(work, &mut scene, action));
        let ended = match &done {
            Ok(ended) => ended.clone(),
            Err(error) => Ended::Failed { why: error.to_string() },
        };
        outcomes.push(Outcome::new(index, ended));
        done?;
        if matches!(action, Action::Stop {}) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn did() -> Ended {
    Ended::Done { note: None }
}

fn noted(note: impl Into<String>) -> Ended {
    Ended::Done { note: Some(note.into()) }
}

pub(super) fn skipped(why: impl Into<String>) -> Ended {
    Ended::Skipped { why: why.into() }
}

/// Done if something changed, else skipped with the reason.
fn if_changed(changed: bool, why: &str) -> Ended {
    if changed { did() } else { skipped(why) }
}

/// Holds the conversation for one action and saves it.
fn held<'c, T>(
    work: &mut Work<'c>,
    id: ConversationId,
    part: impl FnOnce(&mut Work<'c>, &mut Held) -> Result<T>,
) -> Result<T> {
    let mut held = conversations::hold(work, id)?;
    let answer = part(work, &mut held)?;
    held.save(work)?;
    Ok(answer)
}

fn one(work: &mut Work<'_>, scene: &mut Scene<'_>, action: &Action) -> Result<Ended> {
    let id = scene.conversation;
    let step = |work: &mut Work<'_>, step: Step| {
        let changed = held(work, id, |work, held| conversations::act(work, held, step))?;
        Ok(if_changed(changed, "it was there already"))
    };
    match action {
        Action::Assign { to } => give(work, id, Some(TeammateId(*to))),
        Action::AssignToPerson { person } => match whom(work, scene, *person)? {
            Some(teammate) => give(work, id, Some(teammate)),
            None => Ok(skipped("there is nobody to assign to")),
        },
        Action::AssignAmong { among, by, limit } => assign_among(work, scene, among, *by, *limit),
        Action::Unassign {} => give(work, id, None),
        Action::AddTags { tags } => {
            let tags: Vec<TagId> = tags.iter().map(|id| TagId(*id)).collect();
            held(work, id, |work, held| tagging::add(work, held, &tags))?;
            Ok(did())
        }
        Action::RemoveTags { tags } => {
            let tags: Vec<TagId> = tags.iter().map(|id| TagId(*id)).collect();
            let tags = owed::free(work, scene.rule, (scene.event, id), &tags)?;
            held(work, id, |work, held| tagging::remove(work, held, &tags))?;
            Ok(if_changed(!tags.is_empty(), "another time goal wants it there"))
        }
        Action::Archive {} => step(work, Step::Archive),
        Action::Reopen {} => step(work, Step::Reopen),
        Action::Trash {} => step(work, Step::Trash),
        Action::MarkSpam {} => step(work, Step::Spam),
        Action::Snooze { until } => match until.instant(work.now.0) {
            Some(instant) => {
                let bot = scene.rule.bot;
                held(work, id, |work, held| snooze::begin(work, held, (bot, Timestamp(instant)), None))?;
                Ok(noted(instant.to_string()))
            }
            None => Ok(skipped("the time is over")),
        },
        Action::SetTicketStatus { status } => {
            let changed =
                held(work, id, |work, held| conversations::standing::set_ticket_status(work, held, StatusId(*status)))?;
            Ok(if_changed(changed, "it has the status already"))
        }
        Action::AddFollowers { teammates } => {
            let who: Vec<TeammateId> = teammates.iter().map(|id| TeammateId(*id)).collect();
            held(work, id, |work, held| following::add(work, held, &who))?;
            Ok(did())
        }
        Action::RemoveFollowers { teammates } => {
            let who: Vec<TeammateId> = teammates.iter().map(|id| TeammateId(*id)).collect();
            held(work, id, |work, held| following::remove(work, held, &who))?;
            Ok(did())
        }
        Action::Comment { body, mentions } => {
            let mentions: Vec<TeammateId> = mentions.iter().map(|id| TeammateId(*id)).collect();
            comment(work, scene, body, mentions)
        }
        Action::Notify { teammates, text } => {
            let mentions: Vec<TeammateId> = teammates.iter().map(|id| TeammateId(*id)).collect();
            let body = text.clone().unwrap_or_else(|| format!("The rule \"{}\" asks for attention.", scene.rule.name));
            comment(work, scene, &body, mentions)
        }
        Action::Reply { content, channel, archive } => {
            reply(work, scene, content, channel.map(crate::ids::ChannelId), *archive, false)
        }
        Action::AutoReply { content, channel, once_per } => {
            auto_reply(work, scene, content, channel.map(crate::ids::ChannelId), once_per.map(|period| period.0))
        }
        Action::Draft { content, channel } => draft(work, scene, content, channel.map(crate::ids::ChannelId)),
        Action::AddToList { list } => contact_list(work, scene, *list, true),
        Action::RemoveFromList { list } => contact_list(work, scene, *list, false),
        Action::AddLink { link } => add_link(work, scene, link),
        Action::RemoveLink { link } => remove_link(work, scene, link),
        Action::Webhook { url, body, retries } => webhook(work, scene, url, *body, *retries),
        Action::Move { inbox } => {
            let moved = held(work, id, |work, held| conversations::moving::set(work, held, &[InboxId(*inbox)]))?;
            Ok(if_changed(moved, "it is there already"))
        }
        Action::AddInbox { inbox } => {
            let moved = held(work, id, |work, held| {
                let mut all = held.inboxes.clone();
                all.push(InboxId(*inbox));
                conversations::moving::set(work, held, &all)
            })?;
            Ok(if_changed(moved, "it is there already"))
        }
        Action::SetConversationField { field, value } => {
            set_field(work, scene, ("conversation", CustomFieldId(*field)), value.as_ref())
        }
        Action::SetContactField { field, value } => {
            set_field(work, scene, ("contact", CustomFieldId(*field)), value.as_ref())
        }
        Action::Forward { to, note } => forwarding::forward(work, scene, to, note.as_ref()),
        Action::SetAccountField { field, value } => {
            set_field(work, scene, ("account", CustomFieldId(*field)), value.as_ref())
        }
        Action::SendSurvey {} | Action::CallConnector { .. } => Ok(skipped("this company has nothing that does it")),
        Action::RequireTag { .. } => {
            demands::leave(work, scene.rule.id, id)?;
            Ok(did())
        }
        Action::Stop {} => Ok(did()),
    }
}

/// Sets a custom field of the conversation, of the contact it is with, or of that contact's account.
fn set_field(
    work: &mut Work<'_>,
    scene: &mut Scene<'_>,
    (of, field): (&str, CustomFieldId),
    value: Option<&Scalar>,
) -> Result<Ended> {
    let directory = work.directory()?;
    let Some(field) = directory.custom_fields(of).find(|row| row.id == field) else {
        return Ok(skipped("the field is gone"));
    };
    let mut unresolved = Vec::new();
    let value = match value {
        None => json!(null),
        Some(Scalar::Flag(flag)) => json!(flag),
        Some(Scalar::Number(number)) if number.fract() == 0.0 && number.abs() < 9e15 => json!(*number as i64),
        Some(Scalar::Number(number)) => json!(number),
        Some(Scalar::Text(text)) => {
            let place = (scene.rule, scene.conversation);
            let Some((text, missing)) = filled(work, scene.facts, place, text, Markup::Plain)? else {
                return Ok(skipped(TOO_LONG));
            };
            unresolved = missing;
            json!(text)
        }
    };
    let value = match custom_fields::meant(&directory, field, value) {
        Ok(value) => value,
        Err(why) => return Ok(skipped(why)),
    };
    match of {
        "account" => {
            let Some(account) = scene.facts.account(work)? else { return Ok(skipped(NO_ACCOUNT)) };
            crate::accounts::set_field(work, &account, &field.name, value)?;
        }
        "contact" => {
            let Some(contact) = scene.facts.row(work)?.and_then(|row| row.recipient_contact) else {
                return Ok(skipped(NO_CONTACT));
            };
            crate::contacts::set_field(work, contact, &field.name, value)?;
        }
        _ => held(work, scene.conversation, |work, held| conversations::fields::set(work, held, &field.name, value))?,
    }
    Ok(with_unresolved(&unresolved))
}

fn give(work: &mut Work<'_>, id: ConversationId, to: Option<TeammateId>) -> Result<Ended> {
    let changed = held(work, id, |work, held| assign::give(work, held, to))?;
    Ok(if_changed(changed, "the assignee is the same"))
}

/// Somebody who is known only now.
fn whom(work: &mut Work<'_>, scene: &mut Scene<'_>, person: Person) -> Result<Option<TeammateId>> {
    let mut of = |field: Field| -> Result<Option<TeammateId>> {
        Ok(match scene.facts.with(work).get(&field)? {
            Value::Ids(ids) => ids.first().copied().map(TeammateId),
            _ => None,
        })
    };
    let first = match person {
        Person::Actor => of(Field::Actor)?,
        Person::Author => of(Field::Author)?,
        Person::Commenter => of(Field::Commenter)?,
        // A comment that mentions several is an event for each of them.
        Person::Mentioned if scene.event.kind == Kind::Mention => of(Field::EventTarget)?,
        Person::Mentioned => of(Field::Mention)?,
        Person::LastReplier => past::last_replier(work, scene.facts)?,
    };
    let directory = work.directory()?;
    Ok(first.filter(|id| directory.teammate(*id).is_some_and(|teammate| teammate.is_person() && !teammate.is_blocked)))
}

fn assign_among(
    work: &mut Work<'_>,
    scene: &mut Scene<'_>,
    among: &Pool,
    by: Choosing,
    limit: Option<u32>,
) -> Result<Ended> {
    let directory = work.directory()?;
    let inboxes = scene.facts.inboxes(work)?;
    let members = pool_members(&directory, among, inboxes);
    // Each workspace has limits of its own; a rule of one that the conversation is in counts there.
    let teams = || inboxes.iter().filter_map(|id| directory.inbox(*id)?.team);
    let team = scene.rule.team.filter(|own| teams().any(|team| team == *own)).or_else(|| teams().next());
    let loads = match by {
        Choosing::LoadBalancing => {
            let ids: Vec<i64> = members.iter().map(|id| id.0).collect();
            let counted = directory.inboxes().filter(|inbox| team.is_none() || inbox.team == team);
            let counted: Vec<i64> = counted.map(|inbox| inbox.id.0).collect();
            store::loads(work.conn, work.company, &ids, &counted)?
        }
        Choosing::RoundRobin | Choosing::Random => Vec::new(),
    };
    let usual = team.and_then(|id| directory.team(id)).map_or(MOST_OPEN, Team::most_open);
    let candidates: Vec<Candidate> = members
        .iter()
        .map(|id| {
            let load = loads.iter().find(|(teammate, ..)| teammate == id);
            Candidate {
                teammate: id.0,
                is_available: directory.teammate(*id).is_some_and(|who| directory.is_available(who, work.now)),
                open: load.map_or(0, |(_, open, _)| u32::try_from(*open).unwrap_or(u32::MAX)),
                limit: limit.unwrap_or(usual).min(MOST_OPEN),
                last_assigned: load.and_then(|(.., last)| last.map(|at| at.0)),
            }
        })
        .collect();
    let action = i64::try_from(scene.index).unwrap_or(0);
    let last = store::turn(work.conn, work.company, scene.rule.id, action)?;
    let random = work.random().number();
    match choose(by, &candidates, Circumstances { last, random }) {
        Choice::Teammate(chosen) => {
            store::set_turn(work.conn, work.company, scene.rule.id, action, chosen)?;
            give(work, scene.conversation, Some(TeammateId(chosen)))?;
            Ok(noted(TeammateId(chosen).to_string()))
        }
        Choice::Nobody => Ok(skipped("there is nobody to choose from")),
        // Whatever waits for room goes on waiting when all have gone home meanwhile.
        Choice::NobodyAvailable if waiting::waits(work, scene.rule.id, scene.conversation)? => {
            wait(work, scene, "nobody is available")
        }
        Choice::NobodyAvailable => Ok(skipped("nobody is available")),
        Choice::AllAtLimit => wait(work, scene, "everybody has enough open conversations"),
    }
}

fn wait(work: &mut Work<'_>, scene: &Scene<'_>, why: &str) -> Result<Ended> {
    waiting::wait(work, scene.rule.id, scene.conversation, scene.event.id)?;
    Ok(Ended::Waiting { why: why.to_string() })
}

fn comment(work: &mut Work<'_>, scene: &mut Scene<'_>, body: &str, mentions: Vec<TeammateId>) -> Result<Ended> {
    let place = (scene.rule, scene.conversation);
    let Some((body, unresolved)) = filled(work, scene.facts, place, body, Markup::Plain)? else {
        return Ok(skipped(TOO_LONG));
    };
    let new = crate::comments::New {
        author: Some(scene.rule.bot),
        body,
        is_pinned: false,
        replied_to: None,
        uploads: Vec::new(),
        mentions,
    };
    crate::comments::add(work, scene.conversation, &new)?;
    Ok(with_unresolved(&unresolved))
}

pub(super) fn with_unresolved(unresolved: &[String]) -> Ended {
    match unresolved {
        [] => did(),
        some => noted(format!("no value for {}", some.join(", "))),
    }
}

/// What a rule writes, with its variables filled, and the variables without a value; or why nothing comes of it. The files
/// of a template go with it, and its subject, if there is anything in it, takes the place of the conversation's.
fn letter(
    work: &mut Work<'_>,
    scene: &mut Scene<'_>,
    content: &Written,
) -> Result<std::result::Result<(Letter, Vec<String>), &'static str>> {
    let place = (scene.rule, scene.conversation);
    let (text, subject, files) = match content {
        Written::Text(text) => (text.clone(), None, Vec::new()),
        Written::Template(id) => match message_templates::load(work, MessageTemplateId(*id))? {
            None => return Ok(Err(NO_TEMPLATE)),
            Some(template) => (template.said.body, template.said.subject, template.attachments),
        },
    };
    let Some((html, mut unresolved)) = filled(work, scene.facts, place, &text, Markup::Html)? else {
        return Ok(Err(TOO_LONG));
    };
    let subject = match subject {
        None => None,
        Some(subject) => {
            let Some((line, more)) = filled(work, scene.facts, place, &subject, Markup::Plain)? else {
                return Ok(Err(TOO_LONG));
            };
            unresolved.extend(more.into_iter().filter(|name| !unresolved.contains(name)).collect::<Vec<_>>());
            // A value may have lines, and any length; a subject is one line.
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            Some(line.chars().take(messages::LONGEST_SUBJECT).collect()).filter(|line: &String| !line.is_empty())
        }
    };
    let letter = Letter {
        to: Addressees::default(),
        sender_name: None,
        subject,
        content: Content::html(&html),
        quote: None,
        signature: Signing::Nothing,
        uploads: files.into_iter().map(attachments::again).collect(),
    };
    Ok(Ok((letter, unresolved)))
}

const NO_TEMPLATE: &str = "the template is gone";
const NO_CONTACT: &str = "there is no contact";
const NO_ACCOUNT: &str = "the contact has no account";

fn reply(
    work: &mut Work<'_>,
    scene: &mut Scene<'_>,
    content: &Written,
    channel: Option<crate::ids::ChannelId>,
    archive: bool,
    is_auto: bool,
) -> Result<Ended> {
    let (letter, unresolved) = match letter(work, scene, content)? {
        Ok(written) => written,
        Err(why) => return Ok(skipped(why)),
    };
    let options = Options { archive, is_auto_reply: is_auto, ..Options::default() };
    let reply = Reply { conversation: scene.conversation, channel, letter, author: None, options };
    messages::reply(work, &reply)?;
    Ok(with_unresolved(&unresolved))
}

/// Two machines must never talk for ever: no answer to automatic messages, and one per contact in a while.
fn auto_reply(
    work: &mut Work<'_>,
    scene: &mut Scene<'_>,
    content: &Written,
    channel: Option<crate::ids::ChannelId>,
    pause: Option<i64>,
) -> Result<Ended> {
    let Some(message) = scene.facts.message(work)? else { return Ok(skipped("there is no message to answer")) };
    let is_machine = message.is_auto_reply || !message.is_inbound || super::machines::wrote(message);
    if is_machine {
        return Ok(skipped("a machine wrote, or nobody outside"));
    }
    let Some(contact) = scene.facts.row(work)?.and_then(|row| row.recipient_contact) else {
        return Ok(skipped("nobody is known to have written"));
    };
    let since = work.now.plus(-pause.unwrap_or(pauses::PAUSE));
    if !pauses::may_answer(work, scene.rule.id, contact, since)? {
        return Ok(skipped("the contact got one a while ago"));
    }
    reply(work, scene, content, channel, false, true)
}

fn draft(
    work: &mut Work<'_>,
    scene: &mut Scene<'_>,
    content: &Written,
    channel: Option<crate::ids::ChannelId>,
) -> Result<Ended> {
    let (letter, unresolved) = match letter(work, scene, content)? {
        Ok(written) => written,
        Err(why) => return Ok(skipped(why)),
    };
    let Some(channel) = channel.or(scene.facts.row(work)?.and_then(|row| row.channel)) else {
        return Ok(skipped("the conversation has no channel"));
    };
    let place = drafts::Place::In(scene.conversation, channel);
    drafts::draft(work, &NewDraft { place, letter, author: None, mode: drafts::Mode::Shared })?;
    Ok(with_unresolved(&unresolved))
}

fn contact_list(work: &mut Work<'_>, scene: &mut Scene<'_>, list: i64, add: bool) -> Result<Ended> {
    let Some(contact) = scene.facts.row(work)?.and_then(|row| row.recipient_contact) else {
        return Ok(skipped(NO_CONTACT));
    };
    let list = crate::ids::ContactListId(list);
    if !crate::contacts::has_list(work, list)? {
        return Ok(skipped("the list is gone"));
    }
    crate::contacts::put_on_list(work, list, contact, add)?;
    Ok(did())
}

fn add_link(work: &mut Work<'_>, scene: &mut Scene<'_>, link: &LinkTo) -> Result<Ended> {
    let place = (scene.rule, scene.conversation);
    let link = match link {
        LinkTo::Id(id) if crate::links::load(work, &[LinkId(*id)])?.is_empty() => {
            return Ok(skipped("the link is gone"));
        }
        LinkTo::Id(id) => LinkId(*id),
        LinkTo::Url(url) => {
            let Some((url, _)) = filled(work, scene.facts, place, url, Markup::Plain)? else {
                return Ok(skipped(TOO_LONG));
            };
            crate::links::ensure(work, &url, None)?
        }
    };
    held(work, scene.conversation, |work, held| linking::add(work, held, &[link]))?;
    Ok(did())
}

fn remove_link(work: &mut Work<'_>, scene: &mut Scene<'_>, link: &LinkTo) -> Result<Ended> {
    let id = scene.conversation;
    let place = (scene.rule, id);
    let link = match link {
        LinkTo::Id(id) => LinkId(*id),
        LinkTo::Url(url) => {
            let Some((url, _)) = filled(work, scene.facts, place, url, Markup::Plain)? else {
                return Ok(skipped(TOO_LONG));
            };
            let attached = crate::links::of(work, &[id])?.remove(&id).unwrap_or_default();
            match attached.iter().find(|link| link.external_url == url) {
                Some(link) => link.id,
                None => return Ok(skipped("there is no such link")),
            }
        }
    };
    held(work, id, |work, held| linking::remove(work, held, &[link]))?;
    Ok(did())
}

fn webhook(
    work: &mut Work<'_>,
    scene: &mut Scene<'_>,
    url: &str,
    body: WebhookBody,
    retries: Option<u8>,
) -> Result<Ended> {
    let shape = match body {
        WebhookBody::Full => Shape::Full,
        WebhookBody::Preview => Shape::Preview,
    };
    let policy = match retries {
        Some(0) => endpoints::Retries::Off,
        Some(times) => endpoints::Retries::Times(times),
        None => endpoints::Retries::Durable,
    };
    let delivery = match deliveries::enqueue_rule_webhook(work, scene.rule.id, url, scene.event, shape, policy) {
        Err(Error::Internal(why)) => return Ok(skipped(why)),
        other => other?,
    };
    Ok(noted(delivery.to_string()))
}

//! The values of variables in texts that rules write: `{{recipient.first_name}}` and the like (contract/domain.md
//! section 9, contract/rules.md section 7).

use super::book::Rule;
use super::definition::Trigger;
use super::facts::{Facts, Field, Value};
use super::gather::Gathered;
use super::past;
use super::variables::{Markup, fill, names, split_name};
use crate::conversations;
use crate::custom_fields;
use crate::error::Result;
use crate::ids::ConversationId;
use crate::messages::Message;
use crate::teammates::Teammate;
use crate::work::Work;

/// The longest text that variables may make, in bytes.
const LONGEST: usize = 1024 * 1024;
/// Why an action is passed over whose text would be longer.
pub(super) const TOO_LONG: &str = "its text with the variables filled in is too long";

/// Fills the variables of a text. Those without a value become empty; their names are answered beside the text. Nothing
/// is answered if it would become longer than a text may be.
pub(super) fn filled(
    work: &mut Work<'_>,
    facts: &mut Gathered,
    (rule, conversation): (&Rule, ConversationId),
    text: &str,
    markup: Markup,
) -> Result<Option<(String, Vec<String>)>> {
    let mut known = Vec::new();
    for name in names(text, markup) {
        if let Some(value) = value(work, facts, (rule, conversation), &name)? {
            known.push((name, value));
        }
    }
    let mut length = text.len();
    let filled = fill(text, markup, &mut |name| {
        let (_, value) = known.iter().find(|(key, _)| key == name)?;
        length = length.saturating_add(value.len());
        // What is thrown away is not written first.
        Some(if length > LONGEST { String::new() } else { value.clone() })
    });
    let is_short = length <= LONGEST && filled.text.len() <= LONGEST;
    Ok(is_short.then_some((filled.text, filled.unresolved)))
}

fn value(
    work: &mut Work<'_>,
    facts: &mut Gathered,
    (rule, id): (&Rule, ConversationId),
    name: &str,
) -> Result<Option<String>> {
    let Some((family, rest)) = name.split_once('.') else { return Ok(None) };
    match family {
        "rule" if rest == "name" => Ok(Some(rule.name.clone())),
        "user" => {
            let directory = work.directory()?;
            // A macro speaks for the person who runs it, a rule for itself.
            let user = facts.event.actor.teammate.filter(|_| rule.is_macro).unwrap_or(rule.bot);
            Ok(directory.teammate(user).and_then(|user| of_teammate(user, rest)))
        }
        "account" => of_account(work, facts, rest),
        "conversation" => of_conversation(work, facts, id, rest),
        "message" if rest == "author" => {
            let directory = work.directory()?;
            let author = facts.message(work)?.and_then(|message| message.author);
            Ok(author.and_then(|id| directory.teammate(id)).map(Teammate::full_name))
        }
        "message" => Ok(facts.message(work)?.and_then(|message| of_message(message, rest))),
        "recipient" | "contact" => of_recipient(work, facts, rest),
        "payload" if !is_declared(facts, rule, rest) => Ok(None),
        "payload" => Ok(written(facts.with(work).get(&Field::Payload(rest.into()))?)),
        "object" => Ok(facts.with(work).link_value(rest)?.as_ref().and_then(text)),
        "link" => match rest.strip_prefix("fields.") {
            Some(field) => Ok(facts.with(work).link_value(field)?.as_ref().and_then(text)),
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

/// Whether the app's trigger or the rule's own names a key of what an app tells.
fn is_declared(facts: &Gathered, rule: &Rule, key: &str) -> bool {
    let by_app = facts.event.change.as_ref().and_then(|change| change.get("declared")?.as_array());
    let by_rule = rule.compiled.iter().flat_map(|compiled| &compiled.triggers).any(|watch| match &watch.trigger {
        Trigger::AppEvent { payload, .. } => payload.iter().any(|declared| declared == key),
        _ => false,
    });
    by_rule || by_app.into_iter().flatten().any(|declared| declared == key)
}

fn written(value: Value<'_>) -> Option<String> {
    match value {
        Value::Flag(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.raw().to_string()),
        Value::Word(word) => Some(word.to_string()),
        _ => None,
    }
}

/// A JSON value as people read it.
fn text(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(_) | serde_json::Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// What a teammate is called in a variable's last word.
pub(crate) fn of_teammate(teammate: &Teammate, rest: &str) -> Option<String> {
    match rest {
        "id" => Some(teammate.id.to_string()),
        "name" => Some(teammate.full_name()),
        "first_name" => Some(teammate.first_name.clone()),
        "last_name" => Some(teammate.last_name.clone()),
        // The address of a bot is none that anybody could write to.
        "email" => teammate.is_person().then(|| teammate.email.clone()),
        _ => None,
    }
}

fn of_conversation(
    work: &mut Work<'_>,
    facts: &mut Gathered,
    id: ConversationId,
    rest: &str,
) -> Result<Option<String>> {
    let directory = work.directory()?;
    let joined = |names: Vec<String>| Some(names.join(", "));
    match rest {
        "tags" => {
            let tags = conversations::tags_of(work, id)?;
            return Ok(joined(tags.iter().filter_map(|tag| Some(directory.tag(*tag)?.name.clone())).collect()));
        }
        "inboxes" => {
            let inboxes = conversations::inboxes_of(work, id)?;
            return Ok(joined(inboxes.iter().filter_map(|id| Some(directory.inbox(*id)?.name.clone())).collect()));
        }
        "inbox_owner" => {
            let owner = facts.inboxes(work)?.iter().find_map(|id| directory.inbox(*id)?.owner);
            return Ok(owner.and_then(|id| directory.teammate(id)).map(Teammate::full_name));
        }
        "participants" => {
            let all = past::participants(work, facts)?;
            return Ok(joined(all.iter().filter_map(|id| Some(directory.teammate(*id)?.full_name())).collect()));
        }
        "links" => {
            let links = crate::links::of(work, &[id])?.remove(&id).unwrap_or_default();
            return Ok(joined(links.into_iter().map(|link| link.name).collect()));
        }
        _ => {}
    }
    let Some(row) = facts.row(work)? else { return Ok(None) };
    let assignee = row.assignee.and_then(|id| directory.teammate(id));
    Ok(match rest {
        "id" => Some(row.id.0.to_string()),
        "public_id" => Some(row.id.to_string()),
        "ticket_id" => row.ticket_number.map(|number| format!("TICKET-{number}")),
        "subject" => Some(row.subject.clone()),
        "status" => Some(row.shelf().reported().to_string()),
        "message_count" => Some(row.message_count.to_string()),
        "summary" => row.description.clone(),
        "assignee" => assignee.map(Teammate::full_name),
        "assignee.email" => assignee.map(|teammate| teammate.email.clone()),
        "assignee.first_name" => assignee.map(|teammate| teammate.first_name.clone()),
        "channels" => row.channel.and_then(|id| directory.channel(id)).map(|channel| channel.name.clone()),
        other => {
            let field = |name| custom_fields::value(&directory, "conversation", &row.custom_fields, name);
            other.strip_prefix("fields.").and_then(field).map(plain)
        }
    })
}

fn of_message(message: &Message, rest: &str) -> Option<String> {
    let handles = |role: &str| {
        let of = message.recipients().into_iter().filter(|to| to.role == role);
        Some(of.map(|to| to.handle).collect::<Vec<_>>().join(", "))
    };
    match rest {
        "id" => Some(message.id.0.to_string()),
        "public_id" => Some(message.id.to_string()),
        "subject" => Some(message.subject.clone()),
        "body" => Some(message.text.clone()),
        "from" | "sender" => handles("from"),
        "to" => handles("to"),
        "cc" => handles("cc"),
        "bcc" => handles("bcc"),
        "parent" => message.replied_to.map(|id| id.to_string()),
        "date" => jiff::Timestamp::from_millisecond(message.created_at.0).ok().map(|at| at.to_string()),
        other => {
            let header = other.strip_prefix("header.")?;
            let headers = message.metadata.get("headers")?.as_object()?;
            headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(header)).map(|(_, value)| plain(value))
        }
    }
}

fn of_recipient(work: &mut Work<'_>, facts: &mut Gathered, rest: &str) -> Result<Option<String>> {
    let Some(row) = facts.row(work)? else { return Ok(None) };
    let (handle, contact) = (row.recipient_handle.clone(), row.recipient_contact);
    let name = row.recipient_name.clone().or(handle.clone()).unwrap_or_default();
    let (first, last) = split_name(&name);
    let is_email = handle.as_deref().is_some_and(|handle| handle.contains('@'));
    Ok(match rest {
        "handle" => handle,
        "name" => Some(name.clone()),
        "first_name" => Some(first.to_string()),
        "last_name" => Some(last.to_string()),
        "email" => handle.filter(|_| is_email),
        "phone" => handle.filter(|handle| handle.starts_with('+')),
        "twitter" => handle.filter(|handle| handle.starts_with('@')),
        "link" => contact.map(|id| format!("{}/contacts/{id}", work.public_url())),
        other => {
            let field = other.strip_prefix("fields.").unwrap_or(other);
            match contact {
                Some(contact) => {
                    let (directory, values) = (work.directory()?, crate::contacts::fields_of(work, contact)?);
                    custom_fields::value(&directory, "contact", &values, field).map(plain)
                }
                None => None,
            }
        }
    })
}

fn of_account(work: &mut Work<'_>, facts: &mut Gathered, rest: &str) -> Result<Option<String>> {
    let Some(account) = facts.account(work)? else { return Ok(None) };
    match rest {
        "name" => Ok(Some(account.name)),
        other => {
            let Some(field) = other.strip_prefix("fields.") else { return Ok(None) };
            let directory = work.directory()?;
            Ok(custom_fields::value(&directory, "account", &account.custom_fields, field).map(plain))
        }
    }
}

/// A value as people write it: texts without quotation marks.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

//! Rules in words: what the editor, the log and the public API show instead of data.
//!
//! Names come from the caller; what has no name any more is shown by its id.

use super::action::{Action, Choosing, Content, LinkTo, Person, Step, Until, WebhookBody, Weekday};
use super::condition::Condition;
use super::condition::{Pool, Scalar};
use super::definition::{CallEvent, Definition, Trigger};
use super::explanation::Explanation;
use super::hours::Hours;
use super::leaf::Noun;
use super::periods::Period;
use super::phrases::leaf_phrase;

/// Finds the name of a public id.
pub type Names<'a> = &'a mut dyn FnMut(Noun, &str) -> Option<String>;

/// The sentences of a rule's actions, in order, as the public API lists them.
pub fn actions(definition: &Definition, names: Names<'_>) -> Vec<String> {
    let mut sentences: Vec<String> = definition.then.iter().map(|step| action(step, names)).collect();
    if definition.stop && definition.then.last() != Some(&Action::Stop {}) {
        sentences.push(action(&Action::Stop {}, names));
    }
    sentences
}

/// Fills in the sentences of an explanation from the version of the rule that it explains.
pub fn describe(explanation: &mut Explanation, definition: &Definition, names: Names<'_>) {
    for check in &mut explanation.checks {
        if let Some(found) = place(&check.path, "when").and_then(|at| definition.when.get(at)) {
            check.sentence = trigger(found, names);
        }
    }
    let mut leaves = Vec::new();
    collect(&definition.condition, "if".to_owned(), &mut leaves);
    for check in &mut explanation.checks {
        if let Some((_, leaf)) = leaves.iter().find(|(path, _)| path.as_str() == &*check.path) {
            let (subject, expected) = leaf_phrase(leaf, names);
            check.sentence = join(&subject, &expected);
            check.expected = expected;
        }
    }
    for outcome in &mut explanation.outcomes {
        if let Some(found) = place(&outcome.path, "then").and_then(|at| definition.then.get(at)) {
            outcome.sentence = action(found, names);
        }
    }
}

/// A condition in words, groups in brackets.
pub fn condition(condition: &Condition, names: Names<'_>) -> String {
    let Some((group, children)) = condition.children() else {
        let (subject, expected) = leaf_phrase(condition, names);
        return join(&subject, &expected);
    };
    let mut parts = children.iter().map(|child| {
        let words = self::condition(child, names);
        let plain = !matches!(child, Condition::All(inner) | Condition::Any(inner) if inner.len() > 1);
        if plain && group != "not" { words } else { format!("({words})") }
    });
    match group {
        "not" => format!("not {}", parts.next().unwrap_or_default()),
        _ if children.is_empty() => if group == "all" { "always" } else { "never" }.to_owned(),
        "any" => parts.collect::<Vec<_>>().join(" or "),
        _ => parts.collect::<Vec<_>>().join(" and "),
    }
}

/// A trigger in words.
pub fn trigger(trigger: &Trigger<String>, names: Names<'_>) -> String {
    let mut with = |words: &str, any: &str, noun: Noun, ids: &[String]| {
        if ids.is_empty() { format!("{any} {words}") } else { format!("{} {words}", either(names, noun, ids)) }
    };
    match trigger {
        Trigger::Inbound {} => "Inbound message is received".to_owned(),
        Trigger::InboundNewConversation {} => "Inbound message is received (new conversation)".to_owned(),
        Trigger::OutboundNewConversation {} => "Outbound message is sent (new conversation)".to_owned(),
        Trigger::OutboundReply {} => "Outbound reply is sent".to_owned(),
        Trigger::DeliveryFailed {} => "Message delivery fails".to_owned(),
        Trigger::Moved { inboxes } if inboxes.is_empty() => "Conversation is moved".to_owned(),
        Trigger::Moved { inboxes } => format!("Conversation is moved to {}", either(names, Noun::Inbox, inboxes)),
        Trigger::Archived {} => "Conversation is archived".to_owned(),
        Trigger::Reopened {} => "Conversation is reopened".to_owned(),
        Trigger::Trashed {} => "Conversation is deleted".to_owned(),
        Trigger::Restored {} => "Conversation is restored".to_owned(),
        Trigger::Snoozed {} => "Conversation is snoozed".to_owned(),
        Trigger::SnoozeExpired {} => "Snooze expires".to_owned(),
        Trigger::TicketStatusChanged { statuses } if statuses.is_empty() => "Ticket status is updated".to_owned(),
        Trigger::TicketStatusChanged { statuses } => {
            format!("Ticket status is updated to {}", either(names, Noun::TicketStatus, statuses))
        }
        Trigger::CommentAdded {} => "New comment is added".to_owned(),
        Trigger::Mentioned { teammates } => with("is mentioned in a comment", "Teammate", Noun::Teammate, teammates),
        Trigger::Assigned { teammates } if teammates.is_empty() => "Assignee is changed".to_owned(),
        Trigger::Assigned { teammates } => {
            format!("Assignee is changed to {}", either(names, Noun::Teammate, teammates))
        }
        Trigger::Unassigned {} => "Assignee is removed".to_owned(),
        Trigger::FollowerAdded { teammates } => with("becomes a follower", "Teammate", Noun::Teammate, teammates),
        Trigger::TagAdded { tags } if tags.is_empty() => "Tag is added".to_owned(),
        Trigger::TagAdded { tags } => format!("Tag {} is added", either(names, Noun::Tag, tags)),
        Trigger::TagRemoved { tags } if tags.is_empty() => "Tag is removed".to_owned(),
        Trigger::TagRemoved { tags } => format!("Tag {} is removed", either(names, Noun::Tag, tags)),
        Trigger::LinkAdded { applications } if applications.is_empty() => "Link is added".to_owned(),
        Trigger::LinkAdded { applications } => with("object is added", "", Noun::Application, applications),
        Trigger::LinkRemoved { applications } if applications.is_empty() => "Link is removed".to_owned(),
        Trigger::LinkRemoved { applications } => with("object is removed", "", Noun::Application, applications),
        Trigger::CustomFieldUpdated { fields } if fields.is_empty() => "Custom field is updated".to_owned(),
        Trigger::CustomFieldUpdated { fields } => {
            format!("Custom field {} is updated", either(names, Noun::CustomField, fields))
        }
        Trigger::TopicIdentified { topics } if topics.is_empty() => "Topic is identified".to_owned(),
        Trigger::TopicIdentified { topics } => format!("Topic {} is identified", quoted(topics, "or")),
        Trigger::UnrepliedFor { after, hours } => format!("Message is unreplied for {}", delay(*after, hours)),
        Trigger::NoResponseFromContactFor { after, hours } => {
            format!("No response from contact for {}", delay(*after, hours))
        }
        Trigger::InStatusFor { statuses, after, hours } if statuses.is_empty() => {
            format!("Status is unchanged for {}", delay(*after, hours))
        }
        Trigger::InStatusFor { statuses, after, hours } => {
            format!("Conversation is {} for {}", listed(statuses, "or"), delay(*after, hours))
        }
        Trigger::UnresolvedFor { after, hours } => format!("Conversation is unresolved for {}", delay(*after, hours)),
        Trigger::Macro {} => "Macro is run".to_owned(),
        Trigger::AppEvent { application, event_type, .. } => {
            format!("{} sends \"{event_type}\"", named(names, Noun::Application, application))
        }
        Trigger::Call { events } if events.is_empty() => "Call changes".to_owned(),
        Trigger::Call { events } => {
            let events: Vec<String> = events.iter().map(|event| call(*event)).collect();
            format!("Call {}", listed(&events, "or"))
        }
        Trigger::SurveyAnswered {} => "Survey is answered".to_owned(),
    }
}

/// An action in words.
pub fn action(action: &Action<String>, names: Names<'_>) -> String {
    match action {
        Action::Assign { to } => format!("Assign to {}", named(names, Noun::Teammate, to)),
        Action::AssignToPerson { person } => format!("Assign to {}", somebody(*person)),
        Action::AssignAmong { among, by, .. } => {
            let by = match by {
                Choosing::RoundRobin => "round robin",
                Choosing::Random => "random",
                Choosing::LoadBalancing => "load balancing",
            };
            format!("Assign {} ({by})", pool(among, names))
        }
        Action::Unassign {} => "Unassign".to_owned(),
        Action::Move { inbox } => format!("Move to {}", named(names, Noun::Inbox, inbox)),
        Action::AddInbox { inbox } => format!("Add to {}", named(names, Noun::Inbox, inbox)),
        Action::AddTags { tags } => format!("Tag with {}", all(names, Noun::Tag, tags)),
        Action::RemoveTags { tags } => format!("Remove tag {}", all(names, Noun::Tag, tags)),
        Action::Archive {} => "Archive".to_owned(),
        Action::Reopen {} => "Reopen".to_owned(),
        Action::Trash {} => "Move to trash".to_owned(),
        Action::MarkSpam {} => "Mark as spam".to_owned(),
        Action::Snooze { until } => snooze(until),
        Action::SetTicketStatus { status } => {
            format!("Set ticket status to {}", named(names, Noun::TicketStatus, status))
        }
        Action::AddFollowers { teammates } => format!("Add follower {}", all(names, Noun::Teammate, teammates)),
        Action::RemoveFollowers { teammates } => format!("Remove follower {}", all(names, Noun::Teammate, teammates)),
        Action::Comment { mentions, .. } if mentions.is_empty() => "Add a comment".to_owned(),
        Action::Comment { mentions, .. } => format!("Add a comment for {}", all(names, Noun::Teammate, mentions)),
        Action::Reply { content, archive, .. } => {
            format!("Send a reply{}{}", template(content, names), if *archive { " and archive" } else { "" })
        }
        Action::AutoReply { content, .. } => format!("Send an automatic reply{}", template(content, names)),
        Action::Draft { content, .. } => format!("Create a draft{}", template(content, names)),
        Action::Forward { to, .. } => format!("Forward to {}", listed(to, "and")),
        Action::SendSurvey {} => "Send a satisfaction survey".to_owned(),
        Action::SetConversationField { field, value } => set("conversation", field, value, names),
        Action::SetContactField { field, value } => set("contact", field, value, names),
        Action::SetAccountField { field, value } => set("account", field, value, names),
        Action::AddToList { list } => format!("Add contact to {}", named(names, Noun::ContactList, list)),
        Action::RemoveFromList { list } => format!("Remove contact from {}", named(names, Noun::ContactList, list)),
        Action::AddLink { link } => format!("Add link {}", link_name(link, names)),
        Action::RemoveLink { link } => format!("Remove link {}", link_name(link, names)),
        Action::Webhook { body: WebhookBody::Full, .. } => "Send to a webhook (full event)".to_owned(),
        Action::Webhook { body: WebhookBody::Preview, .. } => "Send to a webhook".to_owned(),
        Action::CallConnector { application, connector, .. } => {
            format!("Call \"{connector}\" of {}", named(names, Noun::Application, application))
        }
        Action::Notify { teammates, .. } => format!("Notify {}", all(names, Noun::Teammate, teammates)),
        Action::RequireTag { before, tags } => {
            let steps: Vec<&str> =
                before.iter().map(|step| if *step == Step::Archive { "archiving" } else { "moving" }).collect();
            let steps = steps.join(" or ");
            if tags.is_empty() {
                return format!("Require a tag before {steps}");
            }
            format!("Require tag {} before {steps}", either(names, Noun::Tag, tags))
        }
        Action::Stop {} => "Stop processing other rules".to_owned(),
    }
}

/// A pool of teammates in words.
pub(super) fn pool(pool: &Pool<String>, names: Names<'_>) -> String {
    match pool {
        Pool::Teammates(ids) => format!("among {}", all(names, Noun::Teammate, ids)),
        Pool::Group(id) => format!("in group {}", named(names, Noun::TeammateGroup, id)),
        Pool::Team(id) => format!("in workspace {}", named(names, Noun::Team, id)),
        Pool::Inbox(id) => format!("in inbox {}", named(names, Noun::Inbox, id)),
        Pool::ConversationInbox => "in the conversation's inbox".to_owned(),
    }
}

/// A name: people as they are, things in quotation marks.
pub(super) fn named(names: Names<'_>, noun: Noun, id: &str) -> String {
    match names(noun, id) {
        Some(name) if noun == Noun::Teammate => name,
        Some(name) => format!("\"{name}\""),
        None => id.to_owned(),
    }
}

/// Names of which one will do.
pub(super) fn either(names: Names<'_>, noun: Noun, ids: &[String]) -> String {
    let words: Vec<String> = ids.iter().map(|id| named(names, noun, id)).collect();
    listed(&words, "or")
}

/// Names of which all are meant.
pub(super) fn all(names: Names<'_>, noun: Noun, ids: &[String]) -> String {
    let words: Vec<String> = ids.iter().map(|id| named(names, noun, id)).collect();
    listed(&words, "and")
}

/// `a, b or c`.
pub(super) fn listed<T: AsRef<str>>(words: &[T], last: &str) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => (*only).to_owned(),
        Some((end, before)) => format!("{} {last} {end}", before.join(", ")),
    }
}

/// `"a", "b" or "c"`.
pub(super) fn quoted<T: AsRef<str>>(words: &[T], last: &str) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("\"{}\"", word.as_ref())).collect();
    listed(&words, last)
}

/// A scalar as it is shown.
pub(super) fn scalar(value: &Scalar) -> String {
    match value {
        Scalar::Flag(true) => "yes".to_owned(),
        Scalar::Flag(false) => "no".to_owned(),
        Scalar::Number(number) => number.to_string(),
        Scalar::Text(text) => format!("\"{text}\""),
    }
}

fn join(subject: &str, expected: &str) -> String {
    if expected.is_empty() { subject.to_owned() } else { format!("{subject} {expected}") }
}

fn collect<'a>(condition: &'a Condition, path: String, leaves: &mut Vec<(String, &'a Condition)>) {
    if let Some((group, children)) = condition.children() {
        for (at, child) in children.iter().enumerate() {
            collect(child, Condition::child_path(&path, group, at), leaves);
        }
        return;
    }
    if let Some((name, ..)) = condition.leaf(&mut |_, _, _| 0) {
        leaves.push((format!("{path}.{name}"), condition));
    }
}

/// The index in `when[3]`.
fn place(path: &str, list: &str) -> Option<usize> {
    path.strip_prefix(list)?.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

fn delay(after: Period, hours: &Option<Hours>) -> String {
    format!("{}{}", after.in_words(), if hours.is_some() { " of business hours" } else { "" })
}

fn call(event: CallEvent) -> String {
    event.name().trim_start_matches("call_").replace('_', " ")
}

fn somebody(person: Person) -> &'static str {
    match person {
        Person::Actor => "the teammate who caused it",
        Person::Author => "the author of the message",
        Person::Commenter => "the author of the comment",
        Person::Mentioned => "the mentioned teammate",
        Person::LastReplier => "the teammate who replied last",
    }
}

fn template(content: &Content<String>, names: Names<'_>) -> String {
    match content {
        Content::Text(_) => String::new(),
        Content::Template(id) => format!(" with template {}", named(names, Noun::Template, id)),
    }
}

fn set(owner: &str, field: &str, value: &Option<Scalar>, names: Names<'_>) -> String {
    let field = named(names, Noun::CustomField, field);
    match value {
        Some(value) => format!("Set {owner} field {field} to {}", scalar(value)),
        None => format!("Clear {owner} field {field}"),
    }
}

fn link_name(link: &LinkTo<String>, names: Names<'_>) -> String {
    match link {
        LinkTo::Id(id) => named(names, Noun::Link, id),
        LinkTo::Url(url) => url.clone(),
    }
}

fn snooze(until: &Until) -> String {
    match until {
        Until::For(period) => format!("Snooze for {}", period.in_words()),
        Until::At(instant) => format!("Snooze until {instant}"),
        Until::Next { days, at, zone } if days.is_empty() => format!("Snooze until the next {at} ({zone})"),
        Until::Next { days, at, zone } => {
            let days: Vec<&str> = days.iter().map(|day| day_name(*day)).collect();
            format!("Snooze until the next {} at {at} ({zone})", listed(&days, "or"))
        }
    }
}

fn day_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

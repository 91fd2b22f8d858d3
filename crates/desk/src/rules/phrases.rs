//! The words of a single condition: what is looked at, and what for.

use super::condition::{Condition, HoursTest, IdTest, NumberTest, TextTest, Texts, TimeTest, ValueTest, WordTest};
use super::hours::Hours;
use super::leaf::{Noun, Written};
use super::sentences::{Names, all, either, listed, named, pool, quoted, scalar};

/// Subject and expectation of a single condition: `Subject`, `contains "refund"`. The expectation of a yes-or-no question is empty.
pub(super) fn leaf_phrase(condition: &Condition, names: Names<'_>) -> (String, String) {
    let Some((name, field, written)) = condition.leaf(&mut |_, _, _| 0) else {
        return (String::new(), String::new());
    };
    let subject = match condition {
        Condition::Header(header) => format!("Header \"{}\"", header.name),
        Condition::ContactField(of) => format!("Contact field {}", named(names, Noun::CustomField, &of.field)),
        Condition::AccountField(of) => format!("Account field {}", named(names, Noun::CustomField, &of.field)),
        Condition::LinkField(of) => format!("Link field {}", named(names, Noun::CustomField, &of.field)),
        Condition::ConversationField(of) => {
            format!("Conversation field {}", named(names, Noun::CustomField, &of.field))
        }
        Condition::Payload(of) => format!("Payload \"{}\"", of.key),
        Condition::Available(of) => {
            let who = if of.is { "Somebody" } else { "Nobody" };
            return (format!("{who} is available {}", pool(&of.among, names)), String::new());
        }
        _ => subject(name),
    };
    let expected = match written {
        Written::Flag(is) => return (question(name, is), String::new()),
        Written::Present(_) => String::new(),
        Written::Text(test) => text(test, field.is_address()),
        Written::Ids(noun, test) => ids(noun, test, names),
        Written::Words(WordTest::AnyOf(words)) => format!("is {}", listed(words, "or")),
        Written::Words(WordTest::NoneOf(words)) => format!("is not {}", listed(words, "or")),
        Written::Number(test) => number(test),
        Written::Time(test) => time(test),
        Written::Hours(HoursTest::Within(of)) => format!("is within {}", hours(of)),
        Written::Hours(HoursTest::Outside(of)) => format!("is outside {}", hours(of)),
        Written::Value(test) => value(test),
    };
    (subject, expected)
}

fn subject(name: &str) -> String {
    match name {
        "sent_at" => "Sent".to_owned(),
        "created_at" => "Created".to_owned(),
        "last_message_at" => "Last message".to_owned(),
        "last_inbound_at" => "Last inbound message".to_owned(),
        "last_outbound_at" => "Last outbound message".to_owned(),
        "status_since" => "Last change of status".to_owned(),
        "waiting_since" => "Oldest unreplied message".to_owned(),
        "business_hours" | "now" => "Time".to_owned(),
        "team" => "Workspace".to_owned(),
        "message_count" => "Number of messages".to_owned(),
        "link_url" => "Link address".to_owned(),
        "actor" => "Teammate who caused it".to_owned(),
        "mention" => "Mentioned teammate".to_owned(),
        "shift" => "Shift that is on".to_owned(),
        _ => {
            let words = name.replace('_', " ");
            let mut letters = words.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}

fn question(name: &str, is: bool) -> String {
    let (yes, no) = match name {
        "has_attachment" => ("Has an attachment", "Has no attachment"),
        "is_auto_reply" => ("Is an automatic reply", "Is not an automatic reply"),
        "is_reply" => ("Is a reply", "Is not a reply"),
        "is_inbound" => ("Message is inbound", "Message is outbound"),
        "contact_exists" => ("Contact exists", "Contact does not exist"),
        "replied" => ("Was replied to", "Was not replied to"),
        "is_discussion" => ("Is a discussion", "Is not a discussion"),
        "assignee_available" => ("Assignee is available", "Assignee is unavailable"),
        _ => return format!("{} is {}", subject(name), if is { "yes" } else { "no" }),
    };
    if is { yes } else { no }.to_owned()
}

fn text(test: &TextTest, address: bool) -> String {
    let words = |verb: &str, texts: &Texts, split: bool| format!("{verb} {}", quoted(&texts.alternatives(split), "or"));
    match test {
        TextTest::Is(texts) => words("is", texts, address),
        TextTest::IsNot(texts) => words("is not", texts, address),
        TextTest::Contains(texts) => words("contains", texts, true),
        TextTest::DoesNotContain(texts) => words("does not contain", texts, true),
        TextTest::StartsWith(texts) => words("starts with", texts, true),
        TextTest::EndsWith(texts) => words("ends with", texts, true),
        TextTest::InDomain(texts) => words("is in domain", texts, true),
        TextTest::NotInDomain(texts) => words("is not in domain", texts, true),
        TextTest::Matches(texts) => words("matches", texts, false),
        TextTest::DoesNotMatch(texts) => words("does not match", texts, false),
        TextTest::IsEmpty => "is empty".to_owned(),
        TextTest::IsNotEmpty => "is not empty".to_owned(),
    }
}

fn ids(noun: Noun, test: &IdTest, names: Names<'_>) -> String {
    match test {
        IdTest::AnyOf(ids) => format!("is {}", either(names, noun, ids)),
        IdTest::AllOf(ids) => format!("includes {}", all(names, noun, ids)),
        IdTest::NoneOf(ids) => format!("is not {}", either(names, noun, ids)),
        IdTest::IsEmpty => "is empty".to_owned(),
        IdTest::IsNotEmpty => "is not empty".to_owned(),
    }
}

fn number(test: &NumberTest) -> String {
    match test {
        NumberTest::Is(than) => format!("is {than}"),
        NumberTest::IsNot(than) => format!("is not {than}"),
        NumberTest::GreaterThan(than) => format!("is greater than {than}"),
        NumberTest::LessThan(than) => format!("is less than {than}"),
        NumberTest::AtLeast(than) => format!("is at least {than}"),
        NumberTest::AtMost(than) => format!("is at most {than}"),
        NumberTest::IsEmpty => "is empty".to_owned(),
        NumberTest::IsNotEmpty => "is not empty".to_owned(),
    }
}

fn time(test: &TimeTest) -> String {
    match test {
        TimeTest::Before(instant) => format!("is before {instant}"),
        TimeTest::After(instant) => format!("is not before {instant}"),
        TimeTest::OlderThan(period) => format!("was at least {} ago", period.in_words()),
        TimeTest::WithinLast(period) => format!("was less than {} ago", period.in_words()),
        TimeTest::IsEmpty => "has not happened".to_owned(),
        TimeTest::IsNotEmpty => "has happened".to_owned(),
    }
}

fn value(test: &ValueTest) -> String {
    let words = |verb: &str, texts: &Texts, split: bool| format!("{verb} {}", quoted(&texts.alternatives(split), "or"));
    match test {
        ValueTest::Is(value) => format!("is {}", scalar(value)),
        ValueTest::IsNot(value) => format!("is not {}", scalar(value)),
        ValueTest::Contains(texts) => words("contains", texts, true),
        ValueTest::DoesNotContain(texts) => words("does not contain", texts, true),
        ValueTest::StartsWith(texts) => words("starts with", texts, true),
        ValueTest::EndsWith(texts) => words("ends with", texts, true),
        ValueTest::Matches(texts) => words("matches", texts, false),
        ValueTest::GreaterThan(than) => number(&NumberTest::GreaterThan(*than)),
        ValueTest::LessThan(than) => number(&NumberTest::LessThan(*than)),
        ValueTest::AtLeast(than) => number(&NumberTest::AtLeast(*than)),
        ValueTest::AtMost(than) => number(&NumberTest::AtMost(*than)),
        ValueTest::Before(instant) => time(&TimeTest::Before(*instant)),
        ValueTest::After(instant) => time(&TimeTest::After(*instant)),
        ValueTest::OlderThan(period) => time(&TimeTest::OlderThan(*period)),
        ValueTest::WithinLast(period) => time(&TimeTest::WithinLast(*period)),
        ValueTest::IsEmpty => "is empty".to_owned(),
        ValueTest::IsNotEmpty => "is not empty".to_owned(),
    }
}

/// `Mon-Fri 09:00-17:00 (Europe/Paris)`, days with the same hours together.
fn hours(hours: &Hours) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let week = hours.week();
    let mut parts = Vec::new();
    let mut day = 0;
    while day < 7 {
        let mut last = day;
        while last + 1 < 7 && week[last + 1] == week[day] {
            last += 1;
        }
        if !week[day].is_empty() {
            let days = if last == day { DAYS[day].to_owned() } else { format!("{}-{}", DAYS[day], DAYS[last]) };
            let times: Vec<String> = week[day].iter().map(|open| format!("{}-{}", open.start, open.end)).collect();
            parts.push(format!("{days} {}", times.join(", ")));
        }
        day = last + 1;
    }
    format!("{} ({})", if parts.is_empty() { "no hours".to_owned() } else { parts.join("; ") }, hours.zone)
}

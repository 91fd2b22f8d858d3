//! What a search query says (contract/fundamentals.md section 9): words, phrases and filters. Pure.
//!
//! Only the filters that exist are filters; anything else with a colon in it (`10:30`, `https://…`) is text.

use crate::error::{Error, Result};
use crate::ids::{ContactId, InboxId, LinkId, TagId, TeammateId};
use crate::time::{DAY, Timestamp};

/// The most filters that a query may have.
pub const MOST_FILTERS: usize = 15;
/// The most words and phrases that a query may have.
pub const MOST_WORDS: usize = 50;

/// A query, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Words and phrases; a conversation has a message or comment with all of them.
    pub words: Vec<String>,
    /// Filters; all of them hold. Several `from:` (`to:`, `cc:`, `bcc:`) are one filter with several handles.
    pub filters: Vec<Filter>,
    /// Whether text was given that holds no word at all, only signs: nothing is found by it, whatever the filters allow.
    pub is_wordless: bool,
}

/// A filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// In an inbox.
    Inbox(InboxId),
    /// Tagged.
    Tag(TagId),
    /// Linked.
    Link(LinkId),
    /// A contact takes part.
    Contact(ContactId),
    /// One of these handles in one of these roles.
    Handle(Vec<&'static str>, Vec<String>),
    /// Assigned to a teammate.
    Assignee(TeammateId),
    /// A teammate in one of these roles.
    Teammate(&'static [&'static str], TeammateId),
    /// Where it stands.
    Is(Is),
    /// A custom field has a value.
    CustomField(String, String),
    /// A message or comment before a time.
    Before(Timestamp),
    /// A message or comment after a time.
    After(Timestamp),
    /// A message or comment on the day (UTC) of a time: from, until.
    During(Timestamp, Timestamp),
}

/// The values of `is:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Is {
    /// To be dealt with.
    Open,
    /// Done and not snoozed.
    Archived,
    /// Somebody's.
    Assigned,
    /// Nobody's.
    Unassigned,
    /// Snoozed.
    Snoozed,
    /// In the trash, or spam.
    Trashed,
    /// The last message came from outside.
    Unreplied,
    /// In a ticket status of the category waiting.
    Waiting,
    /// In a ticket status of the category resolved.
    Resolved,
}

const NAMES: [&str; 18] = [
    "inbox",
    "tag",
    "link",
    "contact",
    "from",
    "to",
    "cc",
    "bcc",
    "recipient",
    "assignee",
    "author",
    "commenter",
    "mention",
    "participant",
    "is",
    "custom_field",
    "before",
    "after",
];

/// Takes a query apart. A filter with a value that makes no sense is refused, saying where it stands.
pub fn parse(text: &str) -> Result<Query> {
    let mut query = Query::default();
    let (mut count, mut has_signs) = (0, false);
    for (position, name, value) in tokens(text) {
        let Some(name) = name else {
            // Beside a word, one without a letter or digit finds nothing and hinders nothing.
            match value.chars().any(char::is_alphanumeric) {
                true => query.words.push(value),
                false => has_signs |= !value.is_empty(),
            }
            continue;
        };
        count += 1;
        let filter = filter(&name, &value).ok_or_else(|| {
            Error::invalid("query", format!("{name}:{value} at position {position} is no filter that can hold"))
        })?;
        add(&mut query.filters, filter);
    }
    if count > MOST_FILTERS {
        return Err(Error::invalid("query", format!("at most {MOST_FILTERS} filters, found {count}")));
    }
    if query.words.len() > MOST_WORDS {
        return Err(Error::invalid("query", format!("at most {MOST_WORDS} words, found {}", query.words.len())));
    }
    query.is_wordless = has_signs && query.words.is_empty();
    Ok(query)
}

/// Several handles in the same role are alternatives.
fn add(filters: &mut Vec<Filter>, new: Filter) {
    if let Filter::Handle(roles, handles) = &new {
        let same = filters.iter_mut().find_map(|filter| match filter {
            Filter::Handle(known, list) if known == roles && roles.len() == 1 => Some(list),
            _ => None,
        });
        if let Some(list) = same {
            list.extend(handles.iter().cloned());
            return;
        }
    }
    filters.push(new);
}

fn filter(name: &str, value: &str) -> Option<Filter> {
    let handle = |role: &'static str| {
        let value = value.trim().to_lowercase();
        (!value.is_empty()).then(|| Filter::Handle(vec![role], vec![value]))
    };
    let teammate = |roles: &'static [&'static str]| Some(Filter::Teammate(roles, value.parse().ok()?));
    match name {
        "inbox" => Some(Filter::Inbox(value.parse().ok()?)),
        "tag" => Some(Filter::Tag(value.parse().ok()?)),
        "link" => Some(Filter::Link(value.parse().ok()?)),
        "contact" => Some(Filter::Contact(value.parse().ok()?)),
        "from" => handle("from"),
        "to" => handle("to"),
        "cc" => handle("cc"),
        "bcc" => handle("bcc"),
        "recipient" => match handle("from") {
            Some(Filter::Handle(_, handles)) => {
                Some(Filter::Handle(vec!["from", "to", "cc", "bcc", "reply-to"], handles))
            }
            _ => None,
        },
        "assignee" => Some(Filter::Assignee(value.parse().ok()?)),
        "author" => teammate(&["author"]),
        "commenter" => teammate(&["commenter"]),
        "mention" => teammate(&["mention"]),
        "participant" => teammate(&["author", "commenter", "mention", "participant"]),
        "is" => is(value).map(Filter::Is),
        "custom_field" => {
            let (name, value) = value.split_once('=')?;
            Some(Filter::CustomField(name.trim().to_string(), value.trim().to_string()))
        }
        "before" => time(value).map(Filter::Before),
        "after" => time(value).map(Filter::After),
        "during" => {
            let Timestamp(at) = time(value)?;
            let begin = at - at.rem_euclid(DAY);
            Some(Filter::During(Timestamp(begin), Timestamp(begin + DAY)))
        }
        _ => None,
    }
}

fn is(value: &str) -> Option<Is> {
    Some(match value.to_ascii_lowercase().as_str() {
        "open" => Is::Open,
        "archived" => Is::Archived,
        "assigned" => Is::Assigned,
        "unassigned" => Is::Unassigned,
        "snoozed" => Is::Snoozed,
        "trashed" | "deleted" => Is::Trashed,
        "unreplied" => Is::Unreplied,
        "waiting" => Is::Waiting,
        "resolved" => Is::Resolved,
        _ => return None,
    })
}

fn time(value: &str) -> Option<Timestamp> {
    value.parse::<f64>().ok().and_then(Timestamp::from_seconds)
}

/// The parts of a query: where each begins (in characters), the filter's name if it is one, and its text without quotes.
fn tokens(text: &str) -> Vec<(usize, Option<String>, String)> {
    let mut found = Vec::new();
    let mut characters = text.chars().enumerate().peekable();
    while let Some((begin, first)) = characters.next() {
        if first.is_whitespace() {
            continue;
        }
        let mut name = None;
        let mut value = String::new();
        let mut quoted = first == '"';
        if !quoted {
            value.push(first);
        }
        while let Some((_, next)) = characters.peek().copied() {
            if next.is_whitespace() && !quoted {
                break;
            }
            characters.next();
            match next {
                '"' if quoted => break,
                '"' if value.is_empty() => quoted = true,
                ':' if !quoted && name.is_none() && is_name(&value) => name = Some(std::mem::take(&mut value)),
                other => value.push(other),
            }
        }
        found.push((begin, name.map(|name| name.to_ascii_lowercase()), value));
    }
    found
}

fn is_name(text: &str) -> bool {
    NAMES.iter().chain(&["during"]).any(|name| text.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_phrases_and_filters_are_told_apart() {
        let query =
            parse(r#"refund "two lamps" from:Ann@Example.com from:bob tag:tag_5 is:open https://x.example 10:30 --"#);
        let query = query.expect("a query");
        assert_eq!(query.words, ["refund", "two lamps", "https://x.example", "10:30"]);
        assert_eq!(
            query.filters,
            [
                Filter::Handle(vec!["from"], vec!["ann@example.com".to_string(), "bob".to_string()]),
                Filter::Tag(TagId(5)),
                Filter::Is(Is::Open),
            ]
        );
    }

    #[test]
    fn signs_are_passed_over_only_beside_a_word() {
        for (text, is_wordless) in [
            ("\u{1f389}", true),
            ("\"\u{1f389} *\"", true),
            (". - .", true),
            ("is:open \u{1f389}", true),
            ("lamp \u{1f389}", false),
            ("\u{1f389} \u{4f60}\u{597d}", false),
            ("is:open", false),
            ("\"\"", false),
            ("", false),
        ] {
            assert_eq!(parse(text).expect("a query").is_wordless, is_wordless, "{text}");
        }
    }

    #[test]
    fn a_custom_field_is_named_in_quotes() {
        let query = parse(r#"custom_field:"Order state=On its way""#).expect("a query");
        assert_eq!(query.filters, [Filter::CustomField("Order state".to_string(), "On its way".to_string())]);
    }

    #[test]
    fn a_filter_that_makes_no_sense_is_refused_with_its_place() {
        let error = parse("lamp tag:blue").expect_err("no tag").to_string();
        assert!(error.contains("tag:blue at position 5"), "{error}");
        let many = "is:open ".repeat(MOST_FILTERS + 1);
        assert!(parse(&many).is_err());
    }

    #[test]
    fn a_day_begins_at_midnight() {
        let query = parse("during:1700000000").expect("a query");
        assert_eq!(query.filters, [Filter::During(Timestamp(1_699_920_000_000), Timestamp(1_700_006_400_000))]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,80}") {
            let _ = parse(&text);
        }

        #[test]
        fn a_plain_word_is_always_found(word in "[a-z]{1,12}") {
            prop_assert_eq!(parse(&word).map(|query| query.words).unwrap_or_default(), vec![word]);
        }
    }
}

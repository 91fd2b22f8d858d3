//! One compiled test and its answer to a value. None fails: a value of another kind simply does not pass. None allocates, except where
//! a number or a word is compared as a text.

use super::condition::{HoursTest, IdTest, NumberTest, Scalar, TextTest, Texts, TimeTest, ValueTest, WordTest};
use super::definition::{MAX_LIST, MAX_NEEDLE};
use super::facts::{Value, fold};
use super::hours::{Calendar, Hours};
use super::pattern::Pattern;

/// A test that is ready to run. The flags called `negated` turn the answer round.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Text {
        how: TextHow,
        needles: Box<[Box<str>]>,
        negated: bool,
    },
    Pattern {
        patterns: Box<[Pattern]>,
        negated: bool,
    },
    Word {
        words: Box<[Box<str>]>,
        negated: bool,
    },
    Ids {
        how: IdsHow,
        ids: Box<[i64]>,
    },
    Number {
        how: NumberHow,
        than: f64,
        negated: bool,
    },
    Flag(bool),
    /// A flag that may be missing: `is not true` holds for a field that was never set.
    NotFlag(bool),
    Time {
        how: TimeHow,
        than: i64,
    },
    Hours {
        calendar: Calendar,
        outside: bool,
    },
    /// True: there is nothing. False: there is something.
    Empty(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextHow {
    Is,
    Contains,
    StartsWith,
    EndsWith,
    InDomain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdsHow {
    Any,
    All,
    Neither,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberHow {
    Equal,
    Greater,
    Less,
    AtLeast,
    AtMost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeHow {
    Before,
    After,
    OlderThan,
    WithinLast,
}

impl HoursTest {
    pub(super) fn hours(&self) -> &Hours {
        match self {
            HoursTest::Within(hours) | HoursTest::Outside(hours) => hours,
        }
    }
}

impl Test {
    pub(super) fn text(test: &TextTest, address: bool) -> Result<Self, String> {
        let Some((texts, split)) = test.texts() else {
            return Ok(Test::Empty(*test == TextTest::IsEmpty));
        };
        let (how, negated) = match test {
            TextTest::Is(_) => (TextHow::Is, false),
            TextTest::IsNot(_) => (TextHow::Is, true),
            TextTest::DoesNotContain(_) => (TextHow::Contains, true),
            TextTest::StartsWith(_) => (TextHow::StartsWith, false),
            TextTest::EndsWith(_) => (TextHow::EndsWith, false),
            TextTest::InDomain(_) => (TextHow::InDomain, false),
            TextTest::NotInDomain(_) => (TextHow::InDomain, true),
            TextTest::Matches(_) => return Test::patterns(texts, false),
            TextTest::DoesNotMatch(_) => return Test::patterns(texts, true),
            TextTest::Contains(_) | TextTest::IsEmpty | TextTest::IsNotEmpty => (TextHow::Contains, false),
        };
        Test::needles(how, texts, split || address, negated)
    }

    fn needles(how: TextHow, texts: &Texts, split: bool, negated: bool) -> Result<Self, String> {
        let needles: Box<[Box<str>]> = alternatives(texts, split)?
            .into_iter()
            .map(|text| {
                let folded = fold(text);
                match how {
                    TextHow::InDomain => folded.trim_start_matches(['@', '*', '.']).into(),
                    _ => folded.into(),
                }
            })
            .collect();
        if needles.iter().any(|needle| needle.is_empty()) {
            return Err("there is nothing to compare with".to_owned());
        }
        Ok(Test::Text { how, needles, negated })
    }

    fn patterns(texts: &Texts, negated: bool) -> Result<Self, String> {
        let patterns = alternatives(texts, false)?.into_iter().map(Pattern::parse).collect::<Result<_, _>>()?;
        Ok(Test::Pattern { patterns, negated })
    }

    pub(super) fn words(test: &WordTest) -> Self {
        let (words, negated) = match test {
            WordTest::AnyOf(words) => (words, false),
            WordTest::NoneOf(words) => (words, true),
        };
        Test::Word { words: meant(words.iter().map(String::as_str)), negated }
    }

    pub(super) fn any_word<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Test::Word { words: meant(words), negated: false }
    }

    pub(super) fn any_id(ids: &[i64]) -> Self {
        Test::Ids { how: IdsHow::Any, ids: ids.into() }
    }

    pub(super) fn ids(test: &IdTest, resolve: &mut dyn FnMut(&str, &str) -> i64) -> Self {
        let (how, at, ids) = match test {
            IdTest::AnyOf(ids) => (IdsHow::Any, "any_of", ids),
            IdTest::AllOf(ids) => (IdsHow::All, "all_of", ids),
            IdTest::NoneOf(ids) => (IdsHow::Neither, "none_of", ids),
            IdTest::IsEmpty => return Test::Empty(true),
            IdTest::IsNotEmpty => return Test::Empty(false),
        };
        let ids = ids.iter().enumerate().map(|(index, id)| resolve(id, &format!(".{at}[{index}]"))).collect();
        Test::Ids { how, ids }
    }

    pub(super) fn number(test: &NumberTest) -> Self {
        let (how, than, negated) = match *test {
            NumberTest::Is(than) => (NumberHow::Equal, than, false),
            NumberTest::IsNot(than) => (NumberHow::Equal, than, true),
            NumberTest::GreaterThan(than) => (NumberHow::Greater, than, false),
            NumberTest::LessThan(than) => (NumberHow::Less, than, false),
            NumberTest::AtLeast(than) => (NumberHow::AtLeast, than, false),
            NumberTest::AtMost(than) => (NumberHow::AtMost, than, false),
            NumberTest::IsEmpty => return Test::Empty(true),
            NumberTest::IsNotEmpty => return Test::Empty(false),
        };
        Test::Number { how, than, negated }
    }

    pub(super) fn time(test: &TimeTest) -> Self {
        let (how, than) = match *test {
            TimeTest::Before(instant) => (TimeHow::Before, instant.0),
            TimeTest::After(instant) => (TimeHow::After, instant.0),
            TimeTest::OlderThan(period) => (TimeHow::OlderThan, period.0),
            TimeTest::WithinLast(period) => (TimeHow::WithinLast, period.0),
            TimeTest::IsEmpty => return Test::Empty(true),
            TimeTest::IsNotEmpty => return Test::Empty(false),
        };
        Test::Time { how, than }
    }

    pub(super) fn hours(test: &HoursTest, calendar: Calendar) -> Self {
        Test::Hours { calendar, outside: matches!(test, HoursTest::Outside(_)) }
    }

    pub(super) fn value(test: &ValueTest) -> Result<Self, String> {
        Ok(match test {
            ValueTest::Is(scalar) => return Test::scalar(scalar, false),
            ValueTest::IsNot(scalar) => return Test::scalar(scalar, true),
            ValueTest::Contains(texts) => return Test::needles(TextHow::Contains, texts, true, false),
            ValueTest::DoesNotContain(texts) => return Test::needles(TextHow::Contains, texts, true, true),
            ValueTest::StartsWith(texts) => return Test::needles(TextHow::StartsWith, texts, true, false),
            ValueTest::EndsWith(texts) => return Test::needles(TextHow::EndsWith, texts, true, false),
            ValueTest::Matches(texts) => return Test::patterns(texts, false),
            ValueTest::GreaterThan(than) => Test::number(&NumberTest::GreaterThan(*than)),
            ValueTest::LessThan(than) => Test::number(&NumberTest::LessThan(*than)),
            ValueTest::AtLeast(than) => Test::number(&NumberTest::AtLeast(*than)),
            ValueTest::AtMost(than) => Test::number(&NumberTest::AtMost(*than)),
            ValueTest::Before(instant) => Test::time(&TimeTest::Before(*instant)),
            ValueTest::After(instant) => Test::time(&TimeTest::After(*instant)),
            ValueTest::OlderThan(period) => Test::time(&TimeTest::OlderThan(*period)),
            ValueTest::WithinLast(period) => Test::time(&TimeTest::WithinLast(*period)),
            ValueTest::IsEmpty => Test::Empty(true),
            ValueTest::IsNotEmpty => Test::Empty(false),
        })
    }

    fn scalar(scalar: &Scalar, negated: bool) -> Result<Self, String> {
        Ok(match scalar {
            Scalar::Flag(is) if negated => Test::NotFlag(*is),
            Scalar::Flag(is) => Test::Flag(*is),
            Scalar::Number(than) => Test::Number { how: NumberHow::Equal, than: *than, negated },
            Scalar::Text(text) => return Test::needles(TextHow::Is, &Texts::One(text.clone()), false, negated),
        })
    }

    /// Whether the answer is turned round, so that of two texts neither may be hit.
    pub(super) fn is_negative(&self) -> bool {
        match self {
            Test::Text { negated, .. } | Test::Pattern { negated, .. } => *negated,
            Test::Empty(empty) => *empty,
            _ => false,
        }
    }

    /// Whether the test compares with the present.
    pub(super) fn needs_now(&self) -> bool {
        matches!(self, Test::Time { how: TimeHow::OlderThan | TimeHow::WithinLast, .. })
    }

    /// Whether a value passes. `now` is only looked at by tests that need it.
    pub(super) fn passes(&self, value: Value<'_>, now: i64) -> bool {
        match self {
            Test::Text { how, needles, negated } => {
                any_text(value, &mut |text| needles.iter().any(|needle| how.hits(text, needle))) != *negated
            }
            Test::Pattern { patterns, negated } => {
                any_text(value, &mut |text| patterns.iter().any(|pattern| pattern.matches(text))) != *negated
            }
            Test::Word { words, negated } => {
                any_word(value, &mut |found| words.iter().any(|word| same_word(word, found))) != *negated
            }
            Test::Ids { how, ids } => {
                let found: &[i64] = if let Value::Ids(found) = value { found } else { &[] };
                match how {
                    IdsHow::Any => ids.iter().any(|id| found.contains(id)),
                    IdsHow::All => ids.iter().all(|id| found.contains(id)),
                    IdsHow::Neither => !ids.iter().any(|id| found.contains(id)),
                }
            }
            Test::Number { how, than, negated } => {
                number_in(value).is_some_and(|found| how.holds(found, *than)) != *negated
            }
            Test::Flag(wanted) => flag_in(value) == Some(*wanted),
            Test::NotFlag(unwanted) => flag_in(value) != Some(*unwanted),
            Test::Time { how, than } => {
                let Value::Time(found) = value else {
                    return false;
                };
                match how {
                    TimeHow::Before => found < *than,
                    TimeHow::After => found >= *than,
                    TimeHow::OlderThan => now.saturating_sub(found) >= *than,
                    TimeHow::WithinLast => now.saturating_sub(found) < *than,
                }
            }
            Test::Hours { calendar, outside } => {
                let Value::Time(found) = value else {
                    return false;
                };
                calendar.is_open(found) != *outside
            }
            Test::Empty(wanted) => is_empty(value) == *wanted,
        }
    }
}

impl TextHow {
    fn hits(self, text: &str, needle: &str) -> bool {
        match self {
            TextHow::Is => text == needle,
            TextHow::Contains => text.contains(needle),
            TextHow::StartsWith => text.starts_with(needle),
            TextHow::EndsWith => text.ends_with(needle),
            TextHow::InDomain => text.rsplit_once('@').is_some_and(|(_, domain)| {
                domain.strip_suffix(needle).is_some_and(|above| above.is_empty() || above.ends_with('.'))
            }),
        }
    }
}

impl NumberHow {
    fn holds(self, found: f64, than: f64) -> bool {
        match self {
            NumberHow::Equal => found == than,
            NumberHow::Greater => found > than,
            NumberHow::Less => found < than,
            NumberHow::AtLeast => found >= than,
            NumberHow::AtMost => found <= than,
        }
    }
}

fn alternatives(texts: &Texts, split: bool) -> Result<Vec<&str>, String> {
    let found = texts.alternatives(split);
    if found.is_empty() {
        return Err("there is nothing to compare with".to_owned());
    }
    if found.len() > MAX_LIST {
        return Err(format!("at most {MAX_LIST} alternatives, here are {}", found.len()));
    }
    if found.iter().any(|text| text.len() > MAX_NEEDLE) {
        return Err(format!("a text to compare with has at most {MAX_NEEDLE} bytes"));
    }
    Ok(found)
}

/// The words looked for. An open conversation is one that is assigned or not yet; facts only know those two.
fn meant<'a>(words: impl IntoIterator<Item = &'a str>) -> Box<[Box<str>]> {
    let mut meant: Vec<Box<str>> = Vec::new();
    for word in words {
        meant.push(fold(word).into());
        if word == "open" {
            meant.extend(["unassigned".into(), "assigned".into()]);
        }
    }
    meant.into()
}

fn same_word(folded: &str, found: &str) -> bool {
    let mut wanted = folded.chars();
    found.trim().chars().flat_map(char::to_lowercase).all(|letter| wanted.next() == Some(letter))
        && wanted.next().is_none()
}

fn any_word(value: Value<'_>, hit: &mut dyn FnMut(&str) -> bool) -> bool {
    match value {
        Value::Word(word) => hit(word),
        Value::Text(text) => hit(text.folded()),
        Value::Texts(texts) => texts.iter().any(|text| hit(text.folded())),
        _ => false,
    }
}

fn any_text(value: Value<'_>, hit: &mut dyn FnMut(&str) -> bool) -> bool {
    match value {
        Value::Text(text) => hit(text.folded()),
        Value::Texts(texts) => texts.iter().any(|text| hit(text.folded())),
        Value::Word(word) => hit(&fold(word)),
        // A number field is compared with a text as it is shown.
        Value::Number(number) => hit(&number.to_string()),
        Value::Flag(flag) => hit(if flag { "true" } else { "false" }),
        Value::Absent | Value::Time(_) | Value::Ids(_) => false,
    }
}

fn number_in(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Number(number) => Some(number),
        // As a field of time is written: in seconds.
        Value::Time(at) => Some(at as f64 / 1_000.0),
        Value::Text(text) => text.folded().parse().ok(),
        Value::Word(word) => word.trim().parse().ok(),
        _ => None,
    }
}

fn flag_in(value: Value<'_>) -> Option<bool> {
    match value {
        Value::Flag(flag) => Some(flag),
        Value::Text(text) => text.folded().parse().ok(),
        _ => None,
    }
}

/// Whether there is nothing worth the name.
pub(super) fn is_empty(value: Value<'_>) -> bool {
    match value {
        Value::Absent => true,
        Value::Flag(_) | Value::Number(_) | Value::Time(_) => false,
        Value::Word(word) => word.trim().is_empty(),
        Value::Text(text) => text.folded().is_empty(),
        Value::Texts(texts) => texts.iter().all(|text| text.folded().is_empty()),
        Value::Ids(ids) => ids.is_empty(),
    }
}

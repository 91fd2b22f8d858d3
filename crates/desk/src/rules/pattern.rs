//! `matches`: a small pattern language whose cost is known beforehand.
//!
//! | Written | Stands for |
//! | --- | --- |
//! | `*` | anything, also nothing |
//! | `?` | any one character |
//! | `#` | one digit |
//! | `[abc]`, `[a-z0-9]`, `[!0-9]` | one character of the class, or outside of it |
//! | `\*` | the character itself |
//!
//! The whole text has to match, without regard to case, so a search is written `*order ####*`.
//! A pattern of ours and not a regular expression: it takes no dependency, nobody has to escape the dots of an address,
//! and because only the last `*` is ever tried again, the cost is at most text times pattern.

use super::facts::fold;

/// The longest pattern, in characters.
pub const LONGEST_PATTERN: usize = 300;
/// How many characters of a text a pattern looks at; what follows is not seen.
pub const PATTERN_REACH: usize = 100_000;

/// A pattern that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    parts: Box<[Part]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Anything,
    One,
    Digit,
    Exactly(char),
    Class { ranges: Box<[(char, char)]>, outside: bool },
}

impl Part {
    fn accepts(&self, found: char) -> bool {
        match self {
            Part::Anything => false,
            Part::One => true,
            Part::Digit => found.is_numeric(),
            Part::Exactly(wanted) => *wanted == found,
            Part::Class { ranges, outside } => {
                ranges.iter().any(|&(low, high)| (low..=high).contains(&found)) != *outside
            }
        }
    }
}

impl Pattern {
    /// Reads a pattern; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.chars().count() > LONGEST_PATTERN {
            return Err(format!("a pattern has at most {LONGEST_PATTERN} characters"));
        }
        let folded = fold(text);
        if folded.is_empty() {
            return Err("a pattern cannot be empty".to_owned());
        }
        let mut parts = Vec::new();
        let mut rest = folded.chars();
        while let Some(next) = rest.next() {
            let part = match next {
                '*' if parts.last() == Some(&Part::Anything) => continue,
                '*' => Part::Anything,
                '?' => Part::One,
                '#' => Part::Digit,
                '[' => class(&mut rest)?,
                '\\' => Part::Exactly(rest.next().ok_or("a pattern cannot end with a backslash")?),
                other => Part::Exactly(other),
            };
            parts.push(part);
        }
        Ok(Pattern { parts: parts.into() })
    }

    /// Whether the whole of a folded text matches.
    pub fn matches(&self, folded: &str) -> bool {
        let end = folded.char_indices().nth(PATTERN_REACH).map_or(folded.len(), |(at, _)| at);
        let mut text = folded[..end].chars();
        let mut part = 0;
        // After the last `*`: where to go on in the pattern, and the text it has not swallowed yet.
        let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            if self.parts.get(part) == Some(&Part::Anything) {
                part += 1;
                if part == self.parts.len() {
                    return true;
                }
                retry = Some((part, text.clone()));
                continue;
            }
            let mut ahead = text.clone();
            match (ahead.next(), self.parts.get(part)) {
                (None, None) => return true,
                (Some(found), Some(wanted)) if wanted.accepts(found) => {
                    text = ahead;
                    part += 1;
                    continue;
                }
                (None, Some(_)) => return false,
                _ => {}
            }
            let Some((after, unswallowed)) = &mut retry else {
                return false;
            };
            if unswallowed.next().is_none() {
                return false;
            }
            part = *after;
            text = unswallowed.clone();
        }
    }
}

fn class(rest: &mut std::str::Chars<'_>) -> Result<Part, String> {
    const OPEN: &str = "a class in a pattern is not closed with \"]\"";
    let mut ranges = Vec::new();
    let outside = rest.as_str().starts_with('!');
    if outside {
        rest.next();
    }
    loop {
        let low = match rest.next().ok_or(OPEN)? {
            ']' if ranges.is_empty() => return Err("a class in a pattern is empty".to_owned()),
            ']' => return Ok(Part::Class { ranges: ranges.into(), outside }),
            '\\' => rest.next().ok_or(OPEN)?,
            other => other,
        };
        let mut ahead = rest.clone();
        let high = match (ahead.next(), ahead.next()) {
            (Some('-'), Some(high)) if high != ']' && high != '\\' => {
                *rest = ahead;
                high
            }
            _ => low,
        };
        if high < low {
            return Err(format!("the class \"{low}-{high}\" in a pattern runs backwards"));
        }
        ranges.push((low, high));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hits(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(&fold(text))
    }

    #[test]
    fn the_whole_text_has_to_match() {
        assert!(hits("RE: *", "re: your order"));
        assert!(!hits("re:", "re: your order"));
        assert!(hits("*order ####*", "About Order 1234, please"));
        assert!(!hits("*order ####*", "About order 12, please"));
        assert!(hits("*@*.example.com", "ann@mail.example.com"));
        assert!(!hits("*@*.example.com", "ann@example.org"));
        assert!(hits("a?c", "abc") && !hits("a?c", "ac"));
    }

    #[test]
    fn classes_ranges_and_escapes() {
        assert!(hits("[a-c]x[!0-9]", "BXy"));
        assert!(!hits("[a-c]x[!0-9]", "bx7"));
        assert!(hits("100\\*", "100*") && !hits("100\\*", "1000"));
        assert!(hits("[a-]", "-"));
    }

    #[test]
    fn a_pattern_that_cannot_be_read_says_why() {
        for wrong in ["", "[", "[]", "[a", "[z-a]", "a\\", "[\\"] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Pattern::parse(&"x".repeat(LONGEST_PATTERN + 1)).is_err());
    }

    #[test]
    fn many_stars_on_a_long_text_end_soon() {
        let pattern = Pattern::parse(&"*a".repeat(140)).unwrap();
        assert!(!pattern.matches(&"b".repeat(PATTERN_REACH)));
        assert!(pattern.matches(&"ba".repeat(1_000)));
    }

    /// The textbook definition, slow and plainly right.
    fn slowly(parts: &[Part], text: &[char]) -> bool {
        match parts.split_first() {
            None => text.is_empty(),
            Some((Part::Anything, rest)) => (0..=text.len()).any(|skipped| slowly(rest, &text[skipped..])),
            Some((part, rest)) => text.first().is_some_and(|found| part.accepts(*found)) && slowly(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_textbook(pattern in "[ab*?]{1,7}", text in "[ab]{0,9}") {
            let pattern = Pattern::parse(&pattern).unwrap();
            let letters: Vec<char> = text.chars().collect();
            prop_assert_eq!(pattern.matches(&text), slowly(&pattern.parts, &letters));
        }

        #[test]
        fn never_panics(pattern in "\\PC{0,30}", text in "\\PC{0,60}") {
            if let Ok(pattern) = Pattern::parse(&pattern) {
                pattern.matches(&fold(&text));
            }
        }
    }
}

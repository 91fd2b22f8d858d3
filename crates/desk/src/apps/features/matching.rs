//! What an application object is recognised by, and where it leads (contract/apps.md section 2.6).
//!
//! A pattern is an address (`https://shop.example/orders/*`) or a text (`ORDER-{Digits}`). Its variables are `{{name}}`,
//! `{Digits}`, `{Letters}`, `*` and, in addresses, `**`. What they stood for is known by name and by number: the target
//! `https://shop.example/orders/{{1}}` names the first.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use regex::{Regex, RegexBuilder};

use crate::error::{Error, Result};

/// What may stand in a part of an address as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The largest compiled form of a pattern, in bytes.
const LARGEST: usize = 256 * 1024;

/// A pattern or target, compiled.
#[derive(Debug, Clone)]
pub(crate) struct Matcher {
    regex: Regex,
    /// The names of its variables, by number from 1 on; unnamed ones are empty.
    names: Vec<String>,
}

/// What the variables of a pattern stood for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Values(Vec<(String, String)>);

enum Part<'p> {
    Just(&'p str),
    /// What may stand there, and its name.
    Variable(&'static str, &'p str),
}

/// The parts of a pattern. `is_address` decides what a variable may stand for.
fn parts(pattern: &str, is_address: bool) -> Vec<Part<'_>> {
    let any = if is_address { r"[^/?#\s]+" } else { r"[\p{L}\p{N}_-]+" };
    let special: [(&str, &'static str); 4] =
        [("{Digits}", "[0-9]+"), ("{Letters}", r"\p{L}+"), ("**", if is_address { r"\S*" } else { any }), ("*", any)];
    let (mut parts, mut rest, mut from) = (Vec::new(), pattern, 0);
    while from < rest.len() {
        let here = &rest[from..];
        let named = here.strip_prefix("{{").and_then(|inside| inside.split_once("}}")).map(|(name, _)| name);
        let found = match named.filter(|name| !name.trim().is_empty()) {
            Some(name) => Some((name.len() + 4, Part::Variable(any, name.trim()))),
            None => special
                .into_iter()
                .find(|(word, _)| here.starts_with(word))
                .map(|(word, stands_for)| (word.len(), Part::Variable(stands_for, ""))),
        };
        let Some((length, part)) = found else {
            from += here.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        if from > 0 {
            parts.push(Part::Just(&rest[..from]));
        }
        parts.push(part);
        rest = &rest[from + length..];
        from = 0;
    }
    if !rest.is_empty() {
        parts.push(Part::Just(rest));
    }
    parts
}

/// Whether a pattern is one of addresses.
pub(crate) fn is_address(pattern: &str) -> bool {
    pattern.contains("://")
}

impl Matcher {
    /// Compiles a pattern; the error names the field.
    pub(crate) fn new(field: &str, pattern: &str) -> Result<Matcher> {
        let is_address = is_address(pattern);
        let (mut source, mut names) = (String::new(), Vec::new());
        for part in parts(pattern, is_address) {
            match part {
                Part::Just(text) => source.push_str(&regex::escape(text)),
                Part::Variable(stands_for, name) => {
                    names.push(name.to_string());
                    source.push_str(&format!("({stands_for})"));
                }
            }
        }
        // Within a longer word nothing is recognised.
        let source = match is_address {
            true => format!("^{source}$"),
            false => format!(r"\b{{start-half}}{source}\b{{end-half}}"),
        };
        let regex = RegexBuilder::new(&source).size_limit(LARGEST).build();
        regex.map(|regex| Matcher { regex, names }).map_err(|_| Error::invalid(field, "the pattern is too long"))
    }

    /// What is found in a text, or the address if it is one: the words and their values, at most `most`.
    pub(crate) fn find(&self, text: &str, most: usize) -> Vec<(String, Values)> {
        let found = self.regex.captures_iter(text).take(most);
        found.map(|captures| (captures[0].to_string(), self.values(&captures))).collect()
    }

    /// The values of a text that is matched as a whole.
    pub(crate) fn whole(&self, text: &str) -> Option<Values> {
        let captures = self.regex.captures(text)?;
        (captures[0].len() == text.len()).then(|| self.values(&captures))
    }

    fn values(&self, captures: &regex::Captures<'_>) -> Values {
        let mut values = Vec::new();
        for (at, name) in self.names.iter().enumerate() {
            let value = captures.get(at + 1).map_or("", |found| found.as_str());
            values.push(((at + 1).to_string(), value.to_string()));
            if !name.is_empty() && !values.iter().any(|(known, _)| known == name) {
                values.push((name.clone(), value.to_string()));
            }
        }
        Values(values)
    }

    /// Whether a target has no variable but those of this pattern.
    pub(crate) fn knows(&self, target: &str) -> Option<String> {
        parts(target, true).into_iter().find_map(|part| match part {
            Part::Variable(_, "") => Some("a wildcard".to_string()),
            Part::Variable(_, name) => {
                let by_number = name.parse::<usize>().is_ok_and(|number| (1..=self.names.len()).contains(&number));
                (!by_number && !self.names.iter().any(|known| known == name)).then(|| format!("{{{{{name}}}}}"))
            }
            Part::Just(_) => None,
        })
    }
}

impl Values {
    /// A target with the values in it.
    pub(crate) fn fill(&self, target: &str) -> String {
        let mut filled = String::new();
        let encoded = |value: &str| utf8_percent_encode(value, PLAIN).to_string();
        for part in parts(target, true) {
            match part {
                Part::Just(text) => filled.push_str(text),
                Part::Variable(_, name) => {
                    if let Some((_, value)) = self.0.iter().find(|(known, _)| known == name) {
                        filled.push_str(&encoded(value));
                    }
                }
            }
        }
        filled
    }

    /// An address to be asked with the values: in their places, or else as its query.
    pub(crate) fn ask(&self, address: &str) -> String {
        if parts(address, true).iter().any(|part| matches!(part, Part::Variable(..))) {
            return self.fill(address);
        }
        let named = self.0.iter().filter(|(name, _)| name.parse::<usize>().is_err());
        let mut pairs: Vec<(&str, &str)> = named.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if let (true, Some((_, first))) = (pairs.is_empty(), self.0.first()) {
            pairs.push(("id", first));
        }
        let mut asked = address.to_string();
        for (name, value) in pairs {
            asked.push(if asked.contains('?') { '&' } else { '?' });
            asked.push_str(&format!("{}={}", utf8_percent_encode(name, PLAIN), utf8_percent_encode(value, PLAIN)));
        }
        asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher(pattern: &str) -> Matcher {
        Matcher::new("pattern", pattern).expect("a pattern")
    }

    fn words(pattern: &str, text: &str) -> Vec<String> {
        matcher(pattern).find(text, 10).into_iter().map(|(word, _)| word).collect()
    }

    #[test]
    fn texts_are_found_as_whole_words() {
        let text = "ORDER-1, ORDER-22 (ORDER-333) XORDER-4 ORDER-5x order-6 ORDER-";
        assert_eq!(words("ORDER-{Digits}", text), ["ORDER-1", "ORDER-22", "ORDER-333"]);
        assert_eq!(words("#{{ticket}}", "see #AB-1 and #2."), ["#AB-1", "#2"]);
        assert_eq!(words("{Letters}-{Digits}", "Größe-7"), ["Größe-7"]);
        assert_eq!(words("a.c", "abc a.c"), ["a.c"], "other characters mean themselves");
    }

    #[test]
    fn addresses_are_matched_as_a_whole() {
        let incidents = matcher("https://status.example/incidents/*");
        assert!(incidents.whole("https://status.example/incidents/7").is_some());
        for other in [
            "https://status.example/incidents/7/log",
            "https://status.example/incidents/",
            "xhttps://status.example/incidents/7",
        ] {
            assert_eq!(incidents.whole(other), None, "{other}");
        }
        assert!(matcher("https://status.example/**").whole("https://status.example/a/b?c").is_some());
    }

    #[test]
    fn values_go_by_name_and_by_number() {
        let (_, values) = matcher("{{shop}}:{Digits}").find("acme:7", 1).remove(0);
        assert_eq!(values.fill("https://{{shop}}.example/{{2}}"), "https://acme.example/7");
        assert_eq!(values.ask("https://a.example/x"), "https://a.example/x?shop=acme");
        assert_eq!(values.ask("https://a.example/{{2}}?a=b"), "https://a.example/7?a=b");
        let (_, values) = matcher("ORDER-{Digits}").find("ORDER-7", 1).remove(0);
        assert_eq!(values.ask("https://a.example/x?y=1"), "https://a.example/x?y=1&id=7");
        assert_eq!(matcher("ORDER-{Digits}").knows("https://a.example/{{1}}"), None);
        assert_eq!(matcher("ORDER-{Digits}").knows("https://a.example/{{number}}").as_deref(), Some("{{number}}"));
    }

    #[test]
    fn what_a_customer_writes_cannot_change_the_address() {
        let (_, values) = matcher("#{{ticket}}").find("#ä", 1).remove(0);
        assert_eq!(values.fill("https://a.example/{{ticket}}"), "https://a.example/%C3%A4");
        assert_eq!(words("#{{ticket}}", "#../../admin?x=1"), Vec::<String>::new());
    }
}

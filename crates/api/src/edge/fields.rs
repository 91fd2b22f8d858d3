//! Flat names with brackets (`to[0][handle]`, `q[statuses][]`) and the tree they stand for.
//!
//! Query strings, forms and multipart bodies all speak this dialect, each client in its own spelling, so it is read in
//! one place. Every leaf is a string: whether `"1"` is a number is known only to whoever expects one.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Deeper names than this are refused: no request of the API nests half as far.
const MAX_DEPTH: usize = 8;
/// More fields than this in one request are refused, so that a small body cannot become a huge tree.
const MAX_FIELDS: usize = 20_000;

/// A tree that grows by one named field at a time.
#[derive(Debug, Default)]
pub struct Fields {
    root: BTreeMap<String, Node>,
    count: usize,
}

/// Why a field does not fit into the tree, for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Misfit(String);

#[derive(Debug)]
enum Node {
    Text(String),
    List(Vec<Node>),
    Map(BTreeMap<String, Node>),
}

impl Fields {
    /// A tree without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one field. A repeated name makes a list, `[]` appends, `[3]` is a place in a list, `[key]` a property.
    pub fn insert(&mut self, name: &str, value: String) -> Result<(), Misfit> {
        self.count += 1;
        if self.count > MAX_FIELDS {
            return Err(Misfit(format!("more than {MAX_FIELDS} fields")));
        }
        let (base, keys) = split_name(name);
        if keys.len() > MAX_DEPTH {
            return Err(Misfit(format!("field '{}' is nested too deeply", shorten(name))));
        }
        let fits = match self.root.get_mut(base) {
            Some(node) => node.add(&keys, value),
            None => {
                self.root.insert(base.to_owned(), Node::grow(&keys, value));
                true
            }
        };
        if fits { Ok(()) } else { Err(Misfit(format!("field '{}' contradicts an earlier field", shorten(name)))) }
    }

    /// The finished tree: an object whose leaves are strings.
    pub fn into_value(self) -> Value {
        Value::Object(self.root.into_iter().map(|(key, node)| (key, node.into_value())).collect())
    }
}

impl Node {
    fn grow(keys: &[&str], value: String) -> Node {
        match keys {
            [] => Node::Text(value),
            ["", rest @ ..] => Node::List(vec![Node::grow(rest, value)]),
            [key, rest @ ..] => Node::Map(BTreeMap::from([((*key).to_owned(), Node::grow(rest, value))])),
        }
    }

    /// Adds a field below this node; false when the node is already of another kind.
    fn add(&mut self, keys: &[&str], value: String) -> bool {
        match (&mut *self, keys) {
            (Node::Text(first), [] | [""]) => {
                *self = Node::List(vec![Node::Text(std::mem::take(first)), Node::Text(value)]);
                true
            }
            (Node::List(items), [] | [""]) => {
                items.push(Node::Text(value));
                true
            }
            // `to[][handle]=a&to[][name]=b` is one recipient; a repeated property starts the next.
            (Node::List(items), ["", rest @ ..]) => {
                match items.last_mut() {
                    Some(last @ Node::Map(_)) if !last.has(rest) => return last.add(rest, value),
                    _ => items.push(Node::grow(rest, value)),
                }
                true
            }
            (Node::Map(entries), [key, rest @ ..]) if !key.is_empty() => match entries.get_mut(*key) {
                Some(node) => node.add(rest, value),
                None => {
                    entries.insert((*key).to_owned(), Node::grow(rest, value));
                    true
                }
            },
            _ => false,
        }
    }

    fn has(&self, keys: &[&str]) -> bool {
        match (self, keys) {
            (Node::Map(entries), [key, rest @ ..]) => entries.get(*key).is_some_and(|node| node.has(rest)),
            // Another `[]` below appends instead of repeating.
            (Node::List(_), ["", ..]) => false,
            _ => true,
        }
    }

    fn into_value(self) -> Value {
        match self {
            Node::Text(text) => Value::String(text),
            Node::List(items) => Value::Array(items.into_iter().map(Node::into_value).collect()),
            Node::Map(entries) => match places(&entries) {
                // Only the order of the places counts: `to[7]` alone is a list of one, not of eight.
                Some(order) => {
                    let mut items: Vec<_> = order.into_iter().zip(entries.into_values()).collect();
                    items.sort_by_key(|(place, _)| *place);
                    Value::Array(items.into_iter().map(|(_, node)| node.into_value()).collect())
                }
                None => Value::Object(
                    entries.into_iter().map(|(key, node)| (key, node.into_value())).collect::<Map<_, _>>(),
                ),
            },
        }
    }
}

/// The numbers that all keys of a map stand for, in the map's order, if they are all numbers.
fn places(entries: &BTreeMap<String, Node>) -> Option<Vec<u64>> {
    let digits = |key: &String| key.bytes().all(|c| c.is_ascii_digit());
    if !entries.keys().all(digits) {
        return None;
    }
    entries.keys().map(|key| key.parse().ok()).collect()
}

/// Takes `to[0][handle]` apart into `to` and `0`, `handle`. A name that is not well-formed is one plain key.
fn split_name(name: &str) -> (&str, Vec<&str>) {
    let Some(open) = name.find('[').filter(|&open| open > 0) else { return (name, Vec::new()) };
    let mut keys = Vec::new();
    let mut rest = &name[open..];
    while !rest.is_empty() {
        let Some(inner) = rest.strip_prefix('[') else { return (name, Vec::new()) };
        let Some(close) = inner.find(']') else { return (name, Vec::new()) };
        keys.push(&inner[..close]);
        rest = &inner[close + 1..];
    }
    (&name[..open], keys)
}

/// The name without the brackets that only say "one of several": `attachments[0]` and `attachments[]` are `attachments`.
pub fn list_name(name: &str) -> &str {
    let (base, keys) = split_name(name);
    match keys.as_slice() {
        [key] if key.bytes().all(|c| c.is_ascii_digit()) => base,
        _ => name,
    }
}

/// Undoes the encoding of query strings and forms: `+` is a space, `%41` is `A`, a lone `%` is itself.
pub fn decode(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|&c| if c == b'+' { b' ' } else { c }).collect();
    percent_encoding::percent_decode(&spaced).collect()
}

/// The raw names and values of a query string or form; a name without `=` has an empty value.
pub fn pairs(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    text.split(|&c| c == b'&').filter(|pair| !pair.is_empty()).map(|pair| match pair.iter().position(|&c| c == b'=') {
        Some(at) => (&pair[..at], &pair[at + 1..]),
        None => (pair, &pair[pair.len()..]),
    })
}

/// As much of a foreign text as an error message should repeat.
pub fn shorten(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(60).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn tree(fields: &[(&str, &str)]) -> Value {
        let mut tree = Fields::new();
        for (name, value) in fields {
            tree.insert(name, (*value).to_owned()).unwrap();
        }
        tree.into_value()
    }

    #[test]
    fn every_spelling_of_a_list_is_the_same_list() {
        let expected = json!({"to": ["a", "b"]});
        assert_eq!(tree(&[("to[]", "a"), ("to[]", "b")]), expected);
        assert_eq!(tree(&[("to[0]", "a"), ("to[1]", "b")]), expected);
        assert_eq!(tree(&[("to[1]", "b"), ("to[0]", "a")]), expected);
        assert_eq!(tree(&[("to", "a"), ("to", "b")]), expected);
        assert_eq!(tree(&[("to", "a"), ("to[]", "b")]), expected);
    }

    #[test]
    fn places_sort_as_numbers_and_gaps_close() {
        assert_eq!(tree(&[("a[10]", "c"), ("a[9]", "b"), ("a[1]", "a")]), json!({"a": ["a", "b", "c"]}));
        assert_eq!(tree(&[("a[4000000000]", "x")]), json!({"a": ["x"]}));
    }

    #[test]
    fn properties_nest() {
        let fields = [("sender[handle]", "+1"), ("sender[name]", "A"), ("options[archive]", "false")];
        assert_eq!(tree(&fields), json!({"sender": {"handle": "+1", "name": "A"}, "options": {"archive": "false"}}));
    }

    #[test]
    fn lists_of_objects_come_with_and_without_places() {
        let expected = json!({"to": [{"handle": "a", "name": "A"}, {"handle": "b"}]});
        assert_eq!(tree(&[("to[0][handle]", "a"), ("to[0][name]", "A"), ("to[1][handle]", "b")]), expected);
        assert_eq!(tree(&[("to[][handle]", "a"), ("to[][name]", "A"), ("to[][handle]", "b")]), expected);
    }

    #[test]
    fn a_name_with_loose_brackets_is_a_plain_name() {
        assert_eq!(tree(&[("a[b", "1"), ("]", "2"), ("[c]", "3"), ("a[b]x", "4")]).as_object().unwrap().len(), 4);
    }

    #[test]
    fn a_field_cannot_be_a_text_and_an_object() {
        let mut tree = Fields::new();
        tree.insert("a", "1".into()).unwrap();
        assert!(tree.insert("a[b]", "2".into()).unwrap_err().to_string().contains("a[b]"));
    }

    #[test]
    fn depth_and_number_of_fields_are_bounded() {
        let mut tree = Fields::new();
        assert!(tree.insert(&format!("a{}", "[b]".repeat(9)), String::new()).is_err());
        let outcome = (0..=MAX_FIELDS).try_for_each(|n| tree.insert(&format!("f{n}"), String::new()));
        assert!(outcome.is_err());
    }

    #[test]
    fn only_list_brackets_are_dropped_from_a_file_name() {
        assert_eq!(list_name("attachments[]"), "attachments");
        assert_eq!(list_name("attachments[12]"), "attachments");
        assert_eq!(list_name("avatar"), "avatar");
        assert_eq!(list_name("message[avatar]"), "message[avatar]");
    }

    proptest! {
        #[test]
        fn any_names_and_values_make_a_tree_or_a_misfit(fields in prop::collection::vec((".{0,20}|[a\\[\\]0]{0,12}", ".{0,5}"), 0..20)) {
            let mut tree = Fields::new();
            for (name, value) in fields {
                let _ = tree.insert(&name, value);
            }
            prop_assert!(tree.into_value().is_object());
        }

        #[test]
        fn decoding_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            for (name, value) in pairs(&bytes) {
                decode(name);
                decode(value);
            }
        }
    }
}

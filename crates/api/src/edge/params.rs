//! What stands after the question mark: page, order and the `q` object, in every spelling that clients use.

use serde_json::Value;

use super::error::Problem;
use super::fields::{self, Fields, shorten};
use super::nul;

/// The decoded query string. Names that nobody asks for are kept, and ignored unless the operation is strict.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    pairs: Vec<(String, String)>,
    q: Filter,
    words: Option<String>,
}

/// What a collection allows to be asked of its pages.
#[derive(Debug, Clone, Copy)]
pub struct PageRules {
    /// The page size when the caller names none.
    pub default_limit: u32,
    /// The largest page; a larger wish is granted this much.
    pub max_limit: u32,
    /// The names that `sort_by` may have; none if the collection has one fixed order.
    pub sort_by: &'static [&'static str],
}

impl PageRules {
    /// The usual collection: 50 rows, at most 100, no choice of order.
    pub const USUAL: PageRules = PageRules { default_limit: 50, max_limit: 100, sort_by: &[] };
    /// The events list: 15 rows, and no more.
    pub const EVENTS: PageRules = PageRules { default_limit: 15, max_limit: 15, sort_by: &["created_at"] };

    /// Conversations: by the time of their last activity.
    pub const BY_DATE: PageRules = PageRules::USUAL.sorted_by(&["date"]);
    /// Messages: by the time they were made.
    pub const BY_CREATION: PageRules = PageRules::USUAL.sorted_by(&["created_at"]);
    /// Contacts: by the time they were made or changed.
    pub const BY_CHANGE: PageRules = PageRules::USUAL.sorted_by(&["created_at", "updated_at"]);
    /// Message templates: by the time they were made or changed, or as they stand.
    pub const BY_PLACE: PageRules = PageRules::USUAL.sorted_by(&["created_at", "updated_at", "sort_order"]);
    /// Tags and links: by their ids.
    pub const BY_ID: PageRules = PageRules::USUAL.sorted_by(&["id"]);

    /// The same, with a choice of order.
    const fn sorted_by(self, names: &'static [&'static str]) -> PageRules {
        PageRules { sort_by: names, ..self }
    }
}

/// No time in seconds is as large as this; what is larger was meant as milliseconds.
pub const SECONDS_END: f64 = 1e12;

/// The page that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// How many rows at most.
    pub limit: u32,
    /// The place where the previous page ended, still opaque; see [`super::pages`].
    pub token: Option<String>,
    /// One of [`PageRules::sort_by`], if the caller chose.
    pub sort_by: Option<&'static str>,
    /// The direction, if the caller chose.
    pub order: Option<Order>,
}

/// Which end of a collection comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Oldest or smallest first.
    Ascending,
    /// Newest or largest first.
    Descending,
}

/// The `q` object. Unknown keys are kept and ignored.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter(Value);

impl Params {
    /// Takes a raw query string apart. Only a `q` that makes no sense is refused: ignoring a filter would answer, and
    /// perhaps change, more than was asked for.
    pub fn parse(query: Option<&str>) -> Result<Params, Problem> {
        let text = |bytes| String::from_utf8_lossy(&fields::decode(bytes)).into_owned();
        let raw = query.unwrap_or_default().as_bytes();
        let pairs: Vec<(String, String)> = fields::pairs(raw).map(|(name, value)| (text(name), text(value))).collect();
        let (q, words) = Filter::gather(&pairs)?;
        let has_nul = |text: &String| text.contains('\0');
        if pairs.iter().any(|(name, value)| has_nul(name) || has_nul(value)) || nul::find(&q.0).is_some() {
            return Err(Problem::bad_request("a query holds no NUL character"));
        }
        Ok(Params { pairs, q, words })
    }

    /// The first value under this name that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// All names and values in the order of their arrival, decoded.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// Refuses the first name that is none of these. Only Portico's own operations are so strict: Front passes over what
    /// it doesn't know, and its clients rely on that.
    pub fn only(&self, known: &[&str]) -> Result<(), Problem> {
        let is_unknown = |name: &&String| !name.is_empty() && !known.contains(&name.as_str());
        let Some(unknown) = self.pairs.iter().map(|(name, _)| name).find(is_unknown) else { return Ok(()) };
        let known = match known {
            [] => "nothing is asked here".to_string(),
            known => format!("expected {}", known.join(", ")),
        };
        let unknown = shorten(unknown);
        let problem = Problem::bad_request(format!("Unknown query parameter {unknown:?}: {known}"));
        Err(problem.detail(format!("{unknown}: unknown query parameter, {known}")))
    }

    /// The `q` object; empty if there was none. Refused if `q` was plain text, for which an object has no place.
    pub fn q(&self) -> Result<&Filter, Problem> {
        if self.words.is_some() { Err(no_object()) } else { Ok(&self.q) }
    }

    /// The `q` that is plain text, as many clients send it to a list: what to search for.
    pub fn words(&self) -> Option<&str> {
        self.words.as_deref()
    }

    /// The page that is asked for, within the rules of the collection.
    pub fn page(&self, rules: &PageRules) -> Result<PageRequest, Problem> {
        Ok(PageRequest {
            limit: self.get("limit").map_or(Ok(rules.default_limit), |text| limit(text, rules))?,
            token: self.get("page_token").and_then(bare_token),
            sort_by: self.sort_by(rules)?,
            order: self.get("sort_order").map(order).transpose()?,
        })
    }

    fn sort_by(&self, rules: &PageRules) -> Result<Option<&'static str>, Problem> {
        // A collection with one fixed order ignores the wish, as it ignores any other unknown name.
        let Some(wish) = self.get("sort_by").filter(|_| !rules.sort_by.is_empty()) else { return Ok(None) };
        match rules.sort_by.iter().find(|name| **name == wish) {
            Some(name) => Ok(Some(name)),
            None => {
                let message = format!("sort_by must be one of {}, not '{}'", rules.sort_by.join(", "), shorten(wish));
                Err(Problem::bad_request(message))
            }
        }
    }
}

/// The token itself. Some clients give the whole address of the next page for it, as the official example does; whose
/// address it is does not matter. An address without a token stays, to be refused.
fn bare_token(given: &str) -> Option<String> {
    let query = given.starts_with("http://") || given.starts_with("https://");
    let query = query.then(|| given.split_once('?')).flatten().map_or("", |(_, query)| query);
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    let mut pairs = fields::pairs(query.as_bytes());
    let within = pairs.find(|(name, value)| *name == b"page_token" && !value.is_empty());
    let token = within.map_or(given.as_bytes().to_vec(), |(_, token)| fields::decode(token));
    String::from_utf8(token).ok()
}

fn limit(text: &str, rules: &PageRules) -> Result<u32, Problem> {
    let digits = text.trim();
    let is_number = !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit());
    // More digits than fit are still a number, and larger than any maximum.
    let wish = is_number.then(|| digits.parse::<u32>().unwrap_or(u32::MAX));
    match wish {
        Some(rows) if rows > 0 => Ok(rows.min(rules.max_limit)),
        _ => {
            let message =
                format!("limit must be a whole number from 1 to {}, not '{}'", rules.max_limit, shorten(text));
            Err(Problem::bad_request(message))
        }
    }
}

fn order(text: &str) -> Result<Order, Problem> {
    match text.to_ascii_lowercase().as_str() {
        "asc" => Ok(Order::Ascending),
        "desc" => Ok(Order::Descending),
        _ => Err(Problem::bad_request(format!("sort_order must be asc or desc, not '{}'", shorten(text)))),
    }
}

fn no_object() -> Problem {
    Problem::bad_request("q must be an object, as in q[statuses]=archived or q={\"statuses\":[…]}")
}

impl Filter {
    /// The object and the plain text; at most one of them says anything.
    fn gather(pairs: &[(String, String)]) -> Result<(Filter, Option<String>), Problem> {
        let mut tree = Fields::new();
        let mut bare = None;
        for (name, value) in pairs {
            if name == "q" && !value.trim().is_empty() {
                bare = Some(value.trim());
            } else if name.starts_with("q[") {
                tree.insert(name, value.clone()).map_err(|misfit| Problem::bad_request(misfit.to_string()))?;
            }
        }
        let bracketed = tree.into_value().get_mut("q").map(Value::take);
        let empty = || Value::Object(serde_json::Map::new());
        let object = match (bare, bracketed) {
            (None, None) => empty(),
            (None, Some(object)) => object,
            (Some(text), None) if text.starts_with(['{', '[']) => serde_json::from_str(text).unwrap_or(Value::Null),
            (Some(text), None) => return Ok((Filter(empty()), Some(text.to_string()))),
            (Some(_), Some(_)) => Value::Null,
        };
        if object.is_object() { Ok((Filter(object), None)) } else { Err(no_object()) }
    }

    /// Whether nothing is filtered.
    pub fn is_empty(&self) -> bool {
        self.0.as_object().is_none_or(serde_json::Map::is_empty)
    }

    /// The object itself.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The values under a key as texts; one value is a list of one, and a missing key an empty list.
    pub fn list(&self, key: &str) -> Vec<String> {
        match self.0.get(key) {
            Some(Value::Array(items)) => items.iter().filter_map(scalar).collect(),
            Some(single) => scalar(single).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// The one value under a key as a text.
    pub fn text(&self, key: &str) -> Option<String> {
        self.list(key).into_iter().next()
    }

    /// A time under a key, given in seconds with decimals, as milliseconds.
    pub fn millis(&self, key: &str) -> Result<Option<i64>, Problem> {
        let Some(text) = self.text(key) else { return Ok(None) };
        let seconds = text.trim().parse::<f64>().ok().filter(|seconds| seconds.abs() < SECONDS_END);
        let Some(seconds) = seconds else {
            let message = format!("q[{key}] must be a time in seconds, not '{}'", shorten(&text));
            return Err(Problem::bad_request(message));
        };
        // Bounded just above, so the conversion cannot saturate.
        Ok(Some((seconds * 1000.0).round() as i64))
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(query: &str) -> Params {
        Params::parse(Some(query)).unwrap()
    }

    fn page(query: &str) -> Result<PageRequest, Problem> {
        parse(query).page(&PageRules::USUAL.sorted_by(&["created_at", "updated_at"]))
    }

    #[test]
    fn every_spelling_of_q_is_the_same_filter() {
        for query in [
            "q[statuses]=assigned&q[statuses]=archived",
            "q[statuses][]=assigned&q[statuses][]=archived",
            "q[statuses][0]=assigned&q[statuses][1]=archived",
            "q%5Bstatuses%5D=assigned&q%5bstatuses%5d=archived",
            "q%5Bstatuses%5D%5B%5D=assigned&q[statuses][]=archived",
            "q%5Bstatuses%5D%5B1%5D=archived&q%5Bstatuses%5D%5B0%5D=assigned",
            "q={\"statuses\":[\"assigned\",\"archived\"]}",
            "q=%7B%22statuses%22%3A%5B%22assigned%22%2C%22archived%22%5D%7D",
        ] {
            assert_eq!(parse(query).q().unwrap().list("statuses"), ["assigned", "archived"], "{query}");
        }
    }

    #[test]
    fn one_value_is_a_list_of_one() {
        for query in ["q[statuses]=archived", "q[statuses][]=archived", "q={\"statuses\":\"archived\"}"] {
            assert_eq!(parse(query).q().unwrap().list("statuses"), ["archived"], "{query}");
        }
    }

    #[test]
    fn an_absent_or_empty_q_filters_nothing() {
        for query in ["", "q=", "q", "limit=5&undefined", "q={}"] {
            assert!(parse(query).q().unwrap().is_empty(), "{query}");
        }
        assert!(parse("q[statuses]=").q().unwrap().list("statuses").is_empty());
        assert!(Params::parse(None).unwrap().q().unwrap().is_empty());
    }

    #[test]
    fn a_q_that_is_no_object_is_refused() {
        for query in ["q=[1]", "q={\"statuses\"", "q[0]=a", "q[]=a", "q[a]=1&q={\"b\":1}", "q[a]=1&q[a][b]=2"] {
            assert_eq!(Params::parse(Some(query)).unwrap_err().status, 400, "{query}");
        }
    }

    #[test]
    fn a_plain_q_is_what_to_search_for_and_no_filter() {
        for (query, words) in [("q=is:open+late", "is:open late"), ("q=%20%22a%20b%22", "\"a b\""), ("q=5", "5")] {
            let params = parse(query);
            assert_eq!(params.words(), Some(words), "{query}");
            assert_eq!(params.q().unwrap_err().status, 400, "{query}");
        }
        assert_eq!(parse("q=&q[a]=1").words(), None);
    }

    #[test]
    fn a_nul_character_is_refused_wherever_it_stands() {
        for query in ["a=%00", "a%00=b", "q[a]=%00", "q={\"a\":\"\\u0000\"}", "q=a%00"] {
            assert_eq!(Params::parse(Some(query)).unwrap_err().status, 400, "{query}");
        }
    }

    #[test]
    fn unknown_names_and_keys_are_ignored() {
        let params = parse("limit=5&undefined&=x&a[b=c&q[colour]=red&q[statuses]=archived");
        assert_eq!(params.q().unwrap().list("statuses"), ["archived"]);
        assert_eq!(params.page(&PageRules::USUAL).unwrap().limit, 5);
    }

    #[test]
    fn a_plus_is_a_space_and_odd_escapes_stay() {
        let params = parse("a=x+y%2B&b=100%&c=%zz");
        assert_eq!((params.get("a"), params.get("b"), params.get("c")), (Some("x y+"), Some("100%"), Some("%zz")));
    }

    #[test]
    fn times_are_seconds_with_decimals() {
        let params = parse("q[before]=1454453901.012&q[after]=soon");
        assert_eq!(params.q().unwrap().millis("before").unwrap(), Some(1_454_453_901_012));
        assert_eq!(params.q().unwrap().millis("after").unwrap_err().status, 400);
        assert_eq!(params.q().unwrap().millis("during").unwrap(), None);
        assert_eq!(parse("q={\"after\":1.5}").q().unwrap().millis("after").unwrap(), Some(1500));
        assert!(parse("q[after]=NaN").q().unwrap().millis("after").is_err());
        assert!(parse("q[after]=1e300").q().unwrap().millis("after").is_err());
    }

    #[test]
    fn a_limit_is_taken_clamped_or_refused() {
        assert_eq!(page("").unwrap().limit, 50);
        assert_eq!(page("limit=").unwrap().limit, 50);
        assert_eq!(page("limit=7").unwrap().limit, 7);
        assert_eq!(page("limit=101").unwrap().limit, 100);
        assert_eq!(page("limit=99999999999999999999").unwrap().limit, 100);
        for query in ["limit=0", "limit=-1", "limit=ten", "limit=1.5", "limit=%FF"] {
            let problem = page(query).unwrap_err();
            assert!(problem.message.starts_with("limit must be a whole number"), "{query}: {}", problem.message);
        }
    }

    #[test]
    fn an_order_is_one_of_those_that_the_collection_knows() {
        let wish = page("sort_by=updated_at&sort_order=ASC&page_token=ab12").unwrap();
        assert_eq!(
            (wish.sort_by, wish.order, wish.token.as_deref()),
            (Some("updated_at"), Some(Order::Ascending), Some("ab12"))
        );
        assert_eq!(page("sort_by=name").unwrap_err().status, 400);
        assert_eq!(page("sort_order=down").unwrap_err().status, 400);
        assert_eq!(parse("sort_by=name").page(&PageRules::USUAL).unwrap().sort_by, None);
    }

    #[test]
    fn a_token_may_stand_in_the_address_of_the_page() {
        for (given, token) in [
            ("ab12", "ab12"),
            ("https%3A%2F%2Facme.api.desk.example%2Ftags%3Flimit%3D5%26page_token%3Dab12", "ab12"),
            ("http://desk.example/tags?page_token=ab%252512%26limit=5", "ab%12"),
            ("https://desk.example/tags?page_token=ab12%23here", "ab12"),
            ("https://desk.example/tags?page_token=%26limit=5", "https://desk.example/tags?page_token=&limit=5"),
            ("https://desk.example/ab12", "https://desk.example/ab12"),
            ("/tags?page_token=ab12", "/tags?page_token=ab12"),
        ] {
            let asked = page(&format!("page_token={given}")).unwrap();
            assert_eq!(asked.token.as_deref(), Some(token), "{given}");
        }
    }

    #[test]
    fn a_strict_operation_names_what_it_does_not_know() {
        for query in ["", "&&", "=x", "state=done", "state=done&limit=1", "state"] {
            assert_eq!(parse(query).only(&["state", "limit"]), Ok(()), "{query}");
        }
        for query in ["to=x", "limit=1&to=", "to", "State=done", "state[]=done"] {
            let problem = parse(query).only(&["state", "limit"]).unwrap_err();
            assert_eq!(problem.status, 400);
            assert!(problem.message.ends_with(": expected state, limit"), "{query}: {}", problem.message);
        }
        assert!(parse("to=x").only(&[]).unwrap_err().message.contains("\"to\""));
    }

    #[test]
    fn the_events_list_never_gives_more_than_fifteen() {
        assert_eq!(parse("limit=100").page(&PageRules::EVENTS).unwrap().limit, 15);
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(query in ".{0,80}|(q|\\[|\\]|=|&|%|%5B|%5D|a|0|\\{|\"){0,30}") {
            if let Ok(params) = Params::parse(Some(&query)) {
                let _ = params.page(&PageRules::USUAL);
                let _ = params.q().map(|q| q.millis("a"));
            }
        }

        #[test]
        fn statuses_survive_every_spelling(statuses in prop::collection::vec("[^\u{0}]{1,8}", 1..6)) {
            let encode = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
            let repeat = |name: &dyn Fn(usize) -> String| -> String {
                statuses.iter().enumerate().map(|(n, s)| format!("{}={}&", name(n), encode(s))).collect()
            };
            let json = serde_json::json!({"statuses": statuses}).to_string();
            for query in [
                repeat(&|_| "q[statuses]".into()),
                repeat(&|_| "q%5Bstatuses%5D%5B%5D".into()),
                repeat(&|n| format!("q[statuses][{n}]")),
                format!("q={}", encode(&json)),
            ] {
                prop_assert_eq!(&Params::parse(Some(&query)).unwrap().q().unwrap().list("statuses"), &statuses);
            }
        }
    }
}

//! Application channels: the server of an app, called for every channel of its kind. What it answers to a message is read
//! like a custom channel's answer ([`crate::custom::answer`]).

use serde_json::Value;

pub mod addresses;
pub mod authorization;
pub mod grant;

/// The longest words that are shown to people, in characters.
const LONGEST_WORDS: usize = 1_000;

/// What a person is told of an answer that is no success: the server's own words, if it has some.
fn refusal(status: u16, json: &Value) -> String {
    let words = json.get("message").and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    match (words, status) {
        (Some(words), _) => words.chars().filter(|c| *c != '\0').take(LONGEST_WORDS).collect(),
        (None, 200) => "it did not answer with success".to_string(),
        (None, status) => format!("it answered {status} in place of 200"),
    }
}

//! The one character that no text may hold: PostgreSQL cannot keep U+0000, so it is refused on either engine, before
//! anything has happened.

use serde_json::Value;

use super::error::Problem;
use super::fields::shorten;

/// The path of the first text or name with a NUL character in it.
pub fn find(value: &Value) -> Option<String> {
    let below = |name: String, value| {
        find(value).map(|path| if path.starts_with('[') || path.is_empty() { name + &path } else { name + "." + &path })
    };
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => items.iter().enumerate().find_map(|(at, item)| below(format!("[{at}]"), item)),
        Value::Object(entries) => entries.iter().find_map(|(name, value)| match name.contains('\0') {
            true => Some(shorten(&name.replace('\0', "\u{fffd}"))),
            false => below(name.clone(), value),
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// Refuses a body with a NUL character in it, naming the place.
pub fn refuse(body: &Value) -> Result<(), Problem> {
    let Some(path) = find(body) else { return Ok(()) };
    let line = match path.as_str() {
        "" => "a text holds no NUL character".to_owned(),
        path => format!("{path}: a text holds no NUL character"),
    };
    Err(Problem::bad_request(format!("Invalid body: {line}")).detail(line))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_place_of_a_nul_is_named() {
        for (body, place) in [
            (json!("a\0"), ""),
            (json!({"body": "a\0b"}), "body"),
            (json!({"to": ["a", "\0"]}), "to[1]"),
            (json!({"sender": {"handle": "\0"}}), "sender.handle"),
            (json!({"times": [{"mon": "\0"}]}), "times[0].mon"),
            (json!({"custom_fields": {"a\0b": 1}}), "custom_fields.a\u{fffd}b"),
        ] {
            assert_eq!(find(&body).as_deref(), Some(place), "{body}");
            assert_eq!(refuse(&body).unwrap_err().status, 400);
        }
    }

    #[test]
    fn anything_else_may_stand_in_a_text() {
        let body = json!({"body": "\u{1}\u{7f}\u{fffd}\\0\\u0000", "more": [1, null, true, {"a": "b"}]});
        assert_eq!(refuse(&body), Ok(()));
    }
}

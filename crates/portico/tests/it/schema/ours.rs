//! Measures answers by our own document, which is stricter than the official files: a name that it does not tell of is
//! as wrong as one that it promises in vain.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::{entries, fit, list, resolve};

static DOCUMENT: LazyLock<Value> = LazyLock::new(api::openapi::document);

/// Compares one answer with our document. What is not in it (an unknown path, a page for people) is not compared.
pub fn check(method: &str, path: &str, status: u16, body: &Value) -> Result<(), Vec<String>> {
    let Some(operation) = find(&DOCUMENT, method, path) else { return Ok(()) };
    let mut wrong = Vec::new();
    match operation["responses"].get(status.to_string()) {
        None => wrong.push(format!("our document does not tell of status {status}")),
        Some(response) => check_content(follow(&DOCUMENT, response), body, &mut wrong),
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// The whole document.
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// The operation whose path fits best: a literal segment is a better fit than a parameter.
fn find<'a>(document: &'a Value, method: &str, path: &str) -> Option<&'a Value> {
    let fitting = entries(&document["paths"]).filter_map(|(template, methods)| Some((fit(template, path)?, methods)));
    let (_, methods) = fitting.min_by_key(|(parameters, _)| *parameters)?;
    methods.get(method.to_ascii_lowercase())
}

fn check_content(response: &Value, body: &Value, wrong: &mut Vec<String>) {
    match (entries(&response["content"]).next(), body) {
        (None, Value::Null) => {}
        (None, _) => wrong.push("there is a body, but our document tells of none".into()),
        (Some(("application/json", _)), Value::Null) => {
            wrong.push("there is no body, but our document promises one".into())
        }
        (Some(("application/json", content)), _) => validate(&DOCUMENT, &content["schema"], body, "body", wrong),
        // Downloads are whatever the file is.
        (Some(_), _) => {}
    }
}

fn follow<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => follow(document, resolve(document, reference)),
        None => value,
    }
}

/// Adds a line for everything about the value that the schema does not allow or does not tell of.
pub(super) fn validate(document: &Value, schema: &Value, value: &Value, place: &str, wrong: &mut Vec<String>) {
    let schema = follow(document, schema);
    let Value::Object(schema) = schema else {
        if *schema != Value::Bool(true) {
            wrong.push(format!("{place} is never allowed"));
        }
        return;
    };
    for (keyword, rule) in schema {
        match keyword.as_str() {
            "type" => check_type(rule, value, place, wrong),
            "const" if value != rule => wrong.push(format!("{place} is {value}, not {rule}")),
            "enum" if !list(rule).any(|allowed| allowed == value) => {
                wrong.push(format!("{place} is {value}, which is not one of {rule}"));
            }
            "pattern" => check_pattern(rule, value, place, wrong),
            "minimum" if value.as_f64().zip(rule.as_f64()).is_some_and(|(value, bound)| value < bound) => {
                wrong.push(format!("{place} is {value}, below {rule}"));
            }
            "maximum" if value.as_f64().zip(rule.as_f64()).is_some_and(|(value, bound)| value > bound) => {
                wrong.push(format!("{place} is {value}, above {rule}"));
            }
            "anyOf" | "oneOf" => check_alternatives(document, rule, value, place, wrong),
            "items" => {
                for (at, item) in list(value).enumerate() {
                    validate(document, rule, item, &format!("{place}[{at}]"), wrong);
                }
            }
            "format" => check_format(rule, value, place, wrong),
            "const"
            | "enum"
            | "minimum"
            | "maximum"
            | "description"
            | "default"
            | "required"
            | "properties"
            | "additionalProperties" => {}
            other => panic!("{place}: nobody checks {other}; teach it to schema/ours.rs"),
        }
    }
    if let Value::Object(object) = value {
        check_object(document, schema, object, place, wrong);
    }
}

fn check_type(rule: &Value, value: &Value, place: &str, wrong: &mut Vec<String>) {
    let is = |kind: &Value| match (kind.as_str().unwrap_or_default(), value) {
        ("null", Value::Null) | ("boolean", Value::Bool(_)) | ("string", Value::String(_)) => true,
        ("array", Value::Array(_)) | ("object", Value::Object(_)) | ("number", Value::Number(_)) => true,
        ("integer", Value::Number(number)) => number.is_i64() || number.is_u64(),
        _ => false,
    };
    if !(is(rule) || list(rule).any(is)) {
        let shown: String = value.to_string().chars().take(60).collect();
        wrong.push(format!("{place} is {shown}, not of type {rule}"));
    }
}

/// The only patterns are those of ids: three letters, an underscore, base 36.
fn check_pattern(rule: &Value, value: &Value, place: &str, wrong: &mut Vec<String>) {
    let Some(text) = value.as_str() else { return };
    let prefix = rule.as_str().and_then(|rule| rule.strip_prefix('^')?.strip_suffix("[0-9a-z]+$"));
    let prefix = prefix.unwrap_or_else(|| panic!("{place}: {rule} is no pattern of an id"));
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit() || digit.is_ascii_lowercase()) {
        wrong.push(format!("{place} is {text:?}, which is no {prefix}…"));
    }
}

fn check_format(rule: &Value, value: &Value, place: &str, wrong: &mut Vec<String>) {
    let Some(text) = value.as_str() else { return };
    if rule == "uri" && !text.starts_with("http://") && !text.starts_with("https://") {
        wrong.push(format!("{place} is {text:?}, which is no address"));
    }
}

fn check_alternatives(document: &Value, rule: &Value, value: &Value, place: &str, wrong: &mut Vec<String>) {
    let attempts = list(rule).map(|alternative| {
        let mut complaints = Vec::new();
        validate(document, alternative, value, place, &mut complaints);
        complaints
    });
    // The alternative that fits best tells most about what is wrong.
    wrong.extend(attempts.min_by_key(Vec::len).unwrap_or_default());
}

fn check_object(
    document: &Value,
    schema: &Map<String, Value>,
    object: &Map<String, Value>,
    place: &str,
    wrong: &mut Vec<String>,
) {
    for name in schema.get("required").into_iter().flat_map(list).filter_map(Value::as_str) {
        if !object.contains_key(name) {
            wrong.push(format!("{place}.{name} is missing"));
        }
    }
    let (told, others) = (schema.get("properties"), schema.get("additionalProperties"));
    for (name, value) in object {
        let inside = format!("{place}.{name}");
        match (told.and_then(|told| told.get(name)), others) {
            (Some(inner), _) => validate(document, inner, value, &inside, wrong),
            (None, Some(Value::Bool(true))) => {}
            (None, Some(inner @ Value::Object(_))) => validate(document, inner, value, &inside, wrong),
            (None, _) if told.is_some() || others.is_some() => {
                wrong.push(format!("{inside} is not told of"));
            }
            (None, _) => {}
        }
    }
}

//! Whether values fit their definitions.

use serde_json::{Map, Number, Value};

use super::CustomField;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{InboxId, TeammateId};
use crate::teammates::Teammate;
use crate::work::Work;

/// 2^53, and the smallest number that is no value, whatever its sign.
const TOO_LARGE: f64 = 9_007_199_254_740_992.0;

/// Values as they are kept: by name, each fitting the definition of its kind of owner. A `null` leaves its field empty;
/// unknown names and wrong types are refused, naming the field. A teammate is kept as their address (domain.md, section
/// 8).
pub fn checked(work: &mut Work<'_>, owner_kind: &str, values: &Map<String, Value>) -> Result<Value> {
    if values.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let directory = work.directory()?;
    let mut kept = Map::new();
    for (name, value) in values {
        let refused = |why: String| Error::invalid(format!("custom_fields.{name}"), why);
        let field = directory.custom_fields(owner_kind).find(|field| field.name == *name);
        let field = field.ok_or_else(|| refused(format!("there is no such field on a {owner_kind}")))?;
        if value.is_null() {
            continue;
        }
        let value = stored(&directory, field, value)
            .ok_or_else(|| refused(format!("expected {}, found {value}", expected(field))))?;
        kept.insert(name.clone(), value);
    }
    Ok(Value::Object(kept))
}

/// A value as a field keeps it; a text is read as what the field holds, as variables give nothing but texts. Nothing if it
/// does not fit.
pub(crate) fn meant(directory: &Directory, field: &CustomField, value: Value) -> std::result::Result<Value, String> {
    let refused = format!("expected {}, found {value}", expected(field));
    let read = match (field.r#type.as_str(), &value) {
        ("number" | "datetime", Value::String(text)) => seconds(text.trim()).unwrap_or(value),
        ("boolean", Value::String(text)) => match text.trim().to_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => value,
        },
        ("enum", Value::String(text)) => choice(field, text.trim()).unwrap_or(value),
        _ => value,
    };
    if read.is_null() {
        return Ok(read);
    }
    stored(directory, field, &read).ok_or(refused)
}

/// A number, or an instant as the seconds since 1970.
fn seconds(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Value::from(whole));
    }
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then(|| Value::from(number));
    }
    let instant: jiff::Timestamp = text.parse().ok()?;
    Some(Value::from(instant.as_second()))
}

/// The value of an enumeration that somebody means, however they write it.
fn choice(field: &CustomField, text: &str) -> Option<Value> {
    let choices = field.choices.as_array()?.iter().map(|choice| &choice["value"]);
    let meant = |value: &&Value| value.as_str().is_some_and(|value| value.to_lowercase() == text.to_lowercase());
    choices.clone().find(|value| value.as_str() == Some(text)).or(choices.clone().find(meant)).cloned()
}

/// A value as it is kept, if it fits its field: somebody by their address, whether their id or their address was given.
fn stored(directory: &Directory, field: &CustomField, value: &Value) -> Option<Value> {
    match (field.r#type.as_str(), value) {
        ("teammate", Value::String(name)) => {
            let id = name.parse::<TeammateId>().ok();
            let meant = |row: &&Teammate| row.email.eq_ignore_ascii_case(name) || Some(row.id) == id;
            directory.teammates().find(meant).map(|row| Value::from(row.email.as_str()))
        }
        _ => fits(directory, field, value).then(|| value.clone()),
    }
}

fn fits(directory: &Directory, field: &CustomField, value: &Value) -> bool {
    match (field.r#type.as_str(), value) {
        ("string", Value::String(_)) | ("boolean", Value::Bool(_)) => true,
        ("datetime", Value::Number(number)) => exact(number).is_some(),
        ("number", Value::Number(number)) => exact(number).is_some_and(|number| number.fract() == 0.0),
        ("inbox", Value::String(id)) => id.parse::<InboxId>().is_ok_and(|id| directory.inbox(id).is_some()),
        ("enum", Value::String(_)) => {
            field.choices.as_array().is_some_and(|choices| choices.iter().any(|choice| choice["value"] == *value))
        }
        _ => false,
    }
}

/// A number below the bound from which on readers of JSON that know only doubles take whole numbers for their neighbours.
fn exact(number: &Number) -> Option<f64> {
    number.as_f64().filter(|number| number.abs() < TOO_LARGE)
}

fn expected(field: &CustomField) -> &'static str {
    match field.r#type.as_str() {
        "string" => "a text",
        "boolean" => "true or false",
        "datetime" => "seconds since 1970, below 2^53",
        "number" => "a whole number below 2^53",
        "teammate" => "a teammate's e-mail address or id",
        "inbox" => "an inbox's id",
        _ => "one of the field's values",
    }
}

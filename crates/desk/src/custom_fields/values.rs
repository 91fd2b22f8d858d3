//! Whether values fit their definitions.

use serde_json::{Map, Value};

use super::CustomField;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{InboxId, TeammateId};
use crate::work::Work;

/// Values as they are kept: by name, each fitting the definition of its kind of owner. A `null` leaves its field empty;
/// unknown names and wrong types are refused, naming the field.
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
        if !fits(&directory, field, value) {
            return Err(refused(format!("expected {}, found {value}", expected(field))));
        }
        kept.insert(name.clone(), value.clone());
    }
    Ok(Value::Object(kept))
}

fn fits(directory: &Directory, field: &CustomField, value: &Value) -> bool {
    match (field.r#type.as_str(), value) {
        ("string", Value::String(_)) | ("boolean", Value::Bool(_)) => true,
        ("datetime", Value::Number(_)) => true,
        ("number", Value::Number(number)) => number.as_f64().is_some_and(|number| number.fract() == 0.0),
        ("teammate", Value::String(email)) => {
            let id = email.parse::<TeammateId>().ok();
            directory.teammates().any(|row| row.email.eq_ignore_ascii_case(email) || Some(row.id) == id)
        }
        ("inbox", Value::String(id)) => id.parse::<InboxId>().is_ok_and(|id| directory.inbox(id).is_some()),
        ("enum", Value::String(_)) => {
            field.choices.as_array().is_some_and(|choices| choices.iter().any(|choice| choice["value"] == *value))
        }
        _ => false,
    }
}

fn expected(field: &CustomField) -> &'static str {
    match field.r#type.as_str() {
        "string" => "a text",
        "boolean" => "true or false",
        "datetime" => "seconds since 1970",
        "number" => "a whole number",
        "teammate" => "a teammate's e-mail address or id",
        "inbox" => "an inbox's id",
        _ => "one of the field's values",
    }
}

//! The part of JSON Schema that the contract uses, and the deviations that it needs.

use serde_json::{Map, Value};

/// What the files forbid and we send all the same: the schema, the place inside it, what may be there, and why.
pub(super) const TOLERATED: &[(&str, &str, Extra, &str)] = &[
    ("*", "_links.related.*", Extra::Null, "a related link is an address or null, whatever the schema says of it"),
    ("MessageResponse", "author", Extra::Null, "an inbound message has no author"),
    ("MessageResponse", "error_type", Extra::Null, "the file's own example is null"),
    ("MessageResponse", "signature", Extra::Null, "most messages have none"),
    ("MessageResponse", "version", Extra::Null, "only drafts have versions"),
    ("SeenReceiptResponse", "first_seen_at", Extra::Number, "typed as a string, but the example is a number"),
    ("ApplicationMessageTemplateResponse", "template_id", Extra::Text, "typed as a number, but the example is msg_777"),
    ("EventResponse", "source.data", Extra::Null, "the API and the clock have no source object"),
    ("EventResponse", "target.data", Extra::List, "the ids that a merge deleted"),
];

/// What [`TOLERATED`] lets through at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extra {
    Null,
    Number,
    Text,
    List,
}

impl Extra {
    fn allows(self, value: &Value) -> bool {
        match self {
            Extra::Null => value.is_null(),
            Extra::Number => value.is_number(),
            Extra::Text => value.is_string(),
            Extra::List => value.is_array(),
        }
    }
}

/// Where in an answer the check is, and where in the schemas.
#[derive(Clone)]
pub(super) struct Place {
    path: String,
    schema: String,
    inside: String,
}

impl Place {
    /// At the root of an answer.
    pub(super) fn start() -> Place {
        Place { path: "body".into(), schema: String::new(), inside: String::new() }
    }

    fn enter(&self, name: &str) -> Place {
        let inside = if self.inside.is_empty() { name.to_owned() } else { format!("{}.{name}", self.inside) };
        Place { path: format!("{}.{name}", self.path), schema: self.schema.clone(), inside }
    }

    fn item(&self, index: usize) -> Place {
        Place { path: format!("{}[{index}]", self.path), ..self.clone() }
    }

    fn in_schema(&self, name: &str) -> Place {
        Place { path: self.path.clone(), schema: name.to_owned(), inside: String::new() }
    }

    fn tolerates(&self, value: &Value) -> bool {
        TOLERATED.iter().any(|(schema, inside, extra, _why)| {
            let here = match inside.strip_suffix('*') {
                Some(prefix) => self.inside.strip_prefix(prefix).is_some_and(|rest| !rest.contains('.')),
                None => self.inside == *inside,
            };
            here && (*schema == "*" || self.schema == *schema) && extra.allows(value)
        })
    }
}

/// The part of the file that a reference names.
pub(super) fn resolve<'a>(file: &'a Value, reference: &str) -> &'a Value {
    let pointer = reference.strip_prefix('#').unwrap_or(reference);
    file.pointer(pointer).unwrap_or_else(|| panic!("the contract refers to {reference}, which it does not hold"))
}

/// Adds a line for everything about the value that the schema does not allow.
pub(super) fn validate(file: &Value, schema: &Value, value: &Value, place: &Place, wrong: &mut Vec<String>) {
    if place.tolerates(value) || (value.is_null() && is_nullable(file, schema)) {
        return;
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return validate(file, resolve(file, reference), value, &place.in_schema(name), wrong);
    }
    for part in list(&schema["allOf"]) {
        validate(file, part, value, place, wrong);
    }
    check_alternatives(file, schema, value, place, wrong);
    if let Some(kind) = schema["type"].as_str()
        && !is_of_type(value, kind)
    {
        wrong.push(format!("{} is {}, not of type {kind}", place.path, brief(value)));
        return;
    }
    if schema.get("enum").is_some() && !list(&schema["enum"]).any(|allowed| allowed == value) {
        wrong.push(format!("{} is {}, which is not one of {}", place.path, brief(value), schema["enum"]));
    }
    check_bounds(schema, value, place, wrong);
    if let Value::Object(object) = value {
        check_object(file, schema, object, place, wrong);
    }
    if let (Value::Array(items), Some(inner)) = (value, schema.get("items")) {
        for (index, item) in items.iter().enumerate() {
            validate(file, inner, item, &place.item(index), wrong);
        }
    }
}

/// `oneOf` is read like `anyOf`: the file's alternatives overlap, as a teammate is also an inbox with extra names.
fn check_alternatives(file: &Value, schema: &Value, value: &Value, place: &Place, wrong: &mut Vec<String>) {
    for keyword in ["oneOf", "anyOf"] {
        let attempts = list(&schema[keyword]).map(|alternative| {
            let mut complaints = Vec::new();
            validate(file, alternative, value, place, &mut complaints);
            complaints
        });
        // The alternative that fits best tells most about what is wrong.
        if let Some(closest) = attempts.min_by_key(Vec::len) {
            wrong.extend(closest);
        }
    }
}

fn check_object(file: &Value, schema: &Value, object: &Map<String, Value>, place: &Place, wrong: &mut Vec<String>) {
    for name in list(&schema["required"]).filter_map(Value::as_str).filter(|name| !object.contains_key(*name)) {
        wrong.push(format!("{}.{name} is missing", place.path));
    }
    for (name, value) in object {
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(inner), _) => validate(file, inner, value, &place.enter(name), wrong),
            (None, Some(Value::Bool(false))) => wrong.push(format!("{}.{name} is not documented", place.path)),
            (None, Some(inner @ Value::Object(_))) => validate(file, inner, value, &place.enter(name), wrong),
            (None, _) => {}
        }
    }
}

fn check_bounds(schema: &Value, value: &Value, place: &Place, wrong: &mut Vec<String>) {
    let size = match value {
        Value::String(text) => [("minLength", "maxLength")].map(|names| (names, text.chars().count() as f64)),
        Value::Array(items) => [("minItems", "maxItems")].map(|names| (names, items.len() as f64)),
        Value::Number(number) => [("minimum", "maximum")].map(|names| (names, number.as_f64().unwrap_or(0.0))),
        _ => return,
    };
    for ((least, most), size) in size {
        if schema[least].as_f64().is_some_and(|bound| size < bound) {
            wrong.push(format!("{} is below its {least}", place.path));
        }
        if schema[most].as_f64().is_some_and(|bound| size > bound) {
            wrong.push(format!("{} is above its {most}", place.path));
        }
    }
}

/// `nullable` also counts beside a `$ref`, where the standard ignores it but the file means it.
fn is_nullable(file: &Value, schema: &Value) -> bool {
    let inner = || schema["$ref"].as_str().is_some_and(|reference| is_nullable(file, resolve(file, reference)));
    schema["nullable"] == true || inner()
}

fn is_of_type(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the contract uses the type {other}, which this check does not know"),
    }
}

/// The names and values of an object; none of anything else.
pub(super) fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn brief(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
        scalar => scalar.to_string().chars().take(60).collect(),
    }
}

//! Our own OpenAPI document, made from the table of operations and the types that read and render.
//!
//! It says nothing that the code does not: paths, scopes and statuses come from [`crate::routes`], schemas from the very
//! types. What a type cannot know (that an answer really looks so) is proved by the product's tests, which hold every
//! answer that they see against this document.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::edge::crypto::{Sha256, hex};
use crate::routes::about::Shape;
use crate::routes::{FAMILIES, Family};

mod alternatives;
mod operation;
mod parameters;
mod refusals;
pub mod stream;

/// Where it is. It needs no token: nothing in it belongs to anybody.
pub const PATH: &str = "/openapi.json";

const INTRODUCTION: &str = "Portico is a shared inbox that speaks Front's public API. Operations below `/portico/v1/` are its \
own: what Front only configures in its pages, and what it doesn't have. Answers may gain names; a client passes over those \
that it doesn't know. Every answer tells in `x-ratelimit-…` headers how much may still be asked.";

/// The document.
pub fn document() -> Value {
    let mut schemas = Schemas::new();
    let mut paths: Map<String, Value> = Map::new();
    for family in FAMILIES {
        for operation in family.operations {
            let methods = paths.entry(operation.path).or_insert_with(|| json!({}));
            let method = operation.method.as_str().to_ascii_lowercase();
            methods[method] = operation::described(family, operation, &mut schemas);
        }
    }
    paths.insert(stream::PATH.into(), stream::described());
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Portico",
            "version": env!("CARGO_PKG_VERSION"),
            "description": INTRODUCTION,
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": FAMILIES.iter().map(tag).collect::<Vec<_>>(),
        "security": [{"bearerAuth": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearerAuth": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "A token made by `portico token` or `POST /portico/v1/tokens`, or one that an app got by OAuth: \
                    `/.well-known/oauth-authorization-server` says where.",
            }},
            "parameters": parameters::shared(),
            "headers": parameters::headers(),
            "responses": refusals::shared(),
            "schemas": schemas.into_value(),
        },
    });
    spell_out(&mut document);
    document
}

fn tag(family: &Family) -> Value {
    json!({"name": family.name, "description": family.words})
}

/// The schemas of the document. What is read and what is rendered are told apart, because a field with a default may be
/// absent from a request but never is from an answer.
struct Schemas {
    read: SchemaGenerator,
    rendered: SchemaGenerator,
}

impl Schemas {
    fn new() -> Schemas {
        let within = |settings: &mut SchemaSettings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        };
        Schemas {
            read: SchemaSettings::draft2020_12().with(within).for_deserialize().into_generator(),
            rendered: SchemaSettings::draft2020_12().with(within).for_serialize().into_generator(),
        }
    }

    fn read(&mut self, shape: Shape) -> Value {
        shape(&mut self.read).to_value()
    }

    fn rendered(&mut self, shape: Shape) -> Value {
        shape(&mut self.rendered).to_value()
    }

    /// All of them, by name. A type that is read and rendered with two schemas needs two names; a test says so.
    fn into_value(mut self) -> Value {
        let mut all = self.rendered.take_definitions(true);
        all.values_mut().for_each(absent_rather_than_null);
        all.extend(self.read.take_definitions(true));
        all.values_mut().for_each(forget_null_defaults);
        all.insert("Error".into(), refusals::schema());
        alternatives::name(&mut all);
        Value::Object(all)
    }
}

/// The schema of anything is written `{}`. `true` says the same, but the makers of clients expect an object.
fn spell_out(document: &mut Value) {
    match document {
        Value::Object(object) => {
            for (name, below) in object {
                match (name.as_str(), below) {
                    ("schema", schema) => spell_out_schema(schema),
                    ("schemas", Value::Object(schemas)) => schemas.values_mut().for_each(spell_out_schema),
                    (_, below) => spell_out(below),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(spell_out),
        _ => {}
    }
}

fn spell_out_schema(schema: &mut Value) {
    match schema {
        Value::Bool(true) => *schema = json!({}),
        Value::Object(object) => {
            for (keyword, below) in object.iter_mut() {
                match (keyword.as_str(), below) {
                    ("items" | "additionalProperties" | "not", schema) => spell_out_schema(schema),
                    ("properties" | "patternProperties" | "$defs", Value::Object(schemas)) => {
                        schemas.values_mut().for_each(spell_out_schema);
                    }
                    ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(schemas)) => {
                        schemas.iter_mut().for_each(spell_out_schema);
                    }
                    _ => {}
                }
            }
            enumerate(object);
            // Makers of clients have no value of a class at hand; the description says it in words.
            if object.get("default").is_some_and(Value::is_object) {
                object.remove("default");
            }
        }
        _ => {}
    }
}

/// Words to choose from are an enumeration whose description tells what each one means. To the makers of clients a choice
/// between constants is one between types.
fn enumerate(schema: &mut Map<String, Value>) {
    let choices = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let words = choices.map(|choice| Some((choice["const"].as_str()?, choice["description"].as_str())));
    let Some(words) = words.collect::<Option<Vec<_>>>().filter(|words| !words.is_empty()) else { return };
    let meant = words.iter().filter_map(|(word, meaning)| Some(format!("- `{word}`: {}", (*meaning)?)));
    let lines = meant.collect::<Vec<_>>().join("\n");
    let about = schema.get("description").and_then(Value::as_str);
    let description = about.map_or(lines.clone(), |about| format!("{about}\n\n{lines}"));
    let words = words.iter().map(|(word, _)| json!(word)).collect();
    schema.remove("oneOf");
    schema.extend([
        ("type".to_owned(), json!("string")),
        ("enum".to_owned(), words),
        ("description".to_owned(), json!(description.trim_end())),
    ]);
}

/// What may be absent from an answer is left out when there is nothing to say, and so is never null.
fn absent_rather_than_null(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.values_mut().for_each(absent_rather_than_null);
            let required = object.get("required").cloned().unwrap_or_default();
            let is_required = |name: &str| required.as_array().is_some_and(|all| all.iter().any(|one| one == name));
            let properties = object.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten();
            for (_, property) in properties.filter(|(name, _)| !is_required(name)) {
                forbid_null(property);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(absent_rather_than_null),
        _ => {}
    }
}

/// A client that fills in defaults would empty what it only meant to leave alone: absent and null are told apart.
fn forget_null_defaults(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("default").is_some_and(Value::is_null) {
                object.remove("default");
            }
            object.values_mut().for_each(forget_null_defaults);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_null_defaults),
        _ => {}
    }
}

fn forbid_null(property: &mut Value) {
    if let Some(object) = property.as_object_mut()
        && let Some(Value::Array(mut alternatives)) = object.remove("anyOf")
    {
        alternatives.retain(|alternative| alternative["type"] != "null");
        if let [Value::Object(only)] = &mut alternatives[..] {
            let only = std::mem::take(only);
            for (keyword, value) in only {
                object.entry(keyword).or_insert(value);
            }
        } else {
            object.insert("anyOf".into(), alternatives.into());
        }
    }
    if let Some(kinds) = property["type"].as_array()
        && let [kind, null] = &kinds[..]
        && null == "null"
    {
        property["type"] = kind.clone();
    }
}

/// A constant that is too long to write down: the document as it is sent, and its tag.
static BYTES: LazyLock<(Bytes, String)> = LazyLock::new(|| {
    let bytes = document().to_string().into_bytes();
    let mut digest = Sha256::new();
    digest.update(&bytes);
    let tag = format!("\"{}\"", hex(&digest.finish()));
    (bytes.into(), tag)
});

/// `GET /openapi.json`, made at the first call and known by its `ETag` from then on.
pub async fn answer(request: Request) -> Response {
    let (bytes, tag) = &*BYTES;
    let known = request.headers().get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known = known.flat_map(|tags| tags.split(',')).any(|known| known.trim().trim_start_matches("W/") == tag);
    let body = if is_known { Body::empty() } else { Body::from(bytes.clone()) };
    let mut response = Response::new(body);
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_and_rendered_under_one_name_is_one_schema() {
        let mut schemas = Schemas::new();
        for operation in FAMILIES.iter().flat_map(|family| family.operations) {
            let _ = operation::described(&FAMILIES[0], operation, &mut schemas);
        }
        let (read, rendered) = (schemas.read.take_definitions(true), schemas.rendered.take_definitions(true));
        let both = read.iter().filter_map(|(name, schema)| Some((name, schema, rendered.get(name)?)));
        for (name, read, rendered) in both {
            assert!(read == rendered, "{name} needs another name where it is rendered");
        }
    }

    #[test]
    fn no_schema_is_bare() {
        let mut schema = json!({
            "properties": {"a": true, "items": true, "b": {"default": true, "const": true, "uniqueItems": true}},
            "items": true,
            "prefixItems": [true],
            "anyOf": [{"items": true}, {"type": "null"}],
            "additionalProperties": false,
        });
        spell_out_schema(&mut schema);
        let spelled = json!({
            "properties": {"a": {}, "items": {}, "b": {"default": true, "const": true, "uniqueItems": true}},
            "items": {},
            "prefixItems": [{}],
            "anyOf": [{"items": {}}, {"type": "null"}],
            "additionalProperties": false,
        });
        assert_eq!(schema, spelled);
        let document = document();
        assert_eq!(document["components"]["schemas"]["CustomField"]["properties"]["values"], json!({}));
        let text = document.to_string();
        for keyword in ["schema", "items", "additionalProperties", "not"] {
            assert!(!text.contains(&format!("\"{keyword}\":true")), "{keyword}");
        }
        let lists = text.match_indices("[true").chain(text.match_indices(",true"));
        assert_eq!(lists.count(), 0, "no list of schemas has a bare one");
    }

    #[test]
    fn nothing_is_null_by_default() {
        let mut schema =
            json!({"properties": {"a": {"default": null}, "b": {"items": [{"default": null}]}, "c": {"default": 1}}});
        forget_null_defaults(&mut schema);
        assert_eq!(schema, json!({"properties": {"a": {}, "b": {"items": [{}]}, "c": {"default": 1}}}));
        assert!(!document().to_string().contains("\"default\":null"));
    }

    #[test]
    fn a_field_that_may_be_absent_is_never_null() {
        let mut schema = json!({"required": ["a"], "properties": {
            "a": {"type": ["string", "null"]},
            "b": {"type": ["string", "null"]},
            "e": {"anyOf": [{"$ref": "#/x"}, {"type": "null"}]},
            "c": {"type": "array", "items": {"properties": {"d": {"type": ["number", "null"]}}}},
        }});
        absent_rather_than_null(&mut schema);
        assert_eq!(schema["properties"]["a"]["type"], json!(["string", "null"]));
        assert_eq!(schema["properties"]["b"]["type"], "string");
        assert_eq!(schema["properties"]["e"], json!({"$ref": "#/x"}));
        assert_eq!(schema["properties"]["c"]["items"]["properties"]["d"]["type"], "number");
    }
}

//! One operation of the document.

use serde_json::{Map, Value, json};

use super::{Schemas, parameters, refusals};
use crate::routes::about::{Body, Content, Files, Shape};
use crate::routes::{Family, Operation};

/// The operation object of a row.
pub(super) fn described(family: &Family, operation: &Operation, schemas: &mut Schemas) -> Value {
    let about = &operation.about;
    let mut all = json!({
        "operationId": operation.id,
        "summary": about.summary,
        "tags": [family.name],
        "responses": responses(operation, schemas),
    });
    if let Some(scope) = operation.scope {
        all["security"] = json!([{"bearerAuth": [scope]}]);
        all["description"] = format!("Required scope: `{scope}`").into();
    }
    let parameters = parameters::of(operation);
    if !parameters.is_empty() {
        all["parameters"] = parameters.into();
    }
    if let Some(body) = about.body {
        all["requestBody"] = request(body, schemas);
    }
    if about.is_deprecated {
        all["deprecated"] = true.into();
    }
    all
}

fn request(body: Body, schemas: &mut Schemas) -> Value {
    let mut parts: Vec<Value> =
        [Some(body.shape), body.beside].into_iter().flatten().map(|shape| schemas.read(shape)).collect();
    if !body.required.is_empty() {
        parts.push(json!({"required": body.required}));
    }
    let mut content = json!({"application/json": {"schema": together(parts.clone())}});
    if let Some(files) = body.files {
        let file = json!({"type": "string", "format": "binary"});
        let (name, schema) = match files {
            Files::Many(name) => (name, json!({"type": "array", "items": file})),
            Files::One(name) => (name, file),
        };
        parts.push(json!({"type": "object", "properties": {name: schema}}));
        content["multipart/form-data"] = json!({"schema": together(parts)});
    }
    json!({"required": true, "content": content})
}

fn together(mut parts: Vec<Value>) -> Value {
    match parts.len() {
        1 => parts.remove(0),
        _ => json!({"allOf": parts}),
    }
}

fn responses(operation: &Operation, schemas: &mut Schemas) -> Value {
    let mut all = refusals::of(operation);
    let (words, content) = success(operation.about.content, schemas);
    let mut headers = json!({
        "x-ratelimit-limit": {"$ref": "#/components/headers/RateLimit"},
        "x-ratelimit-remaining": {"$ref": "#/components/headers/RateRemaining"},
        "x-ratelimit-reset": {"$ref": "#/components/headers/RateReset"},
    });
    if operation.id == "get-conversation-by-id" {
        headers["x-portico-version"] = json!({"$ref": "#/components/headers/Version"});
    }
    let mut response = json!({"description": words, "headers": headers});
    if let Some((media_type, schema)) = content {
        response["content"] = json!({media_type: {"schema": schema}});
    }
    all.insert(operation.about.status.to_string(), response);
    if operation.path.contains("{conversation_id}") && operation.id != "delete-conversation" {
        let words = "The conversation was merged: the same place below the one that lives on is in `Location`.";
        all.insert(
            "301".into(),
            json!({"description": words, "headers": {"Location": {"schema": {"type": "string"}}}}),
        );
    }
    Value::Object(all)
}

type Words = &'static str;

fn success(content: Content, schemas: &mut Schemas) -> (Words, Option<(&'static str, Value)>) {
    let mut json = |words, shape: Shape, around: fn(Value) -> Value| {
        (words, Some(("application/json", around(schemas.rendered(shape)))))
    };
    match content {
        Content::Nothing => ("It is done.", None),
        Content::File => ("The file.", Some(("*/*", json!({"type": "string", "format": "binary"})))),
        Content::One(shape) => json("The thing itself.", shape, |schema| schema),
        Content::List(shape) => json("The whole collection.", shape, |rows| collection(rows, &[])),
        Content::Page(shape) => json("A page of the collection.", shape, |rows| collection(rows, &["_pagination"])),
        Content::Hits(shape) => {
            json("A page of what was found.", shape, |rows| collection(rows, &["_pagination", "_total"]))
        }
    }
}

fn collection(rows: Value, also: &[&str]) -> Value {
    let mut properties = Map::new();
    properties.insert(
        "_links".into(),
        json!({
            "type": "object",
            "required": ["self"],
            "properties": {"self": {"type": "string", "format": "uri"}},
        }),
    );
    properties.insert("_results".into(), json!({"type": "array", "items": rows}));
    for name in also {
        properties.insert(
            (*name).into(),
            match *name {
                "_total" => json!({"type": "integer", "description": "How many were found in all."}),
                _ => json!({
                    "type": "object",
                    "required": ["next"],
                    "properties": {"next": {
                        "type": ["string", "null"],
                        "format": "uri",
                        "description": "The address of the next page; null on the last.",
                    }},
                }),
            },
        );
    }
    let required: Vec<String> = properties.keys().cloned().collect();
    json!({"type": "object", "required": required, "properties": properties})
}

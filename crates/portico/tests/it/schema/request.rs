//! What the contract says of request bodies, for tests that send wrong ones.

use serde_json::{Map, Value};

use super::{contract, entries, list, resolve};

/// A documented field of a request.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Whether a request must have it.
    pub is_required: bool,
    /// `string`, `number`, `integer`, `boolean`, `array` or `object`; empty if the file does not say.
    pub kind: String,
    schema: Value,
    file: &'static Value,
}

/// The documented fields of an operation's JSON body; none if it has no body or the files are missing.
pub fn fields(id: &str) -> Vec<Field> {
    let Some((file, operation)) = find(id) else { return Vec::new() };
    let body = follow(file, &operation["requestBody"]);
    of(file, &body["content"]["application/json"]["schema"])
}

/// The documented names in an operation's path and behind its question mark; none if the files are missing.
pub fn parameters(id: &str) -> Vec<String> {
    let Some((file, operation)) = find(id) else { return Vec::new() };
    let all = list(&operation["parameters"]).map(|parameter| follow(file, parameter));
    all.filter(|parameter| parameter["in"] != "header").map(|parameter| text(&parameter["name"])).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn find(id: &str) -> Option<(&'static Value, &'static Value)> {
    let mut all = contract()?.files.iter().flat_map(|(_, file)| {
        let operations = entries(&file["paths"]).flat_map(|(_, methods)| entries(methods));
        operations.map(move |(_, operation)| (file, operation))
    });
    all.find(|(_, operation)| operation["operationId"] == id)
}

fn of(file: &'static Value, schema: &'static Value) -> Vec<Field> {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    gather(file, schema, &mut properties, &mut required);
    let field = |(name, schema): (String, Value)| {
        let kind = follow_owned(file, &schema)["type"].as_str().unwrap_or_default().to_string();
        Field { is_required: required.contains(&name), name, kind, schema, file }
    };
    properties.into_iter().map(field).collect()
}

fn gather(file: &Value, schema: &Value, properties: &mut Map<String, Value>, required: &mut Vec<String>) {
    // The official file says beside a reference which fields of that schema an operation must have.
    if schema.get("$ref").is_some() {
        required.extend(list(&schema["required"]).filter_map(Value::as_str).map(str::to_owned));
    }
    let schema = follow(file, schema);
    for part in list(&schema["allOf"]).chain(list(&schema["oneOf"]).take(1)) {
        gather(file, part, properties, required);
    }
    properties.extend(entries(&schema["properties"]).map(|(name, schema)| (name.to_owned(), schema.clone())));
    required.extend(list(&schema["required"]).filter_map(Value::as_str).map(str::to_owned));
}

fn follow<'a>(file: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => follow(file, resolve(file, reference)),
        None => schema,
    }
}

fn follow_owned(file: &Value, schema: &Value) -> Value {
    follow(file, schema).clone()
}

impl Field {
    /// A value that the schema allows. `id` gives a real id for names that ask for one.
    pub fn sample(&self, id: &impl Fn(&str) -> Option<String>) -> Value {
        sample(self.file, &self.name, &self.schema, id)
    }

    /// A value of another type; none if the file names no type.
    pub fn wrong(&self) -> Option<Value> {
        match self.kind.as_str() {
            "string" => Some(serde_json::json!({"wrong": []})),
            "number" | "integer" => Some(Value::from("many")),
            "boolean" => Some(Value::from("perhaps")),
            "array" | "object" => Some(Value::from(7)),
            _ => None,
        }
    }

    /// Whether the file lists the values that it may have.
    pub fn is_choice(&self) -> bool {
        follow_owned(self.file, &self.schema).get("enum").is_some()
    }
}

fn sample(file: &Value, name: &str, schema: &Value, id: &impl Fn(&str) -> Option<String>) -> Value {
    let schema = follow(file, schema);
    if let Some(first) = list(&schema["enum"]).next() {
        return first.clone();
    }
    match schema["type"].as_str().unwrap_or("object") {
        "string" => Value::from(id(name).unwrap_or_else(|| "1x".to_string())),
        "number" | "integer" => Value::from(1_700_000_000),
        "boolean" => Value::from(true),
        // A list of ids has the name of one id, in the plural.
        "array" => Value::from(vec![sample(file, name, &schema["items"], id)]),
        _ => {
            let (mut properties, mut required) = (Map::new(), Vec::new());
            gather(file, schema, &mut properties, &mut required);
            let wanted = properties.iter().filter(|(name, _)| required.contains(name));
            Value::Object(wanted.map(|(name, schema)| (name.clone(), sample(file, name, schema, id))).collect())
        }
    }
}

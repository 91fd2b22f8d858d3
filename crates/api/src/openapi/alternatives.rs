//! Names for the alternatives of a choice.
//!
//! A type with variants becomes a choice between objects. Makers of clients name a class after each, and number those that
//! have no name: `RuleConditionType17`. Of those that contain each other without a name some make nothing at all. So each
//! is a schema of its own, named after the whole and the word it is known by: `RuleConditionHasAttachment`.

use serde_json::{Map, Value, json};

/// Gives every alternative among these schemas a name of its own, and puts a reference in its place. Equal ones of several
/// schemas share the name of the first.
pub fn name(schemas: &mut Map<String, Value>) {
    let mut named = Map::new();
    for (name, schema) in schemas.iter_mut() {
        walk(name, schema, &mut named);
    }
    for (name, schema) in named {
        let taken = schemas.insert(name.clone(), schema);
        assert!(taken.is_none(), "{name} is a schema and an alternative of another");
    }
}

fn walk(name: &str, schema: &mut Value, named: &mut Map<String, Value>) {
    for (keyword, below) in schema.as_object_mut().into_iter().flatten() {
        match (keyword.as_str(), below) {
            ("oneOf" | "anyOf", Value::Array(alternatives)) => {
                alternatives.iter_mut().for_each(|alternative| lift(name, alternative, named));
            }
            ("properties", Value::Object(properties)) => {
                for (property, below) in properties {
                    walk(&format!("{name}{}", pascal_case(property)), below, named);
                }
            }
            ("items" | "additionalProperties", below) => walk(name, below, named),
            _ => {}
        }
    }
}

fn lift(name: &str, alternative: &mut Value, named: &mut Map<String, Value>) {
    let Some(word) = word(alternative) else { return walk(name, alternative, named) };
    let own = format!("{name}{}", pascal_case(&word));
    walk(&own, alternative, named);
    let equal = named.iter().find(|(_, known)| *known == alternative).map(|(known, _)| known.clone());
    let used = equal.unwrap_or(own);
    let reference = json!({"$ref": format!("#/components/schemas/{used}")});
    let lifted = std::mem::replace(alternative, reference);
    let other = named.insert(used.clone(), lifted.clone()).filter(|other| *other != lifted);
    assert!(other.is_none(), "{used} are two alternatives");
}

/// What an object is known by: the constant among its properties, or the name of its only one.
fn word(alternative: &Value) -> Option<String> {
    let properties = alternative["properties"].as_object()?;
    let constant = properties.values().find_map(|property| property["const"].as_str());
    let only = properties.keys().next().filter(|_| properties.len() == 1);
    constant.or(only.map(String::as_str)).map(str::to_owned)
}

fn pascal_case(words: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    words.split(|letter: char| !letter.is_ascii_alphanumeric()).map(capital).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(name: &str) -> Value {
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    #[test]
    fn alternatives_are_named_after_the_whole_and_their_word() {
        let group = |word: &str| json!({"properties": {word: {"items": reference("Test")}}, "required": [word]});
        let tagged = json!({"properties": {"kind": {"const": "api_key"}, "key": {"type": "string"}}});
        let plain = json!({"properties": {"a": {}, "b": {}}});
        let mut schemas = json!({
            "Test": {"oneOf": [group("all"), group("any_of"), plain, {"type": "null"}]},
            "Server": {"properties": {"signs_in": {"anyOf": [tagged]}, "list": {"items": {"oneOf": [tagged]}}}},
        });
        name(schemas.as_object_mut().expect("an object"));
        assert_eq!(
            schemas,
            json!({
                "Test": {"oneOf": [reference("TestAll"), reference("TestAnyOf"), plain, {"type": "null"}]},
                "TestAll": group("all"),
                "TestAnyOf": group("any_of"),
                "Server": {"properties": {
                    "signs_in": {"anyOf": [reference("ServerListApiKey")]},
                    "list": {"items": {"oneOf": [reference("ServerListApiKey")]}},
                }},
                "ServerListApiKey": tagged,
            })
        );
    }

    #[test]
    fn alternatives_within_alternatives_are_named_as_well() {
        let inner = json!({"properties": {"on": {"type": "boolean"}}});
        let outer = |how: Value| json!({"properties": {"kind": {"const": "server"}, "how": {"oneOf": [how]}}});
        let mut schemas = json!({"Feature": {"oneOf": [outer(inner.clone())]}});
        name(schemas.as_object_mut().expect("an object"));
        assert_eq!(
            schemas,
            json!({
                "Feature": {"oneOf": [reference("FeatureServer")]},
                "FeatureServer": outer(reference("FeatureServerHowOn")),
                "FeatureServerHowOn": inner,
            })
        );
    }
}

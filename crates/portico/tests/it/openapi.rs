//! Our own OpenAPI document: where it is, that it is whole, and that it promises what the official files promise.

use std::collections::BTreeSet;

use api::routes::{self, Operation};
use serde_json::Value;

use crate::schema;
use crate::schema::ours::document;
use crate::server::{Server, client};

#[tokio::test(flavor = "multi_thread")]
async fn anybody_gets_the_document_and_fetches_it_once() {
    let server = Server::start().await;
    let get = || client().get(server.url("/openapi.json"));
    let first = get().send().await.expect("an answer");
    assert_eq!((first.status().as_u16(), first.headers()["content-type"].as_bytes()), (200, &b"application/json"[..]));
    assert!(first.headers().contains_key("x-ratelimit-remaining"), "as every answer has it");
    let tag = first.headers()["etag"].clone();
    let bytes = first.bytes().await.expect("a whole body");
    assert_eq!(serde_json::from_slice::<Value>(&bytes).expect("JSON"), *document());
    let again = get().header("if-none-match", tag).send().await.expect("an answer");
    assert_eq!((again.status().as_u16(), again.bytes().await.expect("no body").len()), (304, 0));
    let other = get().header("if-none-match", "\"another\"").send().await.expect("an answer");
    assert_eq!(other.status().as_u16(), 200);
}

#[test]
fn every_reference_leads_somewhere_and_no_schema_is_left_over() {
    let mut named = BTreeSet::new();
    references(document(), &mut named);
    let kinds = ["schemas", "responses", "parameters", "headers"].iter();
    let held: BTreeSet<String> = kinds
        .flat_map(|kind| {
            let all = document()["components"][kind].as_object().expect("components");
            all.keys().map(move |name| format!("#/components/{kind}/{name}"))
        })
        .collect();
    assert_eq!(named, held);
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_schema_has_a_name_of_its_own() {
    let schemas = document()["components"]["schemas"].as_object().expect("schemas");
    // Of two types with one name the second is numbered, which would change when somebody adds a third.
    let is_numbered = |name: &str| name.ends_with(|last: char| last.is_ascii_digit()) && !name.ends_with("Oauth2");
    let numbered: Vec<&String> = schemas.keys().filter(|name| is_numbered(name)).collect();
    assert_eq!(numbered, Vec::<&String>::new());
}

#[test]
fn no_schema_has_the_name_that_generators_give_to_a_part_of_another() {
    let schemas = document()["components"]["schemas"].as_object().expect("schemas");
    let mut made = BTreeSet::new();
    schemas.iter().for_each(|(name, schema)| parts(name, schema, &mut made));
    let taken: Vec<&String> = schemas.keys().filter(|name| made.contains(*name)).collect();
    assert_eq!(taken, Vec::<&String>::new(), "a client cannot hold both");
}

/// The names of the objects within a schema: that of the schema, and then those of the properties that lead there.
fn parts(name: &str, schema: &Value, made: &mut BTreeSet<String>) {
    for (property, part) in schema["properties"].as_object().into_iter().flatten() {
        let words = property.split('_').filter_map(|word| Some((word.chars().next()?.to_ascii_uppercase(), word)));
        let inner =
            words.fold(name.to_owned(), |name, (first, word)| format!("{name}{first}{}", &word[first.len_utf8()..]));
        let part = if part["type"] == "array" { &part["items"] } else { part };
        if part["properties"].is_object() {
            made.insert(inner.clone());
        }
        parts(&inner, part, made);
    }
}

#[test]
fn every_alternative_that_has_a_word_of_its_own_is_a_schema_of_its_own() {
    let schemas = &document()["components"]["schemas"];
    let all = schemas.as_object().into_iter().flatten();
    let inline: Vec<&str> =
        all.flat_map(|(name, schema)| inline_alternatives(schema).map(move |_| &name[..])).collect();
    // Two objects with several fields each, and no constant among them.
    assert_eq!(inline, ["CreateAnalyticsExport", "Event"]);
    assert_eq!(schemas["RuleConditionHasAttachment"]["properties"]["has_attachment"]["type"], "boolean");
    assert_eq!(
        schemas["AppFeature"]["properties"]["settings"]["oneOf"][0]["$ref"],
        "#/components/schemas/AppFeatureSettingsOauth"
    );
}

/// The alternatives anywhere in a schema that are objects with fields and no references.
fn inline_alternatives(schema: &'static Value) -> Box<dyn Iterator<Item = &'static Value>> {
    let choices = ["oneOf", "anyOf"].into_iter().flat_map(|choice| schema[choice].as_array().into_iter().flatten());
    let below: Box<dyn Iterator<Item = &'static Value>> = match schema {
        Value::Object(object) => Box::new(object.values()),
        Value::Array(items) => Box::new(items.iter()),
        _ => Box::new(std::iter::empty()),
    };
    Box::new(choices.filter(|one| one["properties"].is_object()).chain(below.flat_map(inline_alternatives)))
}

#[test]
fn words_to_choose_from_are_an_enumeration_that_says_what_each_one_means() {
    let schemas = &document()["components"]["schemas"];
    assert_eq!(choices_of_constants(document()), Vec::<&Value>::new());
    let day = &schemas["Weekday"];
    assert_eq!((&day["type"], &day["enum"][0]), (&Value::from("string"), &Value::from("mon")));
    assert!(day["description"].as_str().is_some_and(|text| text.contains("- `mon`: Monday.")), "{day}");
}

fn choices_of_constants(value: &Value) -> Vec<&Value> {
    let below: Vec<&Value> = match value {
        Value::Object(object) => object.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    let choices = value["oneOf"].as_array().filter(|all| all.iter().all(|one| one["const"].is_string()));
    let deeper = below.into_iter().flat_map(choices_of_constants);
    choices.map(|_| value).into_iter().chain(deeper).collect()
}

#[test]
fn what_narrows_a_list_is_a_text_as_in_the_official_file() {
    let paths = document()["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(_, path)| path["get"]["parameters"].as_array().into_iter().flatten());
    let narrowing: Vec<&Value> = all.filter(|parameter| parameter["name"] == "q").collect();
    assert!(narrowing.len() > 10, "{} lists can be narrowed", narrowing.len());
    for parameter in narrowing {
        let schema = &parameter["schema"];
        assert_eq!((&schema["type"], &parameter["style"]), (&Value::from("string"), &Value::Null), "{parameter}");
        assert_eq!(schema["contentMediaType"], "application/json");
        assert!(schema["contentSchema"]["properties"].is_object(), "{parameter}");
    }
}

#[test]
fn links_beside_the_addresses_of_a_thing_are_described() {
    // To makers of clients for Python `_links` and `links` are one name, and only what is described keeps its own.
    let schemas = document()["components"]["schemas"].as_object().into_iter().flatten();
    let both = schemas.filter(|(_, schema)| schema["properties"]["_links"].is_object());
    let bare = both.filter(|(_, schema)| {
        let links = &schema["properties"]["links"];
        links.is_object() && !links["description"].is_string()
    });
    assert_eq!(bare.map(|(name, _)| name).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_operation_says_what_it_is_for_in_words_of_its_own() {
    let mut summaries: Vec<&str> = routes::all().map(|operation| operation.about.summary).collect();
    summaries.sort_unstable();
    for pair in summaries.windows(2) {
        assert_ne!(pair[0], pair[1]);
    }
    for summary in summaries {
        assert!(summary.len() > 8 && !summary.ends_with('.'), "{summary:?}");
    }
}

/// Those that the official file of the core API has under the same name.
fn shared() -> Vec<(&'static Operation, schema::Operation)> {
    let all = schema::operations();
    let theirs = |operation: &Operation| all.iter().find(|theirs| theirs.id == operation.id).cloned();
    routes::all().filter_map(|operation| Some((operation, theirs(operation)?))).collect()
}

#[test]
fn the_document_has_the_paths_parameters_and_statuses_of_the_official_file() {
    let mut faults = Vec::new();
    for (operation, theirs) in shared() {
        let id = operation.id;
        let method = operation.method.as_str().to_ascii_lowercase();
        let ours = &document()["paths"][&theirs.path][method];
        if ours["operationId"] != id {
            faults.push(format!("{id} is not at {} {}", theirs.method, theirs.path));
            continue;
        }
        if operation.about.status != theirs.success {
            faults.push(format!("{id} answers {}, not {}", operation.about.status, theirs.success));
        }
        for status in theirs.statuses.iter().filter(|status| ours["responses"].get(status.to_string()).is_none()) {
            faults.push(format!("{id} does not tell of {status}"));
        }
        let (told, promised) = (parameters(ours), schema::parameters(id).into_iter().collect::<BTreeSet<String>>());
        for name in promised.difference(&told) {
            faults.push(format!("{id} does not take {name}"));
        }
        for name in told.difference(&promised).filter(|name| !PAGING.contains(&name.as_str())) {
            faults.push(format!("{id} takes {name}, which is not official"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The official file forgets some of these where it shows pages all the same; here every page takes them.
const PAGING: [&str; 4] = ["limit", "page_token", "sort_by", "sort_order"];

fn parameters(operation: &'static Value) -> BTreeSet<String> {
    let all = operation["parameters"].as_array().into_iter().flatten().map(follow);
    let named = all.filter(|parameter| parameter["in"] != "header");
    named.map(|parameter| parameter["name"].as_str().expect("a name").to_string()).collect()
}

fn follow(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => document().pointer(reference.trim_start_matches('#')).expect("what it refers to"),
        None => value,
    }
}

#[test]
fn the_document_takes_the_bodies_of_the_official_file() {
    let mut faults = Vec::new();
    for (operation, _) in shared() {
        let id = operation.id;
        let method = operation.method.as_str().to_ascii_lowercase();
        let body = &document()["paths"][operation.path][method]["requestBody"]["content"];
        let body = body.get("multipart/form-data").unwrap_or(&body["application/json"]);
        let (mut told, mut required) = (BTreeSet::new(), BTreeSet::new());
        gather(&body["schema"], &mut told, &mut required);
        for field in schema::fields(id) {
            let name = field.name.as_str();
            if UNTOLD.iter().any(|(of, unread, _why)| *of == id && *unread == name) {
                assert!(!told.contains(name), "{id} takes {name} by now");
                continue;
            }
            if !told.contains(name) {
                faults.push(format!("{id} does not take {name}"));
            }
            let is_lenient = LENIENT.iter().any(|(of, optional, _why)| *of == id && *optional == name);
            if field.is_required != (required.contains(name) || is_lenient) {
                faults.push(format!("{id}: whether {name} must be there"));
            }
        }
    }
    for (id, name, _) in UNTOLD {
        let is_official = schema::operations().is_empty() || schema::fields(id).iter().any(|field| field.name == *name);
        assert!(is_official, "{id} has no field {name}");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Official fields that we do not read: the operation, the field, and why.
const UNTOLD: &[(&str, &str, &str)] = &[];

/// Required fields that may be absent here.
const LENIENT: &[(&str, &str, &str)] = &[
    ("create-call", "parent_external_call_id", "the first leg of a call has no parent"),
    ("create-call", "from", "a call that goes out has none"),
];

fn gather(schema: &'static Value, told: &mut BTreeSet<&'static str>, required: &mut BTreeSet<&'static str>) {
    let schema = follow(schema);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        gather(part, told, required);
    }
    told.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()));
    required.extend(schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str));
}

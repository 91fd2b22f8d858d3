//! That the measure is exact: right answers pass, and each kind of wrong one is named.

use serde_json::json;

use super::validate::TOLERATED;
use super::*;

/// The complaints about an answer; nothing where the contract is missing.
fn complaints(method: &str, path: &str, status: u16, body: Value) -> Option<Vec<String>> {
    contract().map(|contract| contract.check(method, path, status, &body).err().unwrap_or_default())
}

fn accepts(method: &str, path: &str, status: u16, body: Value) {
    assert_eq!(complaints(method, path, status, body).unwrap_or_default(), Vec::<String>::new());
}

fn refuses(method: &str, path: &str, status: u16, body: Value, why: &str) {
    let Some(found) = complaints(method, path, status, body) else { return };
    assert!(found.iter().any(|line| line.contains(why)), "{why} not in {found:?}");
}

fn tag() -> Value {
    json!({
        "_links": {"self": "x", "related": {"conversations": "x", "owner": null, "parent_tag": null, "children": null}},
        "id": "tag_1", "name": "vip", "description": null, "highlight": null, "is_private": false,
        "is_visible_in_conversation_lists": true, "created_at": 1.5, "updated_at": 1.5,
    })
}

fn without(mut value: Value, name: &str) -> Value {
    value.as_object_mut().unwrap().remove(name);
    value
}

fn with(mut value: Value, name: &str, other: Value) -> Value {
    value[name] = other;
    value
}

#[test]
fn a_right_answer_is_accepted_under_template_and_real_path() {
    for path in ["/tags/{tag_id}", "/tags/tag_1", "/tags/tag_1/", "/tags/tag_1?x=y"] {
        accepts("GET", path, 200, tag());
    }
    accepts("GET", "/tags", 200, json!({"_links": {"self": "x"}, "_results": [tag()], "_pagination": {"next": null}}));
    accepts("PATCH", "/tags/tag_1", 204, Value::Null);
}

#[test]
fn a_missing_name_a_wrong_type_and_a_forbidden_null_are_refused() {
    refuses("GET", "/tags/tag_1", 200, without(tag(), "name"), "body.name is missing");
    refuses("GET", "/tags/tag_1", 200, with(tag(), "is_private", json!("no")), "body.is_private is \"no\"");
    refuses("GET", "/tags/tag_1", 200, with(tag(), "name", Value::Null), "body.name is null");
    refuses("GET", "/tags/tag_1", 200, json!([]), "body is a list");
    refuses(
        "GET",
        "/tags",
        200,
        json!({"_links": {}, "_results": [tag(), without(tag(), "id")]}),
        "body._results[1].id",
    );
}

#[test]
fn an_undocumented_status_path_or_body_is_refused() {
    refuses("GET", "/tags/tag_1", 201, tag(), "status 201 is not documented");
    refuses("GET", "/nothing", 200, Value::Null, "no such operation");
    refuses("PATCH", "/tags/tag_1", 204, tag(), "but none is documented");
    refuses("GET", "/tags/tag_1", 200, Value::Null, "has no body");
    refuses("GET", "/contacts/crd_1/notes", 200, Value::Null, "status 200 is not documented");
}

#[test]
fn an_undocumented_enum_value_is_refused() {
    let channel =
        json!({"_links": {}, "id": "cha_1", "type": "pigeon", "settings": {}, "is_private": false, "is_valid": true});
    refuses("GET", "/channels/cha_1", 200, channel.clone(), "body.type is \"pigeon\"");
    let delay = with(channel, "settings", json!({"undo_send_time": 7}));
    refuses("GET", "/channels/cha_1", 200, with(delay, "type", json!("custom")), "body.settings.undo_send_time is 7");
}

#[test]
fn names_that_are_required_but_never_defined_are_insisted_on() {
    let note = json!({"_links": {}, "author": {}, "body": "x"});
    let list = json!({"_links": {}, "_results": [note]});
    refuses("GET", "/contacts/crd_1/notes", 202, list.clone(), "body._results[0].is_private is missing");
    refuses("GET", "/contacts/crd_1/notes", 202, list, "body._results[0].author.license_type is missing");
}

#[test]
fn a_collection_needs_its_envelope() {
    refuses("GET", "/contacts", 200, json!({"_links": {}, "_results": []}), "body._pagination is missing");
    refuses("GET", "/contacts", 200, json!({"_links": {}, "_pagination": {"next": null}}), "body._results is missing");
    refuses(
        "GET",
        "/contacts",
        200,
        json!({"_links": {}, "_results": [], "_pagination": {"next": 1}}),
        "neither an address",
    );
}

#[test]
fn what_is_tolerated_is_tolerated_only_there() {
    let receipt =
        json!({"_links": {"related": {"message": null}}, "first_seen_at": 1_701_298_738_269_i64, "seen_by": null});
    let answer = |receipt: Value| json!({"_links": {}, "_pagination": {"next": null}, "_results": [receipt]});
    accepts("GET", "/messages/msg_1/seen", 200, answer(receipt.clone()));
    refuses(
        "GET",
        "/messages/msg_1/seen",
        200,
        answer(with(receipt, "first_seen_at", Value::Null)),
        "first_seen_at is null",
    );
    accepts("PUT", "/channels/cha_1/application_message_templates", 200, json!({"template_id": "msg_777"}));
    refuses(
        "PUT",
        "/channels/cha_1/application_message_templates",
        200,
        json!({"template_id": true}),
        "template_id is true",
    );
}

#[test]
fn every_tolerance_names_a_place_that_exists() {
    let Some(contract) = contract() else { return };
    for (schema, inside, ..) in TOLERATED.iter().filter(|(schema, ..)| *schema != "*") {
        let found = contract.files.iter().any(|(_, file)| {
            let root = &file["components"]["schemas"][schema];
            inside.split('.').try_fold(root, |at, name| at["properties"].get(name)).is_some()
        });
        assert!(found, "{schema}.{inside}");
    }
}

#[test]
fn alternatives_are_told_apart_by_the_closest() {
    let event = |source: Value| json!({"_links": {}, "id": "evt_1", "type": "archive", "emitted_at": 1.5, "source": source, "conversation": null});
    let api = event(json!({"_meta": {"type": "api"}, "data": null}));
    assert!(
        !complaints("GET", "/events/evt_1", 200, api).unwrap_or_default().iter().any(|line| line.contains("source"))
    );
    let number = event(json!({"_meta": {"type": "rule"}, "data": 7}));
    refuses("GET", "/events/evt_1", 200, number, "body.source.data is 7");
}

#[test]
fn errors_have_one_shape_everywhere() {
    let error = json!({"status": 404, "title": "Not found", "message": "Unknown resource"});
    let wrap = |error: Value| json!({"_error": error});
    accepts("GET", "/tags/tag_1", 404, wrap(error.clone()));
    accepts("GET", "/anything", 404, wrap(with(error.clone(), "details", json!(["a"]))));
    refuses("GET", "/tags/tag_1", 400, wrap(error.clone()), "_error.status");
    refuses("GET", "/tags/tag_1", 404, wrap(without(error.clone(), "title")), "_error.title");
    refuses("GET", "/tags/tag_1", 404, wrap(with(error.clone(), "details", json!("a"))), "_error.details");
    refuses("GET", "/tags/tag_1", 404, wrap(with(error.clone(), "cause", json!("a"))), "not documented");
    refuses("GET", "/tags/tag_1", 404, error, "_error");
    refuses("GET", "/tags/tag_1", 404, Value::Null, "_error");
}

#[test]
#[should_panic(expected = "CI must check")]
fn ci_fails_without_the_contract() {
    Contract::load_or_skip(None, true);
}

#[test]
fn a_developer_without_the_contract_is_told() {
    assert!(Contract::load_or_skip(None, false).is_none());
}

#[test]
fn a_literal_segment_fits_better_than_a_parameter() {
    let Some(contract) = contract() else { return };
    let id = |path| contract.find("GET", path)[0].1["operationId"].as_str().unwrap().to_owned();
    assert_eq!(id("/accounts/custom_fields"), "list-account-custom-fields");
    assert_eq!(id("/accounts/acc_1"), "fetch-an-account");
    assert_eq!(fit("/comments/{comment_id}/", "/comments/com_1"), Some(1));
    assert_eq!(fit("/tags/{id}", "/tags/"), None);
}

#[test]
fn every_operation_is_listed_with_status_and_scope() {
    let operations = operations();
    if operations.is_empty() {
        return;
    }
    assert_eq!(operations.len(), 255);
    let find = |id: &str| operations.iter().find(|operation| operation.id == id).unwrap();
    let delete = find("delete-conversation");
    assert_eq!((delete.method.as_str(), delete.success), ("DELETE", 204));
    assert_eq!(find("list-notes").success, 202);
    assert_eq!(find("list-accounts").scope.as_deref(), Some("accounts:read"));
    assert_eq!(operations.iter().filter(|operation| operation.api == "channel").count(), 11);
    assert_eq!(check("GET", "/tags/tag_1", 200, &tag()), Ok(()));
}

/// What our own document says about a right tag with something changed.
fn ours(change: impl FnOnce(Value) -> Value) -> String {
    let links = json!({"conversations": "http://x", "owner": null, "parent_tag": null, "children": null});
    let tag = with(with(tag(), "_links", json!({"self": "http://x", "related": links})), "created_at", json!(1));
    ours::check("GET", "/tags/tag_1", 200, &change(tag)).err().unwrap_or_default().join("; ")
}

#[test]
fn our_own_document_is_a_stricter_measure() {
    assert_eq!(ours(|tag| tag), "");
    assert_eq!(ours(|tag| with(tag, "colour", json!("red"))), "body.colour is not told of");
    assert_eq!(ours(|tag| without(tag, "highlight")), "body.highlight is missing");
    assert_eq!(ours(|tag| with(tag, "name", Value::Null)), "body.name is null, not of type \"string\"");
    assert_eq!(ours(|tag| with(tag, "id", json!("tea_1"))), "body.id is \"tea_1\", which is no tag_…");
    assert_eq!(ours(|tag| with(tag, "_links", json!({"self": 1}))).matches("body._links").count(), 2);
    assert_eq!(ours(|_| Value::Null), "there is no body, but our document promises one");
}

#[test]
fn our_own_document_knows_its_statuses_and_alternatives() {
    let refused = |method, path, status, body: Value| {
        ours::check(method, path, status, &body).expect_err("a complaint").join("; ")
    };
    assert!(refused("GET", "/tags/tag_1", 201, tag()).contains("status 201"));
    assert!(refused("PATCH", "/tags/tag_1", 204, tag()).contains("tells of none"));
    assert!(refused("GET", "/tags/tag_1", 404, json!({"message": "gone"})).contains("_error is missing"));
    let line = |found: Value| json!({"path": "if", "matched": true, "found": found});
    let answer = |found: Value| {
        let explanation = json!({"event": ["inbound"], "matched": true, "checks": [line(found)], "outcomes": []});
        json!({"findings": [], "matched": true, "passed_over": null, "actions": [], "explanation": explanation})
    };
    assert_eq!(ours::check("POST", "/portico/v1/rules/test", 200, &answer(json!({"number": 1}))), Ok(()));
    assert!(refused("POST", "/portico/v1/rules/test", 200, answer(json!({"number": "1"}))).contains("found.number"));
    assert_eq!(ours::check("GET", "/nowhere", 200, &json!({})), Ok(()), "what it does not hold it cannot measure");
}

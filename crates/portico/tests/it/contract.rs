//! What we promise is what the official files say: every operation has its route, its scope and its status.

use std::collections::{BTreeMap, BTreeSet};

use api::routes::{self, Operation};

use crate::schema;

fn ours() -> impl Iterator<Item = &'static Operation> {
    routes::all()
}

/// Two paths are one if they differ only in the names of their variable parts and a trailing slash.
fn shape(path: &str) -> String {
    let parts = path.trim_end_matches('/').split('/');
    parts.map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

#[test]
fn every_route_of_ours_is_in_the_contract_with_its_scope() {
    let all = schema::operations();
    if all.is_empty() {
        return;
    }
    let promised: BTreeMap<(String, String), _> =
        all.iter().map(|operation| ((operation.method.to_uppercase(), shape(&operation.path)), operation)).collect();
    let mut faults = Vec::new();
    for operation in ours().filter(|operation| !operation.path.starts_with("/portico/")) {
        let key = (operation.method.to_string(), shape(operation.path));
        match promised.get(&key) {
            None if operation.id.starts_with("legacy-") => {}
            None => faults.push(format!("{} {} is not in the contract", operation.method, operation.path)),
            Some(theirs) => {
                if theirs.id != operation.id {
                    faults.push(format!("{} is called {} in the contract", operation.id, theirs.id));
                }
                if theirs.scope.as_deref() != operation.scope {
                    faults.push(format!("{} needs {:?}, not {:?}", operation.id, theirs.scope, operation.scope));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_operation_of_the_contract_has_its_route() {
    let routed: BTreeSet<(String, String)> =
        ours().map(|operation| (operation.method.to_string(), shape(operation.path))).collect();
    let promised = schema::operations();
    let is_missing = |method: &str, path: &str| !routed.contains(&(method.to_uppercase(), shape(path)));
    let missing: Vec<String> = promised
        .iter()
        .filter(|operation| is_missing(&operation.method, &operation.path))
        .map(|operation| format!("{} {}", operation.method, operation.path))
        .collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(promised.is_empty() || promised.len() == 255, "{} operations were read", promised.len());
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let mut ids: Vec<&str> = ours().map(|operation| operation.id).collect();
    ids.sort_unstable();
    let before = ids.len();
    ids.dedup();
    assert_eq!(before, ids.len());
}

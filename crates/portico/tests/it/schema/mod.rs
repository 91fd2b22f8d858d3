//! Measures answers by the official OpenAPI files, and by our own document ([`ours`]).
//!
//! The files contradict themselves in places; every deviation that is let through stands in [`validate::TOLERATED`] with its
//! reason, and nowhere else. Where the files are missing the checks pass, loudly; a CI run without them fails.

pub mod ours;
mod request;
#[cfg(test)]
mod tests;
mod validate;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

pub use self::request::{Field, fields, parameters};
use self::validate::{Place, entries, list, resolve, validate};

/// One operation of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Which file it stands in: `core` or `channel`.
    pub api: &'static str,
    /// `GET`, `POST` …
    pub method: String,
    /// The path with its parameters in braces, as the file writes it.
    pub path: String,
    /// The operation's id.
    pub id: String,
    /// The status of success.
    pub success: u16,
    /// Every status that is listed.
    pub statuses: Vec<u16>,
    /// The scope that a token needs, if any.
    pub scope: Option<String>,
}

/// Compares one answer with the contract; the path may be a template or a real one, with or without a query. No body
/// is `Value::Null`.
pub fn check(method: &str, path: &str, status: u16, body: &Value) -> Result<(), Vec<String>> {
    contract().map_or(Ok(()), |contract| contract.check(method, path, status, body))
}

/// Every operation of both files; none if the files are missing.
pub fn operations() -> Vec<Operation> {
    contract().map_or(Vec::new(), Contract::operations)
}

fn contract() -> Option<&'static Contract> {
    static CONTRACT: OnceLock<Option<Contract>> = OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "CI says so in the environment and nowhere else")]
    let is_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    CONTRACT.get_or_init(|| Contract::load_or_skip(find_folder(), is_ci)).as_ref()
}

struct Contract {
    files: [(&'static str, Value); 2],
}

impl Contract {
    fn load_or_skip(folder: Option<PathBuf>, is_ci: bool) -> Option<Contract> {
        match (folder, is_ci) {
            (Some(folder), _) => Some(Contract::load(&folder).expect("the contract is readable")),
            (None, true) => panic!("no folder shared/contract beside the project: CI must check against the contract"),
            (None, false) => {
                eprintln!(
                    "SKIPPED: no folder shared/contract beside the project and no PORTICO_CONTRACT, so no answer is checked"
                );
                None
            }
        }
    }

    fn load(folder: &Path) -> std::io::Result<Contract> {
        let read = |name: &str| -> std::io::Result<Value> {
            Ok(serde_json::from_str(&std::fs::read_to_string(folder.join(name))?)?)
        };
        Ok(Contract { files: [("core", read("core-api.json")?), ("channel", read("channel-api.json")?)] })
    }

    fn operations(&self) -> Vec<Operation> {
        let mut found = Vec::new();
        for (api, file) in &self.files {
            for (path, methods) in entries(&file["paths"]) {
                found.extend(entries(methods).filter_map(|(method, raw)| operation(api, method, path, raw)));
            }
        }
        found
    }

    fn check(&self, method: &str, path: &str, status: u16, body: &Value) -> Result<(), Vec<String>> {
        if status >= 400 {
            return check_error(status, body);
        }
        let named = |what: String| vec![format!("{method} {path}: {what}")];
        let candidates = self.find(method, path);
        if candidates.is_empty() {
            return Err(named("no such operation".into()));
        }
        // One path stands in both files with two meanings; an answer that fits either is right.
        let mut complaints = Vec::new();
        for (file, operation) in candidates {
            let found = check_operation(file, operation, status, body);
            if found.is_empty() {
                return Ok(());
            }
            complaints.extend(found);
        }
        Err(complaints.into_iter().flat_map(named).collect())
    }

    /// The operations of this method whose path fits best: a literal segment is a better fit than a parameter.
    fn find(&self, method: &str, path: &str) -> Vec<(&Value, &Value)> {
        let mut best = Vec::new();
        let mut least = usize::MAX;
        for (_, file) in &self.files {
            for (template, methods) in entries(&file["paths"]) {
                let Some(operation) = methods.get(method.to_ascii_lowercase()) else { continue };
                let Some(parameters) = fit(template, path) else { continue };
                if parameters < least {
                    best.clear();
                    least = parameters;
                }
                if parameters == least {
                    best.push((file, operation));
                }
            }
        }
        best
    }
}

fn find_folder() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "where the contract lies is no setting of the product")]
    let stated = std::env::var_os("PORTICO_CONTRACT").map(PathBuf::from);
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared/contract"));
    stated.into_iter().chain(above).find(|folder| folder.join("core-api.json").is_file())
}

fn operation(api: &'static str, method: &str, path: &str, raw: &Value) -> Option<Operation> {
    let mut statuses: Vec<u16> = entries(&raw["responses"]).filter_map(|(status, _)| status.parse().ok()).collect();
    statuses.sort_unstable();
    Some(Operation {
        api,
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        id: raw["operationId"].as_str()?.to_owned(),
        success: statuses.iter().copied().find(|status| (200..300).contains(status))?,
        scope: raw["x-required-scopes"][0].as_str().map(str::to_owned),
        statuses,
    })
}

/// How many parameters a path fills in a template, if it fits. A trailing slash makes no difference.
fn fit(template: &str, path: &str) -> Option<usize> {
    let path = path.split('?').next().unwrap_or_default();
    let wanted: Vec<&str> = template.trim_end_matches('/').split('/').collect();
    let given: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    if wanted.len() != given.len() {
        return None;
    }
    let mut parameters = 0;
    for (want, give) in wanted.iter().zip(given) {
        match want.starts_with('{') {
            true if give.is_empty() => return None,
            true => parameters += 1,
            false if *want != give => return None,
            false => {}
        }
    }
    Some(parameters)
}

fn check_error(status: u16, body: &Value) -> Result<(), Vec<String>> {
    let error = &body["_error"];
    let text = |name: &str| error[name].as_str().is_some_and(|text| !text.is_empty());
    let known = ["status", "title", "message", "details"];
    let lines = |details: &Value| details.as_array().is_some_and(|lines| lines.iter().all(Value::is_string));
    let checks = [
        (body.as_object().is_some_and(|body| body.len() == 1) && error.is_object(), "is not one object named _error"),
        (error["status"] == status, "_error.status is not the status of the answer"),
        (text("title"), "_error.title is no text"),
        (text("message"), "_error.message is no text"),
        (error.get("details").is_none_or(lines), "_error.details is no list of texts"),
        (entries(error).all(|(name, _)| known.contains(&name)), "_error has a name that is not documented"),
    ];
    let wrong: Vec<String> =
        checks.iter().filter(|(holds, _)| !holds).map(|(_, what)| format!("body: {what}")).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

fn check_operation(file: &Value, operation: &Value, status: u16, body: &Value) -> Vec<String> {
    let Some(response) = operation["responses"].get(status.to_string()) else {
        return vec![format!("status {status} is not documented")];
    };
    let response = match response["$ref"].as_str() {
        Some(reference) => resolve(file, reference),
        None => response,
    };
    let mut wrong = Vec::new();
    match (entries(&response["content"]).next(), body) {
        (None, Value::Null) => {}
        (None, _) => wrong.push(format!("status {status} has a body, but none is documented")),
        (Some(("application/json", _)), Value::Null) => wrong.push(format!("status {status} has no body")),
        (Some(("application/json", content)), _) => {
            check_envelope(&content["schema"], body, &mut wrong);
            validate(file, &content["schema"], body, &Place::start(), &mut wrong);
        }
        // Downloads are whatever the file is.
        (Some(_), _) => {}
    }
    wrong
}

/// The schemas of collections require nothing; what every client reads of them is in the documentation's prose.
fn check_envelope(schema: &Value, body: &Value, wrong: &mut Vec<String>) {
    let documented = &schema["properties"];
    if documented.get("_results").is_none() {
        return;
    }
    for name in ["_links", "_results", "_pagination", "_total"] {
        if documented.get(name).is_some() && body.get(name).is_none() {
            wrong.push(format!("body.{name} is missing"));
        }
    }
    let next = body.get("_pagination").map(|pagination| &pagination["next"]);
    if next.is_some_and(|next| !next.is_null() && !next.is_string()) {
        wrong.push("body._pagination.next is neither an address nor null".into());
    }
}

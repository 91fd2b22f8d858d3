//! How the document speaks of refusals: one shape, and who gets which.

use http::Method;
use serde_json::{Map, Value, json};

use crate::routes::Operation;

const ALL: &[(u16, &str, &str)] = &[
    (400, "BadRequest", "The request cannot be understood or asks for something impossible."),
    (401, "Unauthorized", "There is no token, or none that is known."),
    (403, "Forbidden", "The token lacks the scope, or does not reach what the operation changes."),
    (404, "NotFound", "There is no such thing, or none that the token reaches."),
    (409, "Conflict", "What is there already does not allow it."),
    (413, "TooLarge", "The body is larger than one request may be."),
    (415, "UnsupportedType", "The body is in no form that is read here."),
    (429, "TooManyRequests", "Too many requests; `Retry-After` says in how many seconds to come back."),
    (500, "Failed", "A fault of the server, logged under the reference that the message tells."),
    (503, "Busy", "The server is too busy; the same request may be made again a little later."),
];

/// The refusals that an operation may answer, by status.
pub(super) fn of(operation: &Operation) -> Map<String, Value> {
    let can_be = |status: u16| match status {
        // A body names things too, and without tickets there are no statuses.
        404 => {
            // Tickets and the sandbox are things that a company or server may not have.
            let may_lack = ["/company/statuses", "/portico/v1/sandbox"].contains(&operation.path);
            operation.path.contains('{') || operation.method != Method::GET || may_lack
        }
        409 | 413 | 415 => operation.method != Method::GET,
        _ => true,
    };
    let shown = ALL.iter().filter(|(status, ..)| can_be(*status));
    shown
        .map(|(status, name, _)| (status.to_string(), json!({"$ref": format!("#/components/responses/{name}")})))
        .collect()
}

/// `components.responses`
pub(super) fn shared() -> Value {
    let response = |(_, name, words): &(u16, &str, &str)| {
        let mut response = json!({
            "description": words,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        });
        if *name == "TooManyRequests" {
            response["headers"] = json!({"Retry-After": {"schema": {"type": "integer"}}});
        }
        ((*name).to_string(), response)
    };
    ALL.iter().map(response).collect()
}

/// The one shape of refusals.
pub(super) fn schema() -> Value {
    json!({
        "type": "object",
        "description": "A refusal.",
        "required": ["_error"],
        "properties": {"_error": {
            "type": "object",
            "required": ["status", "title", "message"],
            "properties": {
                "status": {"type": "integer", "description": "The status of the answer."},
                "title": {"type": "string", "description": "The same for every refusal with this status."},
                "message": {"type": "string", "description": "What went wrong, for people."},
                "details": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "One line for each thing that is wrong.",
                },
            },
        }},
    })
}

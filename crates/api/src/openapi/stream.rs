//! The live stream, which is served beside the table, as it never ends: its address, its scope, and what the document says
//! of it.

use serde_json::{Value, json};

/// Where it is.
pub const PATH: &str = "/portico/v1/events/stream";
/// What a token must hold.
pub const SCOPE: &str = "events:*:read";

const FRAMES: &str = "One frame for each event: `id`, `event` (its type), `data` (the whole event, as `GET /events/{event_id}` shows \
it) and `signature`, what `X-Front-Signature` would be for this data. A line without meaning comes every 15 seconds.";

/// The path item.
pub(super) fn described() -> Value {
    let refusal = |name: &str| json!({"$ref": format!("#/components/responses/{name}")});
    let texts = json!({"type": "string"});
    let query =
        |name: &str, words: &str| json!({"name": name, "in": "query", "description": words, "schema": texts.clone()});
    json!({"get": {
        "operationId": "portico-stream-events",
        "summary": "Hear of events as they happen, as server-sent events",
        "description": format!("Required scope: `{SCOPE}`"),
        "tags": ["Events"],
        "security": [{"bearerAuth": [SCOPE]}],
        "parameters": [
            query("types", "Only events of these types, with commas between"),
            query("inboxes", "Only what happened in these inboxes, with commas between"),
            query("after", "The event to go on after; `Last-Event-ID` says the same"),
            {
                "name": "Last-Event-ID",
                "in": "header",
                "description": "The last event that was heard; everything since comes first, and nothing twice",
                "schema": texts,
            },
        ],
        "responses": {
            "200": {"description": FRAMES, "content": {"text/event-stream": {"schema": {"type": "string"}}}},
            "400": refusal("BadRequest"),
            "401": refusal("Unauthorized"),
            "403": refusal("Forbidden"),
            "404": refusal("NotFound"),
            "500": refusal("Failed"),
            "503": refusal("Busy"),
        },
    }})
}

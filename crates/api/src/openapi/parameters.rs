//! How the document speaks of what stands in paths, after question marks and in headers.

use http::Method;
use serde_json::{Map, Value, json};

use crate::edge::params::PageRules;
use crate::idempotency;
use crate::routes::Operation;
use crate::routes::about::{Kind, Parameter};

/// The variable parts of paths; a name that is not here is in no path, and a test says so.
const PARTS: &[(&str, &str)] = &[
    ("account_id", "The account's id, or `alt:domain:` and a domain of it, or `alt:ext_id:` and its external id"),
    ("app_uid", "The app's uid"),
    ("application_uid", "The application's uid"),
    ("article_id", "The article's id"),
    ("attachment_id", "The file's id, as the article tells it"),
    ("attachment_link_id", "The file's id"),
    ("category_id", "The category's id"),
    (
        "channel_id",
        "The channel's id, or `alt:address:` and its address: the company's own channel, if an app's has the same",
    ),
    ("comment_id", "The comment's id"),
    ("contact_group_id", "The group's id"),
    ("contact_id", "The contact's id, or `alt:`, a source, `:` and a handle, as in `alt:email:ada@example.com`"),
    ("contact_list_id", "The list's id"),
    ("conv_ext_id", "What the channel's server calls the conversation"),
    ("conversation_id", "The conversation's id"),
    ("custom_field_id", "The custom field's id"),
    ("delivery_id", "The delivery's id"),
    ("draft_id", "The draft's id"),
    ("endpoint_id", "The endpoint's id"),
    ("event_id", "The event's id"),
    ("export_id", "The export's id"),
    ("external_call_id", "What the channel's server calls the call"),
    ("external_id", "What the channel's server calls the template"),
    ("feature_id", "The feature's id"),
    ("inbox_id", "The inbox's id"),
    ("knowledge_base_id", "The knowledge base's id"),
    ("link_id", "The link's id"),
    ("locale", "A locale: `en` or `fr`"),
    ("message_id", "The message's id, or `alt:uid:` and its uid"),
    ("message_ext_id", "What the channel's server calls the message"),
    ("message_template_folder_id", "The folder's id"),
    ("message_template_id", "The message template's id"),
    ("query", "Words and filters, as in `refund is:open tag:tag_1`"),
    ("report_uid", "The report's uid"),
    ("rule_id", "The rule's id"),
    ("shared_credentials_id", "The shared credentials' id"),
    ("shift_id", "The shift's id"),
    ("signature_id", "The signature's id"),
    ("status_id", "The ticket status's id"),
    ("tag_id", "The tag's id"),
    ("team_id", "The workspace's id"),
    ("teammate_id", "The teammate's id, or `alt:email:` and their address"),
    ("teammate_group_id", "The teammate group's id"),
    ("time_goal_id", "The time goal's id"),
    ("time_off_id", "The time off's id"),
    ("token_id", "The token's id"),
    ("view_id", "The view's id"),
];

/// Everything that an operation may be asked with beside its body.
pub(super) fn of(operation: &Operation) -> Vec<Value> {
    let about = &operation.about;
    let mut all: Vec<Value> = operation.path.split('/').filter_map(part).collect();
    if !about.filter.is_empty() {
        all.push(filter(about.filter));
    }
    all.extend(about.query.iter().map(plain));
    if let Some(rules) = about.pages {
        all.extend(paging(rules));
    }
    if operation.method != Method::GET {
        all.push(json!({"$ref": "#/components/parameters/IdempotencyKey"}));
        if operation.path.starts_with("/conversations/{conversation_id}") {
            all.push(json!({"$ref": "#/components/parameters/Seen"}));
        }
    }
    all
}

fn part(segment: &str) -> Option<Value> {
    let name = segment.strip_prefix('{')?.strip_suffix('}')?;
    let words = PARTS.iter().find(|(known, _)| *known == name).map_or("", |(_, words)| words);
    Some(json!({"name": name, "in": "path", "required": true, "description": words, "schema": {"type": "string"}}))
}

fn filter(inside: &[Parameter]) -> Value {
    let described = |parameter: &Parameter| {
        let mut schema = schema(parameter.kind);
        schema["description"] = parameter.words.into();
        (parameter.name.to_string(), schema)
    };
    let object = json!({"type": "object", "properties": inside.iter().map(described).collect::<Map<_, _>>()});
    // A text, as in the official file: OpenAPI has no way to write lists within an object, so that makers of clients
    // refuse it or send something else.
    json!({
        "name": "q",
        "in": "query",
        "description": "Narrows the list: one JSON object, or in its place `q[name]=value`, as often as there are values",
        "schema": {"type": "string", "contentMediaType": "application/json", "contentSchema": object},
    })
}

fn plain(parameter: &Parameter) -> Value {
    json!({"name": parameter.name, "in": "query", "description": parameter.words, "schema": schema(parameter.kind)})
}

fn schema(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({"type": "string"}),
        Kind::Word(words) => json!({"type": "string", "enum": words}),
        Kind::Texts => json!({"type": "array", "items": {"type": "string"}}),
        Kind::Words(words) => json!({"type": "array", "items": {"type": "string", "enum": words}}),
        Kind::Time => json!({"type": "number"}),
        Kind::Flag => json!({"type": "boolean", "default": false}),
    }
}

fn paging(rules: &PageRules) -> Vec<Value> {
    let rows = format!("How many rows to give, {} at most", rules.max_limit);
    let limit = json!({"type": "integer", "minimum": 1, "default": rules.default_limit});
    let mut all = vec![
        json!({"name": "limit", "in": "query", "description": rows, "schema": limit}),
        json!({"$ref": "#/components/parameters/PageToken"}),
    ];
    if let Some(first) = rules.sort_by.first() {
        let schema = json!({"type": "string", "enum": rules.sort_by, "default": first});
        all.push(json!({"name": "sort_by", "in": "query", "description": "What to sort by", "schema": schema}));
        all.push(json!({"$ref": "#/components/parameters/SortOrder"}));
    }
    all
}

/// `components.parameters`
pub(super) fn shared() -> Value {
    json!({
        "PageToken": {
            "name": "page_token",
            "in": "query",
            "description": "Where to go on; follow `_pagination.next` rather than making one",
            "schema": {"type": "string"},
        },
        "SortOrder": {
            "name": "sort_order",
            "in": "query",
            "description": "Which end comes first",
            "schema": {"type": "string", "enum": ["asc", "desc"]},
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Made up by the client; the same request with the same key is done once and answered alike \
                            for a day. One that failed has done nothing, and leaves its key free",
            "schema": {"type": "string", "minLength": 1, "maxLength": idempotency::LONGEST},
        },
        "Seen": {
            "name": "X-Portico-Seen",
            "in": "header",
            "description": "The version that `X-Portico-Version` told with the conversation; the write is refused if messages \
                            or drafts came in since",
            "schema": {"type": "integer"},
        },
    })
}

/// `components.headers`
pub(super) fn headers() -> Value {
    let number = |words: &str| json!({"description": words, "schema": {"type": "number"}});
    json!({
        "RateLimit": number("How many requests the company has in a minute"),
        "RateRemaining": number("How many of them are left"),
        "RateReset": number("When all of them are back, in seconds since 1970"),
        "Version": {
            "description": "The version of the conversation that is shown, to be told in `X-Portico-Seen`",
            "schema": {"type": "integer"},
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::routes;

    #[test]
    fn every_part_of_every_path_is_explained_and_no_other() {
        let names = routes::all().flat_map(|operation| operation.path.split('/'));
        let used: BTreeSet<&str> = names.filter_map(|name| name.strip_prefix('{')?.strip_suffix('}')).collect();
        let explained: BTreeSet<&str> = PARTS.iter().map(|(name, _)| *name).collect();
        assert_eq!(used, explained);
    }
}

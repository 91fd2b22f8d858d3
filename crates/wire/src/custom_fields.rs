//! Definitions of custom fields (schema `CustomFieldResponse`).

use std::borrow::Cow;

use desk::ids::CustomFieldId;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::Context;
use crate::links::SelfLink;

/// A definition.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CustomField<'a> {
    _links: SelfLink<'a>,
    id: CustomFieldId,
    name: &'a str,
    description: &'a str,
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<&'a Value>,
}

/// A definition as answers show it.
pub fn custom_field<'a>(context: Context<'a>, row: &'a desk::custom_fields::CustomField) -> CustomField<'a> {
    CustomField {
        _links: SelfLink::new(context.url("/custom_fields/", row.id)),
        id: row.id,
        name: &row.name,
        description: &row.description,
        r#type: &row.r#type,
        values: (row.r#type == "enum").then_some(&row.choices),
    }
}

/// The values of a thing as answers show them: those of deleted fields are on their way out.
pub(crate) fn values<'a>(context: Context<'a>, owner_kind: &str, values: &'a Value) -> Cow<'a, Value> {
    desk::custom_fields::shown(context.directory, owner_kind, values)
}

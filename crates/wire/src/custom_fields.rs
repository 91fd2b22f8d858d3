//! Definitions of custom fields (schema `CustomFieldResponse`).

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

//! Definitions of custom fields and the values that fit them.

use serde_json::Value;

use crate::ids::CustomFieldId;

pub(crate) mod store;

db::record! {
    /// The definition of a custom field, as stored.
    #[derive(Debug, Clone)]
    pub struct CustomField {
        pub id: CustomFieldId,
        pub owner_kind: String,
        pub name: String,
        pub description: String,
        pub r#type: String,
        pub choices: Value,
    }
}

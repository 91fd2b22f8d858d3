//! What a company defines for its conversations and contacts: custom fields and ticket statuses.

use desk::custom_fields::{self, Choice};
use desk::ids::{CustomFieldId, StatusId};
use desk::{Error, statuses};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::edge::given::given;

/// A value of an `enum` field.
#[derive(Deserialize, JsonSchema, Clone)]
#[schemars(rename = "CustomFieldChoice")]
#[serde(deny_unknown_fields)]
struct GivenChoice {
    /// What is kept.
    value: String,
    /// What people read; the value itself, if left out.
    #[serde(default)]
    label: Option<String>,
}

fn choices(given: Vec<GivenChoice>) -> Vec<Choice> {
    let choice =
        |given: GivenChoice| Choice { label: given.label.unwrap_or_else(|| given.value.clone()), value: given.value };
    given.into_iter().map(choice).collect()
}

/// A new custom field.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CreateCustomField")]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateField {
    /// `account`, `contact`, `conversation`, `inbox`, `link` or `teammate`.
    owner: String,
    /// Unique among the fields of its owner.
    name: String,
    /// What it is for.
    #[serde(default)]
    description: Option<String>,
    /// `string`, `boolean`, `datetime`, `number`, `teammate`, `inbox` or `enum`.
    r#type: String,
    /// The values of an `enum`.
    #[serde(default)]
    values: Option<Vec<GivenChoice>>,
}

/// `POST /portico/v1/custom_fields`
pub async fn create_field(call: Call) -> Result {
    let body: CreateField = call.body()?;
    let new = custom_fields::New {
        owner_kind: body.owner,
        name: body.name,
        description: body.description.unwrap_or_default(),
        r#type: body.r#type,
        choices: choices(body.values.unwrap_or_default()),
    };
    call.write(move |work| {
        let id = custom_fields::create(work, &new)?;
        let row = custom_fields::get(work, id)?;
        let directory = work.directory()?;
        Answer::created(&wire::custom_fields::custom_field(context(work, &directory), &row))
    })
    .await
}

/// A change of a custom field.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "UpdateCustomField")]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateField {
    /// Another description.
    #[serde(default)]
    description: Option<String>,
    /// All values of an `enum`.
    #[serde(default)]
    values: Option<Vec<GivenChoice>>,
    /// Never changes: values are kept under it.
    #[serde(default)]
    #[schemars(skip)]
    name: Option<Value>,
    /// Never changes: values were checked by it.
    #[serde(default)]
    #[schemars(skip)]
    r#type: Option<Value>,
}

/// `PATCH /portico/v1/custom_fields/{custom_field_id}`
pub async fn update_field(call: Call) -> Result {
    let id: CustomFieldId = call.id(0)?;
    let body: UpdateField = call.body()?;
    for (field, given) in [("name", body.name), ("type", body.r#type)] {
        if given.is_some() {
            return Err(Error::invalid(field, "never changes").into());
        }
    }
    let change = custom_fields::Change { description: body.description, choices: body.values.map(choices) };
    call.write(move |work| {
        custom_fields::update(work, id, &change)?;
        Answer::no_content()
    })
    .await
}

/// `DELETE /portico/v1/custom_fields/{custom_field_id}`
pub async fn delete_field(call: Call) -> Result {
    let id: CustomFieldId = call.id(0)?;
    call.write(move |work| {
        custom_fields::delete(work, id)?;
        Answer::no_content()
    })
    .await
}

/// A new ticket status.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateStatus {
    /// Unique in the company.
    name: String,
    /// `open`, `waiting` or `resolved`.
    category: String,
    /// What it is for.
    #[serde(default)]
    description: Option<String>,
    /// Whether its category falls back to it.
    #[serde(default)]
    is_default: Option<bool>,
}

/// `POST /portico/v1/statuses`
pub async fn create_status(call: Call) -> Result {
    let body: CreateStatus = call.body()?;
    let new = statuses::New {
        name: body.name,
        category: body.category,
        description: body.description,
        is_default: body.is_default.unwrap_or(false),
    };
    call.write(move |work| {
        let id = statuses::create(work, &new)?;
        let directory = work.directory()?;
        let row = directory.status(id).ok_or(Error::NotFound("status"))?;
        Answer::created(&wire::statuses::status(context(work, &directory), row))
    })
    .await
}

/// A change of a ticket status.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateStatus {
    /// Another name.
    #[serde(default)]
    name: Option<String>,
    /// Another description, or none.
    #[serde(default, deserialize_with = "given")]
    description: Option<Option<String>>,
    /// True makes it the one that its category falls back to.
    #[serde(default)]
    is_default: Option<bool>,
}

/// `PATCH /portico/v1/statuses/{status_id}`
pub async fn update_status(call: Call) -> Result {
    let id: StatusId = call.id(0)?;
    let body: UpdateStatus = call.body()?;
    if body.is_default == Some(false) {
        return Err(Error::invalid("is_default", "make another status the default instead").into());
    }
    let change = statuses::Change {
        name: body.name,
        description: body.description,
        becomes_default: body.is_default.unwrap_or(false),
    };
    call.write(move |work| {
        statuses::update(work, id, &change)?;
        Answer::no_content()
    })
    .await
}

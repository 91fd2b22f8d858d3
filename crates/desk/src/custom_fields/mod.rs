//! Definitions of custom fields and the values that fit them.

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::CustomFieldId;
use crate::names;
use crate::work::Work;

mod leaving;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod update;
mod values;

pub(crate) use leaving::{clear, exists, value};
pub use leaving::{shown, take_up};
pub use update::{Change, delete, update};
pub use values::checked;
pub(crate) use values::meant;

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

/// What custom fields may be on.
pub const OWNERS: &[&str] = &["account", "contact", "conversation", "inbox", "link", "teammate"];

/// What a custom field may hold.
pub const TYPES: &[&str] = &["string", "boolean", "datetime", "number", "teammate", "inbox", "enum"];

/// The longest name of a custom field, in characters.
const LONGEST: usize = 128;

/// One value of an `enum` field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is kept.
    pub value: String,
    /// What people read.
    pub label: String,
}

/// A new definition.
#[derive(Debug, Clone)]
pub struct New {
    /// One of [`OWNERS`].
    pub owner_kind: String,
    /// Unique among the fields of its kind; values are kept under it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// One of [`TYPES`]; it never changes.
    pub r#type: String,
    /// The values of an `enum`; empty for every other type.
    pub choices: Vec<Choice>,
}

/// Adds a definition. A name that a field of its kind has, or whose values are still being taken away, is a conflict.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<CustomFieldId> {
    work.access.require_global()?;
    one_of("owner", &new.owner_kind, OWNERS)?;
    one_of("type", &new.r#type, TYPES)?;
    let field = CustomField {
        id: CustomFieldId(work.new_id()),
        owner_kind: new.owner_kind.clone(),
        name: names::checked("name", &new.name, LONGEST)?,
        description: new.description.clone(),
        r#type: new.r#type.clone(),
        choices: choices(&new.r#type, &new.choices)?,
    };
    if store::is_being_tidied(work.conn, work.company, &field.owner_kind)? {
        return Err(taken_away(&field.name));
    }
    let is_known = leaving::exists(&*work.directory()?, &field.owner_kind, &field.name);
    store::insert(work.conn, work.company, &field, work.now).map_err(|error| taken(error, &field.name, is_known))?;
    work.directory_changed()?;
    let change = json!({"custom_field": [null, field.id.to_string()], "name": [null, field.name]});
    events::record_setting(work, Kind::Setting, change)?;
    Ok(field.id)
}

/// A definition.
pub fn get(work: &mut Work<'_>, id: CustomFieldId) -> Result<CustomField> {
    let directory = work.directory()?;
    let found = OWNERS.iter().find_map(|kind| directory.custom_fields(kind).find(|field| field.id == id));
    found.cloned().ok_or(Error::NotFound("custom field"))
}

fn one_of(field: &str, value: &str, known: &[&str]) -> Result<()> {
    match known.contains(&value) {
        true => Ok(()),
        false => Err(Error::invalid(field, format!("expected one of {}, found {value:?}", known.join(", ")))),
    }
}

/// The stored form of an enum's values: `[{"value", "label"}]`.
fn choices(r#type: &str, choices: &[Choice]) -> Result<Value> {
    if (r#type == "enum") == choices.is_empty() {
        return Err(Error::invalid("values", "an enum has values, and nothing else has"));
    }
    let mut seen: Vec<&str> = Vec::new();
    for choice in choices {
        if choice.value.is_empty() || seen.contains(&choice.value.as_str()) {
            return Err(Error::invalid("values", format!("{:?} is empty or there twice", choice.value)));
        }
        seen.push(&choice.value);
    }
    Ok(choices.iter().map(|choice| json!({"value": choice.value, "label": choice.label})).collect())
}

fn taken(error: db::Error, name: &str, is_known: bool) -> Error {
    match (error.is_duplicate(), is_known) {
        (true, true) => Error::Conflict(format!("there is a field named {name:?} already")),
        (true, false) => taken_away(name),
        (false, _) => error.into(),
    }
}

fn taken_away(name: &str) -> Error {
    let why = format!("the values of a deleted field named {name:?} are still being taken away; try again in a while");
    Error::Conflict(why)
}

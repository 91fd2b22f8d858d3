//! Application objects, and the triggers that tell rules of them (contract/apps.md sections 2.6 and 2.8).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::address::Target;
use super::matching::{self, Matcher};
use super::{Feature, Held};
use crate::error::{Error, Result};
use crate::names;

/// Text or addresses that become structured links.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// What it is called.
    pub name: String,
    /// What it is.
    #[serde(default)]
    pub description: String,
    /// What is recognised: an address or a text with variables, `ORDER-{Digits}`, `#{{ticket}}`,
    /// `https://shop.example/orders/*`.
    pub pattern: String,
    /// Where it leads, with the pattern's variables by name or by number: `https://shop.example/orders/{{1}}`.
    pub target_url: String,
    /// What is shown of it.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// Where its fields come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Target>,
}

/// A value of an object, or of a trigger's event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The key in the answer or event.
    pub name: String,
    /// `string`, `number`, `boolean`, `datetime` or `url`.
    #[serde(rename = "type")]
    pub r#type: String,
    /// What people read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// Something outside that rules react to, in every conversation that holds the object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// The word that the event calls itself by.
    pub event_type: String,
    /// The object that it is about, by name.
    pub object: String,
    /// What rules may use of it.
    #[serde(default)]
    pub properties: Vec<Field>,
}

const TYPES: &[&str] = &["string", "number", "boolean", "datetime", "url"];

fn check_fields(field: &str, all: &[Field]) -> Result<()> {
    for (at, one) in all.iter().enumerate() {
        names::checked(&format!("{field}[{at}].name"), &one.name, 64)?;
        if !TYPES.contains(&one.r#type.as_str()) {
            let why = format!("expected one of {}, found {:?}", TYPES.join(", "), one.r#type);
            return Err(Error::invalid(format!("{field}[{at}].type"), why));
        }
        if all[..at].iter().any(|before| before.name == one.name) {
            return Err(Error::invalid(format!("{field}[{at}].name"), format!("{:?} is there already", one.name)));
        }
    }
    Ok(())
}

impl Object {
    pub(super) fn check(&self, beside: &[Held]) -> Result<()> {
        names::checked("name", &self.name, 64)?;
        names::checked("pattern", &self.pattern, 1_024)?;
        names::checked("target_url", &self.target_url, 2_048)?;
        let pattern = Matcher::new("pattern", &self.pattern)?;
        Matcher::new("target_url", &self.target_url)?;
        if !matching::is_address(&self.target_url) {
            return Err(Error::invalid("target_url", format!("expected an address, found {:?}", self.target_url)));
        }
        if let Some(unknown) = pattern.knows(&self.target_url) {
            return Err(Error::invalid("target_url", format!("the pattern has no variable {unknown}")));
        }
        check_fields("fields", &self.fields)?;
        match &self.request {
            Some(request) => request.resolve(beside).map(drop),
            None => Ok(()),
        }
    }
}

impl Trigger {
    pub(super) fn check(&self, beside: &[Held]) -> Result<()> {
        names::checked("event_type", &self.event_type, 64)?;
        check_fields("properties", &self.properties)?;
        let is_it = |held: &Held| matches!(&held.feature, Feature::Object(object) if object.name == self.object);
        match beside.iter().any(is_it) {
            true => Ok(()),
            false => Err(Error::invalid("object", format!("the app has no object {:?}", self.object))),
        }
    }
}

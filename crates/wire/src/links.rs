//! Links (schema `LinkResponse`).

use desk::ids::LinkId;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Context, Url};

/// A link.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Link<'a> {
    _links: SelfLink<'a>,
    id: LinkId,
    name: &'a str,
    r#type: &'a str,
    external_url: &'a str,
    #[schemars(with = "Map<String, Value>")]
    custom_fields: &'a Value,
}

/// `_links` with nothing but the thing itself.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct SelfLink<'a> {
    #[serde(rename = "self")]
    this: Url<'a>,
}

impl<'a> SelfLink<'a> {
    /// A link to the thing itself.
    pub fn new(this: Url<'a>) -> SelfLink<'a> {
        SelfLink { this }
    }
}

/// A link as answers show it.
pub fn link<'a>(context: Context<'a>, row: &'a desk::links::Link) -> Link<'a> {
    Link {
        _links: SelfLink::new(context.url("/links/", row.id)),
        id: row.id,
        name: &row.name,
        r#type: &row.r#type,
        external_url: &row.external_url,
        custom_fields: &row.custom_fields,
    }
}

//! Accounts (schema `AccountResponse`).

use std::borrow::Cow;

use desk::accounts::View;
use desk::ids::AccountId;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::custom_fields::values;
use crate::{Context, Seconds, Url};

/// An account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Account<'a> {
    _links: Links<'a>,
    id: AccountId,
    name: &'a str,
    /// No operation of the contract gives an account a picture, so there is none.
    logo_url: Option<Url<'a>>,
    description: Option<&'a str>,
    domains: &'a [String],
    external_id: Option<&'a str>,
    #[schemars(with = "Map<String, Value>")]
    custom_fields: Cow<'a, Value>,
    created_at: Seconds,
    updated_at: Seconds,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct Links<'a> {
    #[serde(rename = "self")]
    this: Url<'a>,
    related: Related<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct Related<'a> {
    contacts: Url<'a>,
}

/// An account as answers show it.
pub fn account<'a>(context: Context<'a>, view: &'a View) -> Account<'a> {
    let row = &view.row;
    let this = context.url("/accounts/", row.id);
    Account {
        _links: Links { this, related: Related { contacts: this.then("/contacts") } },
        id: row.id,
        name: &row.name,
        logo_url: None,
        description: row.description.as_deref(),
        domains: &view.domains,
        external_id: row.external_id.as_deref(),
        custom_fields: values(context, "account", &row.custom_fields),
        created_at: Seconds(row.created_at),
        updated_at: Seconds(row.updated_at),
    }
}

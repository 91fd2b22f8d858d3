//! Accounts and their contacts.

use desk::Work;
use desk::accounts::{self, Change, New, Which, members};
use desk::contacts::{self as people, Order};
use desk::ids::{AccountId, ContactId};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use wire::accounts::account;

use crate::answer::{Answer, context};
use crate::call::{Call, Paging, Result};
use crate::contact_lists::ContactIds;
use crate::contacts::shown;
use crate::custom_fields;
use crate::edge::given::given;
use crate::edge::params::PageRules;

/// `GET /accounts`
pub async fn list(call: Call) -> Result {
    let paging = call.paging("accounts", &PageRules::BY_CHANGE, false)?;
    call.read(move |work| {
        let page = accounts::list(work, order(&paging), &paging.window)?;
        let views = accounts::views(work, page.rows)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::page(&paging, views.iter().map(|view| account(context, view)), page.next)
    })
    .await
}

fn order(paging: &Paging) -> Order {
    if paging.sort_by == "updated_at" { Order::Updated } else { Order::Created }
}

fn one(work: &mut Work<'_>, id: AccountId, status: StatusCode) -> desk::Result<Answer> {
    let view = accounts::get(work, id)?;
    let directory = work.directory()?;
    Answer::json(status, &account(context(work, &directory), &view))
}

/// `GET /accounts/{account_id}`
pub async fn get(call: Call) -> Result {
    let which: Which = call.id(0)?;
    call.read(move |work| {
        let id = accounts::resolve(work, &which)?;
        one(work, id, StatusCode::OK)
    })
    .await
}

/// A new account.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateAccount {
    /// What it is called.
    name: String,
    /// What it is.
    #[serde(default)]
    description: Option<String>,
    /// The domains its people write from, which no other account has: new contacts with an address there belong to it.
    #[serde(default)]
    domains: Option<Vec<String>>,
    /// What another system calls it; no other account is called so.
    #[serde(default)]
    external_id: Option<String>,
    /// Values of custom fields, by name.
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
}

/// `POST /accounts`
pub async fn create(call: Call) -> Result {
    let mut body: CreateAccount = call.body()?;
    let values = custom_fields::values(&call, "account", body.custom_fields.take()).await?;
    let new = New {
        name: body.name,
        description: body.description,
        domains: body.domains.unwrap_or_default(),
        external_id: body.external_id,
        custom_fields: values.unwrap_or_default(),
    };
    call.write(move |work| {
        let id = accounts::create(work, &new)?;
        one(work, id, StatusCode::CREATED)
    })
    .await
}

/// A change of an account. What is left out stays.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct UpdateAccount {
    /// Another name.
    #[serde(default)]
    name: Option<String>,
    /// What it is; null for nothing.
    #[serde(default, deserialize_with = "given")]
    description: Option<Option<String>>,
    /// All of its domains.
    #[serde(default)]
    domains: Option<Vec<String>>,
    /// All values of custom fields, by name; those left out are emptied.
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
}

/// `PATCH /accounts/{account_id}`, which answers 200 with the account (contract/gaps.md section 2).
pub async fn update(call: Call) -> Result {
    let which: Which = call.id(0)?;
    let mut body: UpdateAccount = call.body()?;
    let values = custom_fields::values(&call, "account", body.custom_fields.take()).await?;
    let change =
        Change { name: body.name, description: body.description, domains: body.domains, custom_fields: values };
    call.write(move |work| {
        let id = accounts::resolve(work, &which)?;
        accounts::update(work, id, &change)?;
        one(work, id, StatusCode::OK)
    })
    .await
}

/// `DELETE /accounts/{account_id}`
pub async fn delete(call: Call) -> Result {
    let which: Which = call.id(0)?;
    call.write(move |work| {
        let id = accounts::resolve(work, &which)?;
        accounts::delete(work, id)?;
        Answer::no_content()
    })
    .await
}

/// `GET /accounts/{account_id}/contacts`
pub async fn contacts(call: Call) -> Result {
    let which: Which = call.id(0)?;
    let paging = call.paging("account_contacts", &PageRules::BY_CHANGE, false)?;
    call.read(move |work| {
        let id = accounts::resolve(work, &which)?;
        let page = members::list(work, id, order(&paging), &paging.window)?;
        shown(work, &paging, page)
    })
    .await
}

/// `POST /accounts/{account_id}/contacts`
pub async fn add_contacts(call: Call) -> Result {
    change(&call, members::add).await
}

/// `DELETE /accounts/{account_id}/contacts`
pub async fn remove_contacts(call: Call) -> Result {
    change(&call, members::remove).await
}

async fn change(call: &Call, what: fn(&mut Work<'_>, AccountId, &[ContactId]) -> desk::Result<()>) -> Result {
    let which: Which = call.id(0)?;
    let named = call.body::<ContactIds>()?.which()?;
    call.write(move |work| {
        let id = accounts::resolve(work, &which)?;
        let ids = named.iter().map(|which| people::resolve(work, which)).collect::<desk::Result<Vec<_>>>()?;
        what(work, id, &ids)?;
        Answer::no_content()
    })
    .await
}

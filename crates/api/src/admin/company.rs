//! The company itself: its name, and the secret that signs rule webhooks.

use desk::companies;
use desk::ids::CompanyId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::call::{Call, Result};

/// The company.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Company<'a> {
    id: CompanyId,
    name: &'a str,
    /// What stands in addresses.
    slug: &'a str,
    /// Whether conversations are tickets, with statuses and numbers.
    has_ticketing: bool,
}

/// `GET /portico/v1/company`
pub async fn get(call: Call) -> Result {
    call.read(move |work| {
        let directory = work.directory()?;
        let company = &directory.company;
        Answer::ok(&Company {
            id: company.id,
            name: &company.name,
            slug: &company.slug,
            has_ticketing: company.has_ticketing,
        })
    })
    .await
}

/// A change of the company. What is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateCompany {
    /// Whether conversations are tickets, with statuses and numbers.
    #[serde(default)]
    has_ticketing: Option<bool>,
}

/// `PATCH /portico/v1/company`
pub async fn update(call: Call) -> Result {
    let body: UpdateCompany = call.body()?;
    call.write(move |work| {
        if let Some(is_on) = body.has_ticketing {
            companies::set_ticketing(work, is_on)?;
        }
        Answer::no_content()
    })
    .await
}

/// The secret of the company.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CompanySecret")]
pub(crate) struct Secret<'a> {
    /// Signs rule webhooks and custom channel calls.
    api_secret: &'a str,
}

/// `GET /portico/v1/company/secret`: the API secret that signs rule webhooks and custom channel calls.
pub async fn secret(call: Call) -> Result {
    call.read(move |work| {
        let directory = work.directory()?;
        Answer::ok(&Secret { api_secret: &directory.company.api_secret })
    })
    .await
}

/// `POST /portico/v1/company/secret/rotate`: a new secret, from now on.
pub async fn rotate(call: Call) -> Result {
    call.write(move |work| {
        let secret = companies::rotate_secret(work)?;
        Answer::ok(&Secret { api_secret: &secret })
    })
    .await
}

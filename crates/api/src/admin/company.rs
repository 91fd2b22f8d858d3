//! The company itself: its name, and the secret that signs rule webhooks.

use desk::companies;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::answer::Answer;
use crate::call::{Call, Result};

/// `GET /portico/v1/company`
pub async fn get(call: Call) -> Result {
    call.read(move |work| {
        let directory = work.directory()?;
        let company = &directory.company;
        Answer::ok(&json!({
            "id": company.id,
            "name": company.name,
            "slug": company.slug,
            "has_ticketing": company.has_ticketing,
        }))
    })
    .await
}

#[derive(Deserialize, JsonSchema)]
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

/// `GET /portico/v1/company/secret`: the API secret that signs rule webhooks and custom channel calls.
pub async fn secret(call: Call) -> Result {
    call.read(move |work| {
        let directory = work.directory()?;
        Answer::ok(&json!({"api_secret": directory.company.api_secret}))
    })
    .await
}

/// `POST /portico/v1/company/secret/rotate`: a new secret, from now on.
pub async fn rotate(call: Call) -> Result {
    call.write(move |work| {
        let secret = companies::rotate_secret(work)?;
        Answer::ok(&json!({"api_secret": secret}))
    })
    .await
}

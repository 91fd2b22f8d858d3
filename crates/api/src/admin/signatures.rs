//! Why a signature does not verify.

use std::collections::BTreeMap;

use bytes::Bytes;
use desk::error::Error;
use desk::sealing::Secret;
use http::{HeaderMap, HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::app::SignedRequest;
use crate::call::{Call, Result};

/// A request as its receiver has it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DebugSignature {
    /// Its headers; only `x-front-signature` and `x-front-request-timestamp` are looked at.
    headers: BTreeMap<String, String>,
    /// Its raw body; left out for a request without one.
    #[serde(default)]
    body: Option<String>,
    /// The secret that the receiver verifies with. It is not kept.
    secret: String,
    /// The signature that the receiver computed: it tells most of what went wrong.
    #[serde(default)]
    computed: Option<String>,
}

/// What is the matter.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SignatureDiagnosis {
    /// `rule` (SHA-1 over the body) or `application` (SHA-256 over timestamp, colon and body).
    scheme: &'static str,
    is_valid: bool,
    /// What differs; empty if nothing does.
    causes: Vec<SignatureCause>,
    /// The signature that belongs to what was given.
    expected: String,
}

/// One thing that differs.
#[derive(Serialize, JsonSchema)]
struct SignatureCause {
    /// A word for programs: `reserialised_json`, `no_timestamp` …
    code: &'static str,
    /// A sentence for people.
    why: &'static str,
}

/// `POST /portico/v1/signatures/debug`
pub async fn debug(call: Call) -> Result {
    let body: DebugSignature = call.body()?;
    let mut headers = HeaderMap::new();
    for (name, value) in &body.headers {
        let refused = |_| Error::invalid("headers", format!("{name:?} is no header"));
        let name = HeaderName::try_from(name.as_str()).map_err(|error| refused(error.to_string()))?;
        let value = HeaderValue::from_str(value.trim()).map_err(|error| refused(error.to_string()))?;
        headers.insert(name, value);
    }
    let request = SignedRequest {
        headers,
        body: body.body.map(Bytes::from),
        secret: Secret::new(body.secret),
        computed: body.computed,
    };
    // It computes for a tenth of a second at worst, too long for a thread that others wait for.
    let outside = call.app.outside.clone();
    let told = tokio::task::spawn_blocking(move || outside.diagnose(request)).await;
    let told = told.map_err(|error| Error::Internal(error.to_string()))?;
    let causes = told.causes.into_iter().map(|(code, why)| SignatureCause { code, why });
    Ok(Answer::ok(&SignatureDiagnosis {
        scheme: told.scheme,
        is_valid: told.is_valid,
        causes: causes.collect(),
        expected: told.expected,
    })?)
}

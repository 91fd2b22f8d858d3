//! The part of OAuth 2.0 that programs speak: tokens for codes, tokens given back, and where everything is
//! (contract/oauth.md; RFC 6749, 7009, 8414). What people see of it is the consent page of `web`.

use std::sync::Arc;

use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::answer::Refusal;
use crate::app::App;
use crate::edge::error::Problem;

mod client;
mod revoke;
mod token;

/// Where clients learn all the rest.
const METADATA: &str = "/.well-known/oauth-authorization-server";

/// The addresses for programs.
pub(crate) fn router(app: Arc<App>) -> axum::Router {
    let (gives, ends, tells) = (app.clone(), app.clone(), app);
    axum::Router::new()
        .route("/oauth/token", post(move |request: Request| token::answer(gives.clone(), request)))
        .route("/oauth/revoke", post(move |request: Request| revoke::answer(ends.clone(), request)))
        .route(METADATA, get(move || metadata(tells.clone())))
}

async fn metadata(app: Arc<App>) -> Response {
    let base = &app.desk.settings().public_url;
    Json(json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/oauth/authorize"),
        "token_endpoint": format!("{base}/oauth/token"),
        "revocation_endpoint": format!("{base}/oauth/revoke"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
    }))
    .into_response()
}

/// Why a client gets nothing, in the words of RFC 6749 section 5.2.
#[derive(Debug)]
struct Refused {
    status: StatusCode,
    error: &'static str,
    why: String,
    /// In how many seconds another try makes sense, where that is known.
    retry_after: Option<i64>,
}

impl Refused {
    fn new(error: &'static str, why: impl Into<String>) -> Refused {
        let status = if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
        Refused { status, error, why: why.into(), retry_after: None }
    }

    /// The answer to whoever showed many wrong secrets.
    fn wait(seconds: i64) -> Refused {
        let why = format!("too many wrong secrets; nothing is looked at for {seconds} s");
        let retry_after = Some(seconds);
        Refused { status: StatusCode::TOO_MANY_REQUESTS, error: "temporarily_unavailable", why, retry_after }
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Refused {
        Refused { status: problem.status, error: "invalid_request", why: problem.message, retry_after: None }
    }
}

impl From<desk::Error> for Refused {
    fn from(error: desk::Error) -> Refused {
        // None of the client's faults gets here, so what does is logged and shown as a reference number.
        match Refusal::from(error) {
            Refusal::Problem(problem) if problem.status == StatusCode::SERVICE_UNAVAILABLE => Refused {
                status: problem.status,
                error: "temporarily_unavailable",
                why: problem.message,
                retry_after: None,
            },
            Refusal::Problem(problem) => {
                Refused { status: problem.status, error: "server_error", why: problem.message, retry_after: None }
            }
            Refusal::Moved(_) => Refused::new("invalid_request", "moved"),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = json!({"error": self.error, "error_description": self.why});
        let mut response = kept_by_nobody((self.status, Json(body)).into_response());
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"portico\""));
        }
        response
    }
}

/// What holds tokens, or tells of them, is stored by no cache.
fn kept_by_nobody(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

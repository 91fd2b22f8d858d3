//! `POST /oauth/revoke`: a client gives a token back (RFC 7009).

use std::sync::Arc;

use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use desk::ids::{CompanyId, TokenId};
use desk::tickets::Ticket;
use desk::{Caller, oauth};
use serde::Deserialize;
use serde_json::json;

use super::client::{authenticate, said};
use super::{Refused, kept_by_nobody};
use crate::app::App;
use crate::edge::bearer::Jwt;

#[derive(Deserialize)]
struct Asked {
    token: Option<String>,
}

pub(super) async fn answer(app: Arc<App>, request: Request) -> Response {
    end(&app, request).await.unwrap_or_else(Refused::into_response)
}

async fn end(app: &App, request: Request) -> Result<Response, Refused> {
    let (head, body) = request.into_parts();
    let client = authenticate(app, &head).await?;
    let asked: Asked = said(app, &head.headers, body).await?;
    let text = asked.token.ok_or_else(|| Refused::new("invalid_request", "token is missing"))?;
    let is_ended = match (Ticket::parse(&text), access(&text)) {
        (Some(shown), _) => {
            let caller = Caller::system(shown.company());
            app.desk.write(&caller, move |work| oauth::end_refresh(work, &client.app, &shown)).await?
        }
        (None, Some((company, id))) => {
            let caller = Caller::system(company);
            app.desk.write(&caller, move |work| oauth::end_access(work, &client.app, (id, &text))).await?
        }
        // What is no token of ours cannot be used, which is all that the client wants.
        (None, None) => true,
    };
    app.tokens.forget();
    match is_ended {
        // Nobody reads it, but some client libraries fail over an answer that is no JSON.
        true => Ok(kept_by_nobody(Json(json!({})).into_response())),
        false => Err(Refused::new("invalid_grant", "the token was issued to another client")),
    }
}

/// Where an access token says that it lies; the store compares the rest.
fn access(text: &str) -> Option<(CompanyId, TokenId)> {
    let jwt = Jwt::from_token(text).ok().filter(Jwt::is_of_app)?;
    let claims = jwt.api_unverified().ok()?;
    Some((CompanyId(claims.company), TokenId(claims.token)))
}

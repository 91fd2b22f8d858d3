//! `POST /oauth/token`: tokens for a code, or for a refresh token.

use std::sync::Arc;

use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use desk::ids::{CompanyId, TokenId};
use desk::oauth::{self, ACCESS_LIFE, Outcome, Shown};
use desk::tickets::Ticket;
use desk::time::SECOND;
use desk::{Caller, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::client::{authenticate, said};
use super::{Refused, kept_by_nobody};
use crate::app::App;
use crate::edge::bearer::{ApiClaims, mint_access};

#[derive(Deserialize)]
struct Asked {
    grant_type: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    refresh_token: Option<String>,
}

pub(super) async fn answer(app: Arc<App>, request: Request) -> Response {
    give(&app, request).await.unwrap_or_else(Refused::into_response)
}

async fn give(app: &App, request: Request) -> Result<Response, Refused> {
    let (head, body) = request.into_parts();
    let client = authenticate(app, &head).await?;
    let asked: Asked = said(app, &head.headers, body).await?;
    let outcome = match asked.grant_type.as_deref() {
        Some("authorization_code") => exchange(app, client, asked).await?,
        Some("refresh_token") => refresh(app, client, asked).await?,
        Some(other) => {
            let why = format!("expected authorization_code or refresh_token, found {other:?}");
            return Err(Refused::new("unsupported_grant_type", why));
        }
        None => return Err(missing("grant_type")),
    };
    let issued = outcome.map_err(|why| Refused::new("invalid_grant", why))?;
    let body = json!({
        "access_token": issued.access,
        "refresh_token": issued.refresh.reveal(),
        "expires_at": issued.expires_at.0 / SECOND,
        // Front does not say it, but many client libraries count by it.
        "expires_in": ACCESS_LIFE / SECOND,
        "token_type": "Bearer",
    });
    Ok(kept_by_nobody(Json(body).into_response()))
}

async fn exchange(app: &App, client: oauth::Client, asked: Asked) -> Result<Outcome, Refused> {
    let code = ticket("code", asked.code)?;
    let redirect_uri = asked.redirect_uri.ok_or_else(|| missing("redirect_uri"))?;
    let shown = Shown { redirect_uri, verifier: asked.code_verifier };
    let Some(code) = code else { return Ok(Err("unknown code")) };
    let (caller, mint) = (Caller::system(code.company()), mint(code.company()));
    let unit = move |work: &mut desk::Work<'_>| oauth::exchange(work, &client.app, (&code, &shown), &mint);
    let outcome = app.desk.write(&caller, unit).await?;
    if outcome.is_err() {
        // A code that is shown again ends the tokens that it gave.
        app.tokens.forget();
    }
    Ok(outcome)
}

async fn refresh(app: &App, client: oauth::Client, asked: Asked) -> Result<Outcome, Refused> {
    let Some(shown) = ticket("refresh_token", asked.refresh_token)? else { return Ok(Err("unknown refresh token")) };
    let (caller, mint) = (Caller::system(shown.company()), mint(shown.company()));
    let unit = move |work: &mut desk::Work<'_>| oauth::refresh(work, &client.app, &shown, &mint);
    Ok(app.desk.write(&caller, unit).await?)
}

/// A field that must be there; whether it is worth anything is another question.
fn ticket(field: &str, text: Option<String>) -> Result<Option<Ticket>, Refused> {
    text.map(|text| Ticket::parse(&text)).ok_or_else(|| missing(field))
}

fn missing(field: &str) -> Refused {
    Refused::new("invalid_request", format!("{field} is missing"))
}

fn mint(company: CompanyId) -> impl Fn(TokenId, Timestamp, &[u8]) -> String {
    move |id, ends_at, key| {
        let issued_at = ends_at.plus(-ACCESS_LIFE).0 / SECOND;
        mint_access(key, &ApiClaims { company: company.0, token: id.0, issued_at }, ends_at.0 / SECOND)
    }
}

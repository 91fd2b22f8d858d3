//! The page with the "Connect" button, and the way there and back. In your own product this is a part of an
//! administrator's settings, behind your own sign-in.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

use crate::bridge::Bridge;
use crate::crypto::unguessable;
use crate::error::Error;
use crate::tracker::Tracker;

/// Ties what comes back to the browser that began.
const COOKIE: &str = "connecting";

fn page(body: &Markup) -> Html<String> {
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "Issue tracker" } }
            body { h1 { "Issue tracker" } (body) }
        }
    };
    Html(whole.into_string())
}

/// `GET /`
pub async fn home<T: Tracker>(State(bridge): State<Arc<Bridge<T>>>) -> Html<String> {
    let names = bridge.store.read(|state| {
        let names = state.companies.values().map(|company| company.name.clone());
        names.collect::<Vec<String>>()
    });
    page(&html! {
        @for name in names { p { "Connected with " strong { (name) } "." } }
        p { a href="/connect" { button { "Connect" } } }
    })
}

/// `GET /connect`: to the page where an administrator lets us in.
pub async fn connect<T: Tracker>(State(bridge): State<Arc<Bridge<T>>>) -> Response {
    let sent = unguessable().and_then(|word| Ok((bridge.front.oauth.consent(&word)?, word)));
    match sent {
        Ok((consent, word)) => {
            let cookie = format!("{COOKIE}={word}; Path=/callback; Max-Age=600; HttpOnly; SameSite=Lax");
            ([(header::SET_COOKIE, cookie)], Redirect::to(consent.as_str())).into_response()
        }
        Err(error) => failed(&error),
    }
}

/// What an administrator comes back with.
#[derive(Deserialize)]
pub struct Back {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    error: Option<String>,
}

/// `GET /callback`: with a code, or with the news that somebody did not want to.
pub async fn callback<T: Tracker>(
    State(bridge): State<Arc<Bridge<T>>>,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Response {
    // Otherwise somebody could send a person here with a code of another company's.
    if begun(&headers).is_none_or(|word| word != back.state) {
        return refused("This did not begin in your browser. Please connect once more.");
    }
    if let Some(error) = back.error {
        return refused(&format!("It was not allowed: {error}."));
    }
    let connected = async { bridge.front.connect(bridge.front.oauth.exchange(&back.code).await?).await };
    match connected.await {
        Ok(name) => page(&html! {
            p { "Connected with " strong { (name) } ". Now let its links work: there, in the app's settings." }
        })
        .into_response(),
        Err(error) => failed(&error),
    }
}

fn begun(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|cookie| cookie.strip_prefix(COOKIE)?.strip_prefix('='))
}

fn refused(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, page(&html! { p { (why) } })).into_response()
}

fn failed(error: &Error) -> Response {
    tracing::warn!("connecting failed: {error}");
    (StatusCode::BAD_GATEWAY, page(&html! { p { "It did not work: " (error) } })).into_response()
}

//! Connecting channels of an app whose server grants tokens by a person's consent (contract/channels.md section 3.2): an
//! administrator is sent to the server's page, and comes back with a code.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use desk::Error;
use desk::channels::consent::{self, Subject};
use desk::sealing::Secret;
use http::{StatusCode, header};
use serde::Deserialize;
use url::Url;

use crate::page::{ended, failed, refusal};
use crate::visitor::{Admin, Visitor};
use crate::{Pages, apps, shared};

/// Where people come back to. Partners register this address, so it is the same for all channels.
pub const BACK: &str = "/connect/channel";

/// The title of what came to nothing.
pub const NOT_CONNECTED: &str = "It was not connected";
/// Where to go on.
const APPS: (&str, &str) = (apps::PATH, "All apps");

/// What the address that they come back to must prove: that this visitor set out to connect this.
fn proof(visitor: &Visitor, subject: &str) -> Secret {
    visitor.session.proof(&format!("connect {subject}"))
}

fn back_url(pages: &Pages) -> String {
    format!("{}{BACK}", pages.desk.settings().public_url)
}

/// `GET /channels/{id}/connect`
pub async fn connect(State(pages): State<Pages>, admin: Admin, Path(id): Path<String>) -> Response {
    match id.parse() {
        Ok(id) => set_out(&pages, &admin, Subject::Channel(id)).await,
        Err(_) => failed(&Error::NotFound("channel")),
    }
}

/// Sends an administrator to the page where a server asks for their consent.
pub async fn set_out(pages: &Pages, admin: &Admin, subject: Subject) -> Response {
    let state = format!("{subject}.{}", proof(&admin.visitor, &subject.to_string()).reveal());
    let consent = match pages.desk.read(&admin.caller, move |work| consent::begin(work, &subject)).await {
        Ok(consent) => consent,
        Err(error) => return failed(&error),
    };
    let Ok(mut url) = Url::parse(&consent.authorize_url) else {
        return refusal(
            StatusCode::BAD_REQUEST,
            "It could not be done",
            "The app's address for consent cannot be read.",
        );
    };
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &consent.client_id)
        .append_pair("redirect_uri", &back_url(pages))
        .append_pair("state", &state);
    if !consent.scopes.is_empty() {
        url.query_pairs_mut().append_pair("scope", &consent.scopes.join(" "));
    }
    (StatusCode::FOUND, [(header::LOCATION, url.as_str()), (header::CACHE_CONTROL, "no-store")]).into_response()
}

/// What they bring back.
#[derive(Deserialize)]
pub struct Brought {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// `GET /connect/channel`
pub async fn back(State(pages): State<Pages>, admin: Admin, Query(brought): Query<Brought>) -> Response {
    let parts = brought.state.split_once('.');
    let subject = parts.filter(|(subject, shown)| proof(&admin.visitor, subject).is(shown));
    let Some(subject) = subject.and_then(|(subject, _)| subject.parse::<Subject>().ok()) else {
        return refusal(
            StatusCode::FORBIDDEN,
            "Not allowed",
            "You did not set out from here. Begin again on the app's page.",
        );
    };
    let Some(code) = brought.code.filter(|code| !code.is_empty()) else {
        let why = brought.error_description.or(brought.error).unwrap_or_else(|| "it brought no code".to_string());
        return ended(NOT_CONNECTED, Err(&why), APPS);
    };
    match pages.program.connect(admin.caller, subject, (Secret::new(code), back_url(&pages))).await {
        Ok(None) => ended("Connected", Ok("The channel works from now on."), APPS),
        Ok(Some(id)) => shared::chosen(id),
        Err(why) => ended(NOT_CONNECTED, Err(&why), APPS),
    }
}

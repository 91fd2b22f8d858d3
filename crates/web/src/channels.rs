//! Connecting a channel of an app whose server grants tokens by a person's consent (contract/channels.md section 3.2): an
//! administrator is sent to the server's page, and comes back with a code.

use axum::extract::{OriginalUri, Path, Query, State};
use axum::response::{IntoResponse, Response};
use desk::channels::grant;
use desk::ids::ChannelId;
use desk::sealing::Secret;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use url::Url;

use crate::page::{ended, failed, refusal};
use crate::visitor::{self, Visitor};
use crate::{Pages, apps};

/// Where people come back to. Partners register this address, so it is the same for all channels.
pub const BACK: &str = "/connect/channel";

/// Where to go on.
const APPS: (&str, &str) = (apps::PATH, "All apps");

/// What the address that they come back to must prove: that this visitor set out to connect this channel.
fn proof(visitor: &Visitor, id: ChannelId) -> Secret {
    visitor.session.proof(&format!("connect {id}"))
}

fn back_url(pages: &Pages) -> String {
    format!("{}{BACK}", pages.desk.settings().public_url)
}

/// `GET /channels/{id}/connect`
pub async fn connect(
    State(pages): State<Pages>,
    here: OriginalUri,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let (visitor, admin) = match visitor::admin(&pages, &here, &headers).await {
        Ok(known) => known,
        Err(response) => return *response,
    };
    let Ok(id) = id.parse::<ChannelId>() else { return failed(&desk::Error::NotFound("channel")) };
    let consent = match pages.desk.read(&admin, move |work| grant::consent(work, id)).await {
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
    let state = format!("{id}.{}", proof(&visitor, id).reveal());
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &consent.client_id)
        .append_pair("redirect_uri", &back_url(&pages))
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
pub async fn back(
    State(pages): State<Pages>,
    here: OriginalUri,
    headers: HeaderMap,
    Query(brought): Query<Brought>,
) -> Response {
    let (visitor, admin) = match visitor::admin(&pages, &here, &headers).await {
        Ok(known) => known,
        Err(response) => return *response,
    };
    let parts = brought.state.split_once('.');
    let channel = parts.and_then(|(id, shown)| {
        let id: ChannelId = id.parse().ok()?;
        proof(&visitor, id).is(shown).then_some(id)
    });
    let Some(id) = channel else {
        return refusal(
            StatusCode::FORBIDDEN,
            "Not allowed",
            "You did not set out from here. Begin again on the app's page.",
        );
    };
    let Some(code) = brought.code.filter(|code| !code.is_empty()) else {
        let why = brought.error_description.or(brought.error).unwrap_or_else(|| "it brought no code".to_string());
        return ended("It was not connected", Err(&why), APPS);
    };
    match pages.program.connect(admin, id, Secret::new(code), back_url(&pages)).await {
        Ok(()) => ended("Connected", Ok("The channel works from now on."), APPS),
        Err(why) => ended("It was not connected", Err(&why), APPS),
    }
}

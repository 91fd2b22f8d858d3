//! Who asks: a client that shows its id and secret by HTTP Basic, as Front wants it.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use desk::guesses::{Guesser, neighbourhood};
use desk::oauth::{self, Client};
use desk::{Caller, apps};
use http::request::Parts;
use http::{HeaderMap, header};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use super::Refused;
use crate::app::App;
use crate::edge::body::{self, Reading};

/// No request of a client's is longer.
const MAX_BODY: u64 = 64 * 1024;

/// The client that a request is by. Whoever shows many wrong secrets is told to wait; the right one always passes.
pub(super) async fn authenticate(app: &App, head: &Parts) -> Result<Client, Refused> {
    let refused = |why: &str| Refused::new("invalid_client", why);
    let (id, secret) = credentials(&head.headers)
        .ok_or_else(|| refused("client id and client secret are expected in the Authorization header (HTTP Basic)"))?;
    let from = head.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| neighbourhood(peer.0.ip()));
    let guesser = Guesser { place: "/oauth", whose: id.chars().take(64).collect(), from };
    // A client is found by the server's own registry, before any company is known.
    let server = Caller::system(apps::REGISTRY);
    let found = app.desk.read(&server, move |work| oauth::authenticate(work, &id, &secret)).await?;
    found.ok_or_else(|| match app.guesses.count(guesser, app.desk.clock().now()) {
        Some(seconds) => Refused::wait(seconds),
        None => refused("unknown client, or a wrong secret"),
    })
}

/// The two halves, each of which RFC 6749 section 2.3.1 wants encoded like a form's value.
fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |half: &str| percent_decode_str(half).decode_utf8().ok().map(|half| half.into_owned());
    Some((decode(id)?, decode(secret)?)).filter(|(id, secret)| !id.contains('\0') && !secret.contains('\0'))
}

/// What it says: JSON or a form, whatever it calls it.
pub(super) async fn said<T: DeserializeOwned>(app: &App, headers: &HeaderMap, body: Body) -> Result<T, Refused> {
    let reading = Reading { limit: MAX_BODY, ..app.reading.clone() };
    Ok(body::read(headers, &mut body.into_data_stream(), &reading).await?.parse()?)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(header: &str) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(header).expect("a header"));
        credentials(&headers)
    }

    #[test]
    fn the_halves_are_decoded() {
        let pair = |id: &str, secret: &str| Some((id.to_string(), secret.to_string()));
        assert_eq!(read(&format!("Basic {}", STANDARD.encode("abc:d:e"))), pair("abc", "d:e"));
        assert_eq!(read(&format!("basic  {} ", STANDARD.encode("a%3Ab:%2B"))), pair("a:b", "+"));
        assert_eq!(credentials(&HeaderMap::new()), None);
        for header in ["Basic", "Basic ?", "Bearer YTpi", &format!("Basic {}", STANDARD.encode("abc")), "Basic /w=="] {
            assert_eq!(read(header), None, "{header}");
        }
    }
}

//! Signing in with a link that the server made, and out again. Opening the link does nothing yet, since mail servers and
//! messengers open links too; its button does.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Extension, Form, Query, State};
use axum::response::{IntoResponse, Response};
use desk::guesses::{Guesser, neighbourhood};
use desk::tickets::Ticket;
use desk::{Caller, Desk, sessions};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use maud::{Markup, html};
use serde::Deserialize;

use crate::page::{failed, page, refusal};
use crate::visitor::{self, Visitor};
use crate::{Pages, apps, deliveries};

/// Where it is.
pub const PATH: &str = "/login";

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    code: String,
}

/// `GET /login`: who is signed in, or how to be.
pub async fn ask(State(desk): State<Desk>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    match visitor::recognise(&desk, &headers).await {
        Ok(Some(visitor)) if asked.code.is_empty() => page(StatusCode::OK, "Signed in", &welcome(&visitor)),
        Ok(_) => form(&asked.code, PATH),
        Err(error) => failed(&error),
    }
}

fn welcome(visitor: &Visitor) -> Markup {
    html! {
        h1 { "You are signed in" }
        p { (visitor.teammate.full_name()) " at " (visitor.company_name) }
        @if visitor.teammate.is_admin {
            p { a href=(apps::PATH) { "Apps" } }
            p { a href=(deliveries::PATH) { "What was sent outside" } }
        }
        form method="post" action="/logout" {
            input type="hidden" name="proof" value=(visitor.proof().reveal());
            button { "Sign out" }
        }
    }
}

/// The page that asks for the code of a link, and goes on from there.
pub fn form(code: &str, next: &str) -> Response {
    let body = html! {
        h1 { "Sign in" }
        form method="post" action=(PATH) {
            input type="hidden" name="next" value=(next);
            @if code.is_empty() {
                label { "Your one-time link or its code" input type="text" name="code" autocomplete="off" required autofocus; }
            } @else {
                input type="hidden" name="code" value=(code);
            }
            button.first { "Sign in" }
        }
        @if code.is_empty() {
            p { small { "Whoever looks after this server makes a link with " code { "portico login-link" } "." } }
        }
    };
    page(StatusCode::OK, "Sign in", &body)
}

#[derive(Deserialize)]
pub struct Given {
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// `POST /login`
pub async fn begin(
    State(Pages { desk, guesses, .. }): State<Pages>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Response {
    if visitor::is_from_elsewhere(&headers) {
        return refusal(StatusCode::FORBIDDEN, "Not allowed", "Another site sent this form.");
    }
    let text = given.code.trim();
    let code = text.rsplit_once("code=").map_or(text, |(_, code)| code);
    let session = match Ticket::parse(code) {
        Some(link) => desk.write(&Caller::system(link.company()), move |work| sessions::begin(work, &link)).await,
        None => Ok(None),
    };
    let session = match session {
        Ok(session) => session,
        Err(desk::Error::NotFound(_)) => None,
        Err(error) => return failed(&error),
    };
    let Some(session) = session else {
        let from = peer.map(|peer| neighbourhood(peer.0.0.ip()));
        let guesser = Guesser { place: PATH, whose: String::new(), from };
        if let Some(seconds) = guesses.count(guesser, desk.clock().now()) {
            return wait(seconds);
        }
        let why = "The link was used before, or it is too old. Ask for a new one.";
        return refusal(StatusCode::BAD_REQUEST, "This link does not sign in", why);
    };
    with_cookie(visitor::cookie(&desk, Some(&session)), local(&given.next))
}

/// The page for somebody from whom too many links came that sign nobody in.
fn wait(seconds: i64) -> Response {
    let why = format!("Too many wrong links came from where you are. Try again in {seconds} seconds.");
    let mut response = refusal(StatusCode::TOO_MANY_REQUESTS, "Please wait", &why);
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}

#[derive(Deserialize)]
pub struct Leaving {
    #[serde(default)]
    proof: String,
}

/// `POST /logout`
pub async fn end(State(desk): State<Desk>, headers: HeaderMap, Form(given): Form<Leaving>) -> Response {
    let visitor = match visitor::recognise(&desk, &headers).await {
        Ok(Some(visitor)) => visitor,
        Ok(None) => return with_cookie(visitor::cookie(&desk, None), PATH),
        Err(error) => return failed(&error),
    };
    if !visitor.proof().is(&given.proof) {
        return refusal(StatusCode::FORBIDDEN, "Not allowed", "This form is not one of yours.");
    }
    let session = visitor.session;
    match desk.write(&Caller::system(visitor.company), move |work| sessions::end(work, &session)).await {
        Ok(()) => with_cookie(visitor::cookie(&desk, None), PATH),
        Err(error) => failed(&error),
    }
}

fn with_cookie(cookie: Option<HeaderValue>, to: &str) -> Response {
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// A place on this server, whatever a form says: a link must not sign somebody in and lead them elsewhere.
fn local(next: &str) -> &str {
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    match is_plain && next.starts_with('/') && !next.starts_with("//") {
        true => next,
        false => PATH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_server() {
        assert_eq!(local("/oauth/authorize?client_id=a&state=%20"), "/oauth/authorize?client_id=a&state=%20");
        for next in ["", "https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a\r\nb", "/ä"] {
            assert_eq!(local(next), PATH, "{next}");
        }
    }
}

//! What every page has in common: its frame, its headers, and how it says that something went wrong.

use axum::response::{IntoResponse, Response};
use desk::Error;
use http::{HeaderName, HeaderValue, StatusCode, header};
use maud::{DOCTYPE, Markup, html};

/// Where the one style sheet is.
pub const STYLE: &str = "/pages.css";

/// No script runs, nothing is loaded but our style and an app's icon, and nobody frames a page to steal a click. Where
/// forms lead is left open: browsers apply that rule to what a form is redirected to, which is the whole point of consent.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src https: http: data:; base-uri 'none'; frame-ancestors 'none'",
);

/// Headers that are on every page. Only our own server learns from where a form was sent.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

pub async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("page.css")).into_response()
}

/// Portico's sign, on the tab of a page: inside it, so that browsers ask for no other.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' \
    stroke='%233a8273' stroke-width='2'%3E%3Cpath d='M4 5h16v11H10l-4 4v-4H4z'/%3E%3C/svg%3E";

/// A page to read and to decide on.
pub fn page(status: StatusCode, title: &str, body: &Markup) -> Response {
    framed(status, title, &html! { main { (body) } })
}

/// A page for long lines and many columns.
pub fn wide(title: &str, body: &Markup) -> Response {
    framed(StatusCode::OK, title, &html! { main.wide { (body) } })
}

fn framed(status: StatusCode, title: &str, body: &Markup) -> Response {
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) " · Portico" }
                link rel="icon" href=(ICON);
                link rel="stylesheet" href=(STYLE);
            }
            body { (body) }
        }
    };
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (status, HEADERS, kind, whole.into_string()).into_response()
}

/// A page that says in a sentence or two why there is no other.
pub fn refusal(status: StatusCode, title: &str, why: &str) -> Response {
    page(status, title, &html! { h1 { (title) } p { (why) } })
}

/// How something ended that took a while, in words, and the way back: where it leads, and what it is called.
pub fn ended(title: &str, how: Result<&str, &str>, (path, place): (&str, &str)) -> Response {
    let (status, words) = match how {
        Ok(words) => (StatusCode::OK, words),
        Err(why) => (StatusCode::BAD_REQUEST, why),
    };
    page(status, title, &html! { h1 { (title) } p { (words) } p { a href=(path) { (place) } } })
}

/// The answer to a form that none of the visitor's own pages sent.
pub fn foreign_form() -> Response {
    refusal(StatusCode::FORBIDDEN, "Not allowed", "This form is not one of yours. Go back and try again.")
}

/// What an operation refused.
pub fn failed(error: &Error) -> Response {
    match error {
        Error::Forbidden(why) => refusal(StatusCode::FORBIDDEN, "Not allowed", &sentence(why)),
        Error::NotFound(_) => refusal(StatusCode::NOT_FOUND, "Not found", "There is no such thing here."),
        Error::Invalid { .. } | Error::Conflict(_) => {
            refusal(StatusCode::BAD_REQUEST, "It could not be done", &error.to_string())
        }
        Error::Busy => refusal(StatusCode::SERVICE_UNAVAILABLE, "Busy", "Please try again in a moment."),
        Error::Moved(_) | Error::Internal(_) | Error::Store(_) => {
            tracing::error!(%error, "a page failed");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", "The server's log says what.")
        }
    }
}

/// What an operation said, as people write it.
fn sentence(said: &str) -> String {
    let mut letters = said.chars();
    letters.next().map_or(String::new(), |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operation_said_becomes_a_sentence() {
        assert_eq!(sentence("this needs more"), "This needs more.");
        assert_eq!(sentence("änderungen"), "Änderungen.");
        assert_eq!(sentence(""), "");
    }
}

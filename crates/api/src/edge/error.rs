//! The one shape in which the API says no.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Map, Value, json};

/// A refusal: `{"_error":{"status","title","message","details"?}}`.
///
/// The title follows from the status alone, because clients compare it; the message is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status, repeated inside the body.
    pub status: StatusCode,
    /// The fixed short text of this status.
    pub title: &'static str,
    /// What went wrong, for a person who reads the log of a client.
    pub message: String,
    /// One line for each thing that is wrong; left out of the body when there is none.
    pub details: Vec<String>,
}

impl Problem {
    /// A refusal with any status; the title is looked up.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, title: title(status), message: message.into(), details: Vec::new() }
    }

    /// 400: the request cannot be understood or asks for something impossible.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 401 for something that looks like a token but is not one of ours, or no longer.
    pub fn invalid_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Invalid token")
    }

    /// 401 for a missing header, or one that holds no JWT.
    pub fn no_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "JSON Web Token error")
    }

    /// 403: the caller is known but may not do this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 404: there is no such thing, or none that this caller may see.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 404 in the words that a foreign or unknown id gets.
    pub fn unknown_resource() -> Self {
        Self::not_found("Unknown resource")
    }

    /// 409: the state of the desk does not allow it.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// 413: more bytes than one request may carry.
    pub fn too_large(limit: u64) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the request is larger than {limit} bytes"))
    }

    /// 422: well-formed, but it breaks a rule that the caller could know.
    pub fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// 429; the headers that belong to it come from [`super::limits::Verdict`].
    pub fn too_many_requests(message: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, message)
    }

    /// 500: the outside learns only under which reference the cause was logged.
    pub fn internal(reference: &str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("Something went wrong. Reference: {reference}"))
    }

    /// 503: try the same again a little later.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }

    /// The same refusal with one more line of detail.
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// The same refusal in words for a request without a body: what is wrong with it stands in its address.
    pub fn of_bare_request(mut self) -> Self {
        if let Some(wrong) = self.message.strip_prefix("Invalid body: ") {
            self.message = format!("Invalid request: {wrong}");
        }
        self
    }

    /// The body that is sent.
    pub fn to_json(&self) -> Value {
        let mut error = Map::new();
        error.insert("status".into(), json!(self.status.as_u16()));
        error.insert("title".into(), json!(self.title));
        error.insert("message".into(), json!(self.message));
        if !self.details.is_empty() {
            error.insert("details".into(), json!(self.details));
        }
        json!({ "_error": error })
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(self.to_json())).into_response()
    }
}

fn title(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "Bad request",
        401 => "Unauthenticated",
        403 => "Forbidden",
        404 => "Not found",
        405 => "Method not allowed",
        409 => "Conflict",
        413 => "Payload too large",
        415 => "Unsupported media type",
        422 => "Unprocessable entity",
        423 => "Locked",
        429 => "Too many requests",
        500 => "Internal server error",
        503 => "Service unavailable",
        // No other status has a wording that clients could compare with, so the standard's own is as good as any.
        _ => status.canonical_reason().unwrap_or("Error"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_left_out_when_there_are_none() {
        let body = Problem::unknown_resource().to_json();
        assert_eq!(body, json!({"_error":{"status":404,"title":"Not found","message":"Unknown resource"}}));
    }

    #[test]
    fn details_are_an_array_of_lines() {
        let body = Problem::bad_request("no").detail("a: missing field").detail("b: too long").to_json();
        assert_eq!(body["_error"]["details"], json!(["a: missing field", "b: too long"]));
    }

    #[test]
    fn the_two_refusals_of_a_token_share_status_and_title() {
        for (problem, message) in
            [(Problem::invalid_token(), "Invalid token"), (Problem::no_token(), "JSON Web Token error")]
        {
            assert_eq!((problem.status.as_u16(), problem.title), (401, "Unauthenticated"));
            assert_eq!(problem.message, message);
        }
    }

    #[test]
    fn a_problem_answers_with_its_status_and_json() {
        let response = Problem::too_large(7).into_response();
        assert_eq!(response.status(), 413);
        assert_eq!(response.headers()["content-type"], "application/json");
    }
}

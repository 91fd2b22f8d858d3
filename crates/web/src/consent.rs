//! `/oauth/authorize`: an admin reads what an app wants to do in the company, and allows or refuses it
//! (contract/oauth.md section 2).

use axum::extract::rejection::QueryRejection;
use axum::extract::{Form, OriginalUri, Query, State};
use axum::response::{IntoResponse, Response};
use desk::oauth::{self, Client};
use desk::sealing::Secret;
use desk::{Caller, Desk, apps, sessions};
use http::{HeaderMap, StatusCode, header};
use maud::{Markup, html};
use serde::Deserialize;
use url::Url;

use crate::login;
use crate::page::{failed, page, refusal};
use crate::visitor::{self, Visitor};

/// What a client asks for, as it stands in the address.
#[derive(Deserialize, Clone)]
pub struct Asked {
    response_type: Option<String>,
    client_id: Option<String>,
    redirect_uri: Option<String>,
    state: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

/// A request that a page can be made of.
struct Request {
    client: Client,
    back: Back,
    challenge: Option<String>,
}

/// Where the browser returns to.
struct Back {
    redirect_uri: String,
    url: Url,
    state: Option<String>,
}

impl Back {
    fn with(mut self, fields: &[(&str, &str)]) -> Response {
        self.url.query_pairs_mut().extend_pairs(fields);
        if let Some(state) = &self.state {
            self.url.query_pairs_mut().append_pair("state", state);
        }
        let headers = [(header::LOCATION, self.url.as_str()), (header::CACHE_CONTROL, "no-store")];
        (StatusCode::FOUND, headers).into_response()
    }

    fn refuse(self, error: &str, why: &str) -> Response {
        self.with(&[("error", error), ("error_description", why)])
    }
}

/// The address's fields; given twice they are none (RFC 6749 section 3.1).
type Fields = Result<Query<Asked>, QueryRejection>;

/// `GET /oauth/authorize`
pub async fn ask(State(desk): State<Desk>, here: OriginalUri, headers: HeaderMap, asked: Fields) -> Response {
    match prepare(&desk, &here, &headers, asked).await {
        Ok((request, visitor)) => page(StatusCode::OK, "Allow an app", &question(&request, &visitor, &here)),
        Err(response) => *response,
    }
}

/// The button that was pressed.
#[derive(Deserialize)]
pub struct Answer {
    #[serde(default)]
    proof: String,
    #[serde(default)]
    decision: String,
}

/// `POST /oauth/authorize`
pub async fn answer(
    State(desk): State<Desk>,
    here: OriginalUri,
    headers: HeaderMap,
    asked: Fields,
    Form(given): Form<Answer>,
) -> Response {
    let (request, visitor) = match prepare(&desk, &here, &headers, asked).await {
        Ok(prepared) => prepared,
        Err(response) => return *response,
    };
    if visitor::is_from_elsewhere(&headers) || !proof(&request, &visitor).is(&given.proof) {
        let why = "This form is not one of yours, or the app has changed meanwhile. Go back and read it again.";
        return refusal(StatusCode::FORBIDDEN, "Not allowed", why);
    }
    let Request { client, back, challenge } = request;
    if given.decision != "allow" {
        return back.refuse("access_denied", "the administrator refused");
    }
    let asked = oauth::Asked { redirect_uri: back.redirect_uri.clone(), challenge };
    let code = match sessions::admin(visitor.company, &visitor.teammate) {
        Ok(admin) => desk.write(&admin, move |work| oauth::allow(work, &client, &asked)).await,
        Err(error) => Err(error),
    };
    match code {
        Ok(code) => back.with(&[("code", code.reveal())]),
        Err(error) => failed(&error),
    }
}

/// What the form must bring back: that it is this visitor's, and about exactly what they were shown.
fn proof(request: &Request, visitor: &Visitor) -> Secret {
    let Client { app, settings, is_told } = &request.client;
    let (scopes, private) = (settings.scopes.join(" "), settings.reaches_private);
    visitor.session.proof(&format!("consent {} {private} {is_told} {} {scopes}", app.uid, request.back.redirect_uri))
}

/// Everything that must hold before there is something to ask, in the order in which it may be told to whom.
async fn prepare(
    desk: &Desk,
    here: &OriginalUri,
    headers: &HeaderMap,
    asked: Fields,
) -> Result<(Request, Visitor), Box<Response>> {
    let Ok(Query(asked)) = asked else { return Err(strange("Its address cannot be read.")) };
    let request = read(desk, asked).await?;
    let broken = |error: desk::Error| Box::new(failed(&error));
    let Some(visitor) = visitor::recognise(desk, headers).await.map_err(broken)? else {
        let next = here.path_and_query().map_or(login::PATH, http::uri::PathAndQuery::as_str);
        return Err(Box::new(login::form("", next)));
    };
    let admin = sessions::admin(visitor.company, &visitor.teammate).map_err(broken)?;
    let app = request.client.app.clone();
    if !desk.read(&admin, move |work| apps::is_open(work, &app)).await.map_err(broken)? {
        return Err(strange("It belongs to another company, and is not published."));
    }
    Ok((request, visitor))
}

/// What can be said without knowing who looks. A client or an address that is not registered is never redirected to.
async fn read(desk: &Desk, asked: Asked) -> Result<Request, Box<Response>> {
    let id = asked.client_id.unwrap_or_default();
    let server = Caller::system(apps::REGISTRY);
    let client = desk.read(&server, move |work| oauth::client(work, &id)).await;
    let client = client.map_err(|error| Box::new(failed(&error)))?.ok_or_else(|| strange("It is not known here."))?;
    let redirect_uri = asked.redirect_uri.unwrap_or_default();
    let url = Url::parse(&redirect_uri).ok().filter(|_| client.settings.may_return_to(&redirect_uri));
    let url = url.ok_or_else(|| strange("The address that it wants to return to is not registered with it."))?;
    let back = Back { redirect_uri, url, state: asked.state };
    match asked.response_type.as_deref() {
        Some("code") => {}
        Some(_) => return Err(Box::new(back.refuse("unsupported_response_type", "expected response_type=code"))),
        None => return Err(Box::new(back.refuse("invalid_request", "response_type is missing"))),
    }
    let challenge = match (asked.code_challenge, asked.code_challenge_method.as_deref()) {
        (None, None) => None,
        (Some(challenge), Some("S256")) if is_digest(&challenge) => Some(challenge),
        _ => {
            let why = "expected a code_challenge of 43 characters with code_challenge_method=S256";
            return Err(Box::new(back.refuse("invalid_request", why)));
        }
    };
    Ok(Request { client, back, challenge })
}

fn strange(why: &str) -> Box<Response> {
    Box::new(refusal(StatusCode::BAD_REQUEST, "This app cannot be allowed", why))
}

/// Whether it can be the base64 of a SHA-256 (RFC 7636 section 4.2).
fn is_digest(challenge: &str) -> bool {
    challenge.len() == 43 && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn question(request: &Request, visitor: &Visitor, here: &OriginalUri) -> Markup {
    let Client { app, settings, is_told } = &request.client;
    let action = here.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
    html! {
        h1 {
            @if let Some(icon) = &app.icon_url { img src=(icon) alt=""; }
            "Allow " (app.name) "?"
        }
        @if !app.description.is_empty() { p { (app.description) } }
        p { "It will act for all of " strong { (visitor.company_name) } ", not only for you:" }
        ul {
            @for scope in &settings.scopes { li { (words(scope)) } }
            @if settings.reaches_private { li { "Also what belongs to teammates alone, if they let the API see it" } }
            @if *is_told { li { "It is told of what happens in shared inboxes" } }
        }
        form method="post" action=(action) {
            input type="hidden" name="proof" value=(proof(request, visitor).reveal());
            button.first name="decision" value="allow" { "Allow" }
            button name="decision" value="refuse" { "Refuse" }
        }
        p { small {
            "You are " (visitor.teammate.full_name()) ". You go back to " (request.back.url.host_str().unwrap_or_default()) "."
        } }
    }
}

/// A scope as people read it.
fn words(scope: &str) -> String {
    if scope == "*" {
        return "Read, change, delete and send everything that the public API offers".to_string();
    }
    let (noun, action) = (scope.split(':').next().unwrap_or(scope), scope.rsplit(':').next().unwrap_or_default());
    let noun = noun.replace('_', " ");
    match action {
        "read" => format!("Read {noun}"),
        "write" => format!("Change {noun}"),
        "delete" => format!("Delete {noun}"),
        "send" => format!("Send {noun}"),
        _ => scope.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_told_in_words() {
        let told = ["tags:read", "contact_lists:write", "events:*:read", "messages:send", "odd"].map(words);
        assert_eq!(told, ["Read tags", "Change contact lists", "Read events", "Send messages", "odd"]);
        assert!(words("*").contains("everything"));
    }

    #[test]
    fn a_redirect_keeps_the_query_that_was_registered() {
        let back = |state: Option<&str>| Back {
            redirect_uri: String::new(),
            url: Url::parse("https://partner.example/back?tenant=7").expect("an address"),
            state: state.map(str::to_string),
        };
        let to = |response: Response| response.headers()[header::LOCATION].to_str().expect("text").to_string();
        let expected = "https://partner.example/back?tenant=7&code=a%26b&state=x+y";
        assert_eq!(to(back(Some("x y")).with(&[("code", "a&b")])), expected);
        assert!(!to(back(None).with(&[("code", "c")])).contains("state"));
    }
}

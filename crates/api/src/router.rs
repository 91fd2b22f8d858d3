//! From a request to an answer: route, token, scope, limits, body, handler, and the headers that every answer carries.
//! No handler can forget any of them.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::{Body, BodyDataStream, HttpBody};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use percent_encoding::percent_decode_str;

use crate::answer::{Answer, Refusal};
use crate::app::App;
use crate::call::Call;
use crate::edge::body::{self, Form, rest};
use crate::edge::error::Problem;
use crate::edge::fingerprint::fingerprint;
use crate::edge::limits::{Caller, Guard, Verdict};
use crate::edge::params::Params;
use crate::idempotency::{self, Once};
use crate::oauth;
use crate::openapi;
use crate::reach;
use crate::routes::about::Reach;
use crate::routes::{self, Operation};
use crate::seen::Seen;
use crate::tokens::Known;

/// The public API as a service: every path of the table, with and without a trailing slash.
pub fn router(app: Arc<App>) -> axum::Router {
    let routes = Arc::new(Routes::new(routes::all()));
    let limits = app.clone();
    let document = move |request: Request| async move {
        let mut response = openapi::answer(request).await;
        uncounted(&limits, response.headers_mut());
        response
    };
    let documents = axum::Router::new().route(openapi::PATH, get(document)).merge(oauth::router(app.clone()));
    documents.fallback(move |request: Request| {
        let (app, routes) = (app.clone(), routes.clone());
        async move { answer(app, &routes, request).await }
    })
}

/// The table, by path.
struct Routes {
    paths: matchit::Router<HashMap<Method, &'static Operation>>,
}

impl Routes {
    fn new(operations: impl Iterator<Item = &'static Operation>) -> Routes {
        // Two operations may name the parts of the same path differently, so the names are replaced by numbers.
        let mut by_path: HashMap<String, HashMap<Method, &'static Operation>> = HashMap::new();
        for operation in operations {
            let before = by_path.entry(numbered(operation.path)).or_default();
            let twice = before.insert(operation.method.clone(), operation);
            assert!(twice.is_none(), "two operations at {} {}", operation.method, operation.path);
        }
        let mut paths = matchit::Router::new();
        for (path, methods) in by_path {
            paths.insert(path.clone(), methods).unwrap_or_else(|error| panic!("{path} in the table: {error}"));
        }
        Routes { paths }
    }
}

fn numbered(path: &str) -> String {
    let parts = path.trim_end_matches('/').split('/').enumerate();
    let part = |(at, part): (usize, &str)| if part.starts_with('{') { format!("{{p{at}}}") } else { part.to_string() };
    parts.map(part).collect::<Vec<_>>().join("/")
}

/// The answer to a request, which leaves its connection as HTTP wants it whatever was answered.
async fn answer(app: Arc<App>, routes: &Routes, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let (version, waits, is_head) =
        (head.version, head.headers.contains_key(header::EXPECT), head.method == Method::HEAD);
    let mut body = body.into_data_stream();
    let mut response = respond(app, routes, head, &mut body).await;
    rest::settle(version, waits, &mut body, response.headers_mut()).await;
    if is_head { without_body(response) } else { response }
}

/// What is answered to HEAD: all that GET would be told about the body, and not the body.
fn without_body(mut response: Response) -> Response {
    if let Some(length @ 1..) = response.body().size_hint().exact() {
        response.headers_mut().entry(header::CONTENT_LENGTH).or_insert(length.into());
    }
    response.map(|_| Body::empty())
}

async fn respond(
    app: Arc<App>,
    routes: &Routes,
    mut head: http::request::Parts,
    body: &mut BodyDataStream,
) -> Response {
    let path = format!("/{}", head.uri.path().trim_matches('/'));
    let Ok(found) = routes.paths.at(&path) else { return no_such(&app, Problem::not_found("Unknown path")) };
    // What is there to get can be asked for without its body, too.
    if head.method == Method::HEAD && found.value.contains_key(&Method::GET) {
        head.method = Method::GET;
    }
    let Some(operation) = found.value.get(&head.method) else {
        let gets = found.value.contains_key(&Method::GET);
        let allowed: Vec<&str> = found.value.keys().map(Method::as_str).chain(gets.then_some("HEAD")).collect();
        let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("{} is not allowed here", head.method));
        let mut response = no_such(&app, problem);
        if let Ok(value) = HeaderValue::from_str(&allowed.join(", ")) {
            response.headers_mut().insert(header::ALLOW, value);
        }
        return response;
    };
    let asked = Asked { uri: head.uri.clone(), host: head.headers.get(header::HOST).cloned() };
    let is_bare = head.method == Method::GET;
    let segments: Option<Vec<String>> = found.params.iter().map(|(_, raw)| decode(raw)).collect();
    let shown = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let known = match app.tokens.recognise(&app.desk, shown).await {
        Ok(known) => known,
        Err(refusal) => {
            let mut response = refuse(refusal, &app, &path, &asked);
            uncounted(&app, response.headers_mut());
            return response;
        }
    };
    let verdict = limit(&app, &known, operation, segments.as_deref().unwrap_or_default(), head.uri.query());
    let mut response = match verdict.problem() {
        Some(problem) => problem.into_response(),
        None => {
            let done = run(app.clone(), operation, known, path.clone(), segments, head, body).await;
            done.unwrap_or_else(|refusal| match refusal {
                Refusal::Problem(problem) if is_bare => problem.of_bare_request().into_response(),
                refusal => refuse(refusal, &app, &path, &asked),
            })
        }
    };
    verdict.write(response.headers_mut());
    response
}

/// The answer where there is no operation.
fn no_such(app: &App, problem: Problem) -> Response {
    let mut response = problem.into_response();
    uncounted(app, response.headers_mut());
    response
}

fn decode(raw: &str) -> Option<String> {
    let text = percent_decode_str(raw).decode_utf8().ok()?;
    (!text.contains('\0')).then(|| text.into_owned())
}

async fn run(
    app: Arc<App>,
    operation: &'static Operation,
    known: Arc<Known>,
    path: String,
    segments: Option<Vec<String>>,
    head: http::request::Parts,
    body: &mut BodyDataStream,
) -> Result<Response, Refusal> {
    if let Some(scope) = operation.scope.filter(|scope| !known.holds(scope)) {
        return Err(Problem::forbidden(format!("The token lacks the scope {scope}.")).into());
    }
    if operation.is_own() {
        match operation.about.reach {
            Reach::Everything => known.caller.access.require_everything()?,
            Reach::Company => known.caller.access.require_global()?,
            Reach::WhatIsNamed => {}
        }
    }
    // A part that is no UTF-8, or holds a NUL character, can name nothing.
    let mut segments =
        segments.ok_or_else(|| Problem::not_found("The path is not valid UTF-8, or holds a zero byte"))?;
    reach::check(&app, &known, operation, &mut segments).await?;
    let params = Params::parse(head.uri.query())?;
    if operation.is_own() {
        params.only(&operation.about.names())?;
    }
    let form = match head.method {
        Method::GET => Form::json(serde_json::Value::Null),
        _ => body::read(&head.headers, body, &app.reading).await?,
    };
    let once = once(&head, operation, &known, &form)?;
    let caller = known.caller.clone();
    let seen = Seen::read(&path, &head.headers)?;
    let call = Call { app, caller, token: known, path, segments, params, headers: head.headers, form, once, seen };
    (operation.handler)(call).await
}

fn once(
    head: &http::request::Parts,
    operation: &Operation,
    known: &Known,
    form: &Form,
) -> Result<Option<Once>, Refusal> {
    let given = head.headers.get("idempotency-key").filter(|_| head.method != Method::GET);
    let Some(given) = given else { return Ok(None) };
    let key = given.to_str().ok().filter(|key| !key.is_empty() && key.len() <= idempotency::LONGEST);
    let key = key.ok_or_else(|| {
        Problem::bad_request(format!("Idempotency-Key must be 1 to {} visible characters", idempotency::LONGEST))
    })?;
    let target = head.uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
    let fingerprint = fingerprint(head.method.as_str(), target, form);
    Ok(Some(Once { key: key.to_string(), token: known.id, fingerprint, tells_secrets: operation.is_own() }))
}

/// The narrower limits of some operations (fundamentals.md section 7).
fn limit(app: &App, known: &Known, operation: &Operation, segments: &[String], query: Option<&str>) -> Verdict {
    let first = segments.first().map_or("", String::as_str);
    // Nearly no request has such a parameter, so nearly none is read twice.
    let has_q = || query.is_some_and(|query| query.split('&').any(|pair| pair.starts_with("q=")));
    let searches = || has_q() && Params::parse(query).is_ok_and(|params| params.words().is_some());
    let guard = match (operation.id, operation.method.as_str()) {
        ("search-conversations", _) => Some(Guard::Search),
        // A list of conversations is searched where its `q` is plain text.
        (_, "GET") if operation.path.ends_with("/conversations") && searches() => Some(Guard::Search),
        ("mark-message-seen", _) => Some(Guard::Seen(first)),
        ("create-link", _) => Some(Guard::Links),
        ("create-analytics-report" | "create-analytics-export", _) => Some(Guard::Analytics),
        ("update-conversation" | "update-conversation-assignee" | "create-message" | "create-message-reply", _)
        | ("add-conversation-tag" | "remove-conversation-tag" | "update-teammate", _) => Some(Guard::Resource(first)),
        _ => None,
    };
    let guards: Vec<Guard<'_>> = guard.into_iter().collect();
    app.limiter.ask(known.bucket(), &guards, app.desk.clock().now().0)
}

/// The rate headers of an answer that counts for no operation: clients read them without asking whether they are there.
pub fn uncounted(app: &App, headers: &mut HeaderMap) {
    app.limiter.ask(Caller::Company(0), &[], app.desk.clock().now().0).write(headers);
}

/// What a request said that its answer may send it on with.
struct Asked {
    uri: Uri,
    host: Option<HeaderValue>,
}

fn refuse(refusal: Refusal, app: &App, path: &str, asked: &Asked) -> Response {
    match refusal {
        Refusal::Problem(problem) => problem.into_response(),
        Refusal::Moved(survivor) => {
            // The same place below the conversation that lives on, asked for in the same words: only the id changes.
            let moved = path.split('/').map(|part| match part.starts_with("cnv_") {
                true => survivor.to_string(),
                false => part.to_string(),
            });
            let query = asked.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
            let base = base_for(&app.desk.settings().public_url, asked.host.as_ref());
            let location = format!("{base}{}{query}", moved.collect::<Vec<_>>().join("/"));
            let answer = Answer { location: Some(location), ..Answer::empty(StatusCode::MOVED_PERMANENTLY) };
            answer.into_response()
        }
    }
}

/// What a `Location` begins with: the public URL. A client that came by another name than that is told the path alone, as
/// many send no credentials along to another host.
fn base_for<'a>(public_url: &'a str, host: Option<&HeaderValue>) -> &'a str {
    let authority_at = public_url.find("://").map_or(0, |at| at + 3);
    let path_at = public_url[authority_at..].find('/').map_or(public_url.len(), |at| authority_at + at);
    let (authority, path) = (&public_url[authority_at..path_at], &public_url[path_at..]);
    match host.is_none_or(|host| host.as_bytes().eq_ignore_ascii_case(authority.as_bytes())) {
        true => public_url,
        false => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_stays_with_the_name_by_which_it_came() {
        let base = |url: &'static str, host: &'static str| base_for(url, Some(&HeaderValue::from_static(host)));
        assert_eq!(base("https://desk.example/front", "Desk.example"), "https://desk.example/front");
        assert_eq!(base("https://desk.example/front", "inside:4180"), "/front");
        assert_eq!(base("http://127.0.0.1:4180", "127.0.0.1:4180"), "http://127.0.0.1:4180");
        assert_eq!(base("http://127.0.0.1:4180", "localhost:4180"), "");
        assert_eq!(base_for("https://desk.example", None), "https://desk.example");
    }
}

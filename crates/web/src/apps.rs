//! The apps that a company may install or has installed, and the settings of each: for its administrators.

use axum::extract::{Form, OriginalUri, Path, State};
use axum::response::{IntoResponse, Response};
use desk::apps::{self, Listed};
use desk::deliveries::{self, Delivery, Filter, State as Progress, Subscriber};
use desk::endpoints::{self, Endpoint};
use desk::oauth::{self, Consent};
use desk::paging::Window;
use desk::{Caller, Error, Work, sessions};
use http::{HeaderMap, StatusCode, header};
use maud::{Markup, html};
use serde::Deserialize;

use crate::page::{failed, page, refusal};
use crate::visitor::{self, Visitor};
use crate::{Pages, login};

/// Where the directory is.
pub const PATH: &str = "/apps";
/// How many calls a page shows.
const CALLS: i64 = 20;

/// An administrator, or the page that is shown to everybody else.
async fn admin(pages: &Pages, here: &OriginalUri, headers: &HeaderMap) -> Result<(Visitor, Caller), Box<Response>> {
    let broken = |error: Error| Box::new(failed(&error));
    let Some(visitor) = visitor::recognise(&pages.desk, headers).await.map_err(broken)? else {
        return Err(Box::new(login::form("", here.path())));
    };
    let admin = sessions::admin(visitor.company, &visitor.teammate).map_err(broken)?;
    Ok((visitor, admin))
}

/// `GET /apps`
pub async fn directory(State(pages): State<Pages>, here: OriginalUri, headers: HeaderMap) -> Response {
    let (visitor, admin) = match admin(&pages, &here, &headers).await {
        Ok(known) => known,
        Err(response) => return *response,
    };
    let all = match pages.desk.read(&admin, apps::list_directory).await {
        Ok(all) => all,
        Err(error) => return failed(&error),
    };
    let body = html! {
        h1 { "Apps of " (visitor.company_name) }
        @if all.is_empty() { p { "There are none yet." } }
        @for listed in &all {
            section {
                h2 { (icon(listed)) a href={ (PATH) "/" (listed.app.uid) } { (listed.app.name) } }
                @if !listed.app.description.is_empty() { p { (listed.app.description) } }
                p { small { (state(listed)) @if !listed.kinds.is_empty() { " · " (listed.kinds.join(", ")) } } }
            }
        }
    };
    page(StatusCode::OK, "Apps", &body)
}

fn icon(listed: &Listed) -> Markup {
    html! { @if let Some(icon) = &listed.app.icon_url { img src=(icon) alt=""; } }
}

fn state(listed: &Listed) -> &'static str {
    match listed.is_enabled {
        None => "not installed",
        Some(true) => "installed",
        Some(false) => "installed, switched off",
    }
}

/// What there is to know of one app here.
struct Known {
    listed: Listed,
    consent: Option<Consent>,
    endpoint: Option<Endpoint>,
    calls: Vec<Delivery>,
    is_own: bool,
}

fn known(work: &mut Work<'_>, uid: &str) -> desk::Result<Known> {
    let listed = apps::list_directory(work)?.into_iter().find(|listed| listed.app.uid == uid);
    let listed = listed.ok_or(Error::NotFound("app"))?;
    let app = listed.app.id;
    let consent = oauth::list(work)?.into_iter().find(|held| held.consent.app == app).map(|held| held.consent);
    let endpoint = endpoints::list(work)?.into_iter().find(|row| row.kind == endpoints::APP && row.owner == app.0);
    let calls = match &endpoint {
        Some(endpoint) => {
            let filter = Filter { subscriber: Some(Subscriber::Endpoint(endpoint.id)), ..Filter::default() };
            deliveries::list(work, &filter, &Window::first(CALLS))?.rows
        }
        None => Vec::new(),
    };
    let is_own = listed.app.owner == work.company;
    Ok(Known { listed, consent, endpoint, calls, is_own })
}

/// `GET /apps/{uid}`
pub async fn settings(
    State(pages): State<Pages>,
    here: OriginalUri,
    headers: HeaderMap,
    Path(uid): Path<String>,
) -> Response {
    let (visitor, admin) = match admin(&pages, &here, &headers).await {
        Ok(known) => known,
        Err(response) => return *response,
    };
    match pages.desk.read(&admin, move |work| known(work, &uid)).await {
        Ok(known) => page(StatusCode::OK, &known.listed.app.name, &shown(&known, &visitor)),
        Err(error) => failed(&error),
    }
}

fn shown(known: &Known, visitor: &Visitor) -> Markup {
    let Known { listed, consent, endpoint, calls, is_own } = known;
    let has_webhook = listed.kinds.contains(&"webhook");
    html! {
        p { a href=(PATH) { "All apps" } }
        h1 { (icon(listed)) (listed.app.name) }
        @if !listed.app.description.is_empty() { p { (listed.app.description) } }
        p { "It is " (state(listed)) "." @if !listed.kinds.is_empty() { " It brings: " (listed.kinds.join(", ")) "." } }
        @if let Some(consent) = consent {
            p { "It may act for the company: " (consent.allowed().unwrap_or_default().join(", ")) "." }
        }
        form method="post" {
            input type="hidden" name="proof" value=(visitor.proof().reveal());
            @match listed.is_enabled {
                None => { (button("install", "Install")) }
                Some(true) => { (button("disable", "Switch off")) (button("uninstall", "Uninstall")) }
                Some(false) => { (button("enable", "Switch on")) (button("uninstall", "Uninstall")) }
            }
            @if consent.is_some() { (button("revoke", "Revoke its access")) }
            @if *is_own && has_webhook { (button("validate", "Validate its webhook again")) }
        }
        @if let Some(endpoint) = endpoint {
            h2 { "Last calls" }
            p { code { (endpoint.url) } " " (health(endpoint)) }
            @if calls.is_empty() { p { "It was told of nothing yet." } }
            table {
                @for call in calls {
                    tr { td { code { (call.id) } } td { (progress(call)) } td { (call.tries) " tries" } }
                }
            }
        }
    }
}

fn button(task: &str, words: &str) -> Markup {
    html! { button name="task" value=(task) { (words) } }
}

fn health(endpoint: &Endpoint) -> &'static str {
    match (endpoint.disabled_at, endpoint.failing_since) {
        (Some(_), _) => "is switched off, because it failed for a day. Its recovery sends what it missed.",
        (None, Some(_)) => "fails at present.",
        (None, None) => "is well.",
    }
}

fn progress(call: &Delivery) -> &'static str {
    match call.state {
        Progress::Pending => "on its way",
        Progress::Done => "delivered",
        Progress::Dead => "given up",
    }
}

/// The button that was pressed.
#[derive(Deserialize)]
pub struct Pressed {
    #[serde(default)]
    proof: String,
    #[serde(default)]
    task: String,
}

/// `POST /apps/{uid}`
pub async fn act(
    State(pages): State<Pages>,
    here: OriginalUri,
    headers: HeaderMap,
    Path(uid): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Response {
    let (visitor, admin) = match admin(&pages, &here, &headers).await {
        Ok(known) => known,
        Err(response) => return *response,
    };
    if visitor::is_from_elsewhere(&headers) || !visitor.proof().is(&pressed.proof) {
        return refusal(StatusCode::FORBIDDEN, "Not allowed", "This form is not one of yours. Go back and try again.");
    }
    let unit: fn(&mut Work<'_>, &str) -> desk::Result<()> = match pressed.task.as_str() {
        "install" => apps::install,
        "enable" => apps::enable,
        "disable" => apps::disable,
        "uninstall" => apps::uninstall,
        "revoke" => oauth::revoke,
        "validate" => {
            return match pages.program.validate(admin, uid).await {
                Ok(()) => refusal(StatusCode::OK, "It passed", "The receiver repeated the challenge."),
                Err(why) => refusal(StatusCode::BAD_REQUEST, "It did not pass", &why),
            };
        }
        _ => return refusal(StatusCode::BAD_REQUEST, "Unknown button", "Go back and try again."),
    };
    let done = pages.desk.write(&admin, move |work| unit(work, &uid)).await;
    pages.program.forget_tokens();
    match done {
        Ok(()) => (StatusCode::SEE_OTHER, [(header::LOCATION, here.path())]).into_response(),
        Err(error) => failed(&error),
    }
}

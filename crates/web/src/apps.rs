//! The apps that a company may install or has installed, and the settings of each: for its administrators.

use axum::extract::{Form, OriginalUri, Path, State};
use axum::response::{IntoResponse, Response};
use desk::apps::links::{self, Standing};
use desk::apps::{self, Listed};
use desk::channels::Channel;
use desk::channels::consent::connectable;
use desk::channels::shared::{self as shared_credentials, SharedCredentials};
use desk::deliveries::{self, Delivery, Filter, Subscriber};
use desk::endpoints::{self, Endpoint};
use desk::ids::EndpointId;
use desk::oauth::{self, Consent};
use desk::paging::Window;
use desk::{Caller, Error, Timestamp, Work};
use http::{StatusCode, header};
use maud::{Markup, html};
use serde::Deserialize;

use crate::deliveries::{self as log, progress, tries};
use crate::page::{ended, failed, foreign_form, page, refusal};
use crate::visitor::{Admin, Visitor};
use crate::{Pages, shared};

/// Where the directory is.
pub const PATH: &str = "/apps";
/// What leads to an app's page from what came of its buttons.
const BACK: &str = "Back to the app";
/// How many calls a page shows.
const CALLS: i64 = 20;

/// `GET /apps`
pub async fn directory(State(pages): State<Pages>, admin: Admin) -> Response {
    let all = match pages.desk.read(&admin.caller, apps::list_directory).await {
        Ok(all) => all,
        Err(error) => return failed(&error),
    };
    let body = html! {
        h1 { "Apps of " (admin.visitor.company_name) }
        p { a href=(log::PATH) { "What was sent outside" } }
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
    /// Why the endpoint fails, in the words of the log.
    failure: Option<String>,
    channels: Vec<Channel>,
    /// Those that its channels share, if they do.
    shared_credentials: Option<Vec<SharedCredentials>>,
    is_own: bool,
}

fn known(work: &mut Work<'_>, uid: &str) -> desk::Result<Known> {
    let listed = apps::list_directory(work)?.into_iter().find(|listed| listed.app.uid == uid);
    let listed = listed.ok_or(Error::NotFound("app"))?;
    let app = listed.app.id;
    let consent = oauth::list(work)?.into_iter().find(|held| held.consent.app == app).map(|held| held.consent);
    let endpoint = endpoints::list(work)?.into_iter().find(|row| row.kind == endpoints::APP && row.owner == app.0);
    let (calls, failure) = match &endpoint {
        Some(endpoint) => (calls(work, endpoint, None)?, failure(work, endpoint)?),
        None => (Vec::new(), None),
    };
    let is_own = listed.app.owner == work.company;
    let channels = connectable(work, app)?;
    let shared_credentials = match shared_credentials::asked(work, uid)? {
        Some(_) => Some(shared_credentials::list(work, uid)?),
        None => None,
    };
    Ok(Known { listed, consent, endpoint, calls, failure, channels, shared_credentials, is_own })
}

/// The last calls to an endpoint, or those up to an instant.
fn calls(work: &mut Work<'_>, endpoint: &Endpoint, until: Option<Timestamp>) -> desk::Result<Vec<Delivery>> {
    let filter = Filter { subscriber: Some(Subscriber::Endpoint(endpoint.id)), until, ..Filter::default() };
    Ok(deliveries::list(work, &filter, &Window::first(CALLS))?.rows)
}

/// What went wrong last before an endpoint was switched off, or up to now.
fn failure(work: &mut Work<'_>, endpoint: &Endpoint) -> desk::Result<Option<String>> {
    if endpoint.failing_since.is_none() {
        return Ok(None);
    }
    for call in calls(work, endpoint, endpoint.disabled_at.map(|at| at.plus(1)))? {
        let made = call.attempts()?.into_iter().rev().find(|attempt| !attempt.request_headers.is_empty());
        if let Some(why) = made.and_then(|attempt| attempt.error) {
            return Ok(Some(why));
        }
    }
    Ok(None)
}

/// `GET /apps/{uid}`
pub async fn settings(State(pages): State<Pages>, admin: Admin, Path(uid): Path<String>) -> Response {
    match pages.desk.read(&admin.caller, move |work| known(work, &uid)).await {
        Ok(known) => page(StatusCode::OK, &known.listed.app.name, &shown(&known, &admin.visitor)),
        Err(error) => failed(&error),
    }
}

fn shown(known: &Known, visitor: &Visitor) -> Markup {
    let Known { listed, consent, endpoint, calls, channels, shared_credentials, is_own, .. } = known;
    let has_webhook = listed.kinds.contains(&"webhook");
    html! {
        p { a href=(PATH) { "All apps" } }
        h1 { (icon(listed)) (listed.app.name) }
        @if !listed.app.description.is_empty() { p { (listed.app.description) } }
        p { "It is " (state(listed)) "." @if !listed.kinds.is_empty() { " It brings: " (listed.kinds.join(", ")) "." } }
        @if let Some(consent) = consent {
            p { "It may act for the company: " (consent.allowed().unwrap_or_default().join(", ")) "." }
        }
        @if listed.awaits_consent {
            p { "It is told of nothing until an administrator allows it, on the page to which its maker leads." }
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
        @if let Some(all) = shared_credentials { (shared::listed(&listed.app.uid, all)) }
        @if !channels.is_empty() { h2 { "Channels" } }
        @for channel in channels {
            p {
                (channel.name) " " @if channel.is_valid { "works." } @else { "waits for its connection." } " "
                a href={ "/channels/" (channel.id) "/connect" } { @if channel.is_valid { "Connect again" } @else { "Connect" } }
            }
        }
        @if listed.kinds.contains(&"link") && let Some(links) = &listed.links {
            h2 { "Its links" }
            (standing(links))
            @if listed.is_enabled == Some(true) {
                form method="post" {
                    input type="hidden" name="proof" value=(visitor.proof().reveal());
                    @match links.state {
                        links::State::Off => { (button("validate_links", "Let its links work")) }
                        _ => { (button("validate_links", "Validate its links again")) }
                    }
                    @if links.state == links::State::Enabled { (button("stop_links", "Stop its links")) }
                }
            }
        }
        @if let Some(endpoint) = endpoint {
            h2 { "Its webhook" }
            p { code { (endpoint.url) } }
            form method="post" {
                input type="hidden" name="proof" value=(visitor.proof().reveal());
                (health(known, endpoint))
            }
            h2 { "Last calls" }
            @if calls.is_empty() { p { "It was told of nothing yet." } }
            table {
                @for call in calls {
                    tr { td { (log::link(call.id)) } td { (progress(call)) } td { (tries(call)) } }
                }
            }
            p { a href={ (log::PATH) "?to=" (endpoint.id) } { "All its deliveries" } }
        }
    }
}

fn button(task: &str, words: &str) -> Markup {
    html! { button name="task" value=(task) { (words) } }
}

/// How an app's links stand, and what their partner's last validation came to.
fn standing(links: &Standing) -> Markup {
    let asked = html! { @if let Some(at) = links.checked_at { " Asked on " (at.words()) " UTC." } };
    match links.state {
        links::State::Off => html! { p { "Nobody has let them work yet." } },
        links::State::Enabled => html! { p { "They work." (asked) } },
        links::State::Disabled => html! { p { "Somebody stopped them. Those that are attached stay." } },
        links::State::Failed => html! {
            p { "They do not work: " (links.error.as_deref().unwrap_or("nobody knows why any more")) "." (asked) }
        },
    }
}

/// How an endpoint is doing: why it is switched off, and since when.
fn health(known: &Known, endpoint: &Endpoint) -> Markup {
    let cause = known.failure.as_deref().unwrap_or("the log does not say why any more");
    match (endpoint.disabled_at, endpoint.failing_since) {
        (Some(at), since) => html! {
            p { "It was switched off on " (at.words()) " UTC, because every call failed"
                @if let Some(since) = since { " since " (since.words()) " UTC" } ": " (cause) }
            (button("recover", "Recover"))
            p { small { "This sends what it missed, in order, and switches it on." } }
        },
        (None, Some(since)) => html! { p { "It fails since " (since.words()) " UTC: " (cause) } },
        (None, None) => html! { p { "It is well." } },
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
    admin: Admin,
    Path(uid): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Response {
    if !admin.sent(&pressed.proof) {
        return foreign_form();
    }
    let unit: fn(&mut Work<'_>, &str) -> desk::Result<()> = match pressed.task.as_str() {
        "install" => apps::install,
        "enable" => apps::enable,
        "disable" => apps::disable,
        "uninstall" => apps::uninstall,
        "revoke" => oauth::revoke,
        "validate" => {
            return match pages.program.validate(admin.caller, uid).await {
                Ok(()) => ended("It passed", Ok("The receiver repeated the challenge."), (here.path(), BACK)),
                Err(why) => ended("It did not pass", Err(&why), (here.path(), BACK)),
            };
        }
        "stop_links" => links::disable,
        "validate_links" => {
            return match pages.program.validate_links(admin.caller, uid).await {
                Ok(()) => (StatusCode::SEE_OTHER, [(header::LOCATION, here.path())]).into_response(),
                Err(why) => ended("It did not pass", Err(&why), (here.path(), BACK)),
            };
        }
        "recover" => return recover(&pages, admin.caller, &uid).await,
        _ => return refusal(StatusCode::BAD_REQUEST, "Unknown button", "Go back and try again."),
    };
    let done = pages.desk.write(&admin.caller, move |work| unit(work, &uid)).await;
    pages.program.forget_tokens();
    match done {
        Ok(()) => (StatusCode::SEE_OTHER, [(header::LOCATION, here.path())]).into_response(),
        Err(error) => failed(&error),
    }
}

/// Switches an app's endpoint on again, after what it missed.
async fn recover(pages: &Pages, admin: Caller, uid: &str) -> Response {
    let of = uid.to_string();
    let find = move |work: &mut Work<'_>| Ok(known(work, &of)?.endpoint.map(|endpoint| endpoint.id));
    let id: EndpointId = match pages.desk.read(&admin, find).await {
        Ok(Some(id)) => id,
        Ok(None) => return failed(&Error::NotFound("endpoint")),
        Err(error) => return failed(&error),
    };
    let done = match pages.program.recover(admin, id).await {
        Ok(done) => done,
        Err(error) => return failed(&error),
    };
    let body = html! {
        h1 { @if done.is_enabled { "It is on again" } @else { "There is more to send" } }
        p { (done.replayed) " missed deliveries are on their way, in order." }
        @if !done.is_enabled { p { "Press Recover once more to go on." } }
        p { a href={ (PATH) "/" (uid) } { (BACK) } }
    };
    page(StatusCode::OK, "Recovery", &body)
}

//! Credentials that many channels of an app share (contract/channels.md section 3.3): an administrator connects them, and
//! chooses which of the addresses that the app's server lists become channels, and in which inbox.

use std::collections::HashMap;

use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Response};
use desk::channels::consent::Subject;
use desk::channels::shared::{self, Asked, NewChannel, Offered, SharedCredentials};
use desk::ids::{ChannelId, InboxId, SharedCredentialsId};
use desk::inboxes::{self, Inbox};
use desk::{Error, Work};
use http::{StatusCode, header};
use maud::{Markup, html};
use serde::Deserialize;

use crate::channels::{NOT_CONNECTED, set_out};
use crate::page::{ended, failed, foreign_form, page, refusal, wide};
use crate::visitor::{Admin, Visitor};
use crate::{Pages, apps};

/// Where credentials are shown.
const PATH: &str = "/shared_credentials";

/// An app's part about them: those that there are, and the way to more.
pub fn listed(uid: &str, all: &[SharedCredentials]) -> Markup {
    html! {
        h2 { "Its accounts" }
        @for one in all {
            p {
                a href={ (PATH) "/" (one.id) } { (one.name) } " " small { code { (one.id) } } " "
                @if one.is_valid { "is connected." } @else { "has to be connected again." } " "
                a href={ (apps::PATH) "/" (uid) "/connect?instead_of=" (one.id) } { "Connect again" }
            }
        }
        p { a href={ (apps::PATH) "/" (uid) "/connect" } { "Connect an account" } }
    }
}

/// Leads on to the addresses of credentials.
pub fn chosen(id: SharedCredentialsId) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, format!("{PATH}/{id}"))]).into_response()
}

/// Whose place is taken, if anybody's.
#[derive(Deserialize)]
pub struct Again {
    #[serde(default)]
    instead_of: String,
}

impl Again {
    fn id(&self) -> desk::Result<Option<SharedCredentialsId>> {
        let unknown = |_| Error::NotFound("shared credentials");
        Some(&self.instead_of).filter(|text| !text.is_empty()).map(|text| text.parse().map_err(unknown)).transpose()
    }
}

/// What somebody is asked for who connects an app's channels.
async fn asked(pages: &Pages, admin: &Admin, uid: &str) -> desk::Result<Asked> {
    let of = uid.to_string();
    let unit = move |work: &mut Work<'_>| shared::asked(work, &of)?.ok_or(Error::NotFound("app"));
    pages.desk.read(&admin.caller, unit).await
}

/// `GET /apps/{uid}/connect`
pub async fn ask(
    State(pages): State<Pages>,
    admin: Admin,
    Path(uid): Path<String>,
    Query(again): Query<Again>,
) -> Response {
    let wanted = asked(&pages, &admin, &uid).await.and_then(|asked| Ok((asked, again.id()?)));
    let names = match wanted {
        Ok((Asked::Given(names), _)) => names,
        Ok((Asked::Consent, again)) => {
            let subject = again.map_or(Subject::App(uid), Subject::Shared);
            return set_out(&pages, &admin, subject).await;
        }
        Err(error) => return failed(&error),
    };
    let body = html! {
        p { a href={ (apps::PATH) "/" (uid) } { "Back to the app" } }
        h1 { "Connect an account" }
        form method="post" {
            input type="hidden" name="proof" value=(admin.visitor.proof().reveal());
            input type="hidden" name="instead_of" value=(again.instead_of);
            @for name in names {
                label { (words(name))
                    input type=(kind(name)) name=(name) required autocomplete="off";
                }
            }
            button.first { "Connect" }
        }
    };
    page(StatusCode::OK, "Connect", &body)
}

fn words(name: &str) -> &'static str {
    match name {
        "api_key" => "API key",
        "access_token" => "Access token",
        "client_id" => "Client id",
        "client_secret" => "Client secret",
        "username" => "User name",
        _ => "Password",
    }
}

fn kind(name: &str) -> &'static str {
    if matches!(name, "client_id" | "username") { "text" } else { "password" }
}

/// `POST /apps/{uid}/connect`
pub async fn give(
    State(pages): State<Pages>,
    admin: Admin,
    Path(uid): Path<String>,
    Form(mut fields): Form<HashMap<String, String>>,
) -> Response {
    if !admin.sent(fields.get("proof").map_or("", String::as_str)) {
        return foreign_form();
    }
    let again = Again { instead_of: fields.remove("instead_of").unwrap_or_default() };
    let (names, instead_of) = match asked(&pages, &admin, &uid).await.and_then(|asked| Ok((asked, again.id()?))) {
        Ok((Asked::Given(names), again)) => (names, again),
        Ok((Asked::Consent, _)) => return failed(&Error::Conflict("a person has to consent".to_string())),
        Err(error) => return failed(&error),
    };
    let given = names.iter().filter_map(|name| Some((*name, fields.remove(*name)?))).collect();
    let back = format!("{}/{uid}", apps::PATH);
    match pages.program.share(admin.caller, (uid, instead_of), given).await {
        Ok(id) => chosen(id),
        Err(why) => ended(NOT_CONNECTED, Err(&why), (&back, "Back to the app")),
    }
}

/// What there is to know of credentials here.
struct Known {
    credentials: SharedCredentials,
    uid: String,
    inboxes: Vec<Inbox>,
    /// The names of the app's channels.
    channels: Vec<(ChannelId, String)>,
    /// Whether some of them live by these credentials.
    is_used: bool,
}

fn known(work: &mut Work<'_>, id: SharedCredentialsId) -> desk::Result<Known> {
    let credentials = shared::get(work, id)?;
    let directory = work.directory()?;
    let app = directory.apps().find(|here| here.app.id == credentials.app).ok_or(Error::NotFound("app"))?;
    let of_app = directory.channels().filter(|channel| channel.app == Some(credentials.app));
    Ok(Known {
        uid: app.app.uid.clone(),
        inboxes: inboxes::list(work, None)?,
        is_used: directory.channels().any(|channel| channel.shared == Some(id)),
        channels: of_app.map(|channel| (channel.id, channel.name.clone())).collect(),
        credentials,
    })
}

/// `GET /shared_credentials/{id}`: asks the app's server for their addresses.
pub async fn show(State(pages): State<Pages>, admin: Admin, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse() else { return failed(&Error::NotFound("shared credentials")) };
    let known = match pages.desk.read(&admin.caller, move |work| known(work, id)).await {
        Ok(known) => known,
        Err(error) => return failed(&error),
    };
    let addresses = pages.program.addresses(admin.caller.clone(), id).await;
    wide(&known.credentials.name, &shown(&known, addresses, &admin.visitor))
}

/// The addresses with their channels, or why there are none.
type Addresses = Result<Vec<(Offered, Option<ChannelId>)>, String>;

fn shown(known: &Known, addresses: Addresses, visitor: &Visitor) -> Markup {
    let Known { credentials, uid, inboxes, channels, is_used } = known;
    let name_of = |id: ChannelId| channels.iter().find(|(of, _)| *of == id).map_or("", |(_, name)| name.as_str());
    html! {
        p { a href={ (apps::PATH) "/" (uid) } { "Back to the app" } }
        h1 { (credentials.name) }
        @if !credentials.is_valid { p { "It has to be connected again." } }
        @match addresses {
            Err(why) => { p { (why) } }
            Ok(all) if all.is_empty() => { p { "It has no addresses yet. Add one at the partner's, and load this page again." } }
            Ok(all) => form method="post" {
                input type="hidden" name="proof" value=(visitor.proof().reveal());
                input type="hidden" name="task" value="add";
                label { "Messages arrive in " select name="inbox" {
                    @for inbox in inboxes { option value=(inbox.id) { (inbox.name) } }
                } }
                table.log {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Address" } th scope="col" { "Channel" } } }
                    @for (offered, channel) in all {
                        tr {
                            td data-is="Name" { (offered.name) }
                            td data-is="Address" { code { (offered.address) } }
                            td data-is="Channel" { @match channel {
                                Some(id) => { (name_of(id)) }
                                None => { button name="address" value=(offered.address) aria-label={ "Add " (offered.address) } { "Add" } }
                            } }
                        }
                    }
                }
            }
        }
        @if !is_used {
            form method="post" {
                input type="hidden" name="proof" value=(visitor.proof().reveal());
                button name="task" value="forget" { "Forget this account" }
            }
        }
    }
}

/// The button that was pressed.
#[derive(Deserialize)]
pub struct Pressed {
    #[serde(default)]
    proof: String,
    #[serde(default)]
    task: String,
    #[serde(default)]
    inbox: String,
    #[serde(default)]
    address: String,
}

/// `POST /shared_credentials/{id}`
pub async fn act(
    State(pages): State<Pages>,
    admin: Admin,
    Path(id): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Response {
    if !admin.sent(&pressed.proof) {
        return foreign_form();
    }
    let Ok(id) = id.parse::<SharedCredentialsId>() else { return failed(&Error::NotFound("shared credentials")) };
    match pressed.task.as_str() {
        "add" => add(&pages, admin, (id, pressed)).await,
        "forget" => {
            let unit = move |work: &mut Work<'_>| {
                let uid = known(work, id)?.uid;
                shared::remove(work, id).map(|()| uid)
            };
            match pages.desk.write(&admin.caller, unit).await {
                Ok(uid) => {
                    let back = [(header::LOCATION, format!("{}/{uid}", apps::PATH))];
                    (StatusCode::SEE_OTHER, back).into_response()
                }
                Err(error) => failed(&error),
            }
        }
        _ => refusal(StatusCode::BAD_REQUEST, "Unknown button", "Go back and try again."),
    }
}

async fn add(pages: &Pages, admin: Admin, (shared, pressed): (SharedCredentialsId, Pressed)) -> Response {
    let Ok(inbox) = pressed.inbox.parse::<InboxId>() else { return failed(&Error::NotFound("inbox")) };
    let (name, settings) = Default::default();
    let new = NewChannel { shared, inbox, address: pressed.address, name, settings };
    match pages.program.add_address(admin.caller, new).await {
        Ok(()) => chosen(shared),
        Err(why) => ended(NOT_CONNECTED, Err(&why), (&format!("{PATH}/{shared}"), "Back to the addresses")),
    }
}

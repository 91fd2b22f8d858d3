//! The pages that people see in a browser: signing in, letting an app act for the company, the apps that are installed
//! and connecting their channels, the log of what was sent outside, and the conversations that a link leads to. Plain
//! HTML from the server, which works without a script.
//!
//! It is not the API (that is `api`), and it decides nothing that `desk` does not: a page shows what an operation answers,
//! and its form calls one.
//!
//! Start at [`router`]; `page` is what every page has in common, `visitor` who looks at it.

use std::pin::Pin;
use std::sync::Arc;

use axum::extract::FromRef;
use axum::routing::{get, post};
use desk::channels::consent::Subject;
use desk::channels::shared::{NewChannel, Offered};
use desk::deliveries::Recovered;
use desk::guesses::Guesses;
use desk::ids::{ChannelId, EndpointId, SharedCredentialsId};
use desk::sealing::Secret;
use desk::{Caller, Desk};

mod apps;
mod channels;
mod consent;
mod deliveries;
mod login;
mod open;
mod page;
mod shared;
mod visitor;

/// Where somebody arrives who knows nothing but the server's name: from there the other pages are reached.
pub const ENTRANCE: &str = login::PATH;

/// What the pages work with.
#[derive(Clone)]
pub struct Pages {
    /// The shared inbox.
    pub desk: Desk,
    /// Wrong links, counted.
    pub guesses: Arc<Guesses>,
    /// What they ask the rest of the program for.
    pub program: Arc<dyn Program>,
}

/// How something ended that took its time.
pub type Done<T = ()> = Pin<Box<dyn Future<Output = Result<T, String>> + Send>>;

/// The rest of the program, as far as pages need it.
pub trait Program: Send + Sync {
    /// Asks the receiver of an app's webhook whether it is one. The error says to a person why it did not pass.
    fn validate(&self, admin: Caller, uid: String) -> Done;

    /// Connects something of an app by the code of a person's consent, and the address that it came to: a channel, or
    /// credentials that channels share, which are answered. The error says to a person why it is not connected.
    fn connect(&self, admin: Caller, subject: Subject, brought: (Secret, String)) -> Done<Option<SharedCredentialsId>>;

    /// Connects an app's channels with credentials that they share, perhaps in the place of others.
    fn share(
        &self,
        admin: Caller,
        of: (String, Option<SharedCredentialsId>),
        given: Vec<(&'static str, String)>,
    ) -> Done<SharedCredentialsId>;

    /// Asks an app's server for the addresses that shared credentials are good for; some have their channel.
    fn addresses(&self, admin: Caller, id: SharedCredentialsId) -> Done<Vec<(Offered, Option<ChannelId>)>>;

    /// Makes a channel at one of them.
    fn add_address(&self, admin: Caller, new: NewChannel) -> Done;

    /// Asks the receivers of an app's links, and lets them work if they pass. The error says to a person why not.
    fn validate_links(&self, admin: Caller, uid: String) -> Done;

    /// Sends a switched-off endpoint what it missed, and switches it on.
    fn recover(&self, admin: Caller, id: EndpointId) -> Pin<Box<dyn Future<Output = desk::Result<Recovered>> + Send>>;

    /// Forgets which tokens are valid, after some have ended.
    fn forget_tokens(&self);
}

impl FromRef<Pages> for Desk {
    fn from_ref(pages: &Pages) -> Desk {
        pages.desk.clone()
    }
}

/// All pages.
pub fn router(pages: Pages) -> axum::Router {
    axum::Router::new()
        .route(page::STYLE, get(page::style))
        .route(login::PATH, get(login::ask).post(login::begin))
        .route("/logout", post(login::end))
        .route("/oauth/authorize", get(consent::ask).post(consent::answer))
        .route(apps::PATH, get(apps::directory))
        .route("/apps/{uid}", get(apps::settings).post(apps::act))
        .route("/apps/{uid}/connect", get(shared::ask).post(shared::give))
        .route("/shared_credentials/{id}", get(shared::show).post(shared::act))
        .route(deliveries::PATH, get(deliveries::list).post(deliveries::replay_range))
        .route("/deliveries/{id}", get(deliveries::show).post(deliveries::replay))
        .route("/channels/{id}/connect", get(channels::connect))
        .route(channels::BACK, get(channels::back))
        .route("/open/{id}", get(open::show))
        .with_state(pages)
}

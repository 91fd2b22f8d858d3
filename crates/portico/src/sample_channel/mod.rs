//! `portico sample-channel`: a partner's server with a tiny chat page, to see a channel of an app at work without an account
//! elsewhere, and to read as an example of one.
//!
//! It uses nothing but what a partner has: the documented API. In the order of its life: `register` makes the app and
//! the channel, `front` answers what Portico calls, `page` is what a customer sees, `portico` is how Portico is
//! called, and `chats` remembers what was said for as long as the program runs.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use desk::crypto::Random;
use desk::time::Clock;
use tokio::net::TcpListener;

use crate::failure::Failure;

mod chats;
mod front;
mod kept;
mod page;
mod portico;
mod register;

use chats::Chats;
pub use front::Refusal;
use portico::Portico;

/// What the program is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where Portico is.
    pub portico: String,
    /// A token of the company with the scopes `*`.
    pub token: String,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where Portico and browsers reach it; where it listens, if left out.
    pub public_url: Option<String>,
    /// Where the channel is made; in the first shared inbox, if left out.
    pub inbox: Option<String>,
    /// Where the app's secret is kept.
    pub data: PathBuf,
    /// Whether messages of teammates are refused, and in which words.
    pub refusal: Option<Refusal>,
}

/// A partner's server. It answers as long as [`Sample::serve`] is awaited.
pub struct Sample {
    partner: Arc<Partner>,
    listener: TcpListener,
}

/// What the parts of the server share.
struct Partner {
    settings: Settings,
    /// Where it is reached.
    url: String,
    portico: Portico,
    chats: Chats,
    clock: Clock,
    random: Random,
}

/// What was registered.
#[derive(Debug, Clone)]
pub struct Registered {
    /// The app's uid.
    pub app: String,
    /// The channel.
    pub channel: String,
}

impl Sample {
    /// Takes the port.
    pub async fn bind(settings: Settings) -> Result<Sample, Failure> {
        let listener = TcpListener::bind(settings.listen).await;
        let listener = listener.map_err(|error| Failure::new(format!("--listen {}: {error}", settings.listen)))?;
        let url = settings.public_url.clone().unwrap_or(format!("http://{}", listener.local_addr()?));
        let url = url.trim_end_matches('/').to_string();
        let portico = Portico::new(&settings.portico, &settings.token)?;
        let (chats, clock, random) = (Chats::default(), Clock::default(), Random::default());
        Ok(Sample { partner: Arc::new(Partner { settings, url, portico, chats, clock, random }), listener })
    }

    /// Where the chat page is.
    pub fn url(&self) -> &str {
        &self.partner.url
    }

    /// Answers, and meanwhile registers app and channel: Portico asks the new channel's server before it makes the
    /// channel. Tells once that is done, and afterwards goes on answering.
    pub async fn serve(self, tell: impl FnOnce(&Registered)) -> Result<(), Failure> {
        let partner = self.partner;
        let service = Router::new().merge(front::routes()).merge(page::routes()).with_state(partner.clone());
        let serving = axum::serve(self.listener, service);
        let registering = async {
            let registered = register::register(&partner).await?;
            tell(&registered);
            // Nothing is left to be done here, but what is served goes on.
            std::future::pending::<Result<(), Failure>>().await
        };
        tokio::select! {
            served = serving => Ok(served?),
            failed = registering => failed,
        }
    }
}

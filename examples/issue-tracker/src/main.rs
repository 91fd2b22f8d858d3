//! The reference partner for Links: what the maker of an issue tracker runs beside it, so that its issues and the
//! conversations of a shared inbox know each other. It works against Portico and against Front; only the address differs.
//!
//! It is not part of Portico and uses none of its code: copy it, and put your own tracker in the place of Redmine.
//!
//! Start at `bridge`, which says in one page what happens when. Around it: `pages` (the "Connect" button), `webhook` (what
//! we are told), `poll` (what changed in the tracker), `front` and `oauth` (what we ask), `tracker` and `redmine` (the
//! other side), `store` (what is remembered).

use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use clap::Parser;
use tokio::sync::Mutex;

use crate::bridge::Bridge;
use crate::error::{Error, Result};
use crate::front::Front;
use crate::oauth::OAuth;
use crate::redmine::Redmine;
use crate::settings::Settings;
use crate::store::Store;
use crate::tracker::Tracker;

mod bridge;
mod crypto;
mod error;
mod front;
mod oauth;
mod pages;
mod poll;
mod redmine;
mod settings;
mod store;
mod tracker;
mod webhook;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match run(Settings::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings) -> Result<()> {
    // One TLS library for the whole program; this says which cryptography is below it.
    rustls::crypto::ring::default_provider().install_default().map_err(|_| Error::odd("TLS was set up before us"))?;
    let listener = tokio::net::TcpListener::bind(settings.listen).await?;
    let here = settings.here(listener.local_addr()?);
    let http = settings.http()?;
    let store = Arc::new(Store::open(&settings.state)?);
    let oauth = OAuth::new(http.clone(), &settings, &here);
    let bridge = Arc::new(Bridge {
        front: Front::new(http.clone(), &settings, oauth, store.clone()),
        tracker: Redmine::new(http, &settings),
        store,
        signing_token: settings.signing_token.clone(),
        turn: Mutex::default(),
    });
    let polling = tokio::spawn(poll::run(bridge.clone(), settings.poll));
    announce(&here)?;
    axum::serve(listener, router(bridge)).with_graceful_shutdown(told_to_end()).await?;
    polling.abort();
    Ok(())
}

fn router<T: Tracker>(bridge: Arc<Bridge<T>>) -> Router {
    Router::new()
        .route("/", get(pages::home::<T>))
        .route("/connect", get(pages::connect::<T>))
        .route("/callback", get(pages::callback::<T>))
        .route("/webhook", post(webhook::receive::<T>))
        .with_state(bridge)
}

/// The one line on standard output. Scripts that start us on a free port read it.
fn announce(here: &str) -> Result<()> {
    use std::io::Write;
    Ok(writeln!(std::io::stdout(), "The bridge is at {here}")?)
}

async fn told_to_end() {
    // Without a handler we would simply be ended, so an error here may wait forever.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

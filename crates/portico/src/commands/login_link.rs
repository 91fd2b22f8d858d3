//! `portico login-link`: signs a person in to the pages, made beside a running server.

use clap::Args;
use desk::teammates::{self, Who};
use desk::{Caller, sessions};
use serde_json::json;

use super::company::{self, Place};
use super::{Failure, say};
use crate::server::open_existing_desk;
use crate::settings::base_url;

#[derive(Debug, Args)]
pub(super) struct LoginLink {
    /// The teammate, by e-mail address or id (tea_…).
    teammate: String,
    /// The base URL of the server, as a browser reaches it.
    #[arg(long, value_name = "URL", env = "PORTICO_PUBLIC_URL", value_parser = base_url, default_value = "http://127.0.0.1:4180")]
    public_url: String,
    /// Print {"url":…,"expires_at":…}.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(wanted: LoginLink) -> Result<(), Failure> {
    super::log();
    let desk = open_existing_desk(&wanted.place.location, &wanted.public_url)?;
    let caller = Caller::system(company::choose(&desk, wanted.place.company.as_deref())?);
    let unknown = || Failure::new(format!("there is no teammate {:?}", wanted.teammate));
    let who: Who = wanted.teammate.parse().map_err(|_: desk::Error| unknown())?;
    let link = desk.write_blocking(&caller, move |work| {
        let id = teammates::resolve(work, &who)?;
        sessions::invite(work, id)
    });
    let link = link.map_err(|error| match error {
        desk::Error::NotFound(_) => unknown(),
        other => other.into(),
    })?;
    let url = format!("{}/login?code={}", desk.settings().public_url, link.ticket.reveal());
    match wanted.json {
        true => say(&json!({"url": url, "expires_at": link.expires_at.0 as f64 / 1_000.0}).to_string()),
        false => say(&url),
    }
    Ok(())
}

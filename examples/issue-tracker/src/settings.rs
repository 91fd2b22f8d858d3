//! The settings: a flag and a variable each.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::error::Result;

const EXAMPLE: &str = "Example, against a Portico on this machine:
  issue-tracker --portico http://127.0.0.1:4180 --client-id 40a4eae201a760d1 --client-secret … \\
                --signing-token … --redmine https://redmine.example.com --redmine-key …

Without --portico it works against Front itself.";

/// An issue tracker's side of a Links integration, over Redmine.
#[derive(Debug, Clone, Parser)]
#[command(version, after_help = EXAMPLE)]
pub struct Settings {
    /// The address to listen on. Port 0 takes a free one.
    #[arg(long, value_name = "ADDR", env = "BRIDGE_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
    /// Our own address as browsers and webhooks reach it; the one we listen on, if left out.
    #[arg(long, value_name = "URL", env = "BRIDGE_PUBLIC_URL")]
    public_url: Option<String>,
    /// The Portico to work against. Without it we work against Front.
    #[arg(long, value_name = "URL", env = "BRIDGE_PORTICO")]
    portico: Option<String>,
    /// The OAuth client's id.
    #[arg(long, value_name = "ID", env = "BRIDGE_CLIENT_ID")]
    pub client_id: String,
    /// The OAuth client's secret.
    #[arg(long, value_name = "SECRET", env = "BRIDGE_CLIENT_SECRET", hide_env_values = true)]
    pub client_secret: String,
    /// The token that we gave for signing. Without it anybody may pretend to be Front: for a first try only.
    #[arg(long, value_name = "TOKEN", env = "BRIDGE_SIGNING_TOKEN", hide_env_values = true)]
    pub signing_token: Option<String>,
    /// Where Redmine is.
    #[arg(long, value_name = "URL", env = "BRIDGE_REDMINE")]
    redmine: String,
    /// The API key of the Redmine user who writes our notes.
    #[arg(long, value_name = "KEY", env = "BRIDGE_REDMINE_KEY", hide_env_values = true)]
    pub redmine_key: String,
    /// Look for changed issues every so many seconds.
    #[arg(long, value_name = "SECONDS", env = "BRIDGE_POLL", default_value = "30", value_parser = seconds)]
    pub poll: Duration,
    /// The file with tokens and links. Nobody else may read it.
    #[arg(long, value_name = "FILE", env = "BRIDGE_STATE", default_value = "issue-tracker.json")]
    pub state: PathBuf,
}

impl Settings {
    /// Our own address, without a slash at its end.
    pub fn here(&self, bound: SocketAddr) -> String {
        self.public_url.as_deref().map_or_else(|| format!("http://{bound}"), bare)
    }

    /// Where people sign in, and where the addresses of conversations lead.
    pub fn app(&self) -> String {
        self.portico.as_deref().map_or_else(|| "https://app.frontapp.com".to_string(), bare)
    }

    /// Where the API is.
    pub fn api(&self) -> String {
        self.portico.as_deref().map_or_else(|| "https://api2.frontapp.com".to_string(), bare)
    }

    /// Where the tracker is.
    pub fn redmine(&self) -> String {
        bare(&self.redmine)
    }

    /// The client for everything we ask. A call of ours waits for less than the ten seconds that a call to us may take.
    pub fn http(&self) -> Result<reqwest::Client> {
        let name = concat!("issue-tracker/", env!("CARGO_PKG_VERSION"));
        Ok(reqwest::Client::builder().user_agent(name).timeout(Duration::from_secs(4)).build()?)
    }
}

fn bare(url: &str) -> String {
    url.trim_end_matches('/').to_string()
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        _ => Err("expected a number of seconds above 0".to_string()),
    }
}
